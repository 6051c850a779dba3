"""Compiled transforms of Winograd convolution: pixels to the 36 points of each tile, and back.

A tile is 4 x 4 pixels of the top; it needs 6 x 6 of the bottom. Tiles of all images are numbered
in rows, `tile_rows` to an image, `tile_columns` to a row. NaN stays NaN.

The transforms are separable: 6 rows of each column first, then 6 columns of each row, with the
result of the first pass in `half`. Names of one letter are vectors over the channels: a to f are
the inputs of a transform, p to u its outputs. The innermost loop runs over the channels, which
are contiguous, so that it is vectorised.
Source: Lavin and Gray 2016, F(4x4, 3x3): points 0, 1, -1, 2, -2 and infinity.
"""

from __future__ import annotations

import numpy as np

from framework.system.arrays import Floats
from framework.system.compiled import compiled_in_order

_f = np.float32
_TWO, _FOUR, _FIVE, _EIGHT = _f(2), _f(4), _f(5), _f(8)


@compiled_in_order
def _to_points(a: np.float32, b: np.float32, c: np.float32, d: np.float32, e: np.float32,
               f: np.float32) -> tuple[np.float32, ...]:
    """The bottom's side of one axis: 6 pixels to 6 points."""
    even = e - _FOUR * c        # the part of points 1 and -1 that is the same, and the other
    odd = d - _FOUR * b
    far = e - c                 # the same of points 2 and -2
    step = _TWO * (d - b)
    return (_FOUR * a - _FIVE * c + e, even + odd, even - odd, far + step, far - step,
            _FOUR * b - _FIVE * d + f)


@compiled_in_order
def _to_pixels(a: np.float32, b: np.float32, c: np.float32, d: np.float32, e: np.float32,
               f: np.float32) -> tuple[np.float32, ...]:
    """The top's side of one axis: 6 points to 4 pixels."""
    near = b + c                # of points 1 and -1: even and odd powers
    slope = b - c
    far = d + e                 # of points 2 and -2
    bend = d - e
    return a + near + far, slope + _TWO * bend, near + _FOUR * far, slope + _EIGHT * bend + f


@compiled_in_order
def take_tiles(x: Floats, points: Floats, first: int, rows: int, tile_rows: int, tile_columns: int,
               pad_h: int, pad_w: int) -> None:
    """points (36, tiles, channels) of `rows` rows of tiles, from row `first` on.

    x   (images, height, width, channels); pixels outside are 0
    """
    height, width, channels = x.shape[1:]
    zeros = np.zeros(channels, _f)
    half = np.empty((6, 6, channels), _f)
    for row in range(rows):
        image = x[(first + row) // tile_rows]
        top = (first + row) % tile_rows * 4 - pad_h
        for column in range(tile_columns):
            for j in range(6):
                left = column * 4 - pad_w + j
                inside = 0 <= left < width
                a = image[top, left] if inside and 0 <= top < height else zeros
                b = image[top + 1, left] if inside and 0 <= top + 1 < height else zeros
                c = image[top + 2, left] if inside and 0 <= top + 2 < height else zeros
                d = image[top + 3, left] if inside and 0 <= top + 3 < height else zeros
                e = image[top + 4, left] if inside and 0 <= top + 4 < height else zeros
                f = image[top + 5, left] if inside and 0 <= top + 5 < height else zeros
                p, q, r, s, t, u = (half[0, j], half[1, j], half[2, j], half[3, j], half[4, j],
                                    half[5, j])
                for k in range(channels):
                    p[k], q[k], r[k], s[k], t[k], u[k] = _to_points(
                        a[k], b[k], c[k], d[k], e[k], f[k])
            tile = row * tile_columns + column
            for i in range(6):
                a, b, c, d, e, f = (half[i, 0], half[i, 1], half[i, 2], half[i, 3], half[i, 4],
                                    half[i, 5])
                p, q, r = points[6 * i, tile], points[6 * i + 1, tile], points[6 * i + 2, tile]
                s, t, u = points[6 * i + 3, tile], points[6 * i + 4, tile], points[6 * i + 5, tile]
                for k in range(channels):
                    p[k], q[k], r[k], s[k], t[k], u[k] = _to_points(
                        a[k], b[k], c[k], d[k], e[k], f[k])


@compiled_in_order
def put_tiles(points: Floats, bias: Floats, lowest: np.float32, y: Floats, first: int, rows: int,
              tile_rows: int, tile_columns: int) -> None:
    """Write `rows` rows of tiles of y, from row `first` on: max(pixels + bias, lowest).

    points  (36, tiles, channels)
    bias    (channels,)
    lowest  float32: 0 for a ReLU, -infinity without one
    y       (images, height, width, channels); pixels of a tile outside of y are dropped
    """
    height, width, channels = y.shape[1:]
    half = np.empty((4, 6, channels), _f)
    outside = np.empty(channels, _f)        # takes the pixels that are dropped
    for row in range(rows):
        image = y[(first + row) // tile_rows]
        top = (first + row) % tile_rows * 4
        for column in range(tile_columns):
            tile = row * tile_columns + column
            left = column * 4
            for j in range(6):
                a, b, c = points[j, tile], points[6 + j, tile], points[12 + j, tile]
                d, e, f = points[18 + j, tile], points[24 + j, tile], points[30 + j, tile]
                p, q, r, s = half[0, j], half[1, j], half[2, j], half[3, j]
                for k in range(channels):
                    p[k], q[k], r[k], s[k] = _to_pixels(a[k], b[k], c[k], d[k], e[k], f[k])
            for i in range(min(4, height - top)):
                a, b, c, d, e, f = (half[i, 0], half[i, 1], half[i, 2], half[i, 3], half[i, 4],
                                    half[i, 5])
                p = image[top + i, left]
                q = image[top + i, left + 1] if left + 1 < width else outside
                r = image[top + i, left + 2] if left + 2 < width else outside
                s = image[top + i, left + 3] if left + 3 < width else outside
                for k in range(channels):
                    v, w, m, n = _to_pixels(a[k], b[k], c[k], d[k], e[k], f[k])
                    v += bias[k]
                    w += bias[k]
                    m += bias[k]
                    n += bias[k]
                    # not max(): a NaN is not below `lowest`, and stays
                    p[k] = lowest if v < lowest else v
                    q[k] = lowest if w < lowest else w
                    r[k] = lowest if m < lowest else m
                    s[k] = lowest if n < lowest else n


@compiled_in_order
def interleave(planes: Floats, pixels: Floats) -> None:
    """Transpose planes (images, channels, pixels) to pixels (images, pixels, channels)."""
    num_pixels, channels = pixels.shape[1:]
    for image in range(len(planes)):
        if channels == 3:
            a = planes[image, 0]
            b = planes[image, 1]
            c = planes[image, 2]
            y = pixels[image]
            for k in range(num_pixels):
                y[k, 0] = a[k]
                y[k, 1] = b[k]
                y[k, 2] = c[k]
        else:
            for channel in range(channels):
                for k in range(num_pixels):
                    pixels[image, k, channel] = planes[image, channel, k]
