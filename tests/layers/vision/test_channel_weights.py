"""Axpy and BroadcastMul against sums and products of torch."""

import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1, 1)])
def test_axpy_weighs_channels_and_adds(shape):
    a, x, b = noise(shape), noise(2, 3, 4, 5, seed=2), noise(2, 3, 4, 5, seed=3)
    layer = make("Axpy", "", shape, (2, 3, 4, 5), (2, 3, 4, 5))

    torch.testing.assert_close(layer(a, x, b), a.reshape(2, 3, 1, 1) * x + b)
    check_layer(layer, a, x, b)


@pytest.mark.parametrize("order", [1, -1])
def test_broadcast_mul_weighs_the_larger_bottom(order):
    blobs = [noise(2, 3, 4, 5), noise(2, 3, seed=2)][::order]
    layer = make("BroadcastMul", "", *(tuple(blob.shape) for blob in blobs))
    x, a = blobs[::order]

    torch.testing.assert_close(layer(*blobs), x * a[:, :, None, None])
    check_layer(layer, *blobs)
    assert torch.autograd.gradcheck(layer, blobs)


@pytest.mark.parametrize("kind, param, sizes, message", [
    ("Axpy", "", [(2, 4), (2, 3, 4, 5), (2, 3, 4, 5)], "it must be"),
    ("BroadcastMul", "", [(2, 4), (2, 3, 4, 5)], "followed by axes of size 1"),
])
def test_wrong_parameters_are_named(kind, param, sizes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *sizes)
