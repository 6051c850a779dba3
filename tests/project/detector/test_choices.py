"""What a new detector's settings are for counts, names and shapes that are worked by hand."""

import math
from collections import Counter
from pathlib import Path

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
