#!/usr/bin/env python3
"""Our training speed beside that of other programs: `python3 benchsuite/run.py`.

Builds our program and the peers in Rust, makes an environment for the peers in Python, asks all of them in turn, and writes
`benchsuite/runs/DATE-HOST/`: `versions.json`, `raw.json` with every repetition, `table.md`, `training.svg`. Needs Python 3.11,
cargo, a C++ compiler (for `torch.compile`) and, for the whole runs, MNIST in `CHAINRULE_DATA`. README.md beside this file says
what is compared and how long it takes.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from suite import cases, figures, machine, measure, picture, table
from suite.programs import Failure, Programs, finished

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

#: One of `raw.json` that this program can read.
SCHEMA = 1


def arguments(words):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="once and briefly: whether everything works, not how fast")
    parser.add_argument("--only", metavar="WORD,…", help="cases whose PART/NAME/THREADS contains one of the words")
    peers = f"only these of {', '.join(cases.PEERS)} [default: all but {', '.join(cases.ON_REQUEST)}]; '' for none"
    parser.add_argument("--peers", metavar="NAME,…", help=peers)
    parser.add_argument("--threads", metavar="N,…", help="numbers of threads [default: 1 and all]")
    parser.add_argument("--repetitions", type=int, metavar="N", help="of own and peer in turn [default: 5]")
    parser.add_argument("--seconds", type=float, metavar="S", help="that a peer is timed for in each [default: 3]")
    parser.add_argument("--python", metavar="PATH", help="an interpreter that has the peers [default: an environment is made]")
    parser.add_argument("--chainrule", metavar="PATH", help="our program [default: it is built]")
    parser.add_argument("--build", metavar="FOLDER", help="where the peers in Rust are built [default: .build here]")
    parser.add_argument("--host", metavar="NAME", help="the name of this machine in the folder's")
    parser.add_argument("--list", action="store_true", help="print the cases and stop")
    parser.add_argument("--render", metavar="FOLDER", help="write table and picture of a run again, from its raw.json")
    given = parser.parse_args(words)
    given.repetitions = given.repetitions or (1 if given.quick else 5)
    given.seconds = given.seconds or (0.2 if given.quick else 3.0)
    return given


def main(words):
    given = arguments(words)
    if given.render:
        return render(Path(given.render))
    cpus = machine.cpus()
    threads = sorted({int(n) for n in given.threads.split(",")}) if given.threads else sorted({1, len(cpus)})
    chosen = cases.selected(cases.all_cases(threads, given.quick), given.only.split(",") if given.only else [])
    if given.list:
        return print(*(case.key for case in chosen), sep="\n")
    usual = [peer for peer in cases.PEERS if peer not in cases.ON_REQUEST]
    wanted = usual if given.peers is None else [peer for peer in given.peers.split(",") if peer]
    if unknown := [peer for peer in wanted if peer not in cases.PEERS]:
        raise Failure(f"--peers: there is no {unknown[0]}; there are {', '.join(cases.PEERS)}")
    data = data_folder()
    chosen, skipped = without_data(chosen, data)
    with tempfile.TemporaryDirectory() as scratch:
        programs = prepared(given, wanted, data, Path(scratch))
        peers, missing = available(programs, wanted, chosen)
        chosen, without = without_package(programs, chosen)
        missing += without
        folder = new_folder(given.host)
        settings = {name: getattr(given, name) for name in ("quick", "only", "repetitions", "seconds")}
        settings.update(threads=threads, peers=wanted)
        date = datetime.date.today().isoformat()
        versions = {"date": date, "machine": machine.describe(ROOT), "programs": machine.versions(programs)}
        write(folder / "versions.json", versions)

        def keep(runs, failed):
            raw = {"schema": SCHEMA, "settings": settings, "skipped": [*skipped, *missing, *failed], "runs": runs}
            write(folder / "raw.json", raw)

        measure.measure(programs, chosen, peers, given.repetitions, cpus, tell, keep)
    render(folder)


def prepared(given, wanted, data, scratch):
    """Everything built that is our own, and the interpreter of the peers."""
    own, single_row = own_programs(given.chainrule)
    python = given.python or (environment() if any(peer in PYTHON for peer in wanted) else sys.executable)
    least = 1 if given.quick else 3
    build = Path(given.build).resolve() if given.build else HERE / ".build"
    return Programs(ROOT, own, single_row, Path(python), build, data, scratch, given.seconds, least)


#: Peers that need the environment.
PYTHON = ("jax", "torch", "torch-compile", "sklearn")


def own_programs(given):
    """Our program and the example that times single rows, in release."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    target = (target if target.is_absolute() else ROOT / target) / "release"
    tell("building chainrule")
    cargo = ["cargo", "build", "--release", "--quiet"]
    if not given:
        finished([*cargo, "-p", "chainrule-cli"], cwd=ROOT, limit=None)
    finished([*cargo, "-p", "chainrule", "--example", "single_row"], cwd=ROOT, limit=None)
    return Path(given) if given else target / "chainrule", target / "examples" / "single_row"


def environment():
    """The interpreter of `.venv`, made or brought up to date; a package that cannot be had costs only its peer."""
    folder, requirements = HERE / ".venv", HERE / "requirements.txt"
    python, complete = folder / "bin" / "python", folder / "complete"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if complete.is_file() and complete.read_text() == digest:
        return with_own_package(python)
    tell(f"installing {requirements.name} into {folder.name}")
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    whole = subprocess.run([*pip, "-r", str(requirements)]).returncode == 0
    if not whole:
        lines = [line for line in requirements.read_text().splitlines() if line and not line.startswith("#")]
        failed = [line for line in lines if subprocess.run([*pip, line]).returncode != 0]
        tell(f"could not be installed: {', '.join(failed)}")
    else:
        complete.write_text(digest)
    return with_own_package(python)


def with_own_package(python):
    """The same interpreter, with our Python package as it is now; without it, its part is left out."""
    tell("building the Python package")
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--force-reinstall", str(ROOT)])
    return python


def available(programs, wanted, chosen):
    """The peers that can take part, and the reasons of the others."""
    asked = [peer for peer in wanted if any(peer in case.peers for case in chosen)]
    peers, missing = [], []
    for peer in asked:
        tell(f"preparing {peer}")
        if reason := programs.missing(peer):
            missing.append({"case": "everywhere", "program": peer, "reason": reason})
            tell(f"{peer}: SKIPPED: {reason}")
        else:
            peers.append(peer)
    return peers, missing


def data_folder():
    """As `cargo xtask` finds it."""
    given = os.environ.get("CHAINRULE_DATA")
    folder = Path(given) if given else ROOT / ".." / "shared" / "data"
    return folder.resolve() if folder.is_dir() else None


def without_data(chosen, data):
    """Without the files of MNIST, no whole runs and no estimators on it."""
    if data and (data / "mnist").is_dir():
        return chosen, []
    reads_mnist = lambda case: case.part == "whole-run" or case.part == cases.ESTIMATORS and "mnist" in case.name  # noqa: E731
    return without(chosen, reads_mnist, "needs the folder mnist in CHAINRULE_DATA")


def without_package(programs, chosen):
    """Without the Python package, no estimators."""
    of_package = lambda case: case.part == cases.ESTIMATORS  # noqa: E731
    reason = programs.missing_package() if any(map(of_package, chosen)) else None
    return without(chosen, of_package, reason) if reason else (chosen, [])


def without(chosen, is_left_out, reason):
    """The cases that are left, and what is said of the others."""
    left = [case for case in chosen if not is_left_out(case)]
    dropped = [{"case": case.key, "program": "all", "reason": reason} for case in chosen if is_left_out(case)]
    for entry in dropped:
        tell(f"{entry['case']}: SKIPPED: {reason}")
    return left, dropped


def new_folder(host):
    """`runs/DATE-HOST`, numbered from the second of a day on."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "-", host or platform.node() or "unknown")
    base = HERE / "runs" / f"{datetime.date.today().isoformat()}-{name}"
    folder, count = base, 1
    while folder.exists():
        count += 1
        folder = base.with_name(f"{base.name}-{count}")
    folder.mkdir(parents=True)
    return folder


def render(folder):
    """Table and picture from what was measured."""
    raw = json.loads((folder / "raw.json").read_text())
    if raw["schema"] != SCHEMA:
        raise Failure(f"{folder / 'raw.json'}: schema {raw['schema']}, expected {SCHEMA}")
    versions = json.loads((folder / "versions.json").read_text())
    found = figures.summaries(raw["runs"])
    (folder / "table.md").write_text(table.markdown(found, versions, raw["settings"], raw["skipped"]))
    if drawn := picture.svg(found, versions):
        (folder / "training.svg").write_text(drawn)
    tell(f"written: {folder}")


def write(path, value):
    """Whole or not at all: an interrupted run keeps what it had. What programs complain about names no folder of this machine."""
    words = json.dumps(value, indent=1, ensure_ascii=False)
    for folder, short in ((ROOT, "."), (Path.home(), "~"), (Path(tempfile.gettempdir()), "<temporary>")):
        words = words.replace(f"{folder}/", f"{short}/")
    partial = path.with_name(path.name + ".partial")
    partial.write_text(words + "\n")
    shutil.move(partial, path)


def tell(line):
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"error: {failure}")
