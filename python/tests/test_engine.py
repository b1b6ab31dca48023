"""The engine from Python: tables, training, models, networks."""

import inspect
import json
import os
import pickle
import signal
import threading

import joblib
import numpy as np
import pandas
import polars
import pytest

import chainrule
import program
from chainrule import _native


@pytest.fixture(scope="module")
def flats():
    """A table with a category, gaps, and numbers of three widths."""
    numbers = np.random.default_rng(0)
    n = 300
    frame = pandas.DataFrame(
        {
            "area": numbers.uniform(20, 200, n).astype(np.float32),
            "kind": numbers.choice(["old", "new", "newer"], n),
            "floor": numbers.integers(0, 9, n),
            "lift": numbers.integers(0, 2, n).astype(bool),
        }
    )
    frame["rent"] = 12.5 * frame["area"] + 200 * (frame["kind"] == "new") + 10 * frame["floor"]
    frame.loc[::17, "area"] = np.nan
    frame.loc[::23, "kind"] = None
    return frame


@pytest.fixture(scope="module")
def rents(flats):
    """A model of them."""
    return chainrule.Trainer(epochs=60, seed=1).fit(chainrule.Dataset.from_dataframe(flats, "rent"))


def in_polars(frame):
    """A frame of pandas as one of polars."""
    cells = {name: [None if pandas.isna(cell) else cell for cell in frame[name].tolist()] for name in frame.columns}
    return polars.DataFrame(cells, schema_overrides={"area": polars.Float32})


# Tables ---------------------------------------------------------------------------------------------------------------


def test_a_frame_a_file_and_columns_are_the_same_table(flats, tmp_path):
    flats.to_csv(tmp_path / "flats.csv", index=False)
    file = chainrule.Dataset.from_csv(tmp_path / "flats.csv", "rent")
    frame = chainrule.Dataset.from_dataframe(flats, target="rent")
    other = chainrule.Dataset.from_dataframe(in_polars(flats), target="rent")
    assert frame.feature_names == file.feature_names == other.feature_names == ["area", "kind", "floor", "lift"]
    assert frame._native.kinds == other._native.kinds == ["numbers", "text", "numbers", "text", "numbers"]
    trainer = chainrule.Trainer(epochs=2)
    losses = [trainer.fit(data).evaluate(data)["loss"] for data in (frame, other)]
    assert losses[0] == losses[1]
    assert len(frame) == frame.n_rows == file.n_rows == 300 and frame.target_names == ["rent"]


def test_integers_booleans_and_missing_values_of_pandas_are_numbers():
    frame = pandas.DataFrame(
        {
            "whole": pandas.array([1, None, 3], dtype="Int64"),
            "flag": [True, False, True],
            "flags": pandas.array([True, None, False], dtype="boolean"),
            "mixed": [1, None, 2.5],
            "text": pandas.array(["1", None, "x"], dtype="string"),
            "category": pandas.Categorical([7, 8, 7]),
        }
    )
    data = chainrule.Dataset.from_dataframe(frame, target=())
    assert data._native.kinds == ["numbers", "text", "text", "numbers", "text", "text"]
    assert repr(data) == "Dataset(data frame: 3 rows, 6 features, no target)"


@pytest.mark.parametrize(
    "make, error, words",
    [
        (lambda: chainrule.Dataset.from_arrays([1, 2]), ValueError, "X has 1 dimensions"),
        (lambda: chainrule.Dataset.from_arrays([[1.0], [2.0]], [1]), ValueError, "1 rows where the table has 2"),
        (lambda: chainrule.Dataset.from_arrays([[2**60]]), ValueError, "beyond 2\\*\\*53"),
        (lambda: chainrule.Dataset.from_arrays([[1j]]), ValueError, "complex"),
        (lambda: chainrule.Dataset.from_arrays([[1.0]], feature_names=["a", "b"]), ValueError, "2 feature names"),
        (lambda: chainrule.Dataset.from_arrays([[1.0]], categorical=["b"]), ValueError, "no column 'b'"),
        (lambda: chainrule.Dataset.from_arrays([[1.0]], np.zeros((1, 1, 1))), ValueError, "y has 3 dimensions"),
        (lambda: chainrule.Dataset.from_dataframe(pandas.DataFrame({"a": [1]}), "b"), ValueError, "no column 'b'"),
        (lambda: chainrule.Dataset.from_file("no/such.csv"), FileNotFoundError, "no/such.csv"),
        (lambda: chainrule.Dataset.embedded("irises"), ValueError, "iris"),
        (lambda: chainrule.Dataset(), TypeError, "from_csv"),
    ],
)
def test_what_is_no_table_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_dates_are_refused_by_name():
    frame = pandas.DataFrame({"when": pandas.to_datetime(["2020-01-01"]), "y": [1]})
    with pytest.raises(ValueError, match="'when' holds dates"):
        chainrule.Dataset.from_dataframe(frame)


def test_a_broken_file_is_refused_with_its_line(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(ValueError, match="a.csv, line 3"):
        chainrule.Dataset.from_csv(tmp_path / "a.csv")


# Training -------------------------------------------------------------------------------------------------------------


def test_the_defaults_are_the_librarys():
    defaults = chainrule.Trainer.__init__.__kwdefaults__
    for name, value in _native.defaults().items():
        given = defaults[name]
        assert (list(given) if name == "hidden" else given) == value, name


def test_every_keyword_is_documented_and_reaches_the_engine():
    names = list(inspect.signature(chainrule.Trainer).parameters)
    documented = inspect.getdoc(chainrule.Trainer)
    assert all(name in documented for name in names)
    model = chainrule.Trainer(
        hidden=[6, 5],
        activation=[("leaky-relu", 0.2), {"name": "elu", "alpha": 0.5}],
        output="softmax",
        loss="cross-entropy",
        task="classification",
        init="glorot-uniform",
        dropout=[0.1, 0.0],
        precision=np.float64,
        label_smoothing=0.05,
        optimizer="momentum",
        learning_rate=0.05,
        momentum=0.8,
        weight_decay=1e-4,
        clip_norm=5.0,
        schedule={"name": "step", "every": 3, "factor": 0.5, "unit": "epochs"},
        warmup=2,
        batch_size=16,
        epochs=7,
        patience=0,
        seed=3,
        n_threads=1,
        validation=0.2,
        test=0.2,
        class_weight={"setosa": 2.0},
    ).fit(chainrule.Dataset.embedded("iris"))
    assert [layer[:] for layer in model.network.layers] == [
        (4, 6, "leaky-relu", 0.2, True),
        (6, 5, "elu", 0.5, True),
        (5, 3, "softmax", None, True),
    ]
    said = {
        key: model.training[key] for key in ("optimizer", "learning_rate", "schedule", "batch_size", "epochs", "seed")
    }
    assert said == {
        "optimizer": "momentum", "learning_rate": "0.05", "schedule": "step", "batch_size": "16", "epochs": "7", "seed": "3",
    }  # fmt: skip
    assert [epoch["learning_rate"] for epoch in model.history[2::3]] == [0.05, 0.025]
    assert model.dtype == np.float64 and model.results["test"]["n_rows"] == 30


@pytest.mark.parametrize(
    "keywords, words",
    [
        ({"activation": "rlu"}, "did you mean 'relu'"),
        ({"optimizer": "adamm"}, "did you mean 'adam'"),
        ({"loss": "hinge"}, "unknown loss"),
        ({"epochs": 0}, "epochs"),
        ({"dropout": 1.0}, "dropout is 1"),
        ({"schedule": {"name": "cosine", "every": 3}}, "'cosine' has no parameter 'every'"),
        ({"schedule": {"name": "cosine", "unit": "steps"}}, "'cosine' has no parameter 'unit'"),
        ({"class_weight": "equal"}, "class_weight is 'equal'"),
        ({"precision": "f16"}, "precision is 'f16'"),
        ({"missing": "drop"}, "missing is 'drop'"),
        ({"task": "ranking"}, "task is 'ranking'"),
        ({"loss": "poisson", "output": "tanh"}, "does not go"),
    ],
)
def test_configurations_that_cannot_be_are_refused(keywords, words):
    with pytest.raises(ValueError, match=words):
        chainrule.Trainer(**keywords).fit(chainrule.Dataset.embedded("iris"))


def test_values_of_another_type_are_named():
    with pytest.raises(TypeError, match="epochs"):
        chainrule.Trainer(epochs="many").fit(chainrule.Dataset.embedded("iris"))
    with pytest.raises(TypeError, match="expected a chainrule.Dataset"):
        chainrule.Trainer().fit([[1.0]])
    with pytest.raises(TypeError, match="eta"):
        chainrule.Trainer(eta=0.1)


def test_a_training_is_the_command_lines_bit_for_bit(tmp_path):
    program.run(
        "train", "wine", "--epochs", 7, "--seed", 5, "--test", 0, "--quiet", "--batch-size", 32, folder=tmp_path
    )
    model = chainrule.Trainer(epochs=7, seed=5).fit(chainrule.Dataset.embedded("wine"))
    theirs = chainrule.load(tmp_path / "wine.safetensors")
    for name, tensor in model.network.parameters.items():
        assert np.array_equal(tensor, theirs.network.parameters[name]), name


def test_threads_and_callbacks_change_nothing_and_a_callback_can_stop():
    data = chainrule.Dataset.embedded("digits")
    told = []
    one = chainrule.Trainer(epochs=3, n_threads=1).fit(data, callback=told.append)
    two = chainrule.Trainer(epochs=3, n_threads=2).fit(data)
    assert one.to_bytes() == two.to_bytes()
    assert told == one.history and [epoch["epoch"] for epoch in told] == [1, 2, 3]
    stopped = chainrule.Trainer(epochs=3).fit(data, callback=lambda epoch: epoch["epoch"] == 2)
    assert len(stopped.history) == 2 and stopped.results["stopped_by"] == "callback"


def test_an_error_in_a_callback_is_raised_and_divergence_has_a_type_of_its_own():
    data = chainrule.Dataset.embedded("iris")

    def fails(epoch):
        raise RuntimeError(f"in epoch {epoch['epoch']}")

    with pytest.raises(RuntimeError, match="in epoch 1"):
        chainrule.Trainer().fit(data, callback=fails)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        chainrule.Trainer(optimizer="sgd", learning_rate=1e30, loss="mse", output="identity").fit(data)


def test_d11_ctrl_c_ends_an_epoch_keeps_the_model_so_far_and_warns():
    """An epoch of this network takes many seconds; the signal comes within the first."""
    data = chainrule.Dataset.embedded("digits")
    timer = threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    trainer = chainrule.Trainer(hidden=(3000, 3000), batch_size=1, epochs=100, validation=0.0)
    with pytest.warns(UserWarning, match="interrupted"):
        model = trainer.fit(data)
    # The epoch at hand is in no history, and nothing is measured: whoever interrupts does not want to wait.
    assert model.history == [] and model.results["stopped_by"] == "interrupted"
    assert [model.results[part] for part in ("train", "validation", "test")] == [None] * 3
    assert model.predict(data).shape == (len(data),)


def test_weights_of_rows_and_parts_of_ones_own_are_used():
    numbers = np.random.default_rng(1)
    X, y = numbers.normal(size=(200, 3)), numbers.integers(0, 2, 200)
    weights = np.where(y == 1, 1.0, 0.0)
    data = chainrule.Dataset.from_arrays(X, y, sample_weight=weights)
    model = chainrule.Trainer(epochs=30, task="classification").fit(
        data, validation=chainrule.Dataset.from_arrays(X, y)
    )
    assert (model.predict(X) == 1).mean() > 0.9
    assert model.results["validation"]["n_rows"] == 200 and model.results["train"]["n_rows"] == 200


# Models ---------------------------------------------------------------------------------------------------------------


def test_predictions_are_those_of_the_command_line(rents, flats, tmp_path):
    rents.save(tmp_path / "m.safetensors")
    flats.drop(columns="rent").to_csv(tmp_path / "new.csv", index=False)
    printed = program.predict("m.safetensors", "new.csv", tmp_path)["prediction"]
    ours = [rents.predict(flats), rents.predict(tmp_path / "new.csv"), rents.predict(in_polars(flats))]
    for found in ours:
        assert found.shape == (300,) and found.dtype == np.float32
        assert np.allclose(found, np.array(printed, dtype=float), rtol=1e-6)
    measured = rents.evaluate(flats)
    assert measured["r2"] > 0.8 and measured == rents.evaluate(flats.drop(columns="rent"), flats["rent"])


@pytest.mark.parametrize("name, classes", [("iris", "text"), ("digits", "integers")])
def test_classes_have_their_type(name, classes):
    data = chainrule.Dataset.embedded(name)
    model = chainrule.Trainer(epochs=15).fit(data)
    found = model.predict(data)
    assert found.dtype.kind == ("U" if classes == "text" else "i") and set(found) <= set(model.classes)
    chances = model.predict_proba(data)
    assert chances.shape == (len(data), len(model.classes)) and np.allclose(chances.sum(axis=1), 1, atol=1e-6)
    assert np.array_equal(model.classes[chances.argmax(axis=1)], found)


def test_several_labels_are_columns_of_0_and_1():
    numbers = np.random.default_rng(2)
    X = numbers.normal(size=(300, 4))
    y = np.column_stack([X[:, 0] > 0, X[:, 1] + X[:, 2] > 0]).astype(int)
    model = chainrule.Trainer(epochs=50).fit(chainrule.Dataset.from_arrays(X, y))
    assert model.task == "multi-label" and model.classes is None
    assert (model.predict(X) == y).mean() > 0.9 and model.predict_proba(X).shape == (300, 2)
    assert model.evaluate(X, y)["accuracy"] > 0.8


def test_h7_a_model_travels_as_the_bytes_of_its_file(rents, flats, tmp_path):
    for again in (
        pickle.loads(pickle.dumps(rents)),
        chainrule.load(_saved(rents, tmp_path)),
        _through_joblib(rents, tmp_path),
    ):
        assert np.array_equal(again.predict(flats), rents.predict(flats))
        assert again.to_bytes() == rents.to_bytes() and again.history is None
    extra = len(pickle.dumps(rents)) - len(rents.to_bytes())
    assert 0 < extra < 200


def _saved(model, folder):
    model.save(folder / "model.safetensors")
    return str(folder / "model.safetensors")


def _through_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


def test_files_that_are_no_models_are_refused(rents, tmp_path):
    with pytest.raises(FileNotFoundError, match="none.safetensors"):
        chainrule.load(tmp_path / "none.safetensors")
    (tmp_path / "text").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="text"):
        chainrule.load(tmp_path / "text")
    damaged = bytearray(rents.to_bytes())
    damaged[-1] ^= 1
    (tmp_path / "damaged").write_bytes(damaged)
    with pytest.raises(ValueError, match="damaged"):
        chainrule.load(tmp_path / "damaged")
    with pytest.raises(OSError, match="no folder"):
        rents.save(tmp_path / "no" / "m.safetensors")


def test_what_training_did_not_see_warns_and_what_is_missing_is_refused(rents, flats):
    with pytest.warns(UserWarning, match="'kind'.*'castle'"):
        rents.predict(flats.assign(kind="castle"))
    with pytest.raises(ValueError, match="area"):
        rents.predict(flats.drop(columns="area"))
    with pytest.raises(ValueError, match="no probabilities"):
        rents.predict_proba(flats)
    with pytest.raises(TypeError, match="leave y out"):
        rents.evaluate(chainrule.Dataset.from_dataframe(flats), flats["rent"])


# Networks -------------------------------------------------------------------------------------------------------------


def test_a_network_computes_its_formula():
    network = chainrule.Network([3, 2, 1], activation="tanh", seed=4)
    X = np.random.default_rng(3).normal(size=(5, 3))
    p = network.parameters
    hidden = np.tanh(X @ p["layers.0.weight"].T + p["layers.0.bias"])
    expected = hidden @ p["layers.1.weight"].T + p["layers.1.bias"]
    assert np.allclose(network.forward(X), expected, rtol=1e-13)
    (z, a), (last, same) = network.passes(X)
    assert np.allclose(np.tanh(z), a, rtol=1e-13) and np.array_equal(last, same)


@pytest.mark.parametrize(
    "output, loss",
    [
        ("identity", "mse"),
        ("identity", "huber"),
        ("softmax", "cross-entropy"),
        ("sigmoid", "binary-cross-entropy"),
        ("exp", "poisson"),
    ],
)
def test_gradients_are_differences_of_the_loss(output, loss):
    numbers = np.random.default_rng(5)
    network = chainrule.Network([3, 4, 2], activation="silu", output=output, seed=2)
    X = numbers.normal(size=(6, 3))
    y = numbers.integers(0, 2, 6) if loss == "cross-entropy" else numbers.integers(0, 2, (6, 2)).astype(float)
    weights = numbers.uniform(0.5, 2, 6)
    value, gradients = network.gradients(X, y, loss=loss, sample_weight=weights)
    h = 1e-6
    for name, tensor in network.parameters.items():
        for place in np.ndindex(tensor.shape):
            moved = []
            for step in (h, -h):
                changed = tensor.copy()
                changed[place] += step
                other = network.with_parameters({name: changed})
                moved.append(other.gradients(X, y, loss=loss, sample_weight=weights)[0])
            assert (moved[0] - moved[1]) / (2 * h) == pytest.approx(gradients[name][place], rel=1e-5, abs=1e-8)
    assert np.isfinite(value)


def test_a_network_is_plain_data():
    network = chainrule.Network([4, 3, 2], activation=[("leaky-relu", 0.3)], precision="f32", seed=1)
    again = pickle.loads(pickle.dumps(network))
    assert again.layers == network.layers and again.dtype == np.float32 and repr(again) == repr(network)
    X = np.ones((2, 4))
    assert np.array_equal(again.forward(X), network.forward(X)) and again.n_parameters == 23
    parameters = network.parameters
    parameters["layers.0.bias"][:] = 9
    assert not np.array_equal(network.parameters["layers.0.bias"], parameters["layers.0.bias"])


@pytest.mark.parametrize(
    "use, error, words",
    [
        (lambda n: n.forward(np.ones((2, 3))), ValueError, "3 columns; the network reads 4"),
        (lambda n: n.forward(np.ones(4)), ValueError, "1 dimensions"),
        (lambda n: n.gradients(np.ones((2, 4)), np.ones((1, 2)), loss="mse"), ValueError, "X has 2 rows, y 1"),
        (lambda n: n.gradients(np.ones((2, 4)), np.ones((2, 3)), loss="mse"), ValueError, "y has 3 columns"),
        (lambda n: n.gradients(np.ones((2, 4)), [0, 1], loss="cross-entropy"), ValueError, "takes output 'softmax'"),
        (lambda n: n.gradients(np.ones((0, 4)), np.ones((0, 2)), loss="mse"), ValueError, "at least 1"),
        (lambda n: n.with_parameters({"layers.9.bias": [1]}), KeyError, "layers.9.bias"),
        (lambda n: n.with_parameters({"layers.1.bias": [1]}), ValueError, "shape"),
        (lambda n: chainrule.Network([4, 0, 2]), ValueError, "width 0"),
        (lambda n: chainrule.Network([4, 2, 2], activation=["relu", "relu"]), ValueError, "2 activations for 1"),
        (lambda n: chainrule.Network([4, 2, 2], activation="softmax"), ValueError, "output layer only"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(use, error, words):
    with pytest.raises(error, match=words):
        use(chainrule.Network([4, 3, 2]))


def test_classes_beyond_the_outputs_are_refused():
    network = chainrule.Network([2, 2], output="softmax")
    for y, words in (([2], "class 2"), ([-1], "class numbers"), ([0.5], "class numbers")):
        with pytest.raises(ValueError, match=words):
            network.gradients(np.ones((1, 2)), y, loss="cross-entropy")


# Derivations ----------------------------------------------------------------------------------------------------------

STEP = """\
loss = "half-mse"
learning_rate = 0.1
x = [[0, 1, 2]]
y = [[1]]
[[layers]]
activation = "sigmoid"
weights = [[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]]
[[layers]]
activation = "sigmoid"
weights = [[0.1, 0.2]]
"""


def test_a_step_is_explained_from_a_text_a_path_a_dict_and_by_name(tmp_path):
    (tmp_path / "step.toml").write_text(STEP)
    step = {
        "loss": "half-mse", "learning_rate": 0.1, "x": np.array([[0.0, 1.0, 2.0]]), "y": [[1]],
        "layers": [
            {"activation": "sigmoid", "weights": np.array([[0.4, 0.5, 0.3], [0.2, 0.7, 0.1]])},
            {"activation": "sigmoid", "weights": [[0.1, 0.2]]},
        ],
    }  # fmt: skip
    derivations = [
        chainrule.explain(source) for source in (STEP, tmp_path / "step.toml", str(tmp_path / "step.toml"), step)
    ]
    texts = {str(derivation) for derivation in derivations}
    assert len(texts) == 1
    printed, _ = program.run("explain", "step.toml", folder=tmp_path)
    assert texts == {printed}
    assert "xor" in str(chainrule.explain("xor")).lower()


def test_a_derivation_shows_in_a_notebook():
    derivation = chainrule.explain(STEP, digits=4)
    assert derivation._repr_html_().startswith("<iframe") and "<math" in derivation.to_html()
    latex = derivation._repr_latex_()
    assert latex.count("$$") % 2 == 0 and "\\frac{\\partial" in latex and "\\documentclass" not in latex
    assert derivation.to_latex().startswith("\\documentclass")
    document = json.loads(derivation.to_json())
    assert document["loss"] == pytest.approx(0.0897, abs=0.05) and document["verification"]


def test_a_models_step_has_the_gradients_of_its_network():
    data = chainrule.Dataset.embedded("iris")
    model = chainrule.Trainer(hidden=(5,), activation="tanh", precision="f64", epochs=2, standardize=False).fit(data)
    document = json.loads(chainrule.explain(model, data, rows=[0, 75]).to_json())
    import sklearn.datasets

    bunch = sklearn.datasets.load_iris()
    loss, gradients = model.network.gradients(bunch.data[[0, 75]], bunch.target[[0, 75]], loss="cross-entropy")
    assert document["loss"] == pytest.approx(loss, rel=1e-12)
    for i, layer in enumerate(document["backward"]):
        assert np.allclose(layer["weights"], gradients[f"layers.{i}.weight"], rtol=1e-9, atol=1e-15)


def test_numbers_by_hand_are_judged(tmp_path):
    claims = '[[claims]]\nsymbol = "z1"\nvalue = [["1.1", "0.7"]]\n'
    judgement = chainrule.check(STEP + claims)
    assert judgement.n_wrong == 1 and [one["verdict"] for one in judgement.numbers] == ["right", "wrong"]
    (tmp_path / "w.toml").write_text(STEP + claims)
    printed, _ = program.run("check", "w.toml", folder=tmp_path, code=1)
    assert (
        str(judgement) == printed
        and judgement.to_json()
        == program.run("check", "w.toml", "--format", "json", folder=tmp_path, code=1)[0].rstrip()
    )
    assert judgement._repr_html_().count("<tr>") == 3 and "\\text{z1[0,1]}" in judgement._repr_latex_()


def test_a_text_with_formulas_is_judged_and_what_is_not_understood_warned_of(tmp_path):
    (tmp_path / "page.md").write_text("```toml\n" + STEP + "```\nSo $z_1 = (1.1, 0.9)$ and $q_7 = 3$.\n")
    with pytest.warns(UserWarning, match="q_7"):
        judgement = chainrule.check(tmp_path / "page.md")
    assert judgement.n_wrong == 0 and len(judgement.skipped) == 1


@pytest.mark.parametrize(
    "use, error, words",
    [
        (lambda: chainrule.explain("x = [[1]]"), ValueError, "line"),
        (lambda: chainrule.explain("no_such_example"), ValueError, "expected one of"),
        (lambda: chainrule.explain("none.toml"), FileNotFoundError, "none.toml"),
        (lambda: chainrule.explain(STEP, forms=["vector"]), ValueError, "form is 'vector'"),
        (lambda: chainrule.explain(STEP, layer=3), ValueError, "layer"),
        (lambda: chainrule.explain(STEP, [[1]]), TypeError, "leave data"),
        (lambda: chainrule.explain(3), TypeError, "got int"),
        (lambda: chainrule.explain({"x": object()}), TypeError, "not object"),
        (lambda: chainrule.check(STEP), ValueError, "no claim"),
        (lambda: chainrule.check(STEP, format="pdf"), ValueError, "format is 'pdf'"),
        (lambda: chainrule.check("none"), FileNotFoundError, "none"),
    ],
)
def test_what_is_no_step_is_refused(use, error, words):
    with pytest.raises(error, match=words):
        use()
