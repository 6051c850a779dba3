"""ReNetLSTM against a loop over its definition."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import make, noise


def scan(patches, blobs, peephole):
    """One scan over (T, length): the outputs (T, H), a step at a time."""
    w_i, w_c, w_o, w_f, p_i, p_o, p_f, b_i, b_c, b_o, b_f = blobs
    state = output = np.zeros(len(b_i))
    outputs = []
    for patch in patches:
        both = np.concatenate([patch, output])
        enters = sigmoid(w_i @ both + (p_i @ state if peephole else 0) + b_i)
        cell = np.tanh(w_c @ both + b_c)
        keeps = sigmoid(w_f @ both + (p_f @ state if peephole else 0) + b_f)
        state = enters * cell + keeps * state
        leaves = sigmoid(w_o @ both + (p_o @ state if peephole else 0) + b_o)
        output = leaves * np.tanh(state)
        outputs.append(output)
    return np.array(outputs)


@pytest.mark.parametrize("direction, peephole", [("X_DIR", True), ("Y_DIR", False)])
def test_both_scans_see_the_patches_of_their_row_or_column(direction, peephole):
    layer = make("ReNetLSTM", f"renet_lstm_param {{ num_output: 2 patch_width: 3 patch_height: 2 "
                 f"direction: {direction} peephole: {str(peephole).lower()} }}", (2, 3, 8, 9))
    x = noise(2, 3, 8, 9)
    blobs = [blob.detach().numpy() for blob in layer.blobs]
    assert len(blobs) == 22
    top = layer(x).detach().numpy()
    assert top.shape == (2, 4, 4, 3)
    patches = x.detach().numpy().reshape(2, 3, 4, 2, 3, 3).transpose(0, 2, 4, 1, 3, 5)
    patches = patches.reshape(2, 4, 3, 18)
    for n in range(2):
        lines = range(4) if direction == "X_DIR" else range(3)
        for line in lines:
            row = patches[n, line] if direction == "X_DIR" else patches[n, :, line]
            both = np.concatenate([scan(row, blobs[:11], peephole),
                                   scan(row[::-1], blobs[11:], peephole)[::-1]], 1)
            found = top[n, :, line] if direction == "X_DIR" else top[n, :, :, line]
            np.testing.assert_allclose(found.T, both, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("param, words", [
    ("patch_width: 1", "num_output is 0"), ("num_output: 2 patch_height: 3", "whole patches of 3")])
def test_sizes_that_do_not_fit_are_refused(param, words):
    with pytest.raises(SpecError, match=words):
        make("ReNetLSTM", f"renet_lstm_param {{ {param} }}", (2, 3, 8, 9))
