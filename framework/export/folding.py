"""Batch normalisation and scale inside the convolution before them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from framework.layers.base import Layer

LayerTops = tuple[Layer, tuple[str, ...]]


def fold(outputs: Collection[str], steps: Sequence[LayerTops]) -> list[LayerTops]:
    """The steps with each layer that is one factor and summand a channel inside the one before.

    Where the layer before is a convolution whose top nobody else reads. Its top is then that of
    the last layer that went into it.
    """
    folded: list[LayerTops | None] = list(steps)
    for index, (layer, tops) in enumerate(steps):
        last = index
        while folded[index] is not None and len(tops) == 1:
            reader = _only_reader(outputs, steps, last, tops[0])
            factors = None if reader is None else steps[reader][0].channel_factors()
            joined = None if factors is None else layer.with_channel_factors(*factors)
            if reader is None or joined is None:
                break
            layer, tops, last = joined, steps[reader][1], reader
            folded[index], folded[reader] = (layer, tops), None
    return [step for step in folded if step is not None]


def _only_reader(outputs: Collection[str], steps: Sequence[LayerTops], index: int, blob: str
                 ) -> int | None:
    """The step that alone reads what step `index` writes; None: several, or it is an output."""
    found = None
    for place in range(index + 1, len(steps)):
        layer, tops = steps[place]
        if blob in layer.spec.bottoms:
            if found is not None:
                return None
            found = place
        if blob in tops:
            return found
    return None if blob in outputs else found
