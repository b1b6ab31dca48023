"""Pictures: what they show is what was measured, and they show themselves where a notebook asks."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import chainrule
import program

IRIS = chainrule.Dataset.embedded("iris")


@pytest.fixture(scope="module")
def model():
    trainer = chainrule.Trainer(hidden=(5,), epochs=4, learning_rate=0.01, seed=2)
    return trainer.fit(IRIS, norms=True, watch=["layers.0.weight[4,1]"])


def rows(text, first):
    """The rows of a table of a picture's text, by the number that they begin with."""
    found = [line.split() for line in text.replace("−", "-").splitlines()]
    return [[float(cell) for cell in row] for row in found if row and row[0] == str(first)]


def test_curves_of_a_model_have_the_numbers_of_its_history(model):
    text = chainrule.plot_curves(model).text()
    for epoch in model.history:
        shown = [cell for row in rows(text, epoch["epoch"]) for cell in row]
        measured = [epoch["train_loss"], epoch["validation_loss"], epoch["validation_score"]]
        measured += epoch["gradient_norms"] + epoch["update_norms"] + list(epoch["weights"].values())
        for number in measured:
            assert np.isclose(shown, number, rtol=1e-4).any(), (number, shown)
    assert "Gradient of each layer" in text and "layers.0.weight[4,1]" in text


def test_what_is_measured_changes_no_bit(model):
    plain = chainrule.Trainer(hidden=(5,), epochs=4, learning_rate=0.01, seed=2).fit(IRIS)
    assert plain.to_bytes() == model.to_bytes()
    assert "gradient_norms" not in plain.history[0] and "weights" not in plain.history[0]


def test_a_picture_shows_itself_in_a_notebook_and_is_written_by_the_ending_of_its_name(model, tmp_path):
    picture = chainrule.plot_curves(model, names=["<iris> & others"], show="losses")
    root = ElementTree.fromstring(picture._repr_svg_())
    assert root.find("{http://www.w3.org/2000/svg}title").text == picture.title == "Learning curves of <iris> & others"
    for name, begins in [("a.svg", b"<svg"), ("a.PNG", b"\x89PNG"), ("a.txt", b"Learning curves")]:
        picture.save(tmp_path / name, theme="dark", width=400)
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert (tmp_path / "a.svg").read_text() == picture.svg(theme="dark", width=400)
    assert (tmp_path / "a.PNG").read_bytes() == picture.png(theme="dark", width=400)
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png or \.txt, and not in '\.jpg'"):
        picture.save(tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="theme is 'blue'"):
        picture.svg(theme="blue")
    with pytest.raises(ValueError, match="expected 240 to 4000 pixels"):
        picture.svg(width=10)


def test_curves_of_an_estimator_are_its_own(tmp_path):
    generator = np.random.default_rng(0)
    X = generator.normal(size=(80, 3))
    y = X[:, 0] > 0
    classifier = chainrule.MLPClassifier((4,), max_iter=3, early_stopping=True, n_iter_no_change=9, random_state=0)
    with pytest.warns(Warning, match="haven't converged|hasn't converged"):
        classifier.fit(X, y)
    text = chainrule.plot_curves(classifier).text()
    for place, (loss, score) in enumerate(zip(classifier.loss_curve_, classifier.validation_scores_, strict=True), 1):
        shown = [cell for row in rows(text, place) for cell in row]
        assert np.isclose(shown, loss, rtol=1e-4).any() and np.isclose(shown, score, rtol=1e-4).any()
    assert "validation accuracy" in text and "MLPClassifier" in text


def test_a_log_is_drawn_as_the_command_line_draws_it(tmp_path):
    train = ["train", "iris", "--hidden", "4", "--epochs", "3", "--seeds", "2", "--log", "run.jsonl", "--log-norms"]
    program.run(*train, "--quiet", folder=tmp_path)
    printed, _ = program.run("plot", "curves", "run.jsonl", "--format", "svg", folder=tmp_path)
    assert chainrule.plot_curves(tmp_path / "run.jsonl").svg() == printed
    log = (tmp_path / "run.jsonl").read_text()
    (tmp_path / "run.jsonl").write_text(log + log[:20])
    assert chainrule.plot_curves(tmp_path / "run.jsonl").svg() == printed
    (tmp_path / "bad.jsonl").write_text("a,b\n" + log)
    with pytest.raises(ValueError, match="line 1"):
        chainrule.plot_curves(tmp_path / "bad.jsonl")
    lines = [json.loads(line) for line in log.splitlines()[:3]]
    assert chainrule.plot_curves(lines).title == "Learning curves of training"


def test_a_surface_is_that_of_the_command_line(tmp_path):
    model = chainrule.Trainer(hidden=(4,), epochs=3, precision="f64", seed=5).fit(IRIS)
    model.save(tmp_path / "m.safetensors")
    weights = ("layers.0.weight[0,1]", "layers.1.bias[2]")
    options = ["--points", "7", "--steps", "9", "--freeze-others", "--learning-rate", "0.5", "--format", "svg"]
    printed, _ = program.run("plot", "surface", "m.safetensors", "iris", "--weights", *weights, *options, folder=tmp_path)
    picture = chainrule.plot_surface(model, IRIS, weights, points=7, steps=9, freeze_others=True, learning_rate=0.5)
    assert picture.svg() == printed
    with pytest.raises(ValueError, match=r"there is no tensor 'layers\.7\.bias'"):
        chainrule.plot_surface(model, IRIS, ("layers.7.bias[0]", "layers.1.bias[2]"))
    with pytest.raises(ValueError, match="points is 1"):
        chainrule.plot_surface(model, IRIS, weights, points=1)


def test_confusions_and_residuals_are_those_of_the_command_line(model, tmp_path):
    numbers = chainrule.Trainer(hidden=(4,), epochs=3).fit(chainrule.Dataset.embedded("diabetes"))
    for kind, trained, name, draw in [
        ("confusion", model, "iris", chainrule.plot_confusion),
        ("residuals", numbers, "diabetes", chainrule.plot_residuals),
    ]:
        trained.save(tmp_path / "m.safetensors")
        printed, _ = program.run("plot", kind, "m.safetensors", name, "--format", "svg", folder=tmp_path)
        assert draw(trained, chainrule.Dataset.embedded(name)).svg() == printed
    with pytest.raises(ValueError, match="predicts numbers"):
        chainrule.plot_residuals(model, IRIS)
    with pytest.raises(ValueError, match="one class"):
        chainrule.plot_confusion(numbers, chainrule.Dataset.embedded("diabetes"))


def test_what_cannot_be_drawn_is_refused(model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    loaded = chainrule.load(tmp_path / "m.safetensors")
    with pytest.raises(ValueError, match="no epoch to draw"):
        chainrule.plot_curves()
    with pytest.raises(ValueError, match="no epoch to draw"):
        chainrule.plot_curves(loaded)
    with pytest.raises(TypeError, match="got int"):
        chainrule.plot_curves(3)
    with pytest.raises(ValueError, match="2 names for 1 trainings"):
        chainrule.plot_curves(model, names=["a", "b"])
    with pytest.raises(ValueError, match="thing to show is 'colours'"):
        chainrule.plot_curves(model, show=["colours"])
    with pytest.raises(TypeError, match="comes from"):
        chainrule.Picture()
    # A single epoch, and losses that are no numbers, are pictures.
    odd = [{"epoch": 1, "train_loss": float("nan"), "validation_loss": None}]
    assert chainrule.plot_curves(odd).svg().endswith("</svg>\n")
