"""Gradient clipping within a recurrent layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def clipped(gates: Tensor, limit: float) -> Tensor:
    """The gates of a step, with their gradient clamped to -limit..limit if that is above 0."""
    clipped: Tensor = _ClipGradient.apply(gates, limit) if limit > 0 else gates
    return clipped


class _ClipGradient(torch.autograd.Function):
    """Gradient clipping: the value unchanged, its gradient clamped to -limit..limit."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, limit: float) -> Tensor:  # Any: torch has no type for it
        ctx.limit = limit
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient.clamp(-ctx.limit, ctx.limit), None
