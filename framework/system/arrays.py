"""Names of array types, shared by the rooms that work on numpy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]                # of any type: what it holds is known only at run time
Floats = NDArray[np.float32]
Levels = NDArray[np.uint8]          # grey levels or colours of pixels
Indices = NDArray[np.int64]
