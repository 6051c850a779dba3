"""Warn of layers in place whose gradient is not the derivative, there as in the original."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from framework.execution.chains import Step

LOG = logging.getLogger(__name__)


def warn_in_place(steps: Sequence[Step]) -> None:
    """One line in the log for each such layer that a gradient passes on its way to a blob."""
    moving: set[str] = set()        # the blobs on such a way
    for step in steps:
        passed = [name for index, name in enumerate(step.bottoms)
                  if name in moving and index not in step.stopped]
        learns = any(blob.requires_grad for blob in step.layer.parameters())
        if passed and step.layer.in_place:
            LOG.warning("%s: works in place, where the original computes a wrong gradient: from "
                        "the top, which has overwritten the bottom. So it is here; give `top` "
                        "another name for the derivative", step.layer.spec.place())
        if passed or learns:
            moving.update(step.tops)
        else:
            moving.difference_update(step.tops)
