"""CropPatchFromMaxFeaturePosition and ResizeWithMap against loops over their definition."""

import numpy as np
import pytest
import torch
from torch import Tensor

from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from tests.support import check_layer, make, noise

SIZE = (2, 3, 9, 7)
INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 9 ' \
        'dim: 7 } } }\n'
MAPS = 'layer { name: "maps" type: "Pooling" bottom: "x" top: "maps" pooling_param { ' \
       'kernel_size: 3 stride: 2 pad: 1 } }\n'
SCALED = 'layer { name: "large" type: "Resize" bottom: "maps" top: "large" resize_param { ' \
         'height: 15 width: 10 } }\n'
CUT = 'layer { name: "cut" type: "CropPatchFromMaxFeaturePosition" bottom: "x" bottom: "maps" ' \
      'bottom: "x" bottom: "x" top: "cut" top: "every" ' \
      'crop_patch_from_max_feature_position_param { crop_factor: 0.6 match_channel: true } }\n'
SMALL = 'layer { name: "small" type: "Pooling" bottom: "cut" top: "small" pooling_param { pool: ' \
        'AVE kernel_size: 2 stride: 2 } }\n'
BACK = 'layer { name: "back" type: "ResizeWithMap" bottom: "small" bottom: "x" bottom: "small" ' \
       'top: "back" }\n'


def net_of(*texts: str) -> Net:
    return Net(parse_net("".join(texts)), phase="TRAIN").double()


def begins(maps: np.ndarray, factors: tuple[float, float], window: tuple[int, int]) -> np.ndarray:
    """First row and column (N, C, 2) of the windows: floor of the place less half the window."""
    found = np.empty((*maps.shape[:2], 2), int)
    for item, channel in np.ndindex(*maps.shape[:2]):
        place = np.unravel_index(maps[item, channel].argmax(), maps.shape[2:])
        for axis in range(2):
            found[item, channel, axis] = np.floor(factors[axis] * place[axis] - window[axis] / 2)
    return found


def window_of(plane: np.ndarray, begin: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    cut = np.zeros(size)
    for row, column in np.ndindex(*size):
        y, x = begin[0] + row, begin[1] + column
        if 0 <= y < plane.shape[0] and 0 <= x < plane.shape[1]:
            cut[row, column] = plane[y, x]
    return cut


def test_sizes_of_windows_are_products_of_float32():
    """As in the original, 0.7 of 10 rows are 7 and of 20 columns 14; doubles have 6.99999988."""
    net = net_of(INPUT.replace("dim: 9", "dim: 10").replace("dim: 7", "dim: 20"), MAPS,
                 CUT.replace("0.6", "0.7"))
    assert net.shapes["cut"] == (2, 3, 7, 14)


def test_windows_are_cut_about_the_largest_values_of_each_map():
    net = net_of(INPUT, MAPS, CUT)
    x = noise(SIZE, requires_grad=False)
    top = net({"x": x})
    size = (5, 4)
    begin = begins(net.blobs["maps"].numpy(), (2, 2), size)     # kernel 3, pad 1: cell i is at 2 i
    planes = x.numpy()
    own = [[window_of(planes[n, c], begin[n, c], size) for c in range(3)] for n in range(2)]
    every = [[window_of(planes[n, c], begin[n, k], size) for k in range(3) for c in range(3)]
             for n in range(2)]
    np.testing.assert_array_equal(net.blobs["cut"].numpy(), own)
    np.testing.assert_array_equal(top["every"].numpy(), every)
    assert (begin < 0).any()        # zeros beyond the edge are among them


def test_places_go_through_a_resize_by_the_sizes_of_its_maps():
    # maps of 5 x 4 become 15 x 10: cell (i, j) there is at (i * 2 * 5 / 15, j * 2 * 4 / 10) in x
    net = net_of(INPUT, MAPS, SCALED, CUT.replace('bottom: "maps"', 'bottom: "large"'))
    x = noise(SIZE, requires_grad=False)
    net({"x": x})
    begin = begins(net.blobs["large"].numpy(), (2 / 3, 0.8), (5, 4))
    own = [[window_of(x.numpy()[n, c], begin[n, c], (5, 4)) for c in range(3)] for n in range(2)]
    np.testing.assert_array_equal(net.blobs["cut"].numpy(), own)


def bilinear(plane: np.ndarray, y: float, x: float) -> float:
    total = 0.0
    for row in (int(np.floor(y)), int(np.floor(y)) + 1):
        for column in (int(np.floor(x)), int(np.floor(x)) + 1):
            if 0 <= row < plane.shape[0] and 0 <= column < plane.shape[1]:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * plane[row, column]
    return total


def test_maps_of_windows_are_laid_back_where_they_were_cut():
    net = net_of(INPUT, MAPS, CUT, SMALL, BACK)
    x = noise(SIZE, requires_grad=False)
    top = net({"x": x})["back"]
    begin = begins(net.blobs["maps"].numpy(), (2, 2), (5, 4))
    small = net.blobs["small"].numpy()
    expected = np.zeros(SIZE)
    for n, c, row, column in np.ndindex(*SIZE):     # kernel 2: the middle of cell 0 is at 0.5
        places = (np.array([row, column]) - begin[n, c] - 0.5) / 2
        expected[n, c, row, column] = bilinear(small[n, c], *places)
    np.testing.assert_allclose(top.numpy(), expected, atol=1e-12)


def test_maps_that_were_not_cut_are_resized_alike_for_all():
    net = net_of(INPUT, MAPS, BACK.replace("small", "maps"))
    x = noise(SIZE, requires_grad=False)
    top = net({"x": x})["back"]
    maps = net.blobs["maps"].numpy()
    expected = np.zeros(SIZE)
    for n, c, row, column in np.ndindex(*SIZE):
        expected[n, c, row, column] = bilinear(maps[n, c], row / 2, column / 2)
    np.testing.assert_allclose(top.numpy(), expected, atol=1e-12)


def test_gradients_are_the_derivative_and_reach_only_what_is_cut_or_laid():
    net = net_of(INPUT, MAPS, CUT, SMALL, BACK)
    like, maps, window = noise(SIZE), noise(2, 3, 5, 4), noise(2, 3, 5, 4, seed=2)
    cut, back = net.layer("cut"), net.layer("back")
    assert torch.autograd.gradcheck(
        lambda x: cut(like.detach(), maps.detach(), x, x), noise(SIZE, seed=3))
    assert torch.autograd.gradcheck(
        lambda x: back(x.detach(), like.detach(), x, maps.detach(), window.detach()),
        noise(2, 3, 2, 2, seed=4))


def test_the_common_check_holds():
    net = net_of(INPUT, MAPS, CUT, SMALL, BACK)
    maps: Tensor = noise(2, 3, 5, 4, requires_grad=False)
    like = noise(SIZE, requires_grad=False)
    check_layer(net.layer("cut"), like, maps, noise(SIZE, seed=3), noise(SIZE, seed=5))
    check_layer(net.layer("back"), noise(2, 3, 2, 2, requires_grad=False), like,
                noise(2, 3, 2, 2, seed=4), maps, noise(2, 3, 5, 4, seed=2, requires_grad=False))


@pytest.mark.parametrize("texts, message", [
    ((INPUT, MAPS, CUT.replace("0.6", "1.5")), "crop_factor is 1.5; it must be above 0"),
    ((INPUT, MAPS, CUT.replace(' bottom: "x" bottom: "x" top', ' bottom: "maps" bottom: "x" top')),
     r"'maps' has the shape \(2, 3, 5, 4\); it must have the items, rows and columns of 'x'"),
    ((INPUT, MAPS, CUT.replace(' bottom: "x" bottom: "x" top', ' bottom: "x" top')),
     "top is given 2 times; it must be once for each of the 1 bottoms"),
    ((INPUT, 'layer { name: "maps" type: "Input" top: "maps" input_param { shape { dim: 2 dim: 3 '
      'dim: 4 dim: 5 } } }\n', CUT), "cannot be aligned: its two bottoms come from no common blob"),
])
def test_what_does_not_fit_is_refused(texts, message):
    with pytest.raises(SpecError, match=message):
        net_of(*texts)


def test_a_layer_outside_of_a_net_cannot_be_aligned():
    layer = make("ResizeWithMap", "", (2, 3, 4, 3), SIZE, (2, 3, 4, 3))
    with pytest.raises(SpecError, match="cannot be aligned but in a net read from a file"):
        layer(noise(2, 3, 4, 3), noise(SIZE), noise(2, 3, 4, 3))
