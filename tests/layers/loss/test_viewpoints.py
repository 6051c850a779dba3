"""Softmax loss and accuracy of viewpoints, against the definition in numpy."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import DataError, SpecError
from tests.support import make, noise

PERIOD = 8
# class * 8 + angle; the third one is of a photo, the last one background
LABELS = torch.tensor([3.0, 7, 10017, 96], dtype=torch.float64)


def view_loss(scores, bandwidth, sigma, pos, neg):
    """The sum over the items, and its slope."""
    total, slope = 0.0, np.zeros_like(scores)
    for row, label in enumerate(LABELS.numpy().astype(int)):
        weight = pos if label < 10000 else neg
        kind, angle = divmod(label % 10000, PERIOD)
        if kind == 12:
            continue
        own = slice(kind * PERIOD, (kind + 1) * PERIOD)
        share = np.exp(scores[row, own]) / np.exp(scores[row, own]).sum()
        for step in range(-bandwidth, bandwidth + 1):
            at = (angle + step) % PERIOD
            factor = weight * np.exp(-abs(step) / sigma)
            total -= factor * np.log(share[at])
            slope[row, own] += factor * share
            slope[row, kind * PERIOD + at] -= factor
    return total, slope


@pytest.mark.parametrize("bandwidth, sigma, pos, neg", [
    (0, 1, 1, 0), (2, 1.5, 1, 0.25), (3, 4, 2, 1)])
def test_near_angles_count_too_and_photos_by_their_weight(bandwidth, sigma, pos, neg):
    layer = make("SoftmaxWithViewLoss", f"bandwidth: {bandwidth} sigma: {sigma} pos_weight: {pos} "
                 f"neg_weight: {neg} period: 8", (4, 24), (4,))
    scores = noise(4, 24)
    loss = layer(scores, LABELS)
    value, slope = view_loss(scores.detach().numpy(), bandwidth, sigma, pos, neg)
    np.testing.assert_allclose(loss.detach(), value / 4, rtol=1e-7)
    loss.backward()
    np.testing.assert_allclose(scores.grad, slope / 4, rtol=1e-6, atol=1e-12)


def test_an_impossible_angle_costs_at_most_that_of_the_smallest_float():
    scores = torch.zeros(1, 8, dtype=torch.float64)
    scores[0, 0] = 500
    scores.requires_grad_()
    loss = make("SoftmaxWithViewLoss", "period: 8", (1, 8), (1,))(scores, torch.tensor([4.0]))
    np.testing.assert_allclose(loss.detach(), -np.log(np.finfo(np.float32).tiny), rtol=1e-6)
    loss.backward()
    np.testing.assert_allclose(scores.grad, [[1, 0, 0, 0, -1, 0, 0, 0]], atol=1e-12)


@pytest.mark.parametrize("tolerance, expected", [(0, 1 / 3), (1, 2 / 3), (2, 2 / 3), (3, 1)])
def test_the_best_angle_of_the_label_s_class_is_near_the_shorter_way_round(tolerance, expected):
    """By hand: 3 is 3 away, 7 is 1 away from 0 across the end, 1 is right; background is left out.
    """
    scores = torch.full((4, 24), -1.0, dtype=torch.float64)
    scores[:, 20] = 9                   # of another class than the first three labels' but one
    scores[0, 3] = -0.5                 # none above 0: the first angle
    scores[1, 0] = scores[1, 5] = 2     # equal: the first one
    scores[2, 17] = 10
    layer = make("AccuracyView", f"tol_angle: {tolerance} period: 8", (4, 24), (4,))
    np.testing.assert_allclose(layer(scores, LABELS), expected, rtol=1e-12)


def test_without_items_that_count_the_share_is_nan():
    layer = make("AccuracyView", "period: 2", (1, 25), (1,))
    assert layer(noise(1, 25), torch.tensor([24.0])).isnan()


def test_what_does_not_fit_is_refused():
    for kind, field in (("SoftmaxWithViewLoss", "softmax_with_view_loss_param"),
                        ("AccuracyView", "accuracy_view_param")):
        with pytest.raises(SpecError, match=f"{field}.period is 8; the 27 scores of an item must"):
            make(kind, "period: 8", (4, 27), (4,))
        layer = make(kind, "period: 8", (4, 24), (4,))
        for label in (24, 10104, -1):   # of the fourth class, of the fourteenth, of none
            with pytest.raises(DataError, match="item 2"):
                layer(noise(4, 24), torch.tensor([0.0, 0, label, 0], dtype=torch.float64))
    with pytest.raises(SpecError, match="bandwidth is 4; it must be from 0 to below 4"):
        make("SoftmaxWithViewLoss", "period: 8 bandwidth: 4", (4, 24), (4,))
    with pytest.raises(SpecError, match="sigma is 0; it must be above 0"):
        make("SoftmaxWithViewLoss", "period: 8 sigma: 0", (4, 24), (4,))


def test_a_label_of_a_viewpoint_gives_that_of_the_class_of_voc():
    """By hand: background; the first and the last of the twelve classes, rendered and of a photo;
    background after them."""
    labels = torch.tensor([0.0, 1, 3961, 4320, 4321, 10000, 14319, 14320])
    classes, views = make("DetViewSplit", "", (8,), tops=2)(labels)
    assert classes.flatten().tolist() == [0, 1, 20, 20, 0, 10001, 10020, 10000]
    assert views.flatten().tolist() == [14320, 0, 3960, 4319, 4320, 10000, 14319, 14320]
    assert classes.shape == views.shape == (8, 1, 1, 1)


def test_a_label_of_three_angles_is_taken_apart():
    def label(kind, *angles):
        return np.ravel_multi_index((kind, *angles), (13, 360, 360, 360))

    labels = torch.tensor([label(0, 0, 0, 0), label(3, 7, 359, 12), label(12, 1, 2, 3)])
    found = make("TripleViewSplit", "", (3,), tops=4)(labels.double())
    assert [top.flatten().tolist() for top in found] == [
        [0, 3, 11], [0, 1087, 3961], [0, 1439, 3962], [0, 1092, 3963]]
    assert found[0].shape == (3, 1, 1, 1)


def test_labels_beyond_the_classes_are_not_taken_apart():
    for kind, tops, labels in (("DetViewSplit", 2, (4681, 9999, 14680, -1)),
                               ("TripleViewSplit", 4, (13 * 360 ** 3, -1))):
        layer = make(kind, "", (2,), tops=tops)
        for label in labels:
            with pytest.raises(DataError, match="item 1"):
                layer(torch.tensor([1.0, label], dtype=torch.float64))
        with pytest.raises(SpecError, match="it must hold one label an item"):
            make(kind, "", (2, 3), tops=tops)


def test_losses_of_viewpoints_are_read_from_v1():
    layer = parse_net("""layers { name: "l" type: SOFTMAX_WITH_VIEW_LOSS bottom: "x" bottom: "y"
        top: "l" softmax_with_view_loss_param { bandwidth: 15 period: 180 } }
        layers { name: "a" type: ACCURACY_VIEW bottom: "x" bottom: "y" top: "a"
        accuracy_view_param { tol_angle: 5 } }""").message.layer
    assert [one.type for one in layer] == ["SoftmaxWithViewLoss", "AccuracyView"]
    assert layer[0].softmax_with_view_loss_param.period == 180
    assert layer[1].accuracy_view_param.tol_angle == 5


def test_points_of_a_sphere_are_known_by_shape():
    for kind, param, tops, shapes in (
            ("SoftmaxWithSphereLoss", "bandwidth: 2 sigma: 2", 2, [(), (4, 7)]),
            ("SoftmaxWithSphereLoss", "", 1, [()]), ("AccuracySphere", "tol_angle: 3", 1, [()])):
        layer = make(kind, param, (4, 7), (4,), tops=tops)
        assert layer.top_shapes((4, 7), (4,)) == shapes
        with pytest.raises(SpecError, match=f"'{kind}' is known by its shapes only"):
            layer(noise(4, 7), torch.zeros(4))
        with pytest.raises(SpecError, match="must hold one label for each of the 4 items"):
            make(kind, param, (4, 7), (4, 3), tops=tops)
