"""Colours under a matrix of each image, against a loop over the pixels."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPES = ((2, 3, 5, 4), (2, 12))


def test_each_pixel_is_moved_by_the_matrix_of_its_image():
    x, theta = noise(*SHAPES[0]), noise(*SHAPES[1], seed=5)
    layer = make("TransformColor", "", *SHAPES)
    top = layer(x, theta)
    expected = np.empty(SHAPES[0])
    matrix = theta.detach().numpy().reshape(2, 3, 4)
    for n, i, j in np.ndindex(2, 5, 4):
        expected[n, :, i, j] = matrix[n] @ np.append(x.detach()[n, :, i, j].numpy(), 1)
    np.testing.assert_allclose(top.detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda one: layer(x.detach(), one), theta)
    top.sum().backward()
    assert x.grad is None


def test_stated_numbers_stand_at_their_place_of_the_matrix():
    x, theta = noise(*SHAPES[0]), noise(2, 10, seed=5)
    stated = make("TransformColor", "tc_param { theta_1_2: 0.5 theta_3_4: -2 }", SHAPES[0], (2, 10))
    full = torch.cat([theta[:, :1], theta.new_full((2, 1), 0.5), theta[:, 1:],
                      theta.new_full((2, 1), -2)], 1)
    np.testing.assert_array_equal(stated(x, theta).detach(),
                                  make("TransformColor", "", *SHAPES)(x, full).detach())


@pytest.mark.parametrize("fields, shapes, message", [
    ('tc_param { transform_type: "grey" }', SHAPES, "only 'affine' is known"),
    ("tc_param { output_W: 6 }", SHAPES, "output_W is 6; it must be 4"),
    ("", ((2, 1, 5, 4), (2, 12)), r"it must be \(N, 3, H, W\)"),
    ("tc_param { theta_1_1: 1 }", SHAPES, "it must hold 11 numbers"),
])
def test_refused_at_the_start(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("TransformColor", fields, *shapes)
