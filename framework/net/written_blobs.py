"""Weights in the text of a net: the `blobs` of a layer, as a caffemodel that was printed has them.

Source: the constructor of Layer in BVLC's layer.hpp, which copies them, so that LayerSetUp skips
the fillers; the checks of their number and shapes in base_conv_layer.cpp.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.layers.base import Layer
from framework.system.wording import counted
from framework.weights.blob import Blob, describe, read_any_blob
from framework.weights.weights import copy_all, without_ones

LOG = logging.getLogger(__name__)


def check_written_blobs(layer: Layer) -> None:
    """SpecError for blobs in the text that do not fit the layer's in number, shape or values; a
    warning for those of a layer that has none."""
    if layer.spec.proto.blobs and not layer.blobs:
        LOG.warning("%s: blobs have no effect: layers of this type have none", layer.spec.place())
    _written(layer)


def fill_blobs(layers: Sequence[Layer], seed: int) -> None:
    """Allocate all blobs: those that the text has with its values, the rest by their fillers."""
    generator = torch.Generator().manual_seed(seed)
    for layer in layers:
        layer.materialise(generator)
        copies: dict[str, tuple[Tensor, str, Blob]] = {
            f"blob {index} of layer '{layer.spec.name}'": (blob, layer.spec.path, written)
            for index, (blob, written) in enumerate(zip(layer.blobs, _written(layer),
                                                        strict=False))}
        for name in copy_all(copies):
            LOG.warning("%s: NaN or infinite values in %s", layer.spec.place(), name)


def _written(layer: Layer) -> list[Blob]:
    """The blobs of the text; the last ones that files may leave out may be absent."""
    spec, targets = layer.spec, layer.blobs
    messages = spec.proto.blobs
    if not messages or not targets:
        return []
    if not len(targets) - layer.spare_blobs <= len(messages) <= len(targets):
        raise spec.error("blobs", f"is given {counted(len(messages), 'time')}; the layer has "
                         f"{counted(len(targets), 'blob')}")
    found = []
    for index, (target, message) in enumerate(zip(targets, messages, strict=False)):
        try:
            # torch warns of memory that is not writable
            blob = read_any_blob(memoryview(bytearray(message.SerializeToString())))
        except ValueError as error:
            raise spec.error(f"blobs[{index}]", f"is not a blob: {error}") from None
        if without_ones(blob.shape) != without_ones(target.shape):
            raise spec.error(f"blobs[{index}]", f"has the shape {describe(blob.shape)}; that of "
                             f"the layer's blob is {describe(target.shape)}")
        found.append(blob)
    return found
