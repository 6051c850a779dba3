"""WeightedSoftmaxWithLoss: the forms of its projects, by their definitions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.layer_examples import whole
from tests.support import make, noise

SHAPE = (2, 4, 3, 5)
LABELS = whole(2, 1, 3, 5, below=4)
WEIGHTS = (noise(2, 1, 3, 5, seed=4, requires_grad=False) + 1).abs()


def label_losses(scores):
    """-log softmax at each label, and the probability there, (2, 3, 5)."""
    powers = np.exp(scores - scores.max(1, keepdims=True))
    parts = powers / powers.sum(1, keepdims=True)
    own = np.take_along_axis(parts, LABELS.numpy().astype(int), 1)[:, 0]
    return -np.log(own), own


def classes_of(weights):
    return np.array(weights)[LABELS.numpy().astype(int)[:, 0]]


def rarity(ignored=None):
    labels = LABELS.numpy().astype(int)[:, 0]
    result = np.zeros(labels.shape)
    for image, row, column in np.ndindex(labels.shape):
        counted = labels[image] != ignored
        alike = (labels[image] == labels[image, row, column]).sum()
        result[image, row, column] = counted.sum() / alike
    return result


@pytest.mark.parametrize("text, weights", [
    ("softmax_param { pos_cid: 1 pos_mult: 2.5 }", [1, 2.5, 1, 1]),
    ("softmax_param { pos_mult: 2.5 }", [1, 2.5, 1, 1]),
    ("softmax_param { pos_cid: 3 pos_mult: 2.5 pos_cid: 0 pos_mult: 0.5 }", [0.5, 1, 1, 2.5]),
    ('weighted_softmax_param { positions: "0,2" weights: "3,0.5" }', [3, 1, 0.5, 1]),
    ("softmax_param { label_id: 1 label_id: 2 label_scale: 0.75 label_scale: 1.25 }",
     [1, 0.75, 1.25, 1]),
    ("softmax_param { label_id: 1 label_id: 1 label_scale: 0.75 label_scale: 1.25 }",
     [1, 0.75, 1, 1]),
])
def test_a_class_has_the_weight_that_the_layer_gives_it(text, weights):
    layer = make("WeightedSoftmaxWithLoss", text, SHAPE, (2, 1, 3, 5))
    scores = noise(SHAPE)
    losses, _ = label_losses(scores.detach().numpy())
    expected = (losses * classes_of(weights)).sum() / 30
    assert float(layer(scores, LABELS).detach()) == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, LABELS), scores, fast_mode=True)


def test_each_label_has_its_weight_in_a_third_bottom_and_the_normalizer_counts_labels():
    layer = make("WeightedSoftmaxWithLoss", "loss_param { ignore_label: 2 }", SHAPE, (2, 1, 3, 5),
                 (2, 1, 3, 5), tops=2)
    scores = noise(SHAPE)
    losses, _ = label_losses(scores.detach().numpy())
    counted = LABELS.numpy()[:, 0] != 2
    expected = (losses * WEIGHTS.numpy()[:, 0])[counted].sum() / counted.sum()
    loss, parts = layer(scores, LABELS, WEIGHTS)
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(parts.sum(1), 1, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, LABELS, WEIGHTS)[0], scores, fast_mode=True)


@pytest.mark.parametrize("method, factor", [
    ("ADAPTIVE_WEIGHT", lambda own: rarity(2)), ("FOCAL_LOSS", lambda own: 0.75 * (1 - own) ** 1.5),
    ("ADAPTIVE_FOCAL_LOSS", lambda own: rarity(2) * (1 - own) ** 1.5)])
def test_rare_classes_of_an_item_weigh_more(method, factor):
    layer = make("WeightedSoftmaxWithLoss", "loss_param { ignore_label: 2 } "
                 f"weighted_softmax_loss_param {{ method: {method} alpha: 0.75 gamma: 1.5 }}",
                 SHAPE, (2, 1, 3, 5))
    scores = noise(SHAPE)
    losses, own = label_losses(scores.detach().numpy())
    counted = LABELS.numpy()[:, 0] != 2
    expected = (losses * factor(own))[counted].sum() / counted.sum()
    assert float(layer(scores, LABELS).detach()) == pytest.approx(expected, rel=1e-10)
    assert torch.autograd.gradcheck(lambda x: layer(x, LABELS), scores, fast_mode=True)


@pytest.mark.parametrize("text, message", [
    ("", "the layer has no weights; it must have one of a third bottom of weights, softmax_param"),
    ("softmax_param { pos_cid: 1 pos_mult: 2 } weighted_softmax_loss_param { }",
     "has softmax_param.pos_cid and weighted_softmax_loss_param"),
    ("softmax_param { pos_cid: 4 pos_mult: 2 }", "names the class 4; it must be from 0 to 3"),
    ("softmax_param { pos_cid: 1 pos_cid: 2 pos_mult: 2 }", "names 2 classes and 1 weights"),
    ('weighted_softmax_param { positions: "1;2" weights: "3" }', "is '1;2'; it must be numbers"),
])
def test_weights_that_no_project_reads_are_refused(text, message):
    with pytest.raises(SpecError, match=message):
        make("WeightedSoftmaxWithLoss", text, SHAPE, (2, 1, 3, 5))
