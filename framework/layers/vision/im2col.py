"""Im2col (unfold): the windows of a convolution as channels."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import canonical_axis, honour
from framework.layers.vision.convolution import as_batch, check_top, read_windows
from framework.ops.windows import convolved_sizes, pad_both_sides, windows
from framework.proto import LayerParameter


@layer
class Im2col(Layer):
    """Unfold (im2col): write the cells of each window of a convolution as channels.

    Bottom: x (batch..., C, n1, n2, ...); `axis` is that of C.
    Top:    y (batch..., C * kernel1 * kernel2 * ..., out1, out2, ...), zeros from the padding,
            out = floor((n + 2 pad - dilation * (kernel - 1) - 1) / stride) + 1.
    Blobs:  none.
    Errors: SpecError where im2col_layer.cpp aborts.
    Source: ConvolutionParameter in caffe.proto; BVLC im2col_layer.cpp.
    """

    reads = ("convolution_param",)

    @classmethod
    def coordinate_map(cls, proto: LayerParameter) -> CoordinateMap:
        return window_map(proto.convolution_param, axis=proto.convolution_param.axis)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        # fields that a convolution needs and im2col ignores, as the original does
        unused = "num_output bias_term group weight_filler bias_filler"
        honour(spec, "convolution_param", "pad kernel_size stride pad_h pad_w kernel_h kernel_w "
               "stride_h stride_w axis dilation " + unused)
        param = spec.proto.convolution_param
        self.axis = canonical_axis(spec, "convolution_param.axis", param.axis, x)
        sizes = x[self.axis + 1 :]
        self.kernel, self.stride, self.pad, self.dilation = read_windows(spec, len(sizes))
        tops = convolved_sizes(sizes, self.kernel, self.stride, self.pad, self.dilation)
        check_top(spec, tops, x)

    def forward(self, x: Tensor) -> Tensor:
        batch = as_batch(x, self.axis)
        num_axes = len(self.kernel)
        cut = windows(pad_both_sides(batch, self.pad), self.kernel, self.stride, self.dilation)
        top = cut.shape[2 : 2 + num_axes]
        if num_axes == 2:  # one fused kernel
            y = F.unfold(batch, self.kernel, self.dilation, self.pad, self.stride)
        else:
            # from (N, C, out..., kernel...) to (N, C, kernel..., out...)
            order = [0, 1, *range(2 + num_axes, 2 + 2 * num_axes), *range(2, 2 + num_axes)]
            y = cut.permute(order)
        return y.reshape(*x.shape[: self.axis], -1, *top)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """A convolution whose filters each copy one cell of the window of one channel."""
        shape = graph.shape(bottoms[0])
        channels, sizes = shape[self.axis], shape[self.axis + 1:]
        x = bottoms[0] if self.axis == 1 else graph.reshape(bottoms[0], [-1, channels, *sizes])
        cells = math.prod(self.kernel)
        copies = torch.eye(cells).repeat(channels, 1).reshape(-1, 1, *self.kernel)
        y = graph.add("Conv", x, graph.floats(copies), kernel_shape=list(self.kernel),
                      strides=list(self.stride), pads=[*self.pad, *self.pad],
                      dilations=list(self.dilation), group=channels)
        if self.axis == 1:
            return [y]
        top = self.top_shapes(shape)[0]
        return [graph.reshape(y, [-1, *top[1:]] if self.axis else list(top))]
