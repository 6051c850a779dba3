"""Contrastive divergence of RBMInnerProduct in numpy, with the draws of the layer."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.vision.boltzmann import BernoulliSample
from tests.definitions import sigmoid
from tests.support import make, noise

PARTS = " ".join(f'{which}_{what}_layer_param {{ type: "{kind}" }}' for which in (
    "hidden", "visible") for what, kind in (("activation", "Sigmoid"),
                                            ("sampling", "BernoulliSample")))


def text(more="", product="num_output: 4", parts=PARTS):
    return ("rbm_inner_product_param { connection_layer_param { type: 'InnerProduct' "
            f"inner_product_param {{ {product} }} }} {parts} {more} }}")


@pytest.fixture
def thresholds(monkeypatch):
    """Samples are whether a probability is above a half, so that numpy can draw them too."""
    monkeypatch.setattr(BernoulliSample, "forward", lambda self, x: (x > 0.5).to(x.dtype))


@pytest.mark.parametrize("steps, transpose", [(1, False), (3, False), (2, True)])
def test_gradients_are_those_of_contrastive_divergence(thresholds, steps, transpose):
    size = (5, 2, 3)
    layer = make("RBMInnerProduct", text(
        f"sample_steps_in_update: {steps} loss_measure: RECONSTRUCTION",
        f"num_output: 4 transpose: {str(transpose).lower()}"), size, tops=4)
    x = noise(size)
    weight, bias, visible = (blob.detach().numpy() for blob in layer.blobs)
    assert visible.shape == (1, 2, 3)
    rows = weight.T if transpose else weight
    data = x.detach().numpy().reshape(5, 6)

    def hidden(v):
        sums = v @ rows.T + bias
        return sums, sigmoid(sums), (sigmoid(sums) > 0.5).astype(float)

    first = hidden(data)
    sums, likely, sample = first
    reconstruction = None
    v = data
    for _ in range(steps):
        probability = sigmoid(sample @ rows + visible.reshape(-1))
        reconstruction = probability if reconstruction is None else reconstruction
        v = (probability > 0.5).astype(float)
        sums, likely, sample = hidden(v)
    tops = layer(x)
    for top, expected in zip(tops, (sums, likely, sample, reconstruction), strict=True):
        np.testing.assert_allclose(top.detach().numpy().reshape(5, -1), expected, rtol=1e-10)

    (tops[3] * 3).sum().backward()       # whatever the loss says
    wanted = np.zeros_like(rows)
    for n in range(5):
        wanted += np.outer(likely[n], v[n]) - np.outer(first[1][n], data[n])
    np.testing.assert_allclose(layer.weight.grad.numpy(), wanted.T if transpose else wanted,
                               rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(layer.bias.grad.numpy(), (likely - first[1]).sum(0), atol=1e-12)
    np.testing.assert_allclose(layer.visible_bias.grad.numpy(),
                               (v - data).sum(0).reshape(1, 2, 3), atol=1e-12)
    assert x.grad is None


def test_without_an_update_it_is_a_forward_alone():
    layer = make("RBMInnerProduct", text("forward_is_update: false visible_bias_term: false",
                                         "num_output: 4 bias_term: false"), (5, 6), tops=2)
    x = noise(5, 6)
    assert len(layer.blobs) == 1
    sums, likely = layer(x)
    torch.testing.assert_close(sums, x.detach() @ layer.weight.detach().t())
    torch.testing.assert_close(likely, torch.sigmoid(sums))
    assert not likely.requires_grad


def test_training_brings_the_reconstruction_to_the_data():
    torch.manual_seed(2)
    layer = make("RBMInnerProduct", text("loss_measure: RECONSTRUCTION"), (32, 6), tops=1)
    patterns = torch.tensor([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], dtype=torch.float64)
    data = patterns.repeat(16, 1)
    errors = []
    for _ in range(300):
        (top,) = layer(data)
        errors.append((top - data).square().mean().item())
        layer.zero_grad()
        top.sum().backward()
        with torch.no_grad():
            for blob in layer.blobs:
                blob -= 0.05 * blob.grad
    assert np.mean(errors[-20:]) < 0.1 * np.mean(errors[:5])


def test_samples_are_1_with_their_chance():
    torch.manual_seed(1)
    chances = torch.tensor([0.0, 0.25, 1.0]).repeat(1000, 1)
    top = make("BernoulliSample", "", (1000, 3))(chances)
    assert set(top.unique().tolist()) == {0, 1}
    assert top.mean(0).tolist() == [0, pytest.approx(0.25, abs=0.05), 1]


@pytest.mark.parametrize("param, tops, message", [
    (text("loss_measure: FREE_ENERGY"), 1, "loss_measure is FREE_ENERGY; the original computes"),
    (text("loss_measure: RECONSTRUCTION forward_is_update: false"), 1,
     "loss_measure is RECONSTRUCTION; the original computes only"),
    (text(), 4, "top is given 4 times; it must be from 0 to 3"),
    (text("sample_steps_in_update: 0"), 1, "sample_steps_in_update is 0; it must be at least 1"),
    (text(parts=PARTS.replace("visible_sampling_layer_param", "#") + "\n"), 1,
     "visible_sampling_layer_param is missing"),
    (text(parts=PARTS.replace('"BernoulliSample"', '"Softmax"', 1)), 1, None),
    (text(parts=PARTS.replace('"Sigmoid"', '"PReLU"', 1)), 1, "hidden_activation_layer_param is of "
     "the type 'PReLU'; it must have no blobs"),
    (text(parts=PARTS.replace('"Sigmoid"', '"Sigmoit"', 1)), 1, "of the type 'Sigmoit', which is "
     "not known"),
    ("rbm_inner_product_param { }", 1, "connection_layer_param is missing"),
    (text().replace("'InnerProduct'", "'Convolution'"), 1, "is of the type 'Convolution'; only "
     "InnerProduct is supported"),
    (text(product=""), 1, "num_output is 0")])
def test_what_the_original_has_no_numbers_for_is_an_error(param, tops, message):
    if message is None:
        make("RBMInnerProduct", param, (5, 6), tops=tops)
        return
    with pytest.raises(SpecError, match=message):
        make("RBMInnerProduct", param, (5, 6), tops=tops)


def test_a_look_at_many_steps_takes_none():
    layer = make("RBMInnerProduct", text("sample_steps_in_update: 4000000000 loss_measure: "
                                         "RECONSTRUCTION"), (5, 2, 3), tops=3)
    assert layer.top_shapes((5, 2, 3)) == [(5, 4), (5, 4), (5, 2, 3)]
