"""Data-parallel training: average gradients over ranks, and agree on requests to stop."""

from __future__ import annotations

import torch
from torch import Tensor

AGREE_EVERY = 10     # iterations after which ranks tell each other what was asked of them
REQUESTS = (None, "snapshot", "stop", "terminate")      # each stronger than those before it


def agreed(action: str | None, device: torch.device) -> str | None:
    """The strongest request that any rank has, the same on all."""
    code = torch.tensor(REQUESTS.index(action), device=device)
    torch.distributed.all_reduce(code, torch.distributed.ReduceOp.MAX)
    return REQUESTS[int(code)]


def average_over_ranks(parameters: list[Tensor], loss: Tensor) -> None:
    """Replace gradients and loss by their means over all ranks, in one message."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([part.reshape(-1) for part in [*gradients, loss]])
    torch.distributed.all_reduce(flat)
    flat /= torch.distributed.get_world_size()
    pieces = flat.split([part.numel() for part in [*gradients, loss]])
    for part, piece in zip([*gradients, loss], pieces, strict=True):
        part.copy_(piece.view_as(part))
