"""Pad, PixelShuffle and AdaptivePooling against numpy."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import array, make, noise

SIZE = (2, 3, 5, 4)


@pytest.mark.parametrize("kind, mode", [("ZERO", "constant"), ("REPLICATE", "edge"),
                                        ("REFLECT", "symmetric"), ("REFLECT_101", "reflect")])
def test_pad_pads_as_numpy_does(kind, mode):
    layer = make("Pad", f"padtype: {kind} pad: 2 pad_r: 3 pad_b: 0", SIZE)
    x = noise(SIZE)
    expected = np.pad(array(x), ((0, 0), (0, 0), (2, 0), (2, 3)), mode)
    np.testing.assert_array_equal(array(layer(x)), expected)
    assert torch.autograd.gradcheck(layer, x, fast_mode=True)


def test_pad_refuses_a_mirror_image_larger_than_the_plane():
    with pytest.raises(SpecError, match="pad is 4; padtype REFLECT_101 takes at most 3"):
        make("Pad", "padtype: REFLECT_101 pad: 4", SIZE)
    make("Pad", "padtype: REFLECT pad: 4", SIZE)


def test_pixel_shuffle_spreads_channels_over_finer_cells():
    x = noise(2, 12, 5, 4)
    found = array(make("PixelShuffle", "upscale_factor: 2", (2, 12, 5, 4))(x))
    for n, c, h, w in np.ndindex(2, 3, 10, 8):
        assert found[n, c, h, w] == array(x)[n, 4 * c + 2 * (h % 2) + w % 2, h // 2, w // 2]
    with pytest.raises(SpecError, match="upscale_factor is 2; its square must divide"):
        make("PixelShuffle", "upscale_factor: 2", (2, 6, 5, 4))


@pytest.mark.parametrize("kind, reduce", [("AVE", np.mean), ("MAX", np.max)])
def test_adaptive_pooling_divides_a_plane_into_bins(kind, reduce):
    layer = make("AdaptivePooling", f"pool: {kind} pooled_h: 3 pooled_w: 2", (2, 3, 7, 5))
    x = noise(2, 3, 7, 5)
    expected = np.empty((2, 3, 3, 2))
    for n, c, i, j in np.ndindex(expected.shape):
        rows = slice(i * 7 // 3, -(-(i + 1) * 7 // 3))
        columns = slice(j * 5 // 2, -(-(j + 1) * 5 // 2))
        expected[n, c, i, j] = reduce(array(x)[n, c, rows, columns])
    np.testing.assert_allclose(array(layer(x)), expected, rtol=1e-12)
    with pytest.raises(SpecError, match="pool is STOCHASTIC; it must be AVE or MAX"):
        make("AdaptivePooling", "pool: STOCHASTIC", SIZE)
