"""The training figures as bars: each peer's speed as a share of ours.

Written as SVG by hand, so that a picture is a few kilobytes of text that differs only where a figure does, and needs no
package. The colours follow the reader's light or dark setting; every bar is labelled, so nothing depends on telling colours
apart.
"""

from xml.sax.saxutils import escape

from .cases import OWN
from .table import number

WIDTH = 960
MARGIN = 20
HEAD = 64
TITLE = 22
ROW = 15
BAR = 10
GAP = 12
#: Between the edge of a panel and its bars: the programs' names.
NAMES = 92
#: Behind the longest bar: the figures.
LABELS = 110

STYLE = """
  .card { fill: #ffffff; stroke: #d8dee4 }
  text { fill: #1f2328; font: 11px system-ui, sans-serif }
  .title { font-size: 15px; font-weight: 600 }
  .case { font-size: 12px; font-weight: 600 }
  .soft { fill: #59636e }
  .own { fill: #0a69da }
  .peer { fill: #9aa4af }
  .line { stroke: #d8dee4 }
  @media (prefers-color-scheme: dark) {
    .card { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .soft { fill: #9198a1 }
    .own { fill: #4493f8 }
    .peer { fill: #656c76 }
    .line { stroke: #3d444d }
  }
"""


def svg(summaries, versions):
    """A panel per number of threads; None where no training was measured."""
    training = [summary for summary in summaries if summary.part == "training"]
    panels = {}
    for summary in training:
        panels.setdefault(summary.threads, []).append(summary)
    if not panels:
        return None
    width = (WIDTH - MARGIN) / len(panels)
    bodies, bottoms = [], []
    for i, (threads, group) in enumerate(panels.items()):
        body, bottom = panel(group, threads, MARGIN + i * width, width - MARGIN, scale(training))
        bodies.append(body)
        bottoms.append(bottom)
    height = max(bottoms) + MARGIN
    machine = versions["machine"]
    title = "Training speed: each program as a share of chainrule's"
    under = f"{machine['cpu']}, {versions['date']}; samples per second and how many times faster chainrule is"
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        text(MARGIN, 28, title, "title"),
        text(MARGIN, 48, under, "soft"),
        *bodies,
        "</svg>",
        "",
    ])


def scale(training):
    """The longest bar, in times of ours: 1, or the best peer where one is faster."""
    return max([1.0, *(1 / line.ratio for summary in training for line in summary.lines if line.ratio)])


def panel(group, threads, left, width, longest):
    """The cases at one number of threads, one below the other, and where they end."""
    room = width - NAMES - LABELS
    y = HEAD + TITLE
    parts = [text(left, y, f"{threads} thread{'s' if threads > 1 else ''}", "case")]
    for summary in group:
        y += GAP + TITLE - 4
        parts.append(text(left, y, summary.title, "case"))
        top = y + 6
        for line in summary.lines:
            y += ROW
            share = 1 / line.ratio if line.ratio else 1.0
            kind = "own" if line.program == OWN else "peer"
            length = max(room * share / longest, 1.0)
            faster = "" if line.ratio is None else f" · {number(line.ratio)}×"
            parts.append(text(left + NAMES - 6, y, line.program, "soft", "end"))
            parts.append(
                f'<rect class="{kind}" x="{left + NAMES:.1f}" y="{y - BAR + 1:.1f}" width="{length:.1f}" height="{BAR}" rx="2"/>'
            )
            parts.append(text(left + NAMES + length + 6, y, number(line.value) + faster, ""))
        axis = left + NAMES
        parts.append(f'<line class="line" x1="{axis:.1f}" x2="{axis:.1f}" y1="{top}" y2="{y + 4}"/>')
    return "\n".join(parts), y


def text(x, y, content, kind, anchor="start"):
    end = ' text-anchor="end"' if anchor == "end" else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y}"{end}>{escape(content)}</text>'
