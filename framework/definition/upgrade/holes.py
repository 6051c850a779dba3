"""Dilation under the name that it had before BVLC's: `hole`, and the type HoleConvolution.

Source: hole_conv_layer.cpp of hszhao/PSPNet (2016); DeepLab's `hole` of Convolution.
"""

from __future__ import annotations

from typing import Any

from framework import proto
from framework.definition.prototxt import Document, Lines

FIELDS = ("hole", "hole_h", "hole_w")


def upgrade_holes(document: Document) -> bool:
    """`hole` becomes dilation, HoleConvolution a Convolution. Returns whether there was any.

    SpecError for a HoleConvolution without a hole, one of hole_h and hole_w alone, or a hole that
    is given together with another form of itself.
    """
    changed = False
    places = document.lines.fields.get("layer", [])
    for index, layer in enumerate(document.message.layer):
        param = layer.convolution_param
        given = [name for name in FIELDS
                 if proto.has_field(layer, "convolution_param") and param.HasField(name)]
        if layer.type != "HoleConvolution" and not given:
            continue
        changed = True
        path = f"layer[{index}].convolution_param.hole"
        if given not in (["hole"], ["hole_h", "hole_w"]) or param.dilation:
            found = ", ".join([*given, *(["dilation"] if param.dilation else [])])
            raise document.error(path, f"is given as {found or 'nothing'}; it must be hole, or "
                                 "hole_h and hole_w")
        lines = places[index] if index < len(places) else Lines()
        _move(param, given, (lines.fields.get("convolution_param") or [Lines()])[0])
        if layer.type == "HoleConvolution":
            layer.type = "Convolution"
    return changed


def _move(param: Any, given: list[str], lines: Lines) -> None:     # Any: ConvolutionParameter
    param.dilation.extend(getattr(param, name) for name in given)
    for name in given:
        param.ClearField(name)
        lines.fields.setdefault("dilation", []).extend(lines.fields.pop(name, []))
