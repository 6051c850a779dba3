"""Settings of a new classifier that follow from its data, each with the reason for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from framework.data.records.records import Decoding, read_datum
from framework.errors import CaffeError
from framework.project.choices import Budget, Choices, CommonSettings, some_images
from framework.project.classifier.backbone import SIZES, SMALL, Backbone, cells
from framework.system.arrays import Levels

BATCH = 32
TUNED_BATCH = 16                # of a net of the zoo, which is larger
PASSES = 20                     # of the training images
TUNED_PASSES = 10
ITERATIONS = (300, 6_000)       # at least, at most
# of cells: a training step takes one core 3.0 to 4.9 millionths of a second for each cell of each
# image (measured at 32, 64, 100, 128 and 224 pixels), and two cores do 1.6 times as much
BUDGET = Budget(0.15e9, 8)
WARMUP = 50                     # iterations in which the rate of a net without weights grows
SMALLEST_SIZE = 16              # of the input: four halvings
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The numbers of a classifier's folder.

    size    of the square input
    stored  of the square images in the database
    """

    size: int
    stored: int


def sizes(net: Backbone, shorter: float, asked: tuple[int, int] | None, choices: Choices
          ) -> tuple[int, int]:
    """The sides of the input and of stored images, both square.

    shorter  the middle one of the images' shorter sides
    asked    height and width that the user asked for. CaffeError if they differ, or are too small
    """
    if asked is not None:
        if asked[0] != asked[1] or asked[0] < SMALLEST_SIZE:
            raise CaffeError(f"--size {asked[0]}x{asked[1]}: the input of a classifier is square, "
                             f"and {SMALLEST_SIZE} at least: give one number")
        size, reason = asked[0], "as --size says"
    elif net.size:
        size, reason = net.size, f"that of the published weights of {net.name}"
    else:
        size = max([side for side in SIZES if side <= shorter], default=SIZES[0])
        reason = (f"of {', '.join(map(str, SIZES))} the largest that the images have, or the "
                  f"smallest: the shorter side of half of them is {shorter:.0f} pixels or more")
    stored = round(size * 8 / 7)
    choices.choose("input", f"{size} x {size}", reason)
    choices.choose("stored images", f"{stored} x {stored}",
                   f"an eighth larger than the input, which is cut out of them at random: images "
                   f"are seen moved by up to {stored - size} pixels; stretched to a square, in "
                   "training and in use alike")
    return size, stored


def settings(net: Backbone, counts: Mapping[str, int], num_test: int, names: Sequence[str],
             folder: Path, sides: tuple[int, int], choices: Choices) -> Settings:
    """The settings for a training database in `folder`, after `sizes` gave `sides`.

    counts  of the stored training images by class
    names   of the classes, as they are shown
    """
    mean, scale = choices.transform_of(net, some_images(folder, pixels))
    mirror = _mirror(names, choices)
    num_train = sum(counts.values())
    is_small = net.name == SMALL
    most = BATCH if is_small else TUNED_BATCH
    batch = min(most, max(num_train // 8, 1))
    choices.choose("batch_size", batch, "enough for batch normalisation, and little enough for "
                   "two cores" if batch == most else f"an eighth of the {num_train} images")
    max_iter = choices.iterations(num_train, batch, PASSES if is_small else TUNED_PASSES,
                                  ITERATIONS, "a net of this kind",
                                  BUDGET if is_small else None, (cells(sides[0]),) * 2)
    if is_small:
        kind, rate = "Adam", 0.003 * batch / BATCH
        reason = f"Adam's for a net that learns from nothing, reached after {WARMUP} iterations"
    else:
        kind, rate = "SGD", 0.001 * batch / TUNED_BATCH
        reason = "a tenth of what such nets are trained with from nothing; the last layer, which " \
                 "is new, learns ten times as fast"
    choices.choose("base_lr", f"{rate:g}", reason + "; it falls to 0 in a straight line")
    rarest = min(counts, key=lambda name: counts[name])
    often = max(counts, key=lambda name: counts[name])
    if counts[often] > 3 * counts[rarest]:
        choices.choose("classes", f"{counts[rarest]} to {counts[often]} images",
                       f"{rarest} has few beside {often}: look at its row of the report's "
                       "confusion, not at the accuracy alone")
    test_batch = choices.test_batch(num_test)
    return Settings(
        size=sides[0], stored=sides[1], mean=mean, scale=scale, mirror=mirror, batch=batch,
        test_batch=test_batch, test_iter=num_test // test_batch, max_iter=max_iter, type=kind,
        base_lr=rate, choices=tuple(choices))


def pixels(content: bytes) -> Levels:
    """The decoded image of a record."""
    return read_datum(content, Decoding(True)).pixels


def _mirror(names: Sequence[str], choices: Choices) -> bool:
    """Whether images may be mirrored: not those of figures and letters."""
    signs = [name for name in names if len(name) == 1 or re.fullmatch(r"[0-9]+", name)
             or name.lower() in NUMBER_WORDS]
    if 2 * len(signs) > len(names):
        choices.choose("mirror", "false", f"'{signs[0]}' and others are figures or letters, which "
                       "are others when mirrored")
        return False
    return choices.mirror(names)

