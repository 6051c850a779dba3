"""The sections of a report that come from the log of the training."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from framework.errors import DataError
from framework.logs.reader import Readings, Row, columns, read_log
from framework.net.net import Net
from framework.report import figures
from framework.report.page import Chart, Section

CLASS = re.compile(r"class(\d+)$")
NO_VALUES = ("NumIters", "Seconds", "net", "LearningRate", "test_loss")


def read_logs(path: Path) -> Readings:
    """The readings of a log, or of all logs in a folder: each replaces what older ones have from
    its first iteration on, as a training that was continued or begun anew does.

    DataError if there is none.
    """
    if not path.is_dir():
        return read_log(path)
    names = sorted(one for one in path.iterdir() if ".log.INFO." in one.name)
    merged = Readings()
    for one in sorted(names, key=lambda one: one.name.split(".log.INFO.")[1]):
        try:
            later = read_log(one)
        except DataError:       # of a test, or of a training that ended before its first iteration
            continue
        if not later.train:
            continue
        first = later.train[0]["NumIters"]
        for rows, new in ((merged.train, later.train), (merged.test, later.test)):
            rows[:] = [row for row in rows if row["NumIters"] < first] + new
        merged.smoothed[:] = [point for point in merged.smoothed if point[0] < first] \
            + later.smoothed
        merged.has_loss |= later.has_loss
    if not merged.train and not merged.test:
        raise DataError(f"{path}: has no log of a training")
    return merged


def check_belongs(readings: Readings, path: Path, net: Net, labels: list[int]) -> None:
    """DataError if the log's tests have outputs or classes that the net does not have."""
    known = {*net.outputs, "test_loss", *(f"class{label}" for label in labels)}
    for name in columns(readings.test):
        base = re.sub(r"_\d+$", "", name)
        if name not in (*NO_VALUES, *known) and base not in known:
            raise DataError(f"{path}: is the log of another net: it has tests with '{name}', and "
                            f"{net.spec.path} has the outputs {', '.join(net.outputs)}"
                            + (f" and classes up to {max(labels)}" if labels else ""))


def history(readings: Readings, shown: Mapping[int, str]) -> Section:
    """Loss, rate and test scores over the iterations; `shown`: names by label for charts."""
    section = Section("Training", [_summary(readings)])
    smoothed = _line(readings.smoothed)
    if len(smoothed[0]):
        section.charts.append(Chart(
            "loss", figures.loss_curves(_raw_loss(readings), smoothed),
            f"Loss over iterations, from {smoothed[1][0]:.4g} to {smoothed[1][-1]:.4g}",
            "The smoothed loss is the mean of the solver's last average_loss iterations."))
    rate = _points(readings.train, "LearningRate")
    if len(rate[0]):
        section.charts.append(Chart(
            "rate", figures.curves("Learning rate", "iteration", "rate", {"rate": rate}),
            f"Learning rate over iterations, from {rate[1][0]:.4g} to {rate[1][-1]:.4g}"))
    section.charts += _test_charts(readings, shown)
    return section


def _summary(readings: Readings) -> str:
    rows = readings.train or readings.test
    return (f"The log has iterations {rows[0]['NumIters']:.0f} to {rows[-1]['NumIters']:.0f} and "
            f"{len(readings.test)} tests.")


def _line(points: Sequence[tuple[float, float]]) -> figures.Line:
    return [x for x, _ in points], [y for _, y in points]


def _points(rows: list[Row], name: str) -> figures.Line:
    return _line([(row["NumIters"], row[name]) for row in rows if name in row])


def _raw_loss(readings: Readings) -> figures.Line:
    """The sum of the losses of each row's iteration: training outputs with "loss" in their names,
    or the only one. (The log's reader does not keep their weights, which are mostly 1.)"""
    rows = readings.train
    outputs = [name for name in columns(rows)
               if name not in NO_VALUES and (name != "loss" or readings.has_loss)]
    names = [name for name in outputs if "loss" in name.lower() or len(outputs) == 1]
    return _line([(row["NumIters"], sum(row[name] for name in names if name in row))
                  for row in rows if any(name in row for name in names)])


def _test_charts(readings: Readings, shown: Mapping[int, str]) -> list[Chart]:
    """The tests' outputs, and the average precision of the classes, some to a chart."""
    charts = []
    names = [name for name in columns(readings.test) if name not in NO_VALUES]
    outputs = {name: _points(readings.test, name) for name in names if not CLASS.match(name)}
    losses = {name: line for name, line in outputs.items() if "loss" in name.lower()}
    scores = {name: line for name, line in outputs.items() if name not in losses}
    for stem, axis, lines in (("test", "score", scores), ("test_loss", "loss", losses)):
        if not lines:
            continue
        last = ", ".join(f"{name} {y[-1]:.4g}" for name, (_, y) in lines.items())
        values = np.concatenate([y for _, y in lines.values()])
        is_share = bool(axis == "score" and (values >= 0).all() and (values <= 1).all())
        title = "Test" if len(lines) > 1 else f"Test: {next(iter(lines))}"
        charts.append(Chart(stem, figures.curves(title, "iteration", axis, lines, is_share),
                            f"Outputs of the tests over iterations; at the end {last}"))
    classes = [int(match[1]) for name in names if (match := CLASS.match(name))]
    for index, group in enumerate(figures.in_groups([f"class{label}" for label in classes])):
        lines = {}
        for name in group:
            label = int(name.removeprefix("class"))
            lines[shown.get(label, f"class {label}")] = _points(readings.test, name)
        last = ", ".join(f"{name} {y[-1]:.3f}" for name, (_, y) in lines.items())
        charts.append(Chart(
            f"test_classes_{index + 1}",
            figures.curves("Average precision in the tests", "iteration", "AP", lines, True),
            f"Average precision of classes over iterations; at the end {last}"))
    return charts
