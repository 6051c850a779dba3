"""Validation of a record's boxes, compiled.

boxes  (n, 7) as in `Record`
"""

from __future__ import annotations

import numpy as np

from framework.data.records.boxes import XMAX, XMIN
from framework.system.arrays import Floats
from framework.system.compiled import compiled_exactly


@compiled_exactly
def are_sound(boxes: Floats) -> bool:
    """Are all corners finite, and none inverted?"""
    for box in boxes:
        for axis in range(2):
            low = box[XMIN + axis]
            high = box[XMAX + axis]
            # NaN compares false with everything, so that it fails here too
            if not -np.inf < low <= high < np.inf:
                return False
    return True
