"""LpqLoss of FlowNet: powers of differences, summed over channels, to a power again."""

from __future__ import annotations

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.params import check_four_axes, honour
from framework.ops.losses import precise


@layer
class LpqLoss(Layer):
    """Lp distance over channels, to the power q: sum of (sum_c (|d| + p_epsilon)^p + q_epsilon)^q.

    Bottoms: x (N, C, H, W); if wanted the target, of x's shape: d = x - target, else d = x.
    Top:     the loss (), the sum over positions divided by N, or with normalize_by_num_entries by
             the number of values of d that are not NaN, over C. NaN counts as 0 in the sum and gets
             no gradient; where all are NaN the number is 1, and the original divides by 0. With
             l2_prescale_by_channels the sum over channels is a mean.
    Errors:  SpecError unless one p and one q are given (a schedule, pq_episode_starts_at_iter, has
             no meaning without the iteration), and if the bottoms differ.
    Source:  LpqLossParameter; lpq_loss_layer.cpp and .cu of lmb-freiburg/flownet2.
    """

    num_bottoms = (1, 2)
    loss = True

    def __init__(self, spec: LayerSpec, x: Shape, *target: Shape):
        super().__init__(spec)
        fields = ("l2_prescale_by_channels normalize_by_num_entries p_epsilon q_epsilon p q "
                  "pq_episode_starts_at_iter")
        honour(spec, "lpq_loss_param", fields)
        param = spec.proto.lpq_loss_param
        starts = list(param.pq_episode_starts_at_iter) or [0]
        if len(param.p) != 1 or len(param.q) != 1 or starts != [0]:
            raise spec.error("lpq_loss_param.p", f"is given {len(param.p)} times and q "
                             f"{len(param.q)} times, beginning at {starts}; one of each, from "
                             "iteration 0 on, is taken")
        check_four_axes(spec, x)
        if target:
            check_same_count(spec, x, target[0])
        self.inner = param.p_epsilon, param.p[0]
        self.outer = param.q_epsilon, param.q[0]
        self.takes_mean = param.l2_prescale_by_channels
        self.counts_known = param.normalize_by_num_entries

    def forward(self, x: Tensor, *target: Tensor) -> Tensor:
        difference = precise(x) - precise(target[0]).reshape(x.shape) if target else precise(x)
        known = ~difference.isnan()
        terms = (difference.where(known, 0).abs() + self.inner[0]) ** self.inner[1]
        sums = terms.mean(1) if self.takes_mean else terms.sum(1)
        loss = ((sums + self.outer[0]) ** self.outer[1]).sum()
        if self.counts_known:
            return loss / (known.sum().clamp(min=1) / x.shape[1])
        return loss / len(x)
