"""Reshape after Reshape, and Permute after Permute, as one layer or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from framework.proto import LayerParameter, NetParameter

Shape = tuple[int, ...]
KINDS = {"Reshape": "shape", "Flatten": "shape", "Permute": "order"}


def join_chains(message: NetParameter, shapes: Mapping[str, Shape], outputs: Collection[str]
                ) -> dict[str, str]:
    """Let each such layer read what the one before it reads; leave out those that change nothing.

    outputs  blobs that are read by more than the layers
    Returns, for the blob of each layer that is left out, the blob that it equals.
    """
    same: dict[str, str] = {}
    makers: dict[str, LayerParameter] = {}
    for layer in message.layer:
        layer.bottom[:] = [same.get(name, name) for name in layer.bottom]
        if layer.type not in KINDS:
            continue
        before = makers.get(layer.bottom[0])
        if before is not None and KINDS[before.type] == KINDS[layer.type]:
            _join(before, layer, shapes)
        x, y = layer.bottom[0], layer.top[0]
        order = list(layer.permute_param.order)
        if shapes[x] == shapes[y] and order == sorted(order):
            same[y] = x
        else:
            makers[y] = layer
    _drop_unread(message, {same.get(name, name) for name in outputs})
    return same


def _join(before: LayerParameter, layer: LayerParameter, shapes: Mapping[str, Shape]) -> None:
    """Change `layer` so that it reads the bottom of the layer before it."""
    layer.bottom[0] = before.bottom[0]
    if layer.HasField("permute_param"):
        first = before.permute_param.order
        layer.permute_param.order[:] = [first[axis] for axis in layer.permute_param.order]
        return
    old, new = shapes[layer.bottom[0]], shapes[layer.top[0]]
    keeps_batch = bool(old and new and old[0] == new[0])
    if keeps_batch and not (layer.HasField("flatten_param") or layer.HasField("reshape_param")):
        return          # Flatten of all but the batch
    layer.type = "Reshape"
    layer.ClearField("flatten_param")
    layer.reshape_param.shape.dim[:] = (0, *new[1:]) if keeps_batch else new


def _drop_unread(message: NetParameter, outputs: Collection[str]) -> None:
    """Take out layers of these kinds whose blob nobody reads: readers come after what they read."""
    read = set(outputs)
    for index in reversed(range(len(message.layer))):
        layer = message.layer[index]
        if layer.type in KINDS and read.isdisjoint(layer.top):
            del message.layer[index]
        else:
            read.update(layer.bottom)
