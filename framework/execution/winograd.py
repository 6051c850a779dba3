"""Winograd convolution F(4x4, 3x3): 3 x 3 filters with a quarter of the multiplications.

A tile of 4 x 4 pixels of the top takes 36 products for each pair of channels instead of 144,
summed over the channels by matrix products. The transforms around them are compiled loops.
Values differ from the sum in its definition by rounding: up to about 1e-5 of the largest, 8
times what the direct sum has.
Source: Lavin and Gray 2016, Fast Algorithms for Convolutional Neural Networks.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

# The filter transform G: points = G @ filter @ G.T, evaluated in float64.
FILTER = ((1 / 4, 0, 0), (-1 / 6, -1 / 6, -1 / 6), (-1 / 6, 1 / 6, -1 / 6),
          (1 / 24, 1 / 12, 1 / 6), (1 / 24, -1 / 12, 1 / 6), (0, 0, 1))
TILES = 96                  # at a time, so that their points stay in the cache


class Winograd:
    """A convolution with stride 1 and no dilation, of x (N, C, H, W) in float32 on a CPU.

    weight  (num_output, C, 3, 3)
    pad     zeros around, for height and width
    relu    whether max(y, 0) follows
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, pad: tuple[int, ...], relu: bool):
        num_output, channels = weight.shape[:2]
        rows = torch.tensor(FILTER, dtype=torch.float64)
        points = torch.einsum("ia,kcab,jb->ijck", rows, weight.detach().double(), rows)
        self.points = points.reshape(36, channels, num_output).float().contiguous()
        self.bias = np.zeros(num_output, np.float32) if bias is None else \
            bias.detach().numpy().copy()
        self.pad = pad
        self.lowest = np.float32(0 if relu else -np.inf)

    def __call__(self, x: Tensor) -> Tensor:
        """y (N, num_output, H + 2 pad - 2, W + 2 pad - 2), channels last."""
        # lazy: numba costs 0.2 s
        from framework.execution.winograd_loops import put_tiles, take_tiles
        batch, channels, height, width = x.shape
        pad_h, pad_w = self.pad
        height += 2 * pad_h - 2
        width += 2 * pad_w - 2
        num_output = self.points.shape[2]
        y = torch.empty(batch, height, width, num_output)
        tile_rows = -(-height // 4)
        tile_columns = -(-width // 4)
        # Rows of tiles of all images are cut into strips of about TILES tiles. For each strip:
        # pixels to 36 points (take_tiles), a matrix product over the channels for each of the 36
        # (bmm), points back to pixels with bias and ReLU (put_tiles).
        total = batch * tile_rows
        strips = -(-total * tile_columns // TILES)
        rows = -(-total // strips)
        before = torch.empty(36, rows * tile_columns, channels)
        after = torch.empty(36, rows * tile_columns, num_output)
        pixels = x.detach().permute(0, 2, 3, 1).contiguous().numpy()
        before_array = before.numpy()
        after_array = after.numpy()
        top = y.numpy()
        for first in range(0, total, rows):
            some = min(rows, total - first)
            take_tiles(pixels, before_array, first, some, tile_rows, tile_columns, pad_h, pad_w)
            torch.bmm(before, self.points, out=after)
            put_tiles(after_array, self.bias, self.lowest, top, first, some, tile_rows,
                      tile_columns)
        return y.permute(0, 3, 1, 2)


def pays(channels: int, num_output: int, tops: tuple[int, int, int], threads: int) -> bool:
    """Whether Winograd takes clearly less time than direct convolution, by a cost model.

    tops   number, height and width of the images of the top
    Costs are in units of a multiply-add. The transforms cost 2000 a tile and bottom channel and
    1250 a tile and top channel, and do not run in threads; 36 points of a weight have to be read
    for its 9 values. Measured with AVX-512; 0.85 leaves room for other processors.
    """
    batch, height, width = tops
    tiles = batch * -(-height // 4) * -(-width // 4)
    weights = channels * num_output
    products = (tiles * 40 * weights + 500 * weights) / threads
    transforms = tiles * (2000 * channels + 1250 * num_output)
    return products + transforms < 0.85 * 9 * weights * batch * height * width / threads
