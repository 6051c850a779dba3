"""Layers of JPEG steganalysis, and the lifted structured loss, by their definitions."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.fillers import fill_
from framework.proto import FillerParameter
from tests.support import make, noise


def test_blocks_of_cosines_become_pixels():
    x = noise(1, 64, 2, 3).detach().round(decimals=1)
    top = make("BdctToSpatial", "quality: 95", (1, 64, 2, 3))(x)
    assert top.shape == (1, 1, 16, 24)
    steps = np.array([2, 1, 1, 2, 2, 4, 5, 6, 1, 1, 1, 2, 3, 6, 6, 6])    # the first two rows
    for y, column in ((0, 0), (9, 13), (15, 23)):
        value = 0.0
        for u, v in np.ndindex(8, 8):
            step = steps[8 * u + v] if u < 2 else None
            if step is None:
                continue
            wave = (math.cos(math.pi / 8 * u * (y % 8 + 0.5))
                    * math.cos(math.pi / 8 * v * (column % 8 + 0.5)) / 4)
            wave *= (math.sqrt(0.5) if u == 0 else 1) * (math.sqrt(0.5) if v == 0 else 1)
            value += x[0, 8 * u + v, y // 8, column // 8].item() * step * wave
        low = x.clone()
        low[:, 16:] = 0
        found = make("BdctToSpatial", "quality: 95", (1, 64, 2, 3))(low)[0, 0, y, column]
        np.testing.assert_allclose(found.item(), value, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("process, wanted", [
    ("QUANTTRUNCABS", [2, 1, 0, 1, 2]), ("QUANT", [-3, -1, 0, 1, 4]),
    ("ABS", [2.5, 0.5, 0.25, 1.25, 3.5]), ("TRUNC", [-2, -0.5, 0.25, 1.25, 2]),
    ("QUANTTRUNC", [-2, -1, 0, 1, 2]), ("QUANTABS", [3, 1, 0, 1, 4]),
    ("TRUNCABS", [2, 0.5, 0.25, 1.25, 2])])
def test_values_are_rounded_cut_and_made_positive(process, wanted):
    layer = make("QuantTruncAbs", f"process: {process} threshold: 2", (5,))
    assert layer(torch.tensor([-2.5, -0.5, 0.25, 1.25, 3.5])).tolist() == wanted


def test_bn_conv_moves_its_averages_towards_the_batch():
    layer = make("BNConv", "decay: 0.9", (4, 3, 2, 5))
    scale, shift, mean, variance = (blob.detach().clone() for blob in layer.blobs)
    x = noise(4, 3, 2, 5)
    top = layer(x).detach().numpy()
    array = x.detach().numpy()
    center, spread = (f((0, 2, 3), keepdims=True) for f in (array.mean, array.var))
    expected = (array - center) / np.sqrt(spread) * scale.numpy() + shift.numpy()
    np.testing.assert_allclose(top, expected, rtol=1e-7)
    np.testing.assert_allclose(layer.blobs[2], 0.1 * mean.numpy() + 0.9 * center, rtol=1e-5)
    np.testing.assert_allclose(layer.blobs[3], 0.1 * variance.numpy() + 0.9 * spread, rtol=1e-5)


def test_dct_filters_are_orthonormal_and_the_first_is_the_mean():
    blob = torch.empty(16, 1, 4, 4, dtype=torch.float64)
    fill_(blob, FillerParameter(type="dct4"), torch.Generator())
    flat = blob.flatten(1).numpy()
    np.testing.assert_allclose(flat @ flat.T, np.eye(16), atol=1e-12)
    np.testing.assert_allclose(flat[0], 0.25, rtol=1e-12)
    row, column = np.indices((4, 4)) + 0.5
    wave = np.cos(math.pi / 4 * row) * np.cos(math.pi / 4 * 3 * column) / 2
    np.testing.assert_allclose(flat[4 + 3].reshape(4, 4), wave, rtol=1e-9, atol=1e-12)
    with pytest.raises(ValueError, match="the blob must have the shape"):
        fill_(torch.empty(16, 3, 4, 4), FillerParameter(type="dct4"), torch.Generator())


def test_positive_pairs_meet_all_their_negatives():
    x, labels = noise(6, 5), torch.tensor([0, 1, 0, 2, 1, 0.0])
    loss = make("LiftedStructSimilaritySoftmaxLoss", "lifted_struct_sim_softmax_loss_param { "
                "margin: 0.7 }", (6, 5), (6,))(x, labels)
    array = x.detach().numpy()
    distance = np.sqrt(((array[:, None] - array) ** 2).sum(2))
    total = count = 0
    margin = np.float32(0.7).item()
    for i in range(6):
        for j in range(i + 1, 6):
            if labels[i] == labels[j]:
                others = [math.exp(margin - distance[one, k]) for one in (i, j) for k in range(6)
                          if labels[k] != labels[one]]
                total += max(math.log(sum(others)) + distance[i, j], 0) ** 2
                count += 1
    np.testing.assert_allclose(loss.item(), total / count / 2, rtol=1e-10)


def test_a_batch_without_pairs_or_without_negatives_has_no_loss_and_a_finite_gradient():
    for labels in ([0, 1, 2, 3, 4, 5.0], [1, 1, 1, 1, 1, 1.0]):
        x = noise(6, 5)
        loss = make("LiftedStructSimilaritySoftmaxLoss", "", (6, 5), (6,))(x, torch.tensor(labels))
        loss.backward()
        assert loss.item() == 0
        assert (x.grad == 0).all()


@pytest.mark.parametrize("kind, param, shape, words", [
    ("BdctToSpatial", "quality: 80", (1, 64, 2, 3), "is 80; it must be 75 or 95"),
    ("BdctToSpatial", "", (1, 63, 2, 3), r"it must be \(N, 64, H, W\)"),
    ("BNConv", "", (4, 3), r"it must be \(N, C, H, W\)")])
def test_settings_that_do_not_fit_are_refused(kind, param, shape, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, shape)
