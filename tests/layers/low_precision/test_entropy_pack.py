"""Contexts of codes, against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (4, 3, 5, 6)


def contexts(codes, worth, kernel, channels):
    """By entropy_pack_layer.cpp: the codes before each code, in channels and raster order."""
    half = kernel // 2
    out = np.zeros((*codes.shape, channels, kernel, kernel))
    for n, c, i, j, t, u, v in np.ndindex(*out.shape):
        at = (c + t - channels + 1, i + u - half, j + v - half)
        is_later = t == channels - 1 and (u > half or (u == half and v >= half))
        if is_later or min(at) < 0 or at[1] >= codes.shape[2] or at[2] >= codes.shape[3]:
            continue
        if worth is None or (worth[n, c, i, j] >= 0.5 and worth[(n, *at)] > 0):
            out[n, c, i, j, t, u, v] = codes[(n, *at)] + 1
    return out.reshape(-1, channels, kernel, kernel)


@pytest.mark.parametrize("kernel, channels", [(3, 2), (4, 3), (1, 1), (5, 4)])
@pytest.mark.parametrize("weighed", [True, False])
def test_contexts_are_the_codes_before_each_one(kernel, channels, weighed):
    layer = make("EntropyPack", f"kernel: {kernel} channels: {channels} samples: 2", SHAPE,
                 *[SHAPE] * weighed, tops=2)
    layer.first.fill_(2)
    codes, worth = noise(SHAPE), noise(SHAPE, seed=2, requires_grad=False)
    bottoms = (codes, worth) if weighed else (codes,)
    before, targets = layer(*bottoms)
    half, importance = codes.detach().numpy()[2:], worth.numpy()[2:]
    np.testing.assert_allclose(before.detach(), contexts(
        half, importance if weighed else None, kernel, channels), rtol=1e-12)
    np.testing.assert_allclose(targets.flatten(), half.ravel() + (
        importance.ravel() if weighed else 1), rtol=1e-12)
    assert not targets.requires_grad


def test_each_forward_goes_on_with_the_next_items_and_begins_again():
    layer = make("EntropyPack", "kernel: 1 channels: 1 samples: 2", (6, 1, 1, 1), tops=2)
    layer.first.zero_()
    codes = torch.arange(6, dtype=torch.float64).reshape(6, 1, 1, 1)
    found = [layer(codes)[1].flatten().tolist() for _ in range(4)]
    assert found == [[1, 2], [3, 4], [5, 6], [1, 2]]
    assert layer.first.item() == 2 and not layer.first.requires_grad


def test_the_gradient_goes_to_the_codes_of_the_context():
    layer = make("EntropyPack", "kernel: 3 channels: 2 samples: 4", SHAPE, SHAPE, tops=2)
    layer.first.zero_()
    worth = noise(SHAPE, seed=2, requires_grad=False)
    assert torch.autograd.gradcheck(lambda x: layer(x, worth)[0], noise(SHAPE))


@pytest.mark.parametrize("fields, message", [
    ("samples: 3", "samples is 3; it must divide the 4 items of 'bottom0'"),
    ("kernel: 0", "kernel is 0; it must be at least 1"),
])
def test_fields_that_do_not_fit_are_named(fields, message):
    with pytest.raises(SpecError, match=message):
        make("EntropyPack", fields, SHAPE, tops=2)


def test_importance_of_another_shape_is_an_error():
    with pytest.raises(SpecError, match=r"must be \(N, C, H, W\), alike"):
        make("EntropyPack", "", SHAPE, (4, 1, 5, 6), tops=2)
