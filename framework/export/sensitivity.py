"""Sensitivity to 8 bits: how far a net's outputs move when one layer alone is quantized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framework.export.comparison import Difference, difference

LEVELS = 127


class Quantizable(Protocol):
    """A source of blobs whose layers can be run in 8 bits; `outputs` are known after a run."""

    @property
    def outputs(self) -> list[str]:
        """The blobs whose movement counts."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """All blobs."""

    def weighted(self) -> list[tuple[str, nn.Module]]:
        """The layers with a matrix or filters as `weight`, by name."""


def sensitivity(source: Quantizable, inputs: Mapping[str, NDArray[Any]]) -> list[Difference]:
    """For each layer with a weight the output that moves most, the largest movement first.

    The weight is quantized symmetrically with a scale for each of its first axis, the bottom with
    one scale, as int8 runtimes do.
    """
    before = source.run(inputs)
    rows = []
    for layer, module in source.weighted():
        with _quantized(module):
            after = source.run(inputs)
        moved = [difference(name, before[name], after[name]) for name in source.outputs]
        worst = max(moved, key=lambda row: row.part)
        note = ", ".join(filter(None, (f"-> {worst.blob}", worst.note)))
        shape = tuple(_weight(module).shape)
        rows.append(replace(worst, blob=layer, shape=shape, note=note))
    return sorted(rows, key=lambda row: -row.part)


@contextmanager
def _quantized(layer: nn.Module) -> Iterator[None]:
    weight = _weight(layer)
    kept = weight.detach().clone()
    hook = layer.register_forward_pre_hook(
        lambda _, bottoms: (to_levels(bottoms[0], bottoms[0].abs().max()), *bottoms[1:]))
    try:
        with torch.no_grad():
            largest = kept.abs().flatten(1).amax(1)
            weight.copy_(to_levels(kept, largest.reshape(-1, *[1] * (kept.dim() - 1))))
        yield
    finally:
        hook.remove()
        with torch.no_grad():
            weight.copy_(kept)


def _weight(layer: nn.Module) -> Tensor:
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight


def to_levels(x: Tensor, largest: Tensor) -> Tensor:
    """x rounded to multiples of largest / 127."""
    step = (largest / LEVELS).clamp(min=float(np.finfo(np.float32).tiny))
    return (x / step).round() * step
