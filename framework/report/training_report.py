"""A report on a trained net: a page and the PNGs in it, in one folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import CaffeError, SpecError
from framework.execution.chains import Step
from framework.layers.ssd.detection_evaluate import DetectionEvaluate
from framework.net.net import Net
from framework.net.reading import read_net
from framework.report import data_sections, figures, fonts, history_section
from framework.report.classifier_sections import classifier_sections, score_step
from framework.report.detection_run import DetectionRun, run_detections
from framework.report.detection_sections import Names, detection_sections
from framework.report.page import Section, render
from framework.report.segmentation_sections import segmentation_sections, segmentation_step
from framework.system.arrays import Array
from framework.system.atomic import write_file

PAGE = "index.html"


@dataclass(frozen=True)
class Request:
    """What to report on.

    net      a TEST net with its weights, on its data
    names    of the classes by label; {}: they are not known
    weights  as the user names them
    log      a log, or a folder of logs; None: there is none
    batches  to test
    speed    sentences on the speed of the net with some images (BGR), measured elsewhere
    """

    net: Net
    names: dict[int, str]
    weights: str
    log: Path | None
    batches: int
    version: str
    seed: int
    speed: Callable[[Sequence[Array]], list[str]]


def write_report(request: Request, folder: Path) -> tuple[Path, list[str]]:
    """Write the page and the PNGs into a folder. Returns the page and lines for the user.

    CaffeError if the net has nothing to report on, or if the log is that of another net. Files of
    an earlier report are replaced.
    """
    net = request.net
    full = dict(request.names)
    labels = _labels(net)
    if labels is None and judged_step(net) is None:
        raise CaffeError(f"{net.spec.path}: has neither a DetectionEvaluate or MeanIoU layer nor "
                         "scores of images with a label each (Accuracy, SoftmaxWithLoss); reports "
                         "are made of detectors, segmenters and classifiers")
    for label in labels or []:
        full.setdefault(label, f"class {label}")
    shown, families, lacking = fonts.legible(full)
    readings = None
    if request.log is not None:
        readings = history_section.read_logs(request.log)
        history_section.check_belongs(readings, request.log, net, labels or [])
    training = _training_layer(net)
    with figures.style(families):
        sections = [history_section.history(readings, shown)] if readings else []
        if labels is not None:
            lead, found = _detector(request, training, full, shown)
        elif segmentation_step(net) is not None:
            lead, found = segmentation_sections(net, request.batches, full, shown)
        else:
            lead, found = classifier_sections(net, request.batches, full, shown)
        sections += found
        if training is not None:
            sections.append(_batch(training, request.seed, shown))
    lines = [lacking] if lacking else []
    if readings is None:
        lines.append("there is no log of the training, so the report has no loss, rate and tests "
                     "over the iterations")
    heading = f"Report: {net.name or Path(net.spec.path).stem}"
    lead = [f"{net.spec.path} with {request.weights}.", *lead, *lines]
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, sections, render(heading, lead, sections))
    return folder / PAGE, lines


def judged_step(net: Net) -> Step | None:
    """The layer whose first bottom has the scores that a segmenter or a classifier is judged by."""
    return segmentation_step(net) or score_step(net)


def _labels(net: Net) -> list[int] | None:
    """The labels that a detector's detections are scored by; None of another net."""
    return next((step.layer.classes for step in net.layers
                 if isinstance(step.layer, DetectionEvaluate)), None)


def _detector(request: Request, training: LayerSpec | None, full: dict[int, str],
              shown: dict[int, str]) -> tuple[list[str], list[Section]]:
    """Sentences on the results, and the sections; `training`: the layer of the training data."""
    run = run_detections(request.net, request.batches, request.version)
    names = Names([full[label] for label in run.labels], [shown[label] for label in run.labels])
    values = ", ".join(f"{name} {value:.4f}" for name, value, _ in run.scores.outputs)
    lead = [f"{run.num_images:,} test images with {len(run.truth.images):,} boxes of "
            f"{len(run.labels)} class{'es' if len(run.labels) != 1 else ''}: {values} "
            f"({request.version})."]
    counts = np.bincount(run.truth.classes, minlength=len(run.labels))
    by_label = {label: int(count) for label, count in zip(run.labels, counts, strict=True)}
    source = data_sections.training_source(training)
    labels = data_sections.label_section(source if os.path.exists(source) else "", by_label, full,
                                         shown)
    return lead, [*detection_sections(run, names, request.version), labels,
                  _speed(request, run)]


def _speed(request: Request, run: DetectionRun) -> Section:
    test = 1000 * run.seconds / max(run.num_images, 1)
    device = request.net.device
    return Section("Speed", [
        f"The test took {test:.1f} ms an image on {device}, in batches, reading and matching "
        "included.", *request.speed(run.images)])


def _training_layer(net: Net) -> LayerSpec | None:
    """The data layer of the TRAIN net in the same file; None if it has no such phase."""
    try:
        return data_sections.training_layer(NetSpec(read_net(net.spec.path), "TRAIN"))
    except SpecError:
        return None


def _batch(layer: LayerSpec, seed: int, shown: dict[int, str]) -> Section:
    """The batch as the net sees it, or why it cannot be shown."""
    try:
        return data_sections.batch_section(layer, shown, seed)
    except CaffeError as error:
        return Section("What the net sees", [f"The training data cannot be read: {error}"])


def _write(folder: Path, sections: Sequence[Section], page: str) -> None:
    """Write the PNGs and the page, which has all in it, then remove the other PNGs of an earlier
    report.

    files.txt names all of both until that is done, so that the report after a killed one knows
    what to remove.
    """
    charts = {f"{chart.name}.png": chart.png for section in sections for chart in section.charts}
    listing = folder / "files.txt"
    earlier = listing.read_text().split("\n") if listing.is_file() else []
    others = [name for name in earlier if name.endswith(".png")
              and os.path.basename(name) == name and name not in charts]
    write_file(listing, "\n".join([PAGE, *charts, *others]) + "\n")
    for name, content in charts.items():
        write_file(folder / name, content)
    write_file(folder / PAGE, page)
    for name in others:
        (folder / name).unlink(missing_ok=True)
    write_file(listing, "\n".join([PAGE, *charts]) + "\n")
