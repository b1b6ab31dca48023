"""Where fitted estimators go: files, ONNX, derivations, scikit-learn, and back."""

import json
import pickle

import numpy as np
import pytest
import sklearn.neural_network
from sklearn.datasets import load_diabetes, load_iris, load_linnerud, make_multilabel_classification
from sklearn.exceptions import NotFittedError

import chainrule
import program
from conftest import SKLEARN
from chainrule import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS = load_iris()
HEAVY = load_diabetes()


def classifier(y, X=IRIS.data, **parameters):
    """A quick fit."""
    parameters = {"hidden_layer_sizes": (8, 6), "max_iter": 20, "random_state": 0, **parameters}
    return MLPClassifier(**parameters).fit(X, y)


def regressor(y=HEAVY.target, X=HEAVY.data, **parameters):
    """A quick fit."""
    parameters = {"hidden_layer_sizes": (8,), "max_iter": 20, "random_state": 0, **parameters}
    return MLPRegressor(**parameters).fit(X, y)


def several_labels():
    """Rows with several labels each."""
    return make_multilabel_classification(n_samples=120, n_features=6, n_classes=3, random_state=0)


CASES = {
    "integers": lambda: (classifier(IRIS.target), IRIS.data),
    "texts": lambda: (classifier(IRIS.target_names[IRIS.target]), IRIS.data),
    "floats": lambda: (classifier(IRIS.target.astype(float)), IRIS.data),
    "booleans": lambda: (classifier(IRIS.target == 1), IRIS.data),
    "two integers": lambda: (classifier(np.where(IRIS.target == 1, 7, -3)), IRIS.data),
    "f32": lambda: (classifier(IRIS.target, IRIS.data.astype(np.float32)), IRIS.data.astype(np.float32)),
    "logistic": lambda: (classifier(IRIS.target, activation="logistic"), IRIS.data),
    "no hidden layer": lambda: (classifier(IRIS.target, hidden_layer_sizes=()), IRIS.data),
    "lbfgs": lambda: (classifier(IRIS.target, solver="lbfgs"), IRIS.data),
    "labels": lambda: (classifier(several_labels()[1], several_labels()[0]), several_labels()[0]),
    "regression": lambda: (regressor(activation="tanh", solver="sgd", learning_rate_init=1e-6), HEAVY.data),
    "counts": lambda: (regressor(np.floor(HEAVY.target / 50), loss="poisson"), HEAVY.data),
    "several targets": lambda: (regressor(load_linnerud().target, load_linnerud().data), load_linnerud().data),
}


@pytest.fixture(params=CASES, ids=str.title)
def fitted(request):
    """An estimator of each kind, and rows."""
    return CASES[request.param]()


def bound(estimator):
    """What rounding leaves, of the largest value."""
    return 1e-5 if estimator.coefs_[0].dtype == np.float32 else 1e-12


def agree(found, expected, tolerance):
    """Compare predictions: numbers to rounding, classes as they are."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    if expected.dtype.kind == "f" and len(np.unique(expected)) > 3:
        assert np.abs(found - expected).max() <= tolerance * np.abs(expected).max()
    else:
        assert np.array_equal(found, expected)


def test_a_file_gives_the_same_predictions_back(fitted, tmp_path):
    estimator, X = fitted
    estimator.save(tmp_path / "m.safetensors")
    model = chainrule.load(tmp_path / "m.safetensors")
    agree(model.predict(X), estimator.predict(X), bound(estimator))
    assert model.dtype == estimator.coefs_[0].dtype
    if hasattr(estimator, "predict_proba"):
        assert np.abs(model.predict_proba(X) - estimator.predict_proba(X)).max() <= bound(estimator)
        if model.task == "classification":
            assert model.classes.dtype.kind == estimator.classes_.dtype.kind
            assert np.array_equal(model.classes, estimator.classes_)
    twin = type(estimator).load(tmp_path / "m.safetensors")
    agree(twin.predict(X), estimator.predict(X), bound(estimator))
    assert twin.predict(X).dtype == estimator.predict(X).dtype
    assert twin.n_features_in_ == X.shape[1] and twin.out_activation_ == estimator.out_activation_
    assert twin._to_model().network.parameters.keys() == model.network.parameters.keys()


def test_the_command_line_predicts_with_the_file(tmp_path):
    estimator = classifier(IRIS.target_names[IRIS.target])
    estimator.save(tmp_path / "m.safetensors")
    np.save(tmp_path / "X.npy", IRIS.data)
    said = program.predict("m.safetensors", "X.npy", tmp_path)
    assert said["prediction"] == estimator.predict(IRIS.data).tolist()
    frame = load_iris(as_frame=True).frame
    named = classifier(frame["target"], frame.drop(columns="target"))
    named.save(tmp_path / "named.safetensors")
    frame.drop(columns="target").iloc[:, ::-1].to_csv(tmp_path / "iris.csv", index=False)
    said = program.predict("named.safetensors", "iris.csv", tmp_path)
    assert [int(name) for name in said["prediction"]] == named.predict(frame.drop(columns="target")).tolist()
    assert list(MLPClassifier.load(tmp_path / "named.safetensors").feature_names_in_) == IRIS.feature_names


def test_onnxruntime_gives_the_same_predictions(fitted):
    onnxruntime = pytest.importorskip("onnxruntime")
    onnx = pytest.importorskip("onnx")
    estimator, X = fitted
    graph = estimator.to_onnx()
    onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)
    session = onnxruntime.InferenceSession(graph)
    said = dict(zip([port.name for port in session.get_outputs()], session.run(None, {"numbers": X})))
    if "prediction" in said:
        expected = estimator.predict(X)
        agree(said["prediction"].reshape(expected.shape), expected, bound(estimator))
    else:
        assert np.abs(said["probabilities"] - estimator.predict_proba(X)).max() <= bound(estimator)


def test_scikit_learn_takes_a_fit_and_gives_it_back(fitted):
    estimator, X = fitted
    if estimator.out_activation_ == "exp" and SKLEARN < (1, 7):
        with pytest.raises(ValueError, match="no loss='poisson'"):
            estimator.to_sklearn()
        return
    theirs = estimator.to_sklearn()
    assert type(theirs).__module__.startswith("sklearn.")
    agree(theirs.predict(X), estimator.predict(X), bound(estimator))
    ours = type(estimator).from_sklearn(theirs)
    assert np.array_equal(ours.predict(X), estimator.predict(X))
    assert all(np.array_equal(a, b) for a, b in zip(ours.coefs_, estimator.coefs_))
    assert ours.get_params()["alpha"] == estimator.alpha and ours.n_iter_ == estimator.n_iter_
    theirs.coefs_[0][:] = 0
    assert not np.array_equal(ours.coefs_[0], theirs.coefs_[0])


def test_a_fit_of_scikit_learn_becomes_ours_and_goes_on_learning():
    theirs = sklearn.neural_network.MLPClassifier((8,), max_iter=5, random_state=0, learning_rate_init=0.02).fit(
        IRIS.data, IRIS.target
    )
    ours = MLPClassifier.from_sklearn(theirs)
    assert np.allclose(ours.predict_proba(IRIS.data), theirs.predict_proba(IRIS.data), rtol=1e-12)
    before = ours.score(IRIS.data, IRIS.target)
    for _ in range(100):
        ours.partial_fit(IRIS.data, IRIS.target)
    assert ours.score(IRIS.data, IRIS.target) > max(before, 0.9)


def test_what_scikit_learn_does_not_have_is_refused():
    with pytest.raises(ValueError, match="this network has gelu, relu"):
        classifier(IRIS.target, activation=["relu", "gelu"]).to_sklearn()
    with pytest.raises(TypeError, match="got MLPRegressor"):
        MLPClassifier.from_sklearn(sklearn.neural_network.MLPRegressor())
    with pytest.raises(NotFittedError):
        MLPClassifier.from_sklearn(sklearn.neural_network.MLPClassifier())


@pytest.mark.parametrize("use", ["save", "to_onnx", "to_sklearn", "explain"])
def test_nothing_leaves_an_estimator_before_it_is_fitted(use, tmp_path):
    arguments = {"save": [tmp_path / "m"], "explain": [IRIS.data[:1], IRIS.target[:1]]}.get(use, [])
    with pytest.raises(NotFittedError):
        getattr(MLPClassifier(), use)(*arguments)


def test_a_file_of_another_kind_is_refused(tmp_path):
    regressor().save(tmp_path / "r")
    with pytest.raises(ValueError, match="holds a MLPRegressor"):
        MLPClassifier.load(tmp_path / "r")
    chainrule.Trainer(epochs=1).fit(chainrule.Dataset.embedded("iris")).save(tmp_path / "m")
    with pytest.raises(ValueError, match="a model of the engine"):
        MLPClassifier.load(tmp_path / "m")


def test_an_estimator_explains_its_next_step():
    estimator = classifier(IRIS.target, hidden_layer_sizes=(3,), solver="sgd", alpha=0.5)
    derivation = estimator.explain(IRIS.data[:1], IRIS.target[:1], digits=4)
    document = json.loads(derivation.to_json())
    assert document["loss"] == pytest.approx(-np.log(estimator.predict_proba(IRIS.data[:1])[0, IRIS.target[0]]))
    assert "nesterov" in str(derivation) and "<math" in derivation.to_html()
    weights, biases = estimator.coefs_[1], estimator.intercepts_[1]
    change = np.array(document["update"][1]["weights"])
    gradient = np.array(document["backward"][1]["weights"]) + 0.5 * weights.T
    assert np.allclose(
        document["update"][1]["bias"], biases - 0.001 * 1.9 * np.array(document["backward"][1]["bias"]), atol=1e-12
    )
    assert np.allclose(change, weights.T - 0.001 * 1.9 * gradient, atol=1e-12)
    assert str(chainrule.explain(estimator, IRIS.data[:1], IRIS.target[:1], digits=4)) == str(derivation)


def test_every_kind_of_target_is_explained(fitted):
    estimator, X = fitted
    y = estimator.predict(X[:2])
    y = y + 1 if y.dtype.kind == "f" and isinstance(estimator, MLPRegressor) else y
    document = json.loads(estimator.explain(X[:2], y, forms=["matrix"]).to_json())
    assert np.isfinite(document["loss"]) and len(document["per_example"]) == 2


def test_pickles_keep_the_fit(fitted):
    estimator, X = fitted
    again = pickle.loads(pickle.dumps(estimator))
    assert np.array_equal(again.predict(X), estimator.predict(X))
