"""FlowNet's arithmetic on values: Mean adds or subtracts one, NegReLU keeps what is negative."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.data.records.mean_file import read_mean_image
from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour
from framework.proto import enum_name, has_field


@layer
class Mean(Layer):
    """Subtract a mean, or add it: y = output_scale * (input_scale * x -+ mean_scale * mean).

    Bottoms: x (N, C, H, W), one or more.
    Tops:    as the bottoms. The mean is `value`, for the channels in turn, or the image of `file`.
    Errors:  SpecError without operation or mean, for channels that the mean's do not divide,
             another size of the file's image, and another number of tops than of bottoms.
    Source:  MeanParameter; mean_layer.cpp of lmb-freiburg/flownet2.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "mean_param", "operation file value mean_scale input_scale output_scale")
        param = spec.proto.mean_param
        if not has_field(param, "operation"):
            raise spec.error("mean_param.operation", "is missing; it must be ADD or SUBTRACT")
        if len(spec.tops) != len(bottoms):
            raise spec.error("top", f"is given {len(spec.tops)} times; there must be one for each "
                             f"of {len(bottoms)} bottoms")
        sign = -1 if enum_name(param, "operation") == "SUBTRACT" else 1
        self.scales = param.output_scale * param.input_scale, (
            param.output_scale * param.mean_scale * sign)
        self.mean = self._mean(bottoms)

    def _mean(self, bottoms: tuple[Shape, ...]) -> Tensor:
        """(C, 1, 1) or (C, H, W); SpecError if it does not fit."""
        param = self.spec.proto.mean_param
        if param.HasField("file"):
            try:
                mean = torch.from_numpy(read_mean_image(param.file).astype("float64"))
            except DataError as error:
                raise self.spec.error("mean_param.file", str(error)) from None
        elif param.value:
            mean = torch.tensor(list(param.value), dtype=torch.float64)[:, None, None]
        else:
            raise self.spec.error("mean_param.value", "is missing; it or file must be given")
        for index, shape in enumerate(bottoms):
            sized = mean.shape[1:] in ((1, 1), tuple(shape[2:]))
            if len(shape) != 4 or shape[1] % len(mean) or not sized:
                raise self.spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}, which a "
                                      f"mean of the shape {tuple(mean.shape)} does not fit")
        return mean

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        tops = []
        for x in bottoms:
            mean = self.mean.to(x.device, x.dtype).repeat(x.shape[1] // len(self.mean), 1, 1)
            tops.append(self.scales[0] * x + self.scales[1] * mean)
        return tuple(tops)


@layer
class NegReLU(Layer):
    """Negative part: y = min(x, 0) + negative_slope * max(x, 0).

    Bottom: x (...). Top: as x.
    Source: ReLUParameter; neg_relu_layer.cpp of lmb-freiburg/flownet2.
    """

    reads = ("relu_param",)
    keeps_shape = True
    pointwise = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "relu_param", "negative_slope")
        self.slope = spec.proto.relu_param.negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x < 0, x, self.slope * x)
