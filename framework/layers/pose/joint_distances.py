"""How many joints are near enough, for several distances, and their mean distance."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.layers.params import check_positive, check_sizes, honour, is_set
from framework.ops.losses import precise

FIELDS = "image_width image_height distance_start distance_stop distance_step"


@layer
class PosenetAccuracy(Layer):
    """Share of the joints within each of several distances, and their mean distance, in pixels.

    Bottoms: joints found and wanted (N, ...), x and y of each in parts of the image; if given,
             weights, in as many values, by which each difference is multiplied: joints of which
             both are 0 do not count. No gradient.
    Tops:    the shares (1, K) for the K distances from distance_start to distance_stop in steps of
             distance_step; the mean distance (). Both are 0 without a joint.
    Errors:  SpecError for bottoms of different sizes or an odd one, distances that are missing or
             do not end at distance_stop, and sizes and steps that are not above 0.
    Source:  PosenetAccuracyParameter; posenet_accuracy_layer.cpp of JakaCikac/caffe-pose_network.
    """

    num_bottoms = (2, 3)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1, 2)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, found: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "posenet_accuracy_param", FIELDS)
        self.param = param = spec.proto.posenet_accuracy_param
        check_sizes(spec, "posenet_accuracy_param", "image_width image_height")
        check_positive(spec, "posenet_accuracy_param", "distance_step")
        for shape in others:
            check_same_count(spec, found, shape)
        if math.prod(found) % 2:
            raise spec.error("bottom", f"has the shape {tuple(found)}; it must hold pairs")
        for field in ("distance_start", "distance_stop"):
            if not is_set(param, field) or getattr(param, field) < 0:
                raise spec.error(f"posenet_accuracy_param.{field}", "is missing or below 0")
        span = param.distance_stop - param.distance_start
        self.num_distances = int(span / param.distance_step) + 1
        if span < 0 or not math.isclose((self.num_distances - 1) * param.distance_step, span,
                                        rel_tol=1e-5, abs_tol=1e-6):
            raise spec.error("posenet_accuracy_param.distance_stop", f"is {param.distance_stop:g}; "
                             "it must be distance_start and a number of steps")

    def forward(self, found: Tensor, wanted: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        param = self.param
        pairs = [precise(one.detach()).reshape(-1, 2) for one in (found, wanted, *weights)]
        scale = pairs[0].new_tensor([param.image_width, param.image_height])
        away = (pairs[0] - pairs[1]) * scale
        counts = torch.ones_like(away[:, 0], dtype=torch.bool)
        if weights:
            away, counts = away * pairs[2], (pairs[2] != 0).any(1)
        distance = away.square().sum(1).sqrt()
        steps = torch.arange(self.num_distances, device=away.device, dtype=away.dtype)
        most = param.distance_start + param.distance_step * steps
        number = counts.sum().clamp(min=1)
        near = ((distance[:, None] <= most) & counts[:, None]).to(away.dtype).sum(0) / number
        return near[None], distance.where(counts, 0).sum() / number
