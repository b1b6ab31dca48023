"""The program `chainrule`, for tests that compare the package with it."""

import csv
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def path():
    """Where the program is: CHAINRULE_PROGRAM, or the newest build in target/."""
    given = os.environ.get("CHAINRULE_PROGRAM")
    if given:
        return given
    folder = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [found for found in (folder / kind / "chainrule" for kind in ("release", "debug")) if found.exists()]
    if not built:
        pytest.skip("needs the program: cargo build --release, or its path in CHAINRULE_PROGRAM")
    return str(max(built, key=lambda found: found.stat().st_mtime))


def run(*arguments, folder, code=0):
    """Run the program in a folder; return what it printed on stdout and on stderr."""
    done = subprocess.run([path(), *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


def predict(model, data, folder, *arguments):
    """The columns that `chainrule predict` writes, by name, as lists of texts."""
    printed, _ = run("predict", model, data, *arguments, folder=folder)
    rows = list(csv.reader(printed.splitlines()))
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}
