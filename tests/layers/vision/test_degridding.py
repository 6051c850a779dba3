"""Degridding by the loops of its definition in plain Python."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


@pytest.mark.parametrize("kernel, stride, cutoff", [
    ((1, 1, 2), (1, 1, 1), (0, 0, 0)), ((2, 3, 3), (2, 2, 1), (1, 1, 0)),
    ((2, 1, 3), (3, 2, 2), (1, 0, 1)), ((3, 2, 2), (1, 4, 3), (0, 1, 0))])
def test_a_position_is_the_sum_of_the_windows_over_it_by_its_weight(kernel, stride, cutoff):
    text = " ".join(f"kernel_{a}: {k} stride_{a}: {s} cutoff_{a}: {c}" for a, k, s, c in zip(
        "chw", kernel, stride, cutoff, strict=True))
    size = (3, 4, 5)
    layer = make("Degridding", text, (2, *size))
    x = noise(2, *size)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    top = [(n - 1) * s + k - c for n, k, s, c in zip(size, kernel, stride, cutoff, strict=True)]
    expected = np.zeros((2, *top))
    index = np.zeros((*top, 3), int)
    for window in np.ndindex(*size):
        for cell in np.ndindex(*kernel):
            at = tuple(w * s + c for w, s, c in zip(window, stride, cell, strict=True))
            if all(a < t for a, t in zip(at, top, strict=True)):
                expected[(slice(None), *at)] += x.detach().numpy()[(slice(None), *window)]
                index[at] = [w * min(k, s) + c for w, k, s, c in zip(
                    window, kernel, stride, cell, strict=True)]
    assert weight.shape == tuple(index.reshape(-1, 3).max(0) + 1)
    expected = expected * weight[tuple(np.moveaxis(index, -1, 0))] + bias
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-11)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("text, message", [
    ('degridding: "shared_degridding"', "only 'incomplete_degridding' is supported"),
    ("kernel_w: 3 stride_w: 2 cutoff_w: 2", "cutoff_w is 2; it must be below the kernel and the")])
def test_other_weights_of_windows_and_a_window_cut_off_are_refused(text, message):
    with pytest.raises(SpecError, match=message):
        make("Degridding", text, (2, 4, 5, 7))
