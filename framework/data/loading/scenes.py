"""Window files of MS-CNN and Cascade R-CNN: images with their boxes and regions of no interest."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from framework.errors import DataError
from framework.system.regular import read_regular


@dataclass(frozen=True)
class Scene:
    """An image, the numbers of its boxes, corners in pixels last, and corners of the regions."""

    path: str
    height: int
    width: int
    boxes: list[list[int]]
    regions: list[list[int]] = field(default_factory=list)


def read_scenes(path: str, root: str, numbers: int) -> list[Scene]:
    """The images and boxes of a window file.

    For each image `# index`, path, channels, height, width, the number of its boxes, a line of
    `numbers` for each, the number of regions of no interest, and x1, y1, x2, y2 of each.
    DataError if it has another form, or no image.
    """
    try:
        words = iter(os.fsdecode(read_regular(path)).split())
    except OSError as error:
        raise DataError(f"{path}: the window file cannot be read: {error.strerror}") from None
    scenes: list[Scene] = []
    try:
        for mark in words:
            if mark != "#":
                raise DataError(f"{path}: there is '{mark}' where image {len(scenes)} must begin "
                                "with '#'")
            next(words)
            name = next(words)
            _, height, width, num = (int(next(words)) for _ in range(4))
            boxes = [[int(next(words)) for _ in range(numbers)] for _ in range(num)]
            regions = [[int(next(words)) for _ in range(4)] for _ in range(int(next(words)))]
            scenes.append(Scene(root + name, height, width, boxes, regions))
    except DataError:
        raise
    except (StopIteration, RuntimeError, ValueError):
        raise DataError(f"{path}: image {len(scenes)} is incomplete or has a word that is not a "
                        "whole number") from None
    if not scenes:
        raise DataError(f"{path}: the window file is empty")
    return scenes
