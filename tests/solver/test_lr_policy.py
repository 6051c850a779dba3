"""The rates of every policy against the original's log, and against their formulas by hand."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch

from framework.definition import prototxt
from framework.errors import SpecError
from framework.solver.lr_policy import LearningRate, RateState
from tests.golden import case_names, load_case

CASES = case_names("solver")


def policy(text: str) -> LearningRate:
    document = prototxt.parse(text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    return LearningRate(document)


def rates(text: str, iterations: list[int]) -> list[float]:
    rule, state = policy(text), RateState()
    return [rule.at(iteration, state, lambda: math.nan) for iteration in iterations]


@pytest.mark.parametrize("case", CASES)
def test_rates_are_those_the_original_logs(case):
    golden = load_case(case)
    rule, state = policy(str(golden["solver"])), RateState()
    for iteration in range(20):
        loss = float(golden[f"smoothed_loss/{iteration}"])
        expected = float(golden[f"lr/{iteration}"])
        assert rule.at(iteration, state, lambda loss=loss: loss) == pytest.approx(expected, 1e-5)
    if "state/current_step" in golden:
        assert state.current_step == golden["state/current_step"]
        assert state.iter_last_event == golden["state/iter_last_event"]
        assert state.minimum_loss == pytest.approx(float(golden["state/minimum_loss"]), 1e-5)


def test_sigmoid_is_half_the_rate_at_stepsize():
    text = 'lr_policy: "sigmoid" base_lr: 0.2 gamma: 0.5 stepsize: 6'
    # 0.2 / (1 + exp(-0.5 * (iteration - 6)))
    expected = [0.2 / (1 + math.exp(3)), 0.1, 0.2 / (1 + math.exp(-2))]
    np.testing.assert_allclose(rates(text, [0, 6, 10]), expected, rtol=1e-6)


def test_multistep_takes_one_step_an_iteration():
    text = 'lr_policy: "multistep" base_lr: 1 gamma: 0.5 stepvalue: 3 stepvalue: 3'
    assert rates(text, [2, 3, 4, 5]) == [1, 0.5, 0.25, 0.25]


def test_poly_stays_at_zero_after_its_last_iteration():
    assert rates('lr_policy: "poly" base_lr: 1 power: 0.5 max_iter: 4', [0, 3, 4, 5]) == \
        [1, 0.5, 0, 0]


def test_poly_takes_its_difference_in_float32_as_the_original():
    # float32(0.99999) is 0.9999899864, so that 1.00136e-05 is left instead of 1e-05
    [rate] = rates('lr_policy: "poly" base_lr: 1 power: 1 max_iter: 100000', [99999])
    assert rate == pytest.approx(1.00136e-05, rel=1e-5)


def test_warmup_goes_in_a_line_from_the_start_rate_to_the_base():
    text = 'lr_policy: "fixed" base_lr: 1 warmup_iter: 4 warmup_start_lr: 0.5'
    assert rates(text, [0, 1, 3, 4, 9]) == [0.5, 0.625, 0.875, 1, 1]


def test_rampup_goes_with_the_square_of_the_share():
    text = 'lr_policy: "fixed" base_lr: 1 rampup_interval: 4'
    assert rates(text, [0, 1, 2, 4]) == [0, 1 / 16, 1 / 4, 1]


def test_burn_in_goes_with_a_power_of_the_share():
    text = 'lr_policy: "multistep" gamma: 0.5 stepvalue: 2 stepvalue: 6 base_lr: 1 burn_in: 4 '
    assert rates(text + "power: 4", [0, 1, 2, 4, 6]) == [0, 1 / 256, 1 / 16, 0.5, 0.25]
    assert rates(text, [0, 1, 4]) == [1, 1, 0.5]        # without a power it is base_lr


def test_min_lr_bounds_every_policy_and_ends_poly():
    text = 'lr_policy: "poly" base_lr: 1 power: 1 max_iter: 4 min_lr: 0.5'
    assert rates(text, [0, 2, 4]) == [1, 0.75, 0.5]
    assert rates('lr_policy: "exp" base_lr: 1 gamma: 0.5 min_lr: 0.25', [1, 2, 3]) == \
        [0.5, 0.25, 0.25]


def test_multifixed_holds_each_rate_up_to_and_with_its_iteration():
    text = ('lr_policy: "multifixed" stagelr: 0.5 stagelr: 0.25 stagelr: 0.125 '
            'stageiter: 2 stageiter: 4 stageiter: 6')
    assert rates(text, [0, 2, 3, 4, 5, 99]) == [0.5, 0.5, 0.25, 0.25, 0.125, 0.125]


@pytest.mark.parametrize("text, message", [
    ('base_lr: 1\nlr_policy: "stp"', r"solver.prototxt:2: lr_policy is 'stp'.*mean 'step'\?"),
    ("base_lr: 1", r"lr_policy is missing; it must be one of fixed, step"),
    ('lr_policy: "fixed"', r"base_lr is missing"),
    ('lr_policy: "step" base_lr: 1', r"stepsize is 0"),
    ('lr_policy: "sigmoid" base_lr: 1', r"stepsize is 0; lr_policy \"sigmoid\" needs it"),
    ('lr_policy: "exp" base_lr: 1 gamma: -0.5', r"gamma is -0.5; it must not be negative"),
    ('lr_policy: "poly" base_lr: 1', r"max_iter is 0"),
    ('lr_policy: "multifixed" stagelr: 1', r"stagelr is given 1 times and stageiter 0 times"),
])
def test_a_policy_that_cannot_work_is_refused(text, message):
    with pytest.raises(SpecError, match=message):
        policy(text)


def test_cosine_is_that_of_torch():
    text = 'lr_policy: "cosine" base_lr: 0.3 min_lr: 0.01 max_iter: 9'
    parameter = torch.nn.Parameter(torch.zeros(1))
    other = torch.optim.SGD([parameter], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(other, T_max=9, eta_min=0.01)
    expected = []
    for _ in range(10):
        expected.append(schedule.get_last_lr()[0])
        other.step()
        schedule.step()
    np.testing.assert_allclose(rates(text, list(range(10))), expected, rtol=1e-6)
    assert rates(text, [50]) == [pytest.approx(0.01)]


def test_cosine_begins_at_base_lr_after_the_warm_up():
    text = 'lr_policy: "cosine" base_lr: 2 max_iter: 12 warmup_iter: 4'
    # a quarter, half, three quarters of base_lr; then the cosine over the 8 iterations left
    np.testing.assert_allclose(rates(text, [0, 1, 3, 4, 8, 12]), [0, 0.5, 1.5, 2, 1, 0], atol=1e-7)


def test_sgdr_restarts_with_a_longer_period_and_a_lower_rate():
    text = 'lr_policy: "sgdr" base_lr: 1 min_lr: 0 period: 4 p_mult: 2.5 lr_mult: 0.5 max_iter: 99'
    # periods of 4, 10 and 25 iterations, whose cosines begin at 1, 0.5 and 0.25
    np.testing.assert_allclose(rates(text, [0, 2, 4, 9, 14, 39]), [1, 0.5, 0.5, 0.25, 0.25, 0.125],
                               rtol=1e-6)


def test_sgdr_with_equal_periods_is_quick_after_a_billion_iterations():
    text = 'lr_policy: "sgdr" base_lr: 1 min_lr: 0 period: 4 p_mult: 1 lr_mult: 1 max_iter: 99'
    assert rates(text, [4_000_000_002]) == [pytest.approx(0.5)]


def test_sgdr_without_a_period_ends_at_max_iter_and_1e_6():
    text = 'lr_policy: "sgdr" base_lr: 1 max_iter: 1000'
    np.testing.assert_allclose(rates(text, [0, 500]), [1, 0.5000005], rtol=1e-6)


@pytest.mark.parametrize(("text", "message"), [
    ('lr_policy: "cosine" base_lr: 1', "max_iter is 0; lr_policy \"cosine\" needs it"),
    ('lr_policy: "cosine" base_lr: 1 max_iter: 5 warmup_iter: 5',
     "warmup_iter is 5; it must be less than max_iter, which is 5"),
    ('lr_policy: "sgdr" base_lr: 1 max_iter: 5 p_mult: 0.5', "p_mult is 0.5; it must be at least"),
])
def test_a_cosine_that_has_no_end_is_refused(text, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        policy(text)
