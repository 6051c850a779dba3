"""Crop offsets with which two blobs show the same part of the image.

Each layer between two blobs maps coordinates by a factor and a shift; the way from one blob up to
where both paths meet, and down to the other, gives the shift of the crop.
Source: AutoCropLayer and DiagonalAffineMap of longjon's and RCF's Caffe.
"""

from __future__ import annotations

from collections.abc import Sequence

from framework.layers.base import LAYERS, Layer
from framework.layers.coordinates import IDENTITY, Affine, CoordinateMap
from framework.proto import LayerParameter


def crop_offsets(layers: Sequence[LayerParameter], crop: LayerParameter) -> list[int]:
    """Rows and columns by which bottom 0 of `crop` starts before bottom 1.

    layers  LayerParameter messages of the net, in order; `crop` is one
    Raises ValueError that says why there is no such offset.
    """
    if len(crop.bottom) != 2:
        raise ValueError(f"it is given {len(crop.bottom)} times; it must be 2")
    makers: dict[str, LayerParameter] = {}
    for layer in layers:
        if layer is crop:
            break
        for top in layer.top:
            makers.setdefault(top, layer)
    paths = [_path(blob, makers) for blob in crop.bottom]
    first_path = set(paths[0])
    meeting = next((blob for blob in paths[1] if blob in first_path), None)
    if meeting is None:
        raise ValueError("its two bottoms come from no common blob")
    maps = [_map_from(path[:path.index(meeting)], makers) for path in paths]
    offsets = []
    for first, second in zip(*maps, strict=True):
        both = second.after(first.inverse())
        if both.factor != 1:
            raise ValueError(f"its bottoms have different scales: one step in the first is "
                             f"{float(both.factor):g} in the second")
        if both.shift > 0 or both.shift.denominator != 1:
            raise ValueError(f"the first bottom would have to start {float(-both.shift):g} before "
                             "the second; only whole steps from 0 on can be cut")
        offsets.append(int(-both.shift))
    return offsets


def _path(blob: str, makers: dict[str, LayerParameter]) -> list[str]:
    """The blob, the first bottom of the layer that made it, and so on up to an input."""
    path, seen = [blob], {blob}
    while path[-1] in makers and makers[path[-1]].bottom:
        above = makers[path[-1]].bottom[0]
        if above in seen:
            break
        path.append(above)
        seen.add(above)
    return path


def _map_from(blobs: Sequence[str], makers: dict[str, LayerParameter]) -> tuple[Affine, Affine]:
    """From the coordinates above the last of `blobs` to those of the first, by axis."""
    maps = [IDENTITY, IDENTITY]
    for blob in blobs:
        own = _layer_map(makers[blob]).plane
        maps = [whole.after(part) for whole, part in zip(maps, own, strict=True)]
    return maps[0], maps[1]


def _layer_map(layer: LayerParameter) -> CoordinateMap:
    cls = LAYERS[layer.type]
    try:
        if not issubclass(cls, Layer):
            raise ValueError("reads no blob")
        return cls.coordinate_map(layer)
    except ValueError as error:
        raise ValueError(f"the layer '{layer.name}' ({layer.type}) on the way {error}") from None
