"""Choices that have a short form: an activation is a name, or a name with its parameter."""


def activation(choice):
    """("leaky-relu", 0.1) of "leaky-relu", ("leaky-relu", 0.1) or {"name": "leaky-relu", "slope": 0.1}."""
    if isinstance(choice, str):
        return choice, None
    if isinstance(choice, dict):
        rest = {key: value for key, value in choice.items() if key != "name"}
        if "name" not in choice or len(rest) > 1 or not set(rest) <= {"slope", "alpha"}:
            raise ValueError(f"an activation is a name with at most one of slope and alpha, not {choice!r}")
        return choice["name"], next(iter(rest.values()), None)
    name, parameter = choice
    return name, parameter


def per_layer(choices):
    """A list of a choice for all layers, or of one for each."""
    is_one = isinstance(choices, (str, dict)) or _is_pair(choices)
    return [activation(choice) for choice in ([choices] if is_one else choices)]


def _is_pair(choices):
    return isinstance(choices, tuple) and len(choices) == 2 and isinstance(choices[1], (int, float))


def precision(dtype):
    """f32 or f64, of that or of a NumPy type."""
    names = {"f32": "f32", "f64": "f64", "float32": "f32", "float64": "f64"}
    name = getattr(dtype, "__name__", None) or str(dtype)
    if name not in names:
        raise ValueError(f"precision is {dtype!r}; expected 'f32' or 'f64'")
    return names[name]
