"""AUMaskBasedLand: masks of facial action units, pixel by pixel."""

import math

import numpy as np
import pytest

from framework.errors import SpecError
from tests.support import make, noise

PARAM = ("au_mask_based_land_param { img_size: 40 spatial_ratio: 0.3 spatial_scale: 0.35 "
         "fill_coeff: 0.03 fill_value: 0.125 }")
# landmarks of the two centers of each unit, and the share of the ruler below them
UNITS = [(4, 5, -1 / 2), (1, 8, -1 / 3), (2, 7, 1 / 3), (24, 29, 1), (21, 26, 0), (43, 45, 0),
         (31, 37, 0), (31, 37, 0), (31, 37, 0), (39, 41, 1 / 2), (34, 40, 0), (34, 40, 0)]


def rounded(x):
    return int(math.copysign(math.floor(abs(x) + 0.5), x))


SCALE, RATIO, SLOPE = np.array([0.35, 0.3, 0.03], np.float32).astype(float)


def slow_masks(face, side=14, fill=0.125):
    scale, half = SCALE, 39 / 2 * RATIO
    masks, highest = np.full((12, side, side), fill), np.full((side, side), fill)
    ruler = abs(face[22][0] - face[25][0])
    slope = SLOPE * 100 / (40 * scale)
    for unit, (first, second, below) in enumerate(UNITS):
        for point in (first, second):
            x, y = face[point][0], face[point][1] + below * ruler
            ends = [min(max(rounded((value + move) * scale), 0), side - 1)
                    for value in (x, y) for move in (-half, half)]
            for h in range(ends[2], ends[3] + 1):
                for w in range(ends[0], ends[1] + 1):
                    far = abs(h - y * scale) + abs(w - x * scale)
                    masks[unit, h, w] = max(1 - far * slope, fill)
                    highest[h, w] = max(highest[h, w], masks[unit, h, w])
    return masks, highest


def test_a_mask_fades_around_the_centers_of_its_unit():
    layer = make("AUMaskBasedLand", PARAM, (2, 98), tops=13)
    landmarks = noise(2, 98, seed=5, requires_grad=False) * 11 + 20
    tops = layer(landmarks)
    assert [tuple(top.shape) for top in tops] == [(2, 1, 14, 14)] * 13
    for face in (0, 1):
        masks, highest = slow_masks(landmarks[face].reshape(49, 2).numpy())
        for top, wanted in zip(tops, [*masks, highest], strict=True):
            np.testing.assert_allclose(top[face, 0].numpy(), wanted, rtol=1e-6)
    assert (masks > 0.125).any() and (masks == 0.125).any()


@pytest.mark.parametrize("old, new, message", [
    ("img_size: 40", "", "img_size is 0; it must be above 0 and finite"),
    ("fill_value", 'fill_type: "gaussian" fill_value', "fill_type is 'gaussian'; it must be"),
])
def test_masks_that_cannot_be_made_are_refused(old, new, message):
    with pytest.raises(SpecError, match=message):
        make("AUMaskBasedLand", PARAM.replace(old, new), (2, 98), tops=13)
    with pytest.raises(SpecError, match="it must hold x and y of 46 landmarks"):
        make("AUMaskBasedLand", PARAM, (2, 90), tops=13)
