"""Random crop trials of SSD's batch samplers against the boxes of an image, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framework.system.arrays import Floats
from framework.system.compiled import compiled_exactly

_ONE = np.float32(1)
_ZERO = np.float32(0)
_TINY = np.float32(1e-30)       # for boxes without area, which share none


@compiled_exactly
def allowed_windows(uniform: Floats, sizes: Floats, counts: NDArray[np.int64], bounds: Floats,
                    corners: Floats) -> Floats:
    """The windows that the samplers find, (found, 4), sampler by sampler in the order of trials.

    uniform  (4, samplers, trials) of [0, 1): scale, aspect ratio, position across and down
    sizes    (samplers, 4): least scale, its range, least aspect ratio, its range
    counts   (samplers, 2): trials, and after how many windows a sampler stops
    bounds   (samplers, 2, 3): least and greatest Jaccard overlap, sample and object coverage;
             -inf and inf where there is none
    corners  (boxes, 4)
    """
    windows = np.empty((uniform.shape[1] * uniform.shape[2], 4), np.float32)
    total = 0
    for sampler in range(len(counts)):
        is_free = (bounds[sampler, 0] == -np.inf).all() and (bounds[sampler, 1] == np.inf).all()
        num_trials, left = counts[sampler]
        for trial in range(num_trials):
            if left == 0:
                break
            # The next free row; it is overwritten by the next trial if the bounds are not met.
            _fill_window(uniform[:, sampler, trial], sizes[sampler], windows[total])
            if is_free or _meets(windows[total], corners, bounds[sampler]):
                total += 1
                left -= 1
    return windows[:total]


@compiled_exactly
def _fill_window(uniform: Floats, sizes: Floats, window: Floats) -> None:
    """Compute the corners of a window; it is inside the image, whatever rounding does."""
    scale = sizes[0] + uniform[0] * sizes[1]
    square = scale * scale
    aspect = sizes[2] + uniform[1] * sizes[3]
    # Aspect ratios beyond these bounds would make a window larger than the image.
    root = np.sqrt(min(max(aspect, square), _ONE / square))
    width = min(scale * root, _ONE)
    height = min(scale / root, _ONE)
    window[0] = uniform[2] * (_ONE - width)
    window[1] = uniform[3] * (_ONE - height)
    window[2] = min(window[0] + width, _ONE)
    window[3] = min(window[1] + height, _ONE)


@compiled_exactly
def _meets(window: Floats, corners: Floats, bounds: Floats) -> bool:
    """Does one box meet all bounds on Jaccard overlap, sample coverage and object coverage?"""
    sampled = (window[2] - window[0]) * (window[3] - window[1])
    for box in range(len(corners)):
        xmin, ymin, xmax, ymax = corners[box]
        width = max(min(window[2], xmax) - max(window[0], xmin), _ZERO)
        height = max(min(window[3], ymax) - max(window[1], ymin), _ZERO)
        shared = width * height
        own = max(xmax - xmin, _ZERO) * max(ymax - ymin, _ZERO)
        jaccard = shared / (own + sampled - shared)
        covered = shared / sampled
        kept = shared / max(own, _TINY)
        if bounds[0, 0] <= jaccard <= bounds[1, 0] and bounds[0, 1] <= covered <= bounds[1, 1] \
                and bounds[0, 2] <= kept <= bounds[1, 2]:
            return True
    return False
