"""PointwiseSpatialAttention against loops over positions and offsets."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import softmax
from tests.support import make, noise

SHAPE = (2, 3, 2, 4)


def weights(masks, size, is_softmax, kind):
    """a[n, p, q]: of each pair of positions, rows first."""
    num, _, height, width = masks.shape
    a = np.zeros((num, height * width, height * width))
    for n, h, w, down, across in np.ndindex(num, height, width, *size):
        i, j = h + down - size[0] // 2, w + across - size[1] // 2
        if not (0 <= i < height and 0 <= j < width):
            continue
        own, other = h * width + w, i * width + j
        value = masks[n, down * size[1] + across, h, w]
        if kind == "COLLECT":
            a[n, other, own] = value
        else:
            a[n, own, other] = value
    if is_softmax:
        a = softmax(a)
    return a


@pytest.mark.parametrize("kind", ["COLLECT", "DISTRIBUTE"])
@pytest.mark.parametrize("size, sides, factor", [
    ((3, 7), "", 21), ((3, 5), "attention_mask_height: 3 attention_mask_width: 5", 15),
    ((5, 3), "attention_mask_height: 5 attention_mask_width: 3 normalization_factor: 2", 2)])
@pytest.mark.parametrize("is_softmax", [False, True])
def test_each_position_gets_the_others_by_its_mask(kind, size, sides, factor, is_softmax):
    x, masks = noise(SHAPE), noise(2, size[0] * size[1], 2, 4, seed=5)
    text = f"{sides} psa_type: {kind} is_softmax: {str(is_softmax).lower()}"
    layer = make("PointwiseSpatialAttention", text, SHAPE, tuple(masks.shape))
    a = weights(masks.detach().numpy(), size, is_softmax, kind)
    rows = x.detach().numpy().reshape(2, 3, -1)
    expected = (rows[:, :, :, None] * a[:, None]).sum(2) / factor
    np.testing.assert_allclose(layer(x, masks).detach(), expected.reshape(SHAPE), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, (x, masks))


def test_masks_must_fit():
    with pytest.raises(SpecError, match=r"it must be \(2, 21, 2, 4\)"):
        make("PointwiseSpatialAttention", "", SHAPE, (2, 20, 2, 4))
    with pytest.raises(SpecError, match="attention_mask_width is given alone"):
        make("PointwiseSpatialAttention", "attention_mask_width: 3", SHAPE, (2, 20, 2, 4))
    with pytest.raises(SpecError, match="attention_mask_height is 4; it must be odd"):
        make("PointwiseSpatialAttention", "attention_mask_height: 4 attention_mask_width: 3", SHAPE,
             (2, 12, 2, 4))
