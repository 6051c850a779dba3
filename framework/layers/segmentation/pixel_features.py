"""Position and colours of each pixel as features of bilateral filters (PixelFeature)."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, choice, honour

TYPES = ("POSITION", "POSITION_AND_RGB", "RGB_AND_POSITION", "RGB")


@layer
class PixelFeature(Layer):
    """Row and column of each pixel, scaled and moved, and its scaled colours.

    Bottom: x (N, C, H, W).
    Top:    (N, F, H, W), without a gradient. POSITION: pos_scale * row + offset_h and
            pos_scale * column + offset_w; RGB: color_scale * x; POSITION_AND_RGB both,
            RGB_AND_POSITION the colours first.
    Errors: SpecError for the other types, which no public net has, and a bottom that has not four
            axes.
    Source: PixelFeatureParameter; pixel_feature_layer.cpp of maunzzz/caffe-crfgd.
    """

    reads = ("pixel_feature_param",)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pixel_feature_param", "type pos_scale offset_h offset_w color_scale")
        self.param = spec.proto.pixel_feature_param
        self.kind = choice(spec, "pixel_feature_param", "type", TYPES)
        check_four_axes(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        x, param = x.detach(), self.param
        rows = torch.arange(x.shape[2], device=x.device).to(x)[:, None] * param.pos_scale
        columns = torch.arange(x.shape[3], device=x.device).to(x) * param.pos_scale
        places = torch.stack(torch.broadcast_tensors(rows + param.offset_h,
                                                     columns + param.offset_w))
        position = places.expand(len(x), *places.shape)
        parts = {"POSITION": (position,), "RGB": (x * param.color_scale,),
                 "POSITION_AND_RGB": (position, x * param.color_scale),
                 "RGB_AND_POSITION": (x * param.color_scale, position)}[self.kind]
        return torch.cat(parts, 1)
