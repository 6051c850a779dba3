"""Fillers by their definitions and by the original's statistics."""

import numpy as np
import pytest
import torch

import tests.golden as golden
from framework.layers.fillers import fill_
from framework.proto import FillerParameter
from tests.support import make, net_from


def filled(shape, **fields):
    blob = torch.full(shape, torch.nan)
    fill_(blob, FillerParameter(**fields), torch.Generator().manual_seed(3))
    return blob


@pytest.mark.parametrize("name", golden.case_names("filler"))
def test_statistics_are_the_originals(name):
    case = golden.load_case(name)
    net = net_from(str(case["prototxt"]))
    blob = net.params["l"][0].detach().double()
    stat = {key: value.tolist() for key, value in golden.part(case, "stat").items()}
    assert list(blob.shape) == stat["shape"]
    deviation = float(stat["std"])
    assert abs(blob.mean() - stat["mean"]) <= 0.02 * max(abs(stat["mean"]), deviation)
    assert abs(blob.std() - deviation) <= 0.02 * deviation + 1e-9
    if "gaussian" not in name and "msra" not in name:      # a normal filler has no bounds
        assert abs(blob.min() - stat["min"]) <= 1e-3 * abs(stat["min"])
        assert abs(blob.max() - stat["max"]) <= 1e-3 * abs(stat["max"])


def test_a_sparse_gaussian_keeps_sparse_of_outputs():
    blob = filled((40, 500), type="gaussian", std=1, sparse=10)
    share = (blob != 0).float().mean()
    assert abs(share - 10 / 40) < 0.02


def test_weights_of_a_unitball_sum_to_one_for_each_output():
    blob = filled((5, 3, 2, 4), type="positive_unitball")
    np.testing.assert_allclose(blob.flatten(1).sum(1), np.ones(5), rtol=1e-5)
    assert (blob >= 0).all()


@pytest.mark.parametrize("size", [3, 4, 5, 6])
def test_bilinear_is_the_tent_of_its_definition(size):
    blob = filled((2, 3, size, size), type="bilinear")
    factor = (size + 1) // 2
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    for y in range(size):
        for x in range(size):
            tent = (1 - abs(x / factor - centre)) * (1 - abs(y / factor - centre))
            np.testing.assert_allclose(blob[:, :, y, x], tent, rtol=1e-6)


@pytest.mark.parametrize("size", [3, 4])
def test_thrlinear_is_the_tent_along_three_axes(size):
    blob = filled((2, 3, size, size, size), type="thrlinear")
    factor = (size + 1) // 2
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    for place in np.ndindex(size, size, size):
        tent = np.prod([1 - abs(k / factor - centre) for k in place])
        np.testing.assert_allclose(blob[:, :, *place], tent, rtol=1e-6)
    with pytest.raises(ValueError, match="a kernel of one size along three of them"):
        filled((2, 3, size, size, size + 1), type="thrlinear")


@pytest.mark.parametrize("alpha, deviation", [(0, (2 / 200) ** 0.5), (0.75, 0.08)])
def test_msra_knows_the_slope_of_the_prelu_that_follows(alpha, deviation):
    blob = filled((500, 200), type="msra", alpha=alpha)         # 0.08 = sqrt(2 / 200 / 1.5625)
    assert abs(blob.std() / deviation - 1) < 0.01


def test_msra_knows_intels_scale():
    assert abs(filled((500, 200), type="msra", scale=3).std() / 0.3 - 1) < 0.01


def test_identity_has_ones_where_input_and_output_have_one_index():
    np.testing.assert_array_equal(filled((4, 4), type="identity"), np.eye(4))
    flat = filled((3, 3, 1, 1), type="identity").flatten()
    np.testing.assert_array_equal(flat, np.eye(3).ravel())


@pytest.mark.parametrize("filler", ['type: "radial" symmetric_fraction: 0.5',
                                    'type: "value" values: 2', 'type: "diagonal" diag_val: 3'])
def test_fields_of_one_filler_are_taken_where_a_layer_has_it(filler):
    make("Convolution", f"convolution_param {{ num_output: 4 kernel_size: 3 weight_filler {{ "
         f"{filler} }} }}", (2, 3, 5, 5, 5))


def test_stated_values_are_the_first_of_the_blob_and_zeros_follow():
    np.testing.assert_array_equal(filled((2, 3), type="value", values=[0.5, 0, -2, 3]),
                                  [[0.5, 0, -2], [3, 0, 0]])


def test_a_diagonal_scales_each_input_to_its_output():
    expected = np.zeros((3, 4, 1, 2))
    for index, value in enumerate((20, 10, 1)):     # of a flow and its rest, over two cells
        expected[index, index] = value / 2
    np.testing.assert_array_equal(filled((3, 4, 1, 2), type="diagonal", diag_val=[20, 10]),
                                  expected)


def test_eye_has_its_value_on_the_diagonal():
    np.testing.assert_array_equal(filled((6, 2, 3), type="eye", value=0.5).reshape(6, 6),
                                  0.5 * np.eye(6, dtype=np.float32))


def test_xy_counts_columns_and_rows():
    found = filled((1, 2, 3, 4), type="xy")
    rows, columns = np.indices((3, 4))
    np.testing.assert_array_equal(found[0], [columns, rows])


def test_a_sequence_starts_at_every_value_th_number():
    found = filled((3, 4), type="sequence", value=5)
    np.testing.assert_array_equal(found.reshape(-1), [0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1])


def test_weights_of_a_gaussian_unitball_have_length_one_for_each_output():
    blob = filled((5, 3, 2, 40), type="gaussian_unitball").flatten(1)
    np.testing.assert_allclose(blob.square().sum(1), np.ones(5), rtol=1e-5)
    assert (blob < 0).any() and (blob > 0).any()


@pytest.mark.parametrize("shape", [(6, 6), (4, 3, 2, 2)])
@pytest.mark.parametrize("value, length", [(0, 1), (1.5, 2.25)])
def test_orthogonal_rows_have_no_share_in_each_other(shape, value, length):
    rows = filled(shape, type="orthogonal", value=value).flatten(1).double()
    np.testing.assert_allclose(rows @ rows.T, length * np.eye(shape[0]), atol=1e-5)


@pytest.mark.parametrize("shape, index, place, expected", [
    # exp(-(x^2 + y^2) / (2 sigma^2)) cos((x cos t - y sin t) omega + phi), worked from gabor.hpp
    ((32, 3, 5, 5), 3, (1, 4),      # omega 2 pi, theta 3 pi / 8, scale 0.5; x 1, y -0.5
     [0.5 * np.exp(-1.25 / 0.72) * np.cos((np.cos(1.1780972) + 0.5 * np.sin(1.1780972))
                                          * 2 * np.pi)] * 3),
    ((32, 3, 5, 5), 15, (2, 3),     # omega pi / 4, phi pi, sigma 0.75, magenta; x 0.5, y 0
     np.array([1, -1, 1]) * 0.5 * np.exp(-0.25 / 1.125) * np.cos(np.pi / 8 + np.pi)),
    ((64, 3, 7, 7), 42, (3, 3),     # (42 - 1) = 13 * 3 + 2: scale 0.5, phi 13 pi; the middle
     np.array([0.25, -1, 1]) * 0.5 * -1),
    ((64, 3, 3, 3), 0, (1, 1), [np.cos(np.pi * 12 / 32)] * 3),
    ((96, 3, 11, 11), 95, (5, 10),  # theta 7 pi / 4 + pi / 32, omega 5 pi / 4, phi pi / 2; x 1
     np.array([-1, -1, 1]) / 12 * np.exp(-1 / 1.125)
     * np.cos(np.cos(7 * np.pi / 4 + np.pi / 32) * 5 * np.pi / 4 + np.pi / 2)),
])
def test_gabor_filters_are_waves_under_a_bell(shape, index, place, expected):
    np.testing.assert_allclose(filled(shape, type="gabor")[index][:, *place], expected, atol=1e-6)


@pytest.mark.parametrize("shape, fields, message", [
    ((2, 3), {"type": "gaussian", "sparse": 3}, "has sparse 3; it must be from 0 to the 2 outputs"),
    ((2, 3), {"type": "gaussian", "sparse": -4}, "has sparse -4"),
    ((), {"type": "gaussian", "sparse": 1}, "has sparse 1; it must be from 0 to the 0 outputs"),
    ((4, 2, 3, 3, 3), {"type": "radial", "symmetric_fraction": float("nan")},
     "has symmetric_fraction nan; it must be from 0 to 1"),
    ((4, 2, 3, 3, 3), {"type": "radial", "symmetric_fraction": -0.5}, "symmetric_fraction -0.5"),
    ((2, 3), {"type": "identity"}, "as many inputs as outputs"),
    ((2, 3), {"type": "eye"}, "must be a square matrix"),
    ((2, 3), {"type": "eye", "diag_val": [1]}, "diag_val, which only the type 'diagonal' has"),
    ((2, 3), {"type": "constant", "values": [1]}, "values, which only the type 'value' has"),
    ((2,), {"type": "value", "values": [1, 2, 3]}, r"has 3 values; the blob of the shape \(2,\)"),
    ((2, 3), {"type": "sequence", "value": 0.5}, "sequence of 0.5 steps; it must be at least 1"),
    ((2, 2, 3, 4), {"type": "xy"}, r"must be \(1, 2, H, W\)"),
    ((5, 3), {"type": "orthogonal"}, "not have more outputs than inputs"),
    ((3, 5), {"type": "orthogonal", "std": 0.1}, "std must be left out"),
    ((64, 3, 5, 5), {"type": "gabor"}, r"not for \(64, 3, 5, 5\)"),
    ((3, 5), {"type": "xavier", "alpha": 0.1}, "alpha, which only the type 'msra' has"),
    ((3, 5), {"type": "gaussian", "scale": 2}, "scale, which only the type 'msra' has"),
])
def test_fillers_of_projects_refuse_what_they_cannot_fill(shape, fields, message):
    with pytest.raises(ValueError, match=message):
        filled(shape, **fields)


@pytest.mark.parametrize("param, message", [
    ('type: "xaver"', r"<text>:2: layer 'c' \(Convolution\): weight_filler is of type 'xaver', "
     r"which is not known; did you mean 'xavier'\?; known are constant"),
    ('type: "uniform" sparse: 3', "weight_filler is sparse; only a gaussian filler can be"),
    ('type: "gaussian" std: -1', "weight_filler has std -1; it must be at least 0"),
    ('type: "gaussian" std: nan', r"weight_filler.std is nan; it must be a number"),
    ('type: "uniform" min: 2 max: 1', "weight_filler has min 2 and max 1; min must not be the la"),
    ('type: "bilinear"', "is bilinear; the blob must have 4 axes and a square kernel"),
])
def test_a_filler_that_cannot_be_is_an_error(param, message):
    with pytest.raises(Exception, match=message):
        net_from('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 '
                 'dim: 5 dim: 5 } } }\nlayer { name: "c" type: "Convolution" bottom: "x" top: "y" '
                 "convolution_param { num_output: 2 kernel_h: 2 kernel_w: 3 weight_filler { "
                 f"{param} }} }} }}")


def test_a_file_gives_its_first_numbers(tmp_path):
    (tmp_path / "init.txt").write_text("1 0 -2.5\n0 1e-3 7 8")
    blob = filled((2, 3), type="file", file=str(tmp_path / "init.txt"))
    np.testing.assert_allclose(blob, [[1, 0, -2.5], [0, 1e-3, 7]], rtol=1e-6)


@pytest.mark.parametrize("content, words", [
    ("1 2 3", "which has 3 numbers; there are 6 weights in the blob"),
    ("1 2 x 4 5 6", "which has other than numbers in it$"),
    (None, "cannot be read: .*No such file")])
def test_a_file_that_does_not_fill_the_blob_is_named(tmp_path, content, words):
    path = tmp_path / "init.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=words):
        filled((2, 3), type="file", file=str(path))
    with pytest.raises(ValueError, match="is of type 'file' and has no file"):
        filled((2, 3), type="file")
    with pytest.raises(ValueError, match="has file, which only the type 'file' has"):
        filled((2, 3), type="xavier", file=str(path))


def test_a_net_may_name_the_file_of_a_bias(tmp_path):
    (tmp_path / "bias.txt").write_text("1 0 0 0 1 0")
    net = net_from("""layer { name: "x" type: "Input" top: "x"
      input_param { shape { dim: 2 dim: 3 } } }
    layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param {
      num_output: 6 bias_filler { type: "file" file: "%s" } } }""" % (tmp_path / "bias.txt"))
    np.testing.assert_array_equal(net.params["ip"][1].detach(), [1, 0, 0, 0, 1, 0])
