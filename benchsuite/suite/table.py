"""The figures as Markdown.

One table per part and number of threads; in a growth table a row is a point of the curve. Numbers have three digits: the
spread shows that more would be noise.
"""

from math import floor, log10

from .cases import OWN

HEADINGS = {
    "training": "Training, whole epochs",
    "batch-one": "Training with a step after every row",
    "whole-run": "From file to saved model",
    "estimators": "scikit-learn's estimators and their twins",
    "latency": "One row through a network that is there",
    "growth/batch": "Time of a step by rows per batch (784-128-10)",
    "growth/width": "Time of a step by width (n-n-n-10, batch 128)",
    "growth/depth": "Time of a step by hidden layers (128 wide, batch 128)",
    "growth/threads": "Time of a step by threads (784-512-512-10, batch 256)",
}

NOTES = {
    "training": "Share: of the multiply-add peak measured with the same threads. Only the products of forward, weight gradient "
    "and input gradient are counted.",
    "whole-run": "MNIST, 784-128-10, batch 64, momentum 0.9, ten epochs, features standardised: the whole command, from its "
    "start to its end. Ours also measures itself and a linear baseline on all training rows.",
    "estimators": "One call of `MLPClassifier` in Python, the same for both: `fit` on digits with the defaults, on MNIST three "
    "epochs of 784-128-10, `partial_fit` of 32 rows, `predict` of one.",
    "latency": "In one thread, within a running process, from numbers in memory to probabilities.",
}

FIGURES = {
    "samples_per_second": ("samples/s", 1.0),
    "seconds": ("seconds", 1.0),
    "row_ns": ("µs", 1e-3),
    "call_ns": ("ms", 1e-6),
    "step_ns": ("µs per step", 1e-3),
}

NONE = "–"
THIN_SPACE = "\u202f"


def markdown(summaries, versions, settings, skipped):
    """The page."""
    parts = ["# Training speed beside other programs\n", where(versions, settings)]
    groups = {}
    for summary in summaries:
        threads = None if summary.part.startswith("growth") else summary.threads
        groups.setdefault((summary.part, threads), []).append(summary)
    for (part, threads), group in groups.items():
        parts.append(section(part, threads, group))
    if skipped:
        parts.append("## Left out\n")
        parts.append(table(["program", "where", "why"], [[s["program"], s["case"], cell(s["reason"])] for s in skipped]))
    return "\n".join(parts)


def where(versions, settings):
    """Machine, versions and protocol in a few lines."""
    machine, programs = versions["machine"], versions["programs"]
    names = {"JAX": "jax", "PyTorch": "torch", "scikit-learn": "scikit-learn", "Burn": "burn", "Candle": "candle"}
    peers = ", ".join(f"{name} {programs.get(key) or NONE}" for name, key in names.items())
    state = " with uncommitted changes" if machine["uncommitted_changes"] else ""
    trial = "**A trial of the machinery (`--quick`): these figures mean nothing.**\n\n" if settings["quick"] else ""
    return (
        f"{trial}{machine['cpu']}, {machine['cores']} cores, {machine['logical_cpus']} processors; {machine['system']}; "
        f"{versions['date']}.\n"
        f"Commit {(machine['commit'] or NONE)[:12]}{state}; {peers}.\n\n"
        f"Own and peer in turn, {settings['repetitions']} times, each in a process of its own; medians. ± is half the range of "
        "the repetitions. “Faster” is how many times faster chainrule is than the peer: the ratio of the medians, and in "
        "brackets the range over the pairs.\n"
    )


def section(part, threads, group):
    """Heading, note and table."""
    count = "" if threads is None else f", {threads} thread{'s' if threads > 1 else ''}"
    note = NOTES.get(part)
    body = growth(group) if part.startswith("growth") else programs(part, group)
    return f"## {HEADINGS.get(part, part)}{count}\n\n" + (f"{note}\n\n" if note else "") + body


def programs(part, group):
    """A row per program of each case."""
    unit, scale = FIGURES[group[0].figure]
    products = group[0].figure == "samples_per_second"
    accuracies = any(line.accuracy is not None for summary in group for line in summary.lines)
    head = [part, "program", unit, "±"]
    head += ["GFLOP/s", "share"] if products else []
    head += (["test accuracy"] if accuracies else []) + ["faster"]
    rows = []
    for summary in group:
        for i, line in enumerate(summary.lines):
            row = [summary.title if i == 0 else "", line.program, number(line.value * scale), percent(line.spread)]
            row += [number(line.gflops), percent(line.share_of_peak)] if products else []
            row += [percent(line.accuracy, 2)] if accuracies else []
            rows.append([*row, ratio(line)])
    return table(head, rows)


def growth(group):
    """A row per point: ours and the peers side by side."""
    unit, scale = FIGURES[group[0].figure]
    peers = list(dict.fromkeys(line.program for summary in group for line in summary.lines if line.program != OWN))
    head = [group[0].part.split("/")[1], f"{OWN}, {unit}", "±", "share of peak"]
    head += [word for peer in peers for word in (f"{peer}, {unit}", "±", "faster")]
    rows = []
    for summary in group:
        lines = {line.program: line for line in summary.lines}
        own = lines[OWN]
        row = [summary.name, number(own.value * scale), percent(own.spread), percent(own.share_of_peak)]
        for peer in peers:
            line = lines.get(peer)
            row += [number(line.value * scale), percent(line.spread), ratio(line)] if line else [NONE] * 3
        rows.append(row)
    return table(head, rows)


def ratio(line):
    """`2.41× (2.35–2.48)`."""
    if line.ratio is None:
        return NONE
    if line.ratio_from == line.ratio_to:
        return f"{number(line.ratio)}×"
    return f"{number(line.ratio)}× ({number(line.ratio_from)}–{number(line.ratio_to)})"


def number(value):
    """Three digits, with thousands apart, or in millions."""
    if value is None:
        return NONE
    for size, suffix in ((1e9, " G"), (1e6, " M")):
        if abs(value) >= size:
            return number(value / size) + suffix
    if abs(value) >= 1000:
        return f"{round(value, 2 - floor(log10(abs(value)))):,.0f}".replace(",", THIN_SPACE)
    digits = 3 - len(str(int(abs(value)))) if abs(value) >= 1 else 3
    return f"{value:.{digits}f}"


def percent(value, digits=0):
    return NONE if value is None else f"{100 * value:.{digits}f} %"


def cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(head, rows):
    """Names to the left, numbers to the right."""
    lines = ["| " + " | ".join(head) + " |"]
    left = ("program", "where", "why", head[0])
    lines.append("|" + "|".join("---" if name in left else "---:" for name in head) + "|")
    lines += ["| " + " | ".join(str(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
