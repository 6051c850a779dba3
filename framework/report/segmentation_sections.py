"""The sections of a report about a segmenter's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from framework.data.records.label_image import overlay, voc_palette
from framework.errors import CaffeError
from framework.execution.chains import Step
from framework.layers.segmentation.pixel_scores import MeanIoU
from framework.net.net import Net
from framework.report import figures
from framework.report.batch_images import BatchImages
from framework.report.confusion_section import confusion_section
from framework.report.page import Chart, Section, Table
from framework.report.photos import sheet_chart
from framework.report.worst import Worst
from framework.solver.testing import Scores, score
from framework.system.arrays import Array, Levels

NAMES = ("image", "marked", "found")


@dataclass(frozen=True)
class Miss:
    """An image with its marked and found classes, and its own mean intersection over union."""

    number: int
    image: Levels
    marked: Levels
    found: Levels
    overlap: float


def segmentation_step(net: Net) -> Step | None:
    """The MeanIoU layer that the net is judged by; None of another net."""
    return next((step for step in net.layers if isinstance(step.layer, MeanIoU)), None)


def segmentation_sections(net: Net, batches: int, full: Mapping[int, str], shown: Mapping[int, str]
                          ) -> tuple[list[str], list[Section]]:
    """Sentences on the results and sections; CaffeError without labelled pixels."""
    step = segmentation_step(net)
    assert step is not None
    keeper = _Keeper(net, step)
    scores = score(net, batches, "11point", after_batch=lambda index, outputs: keeper.add())
    assert scores is not None
    if not keeper.total.any():
        raise CaffeError(f"{net.spec.path}: its test data have no labelled pixels, so there is "
                         "nothing to report on")
    count = len(keeper.total)
    texts, drawn = ([names.get(label, f"class {label}") for label in range(count)]
                    for names in (full, shown))
    values = ", ".join(f"{name} {value:.4f}" for name, value, _ in scores.outputs)
    return [f"{keeper.images.num:,} test images: {values}."], [
        _by_class(scores, texts, drawn),
        confusion_section(keeper.total, count, texts, drawn, "Pixels by their label and by the "
                          "class with the best score; those that are ignored are left out."),
        _worst(keeper)]


class _Keeper:
    """The confusion of all batches, and the images with the least intersection over union."""

    def __init__(self, net: Net, step: Step):
        self.net = net
        self.step = step
        self.total: Array = np.zeros(net.shapes[step.tops[0]], np.int64)
        self.worst: Worst[Miss] = Worst()
        self.images = BatchImages(net)

    def add(self) -> None:
        """Take the batch that the net has just run; images that come again are left out."""
        self.total += self.net.blobs[self.step.tops[0]].cpu().numpy().astype(np.int64)
        scores, labels = (self.net.blobs[name].detach() for name in self.step.bottoms[:2])
        found = scores.argmax(1).cpu().numpy().astype(np.uint8)
        marked = labels.reshape(found.shape).cpu().numpy().astype(np.uint8)
        for index, number in enumerate(self.images.take(len(found))):
            self._note(number, index, marked[index], found[index])

    def _note(self, number: int, index: int, marked: Levels, found: Levels) -> None:
        """Keep one image of the batch if it is among the worst."""
        assert isinstance(self.step.layer, MeanIoU)
        counted = ~np.isin(marked, self.step.layer.ignored)
        pairs = marked[counted].astype(np.int64) * len(self.total) + found[counted]
        table = np.bincount(pairs, minlength=self.total.size).reshape(self.total.shape)
        shares = self.step.layer.by_class(table).values()
        overlap = sum(shares) / len(shares) if shares else 1.0
        if self.images.has_any and self.worst.takes(-overlap):
            self.worst.add(-overlap, number, Miss(number, self.images.pixels(index), marked, found,
                                                  overlap))


def _by_class(scores: Scores, texts: list[str], drawn: list[str]) -> Section:
    """The scores of each class: charts and one table."""
    section = Section("Classes", [
        "Intersection over union: the pixels of a class that were found, over those that are "
        "marked or found as it. Boundary F: how much of its outlines is near the true ones."])
    rows = {label: [texts[label]] for values in scores.per_class.values() for label in values}
    head = [""]
    for output, values in scores.per_class.items():
        measure = scores.measures.get(output, output)
        worst = min(values, key=lambda label: values[label]) if values else None
        words = f"{measure} by class" if worst is None else \
            f"{measure} by class; the lowest is {texts[worst]} with {values[worst]:.3f}"
        bars = {drawn[label]: value for label, value in values.items()}
        section.charts.append(Chart(output, figures.bars(
            measure[:1].upper() + measure[1:], measure, bars, "{:.3f}", share=True), words))
        head.append(measure)
        for label, row in rows.items():
            row.append(f"{values[label]:.4f}" if label in values else "-")
    section.tables.append(Table("Scores by class", head, [rows[label] for label in sorted(rows)]))
    return section


def _name(number: int, place: Axes) -> None:
    place.set_title(NAMES[number], fontsize=14, y=0.86, color="white", backgroundcolor="black")


def _worst(keeper: _Keeper) -> Section:
    misses = keeper.worst.ranked()
    section = Section("The worst images", [
        f"The {len(misses)} images with the least mean intersection over union: the image, its "
        "marked classes and those found, in the colours of PASCAL VOC; class 0 has none."],
        are_photos=True)
    palette = np.array(voc_palette(), np.uint8)
    for index, miss in enumerate(misses):
        images = [miss.image, *(overlay(miss.image, labels, palette)
                                for labels in (miss.marked, miss.found))]
        section.charts.append(sheet_chart(
            f"worst_{index + 1:02d}", images, _name, f"Image {miss.number + 1} of the test data: "
            f"mean intersection over union {miss.overlap:.3f}"))
    return section
