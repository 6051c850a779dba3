"""LSTM of V1 by a loop in numpy, from forward to forward."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.definitions import sigmoid
from tests.support import layer_spec, make, noise


def steps(x, blobs, hidden, cell):
    weight, hidden_weight = (blob.detach().numpy()[0] for blob in blobs[:2])
    bias = blobs[2].detach().numpy()[0, 0] if len(blobs) > 2 else np.zeros(weight.shape[:2])
    tops = []
    for row in x.reshape(len(x), -1):
        enter, keep, leave, candidate = (weight[gate] @ row + bias[gate]
                                         + hidden_weight[gate] @ hidden for gate in range(4))
        cell = sigmoid(keep) * cell + sigmoid(enter) * np.tanh(candidate)
        hidden = sigmoid(leave) * np.tanh(cell)
        tops.append(hidden)
    return np.array(tops), hidden, cell


@pytest.mark.parametrize("bias", ["true", "false"])
def test_rows_are_steps_and_the_next_batch_goes_on(bias):
    layer = make("LstmOfRows", f"inner_product_param {{ num_output: 4 bias_term: {bias} }}",
                 (5, 2, 3))
    assert [tuple(blob.shape) for blob in layer.blobs] == [
        (1, 4, 4, 6), (1, 4, 4, 4), *[(1, 1, 4, 4)] * (bias == "true")]
    state = np.zeros(4), np.zeros(4)
    for seed, count in ((1, 5), (2, 3)):
        x = noise(count, 2, 3, seed=seed)
        expected, *state = steps(x.detach().numpy(), layer.blobs, *state)
        np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10)
    layer.forget()
    again, _, _ = steps(x.detach().numpy(), layer.blobs, np.zeros(4), np.zeros(4))
    np.testing.assert_allclose(layer(x).detach().numpy(), again, rtol=1e-10)


def test_gradients_into_the_gates_are_cut():
    for limit, usual in ((1e-3, True), (100, False)):
        layer = make("LstmOfRows", "inner_product_param { num_output: 4 } "
                     f"lstm_param {{ clipping_threshold: {limit} }}", (1, 3))
        x = noise(1, 3)
        layer(x).sum().backward()
        largest = layer.bias.grad.abs().max().item()    # of one step: the gradient of the gates
        assert (largest == pytest.approx(1e-3)) == usual
    assert make("LstmOfRows", "inner_product_param { num_output: 4 }", (1, 3)).limit == 100


def test_the_gradient_within_a_batch_is_the_derivative():
    layer = make("LstmOfRows", "inner_product_param { num_output: 2 }", (3, 2))
    layer(noise(2, 2, seed=4))
    state = layer.carried

    def second(x, *blobs):
        layer.carried = state       # to which no gradient goes
        return layer(x)

    assert torch.autograd.gradcheck(second, (noise(3, 2), *layer.blobs))


def test_the_forget_gate_begins_with_a_bias_of_5():
    from framework.layers import LAYERS
    layer = LAYERS["LstmOfRows"](layer_spec("LstmOfRows", "inner_product_param { num_output: 2 "
                                            "bias_filler { value: 0.5 } }", 1), (5, 3))
    layer.materialise(torch.Generator().manual_seed(0))
    assert layer.bias[0, 0].tolist() == [[0.5, 0.5], [5, 5], [0.5, 0.5], [0.5, 0.5]]


def test_it_is_lstm_in_v1():
    layer = parse_net("""layers { name: "h" type: LSTM bottom: "x" top: "h" blobs_lr: 1
        inner_product_param { num_output: 7 } lstm_param { clipping_threshold: 0.1 } }"""
                      ).message.layer[0]
    assert layer.type == "LstmOfRows" and layer.inner_product_param.num_output == 7
    assert layer.lstm_param.clipping_threshold == pytest.approx(0.1)


def test_a_size_is_needed():
    with pytest.raises(SpecError, match="num_output is 0; it must be at least 1"):
        make("LstmOfRows", "inner_product_param { }", (5, 3))
