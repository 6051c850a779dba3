"""The columns of a record's boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Columns of `Record.boxes`.
LABEL, INSTANCE, XMIN, YMIN, XMAX, YMAX, DIFFICULT = range(7)
CORNERS = slice(XMIN, YMAX + 1)
