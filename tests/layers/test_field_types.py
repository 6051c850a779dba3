"""Layer types of single projects against their definitions in plain numpy."""

from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_division_cuts_a_rectangle_for_each_top():
    layer = make("Division", "height: 4 width: 3 xcoord: 0 ycoord: 1 xcoord: 4 ycoord: 2",
                 (2, 3, 6, 7), tops=2)
    x = noise(2, 3, 6, 7)
    for top, expected in zip(layer(x), (x[:, :, 1:5, 0:3], x[:, :, 2:6, 4:7]), strict=True):
        assert torch.equal(top, expected)
    assert torch.autograd.gradcheck(layer, x)


def test_division_refuses_a_part_outside_the_plane():
    with pytest.raises(SpecError, match=r"division_param.xcoord\[1\] 5 and ycoord 2 begin a part "
                       "of 3 x 4, which ends outside the plane of 7 x 6"):
        make("Division", "height: 4 width: 3 xcoord: 0 ycoord: 1 xcoord: 5 ycoord: 2",
             (2, 3, 6, 7), tops=2)
    with pytest.raises(SpecError, match="ycoord is given 1 times; it must be 2"):
        make("Division", "height: 4 width: 3 xcoord: 0 xcoord: 5 ycoord: 2", (2, 3, 6, 7), tops=2)


def test_combination_puts_later_parts_over_earlier_ones():
    layer = make("Combination", "xcoord: 0 ycoord: 1 xcoord: 2 ycoord: 2", (2, 3, 4, 3),
                 (2, 3, 5, 4))
    first, second = noise(2, 3, 4, 3), noise(2, 3, 5, 4, seed=2)
    expected = np.zeros((2, 3, 7, 6))
    expected[:, :, 1:5, 0:3] = first.detach().numpy()
    expected[:, :, 2:7, 2:6] = second.detach().numpy()
    np.testing.assert_array_equal(layer(first, second).detach().numpy(), expected)
    assert torch.autograd.gradcheck(layer, (first, second))


def test_combination_refuses_a_part_beyond_the_last_one():
    with pytest.raises(SpecError, match=r"combination_param.xcoord\[0\] 4 and ycoord 1 begin a "
                       "part of 3 x 4, which ends outside the plane of 6 x 7"):
        make("Combination", "xcoord: 4 ycoord: 1 xcoord: 2 ycoord: 2", (2, 3, 4, 3), (2, 3, 5, 4))


def test_the_dice_loss_is_one_less_twice_the_overlap_over_the_squares():
    layer = make("DiceCoefLoss", "smooth: 0.5", (4, 3, 5), (4, 3, 5))
    x, y = noise(4, 3, 5), noise(4, 3, 5, seed=2)
    fractions = []
    for one, other in zip(x.detach().numpy(), y.detach().numpy(), strict=True):
        fractions.append((2 * (one * other).sum() + 0.5)
                         / ((one ** 2).sum() + (other ** 2).sum() + 0.5))
    assert min(fractions) < 0 < max(fractions)          # a negative one counts as positive
    assert layer(x, y).item() == pytest.approx(1 - np.abs(fractions).mean(), rel=1e-12)
    positive = [one.detach().abs().requires_grad_() for one in (x, y)]
    assert torch.autograd.gradcheck(layer, positive)


def test_the_manhattan_loss_has_a_gradient_that_fades_near_zero():
    layer = make("ManhattanLoss", "", (2, 3), (2, 3))
    x = torch.tensor([[1.0, 2, 3], [4, 5, 6]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[1.0, 2.001, 1], [4, 7, 6]], dtype=torch.float64, requires_grad=True)
    loss = layer(x, target)
    loss.backward()
    assert loss.item() == pytest.approx((0.001 + 2 + 2) / 2)
    difference = (x - target).detach().numpy()
    expected = difference / (np.abs(difference) + 1e-3) / 2
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-9)
    np.testing.assert_allclose(target.grad.numpy(), -expected, rtol=1e-9)


@pytest.mark.parametrize("kind, added", [("L1", np.sign), ("L2", lambda x: x)])
def test_output_decay_changes_the_gradient_alone(kind, added):
    layer = make("OutputDecay", f'output_decay: 0.25 regularization_type: "{kind}"', (2, 3))
    x = noise(2, 3)
    top = layer(x)
    assert torch.equal(top, x)
    (top * 3).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 + 0.25 * added(x.detach().numpy()))


def test_output_decay_refuses_a_kind_that_is_not_known():
    with pytest.raises(SpecError, match="regularization_type is 'L3'; it must be one of L1, L2"):
        make("OutputDecay", 'regularization_type: "L3"', (2, 3))


def bilinear(plane, y, x):
    """The value at y, x within the plane."""
    top, left = int(y), int(x)
    bottom, right = min(top + 1, plane.shape[0] - 1), min(left + 1, plane.shape[1] - 1)
    part_y, part_x = y - top, x - left
    return ((1 - part_y) * ((1 - part_x) * plane[top, left] + part_x * plane[top, right])
            + part_y * ((1 - part_x) * plane[bottom, left] + part_x * plane[bottom, right]))


def position_sensitive(x, rois, outputs, size, scale, samples):
    found = np.zeros((len(rois), outputs, size, size))
    high, wide = x.shape[2:]
    for index, (item, x1, y1, x2, y2) in enumerate(rois):
        bin_h = max((y2 + 1) * scale - y1 * scale, 0.1) / size
        bin_w = max((x2 + 1) * scale - x1 * scale, 0.1) / size
        for d, i, j in np.ndindex(outputs, size, size):
            low_y, end_y = (np.clip(y1 * scale + (i + k) * bin_h, 0, high - 1) for k in (0, 1))
            low_x, end_x = (np.clip(x1 * scale + (j + k) * bin_w, 0, wide - 1) for k in (0, 1))
            plane = x[int(item), (d * size + i) * size + j]
            for a, b in np.ndindex(samples, samples):
                at_y = low_y + (a + 1) * bin_h / (samples + 1)
                at_x = low_x + (b + 1) * bin_w / (samples + 1)
                if at_y < end_y and at_x < end_x:
                    found[index, d, i, j] += bilinear(plane, at_y, at_x) / samples ** 2
    return found


@pytest.mark.parametrize("samples", [1, 2, 3])
def test_psroi_align_averages_samples_of_each_bins_own_channel(samples):
    rois = np.array([[0, 3, 5, 40, 31], [1, -20, -9, 30, 90], [1, 60, 50, 90, 80],
                     [0, 9, 9, 9, 9.0]])
    layer = make("PSROIAlign", f"spatial_scale: 0.125 output_dim: 3 group_size: 2 sample_num: "
                 f"{samples}", (2, 12, 8, 9), (4, 5))
    x = noise(2, 12, 8, 9)
    regions = torch.tensor(rois)
    expected = position_sensitive(x.detach().numpy(), rois, 3, 2, 0.125, samples)
    np.testing.assert_allclose(layer(x, regions).detach().numpy(), expected, rtol=1e-9, atol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(one, regions), x)


def test_psroi_align_refuses_another_number_of_channels():
    with pytest.raises(SpecError, match=r"has 11 channels; output_dim \* group_size\^2 is 12"):
        make("PSROIAlign", "output_dim: 3 group_size: 2", (2, 11, 8, 9), (4, 5))


def test_patches_are_windows_around_points_and_zero_outside_the_map():
    layer = make("MultiROIPooling", "pooled_h: 3 pooled_w: 4 spatial_scale: 0.125 top_num: 2",
                 (2, 3, 8, 9), (2, 3, 2), tops=2)
    x = noise(2, 3, 8, 9)
    points = torch.tensor([[[20.0, 30], [70, 60], [0, 0]], [[3, 1], [-40, 20], [0, 0]]])
    for index, top in enumerate(layer(x, points)):
        expected = np.zeros((2, 3, 3, 4))
        for item in range(2):
            at_x, at_y = (value.item() * 0.125 for value in points[item, index])
            left = int(math.copysign(math.floor(abs(at_x - 2) + 0.5), at_x - 2))
            upper = int(math.copysign(math.floor(abs(at_y - 1) + 0.5), at_y - 1))
            for i, j in np.ndindex(3, 4):
                if 0 <= upper + i < 8 and 0 <= left + j < 9:
                    expected[item, :, i, j] = x[item, :, upper + i, left + j].detach().numpy()
        np.testing.assert_array_equal(top.detach().numpy(), expected)
    assert torch.autograd.gradcheck(lambda one: layer(one, points), x)


def shift(margins, mean, steps):
    last = mean
    while steps:
        steps -= 1
        near = [one for one in margins if abs(one - mean) < 0.1]
        if not near:
            mean = last = np.mean(margins)
            steps += 1
            continue
        mean = np.mean(near)
        if abs(last - mean) < 0.001:
            break
        last = mean
    return mean


@pytest.mark.parametrize("with_norms", [False, True])
def test_the_global_margin_follows_the_batch(with_norms):
    shapes = [(4, 5), (4,)] + [(4,)] * with_norms
    layer = make("GlobalLSEMargin", "scale_param { max_value: 20 }", *shapes, tops=2)
    assert [blob.requires_grad for blob in layer.blobs] == [not with_norms, False]
    with torch.no_grad():
        layer.scale.fill_(30)
        layer.margin.zero_()
    labels = torch.tensor([3, 0, 4, 1])
    norms = torch.tensor([4.0, 7, 9, 5], dtype=torch.float64)
    margin = 0.0
    for seed in (1, 2):
        x = (noise(4, 5, seed=seed).detach() * 0.05).requires_grad_()
        x.data[torch.arange(4), labels] += 0.8
        rows = x.detach().numpy()
        scales = norms.numpy() if with_norms else np.full(4, 20.0)
        own = rows[np.arange(4), labels.numpy()]
        others = np.stack([np.delete(row, label) for row, label in zip(rows, labels, strict=True)])
        together = np.log(np.exp(scales[:, None] * others).sum(1)) / scales
        margins = own - together
        margin = shift(margins, margins.mean(), 20) if margin == 0 \
            else 0.9 * margin + 0.1 * shift(margins, margin, 1)
        assert margin > 0
        expected = rows.copy()
        expected[np.arange(4), labels.numpy()] -= margin
        bottoms = (x, labels, norms) if with_norms else (x, labels)
        top, found = layer(*bottoms)
        np.testing.assert_allclose(top.detach().numpy(), expected * scales[:, None], rtol=1e-9)
        np.testing.assert_allclose(found.detach().numpy(), [
            scales.mean(), own.mean(), together.mean(), np.maximum(others.max(1), -1).mean(),
            margin], rtol=1e-9)
        assert layer.margin.item() == pytest.approx(margin)
    (gradient,) = torch.autograd.grad(top.sum(), x)
    np.testing.assert_allclose(gradient.numpy(), np.repeat(scales[:, None], 5, 1))


def correlate(x, weight, dilation):
    """Correlation (N, C, H, W) with weights (D, C, 3, 3) that keeps the size."""
    high, wide = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (dilation, dilation), (dilation, dilation)))
    total = np.zeros((len(x), len(weight), high, wide))
    for i, j in np.ndindex(3, 3):
        part = padded[:, :, i * dilation:i * dilation + high, j * dilation:j * dilation + wide]
        total += np.einsum("nchw,dc->ndhw", part, weight[:, :, i, j])
    return total


def conv_lstm(x, cont, blobs, hidden, cell, dilation):
    """By the unrolled net of conv_lstm_layer.cpp; `blobs` as the layer's."""
    enter, weight, bias, *factors = blobs
    outputs = []
    for step, go_on in zip(x, cont, strict=True):
        go_on = go_on[:, None, None, None]
        gates = correlate(step, enter, dilation) + correlate(hidden * go_on, weight, dilation) \
            + bias[:, None, None]
        i, f, o, g = np.split(gates, 4, 1)
        if factors:
            i, f, o = (gate + cell * factor for gate, factor in zip((i, f, o), factors,
                                                                    strict=True))
        cell = go_on * sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        outputs.append(hidden)
    return np.stack(outputs), hidden, cell


CONVOLUTION = "lstm_conv_param { num_output: 3 kernel_size: 3 pad: 2 dilation: 2 }"


@pytest.mark.parametrize("peepholes", [True, False])
def test_conv_lstm_is_an_lstm_of_maps_with_peepholes(peepholes):
    debug = "" if peepholes else "lstm_debug_param { disable_hadamard: true }"
    state = (1, 2, 3, 5, 6)
    layer = make("ConvLSTM", f"recurrent_param {{ expose_hidden: true }} {CONVOLUTION} {debug}",
                 (3, 2, 4, 5, 6), (3, 2), state, state, tops=3)
    x, cell, hidden = noise(3, 2, 4, 5, 6), noise(*state, seed=2), noise(*state, seed=3)
    cont = torch.tensor([[1.0, 0], [1, 1], [0, 1]], dtype=torch.float64)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    assert [blob.shape for blob in blobs] == [(12, 4, 3, 3), (12, 3, 3, 3), (12,),
                                              *[(5, 6)] * (3 * peepholes)]
    expected = conv_lstm(x.detach().numpy(), cont.numpy(), blobs, hidden[0].detach().numpy(),
                         cell[0].detach().numpy(), 2)
    tops = layer(x, cont, hidden, cell)
    np.testing.assert_allclose(tops[0].detach().numpy(), expected[0], rtol=1e-9)
    for top, wanted in zip(tops[1:], expected[1:], strict=True):
        np.testing.assert_allclose(top[0].detach().numpy(), wanted, rtol=1e-9)
    gradients = torch.autograd.grad(tops[0].sum() + tops[2].sum(), (hidden, cell))
    assert all(gradient.abs().max() > 0 for gradient in gradients)


def test_conv_lstm_goes_on_from_the_last_forward_where_cont_is_1():
    layer = make("ConvLSTM", CONVOLUTION, (3, 2, 4, 5, 6), (3, 2))
    x = noise(3, 2, 4, 5, 6)
    cont = torch.ones(3, 2, dtype=torch.float64)
    (first,), (second,) = layer(x, cont), layer(x, cont)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    twice = np.concatenate([x.detach().numpy()] * 2)
    zeros = np.zeros((2, 3, 5, 6))
    expected, _, _ = conv_lstm(twice, np.ones((6, 2)), blobs, zeros, zeros, 2)
    np.testing.assert_allclose(torch.cat([first, second]).detach().numpy(), expected, rtol=1e-9)
    layer.forget()
    np.testing.assert_allclose(layer(x, cont)[0].detach().numpy(), expected[:3], rtol=1e-9)


def test_conv_lstm_without_its_input_has_no_weights_for_it():
    layer = make("ConvLSTM", f"lstm_debug_param {{ ignore_x: true }} {CONVOLUTION}",
                 (3, 2, 4, 5, 6), (3, 2))
    assert layer.blob_names[0] == "hidden_weight"
    assert layer(noise(3, 2, 4, 5, 6), torch.ones(3, 2))[0].shape == (3, 2, 3, 5, 6)


@pytest.mark.parametrize("param, words", [
    ("lstm_conv_param { num_output: 3 kernel_size: 3 }", "the maps must keep their size, 5 x 6"),
    ('lstm_conv_param { num_output: 3 type: "input" }', "is given 1 times; it must be once or "),
    ("", "lstm_conv_param is given 0 times"),
    (f'{CONVOLUTION} lstm_debug_param {{ expose: "c_t=2" }}', "makes blobs within the layer tops"),
    (f"{CONVOLUTION} lstm_debug_param {{ axis_hadamard: 4 }}", "must be among axes 2 to 4"),
])
def test_conv_lstm_refuses_what_does_not_fit(param, words):
    with pytest.raises(SpecError, match=words):
        make("ConvLSTM", param, (3, 2, 4, 5, 6), (3, 2))


def test_bilinear_interpolation_takes_the_size_of_its_second_bottom():
    layer = make("BilinearInterpolation", "", (2, 3, 5, 4), (2, 1, 9, 7))
    x = noise(2, 3, 5, 4)
    found = layer(x, noise(2, 1, 9, 7)).detach().numpy()
    plane = x.detach().numpy()[1, 2]
    for i, j in np.ndindex(9, 7):
        assert found[1, 2, i, j] == pytest.approx(bilinear(plane, i * 4 / 8, j * 3 / 6))
    with pytest.raises(SpecError, match="bottom is given 1 times; it must be 2: the second gives "):
        make("BilinearInterpolation", "", (2, 3, 5, 4))


def test_group_norm_by_group_num_has_no_scale_and_bias():
    layer = make("GroupNorm", "group_num: 2 eps: 0.01", (2, 6, 3, 5))
    assert not list(layer.blobs)
    x = noise(2, 6, 3, 5)
    rows = x.detach().numpy().reshape(4, -1)
    expected = (rows - rows.mean(1, keepdims=True)) / np.sqrt(rows.var(1, keepdims=True) + 0.01)
    np.testing.assert_allclose(layer(x).detach().numpy().reshape(4, -1), expected, rtol=1e-9)
    with pytest.raises(SpecError, match="group_norm_param.group_num is 4; it must divide the 6 "):
        make("GroupNorm", "group_num: 4", (2, 6, 3, 5))


def test_continuation_indicators_need_no_bottom_where_batch_size_is_given():
    layer = make("ContinuationIndicator", "time_step: 3 batch_size: 2")
    assert layer().tolist() == [[0, 0], [1, 1], [1, 1]]
    with pytest.raises(SpecError, match="batch_size must be given where there is no bottom"):
        make("ContinuationIndicator", "time_step: 3")
    with pytest.raises(SpecError, match="batch_size must be given where there is no bottom"):
        make("ContinuationIndicator", "time_step: 3 batch_size: 2", (2, 4))


def test_a_depthwise_layer_says_that_its_num_output_has_no_effect(caplog):
    with caplog.at_level(logging.WARNING):
        layer = make("ConvolutionDepthwise", "convolution_param { num_output: 2 group: 2 "
                     "kernel_size: 3 }", (2, 4, 5, 6))
    assert layer(noise(2, 4, 5, 6)).shape == (2, 4, 3, 4)
    assert "convolution_param.num_output is 2; it has no effect, as in the original: there is a " \
           "filter for each of the 4 channels" in caplog.text
    with pytest.raises(SpecError, match="num_output is 2; it must be that of the bottom's"):
        make("DepthwiseConvolution", "convolution_param { num_output: 2 kernel_size: 3 }",
             (2, 4, 5, 6))


def test_a_dropout_of_everything_copies_in_test_and_is_refused_in_training():
    x = noise(2, 3)
    assert torch.equal(make("Dropout", "dropout_ratio: 1", (2, 3), phase="TEST")(x), x)
    for more, phase in (("", "TRAIN"), ("scale_train: false", "TEST"),
                        ("sample_weights_test: true", "TEST")):
        with pytest.raises(SpecError, match="dropout_ratio is 1; it must be at least 0 and below"):
            make("Dropout", f"dropout_ratio: 1 {more}", (2, 3), phase=phase)
