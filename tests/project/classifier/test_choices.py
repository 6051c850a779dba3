"""What a new classifier's settings are for counts and sizes that are worked by hand."""

from pathlib import Path

import pytest

from framework import parse_net
from framework.net.net import Net
from framework.project.choices import Choices
from framework.project.classifier.backbone import SMALL, Backbone, backbone, cells, small_text
from framework.project.classifier.choices import settings


def chosen(num_train, size, name=SMALL):
    """Settings for a backbone with a mean of its own, which needs no look at images."""
    net = Backbone(name, "", "pool", mean=(104.0, 117.0, 123.0))
    counts = {"cat": num_train // 2, "dog": num_train - num_train // 2}
    return settings(net, counts, 4, ["cat", "dog"], Path("absent"), (size, size), Choices())


@pytest.mark.parametrize("num_train, size, max_iter", [
    (3_000, 32, 1900),          # 20 x 3,000 / 32 = 1875
    (100_000, 32, 4500),        # 0.15e9 / (32 x 32 x 32) = 4577
    (100_000, 128, 4500),       # its cells are 32 x 32 too
    (100_000, 100, 1800),       # 0.15e9 / (32 x 50 x 50) = 1875
    (100_000, 224, 1400),       # 0.15e9 / (32 x 56 x 56) = 1494
    (2_000, 224, 1300),         # 20 x 2,000 / 32 = 1250: there is time
    (100_000, 1024, 300)])      # 0.15e9 / (32 x 256 x 256) = 71
def test_iterations_are_what_two_cores_do_in_eight_minutes(num_train, size, max_iter):
    assert chosen(num_train, size).max_iter == max_iter


def test_a_limited_training_says_so_and_that_of_published_weights_is_not_limited():
    reasons = [next(choice.reason for choice in found.choices if choice.name == "max_iter")
               for found in (chosen(100_000, 224), chosen(100_000, 224, "resnet18"))]
    assert reasons[0].endswith("1400 iterations, which take two cores up to 8 minutes: make it "
                               "more if there is time")
    assert reasons[1].endswith("6000 iterations")


@pytest.mark.parametrize("size", [32, 55, 56, 77, 111, 112, 128, 225])
def test_the_cells_of_the_small_net_are_those_of_its_first_full_map(size):
    net = Net(parse_net(small_text(size)), "TEST")
    assert net.shapes["conv1"] == (1, 32, cells(size), cells(size))
    assert backbone(SMALL).features == "pool"
