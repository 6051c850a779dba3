"""WordSum against the sum in its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("size", [(2, 5, 4), (2, 5, 4, 1)])
def test_words_are_summed_by_weights(size):
    layer = make("WordSum", "num_output: 3", size)
    x = noise(*size)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    assert weight.shape == (3, 5) and bias.shape == (12,)
    rows = x.detach().numpy().reshape(2, 5, 4)
    expected = (weight[:, :, None] * rows[:, None]).sum(2) + bias.reshape(3, 4)
    y = layer(x)
    assert y.shape == (2, 3, *size[2:])
    np.testing.assert_allclose(y.detach().numpy().reshape(2, 3, 4), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_words_without_an_axis_of_numbers_are_refused():
    with pytest.raises(SpecError, match=r"has the shape \(2, 5, 4, 3\); it must be \(N, M, L\)"):
        make("WordSum", "num_output: 3", (2, 5, 4, 3))
