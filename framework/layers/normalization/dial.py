"""Dial: batch normalization of two domains, whose statistics mix by a learned share (AutoDIAL)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour
from framework.ops.losses import StraightThrough, precise
from framework.proto import enum_name

FIELD = "dial_param"
BOUNDS = (0.5, 1.0)     # of the share


@layer
class Dial(Layer):
    """Domain alignment: batch normalization of source and target items by mixed statistics.

    Bottom: x (N, C, n1, ...), or (N, C); the first slice_point items are of the source domain, the
            others of the target. -1 is half of the items that the net is built with.
    Top:    y = (x - mean) / sqrt(variance + eps), in the shape of x.
    Blobs:  share (1,), of which a value beyond 0.5 to 1 counts as the bound, which a training sets
            before its next iteration; sums of means and of variances (2, C), source then target,
            and their weight (1,), none of which learns.
    In TRAIN, or with `use_global_stats: false`, an item's mean is share times that of its own
    domain plus 1 - share times the other's, the variance so of the squares of distances from that
    mean. The sums move as BatchNorm's, the variance times m / (m - 1), m the values of a channel in
    all items. Else the sums over their weight are taken, those of the domain of test_stats.
    Errors: SpecError unless both domains have items, where the batch's statistics count.
    Source: DialParameter; dial_layer.cpp of mengchuangji/DA-MM; Carlucci et al. 2017.
    """

    keeps_shape = True
    pointwise = True
    blobs_learn = (True, False, False, False)
    share: Tensor
    mean: Tensor
    variance: Tensor
    factor: Tensor

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "use_global_stats moving_average_fraction eps slice_point test_stats "
               "weight_filler")
        param = spec.proto.dial_param
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; Dial needs at least 2 axes (N, C)")
        self.use_stored = (param.use_global_stats if param.HasField("use_global_stats")
                           else spec.phase == "TEST")
        self.eps, self.fraction = param.eps, param.moving_average_fraction
        self.domain = 1 if enum_name(param, "test_stats") == "TARGET" else 0
        self.start = x[0] // 2 if param.slice_point == -1 else param.slice_point
        if not self.use_stored and not 0 < self.start < x[0]:
            raise spec.error(f"{FIELD}.slice_point", f"is {self.start}; it must leave items of the "
                             f"bottom's {x[0]} before and after it")
        self.add_blob("share", (1,), param.weight_filler)
        self.add_blob("mean", (2, x[1]), learned=False)
        self.add_blob("variance", (2, x[1]), learned=False)
        self.add_blob("factor", (1,), learned=False)

    def forward(self, x: Tensor) -> Tensor:
        axes = (-1, *(1,) * (x.dim() - 2))
        wide = precise(x)
        if self.use_stored:
            mean, variance = (blob.reshape(axes) for blob in self.stored())
            return ((wide - mean) * (variance + self.eps).rsqrt()).to(x.dtype)
        share = StraightThrough.apply(self.share, self.share.detach().clamp(*BOUNDS))
        parts = [part.transpose(0, 1).flatten(1) for part in (wide[:self.start], wide[self.start:])]
        means, variances, tops = [], [], []
        for domain, part in enumerate((wide[:self.start], wide[self.start:])):
            own, other = parts[domain], parts[1 - domain]
            mean = share * own.mean(1) + (1 - share) * other.mean(1)
            variance = share * (own - mean[:, None]).square().mean(1) \
                + (1 - share) * (other - mean[:, None]).square().mean(1)
            tops.append((part - mean.reshape(axes)) * (variance.reshape(axes) + self.eps).rsqrt())
            means.append(mean)
            variances.append(variance)
        num_values = x.numel() // x.shape[1]
        self._move_sums(torch.stack(means).detach(),
                        torch.stack(variances).detach() * (num_values / (num_values - 1)))
        return torch.cat(tops).to(x.dtype)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return 0

    def note_progress(self, iteration: int, last: int) -> None:
        """Bring the share between its bounds."""
        with torch.no_grad():
            self.share.clamp_(*BOUNDS)

    def _move_sums(self, mean: Tensor, variance: Tensor) -> None:
        with torch.no_grad():
            self.mean.mul_(self.fraction).add_(mean)
            self.variance.mul_(self.fraction).add_(variance)
            self.factor.mul_(self.fraction).add_(1)

    def stored(self) -> tuple[Tensor, Tensor]:
        """Mean and variance (C,) of the domain of test_stats; 0 before the first batch."""
        empty = self.factor == 0
        weight = torch.where(empty, 0.0, 1 / torch.where(empty, 1.0, self.factor))
        return self.mean[self.domain] * weight, self.variance[self.domain] * weight

    def freeze(self) -> None:
        """Take the stored mean and variance, as `use_global_stats: true` does."""
        self.use_stored = True

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if not self.use_stored:
            raise self.spec.error(FIELD, "has no ONNX form with the statistics of the batch")
        axes = (-1, *(1,) * (len(graph.shape(bottoms[0])) - 2))
        mean, variance = (blob.reshape(axes) for blob in self.stored())
        y = graph.add("Sub", bottoms[0], graph.floats(mean, "mean"))
        return [graph.add("Mul", y, graph.floats((variance + self.eps).rsqrt(), "factor"))]
