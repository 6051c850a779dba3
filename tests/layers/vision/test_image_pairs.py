"""Layers of image pairs against loops over the definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise

SHAPE = (4, 3, 5, 6)


@pytest.mark.parametrize("roi", [3, 4, 1])
def test_pixelwise_similarity_is_the_product_with_each_cell_of_the_window(roi):
    layer, x = make("PixelwiseSimilarity", f"roi: {roi}", SHAPE), noise(SHAPE)
    images, before = x.detach().numpy(), int(np.ceil((roi - 1) / 2))
    expected = np.zeros((2, 5, 6, roi, roi))
    for n, y, u, i, j in np.ndindex(*expected.shape):
        row, column = y - before + i, u - before + j
        if 0 <= row < 5 and 0 <= column < 6:
            expected[n, y, u, i, j] = images[2 * n, :, row, column] @ images[2 * n + 1, :, y, u]
    np.testing.assert_allclose(layer(x).detach(), expected.reshape(2, 30, 1, roi * roi),
                               rtol=1e-10, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)


def test_mapping_mixes_the_images_of_a_pair_where_they_differ():
    layer = make("MappingBySimilarity", "alpha: 0.5", SHAPE, (2, 1, 5, 6))
    x, likeness = noise(SHAPE), noise(2, 1, 5, 6, seed=2).detach().sigmoid().requires_grad_()
    images, betas = x.detach().numpy(), likeness.detach().numpy()
    expected = np.empty(SHAPE)
    for n, c, y, u in np.ndindex(2, 3, 5, 6):
        beta, one, two = betas[n, 0, y, u], images[2 * n, c, y, u], images[2 * n + 1, c, y, u]
        expected[2 * n, c, y, u] = (one + 0.5 * (1 - beta) * two) / (1 + 0.5 - 0.5 * beta)
        expected[2 * n + 1, c, y, u] = (two + 0.5 * (1 - beta) * one) / (1 + 0.5 - 0.5 * beta)
    np.testing.assert_allclose(layer(x, likeness).detach(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(layer, (x, likeness))


@pytest.mark.parametrize("kind, fields, shapes, message", [
    ("PixelwiseSimilarity", "roi: 0", (SHAPE,), "roi is 0; it must be at least 1"),
    ("PixelwiseSimilarity", "", ((3, 3, 5, 6),), "with two items for each pair"),
    ("MappingBySimilarity", "alpha: 2", (SHAPE, (2, 1, 5, 6)), "alpha is 2; it must be from 0"),
    ("MappingBySimilarity", "", (SHAPE, (4, 1, 5, 6)), r"it must be \(2, 1, 5, 6\)"),
])
def test_what_does_not_fit_is_named(kind, fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, fields, *shapes)
