"""Learning rate policies: step, multistep, poly, plateau and Caffe's others.

Source: SGDSolver::GetLearningRate in sgd_solver.cpp of weiliu89/caffe (branch ssd); warmup and
multifixed of intel/caffe, rampup and min_lr of NVIDIA/caffe.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from framework.definition.prototxt import Document
from framework.definition.values import nearest
from framework.proto import SolverParameter

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
        if self.policy == "poly" and param.max_iter <= 0:
            raise document.error("max_iter", f"is {param.max_iter}; lr_policy \"poly\" needs it "
                                 "to be at least 1")
        if self.policy == "multifixed" and (
                not param.stagelr or len(param.stagelr) != len(param.stageiter)):
            raise document.error("stagelr", f"is given {len(param.stagelr)} times and stageiter "
                                 f"{len(param.stageiter)} times; there must be one of each for "
                                 "every stage")

    @property
    def needs_loss(self) -> bool:
        """Whether every rate depends on the loss: then each iteration waits for it."""
        return self.policy == "plateau"

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
        else:
            rate = POLICIES[self.policy](param, iteration, state, loss)
        least = param.min_lr if param.HasField("min_lr") else -LARGEST
        return float(np.float32(max(rate, least)))


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
    "sigmoid": sigmoid, "plateau": plateau, "multifixed": multifixed,
}
