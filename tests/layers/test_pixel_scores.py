"""EltwiseAccuracy of DeconvNet, and the tops of losses that have each label's own."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import check_layer, make, noise


@pytest.mark.parametrize("top_k", [1, 2])
def test_it_is_the_share_of_pixels_whose_class_is_among_the_best(top_k):
    scores = noise(2, 5, 3, 4, requires_grad=False)
    labels = torch.from_numpy(np.random.default_rng(1).integers(0, 6, (2, 1, 3, 4)).astype(float))
    layer = make("EltwiseAccuracy", f"top_k: {top_k} ignore_label: 5", (2, 5, 3, 4), (2, 1, 3, 4))
    check_layer(layer, scores, labels)
    hits = [label in np.argsort(-scores[n, :, y, x].numpy())[:top_k]
            for (n, _, y, x), label in np.ndenumerate(labels.numpy()) if label != 5]
    assert 0 < sum(hits) < len(hits) < labels.numel()
    np.testing.assert_allclose(layer(scores, labels).numpy(), np.full((1, 1, 1, 1), np.mean(hits)),
                               rtol=1e-6)


def test_more_than_all_classes_are_refused():
    with pytest.raises(SpecError, match="top_k is 6; it must be from 1 to the number of classes"):
        make("EltwiseAccuracy", "top_k: 6", (2, 5, 3, 4), (2, 1, 3, 4))


def test_the_third_top_of_a_softmax_loss_is_the_loss_of_each_label():
    scores = noise(2, 5, 3, 4)
    labels = torch.from_numpy(np.random.default_rng(1).integers(0, 6, (2, 1, 3, 4)).astype(float))
    layer = make("SoftmaxWithLoss", "loss_param { ignore_label: 5 }", (2, 5, 3, 4), (2, 1, 3, 4),
                 tops=3)
    check_layer(layer, scores, labels)
    loss, probabilities, each = layer(scores, labels)
    x = scores.detach().numpy()
    expected = np.zeros((2, 1, 3, 4))
    for (n, c, y, k), label in np.ndenumerate(labels.numpy()):
        if label != 5:
            part = np.exp(x[n, :, y, k])
            expected[n, c, y, k] = -np.log(part[int(label)] / part.sum())
    np.testing.assert_allclose(each.numpy(), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(loss.item(), expected.sum() / (labels != 5).sum().item(),
                               rtol=1e-9)
    np.testing.assert_allclose(probabilities.sum(1).detach().numpy(), 1, rtol=1e-9)


def test_the_second_top_of_smooth_l1_is_the_sum_of_each_item():
    x, target = noise(3, 4), noise(3, 4, seed=2, requires_grad=False) * 2
    layer = make("SmoothL1Loss", "", (3, 4), (3, 4), tops=2)
    check_layer(layer, x, target)
    loss, items = layer(x, target)
    d = np.abs(x.detach().numpy() - target.numpy())
    expected = np.where(d < 1, 0.5 * d * d, d - 0.5).sum(1)
    np.testing.assert_allclose(items.numpy(), expected.reshape(3, 1, 1, 1), rtol=1e-12)
    np.testing.assert_allclose(loss.item(), expected.sum() / 3, rtol=1e-12)
