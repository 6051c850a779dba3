"""The sections of a report about a classifier's results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from framework.errors import CaffeError
from framework.evaluation.classification import confusion, probabilities, ranks
from framework.evaluation.columns import Doubles, Indices
from framework.evaluation.thresholds import calibration
from framework.execution.chains import Step
from framework.layers.accuracy.accuracy import Accuracy
from framework.layers.loss.softmax import SoftmaxWithLoss
from framework.net.net import Net
from framework.report import figures
from framework.report.batch_images import BatchImages
from framework.report.confusion_section import confusion_section
from framework.report.page import Chart, Section, Table
from framework.report.photos import sheet_chart
from framework.report.worst import Worst
from framework.solver.testing import score
from framework.system.arrays import Array

TOP = (1, 3, 5)


@dataclass(frozen=True)
class Miss:
    """An image, its label and the best class; badness: the label's probability, negated."""

    badness: float
    number: int
    image: Array
    label: int
    best: int


def score_step(net: Net) -> Step | None:
    """The layer that compares the scores of whole images with one label each; None without one.

    The last of several: nets with losses on the way have their result at the end.
    """
    for step in reversed(net.layers):
        if isinstance(step.layer, Accuracy | SoftmaxWithLoss):
            scores, labels = (net.shapes[name] for name in step.bottoms[:2])
            if len(scores) > 1 and np.prod(scores[2:]) == 1 and np.prod(labels) == scores[0]:
                return step
    return None


def classifier_sections(net: Net, batches: int, full: Mapping[int, str], shown: Mapping[int, str]
                        ) -> tuple[list[str], list[Section]]:
    """Sentences on the results and sections; CaffeError without labelled images."""
    step = score_step(net)
    assert step is not None
    keeper = _Keeper(net, step)
    scores = score(net, batches, "11point", after_batch=lambda index, outputs: keeper.add())
    assert scores is not None
    labels = np.concatenate(keeper.labels)
    chances = np.concatenate(keeper.chances)
    if not len(labels):
        raise CaffeError(f"{net.spec.path}: its test data have no labels from 0 to the number of "
                         "classes, so there is nothing to report on")
    values = ", ".join(f"{name} {value:.4f}" for name, value, _ in scores.outputs)
    return [f"{len(labels):,} test images: {values}."], [
        _top(labels, chances), _matrix(labels, chances, full, shown), _calibration(labels, chances),
        _worst(keeper, full)]


class _Keeper:
    """Probabilities and labels of all batches, and the images with the least likely labels."""

    def __init__(self, net: Net, step: Step):
        self.net = net
        self.step = step
        self.labels: list[Indices] = []
        self.chances: list[Doubles] = []
        self.worst: Worst[Miss] = Worst()
        self.images = BatchImages(net)

    def add(self) -> None:
        """Take the batch that the net has just run; images that come again are left out."""
        scores, labels = (self.net.blobs[name].detach().double().cpu().numpy()
                          for name in self.step.bottoms[:2])
        scores = scores.reshape(len(scores), -1)
        numbers = labels.reshape(-1).astype(np.int64)
        taken = self.images.take(len(numbers))
        numbers = numbers[:len(taken)]
        chances = probabilities(scores[:len(numbers)])
        counted = np.flatnonzero((numbers >= 0) & (numbers < chances.shape[1]))
        self.labels.append(numbers[counted])
        self.chances.append(chances[counted])
        if not self.images.has_any:
            return
        for index in counted.tolist():
            badness = -float(chances[index, numbers[index]])
            if not self.worst.takes(badness):
                continue
            miss = Miss(badness, taken[index], self.images.pixels(index), int(numbers[index]),
                        int(chances[index].argmax()))
            self.worst.add(badness, miss.number, miss)


def _top(labels: Indices, chances: Doubles) -> Section:
    rank = ranks(chances, labels)
    chosen = [number for number in TOP if number < chances.shape[1]] or [1]
    shares = {f"top {number}": float((rank < number).mean()) for number in chosen}
    return Section("Accuracy", ["The share of images whose label is among the best classes."],
                   [Chart("top", figures.bars("Accuracy", "share", shares, "{:.4f}", share=True),
                          ", ".join(f"{name} {share:.4f}" for name, share in shares.items()))],
                   [Table("Accuracy", ["", "share"], [[name, f"{share:.4f}"]
                                                      for name, share in shares.items()])])


def _matrix(labels: Indices, chances: Doubles, full: Mapping[int, str], shown: Mapping[int, str]
            ) -> Section:
    count = chances.shape[1]
    texts, drawn = ([names.get(label, f"class {label}") for label in range(count)]
                    for names in (full, shown))
    return confusion_section(confusion(labels, chances), count, texts, drawn,
                             "Images by their label and by the class with the best score.")


def _calibration(labels: Indices, chances: Doubles) -> Section:
    found = calibration(chances.max(1), chances.argmax(1) == labels)
    return Section("Calibration", [
        "How many images are right, in ten steps of the probability of the best class. On the grey "
        f"line it is the chance to be right. The mean difference is {found.error:.3f}."],
        [Chart("calibration", figures.reliability("Calibration", {"best class": found}),
               f"Share of right images over their probability; mean difference {found.error:.3f}")])


def _worst(keeper: _Keeper, full: Mapping[int, str]) -> Section:
    misses = keeper.worst.ranked()
    section = Section("The worst images", [
        f"The {len(misses)} images whose label has the least probability."], are_photos=True)
    for index, miss in enumerate(misses):
        words = (f"Image {miss.number + 1} of the test data: "
                 f"{full.get(miss.label, f'class {miss.label}')} with {-miss.badness:.3f}, found "
                 f"as {full.get(miss.best, f'class {miss.best}')}")
        section.charts.append(sheet_chart(f"worst_{index + 1:02d}", [miss.image],
                                          lambda number, place: None, words))
    return section
