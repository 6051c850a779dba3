"""Netvlad: aggregation of local features around learned cluster centers (NetVLAD)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour


@layer
class Netvlad(Layer):
    """NetVLAD aggregation: sums of features less a cluster's center, by their assignment to it.

    Bottoms: assignments (N, K, H, W), as a softmax makes them; features (N, D, H, W).
    Top:     (N, K * D): for each cluster sum a (x + center), the center being learned with the
             other sign.
    Blobs:   centers (cluster_num, local_dim).
    The gradient is that of the three factors; the original's for more than one cluster does not
    fill the features' in the right order, a fault that is not followed.
    Errors:  SpecError if cluster_num, local_dim and vlad_dim do not fit the bottoms and each other.
    Source:  NetvladParameter; netvlad_layer.cpp by H. J. Kim (UNC, "Learned Contextual Feature
             Reweighting"); Arandjelovic et al. 2016.
    """

    num_bottoms = (2, 2)
    no_onnx_form = UNWRITTEN
    blobs_learn = (True,)
    centers: Tensor

    def __init__(self, spec: LayerSpec, assignments: Shape, features: Shape):
        super().__init__(spec)
        honour(spec, "netvlad_param", "cluster_num local_dim vlad_dim weight_filler")
        param = spec.proto.netvlad_param
        if len(assignments) != 4 or len(features) != 4 or assignments[2:] != features[2:] \
                or assignments[0] != features[0]:
            raise spec.error("bottom", f"has the shapes {tuple(assignments)} and {tuple(features)};"
                             " they must be (N, K, H, W) and (N, D, H, W)")
        num, size = assignments[1], features[1]
        for name, wanted in (("cluster_num", num), ("local_dim", size), ("vlad_dim", num * size)):
            if getattr(param, name) != wanted:
                raise spec.error(f"netvlad_param.{name}", f"is {getattr(param, name)}; by the "
                                 f"bottoms it must be {wanted}")
        self.add_blob("centers", (num, size), param.weight_filler)

    def forward(self, assignments: Tensor, features: Tensor) -> Tensor:
        shares = assignments.flatten(2)
        sums = shares @ features.flatten(2).transpose(1, 2)
        return (sums + shares.sum(2)[..., None] * self.centers).flatten(1)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(bottoms[0]) * bottoms[1][1]
