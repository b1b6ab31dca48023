"""Medians, spreads and ratios of the runs.

A ratio is always how many times faster our program is: its rate over the peer's, or the peer's time over its. It is the
ratio of the medians; the range beside it is that of the single pairs, which met the same state of the machine.
"""

from dataclasses import dataclass
from statistics import median

from .cases import OWN, PEERS, RATES, operations_per_row


@dataclass(frozen=True)
class Line:
    """A program on a case."""

    program: str
    value: float
    spread: float | None
    """Half of the range of all repetitions, as a share of the median; none of a single one."""
    gflops: float | None
    share_of_peak: float | None
    ratio: float | None
    ratio_from: float | None
    ratio_to: float | None
    accuracy: float | None
    runs: int


@dataclass(frozen=True)
class Summary:
    """A case with its programs: ours first, then the peers in their fixed order."""

    part: str
    name: str
    title: str
    threads: int
    figure: str
    lines: tuple


def summaries(runs):
    """In the order in which the cases were measured."""
    cases = {}
    for run in runs:
        cases.setdefault((run["part"], run["case"], run["threads"]), []).append(run)
    peaks = fma_peaks(runs)
    return [summary(case, peaks.get(case[0]["threads"])) for case in cases.values()]


def fma_peaks(runs):
    """GFLOP/s of the measured loop of multiplications and additions, by number of threads: the median over our runs."""
    measured = {}
    for run in runs:
        peak = run["figures"].get("fma_peak_gflops")
        if run["program"] == OWN and isinstance(peak, (int, float)):
            measured.setdefault(run["threads"], []).append(peak)
    return {threads: median(values) for threads, values in measured.items()}


def summary(runs, peak):
    """Of the runs of one case."""
    one = runs[0]
    present = {run["program"] for run in runs}
    programs = [program for program in (OWN, *PEERS) if program in present]
    lines = tuple(line(program, runs, peak) for program in programs)
    return Summary(one["part"], one["case"], one["title"], one["threads"], one["figure"], lines)


def line(program, runs, peak):
    """A program's figures; those of ours are taken over its runs against all peers."""
    figure, mine = runs[0]["figure"], [run for run in runs if run["program"] == program]
    values = [run["figures"][figure] for run in mine]
    middle = median(values)
    rate = gflops(mine[0], middle)
    ratios = () if program == OWN else pairs(program, runs)
    accuracies = [run["figures"]["test_accuracy"] for run in mine if run["figures"].get("test_accuracy") is not None]
    return Line(
        program=program,
        value=middle,
        spread=(max(values) - min(values)) / 2 / middle if len(values) > 1 else None,
        gflops=rate,
        share_of_peak=rate / peak if rate and peak else None,
        ratio=ratio_of_medians(program, runs) if ratios else None,
        ratio_from=min(ratios, default=None),
        ratio_to=max(ratios, default=None),
        accuracy=median(accuracies) if accuracies else None,
        runs=len(values),
    )


def gflops(run, value):
    """Arithmetic of the products per second, as `chainrule bench` counts it; none where something else was timed."""
    if run["figure"] == "samples_per_second":
        return value * operations_per_row(run["layers"]) / 1e9
    if run["figure"] == "step_ns":
        return run["batch"] * operations_per_row(run["layers"]) / value
    return None


def against(peer, runs):
    """Our values and the peer's, repetition by repetition."""
    chosen = [run for run in runs if run["against"] == peer]
    values = {program: {} for program in (OWN, peer)}
    for run in chosen:
        values[run["program"]][run["repetition"]] = run["figures"][run["figure"]]
    both = sorted(values[OWN].keys() & values[peer].keys())
    return [values[OWN][i] for i in both], [values[peer][i] for i in both]


def pairs(peer, runs):
    own, other = against(peer, runs)
    return tuple(faster(runs[0]["figure"], a, b) for a, b in zip(own, other))


def ratio_of_medians(peer, runs):
    own, other = against(peer, runs)
    return faster(runs[0]["figure"], median(own), median(other))


def faster(figure, own, other):
    """How many times faster ours is."""
    return own / other if figure in RATES else other / own
