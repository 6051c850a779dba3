"""Ground truth boxes of a label blob: image, label, instance, x1, y1, x2, y2, difficult."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class GroundTruth:
    """The rows of a label blob, in their order.

    image    (R,) int64; -1 for rows that do not count
    label    (R,) int64
    corners  (R, 4) as fractions of the image
    """

    image: Tensor
    label: Tensor
    corners: Tensor

    def images_with_boxes(self, num_images: int) -> Tensor:
        """Which images have at least one box: (num_images,) bool."""
        found = torch.zeros(num_images + 1, dtype=torch.bool, device=self.image.device)
        # rows that do not count mark one image more, which is cut off
        marked = torch.where(self.image >= 0, self.image, num_images)
        return found.index_fill(0, marked, True)[:-1]


def read_ground_truth(rows: Tensor, num_images: int, use_difficult: bool) -> GroundTruth:
    """Parse a label blob of 8 numbers a row.

    Rows of item -1, of an item outside of the batch and, unless `use_difficult`, rows marked
    difficult do not count, wherever they are. There is at least one row, as in Caffe.
    Source: GetGroundTruth, bbox_util.cpp in weiliu89/caffe branch ssd.
    """
    rows = rows.detach().reshape(-1, 8)
    if not len(rows):
        rows = rows.new_full((1, 8), -1)
    item = rows[:, 0].long()
    counts = (item >= 0) & (item < num_images)
    if not use_difficult:
        counts = counts & (rows[:, 7] == 0)
    return GroundTruth(torch.where(counts, item, -1), rows[:, 1].long(), rows[:, 3:7])
