"""Spatial transformers of two projects, by their definitions."""

import numpy as np
import pytest
import torch

from framework import SpecError
from tests.support import make, noise


def test_a_spatial_transformer_samples_the_grid_of_its_matrix():
    x = noise(2, 3, 5, 4)
    theta = (noise(2, 5, seed=2) * 0.5).detach().requires_grad_()
    layer = make("SpatialTransformer", "st_param { output_H: 3 output_W: 6 theta_2_1: 0.125 }",
                 (2, 3, 5, 4), (2, 5))
    expected = np.zeros((2, 3, 3, 6))
    for n, c, i, j in np.ndindex(expected.shape):
        numbers = theta.detach().numpy()[n]
        matrix = np.array([[*numbers[:3]], [0.125, *numbers[3:]]])
        row, column = matrix @ (2 * i / 3 - 1, 2 * j / 6 - 1, 1)
        y, z = (row + 1) / 2 * 5, (column + 1) / 2 * 4
        for m in (int(np.floor(y)), int(np.floor(y)) + 1):
            for k in (int(np.floor(z)), int(np.floor(z)) + 1):
                if 0 <= m < 5 and 0 <= k < 4:
                    expected[n, c, i, j] += ((1 - abs(y - m)) * (1 - abs(z - k))
                                             * x.detach().numpy()[n, c, m, k])
    np.testing.assert_allclose(layer(x, theta).detach(), expected, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, theta))


@pytest.mark.parametrize("kind, count, more", [
    ("translation", 2, "theta_1_1: 0.75"), ("translation_scaling", 4, ""), ("projective", 8, "")])
def test_a_spatial_transformer_moves_corners_to_corners(kind, count, more):
    """mikuhatsune/e2e_face: points (column, row), and the border beyond the map."""
    x = noise(2, 3, 5, 4)
    theta = (noise(2, count, seed=2) * 0.4).detach().requires_grad_()
    layer = make("SpatialTransformer", f"st_param {{ transform_type: '{kind}' output_H: 3 "
                 f"output_W: 6 {more} }}", (2, 3, 5, 4), (2, count))
    expected = np.zeros((2, 3, 3, 6))
    for n, c, i, j in np.ndindex(expected.shape):
        t = theta.detach().numpy()[n]
        matrix = {"translation": lambda t: [[0.75, 0, t[0]], [0, 1, t[1]], [0, 0, 1]],
                  "translation_scaling": lambda t: [[t[0], 0, t[1]], [0, t[2], t[3]], [0, 0, 1]],
                  "projective": lambda t: np.append(t, 1).reshape(3, 3)}[kind](t)
        u, v, third = np.array(matrix) @ (2 * j / 5 - 1, 2 * i / 2 - 1, 1)
        z = np.clip((u / third + 1) / 2 * 3, 0, 3)
        y = np.clip((v / third + 1) / 2 * 4, 0, 4)
        for m, k in np.ndindex(5, 4):
            expected[n, c, i, j] += (max(0, 1 - abs(y - m)) * max(0, 1 - abs(z - k))
                                     * x.detach().numpy()[n, c, m, k])
    np.testing.assert_allclose(layer(x, theta).detach(), expected, rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, theta))


@pytest.mark.parametrize("param, words", [
    ("transform_type: 'grid'", "is 'grid'; it must be one of affine, translation, "),
    ("transform_type: 'projective'", "must hold 8 numbers for each of 2 items"),
    ("transform_type: 'projective' theta_1_1: 1", "st_param.theta_1_1"),
    ("sampler_type: 'nearest'", "is 'nearest'; only 'bilinear' is known"),
    ("transform_type: 'translation' output_H: 1", "st_param.output_H"),
    ("theta_1_1: 1", "must hold 5 numbers for each of 2 items")])
def test_a_spatial_transformer_refuses_another_transform_and_number_of_numbers(param, words):
    with pytest.raises(SpecError, match=words):
        make("SpatialTransformer", f"st_param {{ {param} }}", (2, 3, 5, 4), (2, 6))
