"""Layers that are several in one (SkimCaffe): each becomes the layers it is made of.

Source: conv_relu_layer.cpp, conv_relu_pool_layer.cpp, conv_relu_pool_lrn_layer.cpp,
relu_pooling_layer.cpp and inner_product_relu_dropout_layer.cpp of IntelLabs/SkimCaffe, which can
only test; its inner product drops nothing then.
"""

from __future__ import annotations

from framework import proto
from framework.definition.prototxt import Document, Lines

PARTS = {
    "ConvolutionReLU": ("Convolution", "ReLU"),
    "ConvolutionReLUPool": ("Convolution", "ReLU", "Pooling"),
    "ConvolutionReLUPoolLRN": ("Convolution", "ReLU", "Pooling", "LRN"),
    "InnerProductReLUDropout": ("InnerProduct", "ReLU", "Dropout"),
    "ReLUPooling": ("ReLU", "Pooling"),
}
FIELDS = {"ReLU": "relu_param", "Pooling": "pooling_param", "LRN": "lrn_param",
          "Dropout": "dropout_param"}
IN_PLACE = ("ReLU", "Dropout")
WITH_SLOPE = "InnerProductReLUDropout"


def split_fused(document: Document) -> bool:
    """Replace such layers by theirs, in place; returns whether there was any.

    The first one keeps the name, and with it the weights of files; the others are NAME/relu and
    the like. SpecError for a slope where the original has none, and for several bottoms or tops.
    """
    layers = list(document.message.layer)
    if not any(layer.type in PARTS for layer in layers):
        return False
    lines = document.lines.fields.get("layer") or [Lines() for _ in layers]
    new: list[proto.LayerParameter] = []
    places: list[Lines] = []
    for index, (layer, place) in enumerate(zip(layers, lines, strict=True)):
        parts = [layer]
        if layer.type in PARTS:
            _check(document, index, layer)
            parts = _parts(layer)
        new += parts
        places += [place] * len(parts)
    del document.message.layer[:]
    document.message.layer.extend(new)
    document.lines.fields["layer"] = places
    return True


def _check(document: Document, index: int, layer: proto.LayerParameter) -> None:
    for field, blobs in (("bottom", layer.bottom), ("top", layer.top)):
        if len(blobs) != 1:
            raise document.error(f"layer[{index}].{field}", f"is given {len(blobs)} times; a "
                                 f"{layer.type} has one")
    if layer.relu_param.negative_slope and layer.type != WITH_SLOPE:
        raise document.error(f"layer[{index}].relu_param.negative_slope", "is "
                             f"{layer.relu_param.negative_slope:g}; it must be 0 in a {layer.type}")


def _parts(layer: proto.LayerParameter) -> list[proto.LayerParameter]:
    kinds = PARTS[layer.type]
    parts = [_first(layer, kinds)]
    parts += [_further(layer, kind) for kind in kinds[1:]]
    # the last layer that makes a blob of its own gives the top
    last = max(index for index, kind in enumerate(kinds) if index == 0 or kind not in IN_PLACE)
    blob = layer.bottom[0]
    for index, (part, kind) in enumerate(zip(parts, kinds, strict=True)):
        part.bottom.append(blob)
        if index == 0 or kind not in IN_PLACE:
            blob = layer.top[0] if index == last else f"{layer.name}/{kind.lower()}"
        part.top.append(blob)
    parts[-1].loss_weight.extend(layer.loss_weight)
    return parts


def _first(layer: proto.LayerParameter, kinds: tuple[str, ...]) -> proto.LayerParameter:
    part = proto.LayerParameter()
    part.CopyFrom(layer)
    proto.clear_fields(part, ("bottom", "top", "loss_weight",
                              *(FIELDS[kind] for kind in kinds[1:])))
    part.type = kinds[0]
    return part


def _further(layer: proto.LayerParameter, kind: str) -> proto.LayerParameter:
    part = proto.LayerParameter(name=f"{layer.name}/{kind.lower()}", type=kind,
                                include=layer.include, exclude=layer.exclude)
    if layer.HasField("phase"):
        part.phase = layer.phase
    field = FIELDS[kind]
    if proto.has_field(layer, field):
        getattr(part, field).CopyFrom(getattr(layer, field))
    return part
