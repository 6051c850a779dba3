"""Metric learning: triplet loss, SphereFace margin, distances to learned points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import canonical_axis, check_sizes, honour
from framework.ops.losses import precise
from framework.proto import LayerParameter, enum_name


@layer
class TripletLoss(Layer):
    """Triplet loss: an anchor must be nearer to its positive than to its negative, by a margin.

    Bottoms: anchor, positive, negative (N, C), each with a gradient; a fourth, weights of the
             items, is not used, as in the original.
    Top:     the loss (): max(0, margin + |a - p|^2 - |a - n|^2), summed, over 2 N. A
             `threshold_param` has the margin in its `threshold`.
    Errors:  SpecError if the bottoms differ in size.
    Source:  happynear/caffe-windows triplet_loss_layer.cpp; that of lferrer/iccv2017, with
             threshold_param; Schroff et al. 2015.
    """

    reads = ("threshold_param",)
    num_bottoms = (3, 4)
    loss = True
    no_gradient_bottoms = (3,)

    def __init__(self, spec: LayerSpec, anchor: Shape, *others: Shape):
        super().__init__(spec)
        for which in (1, 2):
            check_same_count(spec, anchor, others[which - 1], which)
        proto = spec.proto
        self.margin = proto.threshold_param.threshold if proto.HasField("threshold_param") \
            else proto.triplet_loss_param.margin

    def forward(self, *bottoms: Tensor) -> Tensor:
        anchor, like, unlike = (precise(x).flatten(1) for x in bottoms[:3])
        near = (anchor - like).square().sum(1)
        far = (anchor - unlike).square().sum(1)
        return (self.margin + near - far).relu().sum() / (2 * anchor.shape[0])


class _MarginProduct(torch.autograd.Function):
    """Angular margin (A-Softmax) product: x @ w.T, but |x| psi(angle) for the label's class.

    The rows of w have length 1; the result is mixed with the plain product by lambda.
    Its gradients are not the derivative: that of w is as if the layer were linear, and the step
    of x along the label's class is normalized to length 1.
    Source: margin_inner_product_layer.cpp of wy1iu/sphereface.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, labels: Tensor, lam: Tensor,
                multiple: int) -> Tensor:  # Any: torch has no type for it
        product = x @ weight.t()
        length = x.norm(dim=1)
        cosine = (product.gather(1, labels[:, None]).squeeze(1) / length).clamp(-1, 1)
        psi, slope = _psi(cosine, multiple)
        own = F.one_hot(labels, weight.shape[0]).to(x.dtype)
        changed = product + own * (length * psi)[:, None] - own * product
        ctx.save_for_backward(x, weight, own, length, cosine, psi, slope, lam)
        return (changed + lam * product) / (1 + lam)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, own, length, cosine, psi, slope, lam = ctx.saved_tensors
        # d(|x| psi)/dx = slope * w + (psi - slope * cosine) * x / |x|
        along_w, along_x = slope, (psi - slope * cosine) / length
        size = (along_w.square() + along_x.square()).sqrt()
        mine = (gradient * own).sum(1)
        step = (gradient * (1 - own)) @ weight
        step = step + (mine * along_w / size)[:, None] * (own @ weight)
        step = step + (mine * along_x / size)[:, None] * x
        return (step + lam * gradient @ weight) / (1 + lam), gradient.t() @ x, None, None, None


def _psi(cosine: Tensor, multiple: int) -> tuple[Tensor, Tensor]:
    """psi = (-1)^k cos(m angle) - 2 k, falling from 0 to pi, and its slope by the cosine.

    cos(m angle) is a polynomial (Chebyshev's) of the cosine.
    """
    angle = cosine.acos()
    k = (angle * multiple / math.pi).floor().clamp(max=multiple - 1)
    sign = 1 - 2 * (k % 2)
    polynomial, slope = {
        1: (cosine, torch.ones_like(cosine)),
        2: (2 * cosine ** 2 - 1, 4 * cosine),
        3: (4 * cosine ** 3 - 3 * cosine, 12 * cosine ** 2 - 3),
        4: (8 * cosine ** 4 - 8 * cosine ** 2 + 1, 32 * cosine ** 3 - 16 * cosine),
    }[multiple]
    return sign * polynomial - 2 * k, sign * slope


@layer
class MarginInnerProduct(Layer):
    """SphereFace (A-Softmax) layer: the label's class must win by a multiple of the angle.

    Bottoms: x (M, ...), flattened from `axis` on; labels (M,).
    Tops:    (M, num_output): x @ w.T, but for the label's class |x| psi(angle); if wanted,
             lambda (1,).
    Blobs:   weight (num_output, K), whose rows each forward makes 1 long, in place in TRAIN.
    psi is (-1)^k cos(m angle) - 2 k with m 1 to 4 (SINGLE to QUADRUPLE). It is mixed with the
    plain product: (psi form + lambda * plain) / (1 + lambda), lambda = max(lambda_min, base *
    (1 + gamma * iteration)^-power), where `iteration` counts the forwards in TRAIN. SINGLE
    mixes nothing. The gradients follow the original; they are not the derivative.
    Errors:  SpecError if num_output is 0 or labels are not M.
    Source:  wy1iu/sphereface and happynear/caffe-windows margin_inner_product_layer.cpp; Liu et
             al. 2017.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    weight: Tensor
    iteration: Tensor
    no_onnx_form = NEEDS_LABELS
    blobs_learn = (True,)

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        param = spec.proto.margin_inner_product_param
        self.base = param.base
        self.gamma = param.gamma
        self.power = param.power
        self.lambda_min = param.lambda_min
        self.axis = canonical_axis(spec, "margin_inner_product_param.axis", param.axis, x)
        check_sizes(spec, "margin_inner_product_param", "num_output")
        if math.prod(labels) != math.prod(x[:self.axis]):
            raise spec.error("bottom", f"'{spec.bottoms[1]}' has the shape {tuple(labels)}; there "
                             f"must be {math.prod(x[:self.axis])} labels")
        self.check = IndexCheck(spec, 1, labels, param.num_output,
                                hint="margin_inner_product_param.num_output is too small")
        names = ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE")
        self.multiple = names.index(enum_name(param, "type")) + 1
        self.add_blob("weight", (param.num_output, math.prod(x[self.axis:])), param.weight_filler)
        self.register_buffer("iteration", torch.tensor(float(param.iteration)), persistent=False)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return self.weight.numel() * math.prod(bottoms[0][:self.axis])

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        rows = precise(x).flatten(self.axis).flatten(0, -2)
        counting = self.spec.phase == "TRAIN" and torch.is_grad_enabled() and not x.is_meta
        if counting:
            with torch.no_grad():
                self.weight.copy_(F.normalize(self.weight, eps=0.0))
                self.iteration.add_(1)
        weight = (self.weight if counting else F.normalize(self.weight, eps=0.0)).to(rows.dtype)
        lam = self._lambda().to(rows)
        numbers = self.check(labels).reshape(-1)
        if self.multiple == 1:
            top = rows @ weight.t()
        else:
            top = _MarginProduct.apply(rows, weight, numbers, lam, self.multiple)
        top = top.reshape(*x.shape[:self.axis], top.shape[1])
        return (top, lam.reshape(1))[:len(self.spec.tops)]

    def _lambda(self) -> Tensor:
        falling = self.base * (1 + self.gamma * self.iteration) ** -self.power
        return falling.clamp(min=self.lambda_min)


@layer
class InnerDistance(Layer):
    """Pairwise distances of each row to `num_output` learned points, or to given ones.

    Bottoms: x (M, ...), flattened from `axis` on; perhaps points (N, K) instead of the blob;
             with `update_center_only` last the labels (M,).
    Top:     (M, N): sum of squared (L2) or absolute (L1) differences.
    Blobs:   weight (num_output, K), unless the points are given; with `normalize` its rows are
             made 1 long, in place in TRAIN.
    With `update_center_only` a point gets a gradient only from rows of its own label. There is
    no bias, whatever `bias_term` says, as in the original.
    Errors:  SpecError for transpose, a distance_type that is neither, or num_output 0.
    Source:  happynear/caffe-windows and NormFace inner_distance_layer.cpp; Wang et al. 2017.
    """

    num_bottoms = (1, 3)
    needs_float32 = True
    weight: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        others = len(proto.bottom) - 1 - proto.inner_distance_param.update_center_only
        return () if others else (True,)

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "inner_distance_param", "num_output weight_filler axis distance_type "
               "normalize update_center_only")
        param = spec.proto.inner_distance_param
        self.kind = param.distance_type
        self.normalize = param.normalize
        self.own_only = param.update_center_only
        self.axis = canonical_axis(spec, "inner_distance_param.axis", param.axis, x)
        if param.distance_type not in ("L1", "L2"):
            raise spec.error("inner_distance_param.distance_type", f"is '{param.distance_type}'; "
                             "it must be L1 or L2")
        self.has_points = len(others) - param.update_center_only == 1
        if not self.has_points:
            check_sizes(spec, "inner_distance_param", "num_output")
            self.add_blob("weight", (param.num_output, math.prod(x[self.axis:])),
                          param.weight_filler)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        rows = math.prod(bottoms[0][:self.axis])
        return math.prod(bottoms[0]) * math.prod(tops[0]) // rows

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        rows = precise(x).flatten(self.axis).flatten(0, -2)
        points = (others[0].flatten(1) if self.has_points else self._weight()).to(rows.dtype)
        top = self._distance(rows, points)
        if self.own_only:       # the same values; points have a gradient from rows of their label
            numbers = others[-1].detach().reshape(-1, 1).long()
            own = numbers == torch.arange(points.shape[0], device=x.device)
            top = torch.where(own, top, self._distance(rows, points.detach()))
        return top.reshape(*x.shape[:self.axis], top.shape[1])

    def _weight(self) -> Tensor:
        weight = self.weight
        if not self.normalize:
            return weight
        length = (weight.detach().square().sum(1, keepdim=True) + 1e-6).sqrt()
        if self.spec.phase != "TRAIN" or not torch.is_grad_enabled() or weight.is_meta:
            return weight / length
        with torch.no_grad():
            weight.div_(length)
        return weight

    def _distance(self, rows: Tensor, points: Tensor) -> Tensor:
        if self.kind == "L1":
            return torch.cdist(rows, points, p=1)
        squares = rows.square().sum(1, keepdim=True) + points.square().sum(1)
        return squares - 2 * rows @ points.t()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        rows = graph.reshape(bottoms[0], [-1, math.prod(shape[self.axis:])])
        if self.has_points:
            points = graph.add("Flatten", bottoms[1], axis=1)
            num_points = graph.shape(bottoms[1])[0]
        else:
            points = graph.floats(self._weight(), "weight")
            num_points = self.weight.shape[0]
        far = graph.add("Sub", graph.add("Unsqueeze", rows, graph.integers([1])), points)
        far = graph.add("Abs", far) if self.kind == "L1" else graph.add("Mul", far, far)
        top = graph.reduce("ReduceSum", far, [2], False)
        if self.axis == 1:
            return [top]
        return [graph.reshape(top, [*[0] * min(self.axis, 1), *shape[1:self.axis], num_points])]
