"""Data-dependent sizes and cache blocking: where an operation may use them."""

from __future__ import annotations

import torch
from torch import Tensor


def sizes_may_vary(x: Tensor) -> bool:
    """Whether it is cheap and allowed to read values of `x` to decide sizes and loops.

    On a CPU it is; on a GPU it would make the step wait, a meta tensor has no values, and a
    compiled or exported graph must not branch on them.
    """
    return x.device.type == "cpu" and not torch.compiler.is_compiling()


# Numbers of a block: with its few temporaries it stays in a core's cache.
BLOCK = 2**18


def blocks(x: Tensor, num_rows: int, row_size: int) -> list[slice]:
    """Cache blocking: slices of `num_rows` rows of `row_size` numbers, computed one by one.

    A chain of operations over much memory takes several times as long on a CPU as the same chain
    block by block. On other devices, and in compiled graphs, there is one block.
    """
    step = max(BLOCK // max(row_size, 1), 1) if sizes_may_vary(x) else max(num_rows, 1)
    return [slice(start, start + step) for start in range(0, num_rows, step)]
