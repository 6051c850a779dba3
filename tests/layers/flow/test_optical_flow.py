"""FlowNet's layers and the spatial transformer against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.slow_samples import between
from tests.support import make, noise


@pytest.mark.parametrize("param, pad, kernel, reach, first, second, absolute", [
    ("pad: 2 kernel_size: 3 max_displacement: 2 stride_2: 2", 2, 3, 2, 1, 2, False),
    ("pad: 3 kernel_size: 1 max_displacement: 3 stride_1: 2 stride_2: 2", 3, 1, 3, 2, 2, False),
    ("kernel_size: 1 max_displacement: 1 correlation_type: SUBTRACT", 0, 1, 1, 1, 1, True)])
def test_correlation_is_the_mean_over_patches_of_its_definition(param, pad, kernel, reach, first,
                                                                second, absolute):
    a, b = noise(2, 3, 7, 6), noise(2, 3, 7, 6, seed=2)
    top = make("Correlation", param, (2, 3, 7, 6), (2, 3, 7, 6))(a, b).detach().numpy()
    wide_a, wide_b = (np.pad(x.detach().numpy(), ((0, 0), (0, 0), (pad, pad), (pad, pad)))
                      for x in (a, b))
    border, radius = reach + kernel // 2, reach // second
    sizes = [-(-(size + 2 * pad - 2 * border) // first) for size in (7, 6)]
    assert top.shape == (2, (2 * radius + 1) ** 2, *sizes)
    for n, k, y, x in np.ndindex(top.shape):
        down, along = (np.array(divmod(k, 2 * radius + 1)) - radius) * second
        y1, x1 = y * first + reach, x * first + reach
        one = wide_a[n, :, y1:y1 + kernel, x1:x1 + kernel]
        other = wide_b[n, :, y1 + down:y1 + down + kernel, x1 + along:x1 + along + kernel]
        expected = np.abs(one - other).mean() if absolute else (one * other).mean()
        np.testing.assert_allclose(top[n, k, y, x], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("param, words", [
    ("kernel_size: 2 max_displacement: 1", "kernel_size is 2; it must be an odd number"),
    ("kernel_size: 3 max_displacement: 3", "take 8 cells; the padded map has 6"),
    ("kernel_size: 1 stride_2: 0", "stride_2 is 0; it must be at least 1")])
def test_correlation_refuses_what_does_not_fit(param, words):
    with pytest.raises(SpecError, match=words):
        make("Correlation", param, (2, 3, 7, 6), (2, 3, 7, 6))


@pytest.mark.parametrize("kind, param, outside, end", [
    ("FlowWarp", "", 0.0, 0), ("FlowWarp", "fill_value: NOT_A_NUMBER", np.nan, 0),
    ("Warp", "", 0.0, 1)])
def test_warping_reads_where_the_flow_leads(kind, param, outside, end):
    x = noise(2, 3, 5, 4)
    flow = (noise(2, 2, 5, 4, seed=2) * 1.5).detach().requires_grad_()
    layer = make(kind, param, (2, 3, 5, 4), (2, 2, 5, 4))
    expected = np.full((2, 3, 5, 4), outside)
    num_inside = 0
    for n, i, j in np.ndindex(2, 5, 4):
        across, down = flow.detach().numpy()[n, :, i, j] + (j, i)
        if 0 <= across < 4 - end and 0 <= down < 5 - end:
            num_inside += 1
            for c in range(3):
                expected[n, c, i, j] = between(x.detach().numpy()[n, c], down, across)
    assert 0 < num_inside < 40
    np.testing.assert_allclose(layer(x, flow).detach(), expected, rtol=1e-10)
    if not param:
        assert torch.autograd.gradcheck(layer, (x, flow))


def test_warp_reads_the_middle_of_the_last_cell_and_nothing_beyond_it():
    x = noise(1, 2, 3, 4).detach()
    flow = torch.zeros(1, 2, 3, 4, dtype=x.dtype)
    flow[0, 0, 0] = torch.tensor([3.0, 2.25, 0, -3])    # to columns 3, 3.25, 2 and 0
    warped = make("Warp", "", (1, 2, 3, 4), (1, 2, 3, 4))(x, flow)
    np.testing.assert_array_equal(warped[0, :, 0].T, torch.stack(
        [x[0, :, 0, 3], x.new_zeros(2), x[0, :, 0, 2], x[0, :, 0, 0]]))
    between_cells = make("FlowWarp", "", (1, 2, 3, 4), (1, 2, 3, 4))(x, flow)
    assert (between_cells[0, :, 0, 1] == x[0, :, 0, 3]).all()


def test_a_flow_that_is_not_a_number_leads_outside():
    flow = torch.zeros(2, 2, 5, 4)
    flow[1, 0, 2, 3] = torch.nan
    layer = make("FlowWarp", "", (2, 3, 5, 4), (2, 2, 5, 4))
    x = noise(2, 3, 5, 4).float()
    warped = layer(x, flow)
    assert (warped[1, :, 2, 3] == 0).all()
    torch.testing.assert_close(warped[0], x[0])


def test_channel_norm_is_the_length_over_channels_with_a_finite_slope():
    x = noise(2, 3, 5, 4)
    layer = make("ChannelNorm", "", (2, 3, 5, 4))
    expected = np.sqrt((x.detach().numpy() ** 2).sum(1, keepdims=True))
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)
    zero = torch.zeros(1, 2, 1, 1, dtype=torch.float64, requires_grad=True)
    make("ChannelNorm", "", (1, 2, 1, 1))(zero).sum().backward()
    np.testing.assert_array_equal(zero.grad, np.zeros((1, 2, 1, 1)))
