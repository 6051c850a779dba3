"""CTCLoss, as BVLC/caffe's pull request 4681 has it."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.params import honour
from framework.layers.recurrent.ctc import mean_with_gradient_of_sum, sequence_losses, too_long
from framework.ops.losses import precise


@layer
class CTCLoss(Layer):
    """CTC loss of label sequences: -log of their probability over all alignments.

    Bottoms: scores (T, N, C) or (T, N, C, 1) before softmax; indicators (T, N), 0 where a sequence
             begins; labels (T, N), which end at a negative one or the class C - 1.
    Top:     the loss (): the sum over sequences over N, with the gradient of the sum, as in the
             original (which ignores loss_weight as well; here it counts).
    `blank_index` is C - 1 if it is not given or negative. A sequence that does not fit into its
    steps has the loss 0, where the original ends the program.
    Errors:  SpecError for shapes that do not fit, or settings of which there is one only here:
             `ctc_merge_repeated: true`, `preprocess_collapse_repeated: false`. DataError for a
             label that is the blank.
    Source:  ctc_loss_layer.cpp in BVLC/caffe's pull requests, commit 0543ff6; Graves et al. 2006.
    """

    num_bottoms = (3, 3)
    loss = True
    no_gradient_bottoms = (1, 2)

    def __init__(self, spec: LayerSpec, scores: Shape, indicators: Shape, labels: Shape):
        super().__init__(spec)
        honour(spec, "ctc_loss_param", "blank_index")
        param = spec.proto.ctc_loss_param
        if not param.ctc_merge_repeated:
            raise spec.error("ctc_loss_param.ctc_merge_repeated", "is false; it must be true")
        steps = tuple(scores[:2])
        fits = len(scores) > 2 and all(size == 1 for size in scores[3:])
        if not fits or any(tuple(shape[:2]) != steps or any(size != 1 for size in shape[2:])
                           for shape in (indicators, labels)):
            found = ", ".join(str(tuple(shape)) for shape in (scores, indicators, labels))
            raise spec.error("bottom", f"has the shapes {found}; they must be (T, N, C), (T, N) "
                             "and (T, N)")
        given = param.blank_index if param.HasField("blank_index") else -1
        self.blank = given if given >= 0 else scores[2] - 1
        if self.blank >= scores[2]:
            raise spec.error("ctc_loss_param.blank_index", f"is {given}; it must be from -1 to "
                             f"{scores[2] - 1}")
        self.last = scores[2] - 1
        self.check = IndexCheck(spec, 2, labels, scores[2], why="the blank is not a label")
        self.left_out = too_long(spec)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, scores: Tensor, indicators: Tensor, labels: Tensor) -> Tensor:
        x = precise(scores).flatten(2)
        wanted = labels.detach().reshape(x.shape[:2]).t()
        index = (wanted + 0.5).trunc()
        ended = ((wanted < 0) | (index >= self.last)).cumsum(1) > 0
        self.check.require(wanted, ended | (index != self.blank))
        begins = (indicators.detach().reshape(x.shape[:2]) + 0.5).trunc()[1:] == 0
        times = (begins.cumsum(0) == 0).sum(0) + 1
        targets = index.where(~ended & (index != self.blank), 0 if self.blank else self.last)
        losses, possible = sequence_losses(x, targets.long(), (~ended).sum(1), times, self.blank)
        self.left_out.note(~possible)
        return mean_with_gradient_of_sum(losses, torch.ones_like(losses))
