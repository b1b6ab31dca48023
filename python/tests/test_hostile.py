"""H7: what is pickled carries the bytes of a model file and plain values, and loading it runs nothing but what checks them."""

import io
import pickle

import numpy as np
import pytest

import chainrule
from chainrule import MLPClassifier


@pytest.fixture(scope="module")
def model():
    """A small model."""
    numbers = np.random.default_rng(0)
    X = numbers.normal(size=(60, 3))
    return chainrule.Trainer(epochs=2).fit(chainrule.Dataset.from_arrays(X, X[:, 0]))


class Recorder(pickle.Unpickler):
    """Loads a pickle, and notes the functions and classes that it asks for."""

    def __init__(self, pickled):
        super().__init__(io.BytesIO(pickled))
        self.asked = set()

    def find_class(self, module, name):
        self.asked.add(f"{module}.{name}")
        return super().find_class(module, name)


def asked(pickled):
    """What loading a pickle looks up."""
    recorder = Recorder(pickled)
    recorder.load()
    return recorder.asked


def test_h7_a_model_is_pickled_as_the_bytes_of_its_file(model):
    pickled = pickle.dumps(model)
    assert asked(pickled) == {"chainrule._model._from_bytes"}
    assert model.to_bytes() in pickled


def test_h7_an_estimator_is_pickled_as_plain_values():
    X = np.arange(60.0).reshape(30, 2)
    pickled = pickle.dumps(MLPClassifier(hidden_layer_sizes=(3,), max_iter=2).fit(X, X[:, 0] > 20))
    assert {name.split(".")[0] for name in asked(pickled)} <= {"chainrule", "numpy", "sklearn"}


def test_h7_every_cut_or_damaged_model_in_a_pickle_is_an_error(model):
    whole = model.to_bytes()
    rebuild, _ = model.__reduce__()
    for length in range(0, len(whole), 7):
        with pytest.raises(ValueError, match="the pickled model: "):
            rebuild(whole[:length])
    for at in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        with pytest.raises(ValueError, match="the pickled model: "):
            rebuild(bytes(damaged))


@pytest.mark.parametrize("content", [b"", b"\x80\x04N.", b"\xff" * 8, (1 << 63).to_bytes(8, "little"), b"x" * 100])
def test_h7_other_bytes_in_the_place_of_a_model_are_an_error(model, content):
    rebuild, _ = model.__reduce__()
    with pytest.raises(ValueError, match="the pickled model: "):
        rebuild(content)


@pytest.mark.parametrize("content", [None, "text", 5, [1, 2], {"a": 1}])
def test_h7_other_values_in_the_place_of_bytes_are_a_type_error(model, content):
    rebuild, _ = model.__reduce__()
    with pytest.raises(TypeError):
        rebuild(content)
