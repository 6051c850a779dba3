"""Max, mean and bilinear sampling over regions of interest, divided into bins."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

CHANNELS_AT_ONCE = 64
"""The number of channels for which `rectangle_max` holds its tables in memory at once."""


class Bins(NamedTuple):
    """The cells of each bin: rows low..high-1 (R, P), columns left..right-1 (R, Q), int64."""

    low: Tensor
    high: Tensor
    left: Tensor
    right: Tensor

    @property
    def empty(self) -> Tensor:
        """(R, P, Q): which bins hold no cell."""
        return (self.high <= self.low)[:, :, None] | (self.right <= self.left)[:, None, :]


def round_half_away(x: Tensor) -> Tensor:
    """Round to whole numbers, halves away from zero, as C does (torch: to the even number)."""
    return x.sign() * (x.abs() + 0.5).floor()


def bin_edges(start: Tensor, length: Tensor, num_bins: int, limit: int) -> tuple[Tensor, Tensor]:
    """Bin edges: the first and one past the last cell of `num_bins` equal parts of an interval.

    start, length  (R,) in cells, with fractions
    Returns two (R, num_bins) int64, cut to 0..limit. Source: roi_pooling_layer.cpp.
    """
    index = torch.arange(num_bins, device=start.device, dtype=start.dtype)
    size = (length / num_bins)[:, None]
    low = (index * size + start[:, None]).floor()
    high = ((index + 1) * size + start[:, None]).ceil()
    # a C cast of NaN gives the least integer, which is cut to 0
    low, high = (edge.nan_to_num(0.0).clamp(0, limit).long() for edge in (low, high))
    return low, high


def rectangle_max(x: Tensor, item: Tensor, bins: Bins) -> Tensor:
    """Max over each bin, 0 if it is empty; of equal values the first in row order has the gradient.

    x     (N, C, H, W)
    item  (R,) int64: which of the N maps
    Returns (R, C, P, Q).
    """
    num_channels = x.shape[1]
    cells = x.shape[2] * x.shape[3]
    with torch.no_grad():
        indices = torch.cat([_argmax(part, item, bins)
                             for part in x.detach().split(CHANNELS_AT_ONCE, 1)], 1)
    channel = torch.arange(num_channels, device=x.device)[:, None, None]
    index = (item[:, None, None, None] * num_channels + channel) * cells + indices
    values = x.reshape(-1).gather(0, index.reshape(-1)).reshape(indices.shape)
    return values.masked_fill(bins.empty[:, None], 0)


def _argmax(x: Tensor, item: Tensor, bins: Bins) -> Tensor:
    """Range maximum query by sparse tables: the index in H * W of each bin's maximum (R, C, P, Q).

    A table holds the maximum of every rectangle whose sides are powers of two; any rectangle is
    the union of four of them, one at each of its corners.
    """
    height, width = x.shape[2:]
    table, indices = _power_table(x)
    row_level = _level(bins.high - bins.low, height)[:, :, None]
    column_level = _level(bins.right - bins.left, width)[:, None, :]
    rows = bins.low[:, :, None], bins.high[:, :, None] - 2 ** row_level
    columns = bins.left[:, None, :], bins.right[:, None, :] - 2 ** column_level
    best: tuple[Tensor, Tensor] | None = None
    for row in rows:
        for column in columns:
            corner = (row_level, column_level, item[:, None, None], slice(None),
                      row.clamp(0, height - 1), column.clamp(0, width - 1))
            found = table[corner], indices[corner]
            best = found if best is None else _better(*best, *found)
    assert best is not None
    return best[1].permute(0, 3, 1, 2).long()


def _power_table(x: Tensor) -> tuple[Tensor, Tensor]:
    """Sparse tables (I, J, N, C, H, W): maxima over 2^i rows, 2^j columns from each cell; indices.

    Near the end of the map they wrap round; no bin asks for those.
    """
    height, width = x.shape[2:]
    index = torch.arange(height * width, device=x.device, dtype=torch.int32)
    tables = [(x, index.view(height, width).expand_as(x))]
    for level in range(1, height.bit_length()):
        tables.append(_doubled(*tables[-1], 2 ** (level - 1), 2))
    rows = []
    for table in tables:
        row = [table]
        for level in range(1, width.bit_length()):
            row.append(_doubled(*row[-1], 2 ** (level - 1), 3))
        rows.append(row)
    return (torch.stack([torch.stack([table for table, _ in row]) for row in rows]),
            torch.stack([torch.stack([indices for _, indices in row]) for row in rows]))


def _doubled(x: Tensor, indices: Tensor, step: int, axis: int) -> tuple[Tensor, Tensor]:
    return _better(x, indices, x.roll(-step, axis), indices.roll(-step, axis))


def _better(x: Tensor, indices: Tensor, y: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """The larger of two values and its index; of equal ones that of lower index."""
    take = (y > x) | ((y == x) & (others < indices))
    return torch.where(take, y, x), torch.where(take, others, indices)


def _level(length: Tensor, limit: int) -> Tensor:
    """The largest k with 2^k <= length (0 for lengths below 1)."""
    if limit <= 1:
        return torch.zeros_like(length)
    return torch.stack([length >= 2 ** k for k in range(1, limit.bit_length())]).sum(0)


def rectangle_mean(x: Tensor, item: Tensor, channel: Tensor, bins: Bins) -> Tensor:
    """Mean over each bin of a channel of its own, by an integral image; 0 if the bin is empty.

    x        (N, C, H, W)
    item     (R,) int64: which of the N maps
    channel  (D, P, Q) int64
    Returns (R, D, P, Q).
    """
    sums = F.pad(x.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    where = item[:, None, None, None], channel[None]

    def corner(row: Tensor, column: Tensor) -> Tensor:
        return sums[(*where, row[:, None, :, None], column[:, None, None, :])]

    total = (corner(bins.high, bins.right) - corner(bins.low, bins.right)
             - corner(bins.high, bins.left) + corner(bins.low, bins.left))
    area = (bins.high - bins.low)[:, None, :, None] * (bins.right - bins.left)[:, None, None, :]
    return (total / area.clamp(min=1)).masked_fill(bins.empty[:, None], 0).to(x.dtype)


def sample_bilinear(x: Tensor, item: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Bilinear sampling at a grid of rows (R, P) and columns (R, Q), in cells.

    x     (N, C, H, W)
    item  (R,) int64: which of the N maps
    Returns (R, C, P, Q). Points more than half a cell outside the map give 0, nearer ones the
    value at the border.
    """
    height, width = x.shape[2:]
    outside = (((rows < -0.5) | (rows > height - 0.5))[:, :, None]
               | ((columns < -0.5) | (columns > width - 0.5))[:, None, :])
    top, bottom, down = _neighbours(rows, height)
    left, right, along = _neighbours(columns, width)

    def cell(row: Tensor, column: Tensor) -> Tensor:
        found = x[item[:, None, None], :, row[:, :, None], column[:, None, :]]
        return found.permute(0, 3, 1, 2)

    down, along = down[:, None, :, None].to(x.dtype), along[:, None, None, :].to(x.dtype)
    upper = cell(top, left) * (1 - along) + cell(top, right) * along
    lower = cell(bottom, left) * (1 - along) + cell(bottom, right) * along
    return (upper * (1 - down) + lower * down).masked_fill(outside[:, None], 0)


def _neighbours(x: Tensor, limit: int) -> tuple[Tensor, Tensor, Tensor]:
    """The cells before and after each point, and its distance from the first."""
    cell = x.floor().nan_to_num(0.0)        # NaN has no cell, and shows in the distance
    before, after = cell.clamp(0, limit - 1), (cell + 1).clamp(0, limit - 1)
    return before.long(), after.long(), x.clamp(0, limit - 1) - before
