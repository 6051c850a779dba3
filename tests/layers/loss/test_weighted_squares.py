"""Losses of facial action units, AlignDataTransform, and losses of points, by their definitions."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.community_examples.loss import POINTS, WEIGHED
from tests.community_examples.pose import CUT, PLACES
from tests.support import make, noise

ITEMS = (4, 6)


def arrays(*tensors):
    return [tensor.detach().numpy() for tensor in tensors]


@pytest.mark.parametrize("kind", ["EuclideanLoss2", "EuclideanLoss3", "EuclideanLoss4",
                                  "EuclideanLoss6"])
def test_losses_and_gradients_are_the_originals(kind):
    x, target = noise(ITEMS), noise(ITEMS, seed=2)
    target.data[1, 2] = target.data[3, 0] = 9
    scale, weights = torch.full((4, 1), 2.5), noise(ITEMS, seed=3).detach().abs()
    extra = {"2": (scale,), "3": (scale, weights), "4": (weights,), "6": (weights,)}[kind[-1]]
    loss = make(kind, "", *(tuple(bottom.shape) for bottom in (x, target, *extra)))(
        x, target, *extra)
    loss.backward()
    d, w = arrays(x - target, weights)
    if kind == "EuclideanLoss2":
        value, slope = (d**2).sum() / 4 / 2 / 2.5, d / 4 / 2.5
    elif kind == "EuclideanLoss3":
        value, slope = ((d * w)**2).sum() / 4 / 2 / 2.5, d * w / 4 / 2.5
    elif kind == "EuclideanLoss4":
        value, slope = ((d * w)**2).sum() / 4 / 2, d * w / 4
    else:
        known = target.detach().numpy() != 9
        value, slope = ((d * w)**2)[known].sum() / 22, 2 * d * w * known / 22
    np.testing.assert_allclose(loss.item(), value, rtol=1e-10)
    np.testing.assert_allclose(x.grad, slope, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(target.grad, -slope, rtol=1e-10, atol=1e-15)


def test_each_square_has_a_weight_of_its_own():
    x, target, weights = noise(ITEMS), noise(ITEMS, seed=2), noise(ITEMS, seed=3)
    layer = make("WeightedEuclideanLoss", "", ITEMS, ITEMS, ITEMS)
    a, b, w = arrays(x, target, weights)
    np.testing.assert_allclose(layer(x, target, weights).item(), (w * (a - b)**2).sum() / 8,
                               rtol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, target, weights))


def test_one_weight_for_all_channels_is_over_the_sum_of_weights():
    shape, places = (2, 3, 4, 5), (2, 1, 4, 5)
    x, target, weights = noise(shape), noise(shape, seed=2), noise(places, seed=3).detach().abs()
    layer = make("WeightedEuclideanLoss", "", shape, shape, places)
    a, b, w = arrays(x, target, weights)
    loss = layer(x, target, weights)
    np.testing.assert_allclose(loss.item(), (w * (a - b)**2).sum() / 2 / w.sum(), rtol=1e-12)
    assert torch.autograd.gradcheck(lambda values: layer(values, target, weights), (x,))
    loss.backward()
    assert target.grad is None
    small = layer(x, target, weights / 100)
    np.testing.assert_allclose(small.item(), (w / 100 * (a - b)**2).sum() / 2, rtol=1e-12)


def test_weights_of_another_shape_are_refused():
    with pytest.raises(SpecError, match=r"'bottom2' has the shape \(4, 1\)"):
        make("WeightedEuclideanLoss", "", ITEMS, ITEMS, (4, 1))


def test_the_cosine_loss_takes_items_as_they_are():
    a, b = noise(ITEMS), noise(ITEMS, seed=2)
    one, other = arrays(a, b)
    loss = make("CosineSimilarityLoss", "", ITEMS, ITEMS)(a, b)
    np.testing.assert_allclose(loss.item(), 1 - (one * other).sum() / 4, rtol=1e-10)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4), (2, 3, 1, 5), (2, 3, 4, 1)])
def test_a_total_variation_is_added_to_the_squares(shape):
    x, target = noise(shape), noise(shape, seed=2)
    layer = make("EuclideanLossWithTV", "lambda: 0.3", shape, shape)
    a, b = (array.reshape(-1, *shape[-2:]) for array in arrays(x, target))
    total = 0.0
    for plane in a:
        for i, row in enumerate(plane):
            for j, value in enumerate(row):
                total += abs(value - plane[i + 1, j]) if i + 1 < len(plane) else 0
                total += abs(value - row[j + 1]) if j + 1 < len(row) else 0
    expected = (((a - b) ** 2).sum() / 2 + np.float32(0.3) * total) / shape[0]
    np.testing.assert_allclose(layer(x, target).item(), expected, rtol=1e-7)
    assert torch.autograd.gradcheck(layer, (x, target))


def test_equal_neighbours_have_the_originals_slope():
    x = torch.zeros(1, 2, 2, dtype=torch.float64, requires_grad=True)
    layer = make("EuclideanLossWithTV", "lambda: 0.5", (1, 2, 2), (1, 2, 2))
    layer(x, torch.zeros(1, 2, 2, dtype=torch.float64)).backward()
    # -1 for the first row less the second, and for the second column less the first
    np.testing.assert_allclose(x.grad, [[[0, -1], [1, 0]]])


def test_a_total_variation_needs_rows_and_columns():
    with pytest.raises(SpecError, match=r"bottom\[0\] has the shape \(4,\); it must have rows"):
        make("EuclideanLossWithTV", "", (4,), (4,))


def test_landmarks_move_with_the_crop_and_change_places_in_a_mirror():
    points = noise(2, 10)
    layer = make("AlignDataTransform", "", (2, 10), (2, 4), (1, 5))
    places = torch.tensor([[3.0, 1, 2, 5, 4]], dtype=torch.float64)
    top = layer(points, CUT, places)
    (x,) = arrays(points)
    for n in range(2):
        mirrored, width, first_row, first_column = CUT[n].tolist()
        pairs = [(a - first_column, b - first_row) for a, b in x[n].reshape(5, 2)]
        if mirrored:
            pairs = [(width - 1 - a, b) for a, b in pairs]
            pairs = [pairs[int(place) - 1] for place in places[0]]
        np.testing.assert_allclose(top[n].detach().numpy(), np.ravel(pairs), rtol=1e-12)
    slopes = noise(2, 10, seed=4).detach()
    top.backward(slopes)
    (given,) = arrays(slopes)
    turned = given[0].reshape(5, 2) * (-1, 1)
    expected = [turned[int(place) - 1] for place in places[0]]      # not back: as the original
    np.testing.assert_allclose(points.grad[0], np.ravel(expected), rtol=1e-12)
    np.testing.assert_allclose(points.grad[1], given[1], rtol=1e-12)


def test_a_place_beyond_the_landmarks_is_named():
    layer = make("AlignDataTransform", "", (2, 10), (2, 4), (1, 5))
    with pytest.raises(DataError, match="has the value 6 at item .*; it must be from 1 to 5"):
        layer(noise(2, 10), CUT, PLACES + 1)


def slow_point_loss(scores, planes, classes, skips, ranked, divides):
    """The terms of the original's CUDA kernel, pixel by pixel; classes: those of the image."""
    power = np.exp(scores[0] - scores[0].max(0))
    share = (power / power.sum(0)).reshape(len(power), -1)
    labels, objectness, _, *ranks = planes[0].reshape(len(planes[0]), -1)
    num = len(share)
    highest = share.max(1)
    total = 0.0
    if "classes" not in skips:
        total -= sum(np.log(highest[c]) for c in classes) / len(classes)
    if "constraint" not in skips:
        total -= sum(np.log(1 - highest[c]) for c in set(range(num)) - set(classes)) / (
            num - len(classes))
    weights = ranks[0] / 255 if ranked else np.ones(len(labels))
    known = labels != 255
    if "location" not in skips:
        total -= sum(weights[s] * np.log(share[int(labels[s]), s])
                     for s in np.flatnonzero(known)) / weights[known].sum()
    free = (~known).sum() if "location" not in skips else len(labels)
    if "objectness" not in skips:
        prior = 1 - (objectness + 1) / 257
        each = -prior * np.log(share[0]) - (1 - prior) * np.log(1 - share[0])
        total += each[~known].sum() / (free if divides else 1)
    return total


@pytest.mark.parametrize("skips, ranked, divides", [
    ((), False, True), (("classes", "objectness"), True, True), (("location",), False, True),
    (("constraint",), True, False)])
def test_the_loss_of_points_has_the_terms_of_the_original(skips, ranked, divides):
    planes = WEIGHED if ranked else POINTS
    scores = noise(1, 4, 5, 6)
    fields = " ".join(f"ignore_{name}: true" for name in skips)
    fields += f" ignore_rank: {str(not ranked).lower()}"
    fields += f" normalize_objectness: {str(divides).lower()}"
    loss, share = make("SoftmaxWithLossExpectation", f"loss_param {{ ignore_label: 255 {fields} }}",
                       (1, 4, 5, 6), tuple(planes.shape), tops=2)(scores, planes)
    expected = slow_point_loss(scores.detach().numpy(), planes.numpy(), (3, 1, 0), skips, ranked,
                               divides)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-9)
    np.testing.assert_allclose(share.sum(1).numpy(), 1, rtol=1e-12)


def test_sure_predictions_leave_the_loss_of_points_and_its_gradient_finite():
    scores = noise(1, 4, 5, 6)
    scores.data[0, 0] += 800        # the softmax is 1 for class 0 and 0 for the others
    scores.data[0, 2, 4, 5] += 1600
    loss = make("SoftmaxWithLossExpectation", "loss_param { ignore_label: 255 }", (1, 4, 5, 6),
                (1, 3, 5, 6))(scores, POINTS)
    loss.backward()
    assert loss.isfinite() and scores.grad.isfinite().all()


def test_sift_flow_counts_labels_and_classes_from_one():
    planes = POINTS.clone()
    planes[0, 0] = torch.where(planes[0, 0] == 255, 255.0, planes[0, 0] + 1)
    planes[0, 0][planes[0, 0] == 5] = 4
    scores = noise(1, 4, 5, 6)
    loss = make("SoftmaxWithLossExpectation", "loss_param { ignore_label: 255 is_siftflow: true }",
                (1, 4, 5, 6), (1, 3, 5, 6))(scores, planes)
    lower = planes.numpy().copy()
    lower[0, 0] = np.where(lower[0, 0] == 255, 255, lower[0, 0] - 1)
    expected = slow_point_loss(scores.detach().numpy(), lower, (2, 0), (), False, True)
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-9)


def test_points_that_do_not_fit_are_refused():
    with pytest.raises(SpecError, match=r"they must be \(1, C, H, W\) and \(1, 4, H, W\)"):
        make("SoftmaxWithLossExpectation", "loss_param { ignore_rank: false }", (1, 4, 5, 6),
             (1, 3, 5, 6))
    layer = make("SoftmaxWithLossExpectation", "", (1, 4, 5, 6), (1, 3, 5, 6))
    planes = POINTS.clone()
    planes[0, 2, 0, 0] = 4
    with pytest.raises(DataError, match="it must be from 0 to 3, as these are the classes"):
        layer(noise(1, 4, 5, 6), planes)
