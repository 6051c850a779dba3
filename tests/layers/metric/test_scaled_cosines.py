"""CosinL2Normalize and Identity2Verify against loops over their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def test_cosines_are_scaled_and_the_labels_have_a_margin():
    x, labels = noise(4, 5), torch.tensor([2.0, 0, 1, 2], dtype=torch.float64)
    layer = make("CosinL2Normalize", "cosin_loss_param { num_output: 3 scale: 30 margin: -0.25 }",
                 (4, 5), (4,))
    rows, weight = x.detach().numpy(), layer.blobs[0].detach().numpy()
    expected = np.empty((4, 3))
    for item, kind in np.ndindex(4, 3):
        cosine = sum(rows[item] * weight[kind]) / math.sqrt(
            sum(rows[item] ** 2) * sum(weight[kind] ** 2))
        expected[item, kind] = 30 * (cosine - 0.25 * (kind == int(labels[item])))
    np.testing.assert_allclose(layer(x, labels).detach(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda one: layer(one, labels), x)
    with pytest.raises(SpecError, match="num_output is 0"):
        make("CosinL2Normalize", "cosin_loss_param { scale: 30 }", (4, 5), (4,))


def test_items_that_follow_each_other_are_pairs():
    x, labels = noise(6, 3, 2), torch.tensor([4.0, 4, 1, 2, 7, 7.5], dtype=torch.float64)
    first, second, same = make("Identity2Verify", "", (6, 3, 2), (6,), tops=3)(x, labels)
    assert torch.equal(first, x[[0, 2, 4]]) and torch.equal(second, x[[1, 3, 5]])
    assert same.tolist() == [1, 0, 1]
    with pytest.raises(SpecError, match="there must be an even number"):
        make("Identity2Verify", "", (5, 3), (5,), tops=3)
