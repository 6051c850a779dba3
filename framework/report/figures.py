"""Charts of a report as PNGs, drawn with Matplotlib."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from framework.evaluation.thresholds import Calibration
from framework.system.arrays import Array

Line = tuple[Sequence[float] | Array, Sequence[float] | Array]
SIZE = (5.2, 3.6)           # inches: letters stay legible where a phone shows the chart
DPI = 140
LINES_A_CHART = 8
MOST_NUMBERS = 16           # rows of a matrix whose cells still have room for numbers
# Okabe and Ito's colours, told apart by people who see few colours as well; yellow made darker
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7a00", "#505050")
ROUND = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
STYLES = ("-", "--", "-.", ":")


@contextlib.contextmanager
def style(families: Sequence[str]) -> Iterator[None]:
    """Draw with fonts of these families, in the settings of all charts."""
    with matplotlib.rc_context({
            "font.family": list(families), "font.size": 10, "axes.grid": True,
            "grid.color": "#dddddd", "axes.axisbelow": True, "text.parse_math": False,
            "axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False}):
        yield


def png(figure: Figure) -> bytes:
    """The figure as the bytes of a PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DPI)
    return file.getvalue()


def axes(title: str, across: str, up: str, size: tuple[float, float] = SIZE
         ) -> tuple[Figure, Axes]:
    """An empty chart and its axes."""
    figure = Figure(size, layout="constrained")
    FigureCanvasAgg(figure)
    place = figure.add_subplot()
    place.set_title(title)
    place.set_xlabel(across)
    place.set_ylabel(up)
    return figure, place


def curves(title: str, across: str, up: str, lines: Mapping[str, Line], share: bool = False,
           diagonal: bool = False, dots: Sequence[tuple[float, float]] = ()) -> bytes:
    """A line for each entry.

    share     the axis upwards goes from 0 to 1
    diagonal  a grey line to compare with
    dots      a point to mark on each line
    """
    figure, place = axes(title, across, up)
    if diagonal:
        place.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for index, (name, (x, y)) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        place.plot(x, y, STYLES[index // len(COLOURS) % len(STYLES)], label=_short(name),
                   color=colour, marker="o" if len(x) < 12 and not dots else "", markersize=4)
        if dots:
            place.plot(*dots[index], "o", color=colour)
    if share:
        place.set_ylim(-0.02, 1.02)
    if len(lines) > 1:
        place.legend(fontsize=8)
    return png(figure)


def loss_curves(raw: Line, smoothed: Line) -> bytes:
    """The loss of single iterations, pale, and its mean."""
    figure, place = axes("Loss", "iteration", "loss")
    marker = "o" if len(smoothed[0]) < 12 else ""
    if len(raw[0]):
        place.plot(*raw, color="#8fbcd9", linewidth=1, label="of one iteration", marker=marker,
                   markersize=3)
    place.plot(*smoothed, color=COLOURS[0], linewidth=2, label="smoothed", marker=marker,
               markersize=4)
    place.legend(fontsize=8)
    values = np.asarray(smoothed[1], float)
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) and values.max() > 50 * values.min():
        place.set_yscale("log")
        _plain_numbers(place.yaxis)
    return png(figure)


def _plain_numbers(axis: Axis) -> None:
    """Write powers as numbers: formulas are not set, since names may have a dollar sign."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def bars(title: str, across: str, values: Mapping[str, float], number: str = "{:g}",
         share: bool = False) -> bytes:
    """A bar to the right for each entry, with its value; `share`: the axis goes from 0 to 1."""
    high = max(2.4, 1.1 + 0.27 * len(values))
    figure, place = axes(title, across, "", (SIZE[0], high))
    drawn = place.barh([_short(name) for name in values], list(values.values()), color=COLOURS[0])
    place.bar_label(drawn, [number.format(value) for value in values.values()], padding=3,
                    fontsize=8)
    place.margins(x=0.15)
    if share:
        place.set_xlim(0, 1.15)
        place.set_xticks(np.linspace(0, 1, 6))
    place.invert_yaxis()
    place.grid(False, axis="y")
    return png(figure)


def histogram(title: str, across: str, up: str, values: Array, edges: Sequence[float] | Array
              ) -> bytes:
    """Counts in bins; logarithmic across if the bins grow by a factor."""
    figure, place = axes(title, across, up)
    place.hist(np.clip(values, edges[0], edges[-1]), list(edges), color=COLOURS[0])
    if edges[0] > 0 and edges[1] / edges[0] > 1.01:
        place.set_xscale("log")
        _plain_numbers(place.xaxis)
        place.set_xticks([tick for tick in ROUND if edges[0] <= tick <= edges[-1]])
    return png(figure)


def matrix(title: str, names: Sequence[str], table: Array) -> bytes:
    """Marked classes downwards, found ones across; a row's share gives the shade of a cell."""
    side = min(max(4.4, 1.6 + 0.42 * len(names)), 12)
    figure, place = axes(title, "found", "marked", (side + 0.6, side))
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    place.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    place.grid(False)
    place.set_xticks(range(len(names)), [_short(name) for name in names], rotation=90)
    place.set_yticks(range(len(names)), [_short(name) for name in names])
    if len(names) <= MOST_NUMBERS:
        for row, column in np.ndindex(table.shape):
            ink = "white" if shares[row, column] > 0.55 else "#1b1b1b"
            place.text(column, row, str(int(table[row, column])), ha="center", va="center",
                       color=ink, fontsize=9)
    return png(figure)


def reliability(title: str, lines: Mapping[str, Calibration]) -> bytes:
    """The share of right detections over their scores, beside the line of perfect calibration."""
    points = {}
    for name, found in lines.items():
        filled = found.counts > 0
        points[name] = (found.scores[filled], found.shares[filled])
    return curves(title, "score", "share that is right", points, share=True, diagonal=True)


def in_groups(names: Sequence[str]) -> list[Sequence[str]]:
    """As many names as one chart of lines takes, in their order."""
    return [names[index:index + LINES_A_CHART] for index in range(0, len(names), LINES_A_CHART)]


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"
