#!/usr/bin/env python3
"""Writes the conformance cases beside it: inputs, and results to all digits of f64.

    cargo xtask goldens conformance

Every engine (the naive loops, the processor with each of its instruction sets, later a GPU) runs every case in f32 and
f64: crates/chainrule-kernels/tests/conformance.rs. Inputs are numbers of f32, so both kinds start from the same ones.
Results are computed from the definitions with 60 digits (mpmath), not from any formula of the program.
"""
# requirements: mpmath==1.4.1

import random
import struct
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60
HERE = Path(__file__).parent
INF, NAN = float("inf"), float("nan")
random.seed(1)


def f32(x):
    """The nearest f32, as a Python float."""
    return struct.unpack("f", struct.pack("f", x))[0]


def text(value):
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(text(v) for v in value) + "]"
    value = float(value)
    if value != value:
        return "nan"
    if value in (INF, -INF):
        return "inf" if value > 0 else "-inf"
    return repr(value) if any(c in repr(value) for c in ".e") else repr(value) + ".0"


def write(name, cases):
    lines = ["# Written by make.py; do not edit.", ""]
    for case in cases:
        lines.append("[[case]]")
        lines += [f"{key} = {text(value)}" for key, value in case.items()]
        lines.append("")
    (HERE / f"{name}.toml").write_text("\n".join(lines))


def numbers(count, scale=1.0):
    return [f32(random.uniform(-scale, scale)) for _ in range(count)]


# Functions of one number, at limits and zeros exactly as IEEE 754 has them. ------------------------------------------


def sigmoid(z):
    return 1 / (1 + mp.exp(-z))


def phi(z):
    return mp.erfc(-z / mp.sqrt(2)) / 2


def gelu_tanh(z):
    return z * sigmoid(2 * mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3))


def softplus(z):
    return mp.log1p(mp.exp(z))


SELU_ALPHA = mpf("1.6732632423543772848170429916717")
SELU_LAMBDA = mpf("1.0507009873554804934193349852946")
SLOPE, ALPHA = mpf(0.125), mpf(1.5)


def elu(alpha, scale):
    return (
        lambda z: scale * (z if z > 0 else alpha * mp.expm1(z)),
        lambda z: scale * (mpf(1) if z > 0 else alpha * mp.exp(z)),
    )


def gelu_tanh_slope(z):
    u = 2 * mp.sqrt(2 / mp.pi) * (z + mpf("0.044715") * z**3)
    slope = 2 * mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * z**2)
    return sigmoid(u) + z * sigmoid(u) * sigmoid(-u) * slope


def mish_slope(z):
    t = mp.tanh(softplus(z))
    return t + z * mp.sech(softplus(z)) ** 2 * sigmoid(z)


# name: (value, derivative, (limit at -inf, at inf), (limit of the derivative at -inf, at inf)); None is left out.
ACTIVATIONS = {
    "identity": (lambda z: z, lambda z: mpf(1), (-INF, INF), (1, 1)),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z), (0, 1), (0, 0)),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2, (-1, 1), (0, 0)),
    "relu": (lambda z: max(z, mpf(0)), lambda z: mpf(z > 0), (0, INF), (0, 1)),
    "leaky_relu": (
        lambda z: z if z > 0 else SLOPE * z,
        lambda z: mpf(1) if z > 0 else SLOPE,
        (-INF, INF),
        (SLOPE, 1),
    ),
    "elu": (*elu(ALPHA, 1), (-ALPHA, INF), (0, 1)),
    "selu": (*elu(SELU_ALPHA, SELU_LAMBDA), (-SELU_ALPHA * SELU_LAMBDA, INF), (0, SELU_LAMBDA)),
    "gelu": (
        lambda z: z * phi(z),
        lambda z: phi(z) + z * mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi),
        (None, INF),
        (None, None),
    ),
    "gelu_tanh": (gelu_tanh, gelu_tanh_slope, (None, INF), (None, None)),
    "silu": (
        lambda z: z * sigmoid(z),
        lambda z: sigmoid(z) + z * sigmoid(z) * sigmoid(-z),
        (None, INF),
        (None, None),
    ),
    "mish": (lambda z: z * mp.tanh(softplus(z)), mish_slope, (None, INF), (None, None)),
    "softplus": (softplus, sigmoid, (0, INF), (0, 1)),
    "exp": (mp.exp, mp.exp, (0, INF), (0, INF)),
}
PARAMETERS = {"leaky_relu": SLOPE, "elu": ALPHA}


def points():
    sizes = [0.0, 1e-45, 1e-40, 1e-30, 1e-10, 1e-5, 1e-3, 0.1, 0.25, 0.5, 0.84375, 1.0, 1.25, 2.0, 3.0, 4.0, 5.5]
    sizes += [8.0, 10.0, 15.0, 17.5, 20.0, 30.0, 40.0, 60.0, 80.0, 88.0, 90.0, 103.0, 110.0, 700.0, 745.0, 760.0, 1e4]
    sizes += [1e10, 1e20, 1e30]
    sizes = [f32(s) for s in sizes]
    return sizes + [-s for s in sizes] + numbers(40, 6.0) + numbers(20, 100.0)


def activation_cases():
    for name, (value, derivative, limits, slopes) in ACTIVATIONS.items():
        z = points()
        values = [value(mpf(x)) for x in z]
        derivatives = [derivative(mpf(x)) for x in z]
        for x, limit, slope in ((-INF, limits[0], slopes[0]), (INF, limits[1], slopes[1])):
            if limit is not None and slope is not None:
                z, values, derivatives = z + [x], values + [limit], derivatives + [slope]
        case = {"activation": name, "parameter": PARAMETERS.get(name, mpf(0))}
        yield case | {"z": z + [NAN], "value": values + [NAN], "derivative": derivatives + [derivative_of_nan(name)]}


def derivative_of_nan(name):
    """Where the derivative is a choice between constants, NaN chooses the right side."""
    return {"identity": 1.0, "relu": 1.0, "leaky_relu": 1.0, "elu": 1.0, "selu": SELU_LAMBDA}.get(name, NAN)


# The elementary functions on their own, in f64. -----------------------------------------------------------------------


def spread(count, low, high):
    """Numbers of f64 with exponents of 2 from low to high, of both signs."""
    return [random.choice((-1, 1)) * 2 ** random.uniform(low, high) for _ in range(count)]


def function_cases():
    ordinary = spread(120, -30, 9) + [random.uniform(-20, 20) for _ in range(80)]
    positive = [abs(x) for x in spread(150, -1070, 1020) + spread(50, -1, 1)]
    exp_range = [x for x in ordinary if x < 709] + [random.uniform(-745, 709) for _ in range(60)]
    above_minus_1 = [x for x in ordinary if x > -1] + [random.uniform(-1, 3) for _ in range(80)] + spread(30, -60, -3)
    for name, function, x in (
        ("exp", mp.exp, exp_range),
        ("exp_m1", mp.expm1, exp_range),
        ("ln", mp.log, positive),
        ("ln_1p", mp.log1p, above_minus_1),
        ("tanh", mp.tanh, ordinary),
        ("sigmoid", sigmoid, exp_range),
        ("erf", mp.erf, ordinary),
    ):
        yield {"function": name, "x": x, "y": [function(mpf(v)) for v in x]}


# Softmax. -------------------------------------------------------------------------------------------------------------


def softmax_cases():
    rows = [numbers(n, 5.0) for n in (1, 2, 3, 7, 10, 16, 17, 33, 130)]
    rows += [[f32(1e30), f32(-1e30), 0.0], [88.0, 89.0, -3.0], [0.0] * 5, [-INF, 0.0, 1.0], [1000.0, 999.0, 998.5]]
    for z in rows:
        delta = numbers(len(z))
        powers = [mp.exp(mpf(x) - max(z)) if x > -INF else mpf(0) for x in z]
        total = mp.fsum(powers)
        a = [p / total for p in powers]
        mean = mp.fsum(p * d for p, d in zip(a, delta))
        yield {
            "z": z,
            "a": a,
            "log_sum_exp": max(z) + mp.log(total),
            "delta": delta,
            "backward": [p * (d - mean) for p, d in zip(a, delta)],
        }
    for z in ([NAN, 1.0], [INF, 1.0], [-INF, -INF]):
        yield {
            "z": z,
            "a": [NAN] * len(z),
            "log_sum_exp": NAN if z[0] != z[0] else z[0],
            "delta": [1.0] * len(z),
            "backward": [NAN] * len(z),
        }


# Products. ------------------------------------------------------------------------------------------------------------


def product_cases():
    shapes = [(0, 3, 2), (3, 0, 2), (3, 2, 0), (1, 1, 1), (1, 7, 1), (5, 1, 3), (3, 5, 1), (2, 17, 9), (7, 3, 33), (33, 2, 4)]
    for samples, inputs, outputs in shapes:
        for bias in (True, False):
            yield product_case(samples, inputs, outputs, numbers(outputs) if bias else [], "tanh", lambda x: x)
    yield product_case(4, 3, 2, [0.5, -0.5], "relu", lambda x: NAN if x == 4 else x)
    yield product_case(4, 3, 2, [0.5, -0.5], "identity", lambda x: INF if x == 4 else x)


def product_case(samples, inputs, outputs, b, activation, poison):
    """One dense layer: X (samples x inputs), W (outputs x inputs), delta (samples x outputs); Z before is X itself."""
    x = [poison(i) if poison(i) != i else v for i, v in enumerate(numbers(samples * inputs))]
    w, delta = numbers(outputs * inputs), numbers(samples * outputs)
    value, slope = ACTIVATIONS[activation][:2]

    def dot(pairs):
        """As IEEE 754 adds and multiplies where something is not finite."""
        pairs = list(pairs)
        if all(abs(p) < INF and abs(q) < INF for p, q in pairs):
            return mp.fsum(mpf(p) * mpf(q) for p, q in pairs)
        return sum(float(p) * float(q) for p, q in pairs)

    def of(function, z):
        return mpf(z) if isinstance(z, float) and not abs(z) < INF else function(mpf(z))

    rows, ins, outs = range(samples), range(inputs), range(outputs)
    z = [
        dot((x[i * inputs + k], w[j * inputs + k]) for k in ins) + (mpf(b[j]) if b else 0) for i in rows for j in outs
    ]
    before = numbers(samples * inputs)
    into = [
        dot((delta[i * outputs + j], w[j * inputs + k]) for j in outs) * slope(mpf(before[i * inputs + k]))
        for i in rows
        for k in ins
    ]
    return {
        "activation": activation,
        "samples": samples,
        "inputs": inputs,
        "outputs": outputs,
        "x": x,
        "w": w,
        "b": b,
        "z": z,
        "a": [of(value, v) for v in z],
        "delta": delta,
        "before": before,
        "into": into,
        "dw": [dot((delta[i * outputs + j], x[i * inputs + k]) for i in rows) for j in outs for k in ins],
        "db": [mp.fsum(mpf(delta[i * outputs + j]) for i in rows) for j in outs],
    }


# Update rules: one step from a given state. ---------------------------------------------------------------------------


def update_cases():
    yield from cases_of_rules(
        ("gradient_descent", {"rate": 0.5}),
        ("momentum", {"rate": 0.25, "momentum": 0.875}),
        ("nesterov", {"rate": 0.25, "momentum": 0.875}),
        ("rms_prop", {"rate": 0.125, "alpha": 0.75, "epsilon": 2.0**-20}),
        ("adam", {"rate": 0.125, "beta1": 0.875, "beta2": 0.9375, "epsilon": 2.0**-20, "step": 3}),
    )
    state = random.getstate()  # cases that came later leave the inputs of all others as they were
    yield from cases_of_rules(
        ("rate_in_velocity", {"rate": 0.25, "momentum": 0.875}),
        ("nesterov_rate_in_velocity", {"rate": 0.25, "momentum": 0.875}),
    )
    random.setstate(state)


def cases_of_rules(*rules):
    for rule, settings in rules:
        for coupled, decoupled in ((0.0, 0.0), (0.125, 0.0), (0.0, 0.25)):
            for length in (0, 1, 19):
                w, g, first = numbers(length), numbers(length), numbers(length)
                first = [abs(v) for v in first] if rule == "rms_prop" else first
                second = [abs(v) for v in numbers(length)]
                after = [step_of(rule, settings, coupled, decoupled, *v) for v in zip(w, g, first, second)]
                yield {"rule": rule, **settings, "coupled": coupled, "decoupled": decoupled} | {
                    "parameters": w,
                    "gradients": g,
                    "first": first,
                    "second": second,
                    "parameters_after": [v[0] for v in after],
                    "first_after": [v[1] for v in after],
                    "second_after": [v[2] for v in after],
                }


def step_of(rule, settings, coupled, decoupled, w, g, first, second):
    """PyTorch's definitions: SGD, RMSprop, Adam and AdamW; scikit-learn's of the rules with the rate in the velocity."""
    w, g, first, second = mpf(w), mpf(g), mpf(first), mpf(second)
    rate = mpf(settings["rate"])
    g = g + coupled * w
    w = w * (1 - rate * decoupled)
    if rule == "gradient_descent":
        return w - rate * g, first, second
    if rule in ("momentum", "nesterov"):
        first = settings["momentum"] * first + g
        return w - rate * (first if rule == "momentum" else g + settings["momentum"] * first), first, second
    if rule.endswith("rate_in_velocity"):
        step = -rate * g
        first = settings["momentum"] * first + step
        return w + (first if rule == "rate_in_velocity" else settings["momentum"] * first + step), first, second
    if rule == "rms_prop":
        first = settings["alpha"] * first + (1 - settings["alpha"]) * g * g
        return w - rate * g / (mp.sqrt(first) + settings["epsilon"]), first, second
    beta1, beta2, t = mpf(settings["beta1"]), mpf(settings["beta2"]), settings["step"]
    first = beta1 * first + (1 - beta1) * g
    second = beta2 * second + (1 - beta2) * g * g
    mean, square = first / (1 - beta1**t), second / (1 - beta2**t)
    return w - rate * mean / (mp.sqrt(square) + settings["epsilon"]), first, second


# Dropout: which entries stay. -----------------------------------------------------------------------------------------

MASK = 2**64 - 1


def mix(x):
    """The finaliser of SplitMix64 (Steele, Lea and Flood, 2014)."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def dropout_cases():
    for rows, columns in ((0, 3), (1, 1), (3, 37), (5, 64)):
        for probability in (0.0, 0.1, 0.5, 0.9):
            key = random.getrandbits(63)
            values = numbers(rows * columns)
            after = []
            for i in range(rows):
                row_key = mix(key ^ (i * 0x9E3779B97F4A7C15 & MASK))
                for j in range(columns):
                    kept = mix(row_key ^ j) >> 32 >= probability * 2.0**32
                    after.append(mpf(values[i * columns + j]) / (1 - mpf(probability)) if kept else 0.0)
            yield {
                "key": key,
                "probability": probability,
                "rows": rows,
                "columns": columns,
                "values": values,
                "after": after,
            }


if __name__ == "__main__":
    write("activations", activation_cases())
    write("functions", function_cases())
    write("softmax", softmax_cases())
    write("products", product_cases())
    write("updates", update_cases())
    write("dropout", dropout_cases())
