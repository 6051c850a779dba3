"""Layers of nets converted from TensorFlow, against loops over their definition in numpy."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.export.caffe.dialects import COMMON, Dialect
from tests.export.caffe_support import CONV, layer, made_for, text_of
from tests.support import make, noise


def test_space_to_batch_and_back_move_every_cell():
    """TensorFlow's definition: item (i * 3 + j) * N + n has the cells 2 r + i, 3 c + j."""
    x = noise(2, 5, 4, 3)
    blocks = "block_shape: 2 block_shape: 3"
    there = make("SpaceToBatchND", f"{blocks} paddings: 0 paddings: 1 paddings: 1 paddings: 1",
                 (2, 5, 4, 3))
    padded = np.zeros((2, 6, 6, 3))
    padded[:, :5, 1:5] = x.detach()
    expected = np.empty((12, 3, 2, 3))
    for i, j, n, r, c in np.ndindex(2, 3, 2, 3, 2):
        expected[(i * 3 + j) * 2 + n, r, c] = padded[n, 2 * r + i, 3 * c + j]
    y = there(x)
    np.testing.assert_array_equal(y.detach(), expected)

    back = make("BatchToSpaceND", f"{blocks} crops: 0 crops: 1 crops: 1 crops: 1", (12, 3, 2, 3))
    np.testing.assert_array_equal(back(y).detach(), x.detach())
    back = make("BatchToSpaceND", f"{blocks} crops: 1 crops: 2 crops: 0 crops: 3", (12, 3, 2, 3))
    np.testing.assert_array_equal(back(y).detach(), padded[:, 1:4, :3])


def test_a_convolution_between_the_two_is_dilated():
    """What TensorFlow has them for; the expected value is a convolution with dilation 2."""
    x = noise(1, 8, 6, 3)
    there = make("SpaceToBatchND", "block_shape: 2 block_shape: 2 paddings: 2 paddings: 2 "
                 "paddings: 2 paddings: 2", (1, 8, 6, 3))
    back = make("BatchToSpaceND", "block_shape: 2 block_shape: 2 crops: 0 crops: 0 crops: 0 "
                "crops: 0", (4, 4, 3, 4))
    weight = noise(4, 3, 3, 3, seed=3)
    middle = torch.conv2d(there(x).permute(0, 3, 1, 2), weight).permute(0, 2, 3, 1)
    expected = torch.conv2d(x.permute(0, 3, 1, 2), weight, padding=2, dilation=2)
    torch.testing.assert_close(back(middle).permute(0, 3, 1, 2), expected)


@pytest.mark.parametrize("kind, param, message", [
    ("SpaceToBatchND", "block_shape: 2 paddings: 1", r"paddings has 1 numbers; it must have two"),
    ("SpaceToBatchND", "block_shape: 2 paddings: 0 paddings: 0",
     r"block_shape\[0\] is 2; it must divide the 5 cells of axis 1"),
    ("SpaceToBatchND", "", "block_shape has 0 numbers"),
    ("BatchToSpaceND", "block_shape: 3 crops: 0 crops: 0",
     r"block_shape is \[3\]; its product must divide the 2 items"),
    ("BatchToSpaceND", "block_shape: 2 crops: 5 crops: 5", r"crops\[0\] and the next leave nothing"
     " of 10 cells"),
])
def test_blocks_that_do_not_fit_are_errors(kind, param, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, (2, 5, 4, 3))


ORDERS = ["NHWC", "NCHW", "DCR", "CRD"]


@pytest.mark.parametrize("order", ORDERS)
def test_depth_to_space_takes_channels_in_its_order(order):
    planes = noise(2, 8, 5, 3).detach().numpy()
    expected = np.empty((2, 2, 10, 6))
    for n, c, i, j, row, column in np.ndindex(2, 2, 5, 3, 2, 2):
        cell = row * 2 + column
        channel = c * 4 + cell if order == "CRD" else cell * 2 + c
        expected[n, c, 2 * i + row, 2 * j + column] = planes[n, channel, i, j]
    given, moved = planes, expected
    if order == "NHWC":
        given, moved = planes.transpose(0, 2, 3, 1), expected.transpose(0, 2, 3, 1)
    made = make("DepthToSpace", f'block_size: 2 data_format: "{order}"', given.shape)
    np.testing.assert_array_equal(made(torch.tensor(given)), moved)
    if order in ("NHWC", "NCHW"):
        back = make("SpaceToDepth", f'block_size: 2 data_format: "{order}"', moved.shape)
        np.testing.assert_array_equal(back(torch.tensor(moved)), given)


def test_another_data_format_is_an_error():
    with pytest.raises(SpecError, match="data_format is HWC; it must be NHWC, NCHW, DCR or CRD"):
        make("DepthToSpace", 'block_size: 2 data_format: "HWC"', (2, 5, 3, 8))


def position(rule, index, size, top):
    """The position in the bottom of cell `index` of the top, by the layers' source."""
    if rule == "align_corners" and top > 1:
        return index * (size - 1) / (top - 1)
    if rule in ("half_pixel_centers", "pytorch_half_pixel"):
        return (index + 0.5) * size / top - 0.5 if top > 1 or rule[0] == "h" else -0.5
    return index * size / top


RESIZES = [(rule, sizes) for rule in ("", "align_corners", "half_pixel_centers",
                                      "pytorch_half_pixel")
           for sizes in ((7, 3), (1, 12), (2, 2))]


@pytest.mark.parametrize("order", ["NHWC", "NCHW"])
@pytest.mark.parametrize("rule, sizes", RESIZES)
def test_bilinear_resizing_mixes_the_cells_at_both_sides_of_its_position(rule, sizes, order):
    x = noise(2, 3, 5, 4).detach()
    expected = np.empty((2, 3, *sizes))
    for i, j in np.ndindex(*sizes):
        parts = []
        for index, size, top in ((i, 5, sizes[0]), (j, 4, sizes[1])):
            at = position(rule, index, size, top)
            low, high = max(math.floor(at), 0), min(math.ceil(at), size - 1)
            parts.append((low, high, at - math.floor(at)))
        (up, down, tall), (left, right, wide) = parts
        rows = [(1 - wide) * x[:, :, row, left] + wide * x[:, :, row, right] for row in (up, down)]
        expected[:, :, i, j] = (1 - tall) * rows[0] + tall * rows[1]
    given, wanted = (x, expected) if order == "NCHW" else (x.permute(0, 2, 3, 1),
                                                           expected.transpose(0, 2, 3, 1))
    chosen = f"{rule}: true" if rule else ""
    made = make("ResizeBilinear", f'output_height: {sizes[0]} output_width: {sizes[1]} '
                f'data_format: "{order}" {chosen}', tuple(given.shape))
    np.testing.assert_allclose(made(given), wanted, rtol=1e-5, atol=1e-6)


NEAREST = {
    "": lambda index, size, top: math.floor(index * size / top),
    "align_corners": lambda index, size, top:
        math.floor(index * (size - 1) / (top - 1) + 0.5),
    "half_pixel_centers": lambda index, size, top: math.floor((index + 0.5) * size / top),
    "half_pixel_onnx": lambda index, size, top: math.floor((index + 0.5) * size / top - 0.5),
}


@pytest.mark.parametrize("rule", NEAREST)
def test_nearest_resizing_takes_the_cell_of_its_rule(rule):
    x = noise(2, 5, 4, 3).detach()
    made = make("ResizeNearestNeighbor", f"scale_height: 1.5 output_width: 9 "
                f"{f'{rule}: true' if rule else ''}", (2, 5, 4, 3))
    rows, columns = ([min(max(NEAREST[rule](index, size, top), 0), size - 1)
                      for index in range(top)] for size, top in ((5, 7), (4, 9)))
    np.testing.assert_array_equal(made(x), x[:, rows][:, :, columns])


def test_two_rules_at_once_are_an_error():
    with pytest.raises(SpecError, match="half_pixel_centers is true with align_corners: true"):
        make("ResizeBilinear", "align_corners: true half_pixel_centers: true", (2, 5, 4, 3))
    with pytest.raises(SpecError, match="data_format is NCHWD; it must be NHWC or NCHW"):
        make("ResizeBilinear", 'data_format: "NCHWD"', (2, 5, 4, 3))


@pytest.mark.parametrize("first, second", [
    ((2, 3, 5, 4), (2, 3, 1, 1)), ((5, 1), (2, 3, 1, 4)), ((2, 3), ())])
def test_sums_and_products_broadcast_as_numpy_does(first, second):
    a, b = noise(first), noise(second, seed=2)
    for kind, function in (("Mul", np.multiply), ("Add", np.add)):
        made = make(kind, "", first, second)
        expected = function(a.detach().numpy(), b.detach().numpy())
        np.testing.assert_allclose(made(a, b).detach(), expected)
        assert made.top_shapes(first, second) == [expected.shape]


def test_shapes_that_do_not_broadcast_are_an_error():
    with pytest.raises(SpecError, match=r"has the shapes \(2, 3\) and \(2,\); from the last axis"):
        make("Add", "", (2, 3), (2,))
    with pytest.raises(SpecError, match="mul_shape is not given; with one bottom"):
        make("Mul", "", (2, 3))


def test_one_bottom_is_multiplied_by_a_blob():
    made = make("Mul", "mul_shape: 3 mul_shape: 1", (2, 3, 4))
    x = noise(2, 3, 4)
    np.testing.assert_allclose(made(x).detach(), x.detach().numpy() * made.factor.detach().numpy())


def test_squeeze_leaves_out_the_axes_of_one_cell():
    x = noise(1, 3, 1, 5, 1)
    for param, shape in (("", (3, 5)), ("axis: -1", (1, 3, 1, 5)), ("axis: 0 axis: 2", (3, 5, 1))):
        y = make("Squeeze", param, (1, 3, 1, 5, 1))(x)
        np.testing.assert_array_equal(y.detach(), x.detach().numpy().reshape(shape))
    with pytest.raises(SpecError, match=r"squeeze_param.axis\[1\] is 1, of 3 cells"):
        make("Squeeze", "axis: 0 axis: 1", (1, 3, 1, 5, 1))


def test_paddings_are_around_every_axis():
    x = noise(2, 3, 4)
    made = make("Pad", "paddings: 0 paddings: 1 paddings: 2 paddings: 0 paddings: 1 paddings: 3 "
                "constant_values: 0.5", (2, 3, 4))
    expected = np.pad(x.detach(), ((0, 1), (2, 0), (1, 3)), constant_values=0.5)
    np.testing.assert_array_equal(made(x).detach(), expected)
    with pytest.raises(SpecError, match="paddings has 2 numbers; it must have two for each of the "
                       "3 axes"):
        make("Pad", "paddings: 1 paddings: 1", (2, 3, 4))
    with pytest.raises(SpecError, match="pad_param.pad_t is given together with paddings"):
        make("Pad", "pad_t: 1 paddings: 1 paddings: 1", (2,))


def interpolated(line, places):
    return np.interp(places, range(len(line)), line)


def test_icnets_pyramid_adds_the_resized_means_of_its_windows():
    x = noise(1, 2, 33, 65)
    values = x.detach().numpy()
    expected = values.copy()
    for (high, wide), (down, right), shape in (
            ((33, 65), (33, 65), (1, 1)), ((17, 33), (16, 32), (2, 2)),
            ((13, 25), (10, 20), (3, 3)), ((8, 15), (5, 10), (6, 6))):
        means = np.empty((1, 2, *shape))
        for i, j in np.ndindex(*shape):
            cut = values[:, :, i * down:i * down + high, j * right:j * right + wide]
            assert cut.shape[2:] == (high, wide)
            means[:, :, i, j] = cut.mean((2, 3))
        rows, columns = (np.linspace(0, count - 1, size) for count, size in
                         zip(shape, (33, 65), strict=True))
        along = np.apply_along_axis(interpolated, 2, means, rows)
        expected += np.apply_along_axis(interpolated, 3, along, columns)
    made = make("ICNetSubgraph", "", (1, 2, 33, 65))
    np.testing.assert_allclose(made(x).detach(), expected, rtol=1e-10, atol=1e-12)
    with pytest.raises(SpecError, match="takes .* of at least 33 x 65"):
        make("ICNetSubgraph", "", (1, 2, 32, 65))


def test_icnets_bn_is_pspnets():
    made = make("BN", "icnet: true", (2, 3, 5, 4), phase="TEST")
    x = noise(2, 3, 5, 4)
    slope, bias, mean, variance = (blob.detach().numpy() for blob in made.blobs)
    expected = slope * (x.detach().numpy() - mean) / np.sqrt(variance + 1e-5) + bias
    np.testing.assert_allclose(made(x).detach(), expected, rtol=1e-10)


LAST = "add_eps_before_sqrt: false eps: 0.25"


def test_eps_is_added_to_the_root_where_it_is_asked_for():
    made = make("BatchNorm", LAST, (2, 3, 5, 4), phase="TEST")
    x = noise(2, 3, 5, 4)
    mean, variance, factor = (blob.detach().numpy() for blob in made.blobs)
    shape = (-1, 1, 1)
    divisor = np.sqrt(variance / factor) + 0.25
    expected = (x.detach().numpy() - (mean / factor).reshape(shape)) / divisor.reshape(shape)
    np.testing.assert_allclose(made(x).detach(), expected, rtol=1e-10)
    with pytest.raises(SpecError, match="is false, which is supported with stored statistics only"):
        make("BatchNorm", LAST, (2, 3, 5, 4))


@pytest.mark.parametrize("folds", [False, True])
def test_it_is_written_for_other_readers_with_the_same_values(folds, tmp_path):
    text = text_of(CONV, layer("y", "BatchNorm", "conv", f"batch_norm_param {{ {LAST} }}"))
    dialect = Dialect(COMMON, "a test", folds=folds)
    _, types = made_for(text, dialect, tmp_path)
    assert types == ["Convolution"] if folds else ["Convolution", "BatchNorm"]
