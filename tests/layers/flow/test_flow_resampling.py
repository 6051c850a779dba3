"""FlowNet's resizing, one-sided correlation and values, cell by cell from their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def slow_resample(x, high, wide, kind, antialias):
    """The filter of the original's kernel, cell by cell, without a window."""
    height, width = x.shape
    fx, fy = width / wide, height / high
    ax, ay = (1 / fx, 1 / fy) if antialias and max(fx, fy) > 1 else (1.0, 1.0)

    def weight(d):
        d = abs(d)
        if kind == "LINEAR":
            return max(0.0, 1 - d)
        if d <= 1:
            return d * d * (1.5 * d - 2.5) + 1
        return d * (d * (-0.5 * d + 2.5) - 4) + 2 if d < 2 else 0.0

    top = np.zeros((high, wide))
    for i, j in np.ndindex(high, wide):
        x_in, y_in = j * fx + fy / 2 - 0.5, i * fy + fx / 2 - 0.5
        if kind == "NEAREST":
            top[i, j] = x[min(max(math.floor(y_in + 0.5), 0), height - 1),
                          min(max(math.floor(x_in + 0.5), 0), width - 1)]
            continue
        weights = np.array([[weight(ay * (y_in - y)) * weight(ax * (x_in - x))
                             for x in range(width)] for y in range(height)])
        top[i, j] = (weights * x).sum() / weights.sum() if weights.sum() else 0
    return top


@pytest.mark.parametrize("param, size", [
    ("height: 3 width: 7 type: CUBIC", (3, 7)), ("height: 2 width: 3", (2, 3)),
    ("height: 2 width: 3 antialias: false", (2, 3)), ("height: 11 width: 8", (11, 8)),
    ("height: 4 width: 9 type: NEAREST", (4, 9)), ("factor: 1.5 type: NEAREST", (9, 7)),
    ("factor: 1.5 height: 3 width: 2", (3, 2))])
def test_resample_is_the_weighted_mean_of_its_filter(param, size):
    x = noise(2, 3, 6, 5)
    top = make("Resample", param, (2, 3, 6, 5))(x).detach().numpy()
    kind = next((kind for kind in ("CUBIC", "NEAREST") if kind in param), "LINEAR")
    for n, c in np.ndindex(2, 3):
        expected = slow_resample(x[n, c].detach().numpy(), *size, kind, "false" not in param)
        np.testing.assert_allclose(top[n, c], expected, rtol=1e-10, atol=1e-12)


def test_downsample_leaves_nan_out_and_keeps_it_where_it_prevails():
    x = noise(1, 1, 7, 5).detach()
    x[0, 0, 4:, :] = math.nan
    x[0, 0, 1, 2] = math.nan
    top = make("Downsample", "top_height: 4 top_width: 3", (1, 1, 7, 5))(x).numpy()[0, 0]
    plane = x[0, 0].numpy()
    for i, j in np.ndindex(4, 3):
        weights = np.array([[max(0, 1 - abs(y - 2 * i) / 2) * max(0, 1 - abs(k - 2 * j) / 2)
                             for k in range(5)] for y in range(7)])
        known = ~np.isnan(plane)
        lost = weights[~known].sum()
        total = weights[known].sum()
        expected = ((weights * np.nan_to_num(plane))[known].sum() / total
                    if total and lost <= 0.5 * total else math.nan)
        np.testing.assert_allclose(top[i, j], expected, rtol=1e-10)
    assert np.isnan(top).any() and not np.isnan(top).all()


@pytest.mark.parametrize("param, size", [
    ("top_height: 9 top_width: 8", (9, 8)), ("top_height: 9 top_width: 6", (5, 6)),
    ("size_divisible_by: 4", (8, 8)), ("", (5, 6))])
def test_accum_brings_all_maps_to_one_size(param, size):
    a, b = noise(2, 1, 5, 4), noise(2, 2, 3, 6, seed=2)
    top = make("Accum", param, (2, 1, 5, 4), (2, 2, 3, 6))(a, b).detach().numpy()
    assert top.shape == (2, 3, *size)
    channels = [*a.detach().numpy()[1], *b.detach().numpy()[1]]
    for plane, source in zip(top[1], channels, strict=True):
        for i, j in np.ndindex(size):
            y = i * (source.shape[0] - 1) / (size[0] - 1)
            x = j * (source.shape[1] - 1) / (size[1] - 1)
            expected = sum(max(0, 1 - abs(y - row)) * max(0, 1 - abs(x - column)) * value
                           for (row, column), value in np.ndenumerate(source))
            np.testing.assert_allclose(plane[i, j], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("direction, displacements", [
    (0, (-2, 0, 2)), (1, (0, 2)), (-1, (-4, -2))])
def test_correlation_along_rows_goes_to_the_sides_that_are_wanted(direction, displacements):
    a, b = noise(2, 3, 6, 5), noise(2, 3, 6, 5, seed=2)
    param = f"pad: 3 kernel_size: 3 max_displacement: 2 stride_2: 2 single_direction: {direction}"
    top = make("Correlation1D", param, (2, 3, 6, 5), (2, 3, 6, 5))(a, b).detach().numpy()
    one, other = (np.pad(x.detach().numpy(), ((0, 0), (0, 0), (0, 0), (9, 9))) for x in (a, b))
    assert top.shape == (2, len(displacements), 4, 5)
    for n, k, y, x in np.ndindex(top.shape):
        left = x + 2 + 6        # a border of 2 in the padded row, which begins at 6 of the wide one
        patch = one[n, :, y:y + 3, left:left + 3]
        moved = left + displacements[k]
        expected = (patch * other[n, :, y:y + 3, moved:moved + 3]).mean()
        np.testing.assert_allclose(top[n, k, y, x], expected, rtol=1e-10, atol=1e-12)


def test_mean_scales_both_and_repeats_the_values_over_the_channels():
    x = noise(2, 4, 3, 5)
    layer = make("Mean", "operation: SUBTRACT value: 3 value: 5 input_scale: 2 mean_scale: 7 "
                 "output_scale: 0.5", (2, 4, 3, 5))
    mean = np.array([3, 5, 3, 5])[:, None, None]
    np.testing.assert_allclose(layer(x)[0].detach().numpy(),
                               0.5 * (2 * x.detach().numpy() - 7 * mean), rtol=1e-12)


def test_neg_relu_keeps_what_is_negative():
    top = make("NegReLU", "relu_param { negative_slope: 0.25 }", (3,))(
        torch.tensor([-2.0, 0.0, 4.0]))
    assert top.tolist() == [-2, 0, 1]


def test_lpq_loss_is_the_power_of_sums_of_powers_without_nan():
    x, target = noise(2, 3, 4, 5), noise(2, 3, 4, 5, seed=2).detach()
    target[1, 2, 3, 4] = math.nan
    param = "p: 1.5 q: 0.5 p_epsilon: 0.1 q_epsilon: 0.2 normalize_by_num_entries: true"
    loss = make("LpqLoss", param, (2, 3, 4, 5), (2, 3, 4, 5))(x, target)
    total = 0
    for n, i, j in np.ndindex(2, 4, 5):
        d = np.nan_to_num(x.detach().numpy()[n, :, i, j] - target.numpy()[n, :, i, j])
        total += math.sqrt((np.abs(d) + np.float32(0.1)) ** 1.5 @ np.ones(3) + np.float32(0.2))
    np.testing.assert_allclose(loss.item(), total / (119 / 3), rtol=1e-7)
    loss.backward()
    assert x.grad.isfinite().all() and x.grad[1, 2, 3, 4] == 0


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("Resample", "type: AREA height: 2 width: 2", 1, "is AREA; it must be NEAREST, LINEAR"),
    ("Resample", "factor: 0", 1, "resample_param.factor is 0; it must be above 0"),
    ("Resample", "factor: nan", 1, "resample_param.factor is nan"),
    ("Resample", "height: 2", 1, "resample_param.width is 0; it must be at least 1"),
    ("Downsample", "top_height: 1 top_width: 3", 1, "each must be at least 2"),
    ("Accum", "have_reference: true", 1, "with have_reference there must be two"),
    ("Correlation1D", "kernel_size: 1 single_direction: 2", 2, "it must be -1, 0 or 1"),
    ("Correlation1D", "kernel_size: 3 max_displacement: 3", 2, "take 3 x 9 cells; the padded map"),
    ("Mean", "value: 1", 1, "operation is missing; it must be ADD or SUBTRACT"),
    ("Mean", "operation: ADD", 1, "value is missing; it or file must be given"),
    ("Mean", "operation: ADD value: 1 value: 2", 1, "does not fit"),
    ("Mean", 'operation: ADD file: "missing.binaryproto"', 1, "cannot be read"),
    ("LpqLoss", "p: 1", 2, "p is given 1 times and q 0 times"),
])
def test_settings_that_do_not_fit_are_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *[(2, 3, 5, 4)] * shapes)


def test_a_window_of_nan_keeps_the_gradient_of_the_other_cells():
    x = noise(1, 1, 9, 9)
    x.data[..., :4, :4] = math.nan
    top = make("Downsample", "top_height: 3 top_width: 3", (1, 1, 9, 9))(x)
    assert top[0, 0, 0, 0].isnan() and not top[0, 0, 2, 2].isnan()
    top[0, 0, 2, 2].backward()
    # 1 - distance / 4 along both axes, of the cells 5 to 8: 0.25 to 1, whose sum is 2.5
    share = np.array([0] * 5 + [0.25, 0.5, 0.75, 1]) / 2.5
    np.testing.assert_allclose(x.grad[0, 0], share[:, None] * share, rtol=1e-12)


def test_a_target_of_nan_only_leaves_a_finite_loss():
    x, target = noise(2, 3, 4, 5), torch.full((2, 3, 4, 5), math.nan, dtype=torch.float64)
    loss = make("LpqLoss", "p: 1 q: 1 p_epsilon: 0.01 q_epsilon: 0.02 "
                "normalize_by_num_entries: true", (2, 3, 4, 5), (2, 3, 4, 5))(x, target)
    loss.backward()
    # 2 * 4 * 5 positions of 3 * 0.01 + 0.02, over 1 / 3
    np.testing.assert_allclose(loss.item(), 40 * 0.05 * 3, rtol=1e-6)
    assert not x.grad.any()
