"""SaliencyPooling against loops over its definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise


def test_saliency_pooling_leaves_out_windows_without_saliency():
    layer = make("SaliencyPooling", "kernel_size: 3 stride: 2", (2, 3, 6, 4), (2, 3, 6, 4))
    x = noise(2, 3, 6, 4)
    saliency = torch.zeros(2, 3, 6, 4, dtype=torch.float64)
    saliency[:, :, 0, 0] = 1
    saliency[1, 2, 5, 3] = 0.5
    expected, slope = np.zeros((2, 3, 3, 2)), np.zeros((2, 3, 6, 4))
    for n, c, i, j in np.ndindex(expected.shape):
        at = (n, c, slice(2 * i, 2 * i + 3), slice(2 * j, 2 * j + 3))
        slope[at] += 1 / array(x)[at].size
        if array(saliency)[at].sum() != 0:
            expected[n, c, i, j] = array(x)[at].mean()
    top = layer(x, saliency)
    np.testing.assert_allclose(array(top), expected, rtol=1e-10)
    (found,) = torch.autograd.grad(top.sum(), x)
    np.testing.assert_allclose(array(found), slope, rtol=1e-10)


@pytest.mark.parametrize("param, shapes, match", [
    ("kernel_size: 3 stride: 4", [(2, 3, 6, 5)] * 2, "stride is 4; it must be from 1 to"),
    ("", [(2, 3, 6, 5)] * 2, "kernel_size is 0; it must be from 1 to 5"),
    ("kernel_size: 3", [(2, 3, 6, 5), (2, 1, 6, 5)], "both must be")])
def test_saliency_pooling_refuses_what_does_not_fit(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("SaliencyPooling", param, *shapes)
