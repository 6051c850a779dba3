"""Blobs of few bits: a layer of its own after each top that `activations_compress` names.

Source: layer.hpp of GongCheng1919/Quantitative-and-ternary-caffe-for-network-compression.
"""

from __future__ import annotations

from framework.definition.prototxt import Document, Lines
from framework.proto import LayerParameter

TYPE = "CompressedBlob"


def spread_compressions(document: Document) -> bool:
    """Layers with `activations_compress` lose it, and get a CompressedBlob in place after each top
    that it names. Returns whether there was any. SpecError for more than the layer has tops."""
    layers = list(document.message.layer)
    if not any(layer.activations_compress and layer.type != TYPE for layer in layers):
        return False
    lines = document.lines.fields.get("layer") or [Lines() for _ in layers]
    new: list[LayerParameter] = []
    places: list[Lines] = []
    for index, (layer, place) in enumerate(zip(layers, lines, strict=True)):
        kept = LayerParameter()
        kept.CopyFrom(layer)
        new.append(kept)
        places.append(place)
        if layer.type == TYPE:
            continue
        if len(layer.activations_compress) > len(layer.top):
            raise document.error(f"layer[{index}].activations_compress", f"is given "
                                 f"{len(layer.activations_compress)} times; the layer has "
                                 f"{len(layer.top)} tops")
        kept.ClearField("activations_compress")
        kept.ClearField("activations_compress_param")
        added = [_of_top(layer, top) for top, kind in enumerate(layer.activations_compress) if kind]
        new += added
        places += [place] * len(added)
    del document.message.layer[:]
    document.message.layer.extend(new)
    document.lines.fields["layer"] = places
    return True


def _of_top(layer: LayerParameter, index: int) -> LayerParameter:
    top = layer.top[index]
    found = LayerParameter(name=f"{layer.name}_compressed_{index}", type=TYPE, bottom=[top],
                           top=[top], include=layer.include, exclude=layer.exclude,
                           activations_compress=[layer.activations_compress[index]])
    if layer.HasField("phase"):
        found.phase = layer.phase
    if index < len(layer.activations_compress_param):
        found.activations_compress_param.add().CopyFrom(layer.activations_compress_param[index])
    return found
