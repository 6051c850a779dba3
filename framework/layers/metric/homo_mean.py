"""HomoMeanLoss: a blob whose gradient also draws items to the means of their classes."""

from __future__ import annotations

import logging
import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, is_set
from framework.ops.class_means import (
    class_means,
    cluster_measure,
    cluster_slopes,
    gaps,
    oval_slopes,
    scatter_measure,
    scatter_slopes,
)
from framework.ops.losses import precise

PARTS = ("cluster", "scatter", "ovalize")
REGULARS = {"cluster": ("rawsubsqr-overall-cluster", "rawsubabs-overall-average"),
            "scatter": ("rawsubsqr-samples-cluster", "rawsubabs-samples-average",
                        "logsubabs-samples-average"),
            "ovalize": ("expsubsqr-sqroots-sqroots",)}
MEASURES = {"cluster": "rawsubsqr-overall-average", "scatter": "rawsubsqr-samples-average",
            "ovalize": "rawsubsqr-sqroots-sqroots"}
CLIPMODES = ("unclipped", "blobal-diff-based")
LEAST_SHARE = 1e-7
SCHEDULE = ("lowrprop", "upprprop", "feedrate", "feedsize", "tradeoff")
FIELDS = """
    odotter_measure odotter_regular average_initmode match_numb label_nmax label_axis
    cluster_measure cluster_regular cluster_clipmode cluster_clipprop cluster_lowrprop
    cluster_upprprop cluster_feedrate cluster_feedsize cluster_tradeoff cluster_interval
    cluster_postpone cluster_duration cluster_activate
    scatter_measure scatter_regular scatter_clipmode scatter_clipprop scatter_lowrprop
    scatter_upprprop scatter_feedrate scatter_feedsize scatter_tradeoff scatter_interval
    scatter_postpone scatter_duration scatter_activate
    ovalize_measure ovalize_regular ovalize_clipmode ovalize_clipprop ovalize_lowrprop
    ovalize_upprprop ovalize_feedrate ovalize_feedsize ovalize_tradeoff ovalize_interval
    ovalize_postpone ovalize_duration ovalize_activate ovals2s_01stprop ovals2s_02ndprop
    ovalt2t_01stprop ovalt2t_02ndprop ovals2t_01stprop ovals2t_02ndprop topdiff_clipprop
"""


class _WithSlopes(torch.autograd.Function):
    """x, whose gradient is shares[0] times the top's plus shares[1:] times slopes (P, ...) of its
    own; those of `clipped` (P,) are no longer than the top's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, shares: Tensor, clipped: Tensor,  # Any: torch
                slopes: Tensor) -> Tensor:
        ctx.save_for_backward(shares, clipped, slopes)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        shares, clipped, slopes = ctx.saved_tensors
        squares = slopes.flatten(1).square().sum(1)
        most = (gradient.square().sum() / squares.clamp(min=1e-30)).sqrt().clamp(max=1.0)
        factors = shares[1:] * torch.where(clipped, most, 1.0)
        own = (slopes * factors.reshape(-1, *(1,) * gradient.dim())).sum(0)
        return gradient * shares[0] + own, None, None, None


@layer
class HomoMeanLoss(Layer):
    """The bottom again; its gradient also draws items to the mean of their class (cluster), away
    from the means of others (scatter), and two domains to equal distances from them (ovalize).

    Bottoms: x (N, ...); labels, L for each item, from 0 to label_nmax - 1. Items of the label -1
             are of the target domain for ovalize; they and others have no class.
    Tops:    x; then, as far as there are tops, the measures () that *_activate switches on: mean
             squared differences of items and their class's mean (cluster) or other means
             (scatter), and the mean over drawn pairs of the square of how much farther one item is
             from all means than the other (ovalize). Tops beyond are empty, as in the original.
    Blobs:   counts (L, label_nmax) and means (L, label_nmax, D); not learned. Those of the batch
             with `average_initmode: false` in TRAIN. Else they stay as they are, since the
             original changes them in the preforward of its own solver, which is not done here:
             classes with the count 0 take no part.
    In the iterations of its interval, postpone and duration a part adds its slopes (D of each item,
    a mean over labels, classes or pairs) times clipprop, or a factor that goes from lowrprop to
    upprprop, at least 1e-7; with the clipmode blobal-diff-based they are no longer than the top's
    gradient. Once a solver counts iterations that one is multiplied by topdiff_clipprop, which is
    0 where it is not given: the original computes its default so.
    Pairs are drawn anew in each forward, match_numb of them in parts of the three or four kinds
    whose factors are not 0: in the source domain, in the target domain, and both ways across.
    Errors:  SpecError for other measures, regulars and clipmodes than these, which no public net
             has, for labels that are not as many for each item, and label_nmax 0.
    Source:  HomoMeanLossParameter; homo_mean_loss_layer.cpp and .cu of JiahaoLi-gdut/CAFFE-DACH,
             whose CPU divides slopes otherwise; here as its GPU.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 7)
    no_gradient_bottoms = (1,)
    blobs_learn = (False,) * 2
    elementwise = True
    reads = ("homo_mean_loss_param",)
    no_onnx_form = UNWRITTEN
    counts: Tensor
    means: Tensor
    shares: Tensor
    clipped: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "homo_mean_loss_param", FIELDS)
        param = self.param = spec.proto.homo_mean_loss_param
        axis = param.label_axis % len(x) if -len(x) <= param.label_axis < len(x) else 0
        self.items = math.prod(x[:axis]) if axis else 0
        if not self.items or math.prod(labels) % self.items:
            raise spec.error("homo_mean_loss_param.label_axis", f"is {param.label_axis}; items of "
                             f"{tuple(x)} must be before it, and labels {tuple(labels)} as many "
                             "for each item")
        if not param.label_nmax:
            raise spec.error("homo_mean_loss_param.label_nmax", "is 0; it must be at least 1")
        self.axis = axis
        self.num_labels = math.prod(labels) // self.items
        self.parts = [name for name in PARTS if getattr(param, f"{name}_interval")]
        self.measured = [name for name in PARTS
                         if getattr(param, f"{name}_activate")][:len(spec.tops) - 1]
        self._check_choices()
        sizes = (self.num_labels, param.label_nmax)
        self.add_blob("counts", sizes, learned=False)
        self.add_blob("means", (*sizes, math.prod(x[axis:])), learned=False)
        self.register_buffer("shares", torch.ones(1 + max(len(self.parts), 1)), persistent=False)
        modes = [getattr(param, f"{name}_clipmode") != "unclipped" for name in self.parts]
        self.register_buffer("clipped", torch.tensor(modes or [False]), persistent=False)
        self._set_shares(0, started=False)

    def _check_choices(self) -> None:
        """SpecError for a measure or the like that is not among those here, where it counts."""
        param = self.param
        wanted = [(f"{name}_regular", REGULARS[name]) for name in self.parts]
        wanted += [(f"{name}_clipmode", CLIPMODES) for name in self.parts]
        wanted += [(f"{name}_measure", (MEASURES[name],)) for name in self.measured]
        if "ovalize" in self.parts:
            wanted.append(("odotter_regular", ("rawsubsqr-overall-average",)))
        if "ovalize" in self.measured:
            wanted.append(("odotter_measure", ("rawsubsqr-overall-average",)))
        for field, allowed in wanted:
            if getattr(param, field) not in allowed:
                raise self.spec.error(f"homo_mean_loss_param.{field}", f"is "
                                      f"'{getattr(param, field)}'; it must be "
                                      f"{' or '.join(allowed)}")

    def note_progress(self, iteration: int, last: int) -> None:
        if iteration == 0 and not is_set(self.param, "topdiff_clipprop"):
            logging.getLogger(__name__).warning(
                "%s: topdiff_clipprop is not given, and so the gradient of '%s' goes no further, "
                "as in the original; topdiff_clipprop: 1 lets it pass",
                self.spec.place("homo_mean_loss_param"), self.spec.tops[0])
        self._set_shares(iteration, started=True)

    def _set_shares(self, iteration: int, started: bool) -> None:
        param = self.param
        shares = [param.topdiff_clipprop if started or is_set(param, "topdiff_clipprop") else 1.0]
        for name in self.parts:
            interval, postpone, duration = (getattr(param, f"{name}_{field}")
                                            for field in ("interval", "postpone", "duration"))
            due = postpone <= iteration % interval < postpone + duration
            shares.append(self._share(name, iteration, started) if due else 0.0)
        self.shares.copy_(torch.tensor(shares if self.parts else [*shares, 0.0]))

    def _share(self, name: str, iteration: int, started: bool) -> float:
        """The factor on a part's slopes."""
        if is_set(self.param, f"{name}_clipprop") or not started:
            return float(max(LEAST_SHARE, getattr(self.param, f"{name}_clipprop")))
        low, high, rate, size, bent = (getattr(self.param, f"{name}_{field}")
                                       for field in SCHEDULE)
        height, progress = high - low, min(1.0, iteration / size) if size else 1.0
        curve = bent * math.log(rate * progress * (math.e - 1) + 1) \
            + (1 - bent) * (2 / (1 + math.exp(-rate * progress)) - 1)
        return max(LEAST_SHARE, curve * height + 2 * low)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor | tuple[Tensor, ...]:
        rows = precise(x.detach()).flatten(self.axis).flatten(0, self.axis - 1)
        classes = labels.detach().reshape(len(rows), -1).nan_to_num(-2).long()
        if self.spec.phase == "TRAIN" and not self.param.average_initmode:
            counts, means = class_means(rows, classes, self.param.label_nmax)
            self.counts.copy_(counts)
            self.means.copy_(means)
        held = (classes, self.counts.to(rows), self.means.to(rows))
        slopes = torch.stack([self._slopes(name, rows, *held).reshape(x.shape).to(x)
                              for name in self.parts] or [torch.zeros_like(x)])
        tops = [_WithSlopes.apply(x, self.shares.to(x), self.clipped, slopes)]
        tops += [self._measure(name, rows, *held).to(x) for name in self.measured]
        tops += [x.new_zeros(0) for _ in self.spec.tops[len(tops):]]
        return tuple(tops) if len(tops) > 1 else tops[0]

    def _slopes(self, name: str, x: Tensor, labels: Tensor, counts: Tensor, means: Tensor
                ) -> Tensor:
        if name == "ovalize":
            return self._oval(x, labels, counts, means)
        of_part = cluster_slopes if name == "cluster" else scatter_slopes
        return of_part(x, labels, counts, means, getattr(self.param, f"{name}_regular"))

    def _measure(self, name: str, x: Tensor, labels: Tensor, counts: Tensor, means: Tensor
                 ) -> Tensor:
        measures = {"cluster": cluster_measure, "scatter": scatter_measure,
                    "ovalize": self._oval_measure}
        return measures[name](x, labels, counts, means)

    @uncompiled
    def _oval(self, x: Tensor, labels: Tensor, counts: Tensor, means: Tensor) -> Tensor:
        """The slopes (N, D) of all drawn pairs, a mean over the pairs that an item is in."""
        total, times = torch.zeros_like(x), x.new_zeros(len(x))
        for place in range(self.num_labels if not x.is_meta else 0):
            pairs, factors = self._pairs(labels[:, place])
            slopes = oval_slopes(x, pairs, labels[:, place], counts[place], means[place])
            for side, slope in enumerate(slopes):
                total = total.index_add(0, pairs[:, side], slope * factors[:, side:side + 1].to(x))
                times = times.index_add(0, pairs[:, side], x.new_ones(len(pairs)))
        return total / times.clamp(min=1)[:, None]

    @uncompiled
    def _oval_measure(self, x: Tensor, labels: Tensor, counts: Tensor, means: Tensor) -> Tensor:
        total = x.new_zeros(())
        for place in range(self.num_labels if not x.is_meta else 0):
            pairs, _ = self._pairs(labels[:, place])
            gap, number, _ = gaps(x, pairs, counts[place], means[place])
            total = total + gap.square().sum() / (number.clamp(min=1) * max(len(pairs), 1))
        return total / self.num_labels

    def _pairs(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Drawn pairs (P, 2) of items, and the factors (P, 2) on their slopes."""
        param = self.param
        source, target = (labels != -1).nonzero()[:, 0], (labels == -1).nonzero()[:, 0]
        across = (param.ovals2t_01stprop, param.ovals2t_02ndprop)
        kinds = [(source, source, (param.ovals2s_01stprop, param.ovals2s_02ndprop)),
                 (target, target, (param.ovalt2t_01stprop, param.ovalt2t_02ndprop)),
                 (source, target, across), (target, source, across[::-1])]
        kinds = [kind for kind in kinds if any(kind[2])]
        if min(len(source), len(target)) < 2 or not kinds:
            return labels.new_empty((0, 2)), torch.empty((0, 2), device=labels.device)
        number = (param.match_numb or self.items) // len(kinds)
        pairs = torch.cat([torch.stack([_drawn(one, number), _drawn(other, number)], 1)
                           for one, other, _ in kinds])
        factors = torch.tensor([kind[2] for kind in kinds], device=labels.device)
        return pairs, factors.repeat_interleave(number, 0)


def _drawn(items: Tensor, number: int) -> Tensor:
    """`number` of the items in a drawn order, from the first again where they are fewer."""
    order = torch.randperm(len(items), device=items.device)
    return items[order[torch.arange(number, device=items.device) % len(items)]]
