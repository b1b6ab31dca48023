"""Writes the Parquet files beside it, which the reader's tests read.

    cargo xtask goldens parquet
"""
# requirements: pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0

import datetime
import decimal
import pathlib

import pandas
import polars
import pyarrow
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent

TABLE = {
    "small": [1, None, -3],
    "large": [2**60, 5, -(2**40)],
    "single": [0.5, -1.25, 3.0],
    "double": [0.1, None, 1e300],
    "flag": [True, None, False],
    "text": ["b", None, "a"],
    "question": ["?", "x", "x"],
    "y": [10, 20, 30],
}

frame = pandas.DataFrame(TABLE).astype({"small": "Int8", "single": "float32", "flag": "boolean", "y": "uint64"})
frame["text"] = frame["text"].astype("category")
frame.to_parquet(HERE / "pandas-snappy.parquet", index=False)

schema = {"small": polars.Int8, "single": polars.Float32, "text": polars.Categorical, "y": polars.UInt64}
polars.DataFrame(TABLE, schema_overrides=schema).write_parquet(HERE / "polars-zstd.parquet", compression="zstd")

table = pyarrow.table({"x": list(range(10)), "y": [i % 2 for i in range(10)]})
pyarrow.parquet.write_table(table, HERE / "groups-gzip.parquet", row_group_size=4, compression="gzip")
pyarrow.parquet.write_table(table.slice(0, 0), HERE / "no-rows.parquet")

odd = pyarrow.table({
    "x": [1.0, 2.0],
    "list": [[1, 2], [3]],
    "record": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    "decimal": [decimal.Decimal("1.50"), decimal.Decimal("2.25")],
    "date": [datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)],
    "time": [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)],
    "bytes": [b"\x00", b"\xff"],
    "half": pyarrow.array([1.0, 2.0], pyarrow.float16()),
    "y": [0, 1],
})
pyarrow.parquet.write_table(odd, HERE / "odd-columns.parquet")
