"""Layers of an FPGA, with the images on the last axis, against their definition."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.low_precision.image_last import short_float
from tests.support import make, net_from, noise

SIZE = (5, 4, 3, 2)         # height, width, channels, images


def test_hwcn_moves_each_number_to_its_place_and_back():
    x = noise(2, 3, 5, 4)
    there, back = make("HWCN", "", x.shape), make("HWCN", "convert_to: false", SIZE)
    y = there(x)
    assert y.shape == SIZE
    for n, c, h, w in np.ndindex(2, 3, 5, 4):
        assert y[h, w, c, n] == x[n, c, h, w]
    assert torch.equal(back(y), x)
    assert torch.equal(make("HWCN", "", (2, 3))(x[:, :, 0, 0]), x[:, :, 0, 0].t())
    assert torch.autograd.gradcheck(there, x)
    with pytest.raises(SpecError, match="HWCN takes 2 or 4 axes"):
        make("HWCN", "", (2, 3, 5))


def of_twelve_bits(x):
    """The nearest of the FPGA's numbers: 1 and 5 bits after it, times 2^-30 to 2^31."""
    if math.isnan(x) or abs(x) >= 2.0 ** 32:
        return math.copysign(2.0 ** 31 * 63 / 32, x)
    if abs(x) < 2.0 ** -30:
        return 0.0
    exponent = math.floor(math.log2(abs(x)))
    step = 2.0 ** (exponent - 5)
    return math.copysign(min(round(abs(x) / step) * step, 2.0 ** 31 * 63 / 32), x)


def test_cpfp_rounds_to_six_bits_and_to_even_ones_in_the_middle():
    values = [1.0, -1.0, 1 + 1 / 64, 1 + 3 / 64, -(1 + 5 / 64), 1.99, 0.1, -3.14159, 12345.678,
              2.0 ** -30, 2.0 ** -30 * 1.01, 2.0 ** -30 * 0.999, -(2.0 ** -31), 0.0,
              2.0 ** 31 * 63 / 32, 2.0 ** 31 * 1.995, 2.0 ** 32, 1e30, -math.inf, math.inf]
    x = torch.tensor(values)
    assert short_float(x).tolist() == [of_twelve_bits(value) for value in values]
    assert short_float(torch.tensor([math.nan])).abs().item() == 2.0 ** 31 * 63 / 32
    many = noise(1000, dtype=torch.float32, requires_grad=False) * 100
    assert short_float(many).tolist() == [of_twelve_bits(value) for value in many.tolist()]


def test_cpfp_rounds_there_and_its_gradient_on_the_way_back():
    x, seed = noise(2, 3), noise(2, 3, seed=2, requires_grad=False)
    there, back = make("CPFPConversion", "", (2, 3)), make("CPFPConversion", "convert_to: false",
                                                           (2, 3))
    assert torch.equal(there(x), short_float(x)) and torch.equal(back(x), x)
    assert torch.equal(torch.autograd.grad(there(x), x, seed)[0], seed)
    assert torch.equal(torch.autograd.grad(back(x), x, seed)[0], short_float(seed))


def test_the_convolution_of_the_fpga_is_the_sum_in_its_definition():
    layer = make("OCLCRHWCN", "convolution_param { num_output: 6 kernel_size: 3 pad: 1 stride: 2 "
                 "group: 3 } cr_param { relu: 1 num_cu: 16 }", SIZE)
    x = noise(SIZE)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    padded = np.pad(x.detach().numpy(), ((1, 1), (1, 1), (0, 0), (0, 0)))
    expected = np.empty((3, 2, 6, 2))
    for row, column, output, image in np.ndindex(3, 2, 6, 2):
        cut = padded[2 * row:2 * row + 3, 2 * column:2 * column + 3, output // 2, image]
        expected[row, column, output, image] = (cut * weight[output, 0]).sum() + bias[output]
    np.testing.assert_allclose(layer(x).detach(), expected.clip(0), rtol=1e-12)
    assert (expected < 0).any() and torch.autograd.gradcheck(layer, x)
    with pytest.raises(SpecError, match=r"stride is \(1, 2\); OCLCRHWCN takes the same"):
        make("OCLCRHWCN", "convolution_param { num_output: 6 kernel_size: 3 stride_h: 1 stride_w: "
             "2 }", SIZE)


@pytest.mark.parametrize("side, top", [(6, 3), (7, 3), (5, 2)])
def test_pooling_of_the_fpga_has_windows_of_stride_two_that_reach_past_the_end(side, top):
    layer = make("OCLPoolingHWCN", "kernel_size: 3 stride: 2", (side, side, 3, 2))
    x = noise(side, side, 3, 2)
    expected = np.empty((top, top, 3, 2))
    for row, column in np.ndindex(top, top):
        cut = x.detach().numpy()[2 * row:2 * row + 3, 2 * column:2 * column + 3]
        expected[row, column] = cut.max((0, 1))
    np.testing.assert_array_equal(layer(x).detach(), expected)
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("param, shape, message", [
    ("pool: AVE kernel_size: 3 stride: 2", (6, 6, 3, 2), "the FPGA has only MAX"),
    ("kernel_size: 4 stride: 2", (6, 6, 3, 2), "the FPGA takes 2 or 3 on both axes"),
    ("kernel_size: 2", (6, 6, 3, 2), r"stride is \(1, 1\); the FPGA takes 2"),
    ("kernel_size: 2 stride: 2", (6, 4, 3, 2), "the FPGA pools square planes")])
def test_pooling_refuses_what_the_fpga_does_not_compute(param, shape, message):
    with pytest.raises(SpecError, match=message):
        make("OCLPoolingHWCN", param, shape)


@pytest.mark.parametrize("shape", [SIZE, (7, 2)])
def test_the_inner_product_of_the_fpga_reads_an_image_row_by_row(shape):
    layer = make("OCLHWCNInnerProduct", "inner_product_param { num_output: 6 } cr_param { relu: 1 "
                 "}", shape)
    x = noise(shape)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    numbers = x.detach().numpy().reshape(-1, 2)
    expected = (weight[:, :, None] * numbers).sum(1) + bias[:, None]
    np.testing.assert_allclose(layer(x).detach(), expected.clip(0), rtol=1e-12)
    assert (expected < 0).any() and torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("param, size", [
    ("pad: true axis: 2 pad_to: 7", 7), ("axis: 2 pad_val: 4", 4), ("axis: -2 pad_val: 3", 3),
    ("pad: false axis: 2 pad_to: 2", 2), ("pad: false axis: 2 pad_val: 4", 2)])
def test_a_pad_of_one_axis_adds_zeros_up_to_a_size_or_cuts_to_it(param, size):
    shape = (5, 2, 3, 4)
    layer, x = make("AxisPad", param, shape), noise(shape)
    expected = np.zeros((5, 2, size, 4))
    expected[:, :, :min(3, size)] = x.detach()[:, :, :min(3, size)]
    np.testing.assert_array_equal(layer(x).detach(), expected)
    assert torch.autograd.gradcheck(layer, x)


def test_a_pad_with_an_axis_is_one_of_that_axis_and_another_stays_what_it_is():
    text = ('layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 5 dim: 4 dim: '
            '3 dim: 2 }} }} }} layer {{ name: "y" type: "Pad" bottom: "x" top: "y" pad_param {{ '
            "{} }} }}")
    for param, shape in (("pad: true axis: 2 pad_to: 4", (5, 4, 4, 2)),
                         ("pad: 1", (5, 4, 5, 4))):
        assert net_from(text.format(param)).shapes["y"] == shape
    with pytest.raises(SpecError, match="pad_to asks for 2 cells; it must be at least the 3"):
        net_from(text.format("pad: true axis: 2 pad_to: 2"))
    with pytest.raises(SpecError, match="pad_to asks for 4 cells; it must be at most the 3"):
        net_from(text.format("pad: false axis: 2 pad_to: 4"))


def test_a_program_of_the_fpga_changes_nothing_in_a_net():
    net = net_from('layer { name: "p" type: "XCLProgram" xcl_param { xcl_name: "a.xclbin" '
                   'kernel_name: "a" } } layer { name: "x" type: "Input" top: "x" input_param { '
                   "shape { dim: 2 dim: 3 } } }")
    assert dict(net.shapes) == {"x": (2, 3)}
