"""Types: the stubs of the native module are those of the module, and a typed program may use the package."""

import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("mypy")
FOLDER = pathlib.Path(__file__).resolve().parent


def mypy(module, *arguments, folder):
    """Run a program of mypy; return its exit code and what it said."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, cwd=folder)
    return done.returncode, done.stdout + done.stderr


def test_the_stubs_are_those_of_the_native_module(tmp_path):
    code, said = mypy("mypy.stubtest", "chainrule._native", folder=tmp_path)
    assert code == 0, said
    assert "no issues found" in said


def test_a_typed_program_may_use_the_package_and_a_wrong_one_may_not(tmp_path):
    strict = ["--strict", "--no-incremental", "--cache-dir", str(tmp_path / "cache")]
    code, said = mypy("mypy", *strict, str(FOLDER / "typed_use.py"), folder=tmp_path)
    assert code == 0, said
    program = (FOLDER / "typed_use.py").read_text()
    (tmp_path / "wrong.py").write_text(
        program + "size: int = model.to_onnx()\nmodel.predikt(data)\nchainrule.Trainer(epochs='many')\n"
    )
    code, said = mypy("mypy", *strict, "wrong.py", folder=tmp_path)
    assert code == 1 and said.count("error:") == 3, said
