"""Settings of a new segmenter that follow from its data, each with the reason for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from framework.data.records.list_file import numbered_lines
from framework.errors import CaffeError
from framework.project.choices import (
    BATCH,
    GRAIN,
    Budget,
    Choices,
    CommonSettings,
    common_shape,
    rounded,
    sides_of,
)
from framework.system.arrays import Levels

LONG_SIDES = (96, 128, 160, 192)    # of the input
NUM_MEASURED = 200              # images whose size and colours are looked at
FEWEST = 4                      # images of a batch: statistics of fewer are noise
PASSES = 60                     # of the training images
ITERATIONS = (400, 8_000)       # at least, at most
RATE = 0.0015
UNET, DEEPLAB = "unet", "deeplab_small"
BACKBONES = (UNET, DEEPLAB)
# U-Net takes 3.8 to 6.2 s of processor time for a million pixels, DeepLab 2.3 s beside its 6.2
BUDGETS = {UNET: Budget(0.2e9, 10), DEEPLAB: Budget(0.5e9, 10)}


@dataclass(frozen=True, kw_only=True)
class Settings(CommonSettings):
    """The numbers of a segmenter's folder; size: height and width of the input."""

    backbone: str
    size: tuple[int, int]


def settings(backbone: str, folder: Path, counts: dict[str, int], names: Sequence[str],
             size: tuple[int, int] | None) -> Settings:
    """The settings for the lists in `folder`.

    counts  of images by split, train and test
    size    height and width that the user asked for. CaffeError if they are not multiples of 16
    """
    choices = Choices()
    choices.choose("net", backbone, "U-Net of 16 to 128 channels: it learns from nothing"
                   if backbone == UNET else "DeepLab v3+ on inverted bottlenecks: the smaller one")
    budget = BUDGETS[backbone]
    found, reason = _size(folder, size, budget, counts["train"])
    choices.choose("input", f"{found[1]} x {found[0]}", reason)
    mean, scale = choices.mean_and_scale(_images(folder))
    mirror = choices.mirror(names)
    batch = min(BATCH, max(counts["train"] // 8, FEWEST))
    choices.choose("batch_size", batch, "what two cores take in a second, and enough for batch "
                   "normalisation" if batch == BATCH else
                   f"an eighth of the {counts['train']} images, and at least {FEWEST} for batch "
                   "normalisation")
    max_iter = choices.iterations(counts["train"], batch, PASSES, ITERATIONS, "a net from nothing",
                                  budget, found)
    choices.choose("base_lr", f"{RATE:g}", "half of Adam's in the zoo's unet_shapes, whose "
                   "batches are twice as large: a net trained from nothing; it falls to 0 in a "
                   "straight line")
    test_batch = choices.test_batch(counts["test"])
    return Settings(
        backbone=backbone, size=found, mean=mean, scale=scale, mirror=mirror, batch=batch,
        test_batch=test_batch, test_iter=counts["test"] // test_batch, max_iter=max_iter,
        type="Adam", base_lr=RATE, choices=tuple(choices))


def _size(folder: Path, size: tuple[int, int] | None, budget: Budget, num_train: int
          ) -> tuple[tuple[int, int], str]:
    """Height and width of the input, and why."""
    if size is not None:
        if any(side % GRAIN or side < 2 * GRAIN for side in size):
            raise CaffeError(f"--size {size[0]}x{size[1]}: both must be multiples of {GRAIN}, and "
                             f"{2 * GRAIN} at least: the net halves them four times")
        return size, "as --size says"
    sizes = np.array([image.shape[:2] for image in _images(folder)])
    shape, form = common_shape(sizes[:, 1] / sizes[:, 0])
    own = rounded(float(np.median(sizes.max(1))))
    least, *larger = (min(side, own) for side in LONG_SIDES)
    longer = max([least, *(side for side in larger
                           if budget.allows(sides_of(shape, side), num_train, PASSES))])
    if longer == own:
        reason = "their middle size"
    elif longer == LONG_SIDES[-1]:
        reason = f"{longer} pixels at most keep a step under a second on two cores"
    else:
        reason = f"more than {longer} pixels are too many for {PASSES} times through the " \
                 f"images in {budget.minutes} minutes of two cores"
    return sides_of(shape, longer), f"{form}; {reason}; a larger --size shows finer parts"


def _images(folder: Path) -> Iterator[Levels]:
    """Up to 200 images of the training list, evenly over it."""
    lines = numbered_lines(str(folder / "train.txt"))
    for index in np.linspace(0, len(lines) - 1, min(len(lines), NUM_MEASURED)).astype(int):
        pixels = cv2.imread(str(folder / lines[index][1].split()[0]), cv2.IMREAD_COLOR)
        if pixels is not None:
            yield np.asarray(pixels, np.uint8)
