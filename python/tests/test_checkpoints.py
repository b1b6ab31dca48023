"""Trainings that are stopped, killed and refused, and go on."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest

import chainrule
import program

# What a training of this file is, wherever it runs.
CONFIGURATION = {"hidden": (8,), "epochs": 60, "patience": 0, "n_threads": 1, "seed": 3}


@pytest.fixture
def table(tmp_path):
    """A file of 200 rows."""
    numbers = np.random.default_rng(0)
    x = numbers.normal(size=(200, 3))
    y = x @ [1.0, -2.0, 0.5] + np.sin(x[:, 0])
    np.savetxt(tmp_path / "table.csv", np.column_stack([x, y]), delimiter=",", header="a,b,c,y", comments="")
    return tmp_path / "table.csv"


def trained(table, callback=None, configuration=CONFIGURATION, **checkpoints):
    data = chainrule.Dataset.from_csv(table, "y")
    return chainrule.Trainer(**configuration).fit(data, callback=callback, **checkpoints)


def without_clock(model):
    return [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in model.history]


def assert_same_training(found, expected):
    assert found.to_bytes() == expected.to_bytes()
    assert without_clock(found) == without_clock(expected)


@pytest.mark.parametrize(
    "more", [{"optimizer": "adam", "dropout": 0.1}, {"optimizer": "lbfgs", "epochs": 20}, {"precision": "f64"}]
)
def test_d1_a_training_that_was_stopped_goes_on_with_the_same_bits(table, more):
    configuration = CONFIGURATION | more
    whole = trained(table, configuration=configuration)
    assert whole.results["resumed"] is None
    state = table.parent / "state"
    stopped = trained(table, lambda epoch: epoch["epoch"] == 7, configuration, checkpoint=state)
    assert len(stopped.history) == 7 and stopped.results["stopped_by"] == "callback"
    again = trained(table, configuration=configuration, checkpoint=state, resume="auto")
    file, step = again.results["resumed"]
    assert step == stopped.history[-1]["step"] and file.startswith(str(state))
    assert_same_training(again, whole)


CHILD = """
import sys
import chainrule
sys.path.insert(0, sys.argv[1])
from test_checkpoints import trained
model = trained(sys.argv[2], checkpoint=sys.argv[3], checkpoint_every="7steps", resume="auto")
model.save(sys.argv[4])
"""


def test_d1_a_process_that_is_killed_goes_on_with_the_same_bits(table):
    whole = trained(table)
    model = table.parent / "m.safetensors"
    here = str(program.ROOT / "python" / "tests")
    command = [sys.executable, "-c", CHILD, here, str(table), str(table.parent / "state"), str(model)]
    kills, numbers = 0, random.Random(1)
    while True:
        child = subprocess.Popen(command, stderr=subprocess.PIPE)
        if kills < 5:
            while not list((table.parent / "state").glob("step-*")) and child.poll() is None:
                time.sleep(0.005)
            time.sleep(numbers.uniform(0, 0.05))
            child.kill()
        _, said = child.communicate()
        if child.returncode == 0:
            break
        assert child.returncode == -9, said.decode()
        kills += 1
    assert kills > 0
    assert chainrule.load(model).to_bytes() == whole.to_bytes()


def test_d1_python_goes_on_from_the_program_and_the_program_from_python(table):
    folder = table.parent
    options = ["--target", "y", "--hidden", "8", "--patience", "0", "--seed", "3"]
    for epochs in (5, 20):
        options_now = [*options, "--epochs", epochs, "--checkpoint", "theirs", "--resume", "auto", "--out", "m"]
        program.run("train", "table.csv", *options_now, folder=folder)
        if epochs == 5:
            configuration = CONFIGURATION | {"epochs": 10}
            model = trained(table, configuration=configuration, checkpoint=folder / "theirs", resume="auto")
            assert len(model.history) == 10 and model.results["resumed"][1] == 5 * 6
    whole = trained(table, configuration=CONFIGURATION | {"epochs": 20})
    assert chainrule.load(folder / "m").to_bytes() == whole.to_bytes()


def test_d7_another_training_is_refused_by_the_names_of_what_differs_unless_forced(table):
    state = table.parent / "state"
    trained(table, configuration=CONFIGURATION | {"epochs": 2}, checkpoint=state)
    with pytest.raises(ValueError, match="has checkpoints of an earlier training"):
        trained(table, checkpoint=state)
    other = CONFIGURATION | {"seed": 4, "weight_decay": 0.5}
    with pytest.raises(ValueError, match=r"seed was 3 and is 4.*weight_decay was 0\.0 and is 0\.5"):
        trained(table, configuration=other, checkpoint=state, resume="auto")
    model = trained(table, configuration=other, resume=state, force_resume=True)
    assert len(model.history) == other["epochs"]


def test_d10_a_folder_in_use_is_refused(table):
    def again(_):
        with pytest.raises(OSError, match="in use by process"):
            trained(table, checkpoint=table.parent / "state", resume="auto")
        return True

    trained(table, again, checkpoint=table.parent / "state")


def test_d11_an_interruption_keeps_the_state_and_measures_nothing(table):
    def interrupt(epoch):
        if epoch["epoch"] == 7:
            raise KeyboardInterrupt

    whole = trained(table)
    state = table.parent / "state"
    with pytest.raises(KeyboardInterrupt):
        trained(table, interrupt, checkpoint=state)
    again = trained(table, checkpoint=state, resume="auto")
    assert again.results["resumed"][1] == 7 * 6  # 180 rows in steps of 32
    assert_same_training(again, whole)


def test_a_damaged_checkpoint_is_passed_over_with_a_warning(table):
    state = table.parent / "state"
    trained(table, configuration=CONFIGURATION | {"epochs": 2}, checkpoint=state, checkpoint_every="1epoch")
    newest = max(state.glob("step-*"))
    newest.write_bytes(newest.read_bytes()[:-1])
    with pytest.warns(UserWarning, match="a checkpoint cannot be used: .*has been cut off"):
        model = trained(table, checkpoint=state, resume="auto")
    assert model.results["resumed"][1] == 6


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"resume": "auto"}, "resume='auto' looks in the folder of checkpoint"),
        ({"force_resume": True}, "force_resume goes with resume"),
        ({"checkpoint": "state", "checkpoint_every": "1min"}, "such as 30s, 50steps or 1epoch"),
        ({"checkpoint": "state", "keep": 0}, "keep is 0"),
        ({"resume": "nowhere"}, "there is no checkpoint in nowhere"),
    ],
)
def test_what_cannot_be_is_refused(table, monkeypatch, keywords, message):
    monkeypatch.chdir(table.parent)
    with pytest.raises(ValueError, match=message):
        trained(table, **keywords)
    assert not (table.parent / "state").exists()
