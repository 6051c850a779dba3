"""Anchors of YOLO from the boxes of a data set: k-means with the distance 1 - IoU."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framework.errors import DataError
from framework.report.data_survey import Survey

MOST_ROUNDS = 300
Doubles = NDArray[np.float64]


def shape_overlaps(sizes: Doubles, anchors: Doubles) -> Doubles:
    """IoU (n, k) of boxes and anchors, widths and heights (n, 2) and (k, 2), around one centre."""
    common = np.minimum(sizes[:, None], anchors[None]).prod(2)
    union = sizes.prod(1)[:, None] + anchors.prod(1)[None] - common
    return np.asarray(common / union)


def cluster_anchors(sizes: Doubles, count: int, seed: int = 0) -> tuple[Doubles, float]:
    """k-means of box sizes with the distance 1 - IoU.

    sizes  (n, 2) widths and heights, above 0
    Returns `count` anchors (count, 2), by area, and the mean IoU of each box with its best one.
    The first anchors are drawn as k-means++ draws them; an anchor is the mean of its boxes.
    Raises DataError if there are fewer different sizes than anchors.
    Source: Redmon and Farhadi 2017, "YOLO9000", section 2, dimension clusters.
    """
    different = len(np.unique(sizes, axis=0)) if len(sizes) else 0
    if different < count:
        raise DataError(f"--anchors is {count}, but the boxes have {different} different sizes")
    anchors = _first_anchors(sizes, count, np.random.default_rng(seed))
    nearest = np.full(len(sizes), -1)
    for _ in range(MOST_ROUNDS):
        found = shape_overlaps(sizes, anchors).argmax(1)
        if (found == nearest).all():
            break
        nearest = found
        members = np.bincount(nearest, minlength=count)
        sums = [np.bincount(nearest, sizes[:, axis], count) for axis in (0, 1)]
        means = np.stack(sums, 1) / np.maximum(members, 1)[:, None]
        anchors = np.where(members[:, None] > 0, means, anchors)
    anchors = anchors[anchors.prod(1).argsort(kind="stable")]
    return anchors, float(shape_overlaps(sizes, anchors).max(1).mean())


def _first_anchors(sizes: Doubles, count: int, random: np.random.Generator) -> Doubles:
    """Boxes that are far from each other: each drawn with its squared distance as the weight."""
    chosen = sizes[random.integers(len(sizes))][None]
    while len(chosen) < count:
        weight = np.square(1 - shape_overlaps(sizes, chosen).max(1)).clip(0)
        weight[weight < 1e-12] = 0      # a size that is chosen already
        chosen = np.concatenate([chosen, sizes[random.choice(len(sizes), p=weight / weight.sum())
                                               ][None]])
    return chosen


def print_anchors(found: Survey, count: int, size: tuple[int, int] | None) -> None:
    """Print the anchors of a database's boxes as a Yolov3 layer and a .cfg file take them.

    size  (width, height) to which every image is resized; None: as the images are
    """
    corners = np.clip(found.corners, 0, 1).astype(np.float64)
    sizes = (corners[:, 2:] - corners[:, :2]) * (found.images if size is None else size)
    anchors, mean = cluster_anchors(sizes[(sizes > 0).all(1)], count)
    pixels = f"an input of {size[0]} x {size[1]}" if size else "the images"
    numbers = ", ".join(f"{number:.4g}" for number in anchors.flatten())
    print(f"anchors, k-means with 1 - IoU, in pixels of {pixels}: mean IoU {mean:.4f}\n"
          f"  biases: [{numbers}]")
