#!/usr/bin/env python3
"""Draws docs/assets/learning_curve.svg from the log of a real training.

    cd docs/assets
    chainrule train --log learning_curve.jsonl --out digits.safetensors
    python3 learning_curve.py; rm digits.safetensors

Left: the loss of the training rows and of the validation rows (logarithmic). Right: the share of validation rows that
are recognised. The ring marks the epoch whose weights are kept, the one with the lowest validation loss. Needs nothing
but Python's standard library.
"""

import json
import math
import pathlib

HERE = pathlib.Path(__file__).parent
PANEL_WIDTH, PANEL_HEIGHT = 350, 210
TOP, BOTTOM, MARGIN, GAP = 46, 44, 52, 66
WIDTH = 2 * PANEL_WIDTH + GAP + 2 * MARGIN - 18
HEIGHT = PANEL_HEIGHT + TOP + BOTTOM

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #3d444d }
  .title { font-weight: 600 }
  .grid { stroke: #d1d9e0; stroke-width: 1 }
  .train, .validation, .best { fill: none; stroke-width: 2.2; stroke-linejoin: round }
  .train { stroke: #0969da } .validation { stroke: #bc4c00 } .best { stroke: #bc4c00 }
  text.train { fill: #0969da; stroke: none } text.validation { fill: #bc4c00; stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #c9d1d9 }
    .grid { stroke: #30363d }
    .train { stroke: #58a6ff } .validation, .best { stroke: #f0883e }
    text.train { fill: #58a6ff } text.validation { fill: #f0883e }
  }
"""


class Panel:
    """A plot of values over epochs, with its left edge at `left`."""

    def __init__(self, left, epochs, low, high, scale=lambda value: value):
        self.left, self.epochs, self.scale = left, epochs, scale
        self.low, self.high = scale(low), scale(high)
        self.parts = []

    def x(self, epoch):
        return self.left + PANEL_WIDTH * (epoch - 1) / (self.epochs - 1)

    def y(self, value):
        return TOP + PANEL_HEIGHT * (self.high - self.scale(value)) / (self.high - self.low)

    def title(self, text):
        self.parts.append(f'<text class="title" x="{self.left}" y="{TOP - 20}">{text}</text>')

    def grid(self, ticks):
        right = self.left + PANEL_WIDTH
        for value, label in ticks:
            y = self.y(value)
            self.parts.append(f'<path class="grid" d="M{self.left} {y:.1f}H{right}"/>')
            self.parts.append(f'<text x="{self.left - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        for epoch in [1, *range(5, self.epochs + 1, 5)]:
            y = TOP + PANEL_HEIGHT + 18
            self.parts.append(f'<text x="{self.x(epoch):.1f}" y="{y}" text-anchor="middle">{epoch}</text>')
        y = TOP + PANEL_HEIGHT + 36
        self.parts.append(f'<text x="{self.left + PANEL_WIDTH / 2}" y="{y}" text-anchor="middle">epoch</text>')

    def curve(self, values, kind):
        points = " ".join(f"{self.x(i):.1f},{self.y(value):.1f}" for i, value in enumerate(values, start=1))
        self.parts.append(f'<polyline class="{kind}" points="{points}"/>')

    def note(self, epoch, value, text, kind, above=9):
        place = f'x="{self.x(epoch):.1f}" y="{self.y(value) - above:.1f}" text-anchor="end"'
        self.parts.append(f'<text class="{kind}" {place}>{text}</text>')

    def ring(self, epoch, value):
        self.parts.append(f'<circle class="best" cx="{self.x(epoch):.1f}" cy="{self.y(value):.1f}" r="5.5"/>')


def main():
    lines = [json.loads(line) for line in (HERE / "learning_curve.jsonl").read_text().splitlines()]
    train = [line["train_loss"] for line in lines]
    validation = [line["validation_loss"] for line in lines]
    accuracy = [line["validation_accuracy"] for line in lines]
    best = min(range(len(lines)), key=validation.__getitem__) + 1

    loss = Panel(MARGIN, len(lines), min(train) / 1.2, max(train) * 1.2, math.log)
    loss.title("Loss")
    loss.grid([(value, f"{value:g}") for value in (1, 0.3, 0.1, 0.03, 0.01, 0.003) if value > min(train) / 1.2])
    loss.curve(train, "train")
    loss.curve(validation, "validation")
    loss.ring(best, validation[best - 1])
    loss.note(len(lines), validation[-1], "validation rows", "validation", 14)
    loss.note(len(lines) - 3, train[-4], "training rows", "train", -22)

    right = Panel(MARGIN + PANEL_WIDTH + GAP, len(lines), 0.87, 1.0)
    right.title("Validation rows recognised")
    right.grid([(share / 100, f"{share} %") for share in (88, 90, 92, 94, 96, 98, 100)])
    right.curve(accuracy, "validation")
    right.ring(best, accuracy[best - 1])
    right.note(best + 4, accuracy[best - 1], f"epoch {best} is kept", "validation", -30)

    description = (
        f"Training on the embedded digits: the training loss falls from {train[0]:.3g} to {train[-1]:.2g} in "
        f"{len(lines)} epochs, the validation loss to {validation[best - 1]:.3g} in epoch {best}, where "
        f"{accuracy[best - 1]:.1%} of the validation rows are recognised."
    )
    body = "\n".join(loss.parts + right.parts)
    (HERE / "learning_curve.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{description}">\n<style>{STYLE}</style>\n{body}\n</svg>\n'
    )


if __name__ == "__main__":
    main()
