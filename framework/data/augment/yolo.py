"""MobileNet-YOLO's AnnotatedData: jittered windows, several sizes, labels as rows of an item.

Source: sampler.cpp (GenerateJitterSamples) and annotated_data_layer.cpp of eric612/MobileNet-YOLO.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from framework.data.augment.draws import Draws, Stream
from framework.data.augment.geometry import Window
from framework.proto import ResizeParameter, TransformationParameter
from framework.system.arrays import Floats

ROWS = 300                  # boxes of an item, as the fork's losses read them
BATCHES_OF_A_SIZE = 10
TOLERANCE = 0.01            # of the sum of the policies' probabilities


class Jitter:
    """Random windows of at least 1 - jitter of each side: all of it in 1 of 5 cases, of half the
    jitter in another.

    keeps_aspect  both sides have the same part of theirs
    """

    def __init__(self, jitter: float, keeps_aspect: bool):
        self.jitter = jitter
        self.keeps_aspect = keeps_aspect

    def draw(self, corners: Floats, draws: Draws) -> Window | None:
        """x1, y1, x2, y2 as fractions of the image, or None for all of it; `corners` do not
        matter."""
        kind = draws.uniform(0, 1)
        if kind < 0.2:
            return None
        most = self.jitter / 2 if kind < 0.4 else self.jitter
        width = 1 - draws.uniform(0, most)
        height = width if self.keeps_aspect else 1 - draws.uniform(0, most)
        x = draws.uniform(0, 1 - width)
        y = draws.uniform(0, 1 - height)
        return np.array([x, y, x + width, y + height], np.float32)


def sizes_of(param: TransformationParameter) -> list[ResizeParameter]:
    """All resize_params of a transform_param."""
    if not param.HasField("resize_param"):
        return []
    return [param.resize_param, *param.resize_param_more]


def check_sizes(param: TransformationParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` unless the probabilities of several sizes sum to 1."""
    sizes = sizes_of(param)
    if len(sizes) < 2:
        return
    total = sum(size.prob for size in sizes)
    if min(size.prob for size in sizes) < 0 or abs(total - 1) > TOLERANCE:
        raise error("transform_param.resize_param.prob", f"of the {len(sizes)} resize_params sum "
                    f"to {total:g}; they must not be negative and sum to 1")


def choose_size(probabilities: Sequence[float], seed: int, batch_index: int) -> int:
    """The number of the size of a batch: every 10 batches a new one is drawn."""
    draws = Draws(seed, batch_index // BATCHES_OF_A_SIZE, Stream.SIZES)
    limits = np.cumsum(probabilities)
    point = draws.uniform(0, float(limits[-1]))
    return min(int(np.searchsorted(limits, point, "right")), len(limits) - 1)


def yolo_rows(boxes: Sequence[Floats | None], with_difficult: bool) -> Floats:
    """(items, 1, 300, 5) float32: class from 0 on, centre x and y, width, height; zeros after that.

    boxes  for each item (n, 7): label, instance, x1, y1, x2, y2, difficult
    """
    rows = np.zeros((len(boxes), 1, ROWS, 5), np.float32)
    for item, of_item in enumerate(boxes):
        if of_item is None:
            continue
        used = of_item if with_difficult else of_item[of_item[:, 6] == 0]
        low, high = used[:, 2:4], used[:, 4:6]
        columns = [used[:, :1] - 1, (low + high) / 2, high - low]
        rows[item, 0, :len(used)] = np.concatenate(columns, 1)
    return rows
