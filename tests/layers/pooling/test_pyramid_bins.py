"""SPATIAL_PYRAMID_POOLING against loops over windows."""

import numpy as np
import pytest

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.support import make, noise


def pooled(x, number, method):
    """Each window of Caffe's Pooling, of kernels and strides of size / number."""
    height, width = x.shape[2] // number, x.shape[3] // number
    rows = -(-(x.shape[2] - height) // height) + 1
    columns = -(-(x.shape[3] - width) // width) + 1
    top = np.empty((*x.shape[:2], rows, columns))
    for i, j in np.ndindex(rows, columns):
        window = x[:, :, i * height:(i + 1) * height, j * width:(j + 1) * width]
        top[:, :, i, j] = method(window, (2, 3))
    return top


@pytest.mark.parametrize("method, name", [(np.max, "MAX"), (np.mean, "AVE")])
def test_levels_are_pooled_by_windows_of_whole_cells(method, name):
    x = noise(2, 3, 13, 9)
    layer = make("SpatialPyramidPooling", f"spatial_pyramid_pooling_param {{ pool: {name} "
                 f"spatial_bin: 1 spatial_bin: 2 spatial_bin: 6 }} pooling_param {{ pool: {name} "
                 "}", (2, 3, 13, 9))
    values = x.detach().numpy()
    expected = np.concatenate([pooled(values, number, method).reshape(2, -1)
                               for number in (1, 2, 6)], 1)
    top = layer(x)
    assert top.shape == (2, 3 * (1 + 3 * 3 + 7 * 9))    # 13 = 6 + 6 + 1: three windows of two bins
    np.testing.assert_allclose(top.detach().numpy(), expected, rtol=1e-12)


def test_one_level_pools_the_plane_whatever_its_bins():
    x = noise(2, 3, 5, 4)
    layer = make("SpatialPyramidPooling", "spatial_pyramid_pooling_param { spatial_bin: 3 }",
                 (2, 3, 5, 4))
    np.testing.assert_array_equal(layer(x).detach().numpy(),
                                  x.detach().numpy().max((2, 3), keepdims=True))


def test_it_is_read_from_v1():
    net = parse_net("""layers { name: "y" type: SPATIAL_PYRAMID_POOLING bottom: "x" top: "y"
        spatial_pyramid_pooling_param { pool: MAX spatial_bin: 2 scale: 1 } }""")
    assert net.message.layer[0].type == "SpatialPyramidPooling"
    assert list(net.message.layer[0].spatial_pyramid_pooling_param.spatial_bin) == [2]


@pytest.mark.parametrize("param, message", [
    ("", "spatial_bin is missing"),
    ("spatial_bin: 1 spatial_bin: 5", r"spatial_bin is \[1, 5\]; for 5 x 4 cells each must be"),
    ("spatial_bin: 0 spatial_bin: 2", r"spatial_bin is \[0, 2\]"),
    ("spatial_bin: 2 pool: AVE", "pool is AVE; the original reads pooling_param.pool instead, "
     "which is MAX")])
def test_levels_that_cannot_be_pooled_are_errors(param, message):
    with pytest.raises(SpecError, match=message):
        make("SpatialPyramidPooling", f"spatial_pyramid_pooling_param {{ {param} }}", (2, 3, 5, 4))
