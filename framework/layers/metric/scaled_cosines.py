"""Cosines of features and class weights, and pairs of items for verification."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS, UNWRITTEN
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.ops.losses import precise

EPS = 1e-11     # added to a sum of squares


@layer
class CosinL2Normalize(Layer):
    """CosFace (AM-Softmax): scaled cosines of items and class weights, the label's with a margin.

    Bottoms: x (N, ...), flattened from `axis` on; labels (N,).
    Top:     (N, num_output): scale * cos(x, weight), and scale * (cos + margin) for the label's
             class; the margin is below 0. In TEST too. A norm is sqrt(sum of squares + 1e-11).
    Blobs:   weight (num_output, K).
    The original never clears the gradient of the unit weights, which grows from batch to batch
    there; here it is the derivative.
    Errors:  SpecError if num_output is 0, labels are not N, or x has axes between N and `axis`;
             DataError for labels from num_output on.
    Source:  cosin_l2_normalize_innerproduct.cpp of yuqj1991/caffe_train; Wang et al. 2018.
    """

    reads = ("cosin_loss_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    needs_float32 = True
    blobs_learn = (True,)
    no_onnx_form = NEEDS_LABELS
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "cosin_loss_param", "num_output cosin_filler axis scale margin")
        param = spec.proto.cosin_loss_param
        check_sizes(spec, "cosin_loss_param", "num_output")
        self.axis = canonical_axis(spec, "cosin_loss_param.axis", param.axis, x)
        if math.prod(x[:self.axis]) != x[0]:
            raise spec.error("cosin_loss_param.axis", f"is {param.axis}; the bottom has the shape "
                             f"{tuple(x)}, of which all but the items must come from `axis` on")
        check_one_label_an_item(spec, x, labels)
        self.scale, self.margin = param.scale, param.margin
        self.check = IndexCheck(spec, 1, labels, param.num_output,
                                hint="cosin_loss_param.num_output is too small")
        self.add_blob("weight", (param.num_output, math.prod(x[self.axis:])), param.cosin_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight.numel() * bottoms[0][0]

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        rows = _unit(precise(x).flatten(self.axis).flatten(0, -2))
        own = F.one_hot(self.check(labels).reshape(-1), len(self.weight))
        cosines = rows @ _unit(self.weight.to(rows.dtype)).t()
        return (self.scale * (cosines + self.margin * own)).to(x.dtype)


def _unit(rows: Tensor) -> Tensor:
    return rows / ((rows * rows).sum(1, keepdim=True) + EPS).sqrt()


@layer
class Identity2Verify(Layer):
    """Pairs of items that follow each other, and whether both are of one class.

    Bottoms: x (N, ...); labels (N, ...), one an item; N is even.
    Tops:    the items 0, 2, 4, ... and 1, 3, 5, ... (N / 2, ...); 1 where the labels of a pair
             differ by less than 1, else 0 (N / 2, ...).
    Errors:  SpecError if N is odd, or labels are not N.
    Source:  identity2verify_layer.cpp of yuqj1991/caffe_train.
    """

    no_onnx_form = UNWRITTEN
    num_bottoms = (2, 2)
    num_tops = (3, 3)
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        if x[0] % 2:
            raise spec.error("bottom", f"'{spec.bottoms[0]}' has {x[0]} items, of which pairs are "
                             "made; there must be an even number")
        check_one_label_an_item(spec, x, labels)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first, second = labels[::2], labels[1::2]
        return x[::2], x[1::2], ((first - second).abs() < 1).to(labels.dtype)
