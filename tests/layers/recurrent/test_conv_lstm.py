"""ConvLSTM against loops in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import make, noise


def correlate(x, weight, dilation):
    """Correlation (N, C, H, W) with weights (D, C, 3, 3) that keeps the size."""
    high, wide = x.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (dilation, dilation), (dilation, dilation)))
    total = np.zeros((len(x), len(weight), high, wide))
    for i, j in np.ndindex(3, 3):
        part = padded[:, :, i * dilation:i * dilation + high, j * dilation:j * dilation + wide]
        total += np.einsum("nchw,dc->ndhw", part, weight[:, :, i, j])
    return total


def conv_lstm(x, cont, blobs, hidden, cell, dilation, squash=np.tanh):
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
        cell = go_on * sigmoid(f) * cell + sigmoid(i) * squash(g)
        hidden = sigmoid(o) * squash(cell)
        outputs.append(hidden)
    return np.stack(outputs), hidden, cell


CONVOLUTION = "lstm_conv_param { num_output: 3 kernel_size: 3 pad: 2 dilation: 2 }"


def rectified(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize("kind, squash, peepholes", [
    ("ConvLSTM", np.tanh, True), ("ConvLSTM", np.tanh, False), ("ConvLSTMReLU", rectified, True)])
def test_conv_lstm_is_an_lstm_of_maps_with_peepholes(kind, squash, peepholes):
    debug = "" if peepholes else "lstm_debug_param { disable_hadamard: true }"
    state = (1, 2, 3, 5, 6)
    layer = make(kind, f"recurrent_param {{ expose_hidden: true }} {CONVOLUTION} {debug}",
                 (3, 2, 4, 5, 6), (3, 2), state, state, tops=3)
    x, cell, hidden = noise(3, 2, 4, 5, 6), noise(*state, seed=2), noise(*state, seed=3)
    cont = torch.tensor([[1.0, 0], [1, 1], [0, 1]], dtype=torch.float64)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    assert [blob.shape for blob in blobs] == [(12, 4, 3, 3), (12, 3, 3, 3), (12,),
                                              *[(5, 6)] * (3 * peepholes)]
    expected = conv_lstm(x.detach().numpy(), cont.numpy(), blobs, hidden[0].detach().numpy(),
                         cell[0].detach().numpy(), 2, squash)
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
