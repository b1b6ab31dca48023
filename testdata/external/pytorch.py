#!/usr/bin/env python3
"""Writes pytorch.json: what PyTorch computes, in float64, for fixed cases that chainrule is compared with.

    cargo xtask goldens pytorch

Nothing is random: every number that goes in is a sine of its place, cut to four digits (`wave`), and is in the file too. The tests
compare the numbers with chainrule's own to 1e-9 of each array's largest value, so that 13 digits are kept. Matrices are lists of rows; weights are
n_out x n_in; a layer without a bias has `"bias": null`.

    versions      {torch, python}
    networks      list of cases: forward, loss and gradients
      name        what the case is about
      layers      list of {activation, weight, bias}; activation is a name of chainrule's, or {name, slope|alpha}
      loss        {name} and, where they matter, label_smoothing, delta
      x, y        rows; for cross-entropy y is a list of class numbers, or rows of probabilities
      sample_weight   one number per row, or null. A mean over rows becomes sum(w * row's loss) / sum(w), a sum
                  (sse, half-sse) becomes sum(w * row's loss)
      preactivations, activations   per layer; the last layer's of a network whose loss takes logits are the logits
                  and the prediction (softmax, sigmoid or exp of them)
      value       the loss
      gradients   list of {weight, bias}, one per layer; bias is null where the layer has none
    optimizers    the network {layers, loss, x, y} that all runs start from, and `runs`:
      name        what the run is about
      optimizer   options by chainrule's names; clip_norm 0 is no clipping
      gradients   of each of the 20 steps (full batch), before clipping and decay: one flat list in the order layer 0's
                  weight, its bias, layer 1's weight, ...
      parameters  after the steps 1, 5 and 20, keyed by the number of the step, in the same order
    schedules     list of {name, schedule, base, steps_per_epoch, total_steps, rates}: the learning rate of each step
"""
# requirements: torch==2.15.0

import json
import math
import pathlib
import platform

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

# Names of chainrule's -> functions.
ACTIVATIONS = {
    "identity": lambda z: z,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky-relu": lambda z, slope=0.01: F.leaky_relu(z, slope),
    "elu": lambda z, alpha=1.0: F.elu(z, alpha),
    "selu": F.selu,
    "gelu": F.gelu,
    "gelu-tanh": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "exp": torch.exp,
    "softmax": lambda z: torch.softmax(z, dim=1),
}

# Losses that take logits, with the activation that the network's last layer has in chainrule.
LOGITS = {"cross-entropy": "softmax", "binary-cross-entropy": "sigmoid", "poisson": "exp"}


def wave(*shape, at=0.0, scale=1.0):
    """Numbers between -scale and scale in that shape: scale * sin(2.4 * i + at), i from 1, to four digits."""
    numbers = [round(scale * math.sin(2.4 * i + at), 4) for i in range(1, math.prod(shape) + 1)]
    return torch.tensor(numbers).reshape(shape)


def make_layers(sizes, activations, bias, scale=1.2):
    layers = []
    for number, (fan_in, fan_out, activation) in enumerate(zip(sizes, sizes[1:], activations)):
        layers.append({
            "activation": activation,
            "weight": wave(fan_out, fan_in, at=0.3 + number, scale=scale / math.sqrt(fan_in)),
            "bias": wave(fan_out, at=0.7 + number, scale=0.4) if bias else None,
        })
    return layers


def activate(activation, z):
    if isinstance(activation, str):
        return ACTIVATIONS[activation](z)
    options = {key: value for key, value in activation.items() if key != "name"}
    return ACTIVATIONS[activation["name"]](z, **options)


def forward(layers, x):
    preactivations, activations = [], []
    for layer in layers:
        z = F.linear(x, layer["weight"], layer["bias"])
        x = activate(layer["activation"], z)
        preactivations.append(z)
        activations.append(x)
    return preactivations, activations


def loss_value(loss, z, a, y, sample_weight):
    """PyTorch's own mean or sum where there are no sample weights; else the weighted mean of the rows' losses."""
    name, smoothing = loss["name"], loss.get("label_smoothing", 0.0)
    entrywise = {
        "mse": lambda reduction: F.mse_loss(a, y, reduction=reduction),
        "mae": lambda reduction: F.l1_loss(a, y, reduction=reduction),
        "huber": lambda reduction: F.huber_loss(a, y, delta=loss.get("delta", 1.0), reduction=reduction),
    }
    if name in entrywise:
        if sample_weight is None:
            return entrywise[name]("mean")
        rows = entrywise[name]("none").mean(dim=1)
    elif name in ("half-mse", "sse", "half-sse"):
        rows = ((a - y) ** 2).sum(dim=1) * (1.0 if name == "sse" else 0.5)
        if name != "half-mse":
            return rows.sum() if sample_weight is None else (sample_weight * rows).sum()
    elif name == "cross-entropy":
        if sample_weight is None:
            return F.cross_entropy(z, y, label_smoothing=smoothing)
        rows = F.cross_entropy(z, y, label_smoothing=smoothing, reduction="none")
    elif name == "binary-cross-entropy":
        smoothed = (1.0 - smoothing) * y + smoothing / 2.0
        rows = F.binary_cross_entropy_with_logits(z, smoothed, reduction="none").sum(dim=1)
    elif name == "poisson":
        entries = F.poisson_nll_loss(z, y, log_input=True, full=False, reduction="none")
        rows = entries.sum(dim=1)
    else:
        raise ValueError(name)
    return rows.mean() if sample_weight is None else (sample_weight * rows).sum() / sample_weight.sum()


def parameters_of(layers):
    return [tensor for layer in layers for tensor in (layer["weight"], layer["bias"]) if tensor is not None]


def plain(value):
    """Tensors as lists, floats to 13 digits; everything else as it is."""
    if isinstance(value, torch.Tensor):
        return plain(value.detach().tolist())
    if isinstance(value, float):
        return float(f"{value:.13g}")
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return value


def flat(tensors):
    return plain(torch.cat([tensor.detach().reshape(-1) for tensor in tensors]))


def network_case(name, layers, loss, x, y, sample_weight=None):
    for tensor in parameters_of(layers):
        tensor.requires_grad_()
    preactivations, activations = forward(layers, x)
    value = loss_value(loss, preactivations[-1], activations[-1], y, sample_weight)
    value.backward()
    return plain({
        "name": name,
        "layers": layers,
        "loss": loss,
        "x": x,
        "y": y,
        "sample_weight": sample_weight,
        "preactivations": preactivations,
        "activations": activations,
        "value": value.item(),
        "gradients": [
            {"weight": layer["weight"].grad, "bias": None if layer["bias"] is None else layer["bias"].grad}
            for layer in layers
        ],
    })


def activation_cases():
    """Each activation in both hidden layers of 3-4-3-2, with and without biases, under mse; softmax at the output."""
    hidden = [name for name in ACTIVATIONS if name != "softmax"]
    hidden += [{"name": "leaky-relu", "slope": 0.2}, {"name": "elu", "alpha": 0.7}]
    x, y = wave(3, 3, at=0.1, scale=1.5), wave(3, 2, at=0.2)
    for activation in hidden:
        for bias in (True, False):
            # exp of exp of large numbers would be all that its case tests.
            scale = 0.5 if activation == "exp" else 1.2
            layers = make_layers([3, 4, 3, 2], [activation, activation, "identity"], bias, scale)
            label = activation if isinstance(activation, str) else " ".join(str(v) for v in activation.values())
            yield network_case(f"{label}, {'bias' if bias else 'no bias'}", layers, {"name": "mse"}, x, y)
    for bias in (True, False):
        layers = make_layers([3, 4, 3], ["tanh", "softmax"], bias)
        name = f"softmax output, {'bias' if bias else 'no bias'}"
        yield network_case(name, layers, {"name": "mse"}, x, wave(3, 3, at=0.4))


def loss_cases():
    """Each loss on 3-4-3 with a tanh layer, five rows, with and without sample weights (one of them 0)."""
    x, y = wave(5, 3, at=0.5, scale=1.5), wave(5, 3, at=0.6, scale=2.0)
    classes = torch.tensor([0, 2, 1, 1, 0])
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5], [0.1, 0.3, 0.6], [0.4, 0.6, 0.0]])
    indicators = (y > 0).double()
    counts = torch.floor(1.5 * (y + 2.0))
    cases = [(name, {"name": name}, y) for name in ("mse", "half-mse", "sse", "half-sse", "mae", "huber")]
    cases += [
        ("huber, delta 0.3", {"name": "huber", "delta": 0.3}, y),
        ("cross-entropy", {"name": "cross-entropy"}, classes),
        ("cross-entropy, smoothed", {"name": "cross-entropy", "label_smoothing": 0.1}, classes),
        ("cross-entropy, probabilities", {"name": "cross-entropy"}, probabilities),
        ("binary-cross-entropy", {"name": "binary-cross-entropy"}, indicators),
        ("binary-cross-entropy, smoothed", {"name": "binary-cross-entropy", "label_smoothing": 0.1}, indicators),
        ("poisson", {"name": "poisson"}, counts),
    ]
    for name, loss, target in cases:
        for weights in (None, torch.tensor([1.0, 0.5, 2.0, 0.0, 1.25])):
            output = LOGITS.get(loss["name"], "identity")
            layers = make_layers([3, 4, 3], ["tanh", output], True)
            label = name if weights is None else f"{name}, sample weights"
            yield network_case(label, layers, loss, x, target, weights)
    for weights in (None, torch.tensor([1.0, 0.5, 2.0, 0.0, 1.25])):
        # The squared loss of a softmax output: the whole Jacobian, not the shortcut of cross-entropy.
        layers = make_layers([3, 4, 3], ["tanh", "softmax"], True)
        label = "half-mse of softmax" + ("" if weights is None else ", sample weights")
        yield network_case(label, layers, {"name": "half-mse"}, x, probabilities, weights)


STEPS = 20
KEPT = (1, 5, 20)


def optimizer_network():
    layers = make_layers([2, 3, 2], ["tanh", "identity"], True)
    return {"layers": layers, "loss": {"name": "mse"}, "x": wave(4, 2, at=0.8, scale=1.5), "y": wave(4, 2, at=0.9)}


def make_optimizer(options, weights, biases):
    decay, rate = options["weight_decay"], options["learning_rate"]
    groups = [{"params": weights, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}]
    name = options["name"]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=rate)
    if name in ("momentum", "nesterov"):
        return torch.optim.SGD(groups, lr=rate, momentum=options["momentum"], nesterov=name == "nesterov")
    if name == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, alpha=options["alpha"], eps=options["epsilon"])
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[name]
    return kind(groups, lr=rate, betas=(options["beta1"], options["beta2"]), eps=options["epsilon"])


def optimizer_run(name, options):
    network = optimizer_network()
    layers = network["layers"]
    tensors = parameters_of(layers)
    for tensor in tensors:
        tensor.requires_grad_()
    optimizer = make_optimizer(
        options, [layer["weight"] for layer in layers], [layer["bias"] for layer in layers])
    gradients, parameters = [], {}
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        preactivations, activations = forward(layers, network["x"])
        loss_value(network["loss"], preactivations[-1], activations[-1], network["y"], None).backward()
        gradients.append(flat(tensor.grad for tensor in tensors))
        if options["clip_norm"] > 0.0:
            torch.nn.utils.clip_grad_norm_(tensors, options["clip_norm"])
        optimizer.step()
        if step in KEPT:
            parameters[str(step)] = flat(tensors)
    return {"name": name, "optimizer": options, "gradients": gradients, "parameters": parameters}


def optimizer_runs():
    rates = {"sgd": 0.1, "momentum": 0.05, "nesterov": 0.05, "rmsprop": 0.01, "adam": 0.02, "adamw": 0.02}
    extras = {
        "momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.8},
        "rmsprop": {"alpha": 0.99, "epsilon": 1e-8},
        "adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
        "adamw": {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6},
    }
    for name, rate in rates.items():
        for label, weight_decay, clip_norm in (("", 0.0, 0.0), (", weight decay", 0.1, 0.0), (", clipped", 0.05, 0.6)):
            options = {"name": name, "learning_rate": rate, "weight_decay": weight_decay, "clip_norm": clip_norm}
            yield optimizer_run(name + label, options | extras.get(name, {}))


def rates_of(make, base, total_steps, steps_per_epoch):
    """The learning rate of every step; `make` takes an optimizer and says how often its scheduler is stepped."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=base)
    scheduler, unit = make(optimizer)
    rates = []
    for step in range(1, total_steps + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < total_steps and (unit == "steps" or step % steps_per_epoch == 0):
            scheduler.step()
    return rates


def schedules():
    schedulers = torch.optim.lr_scheduler
    base, per_epoch, total = 0.3, 4, 40

    def warm(warmup, make):
        """Linear warm-up that ends where the schedule begins: (t + 1) / (warmup + 1)."""
        def both(optimizer):
            ramp = schedulers.LinearLR(optimizer, 1.0 / (warmup + 1), 1.0, total_iters=warmup)
            return schedulers.SequentialLR(optimizer, [ramp, make(optimizer)], milestones=[warmup]), "steps"
        return both

    cases = [
        ("step, epochs", {"name": "step", "every": 3, "unit": "epochs", "factor": 0.1, "warmup": 0},
         lambda o: (schedulers.StepLR(o, 3, gamma=0.1), "epochs")),
        ("step, steps", {"name": "step", "every": 7, "unit": "steps", "factor": 0.5, "warmup": 0},
         lambda o: (schedulers.StepLR(o, 7, gamma=0.5), "steps")),
        ("exponential, epochs", {"name": "exponential", "factor": 0.8, "unit": "epochs", "warmup": 0},
         lambda o: (schedulers.ExponentialLR(o, 0.8), "epochs")),
        ("exponential, steps", {"name": "exponential", "factor": 0.97, "unit": "steps", "warmup": 0},
         lambda o: (schedulers.ExponentialLR(o, 0.97), "steps")),
        ("cosine", {"name": "cosine", "minimum": 0.0, "warmup": 0},
         lambda o: (schedulers.CosineAnnealingLR(o, total), "steps")),
        ("cosine, minimum", {"name": "cosine", "minimum": 0.01, "warmup": 0},
         lambda o: (schedulers.CosineAnnealingLR(o, total, eta_min=0.01), "steps")),
        ("one-cycle", {"name": "one-cycle", "rise": 0.3, "initial_divisor": 25.0, "final_divisor": 1e4, "warmup": 0},
         lambda o: (schedulers.OneCycleLR(o, base, total_steps=total, cycle_momentum=False), "steps")),
        ("one-cycle, other values",
         {"name": "one-cycle", "rise": 0.45, "initial_divisor": 10.0, "final_divisor": 100.0, "warmup": 0},
         lambda o: (schedulers.OneCycleLR(o, base, total_steps=total, pct_start=0.45, div_factor=10.0,
                                          final_div_factor=100.0, cycle_momentum=False), "steps")),
        ("constant, warm-up", {"name": "constant", "warmup": 5},
         warm(5, lambda o: schedulers.ConstantLR(o, factor=1.0))),
        ("cosine, warm-up", {"name": "cosine", "minimum": 0.0, "warmup": 8},
         warm(8, lambda o: schedulers.CosineAnnealingLR(o, total - 8))),
        ("step, warm-up", {"name": "step", "every": 9, "unit": "steps", "factor": 0.3, "warmup": 6},
         warm(6, lambda o: schedulers.StepLR(o, 9, gamma=0.3))),
    ]
    for name, schedule, make in cases:
        yield {"name": name, "schedule": schedule, "base": base, "steps_per_epoch": per_epoch, "total_steps": total,
               "rates": plain(rates_of(make, base, total, per_epoch))}


def main():
    document = {
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
        "networks": [*activation_cases(), *loss_cases()],
        "optimizers": {"network": plain(optimizer_network()), "runs": list(optimizer_runs())},
        "schedules": list(schedules()),
    }
    path = pathlib.Path(__file__).with_suffix(".json")
    # One case per line: a change shows as the lines of the cases that it changes.
    lines = [f'"versions": {json.dumps(document["versions"])}']
    lines.append('"networks": [\n' + ",\n".join(map(compact, document["networks"])) + "\n]")
    lines.append('"optimizers": {"network": ' + compact(document["optimizers"]["network"]) + ',\n"runs": [\n'
                 + ",\n".join(map(compact, document["optimizers"]["runs"])) + "\n]}")
    lines.append('"schedules": [\n' + ",\n".join(map(compact, document["schedules"])) + "\n]")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{path}: {len(document['networks'])} networks, {len(document['optimizers']['runs'])} runs, "
          f"{len(document['schedules'])} schedules, {path.stat().st_size / 1024:.0f} KiB")


def compact(value):
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    main()
