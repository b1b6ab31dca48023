"""The parts of `run.py`, in the order in which figures pass through them.

`cases` says what is measured, `programs` how each program is asked, `measure` asks them in turn, `figures` makes medians and
ratios of the answers, `table` and `picture` show them; `machine` writes down where all this happened. Nothing here needs a
package besides Python's own library, so that the driver and its tests run wherever Python does.
"""
