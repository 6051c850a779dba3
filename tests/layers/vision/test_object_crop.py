"""Crops to the region whose features differ, worked by hand and against loops in numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.vision.object_crop import region, saliency
from tests.support import make, noise


def test_saliency_is_the_share_of_a_walk_of_ten_steps():
    features = noise(3, 4, 4).detach().numpy()
    moves = np.zeros((16, 16))
    for one in range(16):
        for other in range(16):
            apart = np.sqrt(((features[:, one // 4, one % 4]
                              - features[:, other // 4, other % 4]) ** 2).sum())
            far = (one // 4 - other // 4) ** 2 + (one % 4 - other % 4) ** 2
            moves[one, other] = apart * np.exp(-far / (2 * 0.6**2))
    moves /= moves.sum(0)
    expected = np.linalg.matrix_power(moves, 10) @ np.full(16, 1 / 16)
    np.testing.assert_allclose(saliency(features), expected.reshape(4, 4), rtol=1e-9)


def test_the_region_is_the_square_of_the_largest_box():
    """By hand: of 8 cells of one pixel 2 rows of 6; 6 x 2 becomes 4 x 4, one right and one up."""
    shares = np.zeros((8, 8))
    shares[4:6, 1:7] = 1
    shares[0, 0] = 1
    assert region(shares, 8) == (2, 3, 4, 4)
    shares[:] = 0
    shares[0:2, 1:7] = 1
    assert region(shares, 8) == (2, 0, 4, 3)        # the row above the image is cut
    assert region(np.ones((8, 8)), 8) == (0, 0, 8, 8)


def test_the_crop_is_the_image_there_resized_as_bytes():
    """Of a square in the middle the cells around it lead: a box of 6 x 6 in maps of 8 x 8."""
    maps = torch.zeros(1, 2, 8, 8)
    maps[:, :, 2:6, 2:6] = 1
    assert region(saliency(maps[0].numpy()), 8) == (1, 1, 6, 6)
    images = (noise(1, 3, 8, 8, requires_grad=False) * 60).round() + 0.25
    layer = make("ProposalCrop", "out_size: 6 mean_value1: 100 mean_value2: 110 mean_value3: 120",
                 (1, 3, 8, 8), (1, 2, 8, 8))
    means = torch.tensor([100.0, 110, 120]).reshape(1, 3, 1, 1)
    expected = (images[:, :, 1:7, 1:7] + means).clamp(0, 255).floor() - means
    torch.testing.assert_close(layer(images, maps), expected.to(images), rtol=0, atol=1e-4)


def test_what_does_not_fit_is_refused():
    with pytest.raises(SpecError, match=r"bottom\[0\] has the shape .1, 3, 8, 9.; it must be"):
        make("ProposalCrop", "", (1, 3, 8, 9), (1, 2, 4, 4))
    with pytest.raises(SpecError, match=r"bottom\[1\] has the shape .2, 2, 4, 4.; it must"):
        make("ProposalCrop", "", (1, 3, 8, 8), (2, 2, 4, 4))
