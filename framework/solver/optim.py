"""Optimizers: Caffe's SGD, Nesterov, AdaGrad, RMSProp, AdaDelta and Adam; AdamW and LAMB.

Each rule is a handful of multi-tensor operations on groups of parameters with the same
multipliers; nothing here waits for the device.
Source: ClipGradients, Normalize, Regularize, ComputeUpdateValue in src/caffe/solvers/ of
weiliu89/caffe (branch ssd); larc and the policies of momentum and decay of NVIDIA/caffe,
local_lr_auto of intel/caffe.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from framework.definition.prototxt import Document
from framework.solver.lr_policy import power
from framework.system.wording import nearest


class Learned(Protocol):
    """A learned blob with its multipliers, as `Net.learned` lists them."""

    @property
    def parameter(self) -> Tensor:
        """The blob, with its gradient in `.grad`."""
        ...

    @property
    def lr_mult(self) -> float:
        """Factor on the learning rate."""
        ...

    @property
    def decay_mult(self) -> float:
        """Factor on weight_decay."""
        ...

    @property
    def regularization(self) -> str:
        """L1 or L2; "" for the solver's regularization_type."""
        ...

    @property
    def mask(self) -> Tensor | None:
        """0 where no update moves the blob, else 1; None: all of it moves."""
        ...


@dataclass(frozen=True)
class Factors:
    """The numbers of one update, in float32 as the original holds them.

    rate       of the group: learning rate times lr_mult
    decay      of the group: weight_decay times decay_mult
    momentum   of this iteration; beta 1 in Adam, the decay of both averages in AdaDelta
    """

    rate: float
    decay: float
    momentum: float
    momentum2: float
    delta: float
    rms_decay: float
    iteration: int


@dataclass
class Group:
    """Parameters with the same multipliers and regularization, and their rows of history."""

    lr_mult: float
    decay_mult: float
    regularization: str
    parameters: list[Tensor] = field(default_factory=list)
    first: list[Tensor] = field(default_factory=list)
    second: list[Tensor] = field(default_factory=list)
    masks: list[tuple[int, Tensor]] = field(default_factory=list)   # of these parameters only


class Optimizer:
    """Moves the learned blobs of a net by the rule that the solver file names.

    history  one tensor a blob in the order of `blobs`, zeros at first; AdaDelta, Adam, AdamW and
             LAMB have a second row after the first. It is what a solver state holds.
    squares  the indices in it of sums and means of squares, which are never negative
    Raises SpecError for an unknown type or regularization, and where the original refuses.
    """

    def __init__(self, document: Document, blobs: Sequence[Learned]):
        param = document.message
        if param.type not in RULES:
            raise document.error("type", f"is '{param.type}', which is not a solver"
                                 f"{nearest(param.type, RULES)}; it must be one of "
                                 f"{', '.join(RULES)}")
        _check(document)
        self.param = param
        self.rule = RULES[param.type]
        if self.rule in DECOUPLED and any(blob.regularization == "L1" for blob in blobs):
            raise document.error("type", f"is {param.type}, which has a decay of its own; a "
                                 "`param` of the net asks for regularization_type: \"L1\"")
        if self.rule in DECOUPLED and any(blob.mask is not None for blob in blobs):
            raise document.error("type", f"is {param.type}, whose decay would move weights that "
                                 "a layer of the net holds (incremental quantization)")
        rows = 2 if self.rule in (adadelta, adam, adamw, lamb) else 1
        self.history = [torch.zeros_like(blob.parameter, requires_grad=False)
                        for _ in range(rows) for blob in blobs]
        self.squares = [row * len(blobs) + index for row in SQUARES.get(self.rule, ())
                        for index in range(len(blobs))]
        self.groups = self._group(blobs)
        self.moved = [parameter for group in self.groups for parameter in group.parameters]
        self.all = [blob.parameter for blob in blobs]

    def _group(self, blobs: Sequence[Learned]) -> list[Group]:
        groups: dict[tuple[float, float, str], Group] = {}
        # the history of these is multiplied by the rate, so that lr_mult 0 keeps it at 0
        idle = self.rule in (sgd, nesterov)
        for index, blob in enumerate(blobs):
            if blob.lr_mult == 0 and (idle or not (blob.parameter.requires_grad or
                                                   self.param.weight_decay * blob.decay_mult)):
                continue
            key = (blob.lr_mult, blob.decay_mult,
                   blob.regularization or self.param.regularization_type)
            group = groups.setdefault(key, Group(*key))
            if blob.mask is not None:
                group.masks.append((len(group.parameters), blob.mask))
            group.parameters.append(blob.parameter)
            group.first.append(self.history[index])
            if len(self.history) > len(blobs):
                group.second.append(self.history[len(blobs) + index])
        return list(groups.values())

    @torch.no_grad()
    def update(self, rate: float, iteration: int) -> None:
        """One update from the gradients in `.grad`, which it overwrites.

        rate       the learning rate of this iteration, before lr_mult
        iteration  counted from 0
        The gradients are sums over `iter_size` batches; a parameter without one counts as 0.
        """
        for parameter in self.moved:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in self.all if parameter.grad is not None]
        if not gradients:
            return
        if self.param.clip_gradients >= 0:
            torch._foreach_mul_(gradients, clip_factor(gradients, self.param.clip_gradients))
        if self.param.iter_size != 1:
            torch._foreach_mul_(gradients, single(1 / self.param.iter_size))
        with np.errstate(all="ignore"):     # numbers beyond float32 are infinite, unsaid
            for group in self.groups:
                self._update_group(group, rate, iteration)

    def _update_group(self, group: Group, rate: float, iteration: int) -> None:
        gradients = [_gradient(parameter) for parameter in group.parameters]
        trust = self._trust(group, gradients, rate)
        decay = single(self._decay(iteration) * single(group.decay_mult))
        if decay and self.rule not in DECOUPLED:
            towards = group.parameters if group.regularization == "L2" else \
                torch._foreach_sign(group.parameters)
            torch._foreach_add_(gradients, towards, alpha=decay)
        if trust is not None:
            torch._foreach_mul_(gradients, trust)
        for position, mask in group.masks:
            gradients[position].mul_(mask)
        momentum = self._momentum(rate, iteration)
        # lr_mult has no part in a rate that the gradient itself sets
        local_rate = rate if trust is not None else single(rate * single(group.lr_mult))
        self.rule(group, gradients, Factors(
            local_rate, decay, momentum, self.param.momentum2, self.param.delta,
            self.param.rms_decay, iteration))

    def _momentum(self, rate: float, iteration: int) -> float:
        param = self.param
        if param.momentum_policy == "poly":
            share = power(iteration / param.max_iter, param.momentum_power)
            return single(param.momentum + (param.max_momentum - param.momentum) * share)
        if param.momentum_policy == "opt":
            best = (1 - 0.5 * math.sqrt(rate)) ** 2 if rate >= 0 else math.nan
            return single(min(best, param.max_momentum) if param.HasField("max_momentum")
                          else best)
        return param.momentum

    def _decay(self, iteration: int) -> float:
        param = self.param
        if param.weight_decay_policy == "poly":
            share = power(iteration / param.max_iter, param.weight_decay_power)
            return single(param.weight_decay * share)
        return param.weight_decay

    def _trust(self, group: Group, gradients: list[Tensor], rate: float) -> list[Tensor] | None:
        """Factors on the gradients that make each blob's own rate (larc, local_lr_auto)."""
        param = self.param
        if not (param.larc or param.local_lr_auto) or group.lr_mult == 0:
            return None
        norms = torch.stack(torch._foreach_norm(gradients))
        sizes = torch.stack(torch._foreach_norm(group.parameters))
        if param.larc:
            ratio = param.larc_eta * sizes / norms
        else:
            ratio = param.local_gw_ratio * sizes / (norms + param.weight_decay * sizes)
        ratio = torch.where((norms > 0) & (sizes > 0), ratio, torch.ones_like(ratio))
        if param.larc and param.larc_policy == "clip" and rate > 0:
            ratio = (ratio / rate).clamp(max=1)
        return list(ratio.unbind())


def _check(document: Document) -> None:
    param = document.message
    if param.regularization_type not in ("L1", "L2"):
        raise document.error("regularization_type", f"is '{param.regularization_type}'; it must "
                             "be L1 or L2")
    if RULES[param.type] in DECOUPLED and param.regularization_type != "L2":
        raise document.error("regularization_type", f"is '{param.regularization_type}'; "
                             f"{param.type} has a decay of its own, leave it out")
    if param.type in ("AdaGrad", "RMSProp") and param.momentum != 0:
        raise document.error("momentum", f"is {param.momentum:g}; {param.type} has no momentum, "
                             "leave it out")
    if param.type == "RMSProp" and not 0 <= param.rms_decay < 1:
        raise document.error("rms_decay", f"is {param.rms_decay:g}; it must be from 0 to below 1")
    if param.iter_size < 1:
        raise document.error("iter_size", f"is {param.iter_size}; it must be at least 1")
    for name, allowed in (("momentum_policy", ("fixed", "poly", "opt")),
                          ("weight_decay_policy", ("fixed", "poly")),
                          ("larc_policy", ("scale", "clip"))):
        value = getattr(param, name)
        if value not in allowed:
            raise document.error(name, f"is '{value}'{nearest(value, allowed)}; it must be one "
                                 f"of {', '.join(allowed)}")
    if param.max_iter < 1 and "poly" in (param.momentum_policy, param.weight_decay_policy):
        raise document.error("max_iter", f"is {param.max_iter}; a policy \"poly\" needs it to be "
                             "at least 1")


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def single(value: float) -> float:
    """The nearest float32."""
    return float(np.float32(value))


def rest(value: float) -> float:
    """1 - value, subtracted in float32: 1 - 0.999 is 0.000999987, as in the original."""
    return float(np.float32(1) - np.float32(value))


def clip_factor(gradients: list[Tensor], limit: float) -> Tensor:
    """What brings the norm of all gradients together down to `limit`: at most 1, on the device."""
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    return torch.where(norm > limit, limit / norm, torch.ones_like(norm))


Rule = Callable[[Group, list[Tensor], Factors], None]


def sgd(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """v = m v + lr g, w -= v: the history includes the rate, unlike torch's."""
    torch._foreach_mul_(group.first, by.momentum)
    torch._foreach_add_(group.first, gradients, alpha=by.rate)
    torch._foreach_sub_(group.parameters, group.first)


def nesterov(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """v as in sgd, w -= (1 + m) v_new - m v_old."""
    torch._foreach_add_(group.parameters, group.first, alpha=by.momentum)
    torch._foreach_mul_(group.first, by.momentum)
    torch._foreach_add_(group.first, gradients, alpha=by.rate)
    torch._foreach_sub_(group.parameters, group.first, alpha=single(1 + by.momentum))


def adagrad(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """s += g^2, w -= lr g / (sqrt(s) + delta)."""
    torch._foreach_addcmul_(group.first, gradients, gradients)
    _divide_and_move(group, gradients, by)


def rmsprop(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """s = d s + (1 - d) g^2, w -= lr g / (sqrt(s) + delta)."""
    torch._foreach_mul_(group.first, by.rms_decay)
    torch._foreach_addcmul_(group.first, gradients, gradients, rest(by.rms_decay))
    _divide_and_move(group, gradients, by)


def _divide_and_move(group: Group, gradients: list[Tensor], by: Factors) -> None:
    roots = torch._foreach_sqrt(group.first)
    torch._foreach_add_(roots, by.delta)
    torch._foreach_div_(gradients, roots)
    torch._foreach_sub_(group.parameters, gradients, alpha=by.rate)


def adadelta(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """s = m s + (1 - m) g^2, step = g sqrt((u + delta) / (s + delta)), u = m u + (1 - m) step^2,
    w -= lr step."""
    torch._foreach_mul_(group.first, by.momentum)
    torch._foreach_addcmul_(group.first, gradients, gradients, rest(by.momentum))
    ratios = torch._foreach_add(group.second, by.delta)
    torch._foreach_div_(ratios, torch._foreach_add(group.first, by.delta))
    torch._foreach_sqrt_(ratios)
    torch._foreach_mul_(gradients, ratios)
    torch._foreach_mul_(group.second, by.momentum)
    torch._foreach_addcmul_(group.second, gradients, gradients, rest(by.momentum))
    torch._foreach_sub_(group.parameters, gradients, alpha=by.rate)


def adam(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
    w -= lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + delta), t from 1."""
    _update_means(group, gradients, by)
    t = by.iteration + 1
    divisor = 1 - power(by.momentum, t)     # 0 where a policy made the momentum 1
    root = math.sqrt(1 - by.momentum2 ** t)
    correction = single(root / divisor) if divisor else math.inf
    steps = torch._foreach_sqrt(group.second)
    torch._foreach_add_(steps, by.delta)
    torch._foreach_addcdiv_(group.parameters, group.first, steps,
                            -single(by.rate * correction))


def _update_means(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """The running means of the gradients and of their squares."""
    torch._foreach_mul_(group.first, by.momentum)
    torch._foreach_add_(group.first, gradients, alpha=rest(by.momentum))
    torch._foreach_mul_(group.second, by.momentum2)
    torch._foreach_addcmul_(group.second, gradients, gradients, rest(by.momentum2))


def adamw(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """Adam with decoupled weight decay: w -= lr decay w before the step. `delta` is added to the
    root of the unbiased mean.

    Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization"; torch.optim.AdamW.
    """
    steps = _unbiased_steps(group, gradients, by)
    torch._foreach_mul_(group.parameters, single(1 - by.rate * by.decay))
    torch._foreach_sub_(group.parameters, steps, alpha=by.rate)


def lamb(group: Group, gradients: list[Tensor], by: Factors) -> None:
    """AdamW's step and decay together, for each blob as long as the blob itself times lr.

    Source: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes",
    algorithm 2, with the identity for its function of the norm. A blob or a step of zeros counts
    with a ratio of 1.
    """
    steps = _unbiased_steps(group, gradients, by)
    torch._foreach_add_(steps, group.parameters, alpha=by.decay)
    sizes = torch.stack(torch._foreach_norm(group.parameters))
    lengths = torch.stack(torch._foreach_norm(steps))
    ratios = torch.where((sizes > 0) & (lengths > 0), sizes / lengths, torch.ones_like(sizes))
    torch._foreach_mul_(steps, list(ratios.unbind()))
    torch._foreach_sub_(group.parameters, steps, alpha=by.rate)


def _unbiased_steps(group: Group, gradients: list[Tensor], by: Factors) -> list[Tensor]:
    """m / (1 - b1^t) over sqrt(v / (1 - b2^t)) + delta, with Adam's means m and v."""
    _update_means(group, gradients, by)
    t = by.iteration + 1
    roots = torch._foreach_div(group.second, single(1 - power(by.momentum2, t)))
    torch._foreach_sqrt_(roots)
    torch._foreach_add_(roots, by.delta)
    steps = torch._foreach_div(group.first, single(1 - power(by.momentum, t)))
    torch._foreach_div_(steps, roots)
    return list(steps)


RULES: dict[str, Rule] = {
    "SGD": sgd, "Nesterov": nesterov, "AdaGrad": adagrad, "RMSProp": rmsprop,
    "AdaDelta": adadelta, "Adam": adam, "AdamW": adamw, "LAMB": lamb,
}
SQUARES: dict[Rule, tuple[int, ...]] = {
    adagrad: (0,), rmsprop: (0,), adadelta: (0, 1), adam: (1,), adamw: (1,), lamb: (1,),
}
"""The rows of a rule's history that it takes roots of."""
DECOUPLED = (adamw, lamb)       # they decay the weights themselves
