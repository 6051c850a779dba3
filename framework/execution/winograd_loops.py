"""The transforms of `winograd`, compiled: pixels to the 36 points of each tile, and back.

A tile is 4 x 4 pixels of the top; it needs 6 x 6 of the bottom. Tiles of all images stand in
rows, `tile_rows` to an image, `tile_columns` to a row. NaN stays NaN.
Source: Lavin and Gray 2016, F(4x4, 3x3): points 0, 1, -1, 2, -2 and infinity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from framework.system.compiled import compiled_in_order

_f = np.float32
_TWO, _FOUR, _FIVE, _EIGHT = _f(2), _f(4), _f(5), _f(8)


@compiled_in_order
def _to_points(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """The bottom's side of one axis: 6 pixels to 6 points."""
    even, odd = e - _FOUR * c, d - _FOUR * b
    far, step = e - c, _TWO * (d - b)
    return (_FOUR * a - _FIVE * c + e, even + odd, even - odd, far + step, far - step,
            _FOUR * b - _FIVE * d + f)


@compiled_in_order
def _to_pixels(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any) -> Any:
    """The top's side of one axis: 6 points to 4 pixels."""
    near, slope, far, bend = b + c, b - c, d + e, d - e
    return a + near + far, slope + _TWO * bend, near + _FOUR * far, slope + _EIGHT * bend + f


@compiled_in_order
def take_tiles(x: Any, points: Any, first: int, rows: int, tile_rows: int, tile_columns: int,
               pad_h: int, pad_w: int) -> None:
    """points (36, tiles, channels) of `rows` rows of tiles, from row `first` on.

    x   (images, height, width, channels); pixels outside are 0
    """
    height, width, channels = x.shape[1:]
    zeros, half = np.zeros(channels, _f), np.empty((6, 6, channels), _f)
    for row in range(rows):
        image, top = x[(first + row) // tile_rows], (first + row) % tile_rows * 4 - pad_h
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
def put_tiles(points: Any, bias: Any, lowest: Any, y: Any, first: int, rows: int,
              tile_rows: int, tile_columns: int) -> None:
    """Write `rows` rows of tiles of y, from row `first` on: max(pixels + bias, lowest).

    points  (36, tiles, channels)
    bias    (channels,)
    lowest  float32: 0 for a ReLU, -infinity for none
    y       (images, height, width, channels); what of a tile lies outside is left out
    """
    height, width, channels = y.shape[1:]
    half, outside = np.empty((4, 6, channels), _f), np.empty(channels, _f)
    for row in range(rows):
        image, top = y[(first + row) // tile_rows], (first + row) % tile_rows * 4
        for column in range(tile_columns):
            tile, left = row * tile_columns + column, column * 4
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
                    v, w, m, n = v + bias[k], w + bias[k], m + bias[k], n + bias[k]
                    p[k], q[k] = lowest if v < lowest else v, lowest if w < lowest else w
                    r[k], s[k] = lowest if m < lowest else m, lowest if n < lowest else n


@compiled_in_order
def interleave(planes: Any, pixels: Any) -> None:
    """pixels (images, places, channels) of planes (images, channels, places)."""
    places, channels = pixels.shape[1:]
    for image in range(len(planes)):
        if channels == 3:
            a, b, c, y = planes[image, 0], planes[image, 1], planes[image, 2], \
                pixels[image]
            for k in range(places):
                y[k, 0], y[k, 1], y[k, 2] = a[k], b[k], c[k]
        else:
            for channel in range(channels):
                for k in range(places):
                    pixels[image, k, channel] = planes[image, channel, k]
