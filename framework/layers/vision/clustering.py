"""Clustering: a branch of fully connected layers for each cluster of items; by shape only."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import at_least, check_four_axes, honour, within
from framework.proto import LayerParameter

FIELD = "clustering_param"
MOST = 1000     # branches and their layers


@layer
class Clustering(Layer):
    """K-means of items, and fully connected layers for each cluster: known by shape only.

    Bottoms: x (N, C, H, W); in TRAIN if wanted the labels (N,).
    Top:     (N, num_output), C * H * W without num_output.
    Blobs:   for each of the k clusters, with across_class or dominate, else for each of total_class
             classes its k, num_layer times a weight (num_output, K) and a bias (num_output,), K the
             values of the layer before; then the centres of the clusters (1, C, H, W).
    Errors:  SpecError for a k, num_layer or total_class of 0 or beyond 1000 layers, and at every
             forward.
    Source:  ClusteringParameter; clustering_layer.cpp of CharlesShang/caffe, which finds clusters
             among data_size items that it keeps, and draws an item's cluster by its distances.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (1,)
    unread = frozenset(f"{FIELD}.{name}" for name in ("branch", "data_size", "lambda", "soft"))
    no_onnx_form = "it is known by its shapes only"

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape | None = None):
        super().__init__(spec)
        honour(spec, FIELD, "k total_class num_output lambda branch across_class data_size "
               "dominate num_layer soft")
        param = spec.proto.clustering_param
        for name in ("k", "total_class", "num_layer"):
            within(spec, f"{FIELD}.{name}", (getattr(param, name),), 1, MOST)
        check_four_axes(spec, x)
        size = math.prod(x[1:])
        self.num_output = param.num_output if param.HasField("num_output") else size
        at_least(spec, f"{FIELD}.num_output", (self.num_output,), 1)
        classes = 1 if param.across_class or param.dominate >= 0 else param.total_class
        within(spec, f"{FIELD}.total_class", (classes * param.k * param.num_layer,), 1, MOST)
        for number in range(classes * param.k):
            inputs = size
            for step in range(param.num_layer):
                self.add_blob(f"weight_{number}_{step}", (self.num_output, inputs))
                self.add_blob(f"bias_{number}_{step}", (self.num_output,))
                inputs = self.num_output
        for number in range(classes * param.k):
            self.add_blob(f"centre_{number}", (1, *x[1:]))

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.clustering_param
        classes = 1 if param.across_class or param.dominate >= 0 else param.total_class
        branches = min(classes * param.k, MOST)
        return (True,) * (branches * (2 * min(param.num_layer, MOST) + 1))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.num_output)]

    @uncompiled
    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        raise self.spec.error("type", "'Clustering' is known by its shapes only: which cluster an "
                              "item is in, the original draws")
