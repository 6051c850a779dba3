"""Where a crop must start so that two blobs show the same place of the image.

Each layer between two blobs maps coordinates by a factor and a shift; the way from one blob up to
where both paths meet, and down to the other, gives the shift of the crop.
Source: AutoCropLayer and DiagonalAffineMap of longjon's and RCF's Caffe.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from google.protobuf.message import Message

from framework.proto import LayerParameter

FILTERS = {"Convolution": "convolution_param", "ConvolutionDepthwise": "convolution_param",
           "DepthwiseConvolution": "convolution_param", "Deconvolution": "convolution_param",
           "Pooling": "pooling_param"}
POINTWISE = frozenset(
    "AbsVal BN BNLL BatchNorm Bias Clip Concat Dropout ELU Eltwise Exp LRN Log Normalize PReLU "
    "Power ReLU ReLU6 Scale Sigmoid Softmax Split Swish TanH Threshold".split())
"""Types whose tops show the same place at the same coordinate."""


class Affine(NamedTuple):
    """x -> factor * x + shift, for one axis."""

    factor: Fraction
    shift: Fraction

    def after(self, other: Affine) -> Affine:
        """First `other`, then this."""
        return Affine(self.factor * other.factor, self.factor * other.shift + self.shift)

    def inverse(self) -> Affine:
        return Affine(1 / self.factor, -self.shift / self.factor)


IDENTITY = Affine(Fraction(1), Fraction(0))


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
        own = _layer_map(makers[blob])
        maps = [whole.after(part) for whole, part in zip(maps, own, strict=True)]
    return maps[0], maps[1]


def _layer_map(layer: LayerParameter) -> tuple[Affine, Affine]:
    """From bottom coordinates to top coordinates, for rows and columns."""
    if layer.type in POINTWISE:
        return IDENTITY, IDENTITY
    if layer.type in ("Crop", "AutoCrop"):
        offsets = list(layer.crop_param.offset)[-2:] or [0]
        return Affine(Fraction(1), Fraction(-offsets[0])), Affine(Fraction(1),
                                                                  Fraction(-offsets[-1]))
    if layer.type not in FILTERS:
        raise ValueError(f"the layer '{layer.name}' ({layer.type}) on the way moves coordinates "
                         "in an unknown way")
    param = getattr(layer, FILTERS[layer.type])
    if layer.type == "Pooling" and param.global_pooling:
        raise ValueError(f"the layer '{layer.name}' on the way pools over the whole map")
    maps = []
    for index, side in enumerate("hw"):
        size, step, pad, dilation = (_size(param, name, side, index, default) for name, default in
                                     (("kernel_size", 1), ("stride", 1), ("pad", 0),
                                      ("dilation", 1)))
        if step == 0:
            raise ValueError(f"the layer '{layer.name}' on the way has stride 0")
        back = Affine(Fraction(step), Fraction(dilation * (size - 1), 2) - pad)
        maps.append(back if layer.type == "Deconvolution" else back.inverse())
    return maps[0], maps[1]


def _size(param: Message, name: str, side: str, index: int, default: int) -> int:
    """A number for one axis: kernel_h or kernel_size, once or once an axis."""
    given = {descriptor.name: value for descriptor, value in param.ListFields()}
    own = f"{name.removesuffix('_size')}_{side}"
    if own in given:
        return int(given[own])
    if name not in given:
        return default
    values = [given[name]] if isinstance(given[name], int) else list(given[name])
    return int(values[index] if len(values) > 1 else values[0])
