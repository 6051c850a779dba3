"""Fully connected layers with their weights, or a penalty of them, as a second top."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

TREE = """inner_product_param { num_output: 3 } regularize_param { root { node_num: 1
  children { node_num: 2 children { node_num: 3 output_index: 2 }
                         children { node_num: 4 output_index: 1 } }
  children { node_num: 5 output_index: 3 } } }"""


def test_the_weights_are_a_top_whose_gradient_is_added():
    layer = make("InnerProductCLS", "num_output: 5", (2, 3, 4), tops=2)
    x = noise(2, 3, 4)
    weight, bias = (blob.detach().numpy() for blob in layer.blobs)
    y, weights = layer(x)
    rows = x.detach().numpy().reshape(2, 1, 12)
    np.testing.assert_allclose(y.detach().numpy(), (rows * weight).sum(2) + bias, rtol=1e-12)
    assert (weights.detach().numpy() == weight).all()
    above = noise(2, 5, seed=4, requires_grad=False), noise(5, 12, seed=5, requires_grad=False)
    torch.autograd.backward([y, weights], list(above))
    expected = above[1].numpy() + (above[0].numpy()[:, :, None] * rows).sum(0)
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, rtol=1e-12)


def test_the_penalty_is_the_sum_of_the_weights_sizes_over_the_outputs():
    layer = make("InnerProductWithRegularize", "inner_product_param { num_output: 3 }", (2, 4),
                 tops=2)
    weight = layer.weight.detach().numpy()
    _, penalty = layer(noise(2, 4))
    np.testing.assert_allclose(penalty.item(), np.abs(weight).sum() / 3, rtol=1e-12)
    penalty.sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), np.sign(weight) / 3, rtol=1e-12)


def test_a_tree_s_penalty_is_a_lasso_of_its_groups():
    layer = make("InnerProductWithRegularize", TREE, (2, 4), tops=2)
    with torch.no_grad():
        layer.factors.copy_(torch.tensor([0.3, 0.6, 9, 9, 9]).reshape(5, 1, 1, 1))
    w = layer.weight.detach().numpy()

    def norms(*outputs):
        return sum(np.sqrt(sum(w[row - 1, column] ** 2 for row in outputs)) for column in range(4))

    expected = 0.3 * norms(1, 2, 3) + 0.7 * (0.6 * norms(1, 2) + norms(3)
                                             + 0.4 * (norms(1) + norms(2)))
    _, penalty = layer(noise(2, 4))
    assert penalty.shape == (1, 1, 1, 1)
    np.testing.assert_allclose(penalty.item(), expected, rtol=1e-6)
    penalty.sum().backward()
    assert layer.factors.grad.flatten()[2:].tolist() == [0, 0, 0]
    root = norms(1, 2, 3) - (0.6 * norms(1, 2) + norms(3) + 0.4 * (norms(1) + norms(2)))
    np.testing.assert_allclose(layer.factors.grad.flatten()[0].item(), root, rtol=1e-6)


def test_weights_of_zero_give_the_penalty_no_gradient():
    layer = make("InnerProductWithRegularize", TREE, (2, 4), tops=2)
    with torch.no_grad():
        layer.weight.zero_()
    layer(noise(2, 4))[1].sum().backward()
    assert not layer.weight.grad.any()


def test_two_nodes_of_one_number_both_count_as_above():
    text = """inner_product_param { num_output: 2 } regularize_param { root { node_num: 1
      children { node_num: 1 children { node_num: 2 output_index: 1 } }
      children { node_num: 3 output_index: 2 } } }"""
    layer = make("InnerProductWithRegularize", text, (2, 3), tops=2)
    with torch.no_grad():
        layer.factors.copy_(torch.tensor([0.3, 9, 9, 9]).reshape(4, 1, 1, 1))
    w = layer.weight.detach().numpy()
    both = np.sqrt((w ** 2).sum(0)).sum()
    expected = 0.3 * both + 0.7 * 0.7 * np.abs(w[0]).sum() + 0.7 * np.abs(w[1]).sum()
    np.testing.assert_allclose(layer(noise(2, 3))[1].item(), expected, rtol=1e-6)


@pytest.mark.parametrize("text, words", [
    (TREE.replace("node_num: 5", "node_num: 7"), "has the node_num 7; there are 5 nodes"),
    (TREE.replace("output_index: 3", "output_index: 2"),
     r"has leaves of the outputs \[1, 2, 2\]; they must be 1 to 3, each once"),
    (TREE.replace("num_output: 3", "num_output: 3 transpose: true"), "does not go with"),
])
def test_a_tree_that_does_not_fit_is_refused(text, words):
    with pytest.raises(SpecError, match=words):
        make("InnerProductWithRegularize", text, (2, 4), tops=2)


def test_a_penalty_as_a_loss_has_the_gradient_of_its_square():
    layer = make("RegularizeResult", "regularize_2_param { lambda: 0.25 }", (1,))
    x = torch.tensor([3.0], dtype=torch.float64, requires_grad=True)
    top = layer(x)
    assert top.shape == (1, 1, 1, 1) and top.item() == 3
    (top * 2).sum().backward()
    assert x.grad.tolist() == [2 * 0.25 * 3]
