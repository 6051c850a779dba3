"""What a new detector's settings are for counts, names and shapes that are worked by hand."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from framework import parse_net
from framework.net.net import Net
from framework.project.detector.backbone import SMALL, Backbone, backbone
from framework.project.detector.choices import settings
from framework.report.data_survey import Survey


def chosen(num_train=64, num_test=4, names=("cat",)):
    """Settings for a backbone with a mean of its own, which needs no look at images."""
    net = Backbone("vgg16", (), (), mean=(104.0, 117.0, 123.0))
    survey = Survey("train_lmdb", sizes=Counter({(64, 48): num_train}))
    return settings(net, survey, num_test, names, Path("absent"), None)


@pytest.mark.parametrize("num_test, batch", [(1, 1), (4, 4), (16, 16), (17, 1), (32, 16), (34, 2),
                                             (30, 15), (51, 3)])
def test_each_test_image_is_tested_once_in_batches_of_at_most_16(num_test, batch):
    found = chosen(num_test=num_test)
    assert (found.test_batch, found.test_iter) == (batch, num_test // batch)


@pytest.mark.parametrize("names, is_mirrored", [
    (["cat", "dog"], True), (["left hand"], False), (["cat", "Right_eye"], False),
    (["cleft", "brightness"], True)])
def test_images_are_mirrored_unless_a_class_has_a_side(names, is_mirrored):
    assert chosen(names=names).mirror == is_mirrored


def test_the_cells_of_the_small_backbone_are_as_far_apart_as_it_says():
    small = backbone(SMALL)
    shapes = Net(parse_net(small.parts[0].text), "TEST").shapes
    height, width = shapes["data"][2:]
    steps = [origin.step for origin in small.origins]
    assert [(math.ceil(height / step), math.ceil(width / step)) for step in steps] == \
        [shapes[origin.bottom][2:] for origin in small.origins]


def small(num_train, side):
    """Settings of the small net for images of 64 x 64 with one box, `side` parts of one wide."""
    box = np.array([[1, 0, 0.1, 0.1, 0.1 + side, 0.1 + side, 0]], np.float32)
    survey = Survey("train_lmdb", sizes=Counter({(64, 64): num_train}), boxes=box)
    net = Backbone(SMALL, (), (), mean=(104.0, 117.0, 123.0))
    return settings(net, survey, 4, ["cat"], Path("absent"), None)


@pytest.mark.parametrize("num_train, side, longer, max_iter", [
    (300, 0.5, 320, 1100),      # 27 x 300 / 8 = 1012.5
    (100, 0.02, 512, 600),      # 10 of 512 pixels: still below 12
    (500, 0.02, 416, 800),      # 1.2e9 / (8 x 416 x 416) = 866; at 512 500 x 12 images are more
    (1000, 0.02, 320, 1400)])   # 1.2e9 / (8 x 320 x 320) = 1464
def test_input_and_iterations_are_what_two_cores_do_in_eight_minutes(num_train, side, longer,
                                                                     max_iter):
    found = small(num_train, side)
    assert (found.size, found.max_iter) == ((longer, longer), max_iter)


def test_a_limited_training_says_so_and_that_of_published_weights_is_not_limited():
    reasons = [next(choice.reason for choice in found.choices if choice.name == "max_iter")
               for found in (small(1000, 0.02), chosen(num_train=1000))]
    assert reasons[0].endswith("1400 iterations, which take two cores up to 8 minutes: make it "
                               "more if there is time")
    assert reasons[1].endswith("12000 iterations")
