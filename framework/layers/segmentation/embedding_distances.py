"""Distances of embeddings to those around them, whether labels are the same, and a loss of both."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_four_axes, honour, is_set
from framework.layers.vision.filters import check_top, read_windows
from framework.ops.losses import precise
from framework.ops.windows import convolved_sizes, pad_both_sides, windows
from framework.proto import enum_name

FAR = torch.finfo(torch.float32).max / 100

Cut = tuple[tuple[int, ...], ...]      # kernel, stride, pad and dilation, each with two numbers


def windows_of(x: Tensor, cut: Cut) -> tuple[Tensor, Tensor]:
    """Windows (N, C, h, w, kernel_h, kernel_w) with zeros outside, and their centers."""
    kernel, stride, pad, dilation = cut
    cells = windows(pad_both_sides(x, pad), kernel, stride, dilation)
    i, j = (size // 2 for size in kernel)
    return cells, cells[..., i:i + 1, j:j + 1]


def inside_of(x: Tensor, cut: Cut) -> tuple[Tensor, Tensor]:
    """Which cells (1, 1, h, w, kernel_h, kernel_w), and which centers, are in the image."""
    return windows_of(torch.ones_like(x[:1, :1], dtype=torch.bool), cut)


def distances(x: Tensor, cut: Cut, squares: bool, remove_center: bool, remove_bounds: bool
              ) -> Tensor:
    """Im2dist's distances of each value to the others of its window (N, h, w, kernel_h, kernel_w).
    """
    cells, centers = windows_of(x, cut)
    away = centers - cells
    y = (away.square() / 2 if squares else away.abs()).sum(1)
    inside, central = (mask[0, 0] for mask in inside_of(x, cut))
    y = torch.where(inside & central, y, y.new_zeros(()))
    if remove_bounds:
        y = y.masked_fill(~inside & central, FAR)
    if remove_center:
        i, j = (size // 2 for size in cut[0])
        middle = torch.zeros_like(inside)
        middle[..., i, j] = True
        y = y.masked_fill(middle & central, FAR)
    return y


class _Windows(Layer):
    """Compare each value with the others of a window around it."""

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", "kernel_size stride pad dilation kernel_h kernel_w "
               "stride_h stride_w pad_h pad_w")
        check_four_axes(spec, x, "bottom[0]")
        self.cut = read_windows(spec, 2)
        kernel, stride, pad, dilation = self.cut
        check_top(spec, convolved_sizes(x[2:], kernel, stride, pad, dilation), x)

    def as_channels(self, cut: Tensor) -> Tensor:
        """(N, h, w, kernel_h, kernel_w) as (N, kernel_h * kernel_w, h, w)."""
        return cut.flatten(3).movedim(3, 1)


@layer
class Im2dist(_Windows):
    """Distances of each value to the others of its window, one channel for each cell.

    Bottom: x (N, C, H, W).
    Top:    distances (N, kernel_h * kernel_w, h, w): over the channels half the sum of squared
            differences, or with norm L1 the sum of their absolute values. To cells outside of the
            image, and for a center outside of it, 0; with remove_bounds and with remove_center a
            hundredth of the largest float32 to cells outside, and to the center.
    Errors: SpecError for other shapes, and windows without output.
    Source: Im2distParameter; im2dist_layer.cpp and im2dist.cu of aharley/segaware; Harley,
            Derpanis and Kokkinos 2017.
    """

    reads = ("convolution_param",)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec, x)
        self.param = spec.proto.im2dist_param
        self.squares = enum_name(self.param, "norm") == "L2"

    def forward(self, x: Tensor) -> Tensor:
        y = distances(x, self.cut, self.squares, self.param.remove_center,
                      self.param.remove_bounds)
        return self.as_channels(y)


@layer
class Im2parity(_Windows):
    """Whether each label is that of the others of its window, one channel for each cell.

    Bottom: labels (N, C, H, W), of which the last channel counts. They have no gradient.
    Top:    (N, kernel_h * kernel_w, h, w): 1 for equal labels, else 0; ignore_label where one of
            both is that. Outside of the image is label 0; a center outside of it has zeros, where
            the original leaves what was there.
    Errors: SpecError for other shapes, and windows without output.
    Source: Im2parityParameter; im2parity_layer.cpp and im2parity.cu of aharley/segaware.
    """

    reads = ("convolution_param",)
    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, labels: Shape):
        super().__init__(spec, labels)
        param = spec.proto.im2parity_param
        self.ignored = param.ignore_label if is_set(param, "ignore_label") else None

    def forward(self, labels: Tensor) -> Tensor:
        labels = labels.detach()[:, -1:].trunc()
        cells, centers = windows_of(labels, self.cut)
        y = (cells == centers).to(labels.dtype)
        if self.ignored is not None:
            ignored = (cells == self.ignored) | (centers == self.ignored)
            y = y.masked_fill(ignored, float(self.ignored))
        y = y * inside_of(labels, self.cut)[1]
        return self.as_channels(y[:, 0])


@layer
class DistLoss(Layer):
    """Distances of one class beyond alpha, and of two classes below beta.

    Bottoms: distances (N, C, H, W); whether both are of one class (N, C, H, W), no gradient.
    Top:     the loss (): the sum of max(0, d - alpha) for one class and of max(0, beta - d) for
             two, by the number of distances; those with ignore_label add nothing.
    The gradient is, as in the original, that of half the squares of these; the loss weight counts
    here.
    Errors:  SpecError unless 0 < alpha < beta, and for shapes that differ.
    Source:  DistLossParameter; dist_loss_layer.cpp of aharley/segaware (what its code for CPUs
             does; that for GPUs leaves out all items but the first).
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, distances: Shape, same: Shape):
        super().__init__(spec)
        self.param = param = spec.proto.dist_loss_param
        if not 0 < param.alpha < param.beta:
            raise spec.error("dist_loss_param.beta", f"is {param.beta:g} and alpha "
                             f"{param.alpha:g}; it must be 0 < alpha < beta")
        if len(distances) != 4 or tuple(same) != tuple(distances):
            raise spec.error("bottom", f"has the shapes {tuple(distances)} and {tuple(same)}; "
                             "both must be the same, with 4 axes")
        self.ignored = param.ignore_label if is_set(param, "ignore_label") else None

    def forward(self, distances: Tensor, same: Tensor) -> Tensor:
        distances, same = precise(distances), same.detach().trunc()
        over = (distances - self.param.alpha).clamp(min=0)
        under = (self.param.beta - distances).clamp(min=0)
        margin = torch.where(same != 0, over, under)
        if self.ignored is not None:
            margin = margin.masked_fill(same == self.ignored, 0)
        squares = margin.square().sum() / 2
        return (margin.detach().sum() + (squares - squares.detach())) / distances.numel()
