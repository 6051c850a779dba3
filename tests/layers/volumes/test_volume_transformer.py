"""Spatial transformer of volumes: by loops as tridim_st_layer.cu has them, with its memory."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

SHAPE = (2, 3, 4, 5, 6)


def grid_of(depth, height, width):
    """The original's array of four numbers a cell, into which it writes with a step of three."""
    cells = depth * height * width
    data = np.zeros(4 * cells)
    for i in range(cells):
        data[3 * i:3 * i + 4] = [i % height / height * 2 - 1, i % width / width * 2 - 1,
                                 i % depth / depth * 2 - 1, 1]
    return data.reshape(-1, 4)


def sampled(x, matrices, size):
    found, grid = np.zeros((*x.shape[:2], math.prod(size))), grid_of(*size)
    for n, cell in np.ndindex(len(x), len(grid)):
        point = matrices[n] @ grid[cell]
        place = [(value + 1) / 3 * length for value, length in zip(point, x.shape[2:], strict=True)]
        low = [math.floor(value) for value in place]
        for step in np.ndindex(2, 2, 2):
            corner = tuple(np.add(low, step))
            if all(0 <= at < length for at, length in zip(corner, x.shape[2:], strict=True)):
                weight = np.prod([1 - abs(value - at)
                                  for value, at in zip(place, corner, strict=True)])
                found[n, :, cell] += weight * x[(n, slice(None), *corner)]
    return found.reshape(*x.shape[:2], *size)


@pytest.mark.parametrize("fields, size", [("", (4, 5, 6)),
                                          ("output_D: 3 output_H: 7 output_W: 2", (3, 7, 2))])
def test_volumes_are_sampled_over_the_grid_in_the_originals_memory(fields, size):
    x, theta = noise(SHAPE), noise(2, 12, seed=5)
    layer = make("TridimSpatialTransformer", f"tridim_st_param {{ {fields} }}", SHAPE, (2, 12))
    expected = sampled(array(x), array(theta).reshape(2, 3, 4), size)
    assert np.count_nonzero(expected) > expected.size / 2
    np.testing.assert_allclose(layer(x, theta).detach(), expected, rtol=1e-5, atol=1e-6)


def test_numbers_of_the_matrix_can_be_stated():
    x, theta = noise(SHAPE), noise(2, 10, seed=5)
    layer = make("TridimSpatialTransformer", "tridim_st_param { theta_1_2: 0.5 theta_3_4: -0.25 }",
                 SHAPE, (2, 10))
    whole = np.insert(array(theta), [1, 10], [0.5, -0.25], axis=1)
    np.testing.assert_allclose(layer(x, theta).detach(),
                               sampled(array(x), whole.reshape(2, 3, 4), SHAPE[2:]), rtol=1e-5,
                               atol=1e-6)


def test_the_map_has_a_gradient_unless_the_text_says_no():
    x, theta = noise(1, 2, 3, 2, 4), noise(1, 12, seed=5)
    layer = make("TridimSpatialTransformer", "", (1, 2, 3, 2, 4), (1, 12))
    assert torch.autograd.gradcheck(layer, (x, theta), fast_mode=True)
    layer = make("TridimSpatialTransformer", "tridim_st_param { to_compute_dU: false }",
                 (1, 2, 3, 2, 4), (1, 12))
    layer(x, theta).sum().backward()
    assert x.grad is None and theta.grad is not None


@pytest.mark.parametrize("fields, shapes, message", [
    ('transform_type: "projective"', (SHAPE, (2, 12)), "is 'projective'; only 'affine' is known"),
    ('sampler_type: "bilinear"', (SHAPE, (2, 12)), "is 'bilinear'; only 'trilinear' is known"),
    ("output_H: 0", (SHAPE, (2, 12)), "output_H is 0; it must be at least 1"),
    ("", (SHAPE, (2, 11)), "must hold 12 numbers for each of 2 items"),
    ("", (SHAPE[1:], (3, 12)), "it must be .N, C, D, H, W."),
])
def test_what_cannot_be_sampled_is_refused(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("TridimSpatialTransformer", f"tridim_st_param {{ {fields} }}", *shapes)
