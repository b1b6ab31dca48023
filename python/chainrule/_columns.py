"""Columns of Python's tables, as the native module takes them: arrays of numbers, or lists of texts and None."""

import os

import numpy as np

# The largest size up to which float64 has all integers.
_LARGEST_INTEGER = 2**53


def is_frame(data):
    """Whether something is a table with named columns: pandas, polars, and whatever looks alike."""
    return hasattr(data, "columns") and hasattr(data, "__getitem__") and not isinstance(data, np.ndarray)


def is_path(data):
    """Whether something names a file."""
    return isinstance(data, (str, os.PathLike))


def column(name, values, as_text=False, flags_are_numbers=False):
    """The cells of a column; NaN or None where one is missing.

    Booleans are texts, True and False, as pandas writes them to files; or 1 and 0.
    """
    array = _array(values)
    if array.ndim != 1:
        raise ValueError(f"column '{name}' has {array.ndim} dimensions; expected 1")
    if array.dtype.kind in "mM":
        raise ValueError(f"column '{name}' holds dates or times; make numbers of them, or leave it out")
    if array.dtype.kind == "c":
        raise ValueError(f"column '{name}' holds complex numbers; expected real ones")
    if array.dtype.kind in "OUST":
        cells = [None if _is_missing(cell) else cell for cell in array.tolist()]
        if as_text or any(isinstance(cell, (str, bytes, bool)) for cell in cells):
            return [None if cell is None else text(cell) for cell in cells]
        try:
            array = np.array([np.nan if cell is None else float(cell) for cell in cells], dtype=np.float64)
        except (TypeError, ValueError):
            return [None if cell is None else text(cell) for cell in cells]
    if as_text or (array.dtype.kind == "b" and not flags_are_numbers):
        return [None if _is_missing(cell) else text(cell) for cell in array.tolist()]
    return _numbers(name, array)


def _array(values):
    """The cells as an array; what is missing in a pandas or polars column of integers becomes NaN."""
    to_numpy = getattr(values, "to_numpy", None)
    if to_numpy is None:
        return np.asarray(values)
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "kind", "O") in "iuf" and not isinstance(dtype, np.dtype):
        return to_numpy(dtype="float64", na_value=np.nan)  # pandas' own types, which know NA
    if dtype is not None and str(dtype) == "boolean":
        return to_numpy(dtype=object, na_value=None)
    return np.asarray(to_numpy())


def _numbers(name, array):
    """Numbers in a width that the engine has."""
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype in (np.float64, np.float32, np.uint8):
        return np.ascontiguousarray(array)
    if array.dtype.kind in "iu" and array.size and max(-int(array.min()), int(array.max())) > _LARGEST_INTEGER:
        raise ValueError(f"column '{name}' holds integers beyond 2**53, which float64 cannot tell apart")
    return array.astype(np.float64)


def _is_missing(cell):
    """None, NaN, NaT and pandas.NA; the last two differ from themselves, or from everything."""
    if cell is None:
        return True
    if isinstance(cell, (str, bytes)):
        return False
    try:
        return not bool(cell == cell)
    except (TypeError, ValueError):
        return True


def text(cell):
    """A cell as the name of a category; 3.0 and 3 are the same."""
    if isinstance(cell, bytes):
        return cell.decode()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def label(name):
    """The class of a name: an integer where it is written as one, else the text."""
    try:
        return int(name) if str(int(name)) == name else name
    except ValueError:
        return name


def labels(names):
    """The classes of names as an array: of booleans or integers where all are such, else of texts."""
    if set(names) == {"False", "True"}:
        return np.array([name == "True" for name in names])
    found = [label(name) for name in names]
    return np.array(found if all(isinstance(one, int) for one in found) else list(names))
