"""Where an operation may let sizes depend on values."""

from __future__ import annotations

import torch
from torch import Tensor


def sizes_may_vary(x: Tensor) -> bool:
    """Whether it is cheap and allowed to read values of `x` to decide sizes and loops.

    On a CPU it is; on a GPU it would make the step wait, on a meta tensor there are none, and a
    compiled or exported graph must not branch on them.
    """
    return x.device.type == "cpu" and not torch.compiler.is_compiling()
