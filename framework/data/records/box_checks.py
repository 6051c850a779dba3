"""Compiled: whether a record's boxes can be used.

boxes  (n, 7) as in `Record`
"""

from __future__ import annotations

import numpy as np

from framework.data.records.boxes import XMAX, XMIN, Floats
from framework.system.compiled import compiled_exactly


@compiled_exactly
def are_sound(boxes: Floats) -> bool:
    """Are all corners finite, and none inverted?"""
    for box in boxes:
        for axis in range(2):
            low, high = box[XMIN + axis], box[XMAX + axis]
            if not -np.inf < low <= high < np.inf:
                return False
    return True
