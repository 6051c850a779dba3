"""LSTMNode against the equations of one step in numpy, and CropSimple by slices."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers import LAYERS
from tests.definitions import sigmoid
from tests.support import layer_spec, make, noise


@pytest.mark.parametrize("field", ["lstm_param", "lstmnode_param"])
@pytest.mark.parametrize("bias", [True, False])
def test_a_step_is_that_of_the_equations(field, bias):
    x, cells = noise(4, 7), noise(4, 3, seed=2)
    begun = torch.tensor([1.0, 0, 1, 0])
    layer = make("LSTMNode", f"{field} {{ num_cells: 3 bias_term: {str(bias).lower()} }}",
                 (4, 7), (4, 3), (4,), tops=2)
    weight, *rest = (blob.detach().numpy() for blob in layer.blobs)
    gates = x.detach().numpy() @ weight.T + (rest[0] if bias else 0)
    i, f, o, g = (gates[:, 3 * gate:3 * gate + 3] for gate in range(4))
    after = sigmoid(f) * begun.numpy()[:, None] * cells.detach().numpy() + sigmoid(i) * np.tanh(g)
    hidden, kept = layer(x, cells, begun)
    np.testing.assert_allclose(kept.detach(), after, rtol=1e-9)
    np.testing.assert_allclose(hidden.detach(), sigmoid(o) * np.tanh(after), rtol=1e-9)
    assert torch.autograd.gradcheck(lambda x, cells: layer(x, cells, begun), (x, cells))


def test_each_gate_has_its_own_filler():
    fillers = " ".join(f'{gate}_{blob}_filler {{ value: {value} }}' for value, (gate, blob)
                       in enumerate(((gate, blob) for blob in ("weight", "bias") for gate in (
                           "input_gate", "forget_gate", "output_gate", "input")), 1))
    layer = LAYERS["LSTMNode"](layer_spec("LSTMNode", f"lstm_param {{ num_cells: 2 {fillers} }}",
                                          2, 2), (4, 5), (4, 2))
    layer.materialise(torch.Generator())
    assert layer.weight[:, 0].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert layer.bias.tolist() == [5, 5, 6, 6, 7, 7, 8, 8]


def test_cells_of_another_size_are_refused():
    with pytest.raises(SpecError, match=r"the cells must be \(4, 3\)"):
        make("LSTMNode", "lstm_param { num_cells: 3 }", (4, 7), (4, 2), tops=2)
    with pytest.raises(SpecError, match="num_cells is 0"):
        make("LSTMNode", "", (4, 7), (4, 2), tops=2)
