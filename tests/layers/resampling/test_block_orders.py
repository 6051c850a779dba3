"""Blocks, crops and columns of maps against loops over their definition."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.support import make, noise


def test_tiling_puts_channels_into_tiles_row_by_row():
    x = noise(2, 8, 5, 3)
    layer = make("Tiling", "tile_dim: 2", (2, 8, 5, 3))
    expected = np.empty((2, 2, 10, 6))
    for n, c, i, j, row, column in np.ndindex(2, 2, 5, 3, 2, 2):
        expected[n, c, 2 * i + row, 2 * j + column] = x.detach()[n, 4 * c + 2 * row + column, i, j]
    np.testing.assert_array_equal(layer(x).detach(), expected)
    assert torch.autograd.gradcheck(layer, x)
    with pytest.raises(SpecError, match="asks for channels in multiples of 9"):
        make("Tiling", "tile_dim: 3", (2, 8, 5, 3))


ANTIDIAGONALS = [(0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (1, 2), (2, 1), (2, 2)]
ROWS = [(row, column) for row in range(3) for column in range(3)]


@pytest.mark.parametrize("there, back, cells, group", [
    ("MDTOW", "MWTOD", ROWS, 1), ("LDTOW", "LWTOD", ANTIDIAGONALS, 2)])
def test_dtow_moves_channels_into_blocks_in_its_order_and_back(there, back, cells, group):
    size = (2, 36, 5, 4)
    x = noise(*size)
    fields = f"psize: 3 ngroup: {group} method:"
    expected = np.empty((2, 4, 15, 12))
    for n, c, i, j in np.ndindex(size):
        block, rest = divmod(c, 9 * group)
        number, place = divmod(rest, group)
        row, column = cells[number]
        expected[n, block * group + place, 3 * i + row, 3 * j + column] = x.detach()[n, c, i, j]
    layer = make("Dtow", f"{fields} {there}", size)
    top = layer(x)
    np.testing.assert_array_equal(top.detach(), expected)
    returned = make("Dtow", f"{fields} {back}", (2, 4, 15, 12))
    np.testing.assert_array_equal(returned(top).detach(), x.detach())


def test_dtow_refuses_sides_that_are_no_multiples_of_the_block():
    with pytest.raises(SpecError, match="its height and width must be multiples of psize, 2"):
        make("Dtow", "method: MWTOD", (2, 3, 5, 4))


def test_corner_crops_share_the_gradient_of_a_cell():
    x = noise(2, 3, 7, 6)
    layer = make("CornerCrop", 'crop_h: 5 crop_w: 4 position: "upperleft" position: "lowerright" '
                 'position: "center"', (2, 3, 7, 6), tops=3)
    tops = layer(x)
    for top, (row, column) in zip(tops, [(0, 0), (2, 2), (1, 1)], strict=True):
        np.testing.assert_array_equal(top.detach(),
                                      x.detach()[:, :, row:row + 5, column:column + 4])
    (tops[0].sum() + 10 * tops[1].sum() + 100 * tops[2].sum()).backward()
    times, total = np.zeros((7, 6)), np.zeros((7, 6))
    for factor, (row, column) in ((1, (0, 0)), (10, (2, 2)), (100, (1, 1))):
        times[row:row + 5, column:column + 4] += 1
        total[row:row + 5, column:column + 4] += factor
    np.testing.assert_allclose(x.grad[1, 2], total / np.maximum(times, 1))


@pytest.mark.parametrize("param, words", [
    ('crop_size: 3 position: "left"', "position is 'left'; it must be one of upperleft"),
    ("crop_size: 3", "is given 0 times; the layer has 1 top"),
    ('crop_size: 4 position: "center"', "both sides must be larger by an even number")])
def test_corner_crop_refuses_what_does_not_fit(param, words):
    with pytest.raises(SpecError, match=words):
        make("CornerCrop", param, (2, 3, 7, 5))


def test_convert_makes_steps_of_columns_and_marks_the_first():
    x = noise(2, 3, 1, 5)
    steps, marks = make("Convert", "", (2, 3, 1, 5), tops=2)(x)
    for n, c, w in np.ndindex(2, 3, 5):
        assert steps[w, n, c] == x[n, c, 0, w]
    np.testing.assert_array_equal(marks, [[0, 0], [1, 1], [1, 1], [1, 1], [1, 1]])
    with pytest.raises(SpecError, match=r"takes \(N, C, W\) or \(N, C, 1, W\)"):
        make("Convert", "", (2, 3, 2, 5))


def test_sum_pooling_adds_the_cells_that_a_window_has():
    x = noise(2, 3, 6, 5)
    layer = make("SumPooling", "pool: SUM kernel_h: 2 kernel_w: 3 stride: 3", (2, 3, 6, 5))
    expected = np.zeros((2, 3, 3, 2))
    for i, j in np.ndindex(3, 2):
        expected[:, :, i, j] = x.detach()[:, :, 3 * i:3 * i + 2, 3 * j:3 * j + 3].sum((2, 3))
    np.testing.assert_allclose(layer(x).detach(), expected, rtol=1e-12, atol=1e-12)
    assert torch.autograd.gradcheck(layer, x)
    whole = make("SumPooling", "pool: SUM global_pooling: true", (2, 3, 6, 5))
    np.testing.assert_allclose(whole(x).detach()[:, :, 0, 0], x.detach().sum((2, 3)))


@pytest.mark.parametrize("param, words", [
    ("pool: SUM kernel_size: 2 pad: 1", "SUM pooling has no padding"),
    ("pool: SUM kernel_size: 2 global_pooling: true", "kernel, stride and pad must not be given"),
    ("pool: SUM", "kernel_size is missing")])
def test_sum_pooling_refuses_what_the_original_refuses(param, words):
    with pytest.raises(SpecError, match=words):
        make("SumPooling", param, (2, 3, 6, 5))


def test_grid_pooling_has_the_largest_value_of_each_bin():
    x = noise(2, 3, 7, 5)
    layer = make("GRIDPooling", "pooled_h: 3 pooled_w: 2", (2, 3, 7, 5))
    rows, columns = [(0, 3), (2, 5), (4, 7)], [(0, 3), (2, 5)]     # floor(7/3 i), ceil(7/3 (i+1))
    for i, j in np.ndindex(3, 2):
        (top, below), (left, right) = rows[i], columns[j]
        np.testing.assert_array_equal(
            layer(x).detach()[:, :, i, j],
            x.detach()[:, :, top:below, left:right].flatten(2).max(-1).values)
    assert torch.autograd.gradcheck(layer, x)


def test_nd_layers_take_their_windows_from_shapes():
    shapes = ("kernel_shape { dim: 2 dim: 3 dim: 1 } stride_shape { dim: 1 dim: 2 dim: 1 } "
              "pad_shape { dim: 0 dim: 1 dim: 0 }")
    x = noise(2, 3, 4, 6, 5)
    layer = make("NdConvolution", f"convolution_param {{ num_output: 4 {shapes} }}",
                 (2, 3, 4, 6, 5))
    expected = torch.nn.functional.conv3d(x, layer.weight, layer.bias, (1, 2, 1), (0, 1, 0))
    np.testing.assert_allclose(layer(x).detach(), expected.detach(), rtol=1e-12)
    pooled = make("NdPooling", "pooling_param { pool: MAX kernel_shape { dim: 1 dim: 2 dim: 3 } "
                  "stride_shape { dim: 1 dim: 2 dim: 1 } }", (2, 3, 4, 6, 5))
    expected = torch.nn.functional.max_pool3d(x, (1, 2, 3), (1, 2, 1))
    np.testing.assert_array_equal(pooled(x).detach(), expected.detach())


def test_rows_hold_the_channels_of_a_group_and_become_maps_again():
    x = noise(2, 6, 4, 5)
    rows = make("MTranspose", "groups: 3", (2, 6, 4, 5))(x)
    array, expected = x.detach().numpy(), []
    for item, group, row, column in np.ndindex(2, 2, 4, 5):
        expected.append(array[item, 3 * group:3 * group + 3, row, column])
    np.testing.assert_array_equal(rows.detach(), expected)
    back = make("MTranspose", "groups: 3 inverse: true channel: 6 height: 4 width: 5",
                (80, 3))(rows)
    np.testing.assert_array_equal(back.detach(), array)
    assert rows.requires_grad and not back.requires_grad


@pytest.mark.parametrize("fields, shape, message", [
    ("groups: 4", (2, 6, 4, 5), "groups is 4; the bottom"),
    ("groups: 3 inverse: true channel: 6 height: 4", (80, 3), "width is 0"),
    ("groups: 3 inverse: true channel: 6 height: 4 width: 7", (80, 3), "and whole maps"),
    ("groups: 3", (6, 4), r"it must be \(N, C, H, W\)"),
])
def test_rows_that_do_not_fit_are_refused(fields, shape, message):
    with pytest.raises(SpecError, match=message):
        make("MTranspose", fields, shape)


def test_enlarge_moves_blocks_into_channels_row_by_row_and_leaves_out_what_fills_none():
    x = noise(2, 3, 5, 8)
    layer = make("Enlarge", "scale: 2", (2, 3, 5, 8))
    y = layer(x)
    assert y.shape == (2, 12, 2, 4)
    for c in range(12):
        row, column = c % 4 // 2, c % 2
        expected = x[:, c // 4, row:4:2, column:8:2]
        np.testing.assert_array_equal(y[:, c].detach().numpy(), expected.detach().numpy())
    assert torch.autograd.gradcheck(layer, x)


@pytest.mark.parametrize("scale, words", [(1, "is 1; it must be at least 2"),
                                          (6, "is 6; it may be at most 5")])
def test_enlarge_refuses_a_scale_that_leaves_no_block(scale, words):
    with pytest.raises(SpecError, match=words):
        make("Enlarge", f"scale: {scale}", (2, 3, 5, 8))
