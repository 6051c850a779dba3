"""MaskCreate and CreateMaskVector against loops over cells."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def test_the_mask_is_the_last_of_the_largest_scores():
    scores = noise(2, 4, 3, 5, requires_grad=False)
    scores[0, 1, 2, 3] = scores[0, 3, 2, 3] = 9
    layer = make("MaskCreate", "num_cls: 4", (2, 4, 3, 5))
    top = layer(scores)
    assert top.shape == (2, 1, 3, 5) and top[0, 0, 2, 3] == 3
    for n in range(2):
        for h in range(3):
            for w in range(5):
                cell = scores[n, :, h, w].tolist()
                assert top[n, 0, h, w] == max(range(4), key=lambda c: (cell[c], c))


LABELS = np.array([[[0, 3, 3, -1], [3, 9, 0, 3]], [[1, 1, 1, 5], [1, 1, 4, 4]],
                   [[9, 9, 9, 9], [-1, 9, 9, 9]]])


@pytest.mark.parametrize("pool", ["MAX", "AVE"])
def test_a_vector_tells_the_classes_of_an_item_and_those_before(pool):
    layer = make("CreateMaskVector", f"num_label: 5 pool: {pool}", (3, 1, 2, 4))
    top = layer(torch.tensor(LABELS, dtype=torch.float64)[:, None])
    counts = np.array([[2, 0, 0, 4, 0], [2, 5, 0, 4, 2], [2, 5, 0, 4, 2]])
    expected = counts > 0 if pool == "MAX" else counts / 8
    assert top.shape == (3, 5, 1, 1)
    np.testing.assert_allclose(top[:, :, 0, 0].numpy(), expected)


@pytest.mark.parametrize("kind, param, shape, words", [
    ("MaskCreate", "num_cls: 3", (2, 4, 3, 5), "num_cls is 3; the bottom has 4 channels"),
    ("CreateMaskVector", "num_label: 0", (2, 1, 3, 5), "num_label is 0; it must be"),
    ("CreateMaskVector", "num_label: 3", (2, 2, 3, 5), r"it must be \(N, 1, H, W\)")])
def test_maps_that_do_not_fit_are_refused(kind, param, shape, words):
    with pytest.raises(SpecError, match=words):
        make(kind, param, shape)
