"""Layers of AttentionMask: windows of a map where an attention is high, in several scales."""

from __future__ import annotations

import logging
import math

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import check_same_count
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, canonical_axis, check_four_axes, honour, within
from framework.ops.losses import precise

LOG = logging.getLogger(__name__)
SURE, UNSURE = 0.51, 0.49       # what CheckAtt writes where no attention wins
LEAST_KEPT = 1000               # of ArgMaxAll
DEPENDS = "its sizes depend on data"


def _flat(spec: LayerSpec, index: int, shape: Shape) -> int:
    """The size of a bottom (1, 1, 1, M); SpecError for others."""
    if len(shape) != 4 or math.prod(shape[:3]) != 1:
        raise spec.error(f"bottom[{index}]", f"has the shape {tuple(shape)}; it must be "
                         "(1, 1, 1, M)")
    return shape[3]


@layer
class CheckAtt(Layer):
    """Attention maps, of which at least one value wins over its counterpart.

    Bottoms: attention and its counterpart, of one shape with 4 axes.
    Tops:    both; where no attention is above its counterpart the first values are 0.51 and 0.49.
    They have no gradient.
    Source:  check_att_layer.cpp of chwilms/AttentionMask; Wilms and Frintrop 2018.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, wins: Shape, loses: Shape):
        super().__init__(spec)
        if tuple(wins) != tuple(loses) or len(wins) != 4:
            raise spec.error("bottom", f"has the shapes {tuple(wins)} and {tuple(loses)}; both "
                             "must be the same, with 4 axes")

    def forward(self, wins: Tensor, loses: Tensor) -> tuple[Tensor, Tensor]:
        wins, loses = wins.detach(), loses.detach()
        first = (torch.arange(wins.numel(), device=wins.device) == 0).reshape(wins.shape)
        none = first & ~(wins > loses).any()
        return wins.masked_fill(none, SURE), loses.masked_fill(none, UNSURE)


@layer
class SplitIndices(Layer):
    """Cut a row of values into the lengths of other rows.

    Bottoms: values (1, 1, 1, M); two or more rows (1, 1, 1, M_i), of which M is the sum.
    Tops:    one for each row (1, 1, 1, M_i). They have no gradient.
    Source:  splitIndices.cpp of chwilms/AttentionMask.
    """

    num_bottoms = (2, None)
    num_tops = (1, None)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, values: Shape, *rows: Shape):
        super().__init__(spec)
        self.no_gradient_bottoms = tuple(range(1 + len(rows)))
        length = _flat(spec, 0, values)
        total = sum(shape[-1] for shape in rows)
        if len(spec.tops) != len(rows) or length != total:
            raise spec.error("bottom", f"has {length} values for {len(spec.tops)} tops; the other "
                             f"{len(rows)} bottoms have {total}")

    def forward(self, values: Tensor, *rows: Tensor) -> tuple[Tensor, ...]:
        return values.detach().split([row.shape[-1] for row in rows], 3)


@layer
class ConvertIndices(Layer):
    """Indices as flags, and the values at the indices.

    Bottoms: indices (1, 1, 1, K); values (1, 1, 1, M).
    Tops:    flags (1, 1, 1, M), 1 at the indices; values (K, 1, 1, 1). They have no gradient.
    Source:  convertIndices.cpp of chwilms/AttentionMask.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, indices: Shape, values: Shape):
        super().__init__(spec)
        _flat(spec, 0, indices)
        _flat(spec, 1, values)

    def forward(self, indices: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        values = values.detach()
        chosen = indices.detach().flatten().long().clamp(0, values.shape[3] - 1)
        flags = torch.zeros_like(values).index_fill(3, chosen, 1)
        return flags, values.flatten()[chosen].reshape(-1, 1, 1, 1)


@layer
class FlagsToIndices(Layer):
    """The indices of flags that are 1, in order.

    Bottom: flags (1, 1, 1, M). Top: (K, 1, 1, 1), K the number of flags; M at build, since only
            data decide. It has no gradient.
    Source: flagsToIndices_layer.cpp of chwilms/AttentionMask.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = DEPENDS

    def __init__(self, spec: LayerSpec, flags: Shape):
        super().__init__(spec)
        _flat(spec, 0, flags)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][3], 1, 1, 1)]

    def forward(self, flags: Tensor) -> Tensor:
        chosen = (flags.detach().flatten() == 1).nonzero()
        return chosen.to(flags.dtype).reshape(-1, 1, 1, 1)


class ArgMaxOfWinners(Layer):
    """What ArgMaxMy and ArgMaxAll have in common; see there."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = DEPENDS

    def __init__(self, spec: LayerSpec, wins: Shape, loses: Shape):
        super().__init__(spec)
        honour(spec, "argmax_param", "out_max_val top_k axis")
        param = spec.proto.argmax_param
        axis = canonical_axis(spec, "argmax_param.axis", param.axis, wins)
        if param.HasField("top_k"):
            LOG.warning("%s: argmax_param.top_k has no effect, as in the original: how many are "
                        "kept depends on the values", spec.place())
        if not param.HasField("axis") or axis != len(wins) - 1 or param.out_max_val:
            raise spec.error("argmax_param.axis", "must be the last axis, without out_max_val")
        if _flat(spec, 0, wins) != _flat(spec, 1, loses):
            raise spec.error("bottom", f"has the shapes {tuple(wins)} and {tuple(loses)}; both "
                             "must be the same")

    def kept(self, winners: int, most: int) -> int:
        """How many of `most` values are kept, if `winners` of them win."""
        raise NotImplementedError

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1, 1, 1, self.kept(bottoms[0][3], bottoms[0][3]))]

    def forward(self, wins: Tensor, loses: Tensor) -> Tensor:
        flat = wins.detach().flatten()
        winners = int((flat > loses.detach().flatten()).sum())
        # of equal values that of the larger index comes first, as pairs are sorted in C++
        order = flat.flip(0).argsort(descending=True, stable=True)
        numbers = (len(flat) - 1 - order)[:self.kept(winners, len(flat))]
        return numbers.to(wins.dtype).reshape(1, 1, 1, -1)


@layer
class ArgMaxMy(ArgMaxOfWinners):
    """Indices of the highest values, as many as are above their counterpart.

    Bottoms: values and their counterparts (1, 1, 1, M).
    Top:     (1, 1, 1, K), K the number of values above their counterpart; M at build. It has no
             gradient. top_k is read by nothing.
    Errors:  SpecError for another axis than the last, and out_max_val.
    Source:  argmax_layer_2.cpp of chwilms/AttentionMask.
    """

    reads = ("argmax_param",)

    def kept(self, winners: int, most: int) -> int:
        return winners


@layer
class ArgMaxAll(ArgMaxOfWinners):
    """Indices of the highest values, as many as are above their counterpart, and at least 1000.

    Bottoms: values and their counterparts (1, 1, 1, M).
    Top:     (1, 1, 1, K), K the number of values above their counterpart, if more than 1000; at
             most M, beyond which the original reads. It has no gradient. top_k is read by nothing.
    Errors:  SpecError for another axis than the last, and out_max_val.
    Source:  argmax_layer_all.cpp of chwilms/AttentionMask.
    """

    reads = ("argmax_param",)

    def kept(self, winners: int, most: int) -> int:
        return min(max(winners, LEAST_KEPT), most)


@layer
class SlidingWindowIndex(Layer):
    """Windows around the corners of cells that are flagged.

    Bottoms: x (1, C, H, W); flags (1, 1, 1, (H + 1) (W + 1)), no gradient.
    Top:     (K, C, window_h, window_w), K the number of flags, at least 1: the window around each
             corner, 0 outside of the map; all (H + 1) (W + 1) at build, since only data decide.
             Without a flag a window of zeros.
    Errors:  SpecError for windows that are not even, other items or flags.
    Source:  SlidingWindowParameter, whose strides are read by nothing; sliding_window_index_layer
             of chwilms/AttentionMask.
    """

    reads = ("sliding_window_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = DEPENDS

    def __init__(self, spec: LayerSpec, x: Shape, flags: Shape):
        super().__init__(spec)
        field = "sliding_window_param"
        honour(spec, field, "window_h window_w stride_h stride_w")
        param = spec.proto.sliding_window_param
        self.window = param.window_h, param.window_w
        within(spec, f"{field}.window_h", self.window, 1, LARGEST_STEP)
        if any(size % 2 for size in self.window):
            raise spec.error(f"{field}.window_h", f"and window_w are {self.window[0]} and "
                             f"{self.window[1]}; they must be even")
        if len(x) != 4 or x[0] != 1:
            raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must be (1, C, H, W)")
        if _flat(spec, 1, flags) != (x[2] + 1) * (x[3] + 1):
            raise spec.error("bottom[1]", f"has {flags[3]} flags; there are {x[2] + 1} x "
                             f"{x[3] + 1} corners")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[1][3], bottoms[0][1], *self.window)]

    def forward(self, x: Tensor, flags: Tensor) -> Tensor:
        height, width = self.window
        wide = F.pad(x[0], (width // 2,) * 2 + (height // 2,) * 2)
        corners = (flags.detach().flatten() > 0).nonzero()[:, 0]
        if not len(corners):
            nothing = corners.new_zeros((), dtype=torch.bool)
            return wide[None, :, :height, :width].where(nothing, 0)     # NaN * 0 would be NaN
        rows = corners // (x.shape[3] + 1)
        columns = corners % (x.shape[3] + 1)
        rows = rows[:, None, None] + torch.arange(height, device=x.device)[:, None]
        columns = columns[:, None, None] + torch.arange(width, device=x.device)
        return wide[:, rows, columns].transpose(0, 1)


@layer
class TopKOld(Layer):
    """The items of the highest scores, in the order of the items.

    Bottoms: x (N, ...); scores (N, S): the score of an item, or of S > 1 the highest but the first,
             at least 0 (of more scores than items the first N count); a blob of as many items as
             are chosen. No gradient goes to the last two.
    Tops:    the chosen items (K, ...), and zeros if N is below K; if wanted their numbers
             (K, 1, 1, 1), which without an item are 0.
    Errors:  SpecError for scores of one axis.
    Source:  top_k_old_layer.cpp and .cu of chwilms/AttentionMask.
    """

    num_bottoms = (3, 3)
    num_tops = (1, 2)
    no_gradient_bottoms = (1, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, scores: Shape, like: Shape):
        super().__init__(spec)
        if len(scores) < 2:
            raise spec.error("bottom[1]", f"has the shape {tuple(scores)}; it must be (N, S), S "
                             "scores for each item")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num = bottoms[2][0]
        return [(num, *bottoms[0][1:]), (num, 1, 1, 1)][:len(self.spec.tops)]

    def forward(self, x: Tensor, scores: Tensor, like: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        flat = scores.detach().flatten(1)[:len(x)]
        best = flat[:, 0] if flat.shape[1] == 1 else flat[:, 1:].amax(1).clamp(min=0)
        wanted = len(like)
        chosen = best.argsort(descending=True, stable=True)[:wanted].sort()[0]
        missing = wanted - len(chosen)
        items = F.pad(x[chosen].flatten(1), (0, 0, 0, missing)).reshape(wanted, *x.shape[1:])
        if len(self.spec.tops) == 1:
            return items
        return items, F.pad(chosen, (0, missing)).to(x.dtype).reshape(-1, 1, 1, 1)


@layer
class NormalizedSigmoidCrossEntropyLoss(Layer):
    """Sigmoid cross-entropy over items, height and width, whatever the channels.

    Bottoms: x and target (N, C, H, W); no gradient goes to the target, nor to a third bottom.
    Top:     the loss (): the sum over N * H * W.
    Errors:  SpecError for other axes, or bottoms that differ in items or values.
    Source:  normalized_sigmoid_cross_entropy_loss_layer.cpp of chwilms/AttentionMask.
    """

    num_bottoms = (2, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape, *others: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)
        check_same_count(spec, x, target)

    def forward(self, x: Tensor, target: Tensor, *others: Tensor) -> Tensor:
        x = precise(x)
        target = precise(target.detach()).reshape(x.shape)
        loss = F.binary_cross_entropy_with_logits(x, target, reduction="sum")
        return loss / (len(x) * x.shape[2] * x.shape[3])
