#!/usr/bin/env python3
"""How long a peer in Python takes for one row, from numbers in memory to probabilities.

    latency.py jax|torch|torch-compile|sklearn --layers 784,128,10 --seconds 3

In a process that runs, with a network that is there: what a service does that answers requests one by one. Every call takes
another row of a NumPy array and ends with a NumPy array. The median is printed as one line of JSON.
"""
import argparse
import json
import statistics
import time
import warnings

import numpy as np

#: Rows between two looks at the clock.
ROWS_PER_TURN = 16


def jax(sizes, X):
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.PRNGKey(0), len(sizes))
    params = [(jax.random.normal(k, (a, b)) * 0.05, jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])]

    @jax.jit
    def forward(params, x):
        for i, (W, b) in enumerate(params):
            x = x @ W + b
            x = jax.nn.relu(x) if i < len(params) - 1 else x
        return jax.nn.softmax(x)

    return lambda row: np.asarray(forward(params, row))


def torch(sizes, X, compiled=False):
    import torch

    torch.set_num_threads(1)
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers += [torch.nn.Linear(a, b)] + ([torch.nn.ReLU()] if i < len(sizes) - 2 else [])
    net = torch.nn.Sequential(*layers, torch.nn.Softmax(dim=1)).eval()
    net = torch.compile(net) if compiled else net

    def answer(row):
        with torch.inference_mode():
            return net(torch.from_numpy(row)).numpy()

    return answer


def sklearn(sizes, X):
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(hidden_layer_sizes=tuple(sizes[1:-1]), max_iter=1, random_state=0)
    return model.fit(X, np.arange(len(X)) % sizes[-1]).predict_proba


PEERS = {"jax": jax, "torch": torch, "torch-compile": lambda *given: torch(*given, compiled=True), "sklearn": sklearn}


def main():
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--layers", type=lambda text: [int(size) for size in text.split(",")], required=True)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--seconds", type=float, default=3.0)
    given, _ = parser.parse_known_args()
    X = np.random.default_rng(0).standard_normal((given.rows, given.layers[0]), dtype=np.float32)
    answer = PEERS[given.peer](given.layers, X)
    answer(X[:1])
    times, start, at = [], time.perf_counter(), 0
    while len(times) < 8 or time.perf_counter() - start < given.seconds:
        begin = time.perf_counter()
        for _ in range(ROWS_PER_TURN):
            answer(X[at : at + 1])
            at = (at + 1) % given.rows
        times.append((time.perf_counter() - begin) / ROWS_PER_TURN)
    print(json.dumps({"row_ns": statistics.median(times[len(times) // 4 :]) * 1e9}))


if __name__ == "__main__":
    main()
