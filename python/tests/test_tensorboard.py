"""Event files: TensorBoard's own reader finds in them what the log has."""

import json

import numpy as np
import pytest

import program

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

# Scalars are f32.
TOLERANCE = 1e-6

TRAIN = ["train", "iris", "--hidden", "5", "--patience", "0", "--log", "log.jsonl", "--log-norms", "--quiet"]
MORE = ["--log-weights", "layers.0.weight[4,1]", "--tensorboard", "events"]


def read(folder):
    """What TensorBoard has of a run: the steps and values of every tag."""
    events = accumulator.EventAccumulator(str(folder), size_guidance={accumulator.SCALARS: 0, accumulator.TENSORS: 0})
    events.Reload()
    tags = events.Tags()
    scalars = {tag: [(event.step, event.value) for event in events.Scalars(tag)] for tag in tags["scalars"]}
    times = {event.wall_time for tag in tags["scalars"] for event in events.Scalars(tag)}
    return scalars, times


def expected(line):
    """The tags and numbers of a line of the log."""
    tags = {
        "loss/train": line["train_loss"],
        "loss/validation": line["validation_loss"],
        "accuracy/validation": line["validation_accuracy"],
        "learning_rate": line["learning_rate"],
        "weight/layers.0.weight[4,1]": line["weights"]["layers.0.weight[4,1]"],
    }
    for layer in range(2):
        tags[f"gradient_norm/layers.{layer}"] = line["gradient_norms"][layer]
        tags[f"update_norm/layers.{layer}"] = line["update_norms"][layer]
    return tags


def assert_same(folder, log):
    """The events of a folder are the epochs of a log, each once and in their order."""
    scalars, times = read(folder)
    lines = [expected(json.loads(line)) for line in log.read_text().splitlines()]
    assert set(scalars) == set(lines[0])
    for tag, found in scalars.items():
        assert [step for step, _ in found] == list(range(1, len(lines) + 1)), tag
        np.testing.assert_allclose([value for _, value in found], [line[tag] for line in lines], rtol=TOLERANCE)
    assert all(time > 1_700_000_000 for time in times)


def test_tensorboard_reads_the_numbers_of_the_log(tmp_path):
    program.run(*TRAIN, *MORE, "--epochs", "6", "--schedule", "exponential", folder=tmp_path)
    assert_same(tmp_path / "events", tmp_path / "log.jsonl")


def test_a_training_that_goes_on_is_one_run_with_every_epoch_once(tmp_path):
    checkpoints = ["--checkpoint", "state", "--checkpoint-every", "4epochs"]
    program.run(*TRAIN, *MORE, *checkpoints, "--epochs", "6", folder=tmp_path)
    # The last checkpoint is that of the last epoch; without it the epochs after the fourth come again.
    newest = max((tmp_path / "state").glob("step-*"))
    newest.unlink()
    program.run(*TRAIN, *MORE, *checkpoints, "--epochs", "9", "--resume", "auto", folder=tmp_path)
    assert len(list((tmp_path / "events").iterdir())) == 2
    assert_same(tmp_path / "events", tmp_path / "log.jsonl")


def test_every_seed_is_a_run(tmp_path):
    program.run(*TRAIN, *MORE, "--epochs", "2", "--seeds", "2", folder=tmp_path)
    for seed in ["seed-0", "seed-1"]:
        scalars, _ = read(tmp_path / "events" / seed)
        assert [step for step, _ in scalars["loss/train"]] == [1, 2]
