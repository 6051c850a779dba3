"""MALIS, Affinity and ConnectedComponent, against their definitions."""

import itertools

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, check_layer, make, noise


def best_links(links, shape, offsets):
    """For each pair of pixels the weakest link of the best way, by trying every threshold."""
    index = np.arange(np.prod(shape)).reshape(shape)
    edges = []
    for e, offset in enumerate(offsets):
        for place in np.ndindex(*shape):
            target = tuple(np.add(place, offset))
            if all(0 <= t < s for t, s in zip(target, shape, strict=True)):
                edges.append((links[(e, *place)], index[place], index[target]))
    found = {}
    for threshold in sorted({edge[0] for edge in edges}, reverse=True):
        part = np.arange(index.size)
        for strength, a, b in edges:
            if strength >= threshold:
                part[part == part[a]] = part[b]
        for a, b in itertools.combinations(range(index.size), 2):
            if part[a] == part[b]:
                found.setdefault((a, b), threshold)
    return found


def malis(predicted, truth, labels, offsets):
    shape, total = labels.shape[1:], 0.0
    for together, links in ((False, np.maximum(predicted, truth)),
                            (True, np.minimum(predicted, truth))):
        flat = labels[-1 if together else 0].ravel()
        best = best_links(links, shape, offsets)
        squares = [(float(together) - best[a, b]) ** 2
                   for a, b in itertools.combinations(range(flat.size), 2)
                   if flat[a] and flat[b] and (flat[a] == flat[b]) == together]
        total += 0.5 * np.mean(squares)
    return total


def example(edges, shape, channels=1):
    rng = np.random.default_rng(4)
    predicted, truth = rng.uniform(0.05, 0.95, (2, 2, edges, *shape))
    labels = rng.integers(0, 4, (2, channels, *shape)).astype(float)
    return predicted, truth, labels


@pytest.mark.parametrize("shape, channels", [((3, 5), 1), ((2, 3, 4), 1), ((3, 5), 2)])
def test_malis_weighs_the_link_that_decides_each_pair(shape, channels):
    edges = len(shape)
    predicted, truth, labels = example(edges, shape, channels)
    offsets = np.eye(len(shape), dtype=int)
    layer = make("MalisLoss", "", predicted.shape, truth.shape, labels.shape, tops=2)
    bottoms = [torch.from_numpy(part) for part in (predicted, truth, labels)]
    check_layer(layer, *bottoms, compile=False, export=False)
    expected = np.mean([malis(*parts, offsets) for parts in zip(predicted, truth, labels,
                                                                strict=True)])
    loss, again = layer(*bottoms)
    np.testing.assert_allclose(array(loss), expected, rtol=1e-12)
    np.testing.assert_array_equal(array(again), predicted)


def test_the_gradient_of_malis_is_half_the_slope_and_not_over_the_batch():
    predicted, truth, labels = example(2, (3, 5))
    layer = make("MalisLoss", "", predicted.shape, truth.shape, labels.shape)
    # where the prediction is the stronger and the weaker one alike, so that it alone counts
    truth = predicted.copy()
    bottoms = [torch.from_numpy(part) for part in (truth, labels)]
    x = torch.from_numpy(predicted).requires_grad_()
    layer(x, *bottoms)[0].backward()
    step, slopes = 1e-6, np.zeros_like(predicted)
    for place in np.ndindex(*predicted.shape):
        both = []
        for sign in (1, -1):
            moved = predicted.copy()
            moved[place] += sign * step
            both.append(sum(malis(a, a, c, np.eye(2, dtype=int))
                            for a, c in zip(moved, labels, strict=True)))
        slopes[place] = (both[0] - both[1]) / (2 * step)
    np.testing.assert_allclose(array(x.grad), slopes / 2, atol=1e-6)


def test_malis_takes_other_edges():
    predicted, truth, labels = example(4, (3, 5))
    steps = np.array([[0, 0, 1], [0, 1, 0], [0, 1, 1], [0, 2, -1]])
    layer = make("MalisLoss", "", predicted.shape, truth.shape, labels.shape, (1, 1, 4, 3))
    loss, = layer(*(torch.from_numpy(part) for part in (predicted, truth, labels)),
                  torch.from_numpy(steps.astype(float))[None, None])
    expected = np.mean([malis(*parts, steps[:, 1:]) for parts in zip(predicted, truth, labels,
                                                                     strict=True)])
    np.testing.assert_allclose(array(loss), expected, rtol=1e-12)


def test_malis_without_pairs_is_nothing():
    predicted, truth, labels = example(2, (3, 5))
    layer = make("MalisLoss", "", predicted.shape, truth.shape, labels.shape)
    x = torch.from_numpy(predicted).requires_grad_()
    loss, = layer(x, torch.from_numpy(truth), torch.zeros(labels.shape))
    loss.backward()
    assert loss == 0 and (x.grad == 0).all()


def test_affinity_is_the_smaller_of_two_neighbours():
    layer = make("Affinity", "affinity_param { offset: 1 offset: 0 }", (1, 2, 4, 5), (1, 2, 3, 3),
                 tops=2)
    x, y = noise(1, 2, 4, 5), noise(1, 2, 3, 3, seed=2)
    check_layer(layer, x, y)
    for bottom, top, channel in ((x, layer(x, y)[0], 1), (y, layer(x, y)[1], 0)):
        plane = array(bottom)[0, channel]
        expected = np.zeros((1, 2, *plane.shape))
        expected[0, 0, :-1, :-1] = np.minimum(plane, np.roll(plane, -1, 0))[:-1, :-1]
        expected[0, 1, :-1, :-1] = np.minimum(plane, np.roll(plane, -1, 1))[:-1, :-1]
        np.testing.assert_array_equal(array(top), expected)


def test_the_gradient_of_affinity_goes_to_both_classes_with_two_signs():
    layer = make("Affinity", "affinity_param { offset: 1 }", (1, 2, 2, 3))
    x = torch.tensor([[[[0.0] * 3] * 2, [[3, 1, 9], [2, 5, 9]]]], dtype=torch.float64,
                     requires_grad=True)
    weight = torch.tensor([[[[1.0, 2, 0], [0] * 3], [[10, 20, 0], [0] * 3]]])
    (layer(x)[0] * weight).sum().backward()
    # below: 2 of (3, 2), 1 of (1, 5); beside: 1 of (3, 1), 1 of (1, 9)
    expected = np.array([[0, 2 + 10 + 20, 0], [1, 0, 0]])
    np.testing.assert_array_equal(array(x.grad)[0], [-expected, expected])


def test_components_are_numbered_row_by_row_behind_the_labels():
    x = torch.tensor([[[[1, 1, 0, 2], [0, 1, 2, 2], [1, 0, 0, 1]]]], dtype=torch.float64)
    layer = make("ConnectedComponent", "", (1, 1, 3, 4))
    check_layer(layer, x, compile=False, export=False)
    np.testing.assert_array_equal(array(layer(x))[0, 0], [[3, 3, 0, 4], [0, 3, 4, 4], [5, 0, 0, 6]])


def flooded(plane):
    """The numbers of the parts of a plane, by flooding from each pixel, row by row."""
    numbers, found = np.zeros(plane.shape, int), max(plane.max(), 0)
    for start in np.ndindex(*plane.shape):
        if plane[start] <= 0 or numbers[start]:
            continue
        found += 1
        front = [start]
        while front:
            y, x = front.pop()
            if (0 <= y < plane.shape[0] and 0 <= x < plane.shape[1] and not numbers[y, x]
                    and plane[y, x] == plane[start]):
                numbers[y, x] = found
                front += [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
    return numbers


def test_components_of_each_plane_are_those_that_flooding_finds():
    size = (2, 3, 7, 9)
    x = np.random.default_rng(0).integers(-1, 4, size)
    x[1, 2] = -1
    x[0, 1] = 0
    found = array(make("ConnectedComponent", "", size)(torch.from_numpy(x).double()))
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(found[index], flooded(x[index]))


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("ConnectedComponent", "", [(3, 4, 5)], "has the shape .3, 4, 5.; it must be .N, C, H, W"),
    ("MalisLoss", "", [(1, 2, 3, 4), (1, 2, 3, 4), (1, 3, 3, 4)], "must be .* and .N, 1 or 2, Z"),
    ("MalisLoss", "", [(1, 4, 3, 4), (1, 4, 3, 4), (1, 1, 3, 4)], "has 4 edges; more than 3 need"),
    ("Affinity", "affinity_param { offset: 2 }", [(1, 2, 3, 4)], "offset is 2; the bottom has"),
])
def test_wrong_shapes_are_refused(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)


def test_the_third_bottom_of_euclidean_loss_weighs_the_differences():
    x, target = noise(2, 3, 4), noise(2, 3, 4, seed=2)
    weights = noise(2, 3, 4, seed=3, requires_grad=False)
    layer = make("EuclideanLoss", "", *[(2, 3, 4)] * 3)
    check_layer(layer, x, target, weights)
    loss = layer(x, target, weights)
    weighted = array(weights) * (array(x) - array(target))
    np.testing.assert_allclose(array(loss), (weighted ** 2).sum() / 2 / 24, rtol=1e-12)
    loss.backward()
    np.testing.assert_allclose(array(x.grad), weighted / 24, rtol=1e-12)
    np.testing.assert_allclose(array(target.grad), -weighted / 24, rtol=1e-12)
