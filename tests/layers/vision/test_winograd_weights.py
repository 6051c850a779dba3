"""Winograd: with weights that are those of a kernel it is the convolution by that kernel."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

PARAM = ("convolution_param {{ num_output: 4 kernel_size: {} pad_h: {} pad_w: {} group: {} "
         "weight_filler {{ type: 'gaussian' std: 1 }} }}")


def correlation(x, kernels, bias, pad, group):
    """The sum in its definition, one output after the other."""
    size = kernels.shape[2]
    wide = np.pad(x, ((0, 0), (0, 0), (pad[0],) * 2, (pad[1],) * 2))
    height, width = (n - size + 1 for n in wide.shape[2:])
    y = np.zeros((len(x), len(kernels), height, width))
    per, each = x.shape[1] // group, len(kernels) // group
    for out in range(len(kernels)):
        part = wide[:, out // each * per:(out // each + 1) * per]
        for row in range(height):
            for column in range(width):
                seen = part[:, :, row:row + size, column:column + size]
                y[:, out, row, column] = (seen * kernels[out]).sum((1, 2, 3)) + bias[out]
    return y


@pytest.mark.parametrize("size, pad, group", [(3, (1, 1), 1), (3, (0, 2), 2), (5, (2, 0), 1),
                                              (5, (1, 2), 2)])
def test_tiles_of_a_kernel_make_its_convolution(size, pad, group):
    shape = (2, 6, 7, 9)
    layer = make("Winograd", PARAM.format(size, *pad, group), shape)
    kernels, x = noise(4, 6 // group, size, size, seed=5).detach(), noise(shape)
    with torch.no_grad():
        g = torch.tensor(layer.g, dtype=torch.float64)
        layer.weight.copy_(torch.einsum("ya,ocab,xb->yxoc", g, kernels, g))
    assert layer.weight.shape == (size + 3, size + 3, 4, 6 // group)
    expected = correlation(x.detach().numpy(), kernels.numpy(), layer.bias.detach().numpy(), pad,
                           group)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-9, atol=1e-11)


def test_every_weight_of_a_tile_learns():
    layer = make("Winograd", PARAM.format(3, 1, 1, 1), (1, 2, 5, 4))
    x = noise(1, 2, 5, 4)
    assert torch.autograd.gradcheck(
        lambda x, weight: torch.func.functional_call(layer, {"weight": weight}, (x,)),
        (x, layer.weight))


def test_the_filler_makes_kernels():
    """Tiles of a kernel of ones: each is the product of two sums of rows of G."""
    layer = make("Winograd", PARAM.format(3, 1, 1, 1).replace("'gaussian' std: 1",
                                                              "'constant' value: 1"), (1, 2, 5, 4))
    layer.weight = torch.nn.Parameter(torch.empty(layer.weight.shape, device="meta"))
    layer.materialise(torch.Generator().manual_seed(0))
    sums = np.array([1 / 4, -1 / 2, -1 / 6, 7 / 24, 1 / 8, 1])
    expected = np.broadcast_to(np.outer(sums, sums)[:, :, None, None], (6, 6, 4, 2))
    np.testing.assert_allclose(layer.weight.detach().numpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("param, message", [
    ("num_output: 4 kernel_size: 7", r"kernel_size is \(7, 7\); it must be 3 or 5"),
    ("num_output: 4 kernel_h: 3 kernel_w: 5", r"kernel_size is \(3, 5\)"),
    ("num_output: 4 kernel_size: 3 stride: 2", "stride is .* both must be 1"),
    ("num_output: 4 kernel_size: 3 dilation: 2", "and dilation .* both must be 1")])
def test_other_windows_are_errors(param, message):
    with pytest.raises(SpecError, match=message):
        make("Winograd", f"convolution_param {{ {param} }}", (1, 2, 9, 8))
