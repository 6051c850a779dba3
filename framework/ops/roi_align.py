"""RoI align of Mask R-CNN: means of bilinear samples, from one feature map or several (FPN)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.ops.regions import sample_bilinear

BEYOND = 1.0        # cells by which a sample may be outside the map and still count


@dataclass(frozen=True)
class Grid:
    """The bins of each region, and how many samples each has on each axis."""

    height: int
    width: int
    samples: int


def roi_align(maps: Sequence[Tensor], item: Tensor, level: Tensor, corners: Tensor,
              grid: Grid) -> Tensor:
    """The mean of samples * samples bilinear samples in each bin of each region.

    maps     (N, C, H, W) each
    item     (R,) int64: which of the N items
    level    (R,) int64: which of the maps
    corners  (R, 4) x1, y1, x2, y2 in cells of that map; a side shorter than a cell counts as one
    Returns (R, C, grid.height, grid.width). A sample more than a cell outside its map is 0, one
    nearer has the value of the border.
    All cells of all maps are rows of one table, and a bin is a weighted sum of some of its rows,
    so that nothing depends on how many regions are of which map.
    Source: roi_align_kernel.cpp of torchvision, `aligned` false; He et al. 2017.
    """
    table = torch.cat([x.permute(0, 2, 3, 1).flatten(0, 2) for x in maps])
    sizes = torch.tensor([tuple(x.shape[2:]) for x in maps], device=item.device)
    counts = [x.shape[0] * x.shape[2] * x.shape[3] for x in maps]
    starts = torch.tensor([sum(counts[:index]) for index in range(len(maps))], device=item.device)
    high, wide = sizes[level].unbind(1)
    first = starts[level] + item * high * wide
    rows, row_weights = _taps(corners[:, 1], corners[:, 3], grid.height, grid.samples, high)
    columns, column_weights = _taps(corners[:, 0], corners[:, 2], grid.width, grid.samples, wide)
    index = first[:, None, None, None, None] + rows[:, :, None, :, None] \
        * wide[:, None, None, None, None] + columns[:, None, :, None, :]
    weights = row_weights[:, :, None, :, None] * column_weights[:, None, :, None, :]
    shape = (len(item), grid.height, grid.width, table.shape[1])
    summed = F.embedding_bag(index.reshape(-1, index.shape[3] * index.shape[4]), table, mode="sum",
                             per_sample_weights=weights.to(table.dtype).reshape(
                                 -1, index.shape[3] * index.shape[4]))
    return summed.view(shape).permute(0, 3, 1, 2)


def largest_samples(x: Tensor, item: Tensor, corners: Sequence[Tensor], height: int, width: int
                    ) -> Tensor:
    """The largest of 2 x 2 bilinear samples in each bin of each region, at the thirds of the bin.

    x        (N, C, H, W)
    item     (R,) int64: which of the N items
    corners  x1, y1, x2, y2 in cells, (R,) each; a region has trunc(x2 - x1 + 1) cells, at least one
    Returns (R, C, height, width). Bins are cut to the map, an empty one is 0, and a sample after
    the last cell has its value, where the original reads what is next in memory. Within bins below
    0.03 cells the original draws its samples 0.01 apart.
    Source: roi_align_layer.cu of nnop/caffe. The gradient is the derivative; the original's
    backward looks for its samples from corners that are cut to whole cells.
    """
    x1, y1, x2, y2 = corners
    rows, no_rows = _thirds(y1, y2, height, x.shape[2])
    columns, no_columns = _thirds(x1, x2, width, x.shape[3])
    sampled = F.max_pool2d(sample_bilinear(x, item, rows, columns), 2)
    empty = no_rows[:, None, :, None] | no_columns[:, None, None, :]
    return sampled.masked_fill(empty, 0)


def _thirds(start: Tensor, end: Tensor, bins: int, limit: int) -> tuple[Tensor, Tensor]:
    """Two points in each bin of an axis, (R, 2 * bins), and whether the bin is empty, (R, bins)."""
    size = (end - start + 1).trunc().clamp(min=1) / bins
    index = torch.arange(bins + 1, device=start.device, dtype=start.dtype)
    edges = (index * size[:, None] + start[:, None]).clamp(0, limit)
    first, last = edges[:, :-1], edges[:, 1:]
    step = (last - first) / 3
    points = torch.stack([first + step, first + 2 * step], -1).flatten(1)
    return points.clamp(max=limit - 1), last <= first


def _taps(start: Tensor, end: Tensor, bins: int, samples: int, limit: Tensor
          ) -> tuple[Tensor, Tensor]:
    """The cells that each bin of an axis reads, (R, bins, 2 * samples), and their weights.

    start, end, limit  (R,): of the region, and of the map, in cells
    """
    steps = torch.arange(bins * samples, device=start.device, dtype=start.dtype) + 0.5
    size = (end - start).clamp(min=1) / (bins * samples)
    point = (start[:, None] + steps * size[:, None]).nan_to_num(-2 * BEYOND)
    inside = (point >= -BEYOND) & (point <= limit[:, None])
    last = (limit - 1)[:, None].to(point.dtype)
    before = point.clamp(min=0).minimum(last).floor()
    after = (before + 1).minimum(last)
    part = (point.clamp(min=0).minimum(last) - before)
    weights = torch.stack([1 - part, part], -1) / samples
    weights = torch.where(inside[:, :, None], weights, 0)
    cells = torch.stack([before, after], -1).long()
    shape = (len(start), bins, 2 * samples)
    return cells.reshape(shape), weights.reshape(shape)


def levels_of(corners: Tensor, canonical_size: float, canonical_level: float, num: int,
              first: int) -> Tensor:
    """Which of the maps 0 to num - 1 regions (R, 4) in pixels are read from, (R,) int64.

    first  the level of map 0: log2 of its stride
    Source: Lin et al. 2017, eq. 1; LevelMapper of torchvision's poolers.py.
    """
    size = (corners[:, 2:] - corners[:, :2]).clamp(min=0).prod(1).sqrt()
    level = (canonical_level + (size / canonical_size).log2() + 1e-6).floor()
    return (level - first).nan_to_num(0.0).clamp(0, num - 1).long()
