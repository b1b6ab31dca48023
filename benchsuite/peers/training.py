#!/usr/bin/env python3
"""Training speed of a peer in Python on a network that `chainrule bench` also trains.

    training.py jax|torch|torch-compile|sklearn --layers 784,128,10 --batch-size 64 --rows 60000 --threads 2

Random data in memory, ReLU hidden layers, softmax cross-entropy, SGD with momentum 0.9, float32, no shuffling. Whole epochs
are timed after one that is not; the median is printed as one line of JSON. GFLOP/s count 2*B*(3*S - n0*n1) per step, with
S the sum of n_in*n_out over the layers: the products of forward, weight gradient and input gradient, nothing else.

Each peer is used as its own documentation advises for speed: JAX as one compiled scan over the epoch (donated buffers and an
unrolled scan were tried and change nothing), PyTorch with the fused optimizer, compiled or not, scikit-learn as it is.
"""
import argparse
import json
import statistics
import time
import warnings

import numpy as np

LEARNING_RATE = 1e-3
MOMENTUM = 0.9
#: Epochs beyond which more say nothing.
MOST = 1000


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--layers", type=lambda text: [int(size) for size in text.split(",")], required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--least", type=int, default=3, help="epochs to time at least")
    return parser.parse_args()


class Clock:
    """Says when enough epochs were timed."""

    def __init__(self, given):
        self.least, self.seconds, self.times = given.least, given.seconds, []
        self.start = time.perf_counter()

    def enough(self):
        spent = time.perf_counter() - self.start
        return len(self.times) >= self.least and (spent >= self.seconds or len(self.times) >= MOST)


def timed(epoch, given):
    """Seconds of each epoch, and the losses of the first and the last."""
    first = epoch()
    clock, last = Clock(given), first
    while not clock.enough():
        start = time.perf_counter()
        last = epoch()
        clock.times.append(time.perf_counter() - start)
    return clock.times, float(first), float(last)


def jax(given, X, y):
    import jax
    import jax.numpy as jnp

    sizes, batch = given.layers, given.batch_size
    keys = jax.random.split(jax.random.PRNGKey(0), len(sizes))
    params = [(jax.random.normal(k, (a, b)) * 0.05, jnp.zeros(b)) for k, a, b in zip(keys, sizes, sizes[1:])]
    velocity = jax.tree.map(jnp.zeros_like, params)
    JX, Jy = jnp.asarray(X).reshape(-1, batch, sizes[0]), jnp.asarray(y).reshape(-1, batch)

    def loss(params, x, y):
        for i, (W, b) in enumerate(params):
            x = x @ W + b
            x = jax.nn.relu(x) if i < len(params) - 1 else x
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1))

    def step(carry, xy):
        params, velocity = carry
        value, grads = jax.value_and_grad(loss)(params, *xy)
        velocity = jax.tree.map(lambda v, g: MOMENTUM * v - LEARNING_RATE * g, velocity, grads)
        return (jax.tree.map(jnp.add, params, velocity), velocity), value

    run = jax.jit(lambda state, X, y: jax.lax.scan(step, state, (X, y)))
    state = [(params, velocity)]

    def epoch():
        state[0], losses = run(state[0], JX, Jy)
        jax.block_until_ready(state[0])
        return losses[-1]

    return timed(epoch, given)


def torch(given, X, y, compiled=False):
    import torch

    torch.set_num_threads(given.threads)
    layers = []
    for i, (a, b) in enumerate(zip(given.layers, given.layers[1:])):
        layers += [torch.nn.Linear(a, b)] + ([torch.nn.ReLU()] if i < len(given.layers) - 2 else [])
    net, criterion = torch.nn.Sequential(*layers), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM, fused=True)

    def forward(xb, yb):
        return criterion(net(xb), yb)

    if compiled:
        forward = torch.compile(forward)
    batches = list(zip(torch.from_numpy(X).split(given.batch_size), torch.from_numpy(y).split(given.batch_size)))

    def epoch():
        for xb, yb in batches:
            optimizer.zero_grad(set_to_none=True)
            value = forward(xb, yb)
            value.backward()
            optimizer.step()
        return value.detach()

    return timed(epoch, given)


def sklearn(given, X, y):
    """One `fit`; its epochs are told apart where it looks for improvement, at the end of each."""
    from sklearn.neural_network import MLPClassifier

    class Timed(MLPClassifier):
        def _update_no_improvement_count(self, early_stopping, X, y, *rest):
            now = time.perf_counter()
            if self.loss_curve_ and len(self.loss_curve_) == 1:
                self.clock = Clock(given)
            else:
                self.clock.times.append(now - self.last)
            super()._update_no_improvement_count(early_stopping, X, y, *rest)
            if self.clock.enough():
                raise KeyboardInterrupt  # which `fit` takes as the wish to stop
            self.last = time.perf_counter()

    model = Timed(
        hidden_layer_sizes=tuple(given.layers[1:-1]), batch_size=given.batch_size, solver="sgd", momentum=MOMENTUM,
        learning_rate_init=LEARNING_RATE, nesterovs_momentum=False, alpha=0, shuffle=False, max_iter=1000, tol=0,
        n_iter_no_change=1000, random_state=0,
    )
    model.fit(X, y)
    return model.clock.times, model.loss_curve_[0], model.loss_curve_[-1]


PEERS = {
    "jax": jax,
    "torch": torch,
    "torch-compile": lambda given, X, y: torch(given, X, y, compiled=True),
    "sklearn": sklearn,
}


def main():
    warnings.filterwarnings("ignore")
    given = arguments()
    sizes, rows = given.layers, given.rows - given.rows % given.batch_size
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((rows, sizes[0]), dtype=np.float32), rng.integers(0, sizes[-1], rows)
    y[: sizes[-1]] = np.arange(sizes[-1])[:rows]  # every class is there, or scikit-learn's last layer would be narrower
    times, first, last = PEERS[given.peer](given, X, y)
    seconds = statistics.median(times)
    operations = 2 * (3 * sum(a * b for a, b in zip(sizes, sizes[1:])) - sizes[0] * sizes[1])
    print(json.dumps({
        "samples_per_second": rows / seconds,
        "step_ns": seconds / (rows // given.batch_size) * 1e9,
        "gflops": rows * operations / seconds / 1e9,
        "epochs": len(times),
        "loss_first": first,
        "loss_last": last,
    }))


if __name__ == "__main__":
    main()
