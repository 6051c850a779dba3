"""Connectionist temporal classification (CTC): losses, greedy decoding, accuracy of texts.

torch's CTC loss does not support meta tensors, so that nets with the two losses compile with a
break there and cannot be exported.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.left_out import LeftOut
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.onnx_reasons import COMPARES_WITH_LABELS
from framework.ops.by_item import by_item
from framework.ops.losses import precise


class _GradientOfSum(torch.autograd.Function):
    """The mean of losses, with the gradient of their sum, as both CTC layers below have it."""

    @staticmethod
    def forward(ctx: Any, losses: Tensor, counts: Tensor) -> Tensor:  # Any: torch has no type
        ctx.save_for_backward(counts)
        return losses.sum() / counts.sum().clamp(min=1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (counts,) = ctx.saved_tensors
        return gradient * counts.to(gradient.dtype), None


def mean_with_gradient_of_sum(losses: Tensor, counts: Tensor) -> Tensor:
    """The sum of losses (N,) over that of counts (N,); its gradient is that of the sum alone."""
    mean: Tensor = _GradientOfSum.apply(losses, counts)
    return mean


def sequence_losses(scores: Tensor, labels: Tensor, lengths: Tensor, times: Tensor, blank: int
                    ) -> tuple[Tensor, Tensor]:
    """CTC loss -log p(labels | scores) of each sequence (N,), and whether it is possible (N,).

    scores   (T, N, C) before softmax
    labels   (N, L) int64, of which the first `lengths` (N,) count
    times    (N,) steps of each sequence
    blank    the class of the blank
    A sequence that does not fit into its steps has the loss 0; the layers count them in the log.
    Source: Graves et al. 2006.
    """
    # equal neighbours need a blank between them, and so one more step
    position = torch.arange(labels.shape[1], device=labels.device)
    twice = (labels[:, 1:] == labels[:, :-1]) & (position[1:] < lengths[:, None])
    possible = lengths + twice.sum(1) <= times
    losses = F.ctc_loss(scores.log_softmax(2), labels, times, lengths, blank, "none", True)
    return torch.where(possible, losses, 0), possible


def too_long(spec: LayerSpec) -> LeftOut:
    """The counter of sequences that do not fit into their steps."""
    return LeftOut(spec, "label sequences are longer than their time steps allow")


def without_blanks(labels: Tensor, blank: int) -> tuple[Tensor, Tensor]:
    """Move the blanks of labels (N, ...) to the end: (N, L) int64, and how many are left (N,)."""
    labels = by_item(labels, -1).long()
    order = (labels == blank).long().argsort(dim=1, stable=True)
    return labels.gather(1, order), (labels != blank).sum(1)


def _class_check(spec: LayerSpec, bottom: int, shape: Shape, num_classes: int) -> IndexCheck:
    """The bounds check of labels (N, L) in `bottom`, for the scores in bottom 0."""
    hint = f"the layer that makes '{spec.bottoms[0]}' gives too few classes (num_output)"
    return IndexCheck(spec, bottom, shape, num_classes, hint=hint)


def _checked(check: IndexCheck, labels: Tensor, blank: int) -> Tensor:
    """Labels (N, ...) as (N, L), each a class or the blank."""
    labels = by_item(labels.detach(), -1)
    return check.require(labels, (labels > -1) & (labels < check.num) | (labels.trunc() == blank))


@layer
class WarpCTCLoss(Layer):
    """CTC loss of label sequences (caffe_ocr): -log of their probability over all alignments.

    Bottoms: scores (T, N, C, ...) before softmax, then one of
             labels (N, L, ...), of which blank ones are left out; all T times count;
             indicators (T, N), 0 where a sequence begins, and labels (T, N), negative after the
             last; they count from 1 if the blank is 0;
             times (N,), numbers of labels (N,), and labels (L, N).
    Top:     the loss (): the mean over sequences that fit into their time, with the gradient of
             their sum, as in the original (which ignores loss_weight as well; here it counts).
    Errors:  SpecError for shapes that do not fit. DataError for a label that is not a class, or
             is the blank among the labels that count, more labels than there are or more times
             than the scores have.
    Source:  senlinuc/caffe_ocr warp_ctc_loss_layer.cpp; Graves et al. 2006.
    """

    reads = ("ctc_loss_param",)
    unread = frozenset(f"ctc_loss_param.{name}" for name in (
        "alphabet_size", "time_step", "blank_label", "ctc_merge_repeated"))
    num_bottoms = (2, 4)
    loss = True
    no_gradient_bottoms = (1, 2, 3)

    def __init__(self, spec: LayerSpec, scores: Shape, *others: Shape):
        super().__init__(spec)
        self.blank = spec.proto.ctc_loss_param.blank_index
        if not 0 <= self.blank < math.prod(scores[2:]):
            raise spec.error("ctc_loss_param.blank_index", f"is {self.blank}; it must be from 0 to "
                             f"{math.prod(scores[2:]) - 1}")
        sizes = [others[0][0]]
        if len(others) == 2:
            sizes = [shape[1] for shape in others]
        elif len(others) == 3:
            sizes = [math.prod(others[0]), math.prod(others[1]), others[2][1]]
        if any(size != scores[1] for size in sizes):
            found = ", ".join(str(tuple(shape)) for shape in (scores, *others))
            raise spec.error("bottom", f"has the shapes {found}; all must have {scores[1]} "
                             "sequences")
        self._make_checks(scores, others)
        self.left_out = too_long(spec)

    def _make_checks(self, scores: Shape, others: tuple[Shape, ...]) -> None:
        shape = others[-1]
        if len(others) > 1:
            shape = (scores[1], math.prod(shape) // scores[1])
        self.check = _class_check(self.spec, len(others), shape, math.prod(scores[2:]))
        if len(others) == 3:
            self.check_times = IndexCheck(self.spec, 1, (scores[1],), why="the scores have no "
                                          "more times")
            self.check_lengths = IndexCheck(self.spec, 2, (scores[1],), why="there are no more "
                                            "labels")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, scores: Tensor, *others: Tensor) -> Tensor:
        scores = precise(scores).flatten(2)
        labels, lengths, times = self._labels(scores, others)
        losses, possible = sequence_losses(scores, labels, lengths, times, self.blank)
        self.left_out.note(~possible)
        return mean_with_gradient_of_sum(losses, possible)

    def _labels(self, scores: Tensor, others: tuple[Tensor, ...]
                ) -> tuple[Tensor, Tensor, Tensor]:
        """Labels (N, L), how many of them count (N,), and in how many steps (N,)."""
        last = others[-1].detach()
        if len(others) == 1:
            labels, lengths = without_blanks(_checked(self.check, last, self.blank), self.blank)
            return labels, lengths, torch.full_like(lengths, scores.shape[0])
        labels = (last.flatten(1) if last.dim() > 2 else last).t()
        if len(others) == 3:
            times = self.check_times(others[0], scores.shape[0] + 1).flatten()
            lengths = self.check_lengths(others[1], labels.shape[1] + 1).flatten()
            ended = torch.arange(labels.shape[1], device=labels.device) >= lengths[:, None]
            return self._inside(labels, labels.trunc(), ended), lengths, times
        ended = (labels < 0).cumsum(1) > 0
        begins = others[0].detach().flatten(1).round()[1:] == 0
        times = (begins.cumsum(0) == 0).sum(0) + 1
        lengths = (~ended).sum(1)
        index = (labels + 0.5).trunc() + (1 if self.blank == 0 else 0)
        labels = self._inside(labels, index, ended)
        return labels, lengths, torch.where(lengths == 0, 0, times)

    def _inside(self, labels: Tensor, index: Tensor, ended: Tensor) -> Tensor:
        """The classes `index` of the labels (N, L) as int64, 0 where these have ended."""
        right = (index >= 0) & (index < self.check.num) & (index != self.blank)
        self.check.require(labels, right | ended)
        return index.where(right & ~ended, 0).long()


@layer
class CtcLoss(Layer):
    """CTC loss of label sequences (DeepDetect): -log of their probability over all alignments.

    Bottoms: scores (T, N, C) before softmax, C the alphabet_size; labels (N, L), of which those
             that equal blank_label are left out.
    Top:     the loss (): the mean over sequences, with the gradient of the sum.
    Errors:  SpecError for sizes that do not fit. DataError for a label that is not a class.
    Source:  jolibrain/caffe ctc_loss_layer.cpp (deepdetect).
    """

    unread = frozenset(["ctc_loss_param.blank_index", "ctc_loss_param.ctc_merge_repeated"])
    num_bottoms = (2, 2)
    loss = True
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        param = spec.proto.ctc_loss_param
        self.blank = param.blank_label
        self.times = param.time_step
        if len(scores) != 3 or labels[0] != scores[1]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (T, N, C) and (N, L)")
        if param.alphabet_size != scores[2]:
            raise spec.error("ctc_loss_param.alphabet_size", f"is {param.alphabet_size}; the "
                             f"bottom has {scores[2]} classes")
        if not 0 <= self.blank < scores[2]:
            raise spec.error("ctc_loss_param.blank_label", f"is {self.blank}; it must be from 0 to "
                             f"{scores[2] - 1}")
        self.check = _class_check(spec, 1, labels, scores[2])
        self.left_out = too_long(spec)
        if not 0 < self.times <= scores[0]:
            raise spec.error("ctc_loss_param.time_step", f"is {self.times}; it must be from 1 to "
                             f"{scores[0]}")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        targets, lengths = without_blanks(_checked(self.check, labels, self.blank), self.blank)
        times = torch.full_like(lengths, self.times)
        losses, possible = sequence_losses(precise(scores), targets, lengths, times, self.blank)
        self.left_out.note(~possible)
        return mean_with_gradient_of_sum(losses, torch.ones_like(losses))


def decode(scores: Tensor, blank: int, merge: bool) -> tuple[Tensor, Tensor]:
    """Greedy CTC decoding: the best class of each step without blanks and repetitions.

    scores  (N, T, C); of equal scores the first class counts
    blank   the class of the blank
    merge   whether repetitions are merged
    Returns classes (N, T), -1 after the last one, and their number (N,).
    """
    best = scores.argmax(2)
    keep = best != blank
    if merge:
        keep = keep & F.pad(best[:, 1:] != best[:, :-1], (1, 0), value=True)
    order = (~keep).long().argsort(dim=1, stable=True)
    lengths = keep.sum(1)
    position = torch.arange(best.shape[1], device=best.device)
    return torch.where(position < lengths[:, None], best.gather(1, order), -1), lengths


def edit_distance(first: Tensor, first_length: Tensor, second: Tensor, second_length: Tensor
                  ) -> Tensor:
    """Edit (Levenshtein) distance (N,) of sequences (N, A) and (N, B) of the given lengths (N,).

    One row of the table at a time. A cell's insertion depends on the cell before it in the row:
    less its column number, that is a running minimum.
    """
    column = torch.arange(second.shape[1] + 1, device=first.device)
    row = column.expand(len(first), -1)
    result = row
    for index in range(first.shape[1]):
        changed = row[:, :-1] + (first[:, index:index + 1] != second).long()
        now = torch.cat([row[:, :1] + 1, torch.minimum(row[:, 1:] + 1, changed)], 1)
        row = (now - column).cummin(1).values + column
        result = torch.where(first_length[:, None] > index, row, result)
    return result.gather(1, second_length[:, None])[:, 0]


@layer
class CTCGreedyDecoder(Layer):
    """Greedy CTC decoding; with labels, its accuracy by edit distance.

    Bottoms: scores (T, N, C, ...); perhaps labels (N, L, ...), which end at a negative one and of
             which blank ones are left out; or marks (T, N), as CTCLoss has them: a sequence ends
             before its first 0 after the first step.
    Top:     classes (N, T, 1, 1), -1 after the last; with labels (1, 2, 1, 1): 1 - the mean of
             edit distance over the longer length, and the share of texts without an error
             (two empty texts have distance 0, but do not count as without an error).
    Errors:  SpecError for shapes that do not fit. No gradient.
    Source:  senlinuc/caffe_ocr ctc_decoder_layer.cpp; the marks are in license-plate-recognition-
             barrier-0001 of Intel's Open Model Zoo.
    """

    reads = ("ctc_decoder_param",)
    num_bottoms = (1, 2)
    no_gradient_bottoms = (0, 1)
    needs_float32 = True

    def __init__(self, spec: LayerSpec, scores: Shape, *labels: Shape):
        super().__init__(spec)
        self.has_marks = bool(labels) and labels[0][0] != scores[1] \
            and tuple(labels[0][:2]) == tuple(scores[:2]) and math.prod(labels[0][2:]) == 1
        if labels and labels[0][0] != scores[1] and not self.has_marks:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels[0])}; "
                             "they must be (T, N, C) and (N, L), or (T, N) of marks")
        param = spec.proto.ctc_decoder_param
        classes = math.prod(scores[2:])
        self.blank = param.blank_index if param.blank_index >= 0 else classes - 1
        self.merge = param.ctc_merge_repeated

    def forward(self, scores: Tensor, *labels: Tensor) -> Tensor:
        steps = scores.detach().flatten(2).transpose(0, 1)
        if self.has_marks:
            begins = labels[0].detach().flatten(1).round()[1:] == 0
            ended = F.pad(begins.cumsum(0) > 0, (0, 0, 1, 0)).t()
            only_blank = F.one_hot(torch.tensor(self.blank, device=steps.device), steps.shape[2])
            steps = torch.where(ended[:, :, None], only_blank.to(steps), steps)
        found, lengths = decode(steps, self.blank, self.merge)
        if not labels or self.has_marks:
            return found.to(scores.dtype)[:, :, None, None]
        wanted = labels[0].detach().reshape(labels[0].shape[0], -1)
        wanted = torch.where((wanted < 0).cumsum(1) > 0, self.blank, (wanted + 0.5).long())
        wanted, counts = without_blanks(wanted, self.blank)
        distance = edit_distance(wanted, counts, found, lengths)
        longer = torch.maximum(counts, lengths)
        share = (distance / longer.clamp(min=1)).to(scores.dtype)
        right = ((distance == 0) & (longer > 0)).to(scores.dtype)
        return torch.stack([1 - share.mean(), right.mean()]).view(1, 2, 1, 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(bottoms) > 1:
            kind = "marks of sequences" if self.has_marks else "labels, which a deploy net has not"
            raise self.spec.error("bottom", f"has {kind}: give the scores alone")
        times = graph.shape(bottoms[0])[0]
        scores = graph.reshape(bottoms[0], [0, 0, -1])
        best = graph.add("Cast", graph.add("ArgMax", scores, axis=2, keepdims=0), to=1)
        best = graph.add("Transpose", best, perm=[1, 0])
        kept = graph.add("Not", graph.add("Equal", best, graph.floats(float(self.blank))))
        if self.merge and times > 1:
            differs = graph.add("Not", graph.add("Equal", graph.cut(best, 1, 1, END),
                                                 graph.cut(best, 1, 0, times - 1)))
            first = graph.add("Equal", graph.cut(best, 1, 0, 1), graph.cut(best, 1, 0, 1))
            kept = graph.add("And", kept, graph.add("Concat", first, differs, axis=1))
        # the kept steps in front, in order: the keys of the others are lower
        order = graph.floats([float(-index) for index in range(times)])
        last = graph.add("Sub", order, graph.floats(float(times)))
        keys = graph.add("Where", kept, order, last)
        _, index = graph.add_several("TopK", 2, keys, graph.integers([times]), axis=1)
        classes = graph.add("Where", kept, best, graph.floats(-1.0))
        packed = graph.add("GatherElements", classes, index, axis=1)
        return [graph.add("Unsqueeze", packed, graph.integers([2, 3]))]


@layer
class LabelsequenceAccuracy(Layer):
    """CTC sequence accuracy: the share of texts whose greedy decoding equals the labels.

    Bottoms: scores (N, T, C); labels (N, L), of which those that equal blank_label are left out.
    Top:     (). No gradient.
    Errors:  SpecError for shapes that do not fit.
    Source:  jolibrain/caffe labelsequence_accuracy_layer.cpp (deepdetect).
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = COMPARES_WITH_LABELS

    def __init__(self, spec: LayerSpec, scores: Shape, labels: Shape):
        super().__init__(spec)
        if len(scores) != 3 or labels[0] != scores[0]:
            raise spec.error("bottom", f"has the shapes {tuple(scores)} and {tuple(labels)}; they "
                             "must be (N, T, C) and (N, L)")
        self.blank = spec.proto.labelsequence_accuracy_param.blank_label

    def forward(self, scores: Tensor, labels: Tensor) -> Tensor:
        found, lengths = decode(scores.detach(), self.blank, True)
        wanted, counts = without_blanks(labels.detach(), self.blank)
        width = max(found.shape[1], wanted.shape[1])
        position = torch.arange(wanted.shape[1], device=wanted.device)
        wanted = torch.where(position < counts[:, None], wanted, -1)
        found, wanted = (F.pad(text, (0, width - text.shape[1]), value=-1)
                         for text in (found, wanted))
        return ((found == wanted).all(1) & (lengths == counts)).to(scores.dtype).mean()
