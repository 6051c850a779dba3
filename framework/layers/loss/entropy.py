"""Entropy of predictions as a loss, for items without labels: domain adaptation."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.loss.loss_settings import normalization
from framework.layers.params import canonical_axis, honour
from framework.ops.losses import GivenSlopes, normalizer, precise

NOTHING = 1e-5      # a probability below it adds nothing to the value


@layer
class EntropyLoss(Layer):
    """Entropy of the softmax of scores, or with entropy_param that of given probabilities.

    Bottoms: scores x, any shape with the classes on softmax_param's axis. With entropy_param, or
             with a second bottom: probabilities p (N, ...); labels, which change nothing.
    Top:     the loss (). Of scores: the sum over positions of -sum(p log p), p = softmax(x),
             divided as loss_param.normalization says (VALID and FULL: by positions). Of
             probabilities: the sum of -|p^prob_pow log p| over those of 1e-5 or more.
    The gradient of probabilities is the original's, of the other sign and divided by N:
    -(1 + prob_pow log p) p^(prob_pow - 1) / N where p is threshold or more. Value and gradient are
    0 in the first iterations_num iterations, and without a solver if that is above 0.
    entropy_param.ignore_label has no effect, as in the original.
    Errors:  SpecError for fields of one form in the other.
    Source:  entropy_loss_layer.cpp of mancinimassimiliano/latent_domains_DA, the same in
             JiahaoLi-gdut/CAFFE-DACH and mengchuangji/DA-MM; of probabilities
             entropy_loss_layer.cu of thuml/MADA, and without prob_pow that of
             hellojing89/weightedGANpartialDA.
    """

    reads = ("entropy_param", "loss_param", "softmax_param")
    num_bottoms = (1, 2)
    loss = True
    no_gradient_bottoms = (1,)
    started: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, *labels: Shape):
        super().__init__(spec)
        param = spec.proto.entropy_param
        self.of_scores = not labels and not spec.proto.HasField("entropy_param")
        if self.of_scores:
            honour(spec, "softmax_param", "axis engine")
            self.axis = canonical_axis(spec, "softmax_param.axis", spec.proto.softmax_param.axis, x)
            self.mode = normalization(spec)
            self.fixed = spec.proto.loss_param.pre_fixed_normalizer
            return
        honour(spec, "entropy_param", "threshold ignore_label iterations_num prob_pow")
        honour(spec, "softmax_param", "engine")
        honour(spec, "loss_param", "")
        self.waits, self.power = param.iterations_num, param.prob_pow
        self.threshold = param.threshold
        self.register_buffer("started", torch.tensor(float(self.waits == 0)), persistent=False)

    def note_progress(self, iteration: int, last: int) -> None:
        if not self.of_scores:
            self.started.fill_(float(iteration >= self.waits))

    def forward(self, x: Tensor, *labels: Tensor) -> Tensor:
        values = precise(x)
        if self.of_scores:
            logs = values.log_softmax(self.axis)
            entropies = -(logs.exp() * logs).sum()
            return entropies / normalizer(self.mode, x, self.axis, None, self.fixed)
        p = values.detach()
        counted = p >= NOTHING
        logs = p.where(counted, 1).log()
        value = -(p.where(counted, 1).pow(self.power) * logs).abs().sum()
        reached = p >= self.threshold
        safe = p.where(reached & (p > 0), 1)
        slopes = -safe.pow(self.power - 1) * (1 + self.power * safe.log()) / len(x)
        factor = self.started.to(values.dtype)
        loss: Tensor = GivenSlopes.apply(values, slopes.where(reached, 0) * factor, value * factor)
        return loss
