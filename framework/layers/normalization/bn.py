"""Batch normalization with scale and shift of the segmentation projects SegNet and PSPNet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.normalization.batch_norm import by_batch_onnx
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import honour, is_set
from framework.ops.normalisation import by_batch, by_stored
from framework.proto import BNParameter, FillerParameter, LayerParameter, enum_name

SEGNET = ("scale_filler", "shift_filler", "bn_mode", "var_eps")
PSPNET = ("slope_filler", "bias_filler", "frozen", "momentum", "eps", "icnet")
AVERAGED_EPS = 1e-7     # of the fork that says moving_average, where the text has none
DECAYED = ("scale_filler", "shift_filler", "var_eps", "moving_average", "decay")
KEPT = ("scale_filler", "shift_filler", "decay_exma")
KEPT_EPS = 1e-9         # of the fork that says decay_exma
DECAYED_EPS = 1e-4      # of the fork that says decay, where the text has none


@layer
class BN(Layer):
    """Batch normalization with scale and shift; four projects' layers, told apart by the fields.

    Bottom: x (N, C, n1, ...).
    Top:    y in the shape of x; with SegNet's, if named, also mean and variance (1, C, 1, 1) of
            the batch, without gradient.
    SegNet's (alexgkendall/caffe-segnet, ENet, DeconvNet): `scale_filler`, `shift_filler`,
            `bn_mode`, and weiliu89's `var_eps` (1e-9 without it).
            Blobs: scale and shift (1, C, 1, 1). LEARN: the batch's statistics in both phases;
            INFERENCE: y = scale * x + shift, the statistics having been folded in by a script.
    PSPNet's (hszhao/PSPNet, yjxiong's and happynear's forks): `slope_filler`, `bias_filler`,
            `momentum`, `eps`, `frozen`.
            Blobs: slope, bias, running mean, running variance, all (1, C, 1, 1). TRAIN: the
            batch's statistics, running = m * running + (1 - m) * batch's, m the momentum, no
            correction of the variance; TEST: the running ones. `frozen` takes those in TRAIN
            too, and neither slope nor bias learns. Synopsys' `icnet: true` says no more than that
            it is this one; so does `moving_average: true` beside slope_filler or bias_filler, but
            that eps is 1e-7 without a value (bogger/caffe).
    Label85's (JoeFannie/Label85): SegNet's fields with `decay`, and `moving_average` (true without
            it). Blobs: scale, shift, running mean, running variance, all (1, C, 1, 1). TRAIN: the
            batch's statistics, eps being var_eps (1e-4 without it), running = (1 - s) * running +
            s * batch's, s one over the number of the forward, at most round(1 / decay). TEST: the
            running ones, the variance times m / (m - 1) for the m values of a channel, or without
            moving_average those of the batch; no eps in either.
    caffe-batchnorm's (liu2bao3yuan1): SegNet's fillers with `decay_exma`. Blobs and phases as
            PSPNet's, decay_exma being the momentum, but that eps is 1e-9 and the running variance
            begins at 0. The original begins both averages anew at the first forward of a run.
    Errors: SpecError if the fields are of both or of neither, or of another project.
    Source: bn_layer.cpp of the projects named.
    """

    pointwise = True
    keeps_shape = True
    num_tops = (1, 3)
    fork_fields = frozenset(["bn_param.icnet", "bn_param.moving_average", "bn_param.decay",
                             "bn_param.decay_exma"])
    scale: Tensor
    shift: Tensor
    mean: Tensor
    variance: Tensor
    forwards: Tensor

    @classmethod
    def learned_blobs(cls, proto: LayerParameter) -> tuple[bool, ...]:
        param = proto.bn_param
        if param.HasField("decay") or param.HasField("decay_exma"):
            return (True, True, False, False)
        if any(is_set(param, field) for field in SEGNET):
            return (True, True)
        return (not param.frozen,) * 2 + (False,) * 2

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        param = spec.proto.bn_param
        read = self._reader(param)
        if len(x) < 2:
            raise spec.error("bottom", f"has the shape {x}; BN needs at least 2 axes (N, C)")
        self.form = read(param, (1, x[1], 1, 1))

    def _reader(self, param: BNParameter
                ) -> Callable[[BNParameter, Shape], SegNetForm | PSPNetForm | DecayedForm]:
        """The method that reads the form which the fields are of; SpecError for other fields."""
        if param.HasField("decay"):
            honour(self.spec, "bn_param", " ".join(DECAYED))
            return self.read_decayed
        if param.HasField("decay_exma"):
            honour(self.spec, "bn_param", " ".join(KEPT))
            return self.read_kept
        averaged = param.moving_average and (is_set(param, "slope_filler")
                                             or is_set(param, "bias_filler"))
        honour(self.spec, "bn_param", " ".join(SEGNET + PSPNET + ("moving_average",) * averaged))
        segnet = [field for field in SEGNET if is_set(param, field)]
        pspnet = [field for field in PSPNET if is_set(param, field)
                  and (field != "icnet" or param.icnet)]
        if bool(segnet) == bool(pspnet):
            found = f"{segnet[0]} and {pspnet[0]}" if segnet else "no field that tells them apart"
            raise self.spec.error("bn_param", f"has {found}; BN is either SegNet's, with "
                                  f"{', '.join(SEGNET)}, or PSPNet's, with {', '.join(PSPNET)}")
        return self.read_segnet if segnet else self.read_pspnet

    def _add_four(self, shape: Shape, fillers: tuple[FillerParameter, FillerParameter],
                  variance: float, learned: bool = True) -> None:
        """The blobs of the forms with running averages, whose variance begins with this value.

        fillers  of scale and shift
        Raises SpecError for tops of the batch's statistics, which SegNet's form has.
        """
        if len(self.spec.tops) > 1:
            raise self.spec.error("top", "has more than one blob; only SegNet's BN has them")
        self.add_blob("scale", shape, fillers[0], learned=learned)
        self.add_blob("shift", shape, fillers[1], learned=learned)
        self.add_blob("mean", shape, learned=False)
        self.add_blob("variance", shape, FillerParameter(value=variance), learned=False)

    def read_segnet(self, param: BNParameter, shape: Shape) -> SegNetForm:
        """SegNet's form, and its blobs."""
        self.add_blob("scale", shape, param.scale_filler)
        self.add_blob("shift", shape, param.shift_filler)
        eps = param.var_eps if is_set(param, "var_eps") else 1e-9
        return SegNetForm(enum_name(param, "bn_mode") == "LEARN", eps, len(self.spec.tops))

    def read_pspnet(self, param: BNParameter, shape: Shape) -> PSPNetForm:
        """PSPNet's form, and its blobs."""
        self._add_four(shape, (param.slope_filler, param.bias_filler), float(param.frozen),
                       learned=not param.frozen)
        eps = AVERAGED_EPS if param.moving_average and not is_set(param, "eps") else param.eps
        return PSPNetForm(param.frozen or self.spec.phase == "TEST", param.momentum, eps)

    def read_kept(self, param: BNParameter, shape: Shape) -> PSPNetForm:
        """caffe-batchnorm's form, and its blobs."""
        self._add_four(shape, (param.scale_filler, param.shift_filler), 0.0)
        return PSPNetForm(self.spec.phase == "TEST", param.decay_exma, KEPT_EPS)

    def read_decayed(self, param: BNParameter, shape: Shape) -> DecayedForm:
        """Label85's form, and its blobs."""
        if not 0 < param.decay <= 1:
            raise self.spec.error("bn_param.decay", f"is {param.decay:g}; it must be above 0 and "
                                  "at most 1")
        self._add_four(shape, (param.scale_filler, param.shift_filler), 1.0)
        self.register_buffer("forwards", torch.zeros(()), persistent=False)
        averages = not is_set(param, "moving_average") or param.moving_average
        eps = param.var_eps if is_set(param, "var_eps") else DECAYED_EPS
        return DecayedForm(self.spec.phase == "TRAIN", averages, round(1 / param.decay), eps)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        if isinstance(self.form, SegNetForm):
            return self.form.tops(x, self.scale, self.shift)
        if isinstance(self.form, DecayedForm):
            return self.form.top(x, self.scale, self.shift, self.mean, self.variance, self.forwards)
        return self.form.top(x, self.scale, self.shift, self.mean, self.variance)

    def freeze(self) -> None:
        """Take PSPNet's running averages as they are; SegNet's form has none."""
        if isinstance(self.form, PSPNetForm):
            self.form = replace(self.form, uses_stored=True)
        if isinstance(self.form, DecayedForm):
            self.form = replace(self.form, trains=False, averages=True)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if len(self.spec.tops) > 1:
            raise self.spec.error("top", "has several blobs; BN has an ONNX form with one only")
        if isinstance(self.form, DecayedForm):
            raise self.spec.error("bn_param.decay", "has no ONNX form: the variance depends on the "
                                  "number of values in a batch")
        factors = self.channel_factors()
        if factors is None:
            blobs = (self.scale.reshape(-1), self.shift.reshape(-1))
            return [by_batch_onnx(graph, bottoms[0], *blobs, self.form.eps)]
        dims = (-1, *(1,) * (len(graph.shape(bottoms[0])) - 2))
        y = graph.add("Mul", bottoms[0], graph.floats(factors[0].reshape(dims), "factor"))
        return [graph.add("Add", y, graph.floats(factors[1].reshape(dims), "summand"))]

    def channel_factors(self) -> tuple[Tensor, Tensor] | None:
        if isinstance(self.form, DecayedForm):
            return None
        blobs = [blob.detach().double().reshape(-1) for blob in self.blobs]
        return self.form.channel_factors(*blobs)


@dataclass(frozen=True)
class SegNetForm:
    """SegNet's form: the statistics of the batch, or none.

    learns  bn_mode is LEARN, not INFERENCE
    """

    learns: bool
    eps: float
    num_tops: int

    def tops(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor | tuple[Tensor, ...]:
        """y, and if they are wanted mean and variance; scale and shift (1, C, 1, 1)."""
        scale = scale.reshape(-1)
        shift = shift.reshape(-1)
        if self.learns:
            y, mean, variance = by_batch(x, scale, shift, self.eps, scale.detach())
            variance = variance * _biased(x)
        else:
            mean = torch.zeros_like(scale)
            variance = torch.zeros_like(scale)
            axes = (1,) * (x.dim() - 2)
            y = torch.addcmul(shift.reshape(-1, *axes), x, scale.reshape(-1, *axes)).to(x.dtype)
        tops = (y, *(one.detach().reshape(1, -1, 1, 1) for one in (mean, variance)))
        return tops[:self.num_tops] if self.num_tops > 1 else y

    def channel_factors(self, scale: Tensor, shift: Tensor) -> tuple[Tensor, Tensor] | None:
        """Factor and summand (C,) that y = factor * x + summand has; None: it has none."""
        return None if self.learns or self.num_tops > 1 else (scale, shift)


@dataclass(frozen=True)
class PSPNetForm:
    """PSPNet's form: the statistics of the batch and their running averages, or the latter alone.

    uses_stored  the running averages normalize: in TEST, or frozen
    """

    uses_stored: bool
    momentum: float
    eps: float

    def top(self, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
            ) -> Tensor:
        """y; the blobs are (1, C, 1, 1), and mean and variance move if those of the batch count."""
        factors = (scale.reshape(-1), shift.reshape(-1))
        if self.uses_stored:
            return by_stored(x, *factors, mean.reshape(-1), variance.reshape(-1), self.eps)
        y, batch_mean, batch_variance = by_batch(x, *factors, self.eps, mean.reshape(-1))
        with torch.no_grad():
            for blob, batch in ((mean, batch_mean), (variance, batch_variance * _biased(x))):
                blob.mul_(self.momentum).add_(batch.reshape(blob.shape), alpha=1 - self.momentum)
        return y

    def channel_factors(self, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor
                        ) -> tuple[Tensor, Tensor]:
        """Factor and summand (C,) that y = factor * x + summand has by the running averages."""
        factor = scale * (variance + self.eps).rsqrt()
        return factor, shift - mean * factor


@dataclass(frozen=True)
class DecayedForm:
    """Label85's form: statistics of the batch, and averages of them that begin as plain means.

    trains    the averages move
    averages  they normalize where nothing trains
    most      the number of forwards from which on each batch counts the same
    """

    trains: bool
    averages: bool
    most: int
    eps: float

    def top(self, x: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor,
            forwards: Tensor) -> Tensor:
        """y; the blobs are (1, C, 1, 1), and `forwards` counts those of training."""
        factors = (scale.reshape(-1), shift.reshape(-1))
        if not self.trains and self.averages:
            corrected = variance.reshape(-1) / (_biased(x) or 1.0)
            return by_stored(x, *factors, mean.reshape(-1), corrected, 0.0)
        eps = self.eps if self.trains else 0.0
        y, batch_mean, batch_variance = by_batch(x, *factors, eps, mean.reshape(-1))
        if self.trains:
            with torch.no_grad():
                forwards.add_(1).clamp_(max=self.most)
                for blob, batch in ((mean, batch_mean), (variance, batch_variance * _biased(x))):
                    blob.add_((batch.reshape(blob.shape) - blob) / forwards)
        return y


def _biased(x: Tensor) -> float:
    """What takes an unbiased variance over the values of a channel to the biased one."""
    num_values = x.numel() // x.shape[1]
    return (num_values - 1) / num_values
