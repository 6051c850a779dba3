"""Crop offsets with which two blobs show the same part of the image.

Each layer between two blobs maps coordinates by a factor and a shift; the way from one blob up to
where both paths meet, and down to the other, gives the shift of the crop.
Source: AutoCropLayer and DiagonalAffineMap of longjon's and RCF's Caffe, and util_coords.cpp of
zimenglan-sysu-512/pose_action_caffe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framework.layers.base import LAYERS, Layer, Shape
from framework.layers.coordinates import IDENTITY, Affine, CoordinateMap, scale_map
from framework.layers.pose.aligned_maps import Alignment, CropPatchFromMaxFeaturePosition
from framework.layers.pose.pose_maps import Resize
from framework.proto import LayerParameter


def crop_offsets(layers: Sequence[LayerParameter], crop: LayerParameter,
                 shapes: Mapping[str, Shape]) -> list[int]:
    """Rows and columns by which bottom 0 of `crop` starts before bottom 1.

    layers  LayerParameter messages of the net, in order; `crop` is one
    shapes  those of the blobs before it
    Raises ValueError that says why there is no such offset.
    """
    if len(crop.bottom) != 2:
        raise ValueError(f"it is given {len(crop.bottom)} times; it must be 2")
    first, second, makers = _paths(layers, crop)
    maps = (_map_from(first, makers, shapes), _map_from(second, makers, shapes))
    offsets = []
    for above, below in zip(*maps, strict=True):
        both = below.after(above.inverse())
        if both.factor != 1:
            raise ValueError(f"its bottoms have different scales: one step in the first is "
                             f"{float(both.factor):g} in the second")
        if both.shift > 0 or both.shift.denominator != 1:
            raise ValueError(f"the first bottom would have to start {float(-both.shift):g} before "
                             "the second; only whole steps from 0 on can be cut")
        offsets.append(int(-both.shift))
    return offsets


def alignment(layers: Sequence[LayerParameter], layer: LayerParameter,
              shapes: Mapping[str, Shape]) -> tuple[Alignment, LayerParameter | None]:
    """Where bottom 1 of `layer` is in bottom 0, and the layer between that cuts by its values.

    Raises ValueError that says why that is not known.
    """
    first, second, makers = _paths(layers, layer)
    cuts = [index for index, blob in enumerate(first)
            if LAYERS[makers[blob].type] is CropPatchFromMaxFeaturePosition]
    if len(cuts) > 1:
        raise ValueError(f"'{layer.bottom[0]}' is cut {len(cuts)} times on the way")
    cut = makers[first[cuts[0]]] if cuts else None
    split = cuts[0] if cuts else len(first)
    below = _map_from(first[:split], makers, shapes)
    above = _map_from(first[split + 1:], makers, shapes)
    other = _map_from(second, makers, shapes)
    rows, columns = (inner.after(outer).after(back.inverse())
                     for inner, outer, back in zip(below, above, other, strict=True))
    if cut is None:
        return Alignment((rows, columns)), None
    factors = (float(below[0].factor), float(below[1].factor))
    return Alignment((rows, columns), alignment(layers, cut, shapes)[0].maps, factors), cut


def _paths(layers: Sequence[LayerParameter], layer: LayerParameter
           ) -> tuple[list[str], list[str], dict[str, LayerParameter]]:
    """The blobs from each of the first two bottoms up to where both ways meet, and their makers."""
    makers: dict[str, LayerParameter] = {}
    for one in layers:
        if one is layer:
            break
        for top in one.top:
            makers.setdefault(top, one)
    paths = [_path(blob, makers) for blob in layer.bottom[:2]]
    first_path = set(paths[0])
    meeting = next((blob for blob in paths[1] if blob in first_path), None)
    if meeting is None:
        raise ValueError("its two bottoms come from no common blob")
    first, second = (path[:path.index(meeting)] for path in paths)
    return first, second, makers


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


def _map_from(blobs: Sequence[str], makers: dict[str, LayerParameter],
              shapes: Mapping[str, Shape]) -> tuple[Affine, Affine]:
    """From the coordinates above the last of `blobs` to those of the first, by axis."""
    maps = [IDENTITY, IDENTITY]
    for blob in blobs:
        own = _layer_map(makers[blob], shapes).plane
        maps = [whole.after(part) for whole, part in zip(maps, own, strict=True)]
    return maps[0], maps[1]


def _layer_map(layer: LayerParameter, shapes: Mapping[str, Shape]) -> CoordinateMap:
    cls = LAYERS[layer.type]
    if cls is Resize:
        return scale_map(shapes[layer.bottom[0]], shapes[layer.top[0]])
    try:
        if not issubclass(cls, Layer):
            raise ValueError("reads no blob")
        return cls.coordinate_map(layer)
    except ValueError as error:
        raise ValueError(f"the layer '{layer.name}' ({layer.type}) on the way {error}") from None
