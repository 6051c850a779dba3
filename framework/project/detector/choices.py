"""Settings of a new detector that follow from its data, each with the reason for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from framework.data.records.records import Decoding, read_annotated
from framework.project.choices import (
    BATCH,
    Budget,
    Choices,
    CommonSettings,
    common_shape,
    sides_of,
    some_images,
)
from framework.project.detector.backbone import SMALL, ZOO_SIZE, Backbone
from framework.report.data_survey import Survey
from framework.system.arrays import Levels

LONG_SIDES = (320, 416, 512)    # of the input, the first that small objects are large enough in
SMALLEST_OBJECT = 12            # pixels, of all but 5 % of the boxes
PASSES = 27                     # of the training images
FEWEST_PASSES = 12              # for which a smaller input is taken, where time is short
ITERATIONS = (600, 12_000)      # at least, at most
BUDGET = Budget(1.2e9, 8)       # ssd_bccd's 1,000 iterations, 0.61e9, take two cores 138 to 256 s


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The numbers of a detector's folder; size: height and width of the input."""

    size: tuple[int, int]


def settings(net: Backbone, survey: Survey, num_test: int, names: Sequence[str], folder: Path,
             size: tuple[int, int] | None) -> Settings:
    """The settings for a training database that `survey` is of, in `folder`.

    names  of the classes, as they are shown
    size   height and width that the user asked for
    """
    choices = Choices()
    num_train = sum(survey.sizes.values())
    found, reason = _size(net, survey, num_train) if size is None else (size, "as --size says")
    choices.choose("input", f"{found[1]} x {found[0]}", reason)
    mean, scale = choices.transform_of(net, some_images(folder, _pixels))
    mirror = choices.mirror(names)
    batch = min(BATCH, max(num_train // 8, 1))
    choices.choose("batch_size", batch, "what two cores take in half a second, and enough for "
                   "batch normalisation" if batch == BATCH else
                   f"an eighth of the {num_train} images")
    max_iter = choices.iterations(num_train, batch, PASSES, ITERATIONS, "the zoo's ssd_bccd",
                                  BUDGET if net.name == SMALL else None, found)
    if net.name == SMALL:
        kind, rate = "Adam", 0.003 * batch / BATCH
        reason = "Adam's in the zoo's ssd_bccd: a net trained from nothing"
    else:
        kind, rate = "SGD", 0.001 * batch / 32
        reason = "0.001 for 32 images, as published for SSD, in proportion to the batch"
    choices.choose("base_lr", f"{rate:g}", reason + "; it falls to 0 in a straight line")
    test_batch = choices.test_batch(num_test)
    return Settings(
        size=found, mean=mean, scale=scale, mirror=mirror, batch=batch, test_batch=test_batch,
        test_iter=num_test // test_batch, max_iter=max_iter, type=kind, base_lr=rate,
        choices=tuple(choices))


def _pixels(content: bytes) -> Levels:
    return read_annotated(content, Decoding(True), None, True).pixels


def _size(net: Backbone, survey: Survey, num_train: int) -> tuple[tuple[int, int], str]:
    """Height and width of the input, and why."""
    if net.name != SMALL:
        return (ZOO_SIZE, ZOO_SIZE), f"that of the zoo's ssd300_{net.name}"
    shape, form = common_shape(np.repeat([width / height for width, height in survey.sizes],
                                         list(survey.sizes.values())))
    height, width = sides_of(shape, LONG_SIDES[0])
    for longer in LONG_SIDES[1:]:
        if _smallest(survey, height, width) >= SMALLEST_OBJECT:
            break
        larger = sides_of(shape, longer)
        if not BUDGET.allows(larger, num_train, FEWEST_PASSES):
            form += f", of a size that {BUDGET.minutes} minutes of two cores allow"
            break
        height, width = larger
    return (height, width), (f"{form}; all but 5 % of the objects are larger than "
                             f"{_smallest(survey, height, width):.0f} pixels in it")


def _smallest(survey: Survey, height: int, width: int) -> float:
    """The side that 5 % of the boxes are smaller than, in an input of this size."""
    return float(np.quantile(survey.sides(), 0.05)) * math.sqrt(width * height)
