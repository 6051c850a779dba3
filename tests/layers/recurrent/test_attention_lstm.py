"""AttLstm, step by step as its unrolled net."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid
from tests.support import make, noise

X, CONT = (3, 2, 5, 6), torch.tensor([[1., 0], [1, 1], [0, 1]], dtype=torch.float64)


def attention_lstm(layer, x, cont, hidden, cell):
    """By attention_lstm_layer.cpp, with the state in the scores."""
    blob = {name: value.detach().numpy() for name, value in zip(
        layer.blob_names, layer.blobs, strict=True)}
    outputs, masks = [], []
    for t in range(len(x)):
        flushed = hidden * cont[t][:, None]
        own = flushed @ blob["state_weight"].T + blob["state_bias"]
        features = np.einsum("hc,nce->neh", blob["feature_weight"], x[t]) + blob["feature_bias"]
        scores = (features + own[:, None]) @ blob[f"score_weight_{t + 1}"][0]
        mask = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        read = (x[t] * mask[:, None]).sum(2)
        gates = read @ blob["input_weight"].T + blob["input_bias"] \
            + flushed @ blob["hidden_weight"].T
        i, f, o, g = np.split(gates, 4, 1)
        cell = cont[t][:, None] * sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
        hidden = sigmoid(o) * np.tanh(cell)
        outputs.append(hidden)
        masks.append(mask[..., None])
    return np.stack(outputs), np.stack(masks), hidden, cell


def att_lstm(shape=X, cont=(3, 2), fields="num_output: 4"):
    return make("AttLstm", f"recurrent_param {{ {fields} }}", shape, cont, tops=2)


def test_att_lstm_reads_a_weighted_mean_and_goes_on_where_it_ended():
    layer, x = att_lstm(), noise(X)
    hidden = cell = np.zeros((2, 4))
    for factor in (1, 0.5):
        tops = layer(x * factor, CONT)
        *expected, hidden, cell = attention_lstm(layer, x.detach().numpy() * factor, CONT.numpy(),
                                                 hidden, cell)
        for found, wanted in zip(tops, expected, strict=True):
            np.testing.assert_allclose(found.detach(), wanted, rtol=1e-10)
    layer.forget()
    np.testing.assert_allclose(layer(x, CONT)[0].detach(), attention_lstm(
        layer, x.detach().numpy(), CONT.numpy(), *np.zeros((2, 2, 4)))[0], rtol=1e-10)


def test_gradients_are_the_derivatives():
    layer, x = att_lstm(), noise(X)

    def tops(x, *blobs):
        layer.forget()
        names = [name for name in layer.blob_names if name not in (
            "state_weight", "state_bias", "feature_bias")]
        return layer.with_blobs(**dict(zip(names, blobs, strict=True)))(x, CONT)

    blobs = [blob.detach().clone().requires_grad_() for name, blob in zip(
        layer.blob_names, layer.blobs, strict=True) if name not in (
            "state_weight", "state_bias", "feature_bias")]
    assert torch.autograd.gradcheck(tops, (x, *blobs))


@pytest.mark.parametrize("shape, cont, fields, message", [
    (X, (3, 2), "num_output: 0", "num_output is 0; it must be at least 1"),
    (X, (2, 2), "num_output: 4", r"they must be x \(T, N, C, E\) and cont \(T, N\)"),
    ((3, 2, 5), (3, 2), "num_output: 4", r"they must be x \(T, N, C, E\)"),
    (X, (3, 2), "num_output: 4 expose_hidden: true", "expose_hidden"),
])
def test_what_does_not_fit_is_named(shape, cont, fields, message):
    with pytest.raises(SpecError, match=message):
        att_lstm(shape, cont, fields)
