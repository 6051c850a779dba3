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

from framework.data.geometry import Floats, Window, areas, intersections
from framework.data.random import Draws

_MEASURES = ("jaccard_overlap", "sample_coverage", "object_coverage")


class BatchSamplers:
    """The batch_samplers of a layer, ready to draw from.

    messages  BatchSampler messages; those without `use_original_image` are left out, as in the
              original
    """

    def __init__(self, messages: Sequence[Any]):
        used = [message for message in messages if message.use_original_image]
        self.limits = np.array([(m.sampler.min_scale, m.sampler.max_scale,
                                 m.sampler.min_aspect_ratio, m.sampler.max_aspect_ratio)
                                for m in used], np.float32).reshape(-1, 1, 4)
        trials = [m.max_trials for m in used]
        self.num_trials = max(trials, default=0)
        self.counts = np.arange(self.num_trials) < np.array(trials).reshape(-1, 1)
        self.max_samples = np.array([m.max_sample if m.HasField("max_sample") else m.max_trials
                                     for m in used]).reshape(-1, 1)
        constraints = [m.sample_constraint for m in used]
        self.low = _bounds(constraints, "min", -np.inf)
        self.high = _bounds(constraints, "max", np.inf)
        self.has_constraint: NDArray[np.bool_] = np.asarray(
            (np.isfinite(self.low) | np.isfinite(self.high)).any(1))

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
        judged = self.has_constraint
        if judged.any():
            allowed[judged] &= self._meets(windows[judged], corners, judged)
        allowed &= allowed.cumsum(1) <= self.max_samples
        chosen = np.flatnonzero(allowed)
        if chosen.size == 0:
            return None
        window: Window = windows.reshape(-1, 4)[chosen[draws.below(chosen.size)]]
        return window

    def _windows(self, draws: Draws) -> Floats:
        """(samplers, trials, 4) windows inside the picture, whatever rounding does."""
        shape = (len(self.limits), self.num_trials, 4)
        uniform = draws.generator.random(shape, dtype=np.float32)
        low, high = self.limits[..., 0::2], self.limits[..., 1::2]
        drawn = low + uniform[..., :2] * (high - low)
        scale = drawn[..., 0]
        aspect = np.minimum(np.maximum(drawn[..., 1], scale ** 2), 1 / scale ** 2)
        root = np.sqrt(aspect)
        sizes = np.minimum(np.stack([scale * root, scale / root], -1), 1)
        origins = uniform[..., 2:] * (1 - sizes)
        return np.concatenate([origins, np.minimum(origins + sizes, 1)], -1)

    def _meets(self, windows: Floats, corners: Floats,
               judged: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(samplers, trials): does some box meet every bound of the sampler's constraint?"""
        own, sampled = areas(corners), areas(windows)[..., None]
        shared = intersections(corners, windows[:, :, None, :])
        met = np.ones(shared.shape, bool)
        for index, total in enumerate((own + sampled - shared, sampled, own)):
            low, high = self.low[judged, index], self.high[judged, index]
            if not (np.isfinite(low).any() or np.isfinite(high).any()):
                continue
            measure = np.where(shared > 0, shared / np.where(total > 0, total, 1), np.float32(0))
            met &= (measure >= low[:, None, None]) & (measure <= high[:, None, None])
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
