"""Settings of a new detector that follow from its data, each with the reason for it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.data.records.database import open_database
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord, Decoding, read_annotated
from framework.project.backbone import SMALL, ZOO_SIZE, Backbone
from framework.report.data_survey import Survey

LONG_SIDES = (320, 416, 512)    # of the input, the first that small objects are large enough in
SMALLEST_OBJECT = 12            # pixels, of all but 5 % of the boxes
SAME_ASPECT = 1.15              # images whose aspect ratios differ by less have one
GRAIN = 16                      # of the input's sides
BATCH = 8
PASSES = 27                     # of the training images
ITERATIONS = (600, 12_000)      # at least, at most
MOST_TEST_BATCH = 16
NUM_MEAN_IMAGES = 200


@dataclass(frozen=True)
class Choice:
    """The value of a setting, as text, and why it has it."""

    name: str
    value: str
    reason: str


@dataclass(frozen=True)
class Settings:
    """The numbers of a project, in the words of the prototxt fields that they go into.

    size   height and width of the input
    mean   blue, green, red
    """

    size: tuple[int, int]
    mean: tuple[float, ...]
    scale: float
    mirror: bool
    batch: int
    test_batch: int
    test_iter: int
    max_iter: int
    type: str
    base_lr: float
    choices: tuple[Choice, ...]

    @property
    def interval(self) -> int:
        """Iterations between tests and snapshots."""
        return max(self.max_iter // 4, 1)


def settings(net: Backbone, survey: Survey, num_test: int, names: Sequence[str], folder: Path,
             size: tuple[int, int] | None) -> Settings:
    """The settings for a training database that `survey` is of, in `folder`.

    names  of the classes, as they are shown
    size   height and width that the user asked for
    """
    choices: list[Choice] = []

    def choose(name: str, value: object, reason: str) -> None:
        choices.append(Choice(name, str(value), reason))

    found, reason = _size(net, survey) if size is None else (size, "as --size says")
    choose("input", f"{found[1]} x {found[0]}", reason)
    mean, scale = net.mean, net.scale
    if mean is None:
        mean, scale = _mean_and_scale(folder)
        choose("mean_value", ", ".join(f"{value:g}" for value in mean),
               "the mean blue, green and red of the training images")
        choose("scale", f"{scale:g}", "one over the standard deviation of their pixels")
    else:
        choose("mean_value, scale", f"{', '.join(f'{value:g}' for value in mean)}; {scale:g}",
               f"those that the published weights of {net.name} were trained with")
    sided = [name for name in names if re.search(r"(?i)(?<![a-z])(left|right)(?![a-z])", name)]
    choose("mirror", str(not sided).lower(), f"{sided[0]} would change sides" if sided else
           "no class is called left or right")
    num_train = sum(survey.sizes.values())
    batch = min(BATCH, max(num_train // 8, 1))
    choose("batch_size", batch, "what two cores take in half a second, and enough for batch "
           "normalisation" if batch == BATCH else f"an eighth of the {num_train} images")
    wanted = PASSES * num_train / batch
    max_iter = int(min(max(round(wanted / 100) * 100, ITERATIONS[0]), ITERATIONS[1]))
    choose("max_iter", max_iter, f"{max_iter * batch / num_train:.0f} times through the "
           f"{num_train} images; {PASSES} are what the zoo's ssd_bccd needs, and it is at least "
           f"{ITERATIONS[0]} and at most {ITERATIONS[1]} iterations")
    if net.name == SMALL:
        kind, rate = "Adam", 0.003 * batch / BATCH
        reason = "Adam's in the zoo's ssd_bccd: a net trained from nothing"
    else:
        kind, rate = "SGD", 0.001 * batch / 32
        reason = "0.001 for 32 images, as published for SSD, in proportion to the batch"
    choose("base_lr", f"{rate:g}", reason + "; it falls to 0 in a straight line")
    test_batch = max(count for count in range(1, MOST_TEST_BATCH + 1) if num_test % count == 0)
    choose("test_iter", num_test // test_batch, f"batches of {test_batch}: each of the {num_test} "
           "test images once")
    return Settings(found, mean, scale, not sided, batch, test_batch, num_test // test_batch,
                    max_iter, kind, rate, tuple(choices))


def _size(net: Backbone, survey: Survey) -> tuple[tuple[int, int], str]:
    """Height and width of the input, and why."""
    if net.name != SMALL:
        return (ZOO_SIZE, ZOO_SIZE), f"that of the zoo's ssd300_{net.name}"
    aspects = np.repeat([width / height for width, height in survey.sizes],
                        list(survey.sizes.values()))
    typical = float(np.median(aspects))
    low, high = np.quantile(aspects, (0.1, 0.9))
    is_one = high / typical < SAME_ASPECT and typical / low < SAME_ASPECT
    shape = min(max(typical, 0.5), 2) if is_one else 1.0
    for longer in LONG_SIDES:
        width = longer if shape >= 1 else _rounded(longer * shape)
        height = longer if shape <= 1 else _rounded(longer / shape)
        smallest = float(np.quantile(survey.sides(), 0.05)) * math.sqrt(width * height)
        if smallest >= SMALLEST_OBJECT:
            break
    form = "the images' form" if is_one else "square, since the images differ in form"
    return (height, width), (f"{form}; all but 5 % of the objects are larger than "
                             f"{smallest:.0f} pixels in it")


def _rounded(side: float) -> int:
    return max(round(side / GRAIN), 4) * GRAIN


def _mean_and_scale(folder: Path) -> tuple[tuple[float, ...], float]:
    """The mean of each channel over some images of a database, and 1 / their deviation."""
    database = open_database(folder)
    means = []
    squares = []
    positions = np.linspace(0, len(database) - 1, min(len(database), NUM_MEAN_IMAGES))
    for index in positions.astype(int):
        try:
            with failing_as_bad():
                record = read_annotated(database.read(index), Decoding(True), None, True)
                pixels = record.pixels.astype(np.float32).reshape(-1, 3)
        except BadRecord:
            continue
        means.append(pixels.mean(0))
        squares.append((pixels ** 2).mean(0))
    mean = np.mean(means, axis=0)
    deviation = math.sqrt(float(np.mean(np.mean(squares, axis=0) - mean ** 2)))
    return tuple(round(float(value)) for value in mean), round(1 / max(deviation, 1), 4)
