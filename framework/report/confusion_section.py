"""The section of a report about confused classes: the matrix and its most frequent errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from framework.evaluation.columns import Indices
from framework.report import figures
from framework.report.page import Chart, Section, Table

MOST_IN_MATRIX = 40
MOST_LISTED = 12


def confusion_section(table: Indices, num_classes: int, full: Sequence[str], shown: Sequence[str],
                      note: str) -> Section:
    """The chart and the list of a confusion matrix.

    table        counts by marked and found class; after the classes the background, if there is one
    full, shown  names of its rows, for texts, and as charts can write them
    note         what is counted, in sentences
    """
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    chosen = np.arange(num_classes)
    if num_classes > MOST_IN_MATRIX:
        errors = (wrong.sum(0) + wrong.sum(1))[:num_classes]
        chosen = np.sort(np.argsort(-errors, kind="stable")[:MOST_IN_MATRIX])
        note += f" The chart has the {MOST_IN_MATRIX} classes with the most errors."
    axes = np.append(chosen, np.arange(num_classes, len(table)))
    chart = figures.matrix("Marked and found classes", [shown[index] for index in axes.tolist()],
                           table[np.ix_(axes, axes)])
    pairs = sorted(np.argwhere(wrong).tolist(), key=lambda pair: -wrong[tuple(pair)])
    rows = [[full[row], full[column], str(wrong[row, column])]
            for row, column in pairs[:MOST_LISTED]]
    most = "; ".join(f"{row} as {column}: {count}" for row, column, count in rows[:3])
    return Section("Confusion", [note],
                   [Chart("confusion", chart, "Confusion matrix of the classes; the most frequent "
                          f"errors: {most or 'none'}")],
                   [Table("The most frequent errors", ["marked", "found", "number"], rows, 2)]
                   if rows else [])
