"""WeightEuclideanLoss and EuclideanLossWithIgnore, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

COARSE = (18, 22, 23, 27, 37, 40, 43, 46, 28, 32, 36, 49, 55)


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def expected_weights(contour, main, coarse):
    points = [contour if point <= 17 else main for point in range(1, 69)]
    for point in COARSE:
        points[point - 1] = coarse or points[point - 1]
    return np.array(points * 2)


def size_of(points, by_eyes):
    x, y = points[:68], points[68:]
    if by_eyes:     # point 37's x with point 40's y, 43's with 46's, as in the original
        return np.hypot(x[36] - x[42], y[39] - y[45])
    return np.hypot(max(0, x.max()) - min(1, x.min()), max(0, y.max()) - min(1, y.min()))


@pytest.mark.parametrize("field, weights, size", [
    ("", (1, 1, 1), None),
    ("main_weight: 0.5 contour_weight: 3 coarse_weight: 2", (3, 0.5, 2), None),
    ("main_weight: 0.5 contour_weight: 3 coarse_weight: 0", (3, 0.5, 0), None),
    ("main_weight: 0 contour_weight: 0 coarse_weight: 2", (0, 0, 2), None),
    ("normalized: 1 contour_weight: 2", (2, 1, 1), True),
    ("normalized: 1 normalized_type: 1", (1, 1, 1), False),
    ("normalized: 2 normalized_type: 1", (1, 1, 1), None)])
@pytest.mark.parametrize("num_bottoms", [2, 3])
def test_points_weigh_what_they_mark(field, weights, size, num_bottoms):
    x, target = noise(3, 136), noise(3, 136, seed=2)
    more = noise(3, 136, seed=3, requires_grad=False)
    bottoms = (x, target, more)[:num_bottoms]
    loss = make("WeightEuclideanLoss", field, *[(3, 136)] * num_bottoms)(*bottoms)
    loss.backward()

    d, points, factor = arrays(x - target, target, more)
    slopes = d * expected_weights(*weights)
    if size is not None:
        slopes /= np.array([size_of(row, size) for row in points])[:, None]
    terms = slopes * d * (factor if num_bottoms == 3 else 1)
    np.testing.assert_allclose(loss.item(), terms.sum() / 6, rtol=1e-6)
    np.testing.assert_allclose(x.grad, slopes / 3, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(target.grad, -slopes / 3, rtol=1e-6, atol=1e-12)


def test_items_have_68_points():
    with pytest.raises(SpecError, match="its items must have 136 values, x and y of 68 points"):
        make("WeightEuclideanLoss", "", (3, 10), (3, 10))


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2, 1)])
@pytest.mark.parametrize("choice", [None, 0, 1])
def test_items_count_whose_mark_is_1(shape, choice):
    x, target = noise(shape), noise(4, 4, *shape[2:], seed=2)
    marks = target.data.reshape(4, -1)[:, x[0].numel()]
    marks.copy_(torch.tensor([1, 0, 1, 0.99]))
    field = "" if choice is None else f"is_normalized: true normalize_choice: {choice}"
    layer = make("EuclideanLossWithIgnore", f"euclideanloss_param {{ {field} }}", shape,
                 tuple(target.shape))

    a, b = (array.reshape(4, -1) for array in arrays(x, target))
    b = b[:, :a.shape[1]]
    total = 0.0
    for item in (0, 2):
        by = 1 if choice is None else ((a, b)[choice][item]**2).sum()
        total += ((a[item] - b[item])**2).sum() / by
    np.testing.assert_allclose(layer(x, target).item(), total / 2 / 2, rtol=1e-12)
    if choice is None:
        assert torch.autograd.gradcheck(lambda x: layer(x, target.detach()), (x,))
        layer(x, target).backward()
        np.testing.assert_allclose(x.grad.reshape(4, -1)[0], (a[0] - b[0]) / 2, rtol=1e-12)
        assert not x.grad[[1, 3]].any()


def test_no_item_counts_gives_0():
    x, target = noise(2, 3), torch.zeros(2, 4, dtype=torch.float64)
    loss = make("EuclideanLossWithIgnore", "euclideanloss_param { }", (2, 3), (2, 4))(x, target)
    loss.backward()
    assert loss.item() == 0 and not x.grad.any()


def test_a_target_without_the_mark_is_an_error():
    with pytest.raises(SpecError, match="must be that of .bottom0., .* with one channel"):
        make("EuclideanLossWithIgnore", "euclideanloss_param { }", (2, 3), (2, 3))
    with pytest.raises(SpecError, match="normalize_choice is 2; it must be 0 or 1"):
        make("EuclideanLossWithIgnore", "euclideanloss_param { normalize_choice: 2 }", (2, 3),
             (2, 4))


@pytest.mark.parametrize("turn_point", [0.5, 1, 2.5])
@pytest.mark.parametrize("num_bottoms", [2, 3])
def test_smoothl1_param_says_where_the_loss_turns(turn_point, num_bottoms):
    bottoms = [noise(4, 5, seed=seed) for seed in range(num_bottoms)]
    x, target, *inside = bottoms
    layer = make("SmoothL1Loss", f"smoothl1_param {{ turn_point: {turn_point} }}",
                 *[(4, 5)] * num_bottoms)
    loss = layer(*bottoms)
    loss.backward()

    factor, = arrays(*inside) or [np.ones((4, 5))]
    d = arrays(x - target)[0] * factor
    near = np.abs(d) < turn_point
    assert 0 < near.sum() < near.size or turn_point == 2.5
    terms = np.where(near, d**2 / 2, np.abs(d) - turn_point + turn_point**2 / 2)
    np.testing.assert_allclose(loss.item(), terms.sum() / 4, rtol=1e-12)
    np.testing.assert_allclose(x.grad, np.where(near, d, np.sign(d)) * factor / 4, rtol=1e-12)


def test_smoothl1_param_has_no_outside_weights():
    with pytest.raises(SpecError, match="smoothl1_param has a meaning with 2 or 3 bottoms"):
        make("SmoothL1Loss", "smoothl1_param { turn_point: 3 }", *[(4, 5)] * 4)
