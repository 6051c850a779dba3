"""GRU against torch.nn.GRU and the definition in numpy."""

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import SpecError
from framework.export.onnx_model import Options
from tests.definitions import sigmoid
from tests.export.test_layers_onnx import assert_equal_in_runtime, fill
from tests.support import check_gradient, layer_text, make, net_from, noise

X, CONT, STATIC, STATE = (3, 2, 5), (3, 2), (2, 4), (1, 2, 6)
EXPOSED = "recurrent_param { num_output: 6 expose_hidden: true linear_before_reset: 1 }"


def test_gru_is_that_of_torch_with_linear_before_reset():
    layer = make("GRU", EXPOSED, X, CONT, STATE, tops=2)
    module = nn.GRU(5, 6, dtype=torch.float64)
    weight, bias, update, reset, candidate, candidate_bias = layer.blobs

    def in_torchs_order(blob):
        z, r, n = blob.chunk(3)
        return torch.cat([r, z, n])

    with torch.no_grad():
        module.weight_ih_l0.copy_(in_torchs_order(weight))
        module.bias_ih_l0.copy_(in_torchs_order(bias))
        module.weight_hh_l0.copy_(torch.cat([reset, update, candidate]))
        module.bias_hh_l0.copy_(torch.cat([torch.zeros(12), candidate_bias]))
    x, state = noise(X), noise(STATE, seed=2)
    y, last = layer(x, torch.ones(CONT, dtype=torch.float64), state)
    expected, expected_last = module(x, state)
    torch.testing.assert_close(y, expected, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(last, expected_last, rtol=1e-10, atol=1e-12)


def gru(blobs, x, cont, hidden, static):
    """The definition of ONNX with linear_before_reset 0, step by step and stream by stream."""
    weight, bias, static_weight, update, reset, candidate = blobs
    outputs = np.zeros((*cont.shape, hidden.shape[1]))
    for n in range(cont.shape[1]):
        h = hidden[n]
        for t in range(cont.shape[0]):
            h = cont[t, n] * h
            in_z, in_r, in_n = np.split(weight @ x[t, n] + bias + static_weight @ static[n], 3)
            z, r = sigmoid(in_z + update @ h), sigmoid(in_r + reset @ h)
            h = outputs[t, n] = (1 - z) * np.tanh(in_n + candidate @ (r * h)) + z * h
    return outputs


def test_gru_resets_the_state_before_its_matrix_and_begins_anew_where_cont_is_0():
    param = "recurrent_param { num_output: 6 expose_hidden: true }"
    layer = make("GRU", param, X, CONT, STATIC, STATE, tops=2)
    x, static, state = (noise(size, seed=seed) for seed, size in enumerate((X, STATIC, STATE)))
    cont = torch.tensor([[1., 0], [1, 1], [0, 1]], dtype=torch.float64)
    y, last = layer(x, cont, static, state)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    expected = gru(blobs, x.detach().numpy(), cont.numpy(), state[0].detach().numpy(),
                   static.detach().numpy())
    np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-10)
    np.testing.assert_allclose(last[0].detach().numpy(), expected[-1], rtol=1e-10)
    assert check_gradient(layer, (x, cont, static, state.detach()))


def test_a_gru_goes_on_from_the_forward_before():
    layer = make("GRU", "num_output: 6", X, CONT)
    x = noise(6, 2, 5)
    cont = torch.ones(6, 2, dtype=torch.float64)
    cont[0] = 0
    whole = layer(x, cont)[0]
    layer.recurrence.carried = ()
    parts = torch.cat([layer(x[:3], cont[:3])[0], layer(x[3:], cont[3:])[0]])
    torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)


def test_multiply_adds_of_a_gru_are_all_its_matrices_at_each_step():
    layer = make("GRU", "num_output: 6", X, CONT)
    assert layer.multiply_adds([X, CONT], [(3, 2, 6)]) == 3 * 2 * (18 * 5 + 3 * 6 * 6)


@pytest.mark.parametrize("param, shapes, match", [
    ("num_output: 0", (X, CONT), r"recurrent_param.num_output is 0; it must be at least 1"),
    ("num_output: 6", (X, (2, 2)), r"bottom has the shapes \(3, 2, 5\) and \(2, 2\); they must"),
    ("num_output: 6", (X, CONT, (3, 4)), r"'bottom2' has 3 items; x has 2 streams"),
])
def test_a_gru_refuses_what_cannot_be(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("GRU", param, *shapes)


def test_only_gru_takes_linear_before_reset():
    with pytest.raises(SpecError, match=r"linear_before_reset"):
        make("LSTM", "num_output: 6 linear_before_reset: 1", X, CONT)


def test_opset_17_computes_the_same():
    shapes = (X, CONT, STATE)
    net = net_from(layer_text("GRU", EXPOSED, shapes, 2), "TEST")
    fill(net)
    inputs = {f"bottom{index}": noise(shape, seed=index, requires_grad=False).float().numpy()
              for index, shape in enumerate(shapes)}
    inputs["bottom1"] = np.array([[1, 0], [1, 1], [0, 1]], np.float32)
    assert_equal_in_runtime(net, inputs, Options(17))
