"""Sensitivity to 8 bits: how far a net's outputs move when one layer alone is quantized."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framework.export.blob_sources import OurNet
from framework.export.comparison import Difference, difference
from framework.export.deploy import deployed
from framework.layers.base import Layer

LEVELS = 127


def sensitivity(source: OurNet, inputs: Mapping[str, NDArray[Any]]) -> list[Difference]:
    """For each layer with a weight the output that moves most, the largest movement first.

    The weight is quantized symmetrically with a scale for each of its first axis, the bottom with
    one scale, as int8 runtimes do.
    """
    outputs = deployed(source.net).outputs
    before = source.run(inputs)
    rows = []
    for step in source.net.layers:
        weight = getattr(step.layer, "weight", None)
        if not isinstance(weight, Tensor) or weight.dim() < 2:
            continue
        with _quantized(step.layer, weight):
            after = source.run(inputs)
        moved = [difference(name, before[name], after[name]) for name in outputs]
        worst = max(moved, key=lambda row: row.part)
        note = ", ".join(filter(None, (f"-> {worst.blob}", worst.note)))
        rows.append(replace(worst, blob=step.layer.spec.name, shape=tuple(weight.shape), note=note))
    return sorted(rows, key=lambda row: -row.part)


@contextmanager
def _quantized(layer: Layer, weight: Tensor) -> Iterator[None]:
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


def to_levels(x: Tensor, largest: Tensor) -> Tensor:
    """x rounded to multiples of largest / 127."""
    step = (largest / LEVELS).clamp(min=float(np.finfo(np.float32).tiny))
    return (x / step).round() * step
