"""Dilation under the names that it had before BVLC's: hole, filter_stride, HoleConvolution.

Source: hole_conv_layer.cpp of hszhao/PSPNet (2016); DeepLab's `hole` of Convolution; ParseNet's
`filter_stride`, base_conv_layer.cpp of weiliu89/caffe, in debidatta/caffe-parsenet.
"""

from __future__ import annotations

from typing import Any

from framework import proto
from framework.definition.prototxt import Document, Lines

NAMES = ("hole", "filter_stride")
FIELDS = tuple(name + side for name in NAMES for side in ("", "_h", "_w"))
FORMS = [form for name in NAMES for form in ([name], [f"{name}_h", f"{name}_w"])]


def upgrade_holes(document: Document) -> bool:
    """`hole` and `filter_stride` become dilation, HoleConvolution a Convolution.

    Returns whether there was any. SpecError for a HoleConvolution without a hole, one of hole_h and
    hole_w alone, or a hole that is given together with another form of itself.
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
        name = "filter_stride" if given and given[0].startswith("filter") else "hole"
        path = f"layer[{index}].convolution_param.{name}"
        if given not in FORMS or param.dilation:
            found = ", ".join([*given, *(["dilation"] if param.dilation else [])])
            raise document.error(path, f"is given as {found or 'nothing'}; it must be {name}, or "
                                 f"{name}_h and {name}_w")
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
