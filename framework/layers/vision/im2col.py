"""Im2col (unfold): the windows of a convolution as channels, and the convolution of these."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.coordinates import CoordinateMap, window_map
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import at_least, canonical_axis, honour
from framework.layers.vision.filters import FIELDS, as_batch, check_top, read_windows
from framework.layers.weighted import Weighted
from framework.ops.windows import convolved_sizes, pad_ends, reached_ends, windows
from framework.proto import LayerParameter


@layer
class Im2col(Layer):
    """Unfold (im2col): write the cells of each window of a convolution as channels.

    Bottom: x (batch..., C, n1, n2, ...); `axis` is that of C.
    Top:    y (batch..., C * kernel1 * kernel2 * ..., out1, out2, ...), zeros from the padding,
            out as that of Convolution.
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
        if not sizes:
            raise spec.error("convolution_param.axis", f"is {param.axis}; the bottom has the shape "
                             f"{tuple(x)}, where no axis follows that a window could move along")
        self.kernel, self.stride, self.pad, self.dilation = read_windows(spec, len(sizes))
        tops = convolved_sizes(sizes, self.kernel, self.stride, self.pad, self.dilation,
                               self._pad_end(sizes))
        check_top(spec, tops, x)

    def _pad_end(self, sizes: Shape) -> tuple[int, ...]:
        return reached_ends(sizes, self.kernel, self.stride, self.pad, self.dilation)

    def forward(self, x: Tensor) -> Tensor:
        batch = as_batch(x, self.axis)
        num_axes = len(self.kernel)
        batch = pad_ends(batch, self.pad, self._pad_end(batch.shape[2:]))
        cut = windows(batch, self.kernel, self.stride, self.dilation)
        top = cut.shape[2 : 2 + num_axes]
        if num_axes == 2:  # one fused kernel
            y = F.unfold(batch, self.kernel, self.dilation, stride=self.stride)
        else:
            # from (N, C, out..., kernel...) to (N, C, kernel..., out...)
            order = [0, 1, *range(2 + num_axes, 2 + 2 * num_axes), *range(2, 2 + num_axes)]
            y = cut.permute(order)
        return y.reshape(*x.shape[: self.axis], x.shape[self.axis] * math.prod(self.kernel), *top)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        """A convolution whose filters each copy one cell of the window of one channel."""
        shape = graph.shape(bottoms[0])
        channels, sizes = shape[self.axis], shape[self.axis + 1:]
        x = bottoms[0] if self.axis == 1 else graph.reshape(bottoms[0], [-1, channels, *sizes])
        cells = math.prod(self.kernel)
        copies = torch.eye(cells).repeat(channels, 1).reshape(-1, 1, *self.kernel)
        y = graph.add("Conv", x, graph.floats(copies), kernel_shape=list(self.kernel),
                      strides=list(self.stride), pads=[*self.pad, *self._pad_end(sizes)],
                      dilations=list(self.dilation), group=channels)
        if self.axis == 1:
            return [y]
        top = self.top_shapes(shape)[0]
        return [graph.reshape(y, [-1, *top[1:]] if self.axis else list(top))]


@layer
class Im2colConvolution(Weighted):
    """Convolution of windows that Im2col wrote as channels: a product with its filters.

    Bottom: any number of x (N, C * k1 * k2, h, w), equal in shape.
    Top:    one for each bottom: y (N, num_output, h, w); y is that of a Convolution of the bottom
            of the Im2col.
    Blobs:  weight (num_output, C / group, k1, k2), one set for all bottoms; bias (num_output,)
            unless `bias_term: false`.
    It is what a Convolution with `bottom_is_im2col: true` is read as; of its stride, pad and
    dilation nothing is used.
    Errors: SpecError for channels that are not as many as groups times cells of the kernel need.
    Source: base_conv_layer.cpp and conv_layer.cpp of aharley/segaware; Harley et al. 2017.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    reads = ("convolution_param",)
    weights_in = "convolution_param"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", FIELDS)
        param, x = spec.proto.convolution_param, bottoms[0]
        if len(x) != 4 or param.axis != 1 or any(shape != x for shape in bottoms[1:]):
            raise spec.error("bottom", f"has the shapes {bottoms}; with bottom_is_im2col they must "
                             "be (N, C, H, W) and equal, and axis 1")
        kernel, self.group = read_windows(spec, 2)[0], param.group
        at_least(spec, "convolution_param.num_output", (param.num_output,), 1)
        at_least(spec, "convolution_param.group", (self.group,), 1)
        cells = math.prod(kernel) * self.group
        if x[1] % cells or param.num_output % self.group:
            raise spec.error("convolution_param.kernel_size", f"is {kernel}, of {self.group} "
                             f"groups: {cells} must divide the {x[1]} channels of the bottom, and "
                             f"{self.group} the {param.num_output} outputs")
        self.add_weights((param.num_output, x[1] // cells, *kernel), (param.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return sum(self.weight[0].numel() * math.prod(top) for top in tops)

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        weight = self.weight.flatten(1)[:, :, None, None]
        tops = tuple(F.conv2d(x, weight, self.bias, groups=self.group) for x in bottoms)
        return tops if len(tops) > 1 else tops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        blobs = [graph.floats(self.weight.flatten(1)[:, :, None, None])]
        if self.bias is not None:
            blobs.append(graph.floats(self.bias, "bias"))
        return [graph.add("Conv", x, *blobs, kernel_shape=[1, 1], group=self.group)
                for x in bottoms]
