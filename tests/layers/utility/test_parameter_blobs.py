"""Param2Top, Bottom2Param and ClassLatch, as a net of CAFFE-DACH has them."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import SpecError
from framework.net.net import Net
from tests.support import make, noise

NET = """
layer { name: "new" type: "Input" top: "new" input_param { shape { dim: 3 } } }
layer { name: "old" type: "Param2Top" top: "old" param { name: "kept" }
        param2top_param { data_filler { value: -1 } data_refill: 1 shape { dim: 3 } } }
layer { name: "keep" type: "Bottom2Param" bottom: "new" param { name: "kept" } }
"""


def test_a_shared_blob_gives_the_bottom_of_the_forward_before():
    net = Net(parse_net(NET), "TRAIN")
    seen = [net({"new": torch.full((3,), float(value))})["old"].tolist() for value in (4, 7, 2)]
    assert seen == [[-1] * 3, [4] * 3, [7] * 3]


def test_blobs_are_filled_where_they_are_to_be_and_learn():
    layer = make("Param2Top", "param2top_param { shape { dim: 2 dim: 3 } "
                 "shape { dim: 4 } }", tops=2)
    first, second = layer()
    assert first.shape == (2, 3) and second.shape == (4,)
    assert torch.equal(first, layer.blobs[0]) and first.requires_grad
    text = NET.replace("data_refill: 1", "data_refill: 0")
    net = Net(parse_net(text), "TRAIN")
    assert net({"new": torch.ones(3)})["old"].tolist() == [0] * 3


@pytest.mark.parametrize("text, message", [
    ("", "param2top_param.shape is given 0 times; it must be once, or once for each of the 2"),
    ("shape { dim: 3 } data_filler { value: 1 }", "data_refill is given 0 times"),
    ("shape { dim: 3 } data_filler { value: 1 } data_refill: 2", "data_refill is 2; it must be")])
def test_fields_that_do_not_fit_the_tops_are_refused(text, message):
    with pytest.raises(SpecError, match=message):
        make("Param2Top", f"param2top_param {{ {text} }}", tops=2)


def test_a_latch_gives_its_data_without_a_gradient():
    x, label = noise(4, 3), torch.arange(4.0)
    first, second = make("ClassLatch", "label_nmax: 4", (4, 3), (4,), (4, 3), (4,), tops=2)(
        x, label, 2 * x, label)
    np.testing.assert_array_equal(first, x.detach())
    np.testing.assert_array_equal(second, 2 * x.detach())
    assert not first.requires_grad
    with pytest.raises(SpecError, match="given 3 times; it must be twice for each of the 1 tops"):
        make("ClassLatch", "", (4, 3), (4,), (4, 3))
