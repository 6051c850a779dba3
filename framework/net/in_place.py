"""Warn of layers whose gradient is not the derivative, there as in the original, or is none where
the original ends."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from framework.execution.chains import Step

LOG = logging.getLogger(__name__)


def warn_in_place(steps: Sequence[Step]) -> None:
    """One line in the log for each such layer that a gradient passes on its way to a blob."""
    moving: set[str] = set()        # the blobs on such a way
    for step in steps:
        passed = [name for index, name in enumerate(step.bottoms)
                  if name in moving and index not in step.stopped]
        _warn_of_refused(step, moving)
        learns = any(blob.requires_grad for blob in step.layer.parameters())
        if passed and step.layer.in_place:
            LOG.warning("%s: works in place, where the original computes a wrong gradient: from "
                        "the top, which has overwritten the bottom. So it is here; give `top` "
                        "another name for the derivative", step.layer.spec.place())
        if passed or learns:
            moving.update(step.tops)
        else:
            moving.difference_update(step.tops)


def _warn_of_refused(step: Step, moving: Collection[str]) -> None:
    """One line for each bottom that only the layer itself keeps a gradient from, where the original
    ends with "cannot backpropagate": the net computes what it takes for labels or indices."""
    layer = step.layer
    wanted = layer.spec.propagate_down
    for index in layer.no_gradient_bottoms if layer.refuses_gradient else ():
        if index < len(step.bottoms) and step.bottoms[index] in moving \
                and (not wanted or wanted[index]):
            LOG.warning("%s: bottom '%s' comes from layers that learn; no gradient goes to it, "
                        "where the original ends in its first backward: write propagate_down: "
                        "false for it", layer.spec.place(), step.bottoms[index])
