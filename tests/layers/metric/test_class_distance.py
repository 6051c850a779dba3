"""ClassDistance, CenterCosLoss and SoftmaxPair against their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (4, 5)
LABELS = torch.tensor([2, 0, 2, 1], dtype=torch.float64)


def distance(fields="", *, labels=True, phase="TRAIN"):
    shapes = (SHAPE, (4,)) if labels else (SHAPE,)
    layer = make("ClassDistance", f"class_distance_param {{ num_output: 3 {fields} }}", *shapes,
                 phase=phase)
    with torch.no_grad():
        layer.sigma.abs_()
    return layer


def numpy_of(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def test_isotropic_likelihoods_are_negative_squares_over_variances():
    layer, x = distance("margin_mul { value: 0.3 }"), noise(SHAPE)
    means, sigma, rows = numpy_of(layer.means, layer.sigma, x)
    expected = np.empty((4, 3))
    for i in range(4):
        for j in range(3):
            expected[i, j] = -0.5 * ((rows[i] - means[j]) ** 2).sum() / (sigma[j] + 1e-4)
            if j == int(LABELS[i]):
                expected[i, j] *= 1.3
    np.testing.assert_allclose(layer(x, LABELS).detach().numpy(), expected, rtol=1e-7)


@pytest.mark.parametrize("metric", ["L2", "L1", "IP"])
def test_other_distances_have_no_variance_of_the_class(metric):
    layer = distance(f"metric: {metric} isotropic: false", phase="TEST")
    x = noise(SHAPE)
    means, sigma, rows = numpy_of(layer.means, layer.sigma, x)
    steps = rows[:, None] - means
    expected = {"L2": -0.5 * (steps ** 2 / sigma).sum(2), "L1": -np.abs(steps).sum(2),
                "IP": rows @ means.T}[metric]
    np.testing.assert_allclose(layer(x, LABELS).detach().numpy(), expected, rtol=1e-7)


def test_gradients_are_the_derivative_with_the_margin_and_the_step_to_the_mean():
    layer, x = distance("margin_mul { value: 0.25 } center_coef: 0.75 update_sigma: true"), \
        noise(SHAPE)
    weights = noise(4, 3, seed=9, requires_grad=False)
    (layer(x, LABELS) * weights).sum().backward()
    means, sigma, rows = (tensor.detach().clone().requires_grad_()
                          for tensor in (layer.means, layer.sigma, x))
    own = torch.nn.functional.one_hot(LABELS.long(), 3)
    plain = -(rows[:, None] - means).square().sum(2) / (2 * (sigma + 1e-4)) * (1 + 0.25 * own)
    (plain * weights).sum().backward()
    step = 0.75 / 4 * (rows - means[LABELS.long()]).detach()
    torch.testing.assert_close(x.grad, rows.grad + step, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(layer.sigma.grad, sigma.grad, rtol=1e-6, atol=1e-9)
    pulled = torch.zeros_like(means).index_add(0, LABELS.long(), -step)
    torch.testing.assert_close(layer.means.grad, means.grad + pulled, rtol=1e-6, atol=1e-9)


def test_without_labels_the_gradient_is_that_of_variance_one():
    layer, x = distance(labels=False), noise(SHAPE)
    weights = noise(4, 3, seed=9, requires_grad=False)
    (layer(x) * weights).sum().backward()
    means, rows = numpy_of(layer.means, x)
    expected = ((means - rows[:, None]) * weights.numpy()[..., None]).sum(1)
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-9)


def test_zeros_do_not_count_with_ignore_zero():
    layer = distance("ignore_zero: true")
    x = noise(SHAPE, requires_grad=False)
    x[1, 2:4] = 0
    means, sigma, rows = numpy_of(layer.means, layer.sigma, x)
    steps = np.where(rows[:, None] != 0, rows[:, None] - means, 0)
    expected = -0.5 * (steps ** 2).sum(2) / (sigma + 1e-4)
    np.testing.assert_allclose(layer(x, LABELS).detach().numpy(), expected, rtol=1e-7)


@pytest.mark.parametrize("policy, factors", [
    ("STEPUP", [0.1, 0.1, 0.2, 0.2, 0.3]), ("ADDUP", [0.1, 0.1, 0.3, 0.3, 0.3]),
    ("CONSTANT", [0.1] * 5)])
def test_a_margin_changes_at_each_step_up_to_its_largest(policy, factors):
    layer = distance(f"metric: IP margin_mul {{ policy: {policy} value: 0.1 gamma: 2 step: 2 max: "
                     "0.3 }")
    x = noise(SHAPE, requires_grad=False)
    plain = (x @ layer.means.mT).detach()
    found = [float(layer(x, LABELS).detach()[0, 2] / plain[0, 2]) - 1 for _ in factors]
    np.testing.assert_allclose(found, factors, rtol=1e-6)
    layer = distance(f"metric: IP margin_mul {{ value: 0.5 }} margin_add {{ policy: {policy} "
                     "value: 0.1 gamma: 2 step: 2 max: 0.3 }")
    tops = [layer(x, LABELS).detach() for _ in factors]
    for top, factor in zip(tops, factors, strict=True):
        taken = plain[0, 2] * 1.5 - top[0, 2]
        np.testing.assert_allclose(taken, factor, rtol=1e-6)
        np.testing.assert_array_equal(top[0, :2], plain[0, :2])


def test_centres_by_angle_have_the_gradients_of_the_original():
    layer, x = make("CenterCosLoss", "num_output: 3", SHAPE, (4,)), noise(SHAPE)
    loss = layer(x, LABELS)
    rows, centers = (tensor.detach().clone().requires_grad_() for tensor in (x, layer.centers))
    plain = -torch.cosine_similarity(rows, centers[LABELS.long()]).sum()
    torch.testing.assert_close(loss, plain)
    (3 * loss).backward()
    plain.backward()
    torch.testing.assert_close(x.grad, 3 * rows.grad / 4)
    counts = torch.tensor([2.0, 2, 3], dtype=torch.float64)     # items of each class, and one
    torch.testing.assert_close(layer.centers.grad, centers.grad / counts[:, None])


def test_an_item_of_zeros_has_no_angle_and_no_gradient():
    layer, x = make("CenterCosLoss", "num_output: 3", SHAPE, (4,)), noise(SHAPE).detach()
    x[1] = 0
    loss = layer(x.requires_grad_(), LABELS)
    loss.backward()
    others = [0, 2, 3]
    expected = -torch.cosine_similarity(x[others], layer.centers[LABELS.long()[others]]).sum()
    torch.testing.assert_close(loss, expected)
    assert not x.grad[1].any() and x.grad[others].all()
    assert layer.centers.grad.isfinite().all() and not layer.centers.grad[0].any()


def test_pairs_of_scores_have_a_softmax_of_their_own():
    x = noise(3, 2, 1, 3)
    pairs = x.detach().numpy().reshape(3, 3, 2)
    expected = np.exp(pairs) / np.exp(pairs).sum(2, keepdims=True)
    np.testing.assert_allclose(make("SoftmaxPair", "", (3, 2, 1, 3))(x).detach().numpy(),
                               expected.reshape(3, 2, 1, 3), rtol=1e-12)
    layer, labels = make("SoftmaxPairWithLoss", "", (3, 6), (3,), tops=2), torch.tensor([5.0, 0, 3])
    loss, shares = layer(x.reshape(3, 6), labels)
    flat = expected.reshape(3, 6)
    np.testing.assert_allclose(loss.item(), -np.log(flat[[0, 1, 2], [5, 0, 3]]).mean())
    np.testing.assert_allclose(shares.numpy(), flat, rtol=1e-12)
    loss.backward()
    slopes = flat.copy()
    for item, label in enumerate((5, 0, 3)):
        slopes[item, label] -= 1
        slopes[item, [index for index in range(6) if index // 2 != label // 2]] = 0
    np.testing.assert_allclose(x.grad.reshape(3, 6), slopes / 3, atol=1e-12)


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("ClassDistance", "", (SHAPE,), "num_output is 0"),
    ("ClassDistance", "class_distance_param { num_output: 3 margin_mul { step: 0 } }", (SHAPE,),
     "margin_mul.step is 0; it must be"),
    ("ClassDistance", "class_distance_param { num_output: 3 margin_add { step: -1 } }", (SHAPE,),
     "margin_add.step is -1; it must be"),
    ("ClassDistance", "num_output: 3 ignore_zero: true isotropic: false", (SHAPE,),
     "ignore_zero is for isotropic distances"),
    ("CenterCosLoss", "num_output: 3", (SHAPE, (3,)), "there must be 4 labels"),
    ("CenterCosLoss", "", (SHAPE, (4,)), "num_output is 0"),
    ("SoftmaxPair", "", ((3, 5),), "an even number of scores"),
])
def test_what_cannot_be_is_refused(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)
