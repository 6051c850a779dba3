"""Classes and the classes above them, worked by hand for one tree of three levels."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

TREE = """super_category_param { root {
    children { children { children { label: 4 } children { label: 0 } } children { label: 2 } }
    children { label: 3 }
    children { children { label: 5 } children { children { label: 1 } } } } }"""
# nodes 0 1 2 in the first level; the second is 0: 4 0, 1: 2, 2: 3, 3: 5, 4: 1
SECOND = [[4, 0], [2], [3], [5], [1]]
FIRST = [[0, 1], [2], [3, 4]]
PARENTS = [0, 4, 1, 2, 0, 3], [0, 0, 1, 2, 2]


def above(x, how):
    """Values (N, 6, ...) of the leaves, and those of the two levels above by `how`."""
    second = np.stack([how(x[:, own], axis=1) for own in SECOND], 1)
    return [np.stack([how(second[:, own], axis=1) for own in FIRST], 1), second, x]


def compare(layer, x, expected):
    for top, wanted in zip(layer(x), expected, strict=True):
        np.testing.assert_allclose(top.detach(), wanted, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_a_class_has_the_largest_score_of_those_below_it():
    x = noise(5, 6)
    compare(make("SuperCategory", TREE, (5, 6), tops=3), x, above(x.detach().numpy(), np.max))


@pytest.mark.parametrize("name, how", [("AVG", np.mean), ("MIN", np.min)])
def test_maps_of_a_class_are_the_mean_or_least_of_those_below_it(name, how):
    x = noise(2, 6, 3, 4)
    layer = make("SuperCategoryFM", f"{TREE} eltwise_param {{ operation: {name} }}", (2, 6, 3, 4),
                 tops=3)
    compare(layer, x, above(x.detach().numpy(), how))


def test_scores_are_added_from_the_root_down():
    bottoms = [noise(5, size, seed=seed) for seed, size in enumerate((3, 3, 5, 5, 6, 6))]
    layer = make("SuperCategoryInverse", TREE, *[tuple(x.shape) for x in bottoms], tops=3)
    first, second, third = (x.detach().numpy() for x in bottoms[::2])
    second = second + first[:, PARENTS[1]]
    for top, wanted in zip(layer(*bottoms), (first, second, third + second[:, PARENTS[0]]),
                           strict=True):
        np.testing.assert_allclose(top.detach(), wanted, rtol=1e-12)
    assert torch.autograd.gradcheck(
        lambda a, b, c: layer(a, bottoms[1], b, bottoms[3], c, bottoms[5]), bottoms[::2])


def test_labels_have_the_labels_above_them():
    layer = make("SuperCategoryLabel", TREE, (6,), tops=3)
    labels = torch.arange(6, dtype=torch.float64)
    first, second, third = layer(labels)
    assert second.tolist() == PARENTS[0] and torch.equal(third, labels)
    assert first.tolist() == [PARENTS[1][one] for one in PARENTS[0]]
    with pytest.raises(DataError, match="must be from 0 to 5"):
        layer(labels + 1)


@pytest.mark.parametrize("tree, tops, message", [
    (TREE, 2, "top is given 2 times; the tree has 3 levels"),
    (TREE.replace("label: 5", "label: 3"), 3, r"has leaves of the labels \[0, 1, 2, 3, 3, 4\]"),
    ("super_category_param { root { label: 0 } }", 1, "has no children"),
    (TREE.replace("label: 5", "label: 6").replace("{ label: 3 }", "{ label: 5 }"), 3, "0 to 5")])
def test_trees_that_do_not_fit_are_errors(tree, tops, message):
    with pytest.raises(SpecError, match=message):
        make("SuperCategory", tree, (5, 6), tops=tops)


def test_an_operation_of_another_layer_is_an_error():
    with pytest.raises(SpecError, match="operation is SUM; it must be one of AVG, MIN"):
        make("SuperCategoryFM", TREE, (2, 6, 3, 4), tops=3)
    with pytest.raises(SpecError, match="operation is MIN; it must be one of PROD, SUM, MAX"):
        make("Eltwise", "operation: MIN", (2, 3), (2, 3))
