"""Choices that every new folder makes: each setting with the reason for it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from framework.data.records.database import open_database
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord
from framework.errors import CaffeError
from framework.system.arrays import Levels
from framework.system.wording import nearest

BATCH = 8
MOST_TEST_BATCH = 16
NUM_MEAN_IMAGES = 200
GRAIN = 16                      # of the input's sides
SAME_ASPECT = 1.15              # images whose aspect ratios differ by less have one


@dataclass(frozen=True)
class Choice:
    """The value of a setting, as text, and why it has it."""

    name: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class CommonSettings:
    """The numbers of every folder, in the words of the prototxt fields that they go into.

    mean  blue, green, red
    """

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


@dataclass(frozen=True)
class Budget:
    """What two cores compute of a training from nothing in at most `minutes`: pixels of input, or
    cells of the map on which a net does its work."""

    pixels: float
    minutes: int

    def iterations(self, batch_pixels: int) -> int:
        """How many there is time for, in whole hundreds."""
        return int(self.pixels / batch_pixels) // 100 * 100

    def minutes_of(self, iterations: int, batch_pixels: int) -> int:
        """How long they take at most."""
        return math.ceil(iterations * batch_pixels / self.pixels * self.minutes)

    def allows(self, size: tuple[int, int], num_train: int, passes: int) -> bool:
        """Whether there is time for a number of passes of the images at a size."""
        return math.prod(size) * num_train * passes <= self.pixels


class Pretrained(Protocol):
    """A backbone; mean and scale are of the images that its weights were made from.

    The mean is None if it is trained anew.
    """

    @property
    def name(self) -> str: ...

    @property
    def mean(self) -> tuple[float, ...] | None: ...

    @property
    def scale(self) -> float: ...


class Choices(list[Choice]):
    """The settings in the order in which they are chosen."""

    def choose(self, name: str, value: object, reason: str) -> None:
        """Add one."""
        self.append(Choice(name, str(value), reason))

    def mean_and_scale(self, images: Iterator[Levels]) -> tuple[tuple[float, ...], float]:
        """Blue, green and red, and a factor, that bring the images to mean 0 and deviation 1."""
        mean, scale = mean_and_scale(images)
        self.choose("mean_value", ", ".join(f"{value:g}" for value in mean),
                    "the mean blue, green and red of the training images")
        self.choose("scale", f"{scale:g}", "one over the standard deviation of their pixels")
        return mean, scale

    def transform_of(self, net: Pretrained, images: Iterator[Levels]
                     ) -> tuple[tuple[float, ...], float]:
        """Mean and scale of the backbone's weights, or of the images if it has none."""
        if net.mean is None:
            return self.mean_and_scale(images)
        self.choose("mean_value, scale",
                    f"{', '.join(f'{value:g}' for value in net.mean)}; {net.scale:g}",
                    f"those that the published weights of {net.name} were trained with")
        return net.mean, net.scale

    def mirror(self, names: Sequence[str]) -> bool:
        """Whether images of these classes may be mirrored."""
        sided = [name for name in names if re.search(r"(?i)(?<![a-z])(left|right)(?![a-z])", name)]
        self.choose("mirror", str(not sided).lower(), f"{sided[0]} would change sides" if sided else
                    "no class is called left or right")
        return not sided

    def iterations(self, num_train: int, batch: int, passes: int, limits: tuple[int, int],
                   source: str, budget: Budget | None = None,
                   size: tuple[int, int] = (0, 0)) -> int:
        """Of a training that sees each image `passes` times, within `limits`.

        budget  which images of this size are not to exceed, if `limits` lets them
        """
        least, most = limits
        because = ""
        if budget is not None:
            batch_pixels = batch * math.prod(size)
            most = max(min(most, budget.iterations(batch_pixels)), least)
            if most < limits[1]:
                because = (f", which take two cores up to {budget.minutes_of(most, batch_pixels)} "
                           "minutes: make it more if there is time")
        wanted = math.ceil(passes * num_train / batch / 100) * 100
        max_iter = min(max(wanted, least), most)
        self.choose("max_iter", max_iter, f"{max_iter * batch / num_train:.0f} times through the "
                    f"{num_train} images; {passes} are what {source} needs, and it is at least "
                    f"{least} and at most {most} iterations{because}")
        return max_iter

    def test_batch(self, num_test: int) -> int:
        """Images of a batch that takes part of each test image once."""
        batch = max(count for count in range(1, MOST_TEST_BATCH + 1) if num_test % count == 0)
        self.choose("test_iter", num_test // batch, f"batches of {batch}: each of the {num_test} "
                    "test images once")
        return batch


def check_backbone(name: str, known: Sequence[str]) -> None:
    """CaffeError for a name that is not known."""
    if name not in known:
        raise CaffeError(f"--backbone {name}: is not one of {', '.join(known)}"
                         f"{nearest(name, known)}")


def rounded(side: float) -> int:
    """A side of the input, in pixels, that the cells of all layers divide well."""
    return max(round(side / GRAIN), 4) * GRAIN


def common_shape(aspects: np.ndarray) -> tuple[float, str]:
    """The aspect ratio of the input for images of these, width by height, and why."""
    typical = float(np.median(aspects))
    low, high = np.quantile(aspects, (0.1, 0.9))
    if high / typical < SAME_ASPECT and typical / low < SAME_ASPECT:
        return min(max(typical, 0.5), 2), "the images' form"
    return 1.0, "square, since the images differ in form"


def sides_of(shape: float, longer: int) -> tuple[int, int]:
    """Height and width of an input of this aspect ratio, width by height, and longer side."""
    return (longer if shape <= 1 else rounded(longer / shape),
            longer if shape >= 1 else rounded(longer * shape))


def some_images(folder: Path, pixels_of: Callable[[bytes], Levels]) -> Iterator[Levels]:
    """Up to 200 images of a database, evenly over it; `pixels_of` decodes a record."""
    database = open_database(folder)
    positions = np.linspace(0, len(database) - 1, min(len(database), NUM_MEAN_IMAGES))
    for index in positions.astype(int):
        try:
            with failing_as_bad():
                pixels = pixels_of(database.read(index))
        except BadRecord:
            continue
        yield pixels


def mean_and_scale(images: Iterator[Levels]) -> tuple[tuple[float, ...], float]:
    """The mean of each channel over images (height, width, channels), and 1 / their deviation."""
    means = []
    squares = []
    for image in images:
        pixels = image.astype(np.float32).reshape(-1, image.shape[-1])
        means.append(pixels.mean(0))
        squares.append((pixels ** 2).mean(0))
    mean = np.mean(means, axis=0)
    deviation = math.sqrt(float(np.mean(np.mean(squares, axis=0) - mean ** 2)))
    return tuple(round(float(value)) for value in mean), round(1 / max(deviation, 1), 4)
