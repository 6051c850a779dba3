"""Box: a convolution, ReLU and pooling of its own for each box of a grid over the image."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from google.protobuf.message import Message
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.layers.activation.neuron import ReLU
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
from framework.layers.pooling.pooling import Pooling
from framework.layers.vision.convolution import Convolution
from framework.proto import LayerParameter


@layer
class Box(Layer):
    """Cut the image into boxes, and convolve, rectify and pool each with weights of its own.

    Bottom: x (N, C, H, W).
    Top:    y (N, num_output, H, W).
    Boxes of box_height x box_width begin at multiples of these. What of a box is right of the image
    is read on from its next row, below it from the next channel, and is 0 at the end; it is written
    back so too, over what earlier boxes wrote. Convolution and pooling must keep the box's size.
    Blobs:  none: the weights are neither learned nor saved, as in the original, and each run begins
            with others.
    The gradient is the derivative; the original gives what is written over a gradient as well, and
    reads past its memory.
    Errors: SpecError if a box is larger than the image, or if its size is not kept.
    Source: BoxParameter; box_layer.cpp of BraveApple/my_caffe.
    """

    no_onnx_form = "its weights are in no file"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "box_param", "box_height box_width convolution_param pooling_param relu_param")
        param = spec.proto.box_param
        if len(x) != 4:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has the shape {tuple(x)}; it must be "
                             "(N, C, H, W)")
        self.size = (param.box_height, param.box_width)
        for field, size, most in (("box_height", param.box_height, x[2]),
                                  ("box_width", param.box_width, x[3])):
            if not 1 <= size <= most:
                raise spec.error(f"box_param.{field}", f"is {size}; it must be from 1 to that of "
                                 f"the image, {most}")
        for field, given in (("convolution_param", param.HasField("convolution_param")),
                             ("pooling_param", param.HasField("pooling_param"))):
            if not given:
                raise spec.error(f"box_param.{field}", "is missing")
        self.num_output = param.convolution_param.num_output
        self.starts = [row * x[3] + column for row in range(0, x[2], self.size[0])
                       for column in range(0, x[3], self.size[1])]
        box = (x[0], x[1], *self.size)
        made = (x[0], self.num_output, *self.size)
        self.steps = nn.ModuleList()
        for _ in self.starts:
            convolution = Convolution(_inner(spec, "Convolution", param.convolution_param), box)
            pooling = Pooling(_inner(spec, "Pooling", param.pooling_param), made)
            if convolution.top_shapes(box) != [made] or pooling.top_shapes(made) != [made]:
                raise spec.error("box_param", f"does not keep the box's size, {self.size[0]} x "
                                 f"{self.size[1]}; pad its convolution and its pooling")
            relu = ReLU(_inner(spec, "ReLU", param.relu_param), made)
            self.steps.append(nn.Sequential(convolution, relu, pooling))

    def materialise(self, generator: torch.Generator) -> None:
        for convolution in self._convolutions():
            convolution.materialise(generator)
            convolution.requires_grad_(False)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        batch, _, height, width = bottoms[0]
        return [(batch, self.num_output, height, width)]

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        batch, channels = bottoms[0][:2]
        box, made = ((batch, number, *self.size) for number in (channels, self.num_output))
        return sum(one.multiply_adds([box], [made]) for one in self._convolutions())

    def _convolutions(self) -> list[Convolution]:
        return [one for one in self.steps.modules() if isinstance(one, Convolution)]

    def _cells(self, planes: int, shape: Shape, start: int) -> np.ndarray:
        """For each value of a box over `planes` channels its index in the flattened image."""
        height, width = shape[2:]
        rows = np.arange(self.size[0])[:, None] * width + np.arange(self.size[1])
        channels = np.arange(planes)[:, None] * (height * width)
        return (channels + rows.reshape(-1) + start).reshape(-1)

    def forward(self, x: Tensor) -> Tensor:
        shape = (x.shape[0], self.num_output, *x.shape[2:])
        flat, y = x.reshape(-1), x.new_zeros(shape).reshape(-1)
        for start, steps in zip(self.starts, self.steps, strict=True):
            cells = self._cells(x.shape[0] * x.shape[1], x.shape, start)
            inside = torch.from_numpy(cells < len(flat)).to(x.device)
            read = torch.from_numpy(cells.clip(max=len(flat) - 1)).to(x.device)
            box = torch.where(inside, flat[read], 0).reshape(*x.shape[:2], *self.size)
            box = steps(box)
            cells = self._cells(shape[0] * shape[1], shape, start)
            kept = cells < len(y)
            y = y.to(box.dtype).scatter(0, torch.from_numpy(cells[kept]).to(x.device),
                                        box.reshape(-1)[torch.from_numpy(kept).to(x.device)])
        return y.reshape(shape)


def _inner(spec: LayerSpec, kind: str, param: Message) -> LayerSpec:
    """The spec of a layer of a box."""
    proto = LayerParameter(name=spec.name, type=kind)
    getattr(proto, {"ReLU": "relu_param"}.get(kind, f"{kind.lower()}_param")).CopyFrom(param)
    proto.bottom.extend(spec.bottoms)
    proto.top.extend(spec.tops)
    return dataclasses.replace(spec, proto=proto, taken={})
