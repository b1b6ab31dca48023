"""How each program is asked: its command, its environment, and what it answers.

A program is a process that trains or predicts, times itself (its start is no business of training speed; whole runs are
timed from outside) and prints JSON. All get the same processors: with fewer threads than the machine has, the process is
also held to as many processors, since not every library obeys the variable that is meant to limit it.
"""

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .cases import ESTIMATORS, OWN

#: In Python, by the script `training.py`, `latency.py` or `whole_run.py`; the module that must be there.
PYTHON_PEERS = {"jax": "jax", "torch": "torch", "torch-compile": "torch", "sklearn": "sklearn"}
#: In Rust: folder of the package, and its features.
RUST_PEERS = {"burn": ("burn", ()), "candle": ("candle", ()), "candle-mkl": ("candle", ("mkl",))}

#: Nothing here takes so long unless it hangs.
TIME_LIMIT = 1800.0

#: Of the whole runs: with more, scikit-learn does not get along.
LEARNING_RATE = "0.01"


class Failure(Exception):
    """A program that gave no figures, in words."""


@dataclass
class Programs:
    """Where the programs are."""

    root: Path
    chainrule: Path
    single_row: Path
    python: Path
    build: Path
    data: Path | None
    scratch: Path
    seconds: float
    least: int

    @property
    def peers(self):
        return self.root / "benchsuite" / "peers"

    def command(self, program, case):
        """The words that put a case to a program."""
        if case.part == "whole-run":
            return self.whole_run(program, case)
        if case.part == ESTIMATORS:
            words = ["--seconds", str(self.seconds)] + (["--mnist", str(self.data / "mnist")] if self.data else [])
            return [str(self.python), str(self.peers / "estimators.py"), program, case.name, *words]
        sizes = ["--layers", ",".join(map(str, case.layers))]
        clock = ["--seconds", str(self.seconds)]
        limits = [*clock, "--least", str(self.least)]
        rows = ["--batch-size", str(case.batch), "--rows", str(case.rows), "--threads", str(case.threads)]
        latency = case.part == "latency"
        if program == OWN and latency:
            return [str(self.single_row), *sizes, *clock]
        if program == OWN:
            return [str(self.chainrule), "bench", *sizes, *rows, *clock, "--json"]
        if program in RUST_PEERS:
            return [str(self.rust_peer(program)), "predict" if latency else "train", *sizes, *rows, *limits]
        script = "latency.py" if latency else "training.py"
        return [str(self.python), str(self.peers / script), program, *sizes, *rows, *limits]

    def whole_run(self, program, case):
        """From the files to the saved model; `finished` says what became of it."""
        images = self.data / "mnist" / "train-images-idx3-ubyte.gz"
        labels = self.data / "mnist" / "train-labels-idx1-ubyte.gz"
        words = ["--labels", str(labels), "--batch-size", str(case.batch), "--epochs", str(case.epochs)]
        words += ["--hidden", ",".join(map(str, case.layers[1:-1])), "--learning-rate", LEARNING_RATE]
        words += ["--out", str(self.model(program))]
        if program == OWN:
            words += ["--optimizer", "momentum", "--momentum", "0.9", "--patience", "0", "--validation", "0"]
            return [str(self.chainrule), "train", str(images), *words, "--threads", str(case.threads), "--quiet"]
        return [str(self.python), str(self.peers / "whole_run.py"), str(images), *words]

    def model(self, program):
        return self.scratch / ("model.safetensors" if program == OWN else "model.joblib")

    def accuracy(self, program):
        """Share of the test rows that the model of a whole run gets right: faster must not mean worse."""
        images = self.data / "mnist" / "t10k-images-idx3-ubyte.gz"
        labels = self.data / "mnist" / "t10k-labels-idx1-ubyte.gz"
        if program == OWN:
            words = ["evaluate", str(self.model(program)), str(images), "--labels", str(labels), "--json"]
            return figure_named(parsed(finished([str(self.chainrule), *words])), "accuracy")
        words = [str(images), "--labels", str(labels), "--score", str(self.model(program))]
        return parsed(finished([str(self.python), str(self.peers / "whole_run.py"), *words]))["accuracy"]

    def rust_peer(self, program):
        folder, features = RUST_PEERS[program]
        return self.build / "-".join((folder, *features)) / "release" / f"benchsuite-{folder}"

    def build_rust_peer(self, program):
        """Compiles a peer, in its folder: its own flags are there."""
        folder, features = RUST_PEERS[program]
        target = self.build / "-".join((folder, *features))
        command = ["cargo", "build", "--release", "--locked", "--target-dir", str(target)]
        command += ["--features", ",".join(features)] if features else []
        finished(command, cwd=self.peers / folder, limit=4 * TIME_LIMIT)

    def missing_package(self):
        """Why the Python package cannot take part; None when it can."""
        try:
            finished([str(self.python), "-c", "import chainrule"])
        except Failure as failure:
            return str(failure)
        return None

    def missing(self, program):
        """Why a program cannot take part; None when it can."""
        if program in PYTHON_PEERS:
            try:
                finished([str(self.python), "-c", f"import {PYTHON_PEERS[program]}"])
            except Failure as failure:
                return str(failure)
        if program in RUST_PEERS:
            try:
                self.build_rust_peer(program)
            except Failure as failure:
                return str(failure)
        return None

    def ask(self, program, case, cpus):
        """One run: the figures of the program, its time on the clock and its time on processors."""
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        text = finished(self.command(program, case), environment(case.threads), cpus[: case.threads])
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        figures = {"seconds": wall} if case.part == "whole-run" else parsed(text)
        if not isinstance(figures.get(case.figure), (int, float)):
            raise Failure(f"{program}: no figure '{case.figure}' in {figures}")
        return {"figures": figures, "wall_seconds": wall, "cpu_seconds": used}


def environment(threads):
    """The variables by which libraries are told how many threads to use, and to use no graphics card."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    variables = {**os.environ, **dict.fromkeys(names, str(threads))}
    variables.update(JAX_PLATFORMS="cpu", CUDA_VISIBLE_DEVICES="", PYTHONWARNINGS="ignore")
    if threads == 1:
        variables["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    return variables


def finished(command, variables=None, cpus=None, cwd=None, limit=TIME_LIMIT):
    """What a command prints when all went well."""
    hold = None
    if cpus and hasattr(os, "sched_setaffinity"):
        hold = lambda: os.sched_setaffinity(0, cpus)  # noqa: E731
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, env=variables, cwd=cwd, preexec_fn=hold, capture_output=True, text=True, timeout=limit
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{name}: {type(error).__name__}") from error
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise Failure(f"{name}: ended with {done.returncode}: {last[:200]}")
    return done.stdout


def parsed(text):
    """The object that a program prints: all of its output, or the last line of it."""
    for candidate in (text, *reversed(text.strip().splitlines()[-1:])):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            return value
    raise Failure(f"no JSON object in {text[-200:]!r}")


def figure_named(value, name):
    """The first number of this name anywhere in a JSON document."""
    if isinstance(value, dict):
        if isinstance(value.get(name), (int, float)):
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        return next((found for item in value if (found := figure_named(item, name)) is not None), None)
    return None
