"""The update rules against the original's first two updates, and against hand-worked numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from framework.definition import prototxt
from framework.errors import SpecError
from framework.solver.optim import Optimizer
from tests.golden import case_names, load_case

CASES = case_names("solver")


@dataclass
class Blob:
    parameter: Tensor
    lr_mult: float = 1
    decay_mult: float = 1
    regularization: str = ""
    mask: Tensor | None = None


def solver(text: str) -> prototxt.Document:
    document = prototxt.parse(text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    return document


def optimizer(text: str, values: np.ndarray, **multipliers: float) -> tuple[Optimizer, Tensor]:
    parameter = torch.tensor(values, requires_grad=True)
    return Optimizer(solver(text), [Blob(parameter, **multipliers)]), parameter


MULTIPLIERS = {"solver/adadelta_step_mults": {"conv/1": (2, 1)},
               "solver/sgd_frozen_bias": {"conv/1": (0, 1)}}


@pytest.mark.parametrize("case", CASES)
def test_two_updates_from_the_originals_gradients_give_its_parameters(case):
    golden = load_case(case)
    names = [name.removeprefix("param0/") for name in golden if name.startswith("param0/")]
    multipliers = MULTIPLIERS.get(case, {})
    blobs = [Blob(torch.tensor(golden[f"param0/{name}"], requires_grad=True),
                  *multipliers.get(name, (1, 1))) for name in names]
    optimizer = Optimizer(solver(str(golden["solver"])), blobs)
    for iteration in (0, 1):
        for name, blob in zip(names, blobs, strict=True):
            blob.parameter.grad = torch.tensor(golden[f"grad/{iteration}/{name}"])
        optimizer.update(float(golden[f"lr/{iteration}"]), iteration)
        for name, blob in zip(names, blobs, strict=True):
            expected = golden[f"param/{iteration + 1}/{name}"]
            difference = np.abs(blob.parameter.detach().numpy() - expected).max()
            assert difference <= 1e-6 * (np.abs(expected).max() + 1e-6), (name, iteration)


def test_clipping_comes_before_the_division_by_iter_size():
    text = 'clip_gradients: 0.5 iter_size: 4'
    rule, parameter = optimizer(text, np.array([1.0, 2.0]))
    parameter.grad = torch.tensor([3.0, 4.0], dtype=torch.float64)    # norm 5: scaled by 0.1
    rule.update(rate=1.0, iteration=0)
    np.testing.assert_allclose(parameter.detach(), [1 - 0.3 / 4, 2 - 0.4 / 4], rtol=1e-12)


def test_gradients_within_the_limit_are_not_scaled():
    rule, parameter = optimizer("clip_gradients: 10", np.array([1.0, 2.0]))
    parameter.grad = torch.zeros(2, dtype=torch.float64)
    rule.update(rate=1.0, iteration=0)
    np.testing.assert_array_equal(parameter.detach(), [1.0, 2.0])


def test_a_parameter_without_a_gradient_still_decays():
    rule, parameter = optimizer("weight_decay: 0.5", np.array([1.0, 2.0]), decay_mult=0.5)
    rule.update(rate=1.0, iteration=0)
    np.testing.assert_allclose(parameter.detach(), [0.75, 1.5], rtol=1e-12)


def test_lr_mult_zero_leaves_the_parameter_and_the_clip_norm_alone():
    frozen = Blob(torch.tensor([5.0]), lr_mult=0)
    free = Blob(torch.tensor([1.0], requires_grad=True))
    rule = Optimizer(solver("clip_gradients: 1 weight_decay: 0.25"), [frozen, free])
    free.parameter.grad = torch.tensor([0.5])
    rule.update(rate=1.0, iteration=0)
    assert frozen.parameter.item() == 5 and free.parameter.item() == 0.25
    assert len(rule.history) == 2 and rule.history[0].item() == 0


def test_with_force_backward_a_frozen_gradient_counts_in_the_clip_norm():
    frozen = Blob(torch.tensor([5.0], requires_grad=True), lr_mult=0)
    free = Blob(torch.tensor([1.0], requires_grad=True))
    rule = Optimizer(solver("clip_gradients: 1"), [frozen, free])
    frozen.parameter.grad, free.parameter.grad = torch.tensor([4.0]), torch.tensor([3.0])
    rule.update(rate=1.0, iteration=0)      # norm 5: scaled by 0.2
    assert frozen.parameter.item() == 5 and free.parameter.item() == pytest.approx(0.4)


def test_decay_moves_the_history_of_a_frozen_blob_but_not_the_blob():
    # the original calls ComputeUpdateValue for every blob: s = (0.5 * 4)^2, w -= 0 * ...
    frozen = Blob(torch.tensor([4.0]), lr_mult=0)
    rule = Optimizer(solver('type: "AdaGrad" weight_decay: 0.5'), [frozen])
    rule.update(rate=1.0, iteration=0)
    assert frozen.parameter.item() == 4 and rule.history[0].item() == 4


def test_clip_gradients_0_leaves_no_gradient_and_no_nan():
    rule, parameter = optimizer("clip_gradients: 0", np.array([1.0, 2.0]))
    for gradient in (torch.zeros(2), torch.ones(2)):
        parameter.grad = gradient.double()
        rule.update(rate=1.0, iteration=0)
        np.testing.assert_array_equal(parameter.detach(), [1.0, 2.0])


def test_larc_scales_each_gradient_by_the_norm_of_its_weights():
    # |w| = 5, |g| = 10: the own rate is 0.1 * 5 / 10 = 0.05, below the common rate 0.5
    text = 'larc: true larc_policy: "clip" larc_eta: 0.1'
    rule, parameter = optimizer(text, np.array([3.0, 4.0]))
    parameter.grad = torch.tensor([6.0, 8.0], dtype=torch.float64)
    rule.update(rate=0.5, iteration=0)
    np.testing.assert_allclose(parameter.detach(), [3 - 0.3, 4 - 0.4], rtol=1e-6)


def test_momentum_of_policy_poly_rises_to_its_maximum():
    # at iteration 2 of 4: 0.5 + (0.9 - 0.5) * 2 / 4 = 0.7
    text = 'momentum: 0.5 max_momentum: 0.9 momentum_policy: "poly" max_iter: 4'
    rule, parameter = optimizer(text, np.array([1.0]))
    rule.history[0].fill_(1.0)
    parameter.grad = torch.zeros(1, dtype=torch.float64)
    rule.update(rate=0.1, iteration=2)
    np.testing.assert_allclose(parameter.detach(), [0.3], rtol=1e-6)


@pytest.mark.parametrize("text, message", [
    ('type: "Adm"', r"solver.prototxt:1: type is 'Adm'.*did you mean 'Adam'\?"),
    ('\nregularization_type: "L3"', r"solver.prototxt:2: regularization_type is 'L3'"),
    ('type: "AdaGrad" momentum: 0.9', r"momentum is 0.9; AdaGrad has no momentum"),
    ('type: "RMSProp" rms_decay: 1', r"rms_decay is 1; it must be from 0 to below 1"),
    ("iter_size: 0", r"iter_size is 0; it must be at least 1"),
])
def test_a_solver_that_cannot_update_is_refused(text, message):
    with pytest.raises(SpecError, match=message):
        Optimizer(solver(text), [])


def test_adamw_moves_as_torchs():
    draw = np.random.default_rng(4)
    values = draw.normal(size=(3, 5)).astype(np.float32)
    theirs = torch.nn.Parameter(torch.tensor(values, dtype=torch.float64))
    reference = torch.optim.AdamW([theirs], lr=0.02 * 0.5, betas=(0.9, 0.99), eps=1e-6,
                                  weight_decay=0.3 * 2)
    ours, parameter = optimizer('type: "AdamW" momentum: 0.9 momentum2: 0.99 delta: 1e-6 '
                                "weight_decay: 0.3", values, lr_mult=0.5, decay_mult=2)
    for iteration in range(7):
        gradient = draw.normal(size=values.shape).astype(np.float32)
        theirs.grad = torch.tensor(gradient, dtype=torch.float64)
        parameter.grad = torch.tensor(gradient)
        reference.step()
        ours.update(0.02, iteration)
        np.testing.assert_allclose(parameter.detach().numpy(), theirs.detach().numpy(), rtol=2e-5,
                                   atol=1e-6)


def test_lamb_moves_by_the_paper_in_plain_numpy():
    draw = np.random.default_rng(5)
    values = draw.normal(size=(4, 3)).astype(np.float32)
    ours, parameter = optimizer('type: "LAMB" momentum: 0.8 momentum2: 0.9 delta: 1e-3 '
                                "weight_decay: 0.2", values, lr_mult=2)
    weights = values.astype(np.float64)
    mean = np.zeros_like(weights)
    square = np.zeros_like(weights)
    for iteration in range(5):
        gradient = draw.normal(size=values.shape).astype(np.float32)
        parameter.grad = torch.tensor(gradient)
        ours.update(0.1, iteration)
        mean = 0.8 * mean + 0.2 * gradient.astype(np.float64)
        square = 0.9 * square + 0.1 * gradient.astype(np.float64) ** 2
        step = mean / (1 - 0.8 ** (iteration + 1))
        step = step / (np.sqrt(square / (1 - 0.9 ** (iteration + 1))) + 1e-3) + 0.2 * weights
        weights = weights - 0.2 * np.linalg.norm(weights) / np.linalg.norm(step) * step
        np.testing.assert_allclose(parameter.detach().numpy(), weights, rtol=2e-5, atol=2e-6)


def test_lamb_moves_a_blob_of_zeros_by_the_plain_step():
    ours, parameter = optimizer('type: "LAMB" momentum: 0.9 delta: 1e-8', np.zeros(2, np.float32))
    parameter.grad = torch.tensor([0.5, -3.0])
    ours.update(0.1, 0)
    np.testing.assert_allclose(parameter.detach().numpy(), [-0.1, 0.1], rtol=1e-5)


@pytest.mark.parametrize("given, own", [("L2", "L1"), ("L1", "L2")])
def test_a_blob_can_have_a_regularization_of_its_own(given, own):
    """w -= rate (g + decay * w) by L2, and sign(w) for w by L1: the second blob's is its own."""
    values = np.array([2.0, -0.5])
    blobs = [Blob(torch.tensor(values, requires_grad=True), regularization=kind)
             for kind in ("", own)]
    rule = Optimizer(solver(f'weight_decay: 0.5 regularization_type: "{given}"'), blobs)
    for blob in blobs:
        blob.parameter.grad = torch.tensor([0.1, 0.2], dtype=torch.float64)
    rule.update(0.25, 0)
    for blob, kind in zip(blobs, (given, own), strict=True):
        towards = values if kind == "L2" else np.sign(values)
        np.testing.assert_allclose(blob.parameter.detach().numpy(),
                                   values - 0.25 * (np.array([0.1, 0.2]) + 0.5 * towards))


def test_a_decay_of_its_own_has_no_other_regularization():
    blob = Blob(torch.zeros(2, requires_grad=True), regularization="L1")
    with pytest.raises(SpecError, match='type is AdamW, .* asks for regularization_type: "L1"'):
        Optimizer(solver('type: "AdamW"'), [blob])
