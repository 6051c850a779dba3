"""Interpolation weights along one axis for bicubic, Lanczos and area resizing; compiled.

Source: imgproc/resize.cpp of OpenCV: resizeGeneric_'s tables, interpolateCubic,
interpolateLanczos4, computeResizeAreaTab.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Array, Floats, Indices
from framework.system.compiled import compiled_exactly

# OpenCV's types and order of operations are kept in each line: a weight that is rounded in another
# way moves a level. That holds for 1 / (targets / source), too, which is not source / targets.
_f = np.float32
UNIT = 2048                 # what integer weights are parts of
_TURN = 0.70710678118654752440084436210485


@compiled_exactly
def cubic_weights(source: int, first: Indices, weights: Floats) -> None:
    """Four pixels each, A = -0.75. first (targets,) int64; weights (targets, 4) float32."""
    scale = 1 / (len(first) / source)
    a = _f(-0.75)
    for target in range(len(first)):
        at = _f((target + 0.5) * scale - 0.5)
        base = math.floor(at)
        x = at - _f(base)
        y = _f(1) - x
        far = x + _f(1)
        # The cubic's polynomials at distances 1 + x, x and 1 - x; the fourth is what lacks to 1.
        one = ((a * far - _f(5) * a) * far + _f(8) * a) * far - _f(4) * a
        two = ((a + _f(2)) * x - (a + _f(3))) * x * x + _f(1)
        three = ((a + _f(2)) * y - (a + _f(3))) * y * y + _f(1)
        first[target] = base - 1
        weights[target, 0] = np.rint(one * _f(UNIT)) / _f(UNIT)
        weights[target, 1] = np.rint(two * _f(UNIT)) / _f(UNIT)
        weights[target, 2] = np.rint(three * _f(UNIT)) / _f(UNIT)
        weights[target, 3] = np.rint((_f(1) - one - two - three) * _f(UNIT)) / _f(UNIT)


@compiled_exactly
def lanczos_weights(source: int, first: Indices, weights: NDArray[np.int32]) -> None:
    """Eight pixels each. first (targets,) int64; weights (targets, 8) int32."""
    scale = 1 / (len(first) / source)
    sines = (1.0, -_TURN, 0.0, _TURN, -1.0, _TURN, 0.0, -_TURN)
    cosines = (0.0, -_TURN, 1.0, -_TURN, 0.0, _TURN, -1.0, _TURN)
    raw = np.empty(8, _f)
    for target in range(len(first)):
        at = _f((target + 0.5) * scale - 0.5)
        base = math.floor(at)
        x = at - _f(base)
        angle = -np.float64(x + _f(3)) * math.pi * 0.25
        sine = math.sin(angle)
        cosine = math.cos(angle)
        total = _f(0)
        for tap in range(8):
            distance = x + _f(3) - _f(tap)
            turn = -np.float64(distance) * math.pi * 0.25
            if abs(distance) < _f(1e-6):
                # The pixel itself: a weight so large that the others vanish beside it.
                raw[tap] = _f(1e30)
            else:
                # The sine of (angle + tap quarters of pi) by the addition theorem.
                raw[tap] = _f((sines[tap] * sine + cosines[tap] * cosine) / (turn * turn))
            total += raw[tap]
        first[target] = base - 3
        for tap in range(8):
            weights[target, tap] = np.rint(raw[tap] * (_f(1) / total) * _f(UNIT))


@compiled_exactly
def area_weights(source: int, first: Indices, weights: Floats) -> None:
    """Area coverage of each source pixel. first (targets,) int64; weights (targets, taps) float32.

    taps  ceil(source / targets) + 2; those after the last that is used are 0
    """
    scale = 1 / (len(first) / source)
    weights[:] = 0
    for target in range(len(first)):
        start = target * scale
        end = start + scale
        cell = min(scale, source - start)
        last = min(math.floor(end), source - 1)
        whole = min(math.ceil(start), last)
        # A part of the pixel before `whole`, all of those up to `last`, a part of `last`; parts
        # below a thousandth are dropped, as in OpenCV.
        first[target] = max(whole - 1, 0)
        if whole - start > 1e-3:
            weights[target, whole - 1 - first[target]] = (whole - start) / cell
        for index in range(whole, last):
            weights[target, index - first[target]] = 1 / cell
        if end - last > 1e-3:
            weights[target, last - first[target]] = min(min(end - last, 1.0), cell) / cell


@compiled_exactly
def fold(first: Indices, weights: Array, source: int, start: int, length: int, begin: Indices,
         count: Indices, folded: Array, whole: Array, seen: Array) -> None:
    """Select the taps on `length` pixels from `start` on, of a source of `source` pixels.

    Taps outside the source are added to its border pixel (BORDER_REPLICATE).
    begin, count  (targets,) int64, in pixels from `start`: the first that is needed, how many
    folded        (targets, taps), their weights
    whole, seen   (targets,), the sum of all weights, and of the folded ones
    """
    folded[:] = 0
    whole[:] = 0
    seen[:] = 0
    for target in range(len(first)):
        low = length
        high = 0
        for tap in range(weights.shape[1]):
            weight = weights[target, tap]
            whole[target] += weight
            index = min(max(first[target] + tap, 0), source - 1) - start
            if weight != 0 and 0 <= index < length:
                seen[target] += weight
                # Indices never fall from tap to tap, so that `low` is settled by the first one.
                low = min(low, index)
                high = max(high, index + 1)
                folded[target, index - low] += weight
        begin[target] = min(low, length - 1)
        count[target] = max(high - low, 0)
