"""Learning rate policies: step, multistep, poly, plateau, Caffe's others, and cosine.

Source: SGDSolver::GetLearningRate in sgd_solver.cpp of weiliu89/caffe (branch ssd); warmup and
multifixed of intel/caffe, rampup and min_lr of NVIDIA/caffe, sgdr of jolibrain/caffe, burn_in of
ivancanull/DeepZ-Caffe-Yolo, after Darknet.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from framework.definition.prototxt import Document
from framework.logs.log import Log
from framework.proto import SolverParameter
from framework.system.wording import nearest

STATUS = {"multistep": "MultiStep", "plateau": "Plateau"}       # whose steps the original logs
LARGEST = float(np.finfo(np.float32).max)


@dataclass
class RateState:
    """What a policy remembers; solver states store it under the same names.

    current_step     steps taken so far by step, multistep, plateau
    minimum_loss     plateau: the smallest smoothed loss so far
    iter_last_event  plateau: the iteration of the last new minimum or step
    """

    current_step: int = 0
    minimum_loss: float = LARGEST
    iter_last_event: int = 0


class LearningRate:
    """The policy that a solver file names, ready to ask for rates.

    Raises SpecError for an unknown policy and for fields without which it cannot work.
    """

    def __init__(self, document: Document):
        self.document = document
        self.param = document.message
        self.policy: str = self.param.lr_policy
        if self.policy not in POLICIES:
            what = f"is '{self.policy}', which is not known" if self.policy else "is missing"
            raise document.error("lr_policy", f"{what}{nearest(self.policy, POLICIES)}; it must "
                                 f"be one of {', '.join(POLICIES)}")
        self._check()

    def _check(self) -> None:
        param = self.param
        document = self.document
        if not param.HasField("base_lr") and self.policy != "multifixed":
            raise document.error("base_lr", "is missing; it must be given")
        if self.policy in ("step", "sigmoid") and param.stepsize <= 0:
            raise document.error("stepsize", f"is {param.stepsize}; lr_policy \"{self.policy}\" "
                                 "needs it to be at least 1")
        if param.gamma < 0:
            raise document.error("gamma", f"is {param.gamma:g}; it must not be negative")
        ends_in = {"poly": param.max_iter, "cosine": param.max_iter,
                   "sgdr": param.period if param.period > 0 else param.max_iter}
        if ends_in.get(self.policy, 1) <= 0:
            raise document.error("max_iter", f"is {param.max_iter}; lr_policy \"{self.policy}\" "
                                 "needs it to be at least 1")
        if self.policy == "cosine" and param.warmup_iter >= param.max_iter:
            raise document.error("warmup_iter", f"is {param.warmup_iter}; it must be less than "
                                 f"max_iter, which is {param.max_iter}")
        if self.policy == "sgdr" and param.p_mult < 1:
            raise document.error("p_mult", f"is {param.p_mult:g}; it must be at least 1, for "
                                 "periods must not shrink to nothing")
        if self.policy == "multifixed" and (
                not param.stagelr or len(param.stagelr) != len(param.stageiter)):
            raise document.error("stagelr", f"is given {len(param.stagelr)} times and stageiter "
                                 f"{len(param.stageiter)} times; there must be one of each for "
                                 "every stage")

    def at(self, iteration: int, state: RateState, loss: Loss) -> float:
        """The rate of `iteration` (from 0), a float32 value.

        state  is moved on; ask once for each iteration, in order
        loss   gives the smoothed loss of this iteration; only plateau calls it
        """
        param = self.param
        if iteration < param.warmup_iter:
            share = iteration / param.warmup_iter
            rate = param.base_lr * share + param.warmup_start_lr * (1 - share)
        elif iteration < param.rampup_interval:
            share = iteration / param.rampup_interval
            rate = param.rampup_lr + (param.base_lr - param.rampup_lr) * share * share
        elif iteration < param.burn_in:
            rate = param.base_lr * (iteration / param.burn_in) ** param.power
        else:
            rate = POLICIES[self.policy](param, iteration, state, loss)
        least = param.min_lr if param.HasField("min_lr") else -LARGEST
        return float(np.float32(max(rate, least)))

    def logged(self, iteration: int, state: RateState, loss: Loss, log: Log) -> float:
        """As `at`, and logs the steps that the original logs."""
        before = state.current_step
        rate = self.at(iteration, state, loss)
        if state.current_step != before and self.policy in STATUS:
            log.info(f"{STATUS[self.policy]} Status: Iteration {iteration}, "
                     f"step = {state.current_step}")
        return rate


Loss = Callable[[], float]
Policy = Callable[[SolverParameter, int, RateState, Loss], float]


def fixed(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
          float]) -> float:
    """base_lr."""
    return param.base_lr


def step(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
         float]) -> float:
    """base_lr * gamma ^ floor(iteration / stepsize)."""
    state.current_step = iteration // param.stepsize
    return param.base_lr * power(param.gamma, state.current_step)


def exp(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
        float]) -> float:
    """base_lr * gamma ^ iteration."""
    return param.base_lr * power(param.gamma, iteration)


def inv(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
        float]) -> float:
    """base_lr * (1 + gamma * iteration) ^ -power."""
    return param.base_lr * power(1 + param.gamma * iteration, -param.power)


def multistep(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
              float]) -> float:
    """base_lr * gamma ^ (number of `stepvalue` reached).

    One step an iteration at most: two equal `stepvalue` act in two iterations.
    """
    if state.current_step < len(param.stepvalue) and \
            iteration >= param.stepvalue[state.current_step]:
        state.current_step += 1
    return param.base_lr * power(param.gamma, state.current_step)


def poly(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
         float]) -> float:
    """base_lr * (1 - iteration / max_iter) ^ power, ending in `min_lr` (by default 0).

    After max_iter, where the formula has no value, it stays there. The difference is taken in
    float32, as in the original: it shows near the end of a long run.
    """
    left = float(np.float32(1) - np.float32(iteration) / np.float32(param.max_iter))
    share = power(max(0.0, left), param.power)
    return param.min_lr + (param.base_lr - param.min_lr) * share


def sigmoid(param: SolverParameter, iteration: int, state: RateState, loss: Callable[[],
            float]) -> float:
    """base_lr / (1 + exp(-gamma * (iteration - stepsize)))."""
    exponent = min(700.0, -param.gamma * (iteration - param.stepsize))
    return param.base_lr / (1 + math.exp(exponent))


def plateau(param: SolverParameter, iteration: int, state: RateState, loss: Loss) -> float:
    """A step when the window of iterations passed since the last new minimum or step."""
    now = loss()
    if now < state.minimum_loss:
        state.minimum_loss = now
        state.iter_last_event = iteration
    if state.current_step < len(param.plateau_winsize) and \
            iteration >= state.iter_last_event + param.plateau_winsize[state.current_step]:
        state.current_step += 1
        state.iter_last_event = iteration
    return param.base_lr * power(param.gamma, state.current_step)


def multifixed(param: SolverParameter, iteration: int, state: RateState, loss: Loss) -> float:
    """`stagelr[i]` up to and with iteration `stageiter[i]`; the last one for good."""
    stage = bisect.bisect_left(param.stageiter, iteration)
    return param.stagelr[min(stage, len(param.stagelr) - 1)]


def cosine(param: SolverParameter, iteration: int, state: RateState, loss: Loss) -> float:
    """Half a cosine from base_lr, after the warm-up, to `min_lr` (by default 0) at max_iter.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", without
    restarts; torch's CosineAnnealingLR. After max_iter it stays there.
    """
    share = (iteration - param.warmup_iter) / (param.max_iter - param.warmup_iter)
    return _half_cosine(param.base_lr, param.min_lr, min(share, 1.0))


def sgdr(param: SolverParameter, iteration: int, state: RateState, loss: Loss) -> float:
    """Half a cosine in each of several periods, from base_lr to `min_lr` (by default 1e-6).

    The first takes `period` iterations, by default max_iter; each next one is `p_mult` times as
    long, rounded down, and begins at `lr_mult` times the rate of the one before.
    """
    length = param.period if param.period > 0 else param.max_iter
    largest = param.base_lr
    begin = restarts = 0
    while iteration >= begin + length:
        longer = int(length * param.p_mult)
        # periods that stay as they are need no walk through all of them
        count = 1 if longer > length else (iteration - begin) // length
        begin += count * length
        largest *= power(param.lr_mult, count)
        restarts += count
        length = longer
    state.current_step = restarts
    state.iter_last_event = begin
    least = param.min_lr if param.HasField("min_lr") else 1e-6
    return _half_cosine(largest, least, (iteration - begin) / length)


def _half_cosine(begin: float, end: float, share: float) -> float:
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2


def power(base: float, exponent: float) -> float:
    """As C's pow: infinity where Python would raise an error."""
    if base == 0 and exponent < 0:
        return math.inf
    try:
        return base ** exponent
    except OverflowError:
        return math.inf


POLICIES: dict[str, Policy] = {
    "fixed": fixed, "step": step, "exp": exp, "inv": inv, "multistep": multistep, "poly": poly,
    "sigmoid": sigmoid, "plateau": plateau, "multifixed": multifixed, "cosine": cosine,
    "sgdr": sgdr,
}
