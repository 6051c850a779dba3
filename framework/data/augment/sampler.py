"""Batch samplers of SSD: random crops constrained by their overlap with the boxes.

The numbers of all trials of all samplers are drawn at once, so that the next choices do not depend
on how many are used.
Source: sampler.cpp of weiliu89/caffe, branch ssd; Liu et al. 2016, section 2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from google.protobuf.message import Message

from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Floats, Window
from framework.proto import BatchSampler

MAX_TRIALS = 100_000            # of all samplers for one image
_MEASURES = ("jaccard_overlap", "sample_coverage", "object_coverage")


class BatchSamplers:
    """The batch_samplers of a layer, ready to draw from.

    messages  BatchSampler messages; those without `use_original_image` are left out, as in the
              original
    """

    def __init__(self, messages: Sequence[BatchSampler]):
        # sizes, counts, bounds: as `allowed_windows` wants them
        used = [message for message in messages if message.use_original_image]
        limits = [(m.sampler.min_scale, m.sampler.max_scale, m.sampler.min_aspect_ratio,
                   m.sampler.max_aspect_ratio) for m in used]
        self.sizes = np.array(limits, np.float32).reshape(-1, 4)
        self.sizes[:, 1::2] -= self.sizes[:, ::2]
        counts = [(m.max_trials, m.max_sample if m.HasField("max_sample") else m.max_trials)
                  for m in used]
        self.counts = np.array(counts, np.int64).reshape(-1, 2)
        self.shape = (4, len(used), max((m.max_trials for m in used), default=0))
        constraints = [m.sample_constraint for m in used]
        self.bounds = np.stack([_bounds(constraints, "min", -np.inf),
                                _bounds(constraints, "max", np.inf)], 1)

    def draw(self, corners: Floats, draws: Draws) -> Window | None:
        """A window of the image that a sampler allows, or None if no trial succeeds.

        corners  (n, 4), the boxes of the image
        A constraint is met if one box meets all its parts. (In the original a box that meets the
        first part but not the next still lets the sample through.)
        """
        if not self.shape[2]:
            return None
        # lazy: numba costs 0.2 s
        from framework.data.augment.sampler_loops import allowed_windows

        uniform = draws.generator.random(self.shape, dtype=np.float32)
        allowed = allowed_windows(uniform, self.sizes, self.counts, self.bounds,
                                  np.ascontiguousarray(corners))
        return allowed[draws.below(len(allowed))] if len(allowed) else None


def _bounds(constraints: Sequence[Message], side: str, absent: float) -> Floats:
    """(samplers, measures): the bounds of one side."""
    rows = [[getattr(c, f"{side}_{measure}") if c.HasField(f"{side}_{measure}") else absent
             for measure in _MEASURES] for c in constraints]
    return np.array(rows, np.float32).reshape(-1, len(_MEASURES))


def check_samplers(messages: Sequence[BatchSampler],
                   error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for limits that no sample can have, and for too many trials."""
    field = "annotated_data_param.batch_sampler.sampler"
    used = [message for message in messages if message.use_original_image]
    most = MAX_TRIALS // max(len(used), 1)
    for message in used:
        if message.max_trials > most:
            raise error("annotated_data_param.batch_sampler.max_trials",
                        f"is {message.max_trials}; with {len(used)} batch_samplers it may be at "
                        f"most {most}: all trials of an image are drawn at once")
    for message in messages:
        sampler = message.sampler
        if not 0 < sampler.min_scale <= sampler.max_scale <= 1:
            raise error(f"{field}.min_scale", f"and max_scale are {sampler.min_scale:g} and "
                        f"{sampler.max_scale:g}; they must be above 0, rising, and at most 1")
        if not 0 < sampler.min_aspect_ratio <= sampler.max_aspect_ratio < np.inf:
            raise error(f"{field}.min_aspect_ratio", "and max_aspect_ratio are "
                        f"{sampler.min_aspect_ratio:g} and {sampler.max_aspect_ratio:g}; "
                        "they must be above 0 and rising")
