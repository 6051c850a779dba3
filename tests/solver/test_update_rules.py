"""Whole trajectories of every solver type and rate policy, against plain numpy in float32.

The model below is written from the rules alone ("Solvers" in shared/golden/README.md, and
sgd_solver.cpp, adam_solver.cpp, ... of BVLC Caffe), blob by blob, without torch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from framework.definition import prototxt
from framework.solver.lr_policy import LearningRate, RateState
from framework.solver.optim import Optimizer

ITERATIONS = 12
SHAPES = [(4, 2, 3), (4,), (5, 7), (5,), (1,)]
single = np.float32


@dataclass
class Blob:
    parameter: torch.Tensor
    lr_mult: float
    decay_mult: float
    regularization: str = ""
    mask: torch.Tensor | None = None


class Model:
    """The original's arithmetic on lists of arrays."""

    def __init__(self, param: Any, weights: list[np.ndarray],
                 multipliers: list[tuple[float, float]]):
        self.param, self.multipliers = param, multipliers
        self.weights = [w.copy() for w in weights]
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]
        self.step, self.smallest, self.event = 0, math.inf, 0

    def history(self) -> list[np.ndarray]:
        return [*self.first, *(self.second if self.param.type in ("AdaDelta", "Adam") else [])]

    def rate(self, k: int, loss: float) -> float:
        p = self.param
        if p.lr_policy == "fixed":
            return p.base_lr
        if p.lr_policy == "step":
            return p.base_lr * p.gamma ** (k // p.stepsize)
        if p.lr_policy == "exp":
            return p.base_lr * p.gamma ** k
        if p.lr_policy == "inv":
            return p.base_lr * (1 + p.gamma * k) ** -p.power
        if p.lr_policy == "poly":
            return p.base_lr * (1 - k / p.max_iter) ** p.power
        if p.lr_policy == "sigmoid":
            return p.base_lr / (1 + math.exp(-p.gamma * (k - p.stepsize)))
        if p.lr_policy == "multistep":
            if self.step < len(p.stepvalue) and k >= p.stepvalue[self.step]:
                self.step += 1
            return p.base_lr * p.gamma ** self.step
        if loss < self.smallest:                                    # plateau
            self.smallest, self.event = loss, k
        if self.step < len(p.plateau_winsize) and k >= self.event + p.plateau_winsize[self.step]:
            self.step, self.event = self.step + 1, k
        return p.base_lr * p.gamma ** self.step

    def update(self, gradients: list[np.ndarray | None], k: int, loss: float) -> float:
        p, rate = self.param, single(self.rate(k, loss))
        diffs = [np.zeros_like(w) if g is None else g.copy()
                 for w, g in zip(self.weights, gradients, strict=True)]
        if p.clip_gradients >= 0:
            norm = math.sqrt(sum(float((d.astype(np.float64) ** 2).sum()) for d in diffs))
            if norm > p.clip_gradients:
                diffs = [d * single(p.clip_gradients / norm) for d in diffs]
        for i, (lr_mult, decay_mult) in enumerate(self.multipliers):
            d = diffs[i] * single(1 / p.iter_size)
            towards = self.weights[i] if p.regularization_type == "L2" else np.sign(self.weights[i])
            d = d + single(p.weight_decay) * single(decay_mult) * towards
            self.weights[i] = self.weights[i] - self.value(i, d, rate * single(lr_mult), k)
        return float(rate)

    def value(self, i: int, d: np.ndarray, rate: np.float32, k: int) -> np.ndarray:
        p, one = self.param, single(1)
        m, m2, delta = single(p.momentum), single(p.momentum2), single(p.delta)
        old = self.first[i]
        if p.type in ("SGD", "Nesterov"):
            self.first[i] = m * old + rate * d
            return self.first[i] if p.type == "SGD" else (one + m) * self.first[i] - m * old
        if p.type == "AdaGrad":
            self.first[i] = old + d * d
            return rate * d / (np.sqrt(self.first[i]) + delta)
        if p.type == "RMSProp":
            r = single(p.rms_decay)
            self.first[i] = r * old + (one - r) * d * d
            return rate * d / (np.sqrt(self.first[i]) + delta)
        if p.type == "AdaDelta":
            self.first[i] = m * old + (one - m) * d * d
            step = d * np.sqrt((self.second[i] + delta) / (self.first[i] + delta))
            self.second[i] = m * self.second[i] + (one - m) * step * step
            return rate * step
        self.first[i] = m * old + (one - m) * d                     # Adam
        self.second[i] = m2 * self.second[i] + (one - m2) * d * d
        correction = math.sqrt(1 - float(m2) ** (k + 1)) / (1 - float(m) ** (k + 1))
        return rate * single(correction) * self.first[i] / (np.sqrt(self.second[i]) + delta)


TYPES = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")
POLICIES = {
    "fixed": "", "step": "gamma: 0.6 stepsize: 3", "exp": "gamma: 0.9",
    "inv": "gamma: 0.3 power: 0.75", "poly": "power: 1.7 max_iter: 12",
    "multistep": "gamma: 0.3 stepvalue: 2 stepvalue: 2 stepvalue: 9",
    "sigmoid": "gamma: 0.8 stepsize: 5",
    "plateau": "gamma: 0.5 plateau_winsize: 2 plateau_winsize: 3 plateau_winsize: 1",
}


def random_solver(kind: str, policy: str, draw: np.random.Generator) -> str:
    """A solver's text with a random choice for every other field that counts in an update."""
    text = f'type: "{kind}" lr_policy: "{policy}" base_lr: {draw.choice([0.3, 0.01, 1])} '
    text += POLICIES[policy]
    if kind not in ("AdaGrad", "RMSProp") and draw.random() < 0.8:
        text += f" momentum: {draw.choice([0.5, 0.9, 0.95])}"
    for field, values in (("momentum2", [0.9, 0.99]), ("rms_decay", [0.9, 0.5]),
                          ("delta", [1e-3, 1e-6, 1]), ("weight_decay", [0.02, 0.3]),
                          ("clip_gradients", [0.5, 3, 0]), ("iter_size", [2, 3])):
        if draw.random() < 0.5:
            text += f" {field}: {draw.choice(values)}"
    return text + f' regularization_type: "{draw.choice(["L1", "L2"])}"'


@pytest.mark.parametrize("draw_index", range(3))
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", TYPES)
def test_a_random_solver_follows_the_rules_in_plain_numpy(kind, policy, draw_index):
    draw = np.random.default_rng([TYPES.index(kind), list(POLICIES).index(policy), draw_index])
    document = prototxt.parse(random_solver(kind, policy, draw), "SolverParameter", "s.prototxt")
    assert not document.problems
    weights = [draw.normal(size=shape).astype(np.float32) for shape in SHAPES]
    multipliers = [(float(draw.choice([1, 2, 0.1, 0])), float(draw.choice([1, 0, 2])))
                   for _ in SHAPES]
    blobs = [Blob(torch.tensor(w), *pair) for w, pair in zip(weights, multipliers, strict=True)]
    model, moved = (Model(document.message, weights, multipliers) for _ in range(2))
    ours = Optimizer(document, blobs)
    rule, state = LearningRate(document), RateState()
    largest = Largest()
    for k in range(ITERATIONS):
        gradients = [None if lr_mult == 0 else (2 * draw.normal(size=shape)).astype(np.float32)
                     for shape, (lr_mult, _) in zip(SHAPES, multipliers, strict=True)]
        loss = float(draw.uniform(0, 1))
        for blob, gradient in zip(blobs, gradients, strict=True):
            blob.parameter.grad = None if gradient is None else torch.tensor(gradient)
        rate = rule.at(k, state, lambda loss=loss: loss)
        ours.update(rate, k)
        assert rate == pytest.approx(model.update(gradients, k, loss), rel=1e-6)
        moved.update([None if g is None else g + g * sign(g.shape) * MOVE for g in gradients],
                     k, loss)
        values = [blob.parameter.detach() for blob in blobs]
        largest.check(values, model.weights, moved.weights, f"weights after {k}")
        largest.check(ours.history, model.history(), moved.history(), f"history after {k}")


MOVE = single(16 * 2.0 ** -23)      # sixteen units in the last place of a float32


def sign(shape: tuple[int, ...]) -> np.ndarray:
    """1 and -1 in turns: clipping would undo a move of all values in one direction."""
    odd = np.arange(math.prod(shape), dtype=np.float32) % 2
    return (1 - 2 * odd).reshape(shape)


class Largest:
    """The largest value that each array has held, which bounds the rounding that it carries.

    An update rounds in units of its largest term: a value that cancels afterwards keeps that
    error, as a blob of one value does near 0, and a rule that divides by its history magnifies
    it. So the limit is 1e-5 of the largest value so far, and as much as the rule itself
    changes when every gradient moves by sixteen units in its last place.
    """

    def __init__(self) -> None:
        self.values: dict[tuple[str, int], float] = {}

    def check(self, found: list[torch.Tensor], expected: list[np.ndarray],
              moved: list[np.ndarray], what: str) -> None:
        assert len(found) == len(expected)
        for index, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
            key = (what.split()[0], index)
            self.values[key] = max(self.values.get(key, 0.0), float(np.abs(theirs).max()))
            limit = 1e-5 * self.values[key] + np.abs(moved[index] - theirs).max()
            difference = np.abs(mine.detach().numpy() - theirs).max()
            assert difference <= limit, (what, index)
