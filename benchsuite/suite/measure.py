"""Own and peer in turn, so that what the machine does meanwhile meets both.

Every repetition is a process of its own: where its memory happens to lie is then part of the spread and not a constant of
the run. A peer that fails is left out of that case, with its reason; our own program may not fail.
"""

from .cases import GROWTH_REPETITIONS, OWN
from .programs import Failure


def measure(programs, cases, peers, repetitions, cpus, tell, keep):
    """All runs of all cases. `tell` gets a line per answer, `keep` everything so far after each case."""
    runs, skipped = [], []
    for case in cases:
        for peer in [peer for peer in case.peers if peer in peers] or [None]:
            try:
                runs += alternate(programs, case, peer, repetitions, cpus, tell)
            except Failure as failure:
                if str(failure).startswith(programs.chainrule.name):
                    raise
                skipped.append({"case": case.key, "program": peer, "reason": str(failure)})
                tell(f"{case.key:24s} {peer}: SKIPPED: {failure}")
        keep(runs, skipped)
    return runs, skipped


def alternate(programs, case, peer, repetitions, cpus, tell):
    """Own, peer, own, peer, …; without a peer, own alone."""
    runs = []
    times = min(repetitions, GROWTH_REPETITIONS) if case.part.startswith("growth") else repetitions
    for repetition in range(times):
        for program in [OWN, peer] if peer else [OWN]:
            answer = programs.ask(program, case, cpus)
            if case.part == "whole-run":
                answer["figures"]["test_accuracy"] = programs.accuracy(program)
            runs.append(record(case, peer, program, repetition, answer))
            tell(f"{case.key:24s} {repetition + 1}/{times} {program:14s} {answer['figures'][case.figure]:.6g}")
    return runs


def record(case, peer, program, repetition, answer):
    """One run as it is written into `raw.json`."""
    return {
        "part": case.part,
        "case": case.name,
        "title": case.title,
        "layers": list(case.layers),
        "batch": case.batch,
        "rows": case.rows,
        "epochs": case.epochs,
        "threads": case.threads,
        "figure": case.figure,
        "against": peer,
        "program": program,
        "repetition": repetition,
        **answer,
    }
