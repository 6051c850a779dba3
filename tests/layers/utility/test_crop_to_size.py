"""Crop to a height and a width, and ReLU with its mask: types that a field or a top shows."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


@pytest.mark.parametrize("text, rows, columns", [
    ("axis: 2 height: 3 weight: 4 offset: 1 offset: 2", slice(1, 4), slice(2, 6)),
    ("height: 5 weight: 2 offset: 1", slice(1, 6), slice(1, 3)),
    ("axis: 3 weight: 4", slice(0, 6), slice(0, 4))])
def test_a_crop_of_one_bottom_has_the_sizes_of_the_text(text, rows, columns):
    layer = make("CropToSize", f"crop_param {{ {text} }}", (2, 3, 6, 7))
    x = noise(2, 3, 6, 7)
    np.testing.assert_array_equal(layer(x).detach().numpy(),
                                  x.detach().numpy()[:, :, rows, columns])


@pytest.mark.parametrize("text, message", [
    ("height: 6 weight: 2 offset: 1", r"crop_param.height is 6 on axis 2; from the offset 1 the"),
    ("height: 3", r"crop_param.weight is 0 on axis 3"),
    ("height: 3 weight: 3 offset: 1 offset: 1 offset: 1", "offset is given 3 times; it must be")])
def test_a_crop_beyond_its_bottom_is_an_error(text, message):
    with pytest.raises(SpecError, match=message):
        make("CropToSize", f"crop_param {{ {text} }}", (2, 3, 6, 7))


def test_a_crop_with_a_height_and_a_relu_with_two_tops_have_types_of_their_own():
    net = parse_net("""
        layer { name: "c" type: "Crop" bottom: "x" top: "y" crop_param { height: 2 weight: 3 } }
        layer { name: "d" type: "Crop" bottom: "x" bottom: "y" top: "z" }
        layer { name: "r" type: "ReLU" bottom: "x" top: "x" top: "mask" }
        layer { name: "s" type: "ReLU" bottom: "x" top: "x" }""")
    assert [layer.type for layer in net.message.layer] == [
        "CropToSize", "Crop", "ReLUWithMask", "ReLU"]


@pytest.mark.parametrize("slope", [0, 0.25])
def test_the_mask_of_a_relu_is_1_where_the_bottom_is_above_0(slope):
    layer = make("ReLUWithMask", f"relu_param {{ negative_slope: {slope} }}", (2, 3), tops=2,
                 dtype=torch.float32)
    x = torch.tensor([[-2.0, 0.0, 3.0], [1.5, -0.5, -0.0]])
    y, mask = layer(x)
    np.testing.assert_array_equal(y, [[-2 * slope, 0, 3], [1.5, -0.5 * slope, 0]])
    np.testing.assert_array_equal(mask, [[0, 0, 1], [1, 0, 0]])
