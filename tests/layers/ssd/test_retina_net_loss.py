"""RetinaNetLoss against torchvision's formulae in numpy, and its errors."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.ops.matching import match_anchors
from tests import slow_anchors
from tests.layers.multibox_examples import CENTER, example
from tests.slow_multibox import Rule
from tests.support import make

SETTINGS = [
    ("", {}), ("smooth_l1_beta: 0.125", {"beta": 0.125}),
    ("alpha: 0.625 gamma: 1.5", {"alpha": 0.625, "gamma": 1.5}),
    ("foreground_overlap: 0.3 background_overlap: 0.1 loc_weight: 0.5",
     {"high": 0.3, "low": 0.1, "loc_weight": 0.5}),
    ("foreground_overlap: 1 background_overlap: 0.9", {"high": 1.0, "low": 0.9}),
    ("use_difficult_gt: false", {"use_difficult": False})]


def bottoms_of(num_images=2, **options):
    return example(Rule(4, CENTER), num_images=num_images, **options)


def loss_layer(text, bottoms):
    return make("RetinaNetLoss", f"num_classes: 4 {text}", *(tuple(one.shape) for one in bottoms))


@pytest.mark.parametrize("text, rule", SETTINGS)
def test_the_loss_is_that_of_torchvision_and_its_gradient_the_derivative(text, rule):
    bottoms = loc, conf, prior, label = bottoms_of()
    layer = loss_layer(text, bottoms)
    priors, variances = prior.numpy().reshape(2, -1, 4)
    expected = slow_anchors.retina_net_loss(
        loc.detach().numpy().reshape(2, -1, 4), conf.detach().numpy().reshape(2, -1, 4),
        priors, variances, label.numpy().reshape(-1, 8), **rule)
    np.testing.assert_allclose(layer(*bottoms).item(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda x, y: layer(x, y, prior, label), (loc, conf),
                                    fast_mode=True)


def test_anchors_are_matched_as_torchvision_does_it():
    _, _, prior, label = bottoms_of(num_priors=61, rows=13)
    rows = label.reshape(-1, 8)
    found = match_anchors(prior.reshape(2, -1, 4)[0], rows[:, 3:7], rows[:, 0].long(), 2, 0.6, 0.3)
    kinds = set()
    for image in range(2):
        own = (rows[:, 0] == image).nonzero().flatten()
        expected = slow_anchors.match(prior.numpy().reshape(2, -1, 4)[0],
                                      rows[own, 3:7].numpy(), 0.6, 0.3)
        expected = [own[number].item() if number >= 0 else number for number in expected]
        assert found[image].tolist() == expected
        kinds |= {min(number, 0) for number in expected}
    assert kinds == {0, -1, -2}


def test_equal_overlaps_of_a_box_that_reach_no_threshold_are_all_matched():
    anchors = torch.tensor([[0.0, 0, 0.2, 0.2], [0.0, 0, 0.2, 0.2], [0.1, 0, 0.3, 0.2],
                            [0.7, 0.7, 0.9, 0.9]])
    box = torch.tensor([[0.0, 0.0, 0.2, 0.1]])
    found = match_anchors(anchors, box, torch.tensor([0]), 1, 0.7, 0.4)
    assert found.tolist() == [[0, 0, -1, -1]]


def test_images_without_boxes_still_have_the_loss_of_their_background():
    loc, conf, prior, label = bottoms_of()
    label = torch.full_like(label, -1)
    value = loss_layer("", (loc, conf, prior, label))(loc, conf, prior, label)
    scores = conf.detach().numpy()
    expected = sum(slow_anchors.focal(x, 0.0, 0.25, 2.0) for x in scores.flatten()) / 2
    np.testing.assert_allclose(value.item(), expected, rtol=1e-9)


@pytest.mark.parametrize("text, message", [
    ("num_classes: 1", r"num_classes is 1; it must be given, and at least 2"),
    ("num_classes: 4 alpha: 1.5", r"alpha is 1.5; it must be from 0 to 1"),
    ("num_classes: 4 gamma: -1", r"gamma is -1; it must be at least 0"),
    ("num_classes: 4 background_overlap: 0.6",
     r"background_overlap is 0.6 and foreground_overlap 0.5"),
    ("num_classes: 4 smooth_l1_beta: -1", r"smooth_l1_beta is -1; it must be at least 0"),
    ("num_classes: 5", r"bottom has the shapes \(2, 104\) and \(2, 104\); for 26 priors")])
def test_settings_that_mean_nothing_are_errors_of_their_field(text, message):
    shapes = [tuple(one.shape) for one in bottoms_of()]
    with pytest.raises(SpecError, match=rf"'layer' \(RetinaNetLoss\): .*{message}"):
        make("RetinaNetLoss", text, *shapes)


def test_rows_of_another_length_than_8_are_an_error():
    shapes = [tuple(one.shape) for one in bottoms_of()]
    with pytest.raises(SpecError, match=r"label shape \(1, 1, 9, 7\), 63 numbers; there must be 8"):
        make("RetinaNetLoss", "num_classes: 4", *shapes[:3], (1, 1, 9, 7))


@pytest.mark.parametrize("wrong", [0, 4])
def test_a_label_beyond_the_classes_is_an_error_with_its_row(wrong):
    bottoms = bottoms_of()
    layer = loss_layer("", bottoms)
    bottoms[3][0, 0, 4, 1] = wrong
    with pytest.raises(DataError, match=rf"has the value {wrong} at row 4 \(item 1\) of the batch; "
                                        "it must be from 1 to 3"):
        layer(*bottoms)
