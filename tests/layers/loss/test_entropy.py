"""EntropyLoss, by sums over the positions in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import softmax
from tests.support import array, make, noise


@pytest.mark.parametrize("mode, divisor", [("", 2 * 5 * 4), ("normalization: FULL", 2 * 5 * 4),
                                           ("normalization: BATCH_SIZE", 2),
                                           ("normalization: NONE", 1), ("normalize: false", 2)])
def test_the_entropy_of_scores_is_summed_over_positions(mode, divisor):
    x = noise(2, 3, 5, 4)
    layer = make("EntropyLoss", f"loss_param {{ {mode} }}", (2, 3, 5, 4))
    p = softmax(array(x))
    np.testing.assert_allclose(layer(x).item(), -(p * np.log(p)).sum() / divisor, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_the_classes_are_on_the_axis_of_softmax_param():
    x = noise(2, 3, 5)
    layer = make("EntropyLoss", "softmax_param { axis: 2 }", (2, 3, 5))
    p = softmax(array(x), 2)
    np.testing.assert_allclose(layer(x).item(), -(p * np.log(p)).sum() / 6, rtol=1e-12)


def probabilities():
    return torch.tensor([[0.5, 0.3, 0.19995, 5e-5], [0.9, 0.0999, 1e-4 - 5e-6, 5e-6]],
                        dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("power", [1, 1.5])
def test_of_probabilities_the_value_is_negative_and_the_gradient_that_of_the_entropy(power):
    layer = make("EntropyLoss", f"entropy_param {{ threshold: 0.001 prob_pow: {power} }}", (2, 4))
    p = probabilities()
    loss = layer(p)
    loss.backward()
    values = p.detach().numpy()
    counted = values[values >= 1e-5]
    np.testing.assert_allclose(loss.item(), -np.abs(counted ** power * np.log(counted)).sum(),
                               rtol=1e-6)
    # d(-p^k log p)/dp over the items, from the threshold on
    slopes = -(values ** (power - 1) + power * values ** (power - 1) * np.log(values)) / 2
    np.testing.assert_allclose(p.grad, np.where(values >= 0.001, slopes, 0), rtol=1e-6)


def test_labels_change_nothing():
    labels = torch.tensor([0.0, 1.0], dtype=torch.float64)
    plain = make("EntropyLoss", "entropy_param {}", (2, 4))(probabilities())
    assert make("EntropyLoss", "", (2, 4), (2,))(probabilities(), labels) == plain


def test_the_loss_begins_after_iterations_num():
    layer = make("EntropyLoss", "entropy_param { iterations_num: 2 }", (2, 4))
    for iteration, begun in ((0, False), (1, False), (2, True)):
        layer.note_progress(iteration, 10)
        p = probabilities()
        loss = layer(p)
        loss.backward()
        assert bool(loss != 0) == bool(p.grad.any()) == begun


def test_probabilities_have_no_normalization():
    with pytest.raises(SpecError, match="loss_param.normalization"):
        make("EntropyLoss", "entropy_param {} loss_param { normalization: FULL }", (2, 4))
