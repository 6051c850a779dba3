"""Layers in place: a top with the bottom's name, where nobody else reads that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from framework.proto import NetParameter


def put_in_place(message: NetParameter, allowed: Collection[str], outputs: Collection[str]
                 ) -> dict[str, str]:
    """Give the tops of layers named in `allowed` the names of their bottoms.

    Only where no other layer reads the bottom, and it is neither an input of the net nor one of
    its `outputs`. Every top must have a name of its own before. Returns new names by old ones.
    """
    readers = Counter(bottom for layer in message.layer for bottom in layer.bottom)
    inputs = {top for layer in message.layer if not layer.bottom for top in layer.top}
    kept = inputs | set(outputs)
    renamed: dict[str, str] = {}
    for layer in message.layer:
        bottoms = [renamed.get(bottom, bottom) for bottom in layer.bottom]
        alone = len(bottoms) == 1 and readers[layer.bottom[0]] == 1
        if layer.name in allowed and alone and bottoms[0] not in kept:
            renamed[layer.top[0]] = bottoms[0]
            layer.top[0] = bottoms[0]
        layer.bottom[:] = bottoms
    return renamed
