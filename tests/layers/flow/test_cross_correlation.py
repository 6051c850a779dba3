"""CrossCorrelation against the sum of its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

PARAM = ("convolution_param { num_output: 2 kernel_h: 3 kernel_w: 2 stride: 2 pad_h: 1 pad_w: 0 "
         "group: 2 bias_filler { type: 'constant' value: 0.5 } }")
SEARCH, EXEMPLAR = (3, 4, 7, 6), (5, 2, 3, 2)


def test_the_filters_are_the_first_items_of_the_second_bottom():
    layer = make("CrossCorrelation", PARAM, SEARCH, EXEMPLAR)
    x, filters = noise(SEARCH), noise(EXEMPLAR, seed=2)
    assert [tuple(blob.shape) for blob in layer.blobs] == [(2, 2, 3, 2), (2,)]
    bias = array(layer.bias)
    padded = np.pad(array(x), ((0, 0), (0, 0), (1, 1), (0, 0)))
    expected = np.empty((3, 2, 4, 3))
    for n, m, i, j in np.ndindex(expected.shape):
        window = padded[n, 2 * m:2 * m + 2, 2 * i:2 * i + 3, 2 * j:2 * j + 2]
        expected[n, m, i, j] = (window * array(filters)[m]).sum() + bias[m]
    np.testing.assert_allclose(array(layer(x, filters)), expected, rtol=1e-10)
    assert torch.autograd.gradcheck(layer, (x, filters), fast_mode=True)


def test_a_window_too_large_by_less_than_a_stride_counts_as_of_convolution():
    param = "convolution_param { num_output: 1 kernel_size: 3 stride: 2 bias_term: false }"
    size, sizes = (2, 1, 5, 2), (1, 1, 3, 3)
    layer = make("CrossCorrelation", param, size, sizes)
    x, filters = noise(size), noise(sizes, seed=2)
    padded = np.pad(array(x), ((0, 0), (0, 0), (0, 0), (0, 1)))
    expected = [[[[(padded[n, 0, i:i + 3] * array(filters)[0, 0]).sum()] for i in (0, 2)]]
                for n in range(2)]
    np.testing.assert_allclose(array(layer(x, filters)), expected, rtol=1e-10)


def test_the_weight_that_files_have_is_not_read_and_not_learned():
    layer = make("CrossCorrelation", PARAM, SEARCH, EXEMPLAR)
    x, filters = noise(SEARCH), noise(EXEMPLAR, seed=2)
    before = layer(x, filters)
    layer.weight.fill_(7)
    torch.testing.assert_close(layer(x, filters), before)
    assert [name for name, _ in layer.named_parameters()] == ["bias"]


@pytest.mark.parametrize("filters", [(1, 2, 3, 2), (5, 4, 3, 2), (5, 2, 2, 3), (5, 12)])
def test_filters_of_other_sizes_are_refused(filters):
    with pytest.raises(SpecError, match=r"'bottom1' has the shape .*; as filters it must have at "
                                        r"least 2 items of \(2, 3, 2\)"):
        make("CrossCorrelation", PARAM, SEARCH, filters)
