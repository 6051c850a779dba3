"""RNN, LSTM, LSTMUnit and DummyData: what the golden cases do not hold."""

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import SpecError
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from tests.definitions import sigmoid
from tests.support import check_layer, layer_spec, make, net_from, noise

X, CONT, STATIC, STATE = (3, 2, 5), (3, 2), (2, 4), (1, 2, 6)
BEGIN = torch.tensor([[0., 0], [1, 0], [1, 1]], dtype=torch.float64)


def lstm(blobs, x, cont, hidden, cell, static=None):
    """The definition, step by step and stream by stream."""
    weight, bias, *static_weight, hidden_weight = blobs
    outputs = np.zeros((*cont.shape, cell.shape[1]))
    for n in range(cont.shape[1]):
        h, c = hidden[n], cell[n]
        for t in range(cont.shape[0]):
            gates = weight @ x[t, n] + bias + hidden_weight @ (cont[t, n] * h)
            if static is not None:
                gates = gates + static_weight[0] @ static[n]
            i, f, o, g = np.split(gates, 4)
            c = cont[t, n] * sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = outputs[t, n] = sigmoid(o) * np.tanh(c)
    return outputs


def arrays(tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def lstm_layer(*others, param="", tops=1):
    return make("LSTM", f"recurrent_param {{ num_output: 6 {param} }}", X, CONT, *others, tops=tops)


def rnn_layer(*others, param="", tops=1):
    return make("RNN", f"recurrent_param {{ num_output: 6 {param} }}", X, CONT, *others, tops=tops)


@pytest.mark.parametrize("build", [lstm_layer, rnn_layer])
def test_recurrent_layers_stand_the_common_check(build):
    check_layer(build(STATIC), noise(X), BEGIN, noise(STATIC, seed=2))


def test_lstm_with_static_input_and_hidden_states_is_its_definition():
    layer = lstm_layer(STATIC, STATE, STATE, param="expose_hidden: true", tops=3)
    x, static, h0, c0 = (noise(size, seed=seed)
                         for seed, size in enumerate((X, STATIC, STATE, STATE)))
    cont = torch.tensor([[1., 0], [1, 1], [0, 1]], dtype=torch.float64)
    y, h, c = layer(x, cont, static, h0, c0)
    expected = lstm(arrays(layer.blobs), *arrays((x, cont, h0[0], c0[0])), arrays([static])[0])
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-10)
    np.testing.assert_array_equal(h[0].detach(), y[-1].detach())
    assert not (h.requires_grad or c.requires_grad)
    (gradient,) = torch.autograd.grad(y.sum(), h0, allow_unused=True)
    assert gradient is None


def test_a_second_forward_goes_on_where_the_first_ended():
    layer = lstm_layer()
    x, cont = noise(6, 2, 5), torch.ones(6, 2, dtype=torch.float64)
    zeros = np.zeros((2, 6))
    expected = lstm(arrays(layer.blobs), *arrays((x, cont)), zeros, zeros)
    found = [layer(x[:3], cont[:3])[0], layer(x[3:], cont[3:])[0]]
    np.testing.assert_allclose(torch.cat(found).detach(), expected, rtol=1e-10)
    (gradient,) = torch.autograd.grad(found[1].sum(), x)
    assert not gradient[:3].any() and gradient[3:].all()


def test_another_number_of_streams_starts_from_zeros():
    layer = rnn_layer()
    ones = torch.ones(3, 2, dtype=torch.float64)
    first = layer(noise(X), ones)
    layer(noise(3, 7, 5), torch.ones(3, 7, dtype=torch.float64))
    torch.testing.assert_close(layer(noise(X), ones), first)


def test_rnn_and_lstm_have_the_true_gradient():
    for build in (rnn_layer, lstm_layer):
        layer = build()
        assert torch.autograd.gradcheck(lambda x: layer(x, BEGIN)[0], noise(X))  # noqa: B023


def test_blobs_of_the_recurrent_layers_stand_in_order():
    assert lstm_layer(STATIC).blob_names == ["weight", "bias", "static_weight", "hidden_weight"]
    assert [tuple(blob.shape) for blob in rnn_layer(STATIC).blobs] == [
        (6, 5), (6,), (6, 4), (6, 6), (6, 6), (6,)]


def test_lstm_unit_stands_the_common_check():
    layer = make("LSTMUnit", "", STATE, (1, 2, 24), (1, 2), tops=2)
    bottoms = noise(STATE), noise(1, 2, 24, seed=2), torch.tensor([[1., 0]], dtype=torch.float64)
    check_layer(layer, *bottoms)
    assert torch.autograd.gradcheck(lambda c, x: layer(c, x, bottoms[2]), bottoms[:2])


@pytest.mark.parametrize("kind, param, shapes, tops, message", [
    ("LSTM", "", [X, CONT], 1, "num_output is 0; it must be at least 1"),
    ("LSTM", "num_output: 6", [X, (3, 3)], 1, r"must be x \(T, N, ...\), .* and cont \(T, N\)"),
    ("LSTM", "num_output: 6", [(4, 2), (4, 2)], 1, r"has the shapes \(4, 2\) and \(4, 2\); they "
     r"must be x \(T, N, ...\), with the values of a step from the third axis on"),
    ("LSTM", "num_output: 6 expose_hidden: true", [X, CONT, STATE], 3, "bottom is given 3 times; "
     ".* make 4 or 5"),
    ("LSTM", "num_output: 6", [X, CONT], 3, "top is given 3 times; it must be 1 times"),
    ("RNN", "num_output: 6 expose_hidden: true", [X, CONT, (1, 2, 5)], 2,
     r"hidden state of shape \(1, 2, 5\); it must be \(1, 2, 6\)"),
    ("RNN", "num_output: 6", [X, CONT, (3, 4)], 1, "'bottom2' has 3 items; x has 2 streams"),
    ("LSTMUnit", "", [STATE, (1, 2, 12), (1, 2)], 2, r"must be \(1, N, H\), \(1, N, 4 H\)"),
])
def test_recurrent_layers_refuse(kind, param, shapes, tops, message):
    text = f"recurrent_param {{ {param} }}" if param else ""
    with pytest.raises(SpecError, match=message):
        make(kind, text, *shapes, tops=tops)


def dummy_data(param, tops=1, **options):
    return LAYERS["DummyData"](layer_spec("DummyData", param, 0, tops), DataOptions(**options))


def test_dummy_data_fills_random_tops_anew_by_seed_and_batch():
    text = "dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: 'gaussian' } }"
    first, second = next(dummy_data(text).batches())[0], next(dummy_data(text).batches(1))[0]
    batches = dummy_data(text).batches()
    assert torch.equal(next(batches)[0], first) and torch.equal(next(batches)[0], second)
    assert not torch.equal(first, second)
    assert not torch.equal(next(dummy_data(text, seed=1).batches())[0], first)
    ranked = dummy_data(text, rank=1, world_size=2)
    assert torch.equal(next(ranked.batches())[0], second)


@pytest.mark.parametrize("param, tops, message", [
    ("", 1, "shape is given 0 times; it must be once"),
    ("shape { dim: 1 } num: 1 channels: 1 height: 1 width: 1", 1, "shape is given together with"),
    ("num: 1 channels: 1 height: 1", 1, "width is given 0 times"),
    ("shape { dim: 1 } data_filler {} data_filler {}", 3, "data_filler is given 2 times; it must "
     "be once, or once for each of the 3 tops"),
    ("shape { dim: 1 } data_filler { type: 'magic' }", 1, "data_filler is of type 'magic'"),
])
def test_dummy_data_refuses(param, tops, message):
    with pytest.raises(SpecError, match=message):
        dummy_data(f"dummy_data_param {{ {param} }}", tops)


def test_a_net_of_dummy_data_runs_by_itself():
    net = net_from('layer { name: "d" type: "DummyData" top: "d" dummy_data_param { '
                   "shape { dim: 2 dim: 3 } data_filler { value: 4 } } }")
    assert net()["d"].tolist() == [[4.0] * 3] * 2


@pytest.mark.parametrize("kind", ["tanh", "relu"])
def test_rnn_whose_top_is_its_hidden_state_is_that_of_torch(kind):
    layer = make("RNN", f"recurrent_param {{ num_output: 6 expose_hidden: true hidden_output: true "
                 f"activation: {kind.upper()} }}", X, CONT, STATE, tops=2)
    module = nn.RNN(5, 6, nonlinearity=kind, dtype=torch.float64)
    with torch.no_grad():
        for one, blob in zip((module.weight_ih_l0, module.bias_ih_l0, module.weight_hh_l0),
                             layer.blobs, strict=True):
            one.copy_(blob)
        module.bias_hh_l0.zero_()
    x, state = noise(X), noise(STATE, seed=2)
    expected = module(x, state)
    for one, other in zip(layer(x, torch.ones(CONT, dtype=torch.float64), state), expected,
                          strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)
    assert layer.learned_blobs(layer.spec.proto) == (True,) * 3


@pytest.mark.parametrize("kind, num_states, more", [
    ("LSTM", 2, ""), ("GRU", 1, "linear_before_reset: 1"), ("RNN", 1, "hidden_output: true")])
def test_states_have_gradients_where_the_layer_says_so(kind, num_states, more):
    param = f"recurrent_param {{ num_output: 6 expose_hidden: true state_gradient: true {more} }}"
    layer = make(kind, param, X, CONT, *(STATE,) * num_states, tops=1 + num_states)
    states = [noise(STATE, seed=seed) for seed in range(num_states)]
    cont = torch.ones(CONT, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x, *given: layer(x, cont, *given),
                                    (noise(X, seed=5), *states))


def test_a_state_that_is_not_exposed_has_no_gradient():
    with pytest.raises(SpecError, match="state_gradient is true; it needs expose_hidden: true"):
        make("LSTM", "recurrent_param { num_output: 6 state_gradient: true }", X, CONT)


def test_lstm_cuts_the_gradient_into_its_gates_to_a_threshold():
    biases = []
    for more in ("", "clipping_threshold: 0.125"):
        layer = make("LSTM", f"recurrent_param {{ num_output: 6 {more} }}", (1, 1, 5), (1, 1))
        top, = layer(noise(1, 1, 5), torch.zeros(1, 1, dtype=torch.float64))
        top.backward(torch.full((1, 1, 6), 4.0, dtype=torch.float64))
        biases.append(layer.bias.grad.numpy())
    assert np.abs(biases[0]).max() > 0.125
    np.testing.assert_allclose(biases[1], np.clip(biases[0], -0.125, 0.125))
