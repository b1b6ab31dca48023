"""How a typed program uses the package; checked by `test_types.py`, not run."""

import pathlib

import numpy as np

import chainrule

data: chainrule.Dataset = chainrule.Dataset.from_csv("flats.csv", target="rent", drop=["id"])
names: list[str] = data.feature_names
trainer = chainrule.Trainer(hidden=(16,), activation=[("leaky-relu", 0.1)], optimizer="sgd", batch_size="full")
model: chainrule.Model = trainer.fit(data, callback=lambda epoch: epoch["epoch"] > 3)
answers: np.ndarray = model.predict(np.zeros((2, 3)))
r2: float = model.evaluate(data)["r2"]
model.save(pathlib.Path("flats.safetensors"))
graph: bytes = model.to_onnx()
network: chainrule.Network = chainrule.load("flats.safetensors").network
loss, gradients = network.gradients([[1.0]], [[0.0]], loss="mse")
weights: np.ndarray = gradients["layers.0.weight"]
picture: chainrule.Picture = chainrule.plot_curves(model, names=["flats"], show="losses")
svg: str = chainrule.plot_surface(model, data, ("layers.0.weight[0,0]", "layers.0.bias[1]"), steps=0).svg(theme="dark")
text: str = chainrule.explain(model, data, rows=[0]).to_html()
wrong: int = chainrule.check({"x": [[1]]}).n_wrong
