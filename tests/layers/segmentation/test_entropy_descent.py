"""Entropic descent with a bank of filters, edges and overlap, against definitions in numpy."""

import logging

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers import LAYERS
from tests.definitions import softmax
from tests.support import layer_spec, make, noise

SIZES = ((2, 4, 5, 6), (2, 3, 5, 6))


def bottoms():
    return (noise(SIZES[0], requires_grad=False).softmax(1).requires_grad_(),
            noise(SIZES[1], seed=2, requires_grad=False).softmax(1).requires_grad_())


def descended(p, shares, unary, filters, steps, factor=1.0, eps=0.1, pairs=True):
    bank = filters.reshape(12, 4, 3, 3)
    x = p
    for step in range(1, steps + 1):
        slope = -unary * np.log(p + eps)
        if pairs:
            padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
            for c in range(4):
                for f in range(3):
                    for row, column in np.ndindex(5, 6):
                        window = padded[:, :, row:row + 3, column:column + 3]
                        slope[:, c, row, column] += shares[:, f, row, column] * (
                            window * bank[3 * c + f]).sum((1, 2, 3))
        x = x * np.exp(-np.sqrt(2 * np.log(4) / step) / factor * slope)
        x = x / x.sum(1, keepdims=True)
    return x


@pytest.mark.parametrize("fields, given", [
    ("num_iterations: 3", {}), ("num_iterations: 2 step_size_factor: 2.5 log_eps: 0.3",
                                {"factor": 2.5, "eps": 0.3}),
    ("num_iterations: 2 skip_pw_term: true", {"pairs": False})])
def test_each_step_follows_the_slope_of_the_energy(fields, given):
    layer = make("CrfFilterbankEd", f"kernel_size: 3 {fields}", *SIZES)
    p, shares = bottoms()
    steps = 3 if "3" in fields.split()[1] else 2
    unary, filters = (blob.detach().numpy() for blob in layer.blobs)
    expected = descended(p.detach().numpy(), shares.detach().numpy(), unary.item(), filters, steps,
                         **given)
    np.testing.assert_allclose(layer(p, shares).detach(), expected, rtol=1e-6)


def test_the_middle_of_the_filters_and_redundant_ones_do_not_learn():
    p, shares = bottoms()
    for fields, middle, earlier in (("", False, True), ("keep_mid_ind_zero: false", True, True),
                                    ("no_redundancy_weights: true", False, False)):
        layer = make("CrfFilterbankEd", f"kernel_size: 3 num_iterations: 1 {fields}", *SIZES)
        (layer(p, shares) * noise(SIZES[0], seed=4, requires_grad=False)).sum().backward()
        moved = layer.filters.grad != 0
        assert moved[0, :, 0].all() and moved[2, 6:, 0].all()
        assert bool(moved[:, :, 1, 1].any()) == middle
        assert bool(moved[2, :6].any()) == earlier
        assert layer.unary.grad.item() != 0 and p.grad is not None


def test_first_filters_repel_other_classes():
    """By hand: 0.1 or 1 times exp(-d^2 / 3), below 0 for the class itself, 0 in the middle."""
    spec = layer_spec("CrfFilterbankEd", "kernel_size: 3 init_filters: true", 2)
    layer = LAYERS["CrfFilterbankEd"](spec, *SIZES)
    layer.materialise(torch.Generator().manual_seed(0))
    assert layer.unary.item() == pytest.approx(0.1)
    edge, corner = np.exp(-1 / 3), np.exp(-2 / 3)
    bump = np.array([[corner, edge, corner], [edge, 0, edge], [corner, edge, corner]])
    filters = layer.filters.detach().numpy()
    np.testing.assert_allclose(filters[1, 2], 0.1 * bump, rtol=1e-6)
    np.testing.assert_allclose(filters[2, 2], -0.1 * bump, rtol=1e-6)
    np.testing.assert_allclose(filters[2, 4 + 3], 0.1 * bump, rtol=1e-6)
    np.testing.assert_allclose(filters[3, 8 + 3], -bump, rtol=1e-6)
    spec = layer_spec("CrfFilterbankEd", "kernel_size: 3", 2)
    layer = LAYERS["CrfFilterbankEd"](spec, *SIZES)
    layer.materialise(torch.Generator().manual_seed(0))
    assert not layer.filters.any()


def test_edges_count_but_for_levels_of_255():
    x = noise(2, 3, 4)
    levels = torch.arange(24.0).reshape(2, 3, 4) * 11
    levels[1, 2] = 255
    layer = make("EdgeLoss", "", (2, 3, 4), (2, 3, 4))
    far = (x.detach() - levels / 256) * (levels != 255)
    np.testing.assert_allclose(layer(x, levels).item(), (far**2).sum() / 4, rtol=1e-7)
    assert torch.autograd.gradcheck(lambda y: layer(y, levels.double()), x)


def test_the_overlap_of_all_forwards_is_reported_once(caplog):
    layer = make("IOUAccuracy", "test_iterations: 2 ignore_label: 9", (1, 3, 4), (1, 4), tops=0)
    best = torch.tensor([[0, 1, 1, 2], [0, 0, 2, 2]])
    truth = torch.tensor([[0.0, 1, 2, 9], [0, 1, 2, 2]])
    with caplog.at_level(logging.WARNING, "framework.layers"):
        for found, labels in zip(best, truth, strict=True):
            scores = torch.nn.functional.one_hot(found, 3).T[None].double()
            assert layer(scores, labels[None]) == ()
    # by hand: class 0 2 of 3, class 1 1 of 3, class 2 2 of 3
    assert [record.getMessage() for record in caplog.records] == [
        "layer 'layer': IOU Accuracy 55.5556"]
    assert not layer.counts.any()


@pytest.mark.parametrize("fields, divisor", [("", 7), ("normalize: false", 2)])
def test_a_top_of_the_overlap_is_the_softmax_loss(fields, divisor):
    scores = noise(2, 3, 4, requires_grad=False)
    labels = torch.tensor([[0.0, 1, 2, 255], [0, 1, 2, 2]])
    loss, shares = make("IOUAccuracy", f"test_iterations: 9 {fields}", (2, 3, 4), (2, 4), tops=2)(
        scores, labels)
    expected = softmax(scores.numpy())
    np.testing.assert_allclose(shares, expected, rtol=1e-12)
    total = -sum(np.log(expected[n, int(labels[n, i]), i]) for n in range(2) for i in range(4)
                 if labels[n, i] != 255)
    np.testing.assert_allclose(loss.item(), total / divisor, rtol=1e-12)


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("CrfFilterbankEd", "kernel_size: 4", SIZES, "kernel_size is 4; it must be odd"),
    ("CrfFilterbankEd", "div_epsilon: 0.1", SIZES, "div_epsilon asks for what"),
    ("CrfFilterbankEd", "init_filters: true", ((2, 4, 5, 6), (2, 2, 5, 6)), "needs 3 filters"),
    ("CrfFilterbankEd", "", ((2, 4, 5, 6), (2, 3, 5, 5)), "must be .N, C, H, W. and .N, F, H, W."),
    ("IOUAccuracy", "", ((2, 3, 4), (2, 4)), "test_iterations is missing or 0"),
    ("IOUAccuracy", "test_iterations: 1", ((2, 3, 4), (2, 3)), "one label for each position"),
    ("EdgeLoss", "", ((2, 3), (2, 4)), "must have as many items and values as"),
])
def test_what_does_not_fit_is_refused(kind, param, shapes, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, *shapes)
