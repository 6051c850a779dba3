"""Crop with center_align, of superxuang/caffe_3d_faster_rcnn."""

import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def test_a_crop_of_the_middle_is_rounded_towards_the_beginning():
    layer = make("Crop", "axis: 2 offset: 0 center_align: true", (2, 3, 8, 7), (2, 9, 5, 4))
    x, like = noise(2, 3, 8, 7), noise(2, 9, 5, 4, requires_grad=False)
    assert torch.equal(layer(x, like), x[:, :, 1:6, 1:5])
    larger = noise(2, 3, 10, 7)                              # other sizes in a forward
    assert torch.equal(layer(larger, like), larger[:, :, 2:7, 1:5])
    with pytest.raises(SpecError, match="goes beyond the bottom's 3"):
        make("Crop", "axis: 2 center_align: true", (2, 3, 8, 3), (2, 9, 5, 4))
