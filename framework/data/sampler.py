"""Which part of the picture is cut out: batch_sampler of AnnotatedDataParameter.

All trials of all samplers are drawn at once and judged as arrays; what is chosen has the same
distribution as trying one after the other.
Source: sampler.cpp of weiliu89/caffe, branch ssd; Liu et al. 2016, section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framework.data.geometry import Floats, Window, areas
from framework.data.random import Draws

_TINY = np.float32(1e-30)       # for boxes without area, which share none
_MEASURES = ("jaccard_overlap", "sample_coverage", "object_coverage")


class BatchSamplers:
    """The batch_samplers of a layer, ready to draw from.

    messages  BatchSampler messages; those without `use_original_image` are left out, as in the
              original
    """

    def __init__(self, messages: Sequence[Any]):
        used = [message for message in messages if message.use_original_image]
        limits = np.array([(m.sampler.min_scale, m.sampler.max_scale, m.sampler.min_aspect_ratio,
                            m.sampler.max_aspect_ratio) for m in used], np.float32).reshape(-1, 4)
        self.low_scale, high_scale, self.low_aspect, high_aspect = limits.T[:, :, None]
        self.scale_range = high_scale - self.low_scale
        self.aspect_range = high_aspect - self.low_aspect
        trials = [m.max_trials for m in used]
        self.num_trials = max(trials, default=0)
        self.counts = np.arange(self.num_trials) < np.array(trials).reshape(-1, 1)
        self.max_samples = np.array([m.max_sample if m.HasField("max_sample") else m.max_trials
                                     for m in used]).reshape(-1, 1)
        constraints = [m.sample_constraint for m in used]
        low, high = _bounds(constraints, "min", -np.inf), _bounds(constraints, "max", np.inf)
        self.judged = np.flatnonzero((np.isfinite(low) | np.isfinite(high)).any(1))
        self.low, self.high = low[self.judged], high[self.judged]

    def draw(self, corners: Floats, draws: Draws) -> Window | None:
        """A window of the picture that a sampler allows, or None if no trial succeeds.

        corners  (n, 4), the boxes of the picture
        A constraint is met if one box meets all its parts. (In the original a box that meets the
        first part but not the next still lets the sample through.)
        """
        if not self.num_trials:
            return None
        windows = self._windows(draws)
        allowed = self.counts.copy()
        if self.judged.size:
            allowed[self.judged] &= self._meets(windows[:, self.judged], corners)
        allowed &= allowed.cumsum(1) <= self.max_samples
        chosen = np.flatnonzero(allowed)
        if chosen.size == 0:
            return None
        return windows.reshape(4, -1)[:, chosen[draws.below(chosen.size)]].copy()

    def _windows(self, draws: Draws) -> Floats:
        """(4, samplers, trials): corners of windows inside the picture, whatever rounding does."""
        shape = (4, len(self.low_scale), self.num_trials)
        uniform = draws.generator.random(shape, dtype=np.float32)
        scale = self.low_scale + uniform[0] * self.scale_range
        square = scale * scale
        aspect = self.low_aspect + uniform[1] * self.aspect_range
        root = np.sqrt(np.minimum(np.maximum(aspect, square), 1 / square))
        width, height = np.minimum(scale * root, 1), np.minimum(scale / root, 1)
        windows = np.empty(shape, np.float32)
        np.multiply(uniform[2], 1 - width, out=windows[0])
        np.multiply(uniform[3], 1 - height, out=windows[1])
        np.minimum(windows[0] + width, 1, out=windows[2])
        np.minimum(windows[1] + height, 1, out=windows[3])
        return windows

    def _meets(self, windows: Floats, corners: Floats) -> NDArray[np.bool_]:
        """(judged samplers, trials): does some box meet every bound of the sampler's constraint?

        The three measures are shares of the area that window and box have in common.
        """
        left, top, right, bottom = windows[..., None]
        xmin, ymin, xmax, ymax = np.ascontiguousarray(corners.T)
        width = np.maximum(np.minimum(right, xmax) - np.maximum(left, xmin), 0)
        height = np.maximum(np.minimum(bottom, ymax) - np.maximum(top, ymin), 0)
        shared = width * height
        own, sampled = areas(corners), (right - left) * (bottom - top)
        met = np.ones(shared.shape, bool)
        for index, total in enumerate((own + sampled - shared, sampled, np.maximum(own, _TINY))):
            low, high = self.low[:, index], self.high[:, index]
            share = shared / total
            if np.isfinite(low).any():
                met &= share >= low[:, None, None]
            if np.isfinite(high).any():
                met &= share <= high[:, None, None]
        return np.asarray(met.any(2))


def _bounds(constraints: list[Any], side: str, absent: float) -> Floats:
    """(samplers, measures): the bounds of one side."""
    rows = [[getattr(c, f"{side}_{measure}") if c.HasField(f"{side}_{measure}") else absent
             for measure in _MEASURES] for c in constraints]
    return np.array(rows, np.float32).reshape(-1, len(_MEASURES))


def check_samplers(messages: Sequence[Any], error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for limits that no sample can have."""
    for message in messages:
        sampler, field = message.sampler, "annotated_data_param.batch_sampler.sampler"
        if not 0 < sampler.min_scale <= sampler.max_scale <= 1:
            raise error(f"{field}.min_scale", f"and max_scale are {sampler.min_scale:g} and "
                        f"{sampler.max_scale:g}; they must be above 0, rising, and at most 1")
        if not 0 < sampler.min_aspect_ratio <= sampler.max_aspect_ratio < np.inf:
            raise error(f"{field}.min_aspect_ratio", "and max_aspect_ratio are "
                        f"{sampler.min_aspect_ratio:g} and {sampler.max_aspect_ratio:g}; "
                        "they must be above 0 and rising")
