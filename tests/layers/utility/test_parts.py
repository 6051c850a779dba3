"""MatMul, Gather, SimpleCrop, Im2Windows, Quantize, Rescale and MatWrite by their definitions."""

import struct

import numpy as np
import pytest
import torch

from framework.errors import CaffeError, DataError, SpecError
from tests.support import array, make, noise


@pytest.mark.parametrize("param, a, b, rule", [
    ("", (2, 3, 5, 4), (2, 3, 4, 6), "nchk,nckw->nchw"),
    ("transpose_a: true", (2, 3, 4, 5), (2, 3, 4, 6), "nckh,nckw->nchw"),
    ("transpose_b: true", (2, 3, 5, 4), (2, 3, 6, 4), "nchk,ncwk->nchw"),
    ("", (2, 3, 5, 4), (4, 6), "nchk,kw->nchw")])
def test_matmul_sums_over_the_inner_axis(param, a, b, rule):
    layer = make("MatMul", param, a, b)
    first, second = noise(a), noise(b, seed=4)
    np.testing.assert_allclose(array(layer(first, second)),
                               np.einsum(rule, array(first), array(second)), rtol=1e-10)
    assert torch.autograd.gradcheck(layer, (first, second), fast_mode=True)


def test_matmul_has_a_factor_of_its_own():
    layer = make("MatMul", "blob_shape: 4 blob_shape: 6", (2, 5, 4))
    x = noise(2, 5, 4)
    np.testing.assert_allclose(array(layer(x)), array(x) @ array(layer.weight), rtol=1e-10)


@pytest.mark.parametrize("param, shapes, match", [
    ("", [(2, 5, 4), (2, 5, 6)], "5 x 4 times 5 x 6 has no product"),
    ("", [(2, 5, 4), (3, 4, 6)], "axes before the last two must be equal"),
    ("", [(2, 5, 4)], r"blob_shape is \[\]; it must be the shape"),
    ("blob_shape: 4 blob_shape: 6", [(2, 5, 4), (2, 4, 6)], "not be given with two")])
def test_matmul_refuses_factors_that_do_not_fit(param, shapes, match):
    with pytest.raises(SpecError, match=match):
        make("MatMul", param, *shapes)


def test_gather_takes_entries_of_an_axis():
    x = noise(2, 3, 5, 4)
    found = make("Gather", "axis: 2 indices: 4 indices: 0 indices: 4", (2, 3, 5, 4))(x)
    np.testing.assert_array_equal(array(found), array(x)[:, :, [4, 0, 4]])
    found = make("Gather", "axis: -1 indices: 3 indices: 1 indices: 0 indices: 2 shape: 2 shape: 2",
                 (2, 3, 5, 4))(x)
    np.testing.assert_array_equal(array(found), array(x)[..., [[3, 1], [0, 2]]])
    found = make("Gather", "axis: 1 indices: 2 shape: 0", (2, 3, 5, 4))(x)
    np.testing.assert_array_equal(array(found), array(x)[:, 2])


@pytest.mark.parametrize("param, match", [
    ("axis: 1 indices: 3", "indices has 3; the axis 1 of the bottom .* has 0 to 2"),
    ("axis: 1 indices: -1", "indices has -1"),
    ("indices: 1 shape: 2", "indices are 1; the shape .2. holds 2"),
    ("axis: 1", "indices are 0"),
    ("axis: 4 indices: 0", "axis is 4; the bottom has the shape")])
def test_gather_refuses_indices_that_are_not_there(param, match):
    with pytest.raises(SpecError, match=match):
        make("Gather", param, (2, 3, 5, 4))


def test_simple_crop_keeps_the_first_rows_and_columns():
    x = noise(2, 3, 5, 4)
    found = make("SimpleCrop", "", (2, 3, 5, 4), (1, 1, 3, 2))(x, noise(1, 1, 3, 2))
    np.testing.assert_array_equal(array(found), array(x)[:, :, :3, :2])
    with pytest.raises(SpecError, match="the second no larger height and width"):
        make("SimpleCrop", "", (2, 3, 5, 4), (1, 1, 6, 2))


def test_cropsimple_takes_the_middle():
    x = noise(2, 3, 8, 7)
    layer = make("CropSimple", "crop_param { crop_height: 3 crop_width: 4 }", x.shape)
    np.testing.assert_array_equal(layer(x).detach(), x.detach()[:, :, 2:5, 1:5])
    assert torch.autograd.gradcheck(layer, x)
    with pytest.raises(SpecError, match="crop_width is 8; it must be from 1 to 7, the width"):
        make("CropSimple", "crop_param { crop_height: 3 crop_width: 8 }", x.shape)


@pytest.mark.parametrize("turned", [False, True])
def test_im2windows_cuts_windows_row_by_row(turned):
    layer = make("Im2Windows", "window_h: 3 window_w: 2 labels_count: 5 reversed: "
                 f"{str(turned).lower()}", (2, 3, 6, 4), (2, 7), tops=4)
    x = noise(2, 3, 6, 4)
    objects = [[4, 1, 0, 5, 3, 6, 4], [0, 0, 1, 3, 2, 5, 4]]
    windows, labels, across, down = map(array, layer(x, torch.tensor(objects).double()))
    for row, column, n in np.ndindex(2, 2, 2):
        at = 2 * (2 * row + column) + n
        source = (1 - row, 1 - column) if turned else (row, column)
        part = array(x)[n, :, 3 * source[0]:3 * source[0] + 3, 2 * source[1]:2 * source[1] + 2]
        np.testing.assert_array_equal(windows[at], part)
        label, y1, x1, y2, x2, height, width = objects[n]
        cells = sum(y1 <= h < y2 and x1 <= w < x2 for h in range(3 * row, 3 * row + 3)
                    for w in range(2 * column, 2 * column + 2))
        wanted = np.zeros(5)
        wanted[label] = cells / 6
        np.testing.assert_allclose(labels[at], wanted)
        inside = 3 * row + 3 <= height and 2 * column + 2 <= width
        assert (across[at], down[at]) == (inside and column > 0, inside and row > 0)


def test_im2windows_names_what_does_not_fit():
    with pytest.raises(SpecError, match="window_h and window_w are 4 and 2; they must divide"):
        make("Im2Windows", "window_h: 4 window_w: 2", (2, 3, 6, 4))
    layer = make("Im2Windows", "window_h: 3 window_w: 2 labels_count: 2", (1, 3, 6, 4), (1, 7),
                 tops=4)
    with pytest.raises(DataError, match="has the value 2 at item 0 .*labels_count is too small"):
        layer(noise(1, 3, 6, 4), torch.tensor([[2., 0, 0, 3, 3, 6, 4]]))


def test_quantize_and_rescale_are_deepskeletons():
    scales = torch.tensor([0, .5, 1, 11.9, 12, 35, 36, 79, 80, 199, 200, 999.]).double()
    found = make("Quantize", "", (12,))(scales)
    np.testing.assert_array_equal(array(found), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0, 0])
    y, counts = make("Rescale", "rf: 40", (12,), tops=2)(scales)
    data = array(scales)
    inside = (data > 1e-4) & (data < 40)
    np.testing.assert_allclose(array(y), np.where(inside, 2 * data / 40 - 1, 0))
    np.testing.assert_array_equal(array(counts), inside)


def read_mat(content):
    """Dims and values of the one array, by MathWorks' description of the format."""
    assert content[:6] == b"MATLAB" and content[124:128] == b"\x00\x01IM"
    kind, size = struct.unpack("<II", content[128:136])
    assert kind == 14 and size == len(content) - 136
    at, parts = 136, []
    while at < len(content):
        kind, size = struct.unpack("<II", content[at:at + 8])
        parts.append((kind, content[at + 8:at + 8 + size]))
        at += 8 + -(-size // 8) * 8
    (_, flags), (_, dims), (_, name), (kind, values) = parts
    assert flags[0] == 7 and kind == 7 and name == b"data"      # single
    return tuple(np.frombuffer(dims, "<i4")), np.frombuffer(values, "<f4")


def test_mat_write_writes_every_periodth_blob_in_matlabs_order(tmp_path):
    (tmp_path / "list.txt").write_text("a/one.png 3\ntwo.png\nthree.png\n")
    layer = make("MatWrite", f'prefix: "{tmp_path}/f_" source: "{tmp_path}/list.txt" strip: 4 '
                 'period: 2', (2, 3, 5, 4), (2, 3), tops=0)
    bottoms = [noise(2, 3, 5, 4), noise(2, 3, seed=2)]
    for _ in range(3):
        assert layer(*bottoms) == ()
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.mat"))
    assert names == ["f_a/one_blob_0.mat", "f_a/one_blob_1.mat", "f_three_blob_0.mat",
                     "f_three_blob_1.mat"]
    dims, values = read_mat((tmp_path / names[2]).read_bytes())
    assert dims == (4, 5, 3, 2)
    data = values.reshape(dims, order="F")
    np.testing.assert_array_equal(data.transpose(3, 2, 1, 0), array(bottoms[0]).astype("f4"))
    assert read_mat((tmp_path / names[3]).read_bytes())[0] == (1, 1, 3, 2)
    layer(*bottoms)
    with pytest.raises(CaffeError, match="has 3 names, and this is forward 5"):
        layer(*bottoms)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_list_of_mat_write_is_read_by_the_mark_of_its_encoding(encoding, tmp_path):
    (tmp_path / "list.txt").write_text("\u732b.png\n", encoding=encoding)
    layer = make("MatWrite", f'prefix: "{tmp_path}/f_" source: "{tmp_path}/list.txt" strip: 4',
                 (2, 3), tops=0)
    layer(noise(2, 3))
    assert [path.name for path in tmp_path.glob("*.mat")] == ["f_\u732b_blob_0.mat"]


def test_mat_write_names_what_cannot_be(tmp_path):
    with pytest.raises(SpecError, match="prefix is missing"):
        make("MatWrite", "", (2, 3), tops=0)
    with pytest.raises(SpecError, match="period is 0; it must be at least 1"):
        make("MatWrite", 'prefix: "a" period: 0', (2, 3), tops=0)
    layer = make("MatWrite", f'prefix: "a" source: "{tmp_path}/absent"', (2, 3), tops=0)
    with pytest.raises(SpecError, match="absent' cannot be read"):
        layer(noise(2, 3))


def test_split_data_puts_even_and_odd_items_apart_and_orders_the_others_so():
    layer = make("SplitData", "", (6, 2, 3, 4), (6, 5), tops=3)
    x, y = noise(6, 2, 3, 4), noise(6, 5)
    even, odd, both = (top.detach().numpy() for top in layer(x, y))
    np.testing.assert_array_equal(even, x.detach().numpy()[[0, 2, 4]])
    np.testing.assert_array_equal(odd, x.detach().numpy()[[1, 3, 5]])
    np.testing.assert_array_equal(both, y.detach().numpy()[[0, 2, 4, 1, 3, 5]])


@pytest.mark.parametrize("shapes", [((5, 2, 3, 4), (5, 2)), ((6, 2, 3, 4), (4, 2)),
                                    ((6, 2), (6, 2))])
def test_split_data_takes_pairs_of_images(shapes):
    with pytest.raises(SpecError, match=r"they must be \(2 N, C, H, W\) and \(2 N, ...\)"):
        make("SplitData", "", *shapes, tops=3)
