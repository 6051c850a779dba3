"""Margins for the label's class: L-Softmax's product and its loss, and an added number."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck, class_check
from framework.layers.loss.changing_number import ChangingNumber
from framework.layers.loss.loss_settings import check_one_label_an_item
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import at_least, canonical_axis, check_sizes, honour, plain
from framework.ops.losses import precise
from framework.proto import LayerParameter, enum_name

TINY = 1e-9                 # added to |x| |w|, there and here


@layer
class LargeMarginInnerProduct(Layer):
    """L-Softmax (large margin) layer: the label's class must win by a multiple of the angle.

    Bottoms: x (M, ...), flattened from `axis` on; labels (M,); perhaps weights (num_output, K)
             instead of the blob.
    Tops:    (M, num_output): x @ w.T, but for the label's class |x| |w| psi(angle); if wanted,
             lambda (1,).
    Blobs:   weight (num_output, K), unless it is a bottom.
    psi is (-1)^k cos(m angle) - 2 k with m 1 to 4 (SINGLE to QUADRUPLE), falling from 0 to pi. It
    is mixed with the plain product: (psi form + lambda * plain) / (1 + lambda), lambda =
    max(lambda_min, base * (1 + gamma * iteration)^-power), where `iteration` counts the forwards
    in TRAIN. SINGLE is plain.
    Errors:  SpecError if num_output is 0, or for labels or weights that do not fit.
    Source:  LargeMarginInnerProductParameter; largemargin_inner_product_layer.cpp of
             wy1iu/LargeMargin_Softmax_Loss and happynear/caffe-windows; Liu et al. 2016.
    """

    num_bottoms = (2, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    weight: Tensor
    iteration: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        return () if len(proto.bottom) == 3 else (True,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape, *weights: Shape):
        super().__init__(spec)
        name = "largemargin_inner_product_param"
        honour(spec, name, "num_output type weight_filler axis base gamma power iteration "
               "lambda_min")
        param = spec.proto.largemargin_inner_product_param
        self.param = plain(param)
        self.axis = canonical_axis(spec, f"{name}.axis", param.axis, x)
        num_values = math.prod(x[self.axis:])
        num_output = weights[0][0] if weights else param.num_output
        at_least(spec, f"{name}.num_output", [num_output], 1)
        if weights and math.prod(weights[0][1:]) != num_values:
            raise spec.error("bottom", f"'{spec.bottoms[2]}' has the shape {tuple(weights[0])}; it "
                             f"must hold rows of {num_values} weights")
        if math.prod(labels) != math.prod(x[:self.axis]):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; there "
                             f"must be {math.prod(x[:self.axis])} labels")
        self.check = IndexCheck(spec, 1, labels, num_output,
                                hint=f"{name}.num_output is too small")
        self.multiple = ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE").index(
            enum_name(param, "type")) + 1
        if not weights:
            self.add_blob("weight", (num_output, num_values), param.weight_filler)
        self.register_buffer("iteration", torch.tensor(float(param.iteration)), persistent=False)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * tops[0][-1] if self.blob_names else 0

    def forward(self, x: Tensor, labels: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        rows = precise(x).flatten(self.axis).flatten(0, -2)
        weight = (weights[0].flatten(1) if weights else self.weight).to(rows.dtype)
        lam = self._lambda().to(rows)
        product = rows @ weight.t()
        top = product
        if self.multiple > 1:
            own = F.one_hot(self.check(labels).reshape(-1), weight.shape[0]).bool()
            lengths = rows.norm(dim=1)[:, None] * weight.norm(dim=1) + TINY
            margin = lengths * _psi(product / lengths, self.multiple)
            top = torch.where(own, (margin + lam * product) / (1 + lam), product)
        top = top.reshape(*x.shape[:self.axis], top.shape[1])
        return (top, lam.reshape(1))[:len(self.spec.tops)]

    def _lambda(self) -> Tensor:
        if self.spec.phase == "TRAIN" and torch.is_grad_enabled() \
                and not self.iteration.is_meta:
            with torch.no_grad():
                self.iteration.add_(1)
        falling = self.param.base * (1 + self.param.gamma * self.iteration) ** -self.param.power
        return falling.clamp(min=self.param.lambda_min)


def _psi(cosine: Tensor, multiple: int) -> Tensor:
    """(-1)^k cos(m angle) - 2 k, k the part of 0 to pi, of m, that the angle is in.

    cos(m angle) is Chebyshev's polynomial of the cosine.
    """
    angle = cosine.detach().clamp(-1, 1).acos()
    k = (angle * multiple / math.pi).floor().clamp(max=multiple - 1)
    polynomial = {2: 2 * cosine ** 2 - 1, 3: 4 * cosine ** 3 - 3 * cosine,
                  4: 8 * cosine ** 4 - 8 * cosine ** 2 + 1}[multiple]
    return (1 - 2 * (k % 2)) * polynomial - 2 * k


@layer
class MarginSoftmaxLoss(Layer):
    """L-Softmax with its loss: softmax cross-entropy of a product with a margin of four angles.

    Bottoms: x (N, ...), flattened to K values; labels (N,).
    Top:     the loss (): the mean of -log softmax at the label, of x @ w.T, but for the label's
             class (lambda * product + |x| |w| psi(angle)) / (1 + lambda), with psi as in
             LargeMarginInnerProduct for QUADRUPLE; angle 0 where a length is 0.
    Blobs:   weight (num_output, K).
    lambda is a number, or one that changes with the forwards in training, at each `step`: times
    gamma (STEPUP), plus gamma (ADDUP), from min to max.
    Errors:  SpecError if num_output is 0, or labels do not fit.
    Source:  MarginSoftmaxLossParameter; margin_softmax_loss_layer.cpp of WeitaoVan/L-GM-loss, whose
             gradient for x or a weight of length 0 is not the derivative; Liu et al. 2016.
    """

    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)
    blobs_learn = (True,)
    weight: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        name = "margin_softmax_loss_param"
        honour(spec, name, "num_output weight_filler lambda")
        param = spec.proto.margin_softmax_loss_param
        check_sizes(spec, name, "num_output")
        check_one_label_an_item(spec, x, labels)
        self.share = ChangingNumber(spec, f"{name}.lambda", getattr(param, "lambda"))
        self.check = IndexCheck(spec, 1, labels, param.num_output,
                                hint=f"{name}.num_output is too small")
        self.add_blob("weight", (param.num_output, math.prod(x[1:])), param.weight_filler)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        rows = precise(x).flatten(1)
        weight = self.weight.to(rows.dtype)
        own = self.check(labels).reshape(-1, 1)
        product = (rows @ weight.t()).to(rows.dtype)        # autocast gives halves
        plain_score = product.gather(1, own)
        lengths = (rows.norm(dim=1) * weight[own[:, 0]].norm(dim=1))[:, None]
        cosine = torch.where(lengths > 0, plain_score / lengths.where(lengths > 0, 1), 1)
        share = self.share().to(rows)
        margin_score = (share * plain_score + lengths * _psi(cosine, 4)) / (1 + share)
        return F.cross_entropy(product.scatter(1, own, margin_score), own[:, 0])


@layer
class LabelSpecificAdd(Layer):
    """Additive margin: add a number to each row's value of its label (AM-Softmax: -0.35).

    Bottoms: x (N, ...) with C values in each row; labels (N,).
    Tops:    x, in TRAIN with `bias` added to the label's value where that is above -bias; if
             wanted, the bias (1,). TEST copies, whatever `transform_test` says, as the original.
    With bias_base given the bias is bias_base + (1 + bias_gamma * iteration)^bias_power - 1, cut to
    bias_min and bias_max; `iteration` counts the forwards in TRAIN.
    Errors:  SpecError if labels are not N.
    Source:  LabelSpecificAddParameter; label_specific_add.cpp of happynear/caffe-windows; Wang et
             al. 2018.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = NEEDS_LABELS
    iteration: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "label_specific_add_param", "bias bias_base bias_gamma bias_power "
               "bias_min bias_max iteration")
        param = spec.proto.label_specific_add_param
        self.param = plain(param)
        self.moves = param.HasField("bias_base") and spec.phase == "TRAIN"
        if math.prod(labels) != x[0]:
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; it "
                             f"must hold one label for each of the {x[0]} items")
        self.check = class_check(spec, labels, math.prod(x[1:]))
        self.register_buffer("iteration", torch.tensor(float(param.iteration)), persistent=False)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        bias = self._bias(x)
        top = x
        if self.spec.phase == "TRAIN":
            own = F.one_hot(self.check(labels).reshape(-1), math.prod(x.shape[1:])).bool()
            top = torch.where(own.reshape(x.shape) & (x > -bias), x + bias, x)
        return (top, bias.reshape(1))[:len(self.spec.tops)]

    def _bias(self, x: Tensor) -> Tensor:
        param = self.param
        if not self.moves:
            return x.new_tensor(param.bias)
        bias = param.bias_base + (1 + param.bias_gamma * self.iteration) ** param.bias_power - 1
        if torch.is_grad_enabled() and not x.is_meta:
            with torch.no_grad():
                self.iteration.add_(1)
        return bias.clamp(min=param.bias_min).clamp(max=param.bias_max).to(x.dtype)
