"""The documentation, carried out: README, notebook, docstrings."""

import doctest
import inspect
import json
import pathlib

import pytest

import chainrule

ROOT = pathlib.Path(__file__).resolve().parents[1]


def test_the_readme_works_as_written():
    found = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert found.failed == 0 and found.attempted >= 20


def test_the_notebook_runs_and_has_no_outputs_in_it():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    path = ROOT / "examples" / "explain.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 5 and not any(cell.outputs or cell.execution_count for cell in code)
    nbclient.NotebookClient(notebook, timeout=300).execute()
    shown = json.dumps([cell.outputs for cell in code])
    assert "text/html" in shown and "text/latex" in shown and "<iframe" in shown


def members():
    """Everything public, and what it is called."""
    for name in chainrule.__all__:
        thing = getattr(chainrule, name)
        yield name, thing
        if inspect.isclass(thing):
            for key, member in vars(thing).items():
                member = getattr(member, "__func__", member)
                if not key.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                    yield f"{name}.{key}", member


@pytest.mark.parametrize("name, thing", list(members()), ids=lambda value: value if isinstance(value, str) else "")
def test_everything_public_is_documented_with_its_parameters(name, thing):
    text = inspect.getdoc(thing)
    assert text and text.splitlines()[0].endswith((".", ":", "…")), name
    if inspect.isfunction(thing) and name.partition(".")[0] not in ("MLPClassifier", "MLPRegressor"):
        parameters = [
            parameter for parameter in inspect.signature(thing).parameters if parameter not in ("self", "cls")
        ]
        for parameter in parameters:
            assert parameter in text, f"{name}: {parameter}"
