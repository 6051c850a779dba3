"""NoiseTolerantFR: weights of items by the histogram of their own cosines."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import NEEDS_LABELS
from framework.layers.params import honour
from framework.ops.losses import GivenSlopes, precise

OUTSIDE = 0.005         # part of the histogram beyond each of its ends
GAUSS_WIDTH = 2.576     # standard deviations from the right peak to an end: 99 %
MOST = 1 << 20          # bins, and batches that are counted
WINDOW = 5              # bins of the moving sum
UNSEEN = -1             # no item, or no end found yet


@layer
class NoiseTolerantFR(Layer):
    """Loss reweighting for noisy labels: multiply each item by a weight from its own cosine.

    Bottoms: x (N, ...) with C values an item; cosines, as many; labels (N,), -1 for an item
             without a class, which stays as it is; perhaps (N,) noise marks, which have no effect.
    Top:     x, each item times its weight; with `shield_forward` x itself, and only its gradient
             is weighted. TEST copies x.
    In TRAIN the cosines of the items' own classes in the last slide_batch_num batches are counted
    in `bins` steps from value_low to value_high, and smoothed over five bins. l and r are the
    bins beyond which there are 0.5 %, a and b the first and last peak (the highest, and the
    outermost other one or the middle of l and r); each moves by at most one bin a batch. With the
    item's bin k, c the cosine of r cut to 0 ... 1, and m = 2 - sigmoid(20 c - 5) -
    sigmoid(15 - 20 c), its weight is (1 - m) softplus(10 (k - a) / (r - a)) / softplus(10), that
    quotient at most 1, plus m times 1 (c below 0.5) or exp(-(k - b)^2 / 2 s^2) (c above), s being
    (r - b) / 2.576 right of b and (b - l) / 2.576 left of it. Where the original divides 0 by 0,
    the quotient and the exponential are 1.
    Weights begin with the batch start_iter or slide_batch_num, the later one. They are constants
    for the gradient. If l is not below r, x stays and the gradient of items with a class is 0.
    The histogram is not in snapshots. Sums are exact, so that equal bins are equal: the
    original adds fifths.
    Errors:  SpecError if cosines or labels do not fit x, start_iter or slide_batch_num is not 1 to
             1048576, bins not 5 to 1048576, or value_high not above value_low.
    Source:  NoiseTolerantFRParameter; noise_tolerant_fr_layer.cpp of huangyangyu/NoiseFace; Hu et
             al. 2019, Noise-Tolerant Paradigm for Training Face Recognition CNNs.
    """

    num_bottoms = (3, 4)
    no_gradient_bottoms = (1, 2, 3)
    no_onnx_form = NEEDS_LABELS
    iteration: Tensor
    queue: Tensor
    ends: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, cosines: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "noise_tolerant_fr_param", "shield_forward start_iter bins slide_batch_num "
               "value_low value_high")
        param = spec.proto.noise_tolerant_fr_param
        for name, least in (("start_iter", 1), ("slide_batch_num", 1), ("bins", WINDOW)):
            if not least <= getattr(param, name) <= MOST:
                raise spec.error(f"noise_tolerant_fr_param.{name}", f"is {getattr(param, name)}; "
                                 f"it must be from {least} to {MOST}")
        if not param.value_high > param.value_low:
            raise spec.error("noise_tolerant_fr_param.value_high", f"is {param.value_high:g}; it "
                             f"must be above value_low, {param.value_low:g}")
        check_same_count(spec, x, cosines)
        for position, shape in enumerate(others, 2):
            if math.prod(shape) != x[0]:
                raise spec.error("bottom", f"'{spec.bottoms[position]}' has the shape "
                                 f"{tuple(shape)}; it must hold one number for each of the {x[0]} "
                                 f"items of '{spec.bottoms[0]}'")
        self.bins = param.bins
        self.low = param.value_low
        self.range = param.value_high - param.value_low
        self.start = max(param.start_iter, param.slide_batch_num)
        self.shields = param.shield_forward
        self.check = IndexCheck(spec, 2, others[0], math.prod(x[1:]), ignore=UNSEEN)
        length = param.slide_batch_num * x[0]
        self.register_buffer("iteration", torch.zeros((), dtype=torch.int64), persistent=False)
        self.register_buffer("queue", torch.full((length,), UNSEEN), persistent=False)
        self.register_buffer("ends", torch.full((4,), UNSEEN), persistent=False)

    def forward(self, x: Tensor, cosines: Tensor, labels: Tensor, *noise: Tensor) -> Tensor:
        if self.spec.phase != "TRAIN" or x.is_meta:
            return x
        numbers, valid = self.check.counted(labels.reshape(-1))
        assert valid is not None        # the check has a number to ignore
        own = precise(cosines.detach()).flatten(1).gather(1, numbers[:, None])[:, 0]
        bins = (self.bins * (own - self.low) / self.range).long().clamp(0, self.bins)
        started, has_width = self._move_ends(bins.where(valid, UNSEEN))
        weight = self._weights(bins.double()).to(x.dtype)
        factor = weight.where(valid & started & has_width, 1)
        slope = factor.where(~valid | ~started | has_width, 0)
        factor, slope = (each.reshape(-1, *[1] * (x.ndim - 1)) for each in (factor, slope))
        value = x.detach() if self.shields else x.detach() * factor
        top: Tensor = GivenSlopes.apply(x, slope, value)
        return top

    @torch.no_grad()
    def _move_ends(self, bins: Tensor) -> tuple[Tensor, Tensor]:
        """Count a batch's bins. Returns whether weights have begun, and whether l is below r."""
        self.iteration.add_(1)
        self.queue.copy_(torch.cat([self.queue, bins])[-len(self.queue):])
        counts = torch.zeros(self.bins + 2, dtype=torch.int64, device=bins.device)
        counts = counts.scatter_add(0, self.queue + 1, torch.ones_like(self.queue))[1:]
        found = histogram_ends(F.pad(counts.unfold(0, WINDOW, 1).sum(1), [WINDOW // 2] * 2))
        started = self.iteration >= self.start
        has_width = found[0] < found[1]
        moved = self.ends + (found - self.ends).sign()
        moved = torch.where(self.ends == UNSEEN, found, moved)
        self.ends.copy_(moved.where(started & has_width, self.ends))
        return started, has_width

    def _weights(self, bins: Tensor) -> Tensor:
        """The weight of each item by its bin, float64."""
        left, right, first, last = self.ends.double().unbind()
        exponent = (10 * (bins - first) / (right - first)).nan_to_num(10, math.inf, -math.inf)
        simple = torch.logaddexp(exponent, torch.zeros_like(exponent)) / math.log1p(math.exp(10))
        width = torch.where(bins > last, right - last, last - left) / GAUSS_WIDTH
        distance = ((bins - last) / width).nan_to_num(0, math.inf, -math.inf)
        hard = (-distance.square() / 2).exp()
        cosine = (self.low + self.range * right / self.bins).clamp(0, 1)
        share = 2 - (20 * cosine - 5).sigmoid() - (15 - 20 * cosine).sigmoid()
        other = torch.where(cosine < 0.5, 1.0, hard.where(cosine > 0.5, 0))
        return (1 - share) * simple.clamp(0, 1) + share * other


def histogram_ends(sums: Tensor) -> Tensor:
    """The bins of a smoothed histogram's left and right end, first and last peak, int64 (4,).

    sums  (B + 1,) of WINDOW bins each. A peak is at least its neighbours, above those at two bins,
          and above those at three, four and five by 5, 10 and 15. Without one in between, the
          highest bin is both.
    """
    index = torch.arange(len(sums), device=sums.device)
    most = len(sums) - 1
    below = sums.cumsum(0) / sums.sum()         # NaN without any count: ends are the first and last
    left = (~(below < OUTSIDE)).to(torch.uint8).argmax()
    right = index.where(~(below > 1 - OUTSIDE), UNSEEN).amax()
    middle = (left + right) // 2
    highest = sums.argmax()
    is_peak = (index >= left.clamp(min=5)) & (index <= right.clamp(max=most - 5))
    padded = F.pad(sums, [5, 5])
    for step, margin in ((1, -1), (2, 0), (3, 5), (4, 10), (5, 15)):
        around = torch.maximum(padded[5 - step:][:most + 1], padded[5 + step:][:most + 1])
        is_peak = is_peak & (sums > around + margin)
    # of two equal bins side by side the first one is the peak
    is_peak = is_peak & ~F.pad(is_peak, [1, 0])[:-1]
    has_peak = is_peak.any()
    earliest = index.where(is_peak, most).amin().where(has_peak, highest)
    latest = index.where(is_peak, 0).amax().where(has_peak, highest)
    is_left = highest < middle
    first = torch.where(is_left, highest, torch.minimum(earliest, middle))
    last = torch.where(is_left, torch.maximum(latest, middle), highest)
    return torch.stack([left, right, first, last])
