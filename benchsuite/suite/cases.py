"""What is measured: networks, batches, rows, threads, and which peers are asked the same.

A case is one question, put to our program and to every peer of its part. Parts differ in what is asked (`figure`), not in
how the answers are compared: own and peer in turn, the ratio of the medians.
"""

from dataclasses import dataclass

#: Name: layer sizes, rows per batch, rows of the table.
WORKLOADS = {
    "tiny": ((4, 16, 3), 32, 4096),
    "digits": ((64, 64, 10), 32, 8192),
    "mnist": ((784, 128, 10), 64, 60000),
    "medium": ((784, 512, 512, 10), 256, 60000),
    "wide": ((1024, 2048, 2048, 2048, 10), 1024, 8192),
}

OWN = "chainrule"
#: The part in which our program is the Python package.
ESTIMATORS = "estimators"
PEERS = ("jax", "torch", "torch-compile", "sklearn", "burn", "candle", "candle-mkl")
#: Only when asked for: its build fetches a library of its own, which no lock file knows.
ON_REQUEST = ("candle-mkl",)

#: Figures of which more is better; of the others (times) less is.
RATES = ("samples_per_second",)

#: A growth step is repeated at most so often: the curve has many points.
GROWTH_REPETITIONS = 3
#: Arithmetic of an epoch of a growth case, so that the narrow ones are not over before the clock has moved.
GROWTH_OPERATIONS = 4e9


@dataclass(frozen=True)
class Case:
    part: str
    name: str
    layers: tuple
    batch: int
    rows: int
    threads: int
    figure: str
    peers: tuple
    epochs: int = 0

    @property
    def key(self):
        """What `--only` is compared with."""
        return f"{self.part}/{self.name}/{self.threads}"

    @property
    def title(self):
        network = "-".join(str(size) for size in self.layers)
        return f"{self.name} {network}" if self.part == "latency" else f"{self.name} {network}, batch {self.batch}"


def operations_per_row(layers):
    """Products of forward, weight gradient and input gradient: 2·(3S − n₀n₁), S the sum of n_in·n_out."""
    total = sum(a * b for a, b in zip(layers, layers[1:]))
    return 2 * (3 * total - layers[0] * layers[1])


def all_cases(threads, quick):
    """Every case for these numbers of threads, the last of which is "all"."""
    fixed = [*training(threads), *batch_one(), *whole_runs(threads), *estimators(threads), *latency()]
    cases = [*fixed, *growth(threads, quick)]
    return [shortened(case) for case in cases] if quick else cases


def training(threads):
    return [
        Case("training", name, layers, batch, rows - rows % batch, count, "samples_per_second", PEERS)
        for count in threads
        for name, (layers, batch, rows) in WORKLOADS.items()
    ]


def batch_one():
    """Stochastic gradient descent as first described: a step after every row."""
    sizes = {"tiny": 4096, "digits": 4096, "mnist": 4096}
    return [
        Case("batch-one", name, WORKLOADS[name][0], 1, rows, 1, "samples_per_second", PEERS)
        for name, rows in sizes.items()
    ]


def whole_runs(threads):
    """From the files of MNIST to a saved model."""
    return [
        Case("whole-run", "mnist", (784, 128, 10), 64, 60000, count, "seconds", ("sklearn",), epochs=10)
        for count in threads
    ]


def estimators(threads):
    """scikit-learn's estimators and their twins: calls as users make them, on all threads."""
    networks = {
        "digits-fit": ((64, 100, 10), 200, 1797),
        "mnist-f32-fit": ((784, 128, 10), 200, 60000),
        "mnist-f64-fit": ((784, 128, 10), 200, 60000),
        "partial-fit": ((64, 100, 10), 32, 32),
        "predict-one": ((64, 100, 10), 1, 1),
    }
    return [
        Case(ESTIMATORS, name, *network, threads[-1], "call_ns", ("sklearn",)) for name, network in networks.items()
    ]


def latency():
    """One row through a network that is there."""
    return [
        Case("latency", name, WORKLOADS[name][0], 1, 256, 1, "row_ns", PEERS) for name in ("tiny", "mnist", "medium")
    ]


def growth(threads, quick):
    """Time of a step as one size grows and the others stay."""
    most = threads[-1]
    series = {
        "batch": {n: ((784, 128, 10), n, most) for n in (16, 64, 256, 1024, 4096)},
        "width": {n: ((n, n, n, 10), 128, most) for n in (16, 64, 128, 256, 512, 1024, 2048)},
        "depth": {n: ((128,) * (n + 1) + (10,), 128, most) for n in (1, 2, 4, 8, 16)},
        "threads": {n: (*WORKLOADS["medium"][:2], n) for n in counts_up_to(most)},
    }
    cases = []
    for what, points in series.items():
        chosen = [min(points), max(points)] if quick else points
        for point in dict.fromkeys(chosen):
            layers, batch, count = points[point]
            steps = GROWTH_OPERATIONS / (batch * operations_per_row(layers))
            rows = batch * min(max(round(steps), 4), 512)
            cases.append(Case(f"growth/{what}", str(point), layers, batch, rows, count, "step_ns", ("jax",)))
    return cases


def counts_up_to(most):
    """1, 2, 4, … and the last one."""
    counts = [1 << i for i in range(most.bit_length()) if 1 << i < most]
    return [*counts, most]


def shortened(case):
    """The same case as a mere trial of the machinery."""
    rows = case.rows if case.part in ("whole-run", ESTIMATORS) else min(case.rows, 2 * max(case.batch, 16))
    return Case(**{**case.__dict__, "rows": rows, "epochs": min(case.epochs, 1)})


def selected(cases, only):
    """Those whose key contains one of the words; without words, all."""
    return [case for case in cases if not only or any(word in case.key for word in only)]
