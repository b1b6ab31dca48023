"""Writes the event file that the command line's own must equal, with the writer and the messages of TensorBoard.

    cargo xtask goldens tensorboard
"""

# requirements: tensorboard==2.21.0

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

EVENTS = [
    Event(wall_time=1_700_000_000.5, file_version="brain.Event:2"),
    Event(wall_time=1_700_000_001.25, step=3, session_log=SessionLog(status=SessionLog.START)),
    Event(
        wall_time=1_700_000_002.0,
        step=3,
        summary=Summary(
            value=[
                Summary.Value(tag="loss/train", simple_value=0.25),
                Summary.Value(tag="loss/validation", simple_value=0.0),
                Summary.Value(tag="accuracy/validation", simple_value=0.975),
                Summary.Value(tag="learning_rate", simple_value=1e-3),
                Summary.Value(tag="gradient_norm/layers.0", simple_value=2.5),
                Summary.Value(tag="update_norm/layers.0", simple_value=float("inf")),
                Summary.Value(tag="weight/layers.0.weight[0,1]", simple_value=-0.5),
            ]
        ),
    ),
]

with open(Path(__file__).parent / "scalars.tfevents", "wb") as file:
    writer = RecordWriter(file)
    for event in EVENTS:
        writer.write(event.SerializeToString(deterministic=True))
    writer.flush()
