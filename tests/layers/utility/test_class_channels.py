"""MaskOutputs by its definition in numpy, and EuclideanWeightedLoss beside it."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise


def test_each_item_has_the_channels_of_its_class():
    x = noise(3, 7, 5, 4)
    layer = make("MaskOutputs", "kernel_size: 2", (3, 7, 5, 4), (3, 1))
    classes = torch.tensor([[2], [0], [1]], dtype=torch.float64)
    values = x.detach().numpy()
    expected = np.stack([values[0, 4:6], values[1, 0:2], values[2, 2:4]])
    np.testing.assert_array_equal(layer(x, classes).detach(), expected)
    assert torch.autograd.gradcheck(lambda one: layer(one, classes), x)


def test_a_class_beyond_the_channels_is_refused():
    layer = make("MaskOutputs", "kernel_size: 2", (2, 7), (2,))
    with pytest.raises(DataError, match="3"):
        layer(noise(2, 7), torch.tensor([3.0, 0]))


@pytest.mark.parametrize("size", [0, 8])
def test_a_class_has_from_one_to_all_channels(size):
    with pytest.raises(SpecError, match=f"kernel_size is {size}; it must be from 1 to 7"):
        make("MaskOutputs", f"mask_outputs_param {{ kernel_size: {size} }}", (2, 7), (2,))


def test_weighted_squares_weigh_labels_that_are_there():
    x, t = noise(4, 3, 2), noise(4, 3, 2, seed=7).detach()
    layer = make("EuclideanWeightedLoss", "euclidean_weight_param { lambda: 15 }", (4, 3, 2),
                 (4, 3, 2))
    loss = layer(x, t)
    loss.backward()
    values, labels = x.detach().numpy(), t.numpy()
    difference = values - labels
    expected = (np.square(difference).sum() + 15 * np.square(difference * labels).sum()) / 8
    np.testing.assert_allclose(loss.item(), expected, rtol=1e-12)
    np.testing.assert_allclose(x.grad, difference * (1 + 15 * labels) / 4, rtol=1e-10)
