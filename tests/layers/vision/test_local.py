"""Local against loops over its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

SIZE = (2, 3, 5, 4)


def test_local_has_filters_of_its_own_at_each_position():
    layer = make("Local", "num_output: 2 kernel_size: 3 pad: 1 stride: 2", SIZE)
    x = noise(SIZE)
    weight, bias = map(array, layer.blobs)
    assert weight.shape == (2, 1, 27, 6) and bias.shape == (1, 1, 2, 6)
    padded = np.pad(array(x), ((0, 0), (0, 0), (1, 1), (1, 1)))
    expected = np.empty((2, 2, 3, 2))
    for n, m, i, j in np.ndindex(expected.shape):
        window = padded[n, :, 2 * i:2 * i + 3, 2 * j:2 * j + 3].ravel()
        at = 2 * i + j
        expected[n, m, i, j] = (window * weight[m, 0, :, at]).sum() + bias[0, 0, m, at]
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)
    with pytest.raises(SpecError, match="has now the shape .* the weights are for 5 x 4"):
        layer(noise(2, 3, 6, 4))
