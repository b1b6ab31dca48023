"""ONNX graphs: `onnx` accepts them, and ONNX Runtime answers as `chainrule predict` does."""

import csv
import json
import random

import numpy as np
import pytest

import program

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

# Of the largest value. The graph adds up in another order than the engine.
TOLERANCE = {"f32": 1e-5, "f64": 1e-12}
# ONNX Runtime computes `Erf` in single precision only.
TOLERANCE_OF_ERF = 1e-6

ACTIVATIONS = [
    "identity",
    "sigmoid",
    "tanh",
    "relu",
    "leaky-relu",
    "elu",
    "selu",
    "gelu",
    "gelu-tanh",
    "silu",
    "mish",
    "softplus",
    "exp",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the tables that models are trained on."""
    folder = tmp_path_factory.mktemp("onnx")
    numbers = random.Random(0)
    with open(folder / "flats.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["area", "year", "kind", "heating", "floor", "price", "sold", "seen", "big"])
        for i in range(400):
            area, year, kind = numbers.uniform(20, 200), numbers.randint(1900, 2020), numbers.choice("abc")
            price = 3000 * area + 500 * (year - 1900) + 40000 * "abc".index(kind) + numbers.gauss(0, 1000)
            cells = [f"{area:.2f}", year, kind, numbers.choice(["gas", "oil"]), numbers.randint(0, 9), f"{price:.2f}"]
            for gap in (0, 3, 4):
                if numbers.random() < 0.15:
                    cells[gap] = ""
            table.writerow(cells + [int(price > 350000), numbers.randint(0, 1), int(area > 100)])
    return folder


def features(folder, name):
    """The rows of a table as dictionaries."""
    with open(folder / name, newline="") as file:
        return list(csv.DictReader(file))


class Graph:
    """A trained model, exported, checked and loaded."""

    def __init__(self, folder, *arguments, precision="f32", data="flats.csv", name="model"):
        program.run(
            "train",
            data,
            "--out",
            f"{name}.safetensors",
            "--precision",
            precision,
            "--quiet",
            "--seed",
            1,
            *arguments,
            folder=folder,
        )
        program.run("export", f"{name}.safetensors", "--onnx", f"{name}.onnx", folder=folder)
        self.folder, self.name, self.precision = folder, f"{name}.safetensors", precision
        self.bytes = (folder / f"{name}.onnx").read_bytes()
        self.model = onnx.load_from_string(self.bytes)
        onnx.checker.check_model(self.model, full_check=True)
        self.session = onnxruntime.InferenceSession(self.bytes)
        self.remarks = {
            entry.key: json.loads(entry.value) for entry in self.model.metadata_props if entry.key != "chainrule.task"
        }

    def element(self, name):
        """The type of an input or output: float, double, string or int64."""
        ports = self.session.get_inputs() + self.session.get_outputs()
        return next(port.type for port in ports if port.name == name)[len("tensor(") : -1]

    def run(self, rows):
        """What the graph says of rows given as dictionaries of texts, by the name of the output."""
        given = {}
        for port in self.session.get_inputs():
            columns = [[row[column] for column in self.remarks[f"chainrule.{port.name}"]] for row in rows]
            if port.name == "categories":
                given[port.name] = np.array(columns, dtype=str)
            else:
                kind = {"tensor(float)": np.float32, "tensor(double)": np.float64}[port.type]
                numbers = [[float(cell) if cell else np.nan for cell in row] for row in columns]
                given[port.name] = np.array(numbers, dtype=np.float64).astype(kind)
        names = [port.name for port in self.session.get_outputs()]
        return dict(zip(names, self.session.run(None, given)))

    def agrees(self, data, rows, tolerance=None):
        """Compare graph and program on a table; return what the graph said."""
        said = self.run(rows)
        probabilities = ["--proba"] if "probabilities" in said else []
        expected = program.predict(self.name, data, self.folder, *probabilities)
        answers = [values for name, values in expected.items() if name.startswith("prediction")]
        chances = [values for name, values in expected.items() if name.startswith("probability_")]
        if "prediction" in said:
            self.near(said["prediction"], np.array(answers, dtype=float).T, tolerance)
        else:
            label = said["label"]
            found = [label] if label.ndim == 1 else list(label.T)
            assert [[str(name) for name in column] for column in found] == answers
        if probabilities:
            self.near(said["probabilities"], np.array(chances, dtype=float).T, tolerance)
        return said

    def near(self, found, expected, tolerance):
        assert found.shape == expected.shape and np.isfinite(expected).all()
        bound = (tolerance or TOLERANCE[self.precision]) * np.abs(expected).max()
        assert np.abs(found - expected).max() <= bound


def embedded(folder, name):
    """An embedded data set as a file, by way of scikit-learn, whose set it is."""
    sets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(sets, f"load_{name}")()
    with open(folder / f"{name}.csv", "w", newline="") as file:
        table = csv.writer(file)
        table.writerow([*bunch.feature_names, "target"])
        table.writerows([*map(repr, map(float, row)), target] for row, target in zip(bunch.data, bunch.target))
    return f"{name}.csv", features(folder, f"{name}.csv")


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast_cancer"])
def test_classifiers_agree(folder, name, precision):
    data, rows = embedded(folder, name)
    graph = Graph(folder, "--epochs", 5, data=data, precision=precision)
    said = graph.agrees(data, rows)
    assert graph.element("label") == "int64" and said["probabilities"].shape[0] == len(rows)
    assert np.abs(said["probabilities"].sum(axis=1) - 1).max() < 1e-6


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_a_regression_with_categories_and_gaps_answers_in_the_targets_unit(folder, precision):
    graph = Graph(folder, "--target", "price", "--drop", "sold,seen,big", "--epochs", 20, precision=precision)
    rows = features(folder, "flats.csv")
    said = graph.agrees("flats.csv", rows)
    assert said["prediction"].shape == (len(rows), 1) and said["prediction"].mean() > 1e5
    assert graph.remarks["chainrule.numbers"] == ["area", "year", "floor"]
    assert graph.remarks["chainrule.categories"] == ["kind", "heating"]
    unseen = [{**rows[0], "kind": "z", "heating": "coal", "area": ""}, {**rows[1], "heating": "?"}]
    with open(folder / "unseen.csv", "w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(unseen)
    graph.agrees("unseen.csv", unseen)


def test_several_targets_are_several_columns(folder):
    graph = Graph(folder, "--target", "price,year", "--drop", "sold,seen,big", "--epochs", 3)
    graph.agrees("flats.csv", features(folder, "flats.csv"))
    assert graph.remarks["chainrule.targets"] == ["price", "year"]


def test_several_labels_are_yes_or_no_each(folder):
    graph = Graph(folder, "--target", "sold,seen,big", "--drop", "price", "--epochs", 5)
    said = graph.agrees("flats.csv", features(folder, "flats.csv"))
    assert said["label"].dtype == np.int64 and set(said["label"].ravel()) <= {0, 1}


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["--loss", "binary-cross-entropy"],
        ["--loss", "mse", "--output", "sigmoid"],
        ["--loss", "mse", "--output", "identity"],
        ["--no-standardize", "--hidden", "4"],
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_classes_that_are_texts_come_as_texts(folder, arguments, precision):
    target = ["--target", "kind", "--drop", "sold,seen,big", "--epochs", 5]
    graph = Graph(folder, *target, *arguments, precision=precision)
    rows = features(folder, "flats.csv")
    said = graph.agrees("flats.csv", rows)
    assert graph.element("label") == "string" and set(said["label"]) <= set("abc")
    assert ("probabilities" in said) == ("identity" not in arguments)


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_two_classes_may_share_one_output(folder, precision):
    graph = Graph(
        folder,
        "--target",
        "sold",
        "--drop",
        "price,seen,big",
        "--loss",
        "binary-cross-entropy",
        "--epochs",
        5,
        precision=precision,
    )
    said = graph.agrees("flats.csv", features(folder, "flats.csv"))
    assert said["probabilities"].shape[1] == 2


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_the_engines(folder, activation, precision):
    data, rows = embedded(folder, "wine")
    graph = Graph(
        folder,
        "--hidden",
        "16,8",
        "--activation",
        activation,
        "--epochs",
        3,
        "--learning-rate",
        0.003,
        data=data,
        precision=precision,
    )
    narrow = activation == "gelu" and precision == "f64"
    graph.agrees(data, rows, TOLERANCE_OF_ERF if narrow else None)


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_parameters_of_activations_are_exported(folder, precision):
    with open(folder / "run.toml", "w") as file:
        file.write(
            '[data]\npath = "flats.csv"\ntarget = ["price"]\n'
            '[network]\nhidden = [8, 8]\nactivation = [{ name = "leaky-relu", slope = 0.3 }, { name = "elu", alpha = 0.7 }]\n'
            "dropout = 0.2\n[training]\nepochs = 3\n"
        )
    graph = Graph(folder, data="run.toml", precision=precision)
    graph.agrees("flats.csv", features(folder, "flats.csv"))
    assert not any(node.op_type == "Dropout" for node in graph.model.graph.node)


def test_counts_are_exponentials(folder):
    graph = Graph(
        folder,
        "--target",
        "seen",
        "--task",
        "regression",
        "--drop",
        "sold,big,price",
        "--loss",
        "poisson",
        "--epochs",
        5,
    )
    said = graph.agrees("flats.csv", features(folder, "flats.csv"))
    assert (said["prediction"] > 0).all()


def test_a_column_far_from_0_makes_the_input_f64(folder):
    """Rounding 1 000 000.1 to f32 would lose what tells the rows apart."""
    with open(folder / "far.csv", "w") as file:
        file.write("x,y\n" + "".join(f"{1e6 + i / 100},{i * i / 1e4}\n" for i in range(200)))
    graph = Graph(folder, "--epochs", 20, data="far.csv")
    assert graph.element("numbers") == "double" and graph.element("prediction") == "float"
    graph.agrees("far.csv", features(folder, "far.csv"))


def test_the_same_model_gives_the_same_bytes_and_nothing_is_left_beside(folder):
    graph = Graph(folder, "--epochs", 1, data="iris")
    before = sorted(found.name for found in folder.iterdir())
    program.run("export", graph.name, "--onnx", "model.onnx", folder=folder)
    assert (folder / "model.onnx").read_bytes() == graph.bytes
    assert sorted(found.name for found in folder.iterdir()) == before


def test_one_row_is_enough_and_no_rows_are_none(folder):
    data, rows = embedded(folder, "iris")
    graph = Graph(folder, "--epochs", 1, data=data)
    assert graph.run(rows[:1])["label"].shape == (1,)
    numbers = np.zeros((0, 4), dtype=np.float32)
    assert graph.session.run(["probabilities"], {"numbers": numbers})[0].shape == (0, 3)
