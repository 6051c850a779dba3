"""MultiLabelImageData and MultilabelImageData: several labels for each image of a list."""

import cv2
import numpy as np
import pytest

from framework import Net
from framework.errors import DataError, SpecError
from tests.data.making import finished, make_source, planes, write_images


def net(folder, more=""):
    return (f'layer {{ name: "d" type: "MultiLabelImageData" top: "data" top: "label" '
            f'image_data_param {{ source: "{folder}/list.txt" root_folder: "{folder}/" {more} }} '
            'transform_param { mean_value: 10 scale: 0.5 } }')


def write_list(folder, text="0.png 7 1.5 -2\n1.png 8 2 0\n\n2.png 9 1e-1 4\n3.png 1 2 3\n"):
    write_images(folder)
    (folder / "list.txt").write_text(text)


def test_each_image_has_the_numbers_of_its_line(tmp_path):
    write_list(tmp_path)
    source = make_source(net(tmp_path, "batch_size: 3"))
    assert source.top_shapes == [(3, 3, 40, 56), (3, 3)]
    pixels, labels = finished(source)
    np.testing.assert_array_equal(pixels[2], (planes(2) - 10) * np.float32(0.5))
    np.testing.assert_allclose(labels, [[7, 1.5, -2], [8, 2, 0], [9, .1, 4]], rtol=1e-6)


def test_the_text_may_say_how_many_numbers_a_line_has(tmp_path):
    write_list(tmp_path)
    text = net(tmp_path, "batch_size: 2 new_height: 10 new_width: 12 label_num: 3").replace(
        "image_data_param", "multi_label_image_data_param")
    source = make_source(text)
    assert source.top_shapes == [(2, 3, 10, 12), (2, 3)]
    _, labels = finished(source)
    np.testing.assert_allclose(labels, [[7, 1.5, -2], [8, 2, 0]], rtol=1e-6)
    with pytest.raises(SpecError, match=r"label_num is 4; the lines of '.*' have 3 labels"):
        make_source(text.replace("label_num: 3", "label_num: 4"))
    with pytest.raises(SpecError, match="is given together with multi_label_image_data_param"):
        make_source(text.replace("transform_param", "image_data_param { } transform_param"))


def test_labels_of_the_other_spelling_have_four_axes_and_a_number(tmp_path):
    write_list(tmp_path)
    text = net(tmp_path, "batch_size: 3 multilabel_num: 3").replace("MultiLabel", "Multilabel")
    source = make_source(text)
    assert source.top_shapes == [(3, 3, 40, 56), (3, 3, 1, 1)]
    pixels, labels = finished(source)
    np.testing.assert_array_equal(pixels[1], (planes(1) - 10) * np.float32(0.5))
    np.testing.assert_allclose(labels[:, :, 0, 0], [[7, 1.5, -2], [8, 2, 0], [9, .1, 4]], rtol=1e-6)
    with pytest.raises(SpecError, match=r"multilabel_num is 2; the lines of '.*' have 3 labels"):
        make_source(text.replace("multilabel_num: 3", "multilabel_num: 2"))


def test_labels_at_both_ends_of_a_batch_can_be_left_out(tmp_path):
    write_list(tmp_path)
    source = make_source(net(tmp_path, "batch_size: 4 label_cut_start: 1 label_cut_end: 0 "
                             "balance_class: true new_height: 10 new_width: 12"))
    assert source.top_shapes == [(4, 3, 10, 12), (2, 3)]
    pixels, labels = finished(source)
    assert pixels.shape == (4, 3, 10, 12)
    np.testing.assert_allclose(labels, [[8, 2, 0], [9, .1, 4]], rtol=1e-6)


@pytest.mark.parametrize("text, match", [
    ("0.png 1 x\n", "list.txt:1: '0.png 1 x' is not a path and numbers"),
    ("0.png 1 2\n1.png 3\n", "list.txt:2: '1.png 3' has 1 label; there must be 2"),
    ("0.png\n", "list.txt:1: '0.png' has 0 labels; there must be 1"),
    ("", "the list is empty")])
def test_a_list_of_labels_is_checked(tmp_path, text, match):
    write_list(tmp_path, text)
    with pytest.raises(DataError, match=match):
        make_source(net(tmp_path))


@pytest.mark.parametrize("more, match", [
    ("batch_size: 2 label_cut_start: 1", "twice that must be below batch_size, 2"),
    ("new_height: 3", "new_height and new_width must be given together")])
def test_settings_that_cannot_be_followed_are_refused(tmp_path, more, match):
    write_list(tmp_path)
    with pytest.raises(SpecError, match=match):
        make_source(net(tmp_path, more))


@pytest.mark.parametrize("kind, field", [
    ("MultiLabelImageData", "multi_label_image_data_param"),
    ("FormatImageData", "format_image_data_param"),
    ("ImageDataMultiLabel", "image_data_multi_label_param")])
def test_a_side_alone_is_refused_by_the_field_of_its_message(tmp_path, kind, field):
    write_list(tmp_path)
    text = net(tmp_path, "batch_size: 2 new_height: 3").replace("MultiLabelImageData", kind)
    with pytest.raises(SpecError, match=f" {field}.new_height and new_width must be given"):
        make_source(text.replace(" image_data_param", f" {field}"))


def image_data(folder, more):
    return net(folder, more).replace("MultiLabelImageData", "ImageData")


@pytest.mark.parametrize("count", ["label_dim", "num_of_labels"])
def test_image_data_reads_label_dim_numbers_of_each_line(tmp_path, count):
    write_list(tmp_path, "0.png 0 1 1\n1.png 1 0 0\n2.png 0 0 0\n3.png 1 1 0\n")
    source = make_source(image_data(tmp_path, f"batch_size: 3 {count}: 3"))
    assert source.top_shapes == [(3, 3, 40, 56), (3, 3)]
    pixels, labels = finished(source)
    np.testing.assert_array_equal(pixels[1], (planes(1) - 10) * np.float32(0.5))
    np.testing.assert_array_equal(labels, [[0, 1, 1], [1, 0, 0], [0, 0, 0]])
    with pytest.raises(SpecError, match=f"{count} is 2; the lines of .* have 3 labels"):
        make_source(image_data(tmp_path, f"batch_size: 3 {count}: 2"))
    with pytest.raises(SpecError, match=f"{count} is above 1, .* neither with new_dim nor with"):
        make_source(image_data(tmp_path, f"batch_size: 3 {count}: 3 new_dim: 10"))


def test_image_data_without_labels_says_so(tmp_path):
    write_list(tmp_path, "0.png 0\n1.png 1\n")
    both = image_data(tmp_path, "batch_size: 2 label: false")
    with pytest.raises(SpecError, match="label is false, but there is a top for labels: 'label'"):
        make_source(both)
    assert make_source(both.replace('top: "label"', "")).top_shapes == [(2, 3, 40, 56)]


def test_image_data_that_crops_around_points_is_not_read(tmp_path):
    write_list(tmp_path, "0.png 0 1\n")
    with pytest.raises(SpecError, match="rate_height and rate_width crop around points"):
        make_source(image_data(tmp_path, "batch_size: 3 rate_width: 0.1"))


def points_net(folder, more="", own="label_dim: 4", transform="", tops=2):
    names = " ".join(f'top: "{name}"' for name in ("data", "points", "weights")[:tops])
    return (f'layer {{ name: "d" type: "ImageFloatData" {names} image_data_param {{ source: '
            f'"{folder}/list.txt" root_folder: "{folder}/" batch_size: 2 {more} }} '
            f"image_float_data_param {{ {own} }} transform_param {{ {transform} }} }}")


POINTS = "0.png 0.25 0.5 0.75 1\n1.png 0.125 0.5 0 0.25\n"


def test_images_have_points(tmp_path):
    write_list(tmp_path, POINTS)
    source = make_source(points_net(tmp_path, transform="mean_value: 10 scale: 0.5"))
    assert source.top_shapes == [(2, 3, 40, 56), (2, 4)]
    pixels, points = finished(source)
    np.testing.assert_array_equal(pixels[1], (planes(1) - 10) * np.float32(0.5))
    np.testing.assert_array_equal(points, [[.25, .5, .75, 1], [.125, .5, 0, .25]])


def test_the_last_number_can_be_a_weight(tmp_path):
    write_list(tmp_path, POINTS)
    source = make_source(points_net(tmp_path, own="label_dim: 3 hard_sample: true", tops=3))
    assert source.top_shapes == [(2, 3, 40, 56), (2, 3), (2,)]
    _, points, weights = finished(source)
    np.testing.assert_array_equal(points, [[.25, .5, .75], [.125, .5, 0]])
    np.testing.assert_array_equal(weights, [1, .25])


def test_a_map_can_be_one_more_channel(tmp_path):
    write_list(tmp_path, POINTS)
    (tmp_path / "maps").mkdir()
    write_images(tmp_path / "maps")
    source = make_source(points_net(
        tmp_path, own=f'label_dim: 4 with_heatmap: true heatmap_dir: "{tmp_path}/maps/"'))
    assert source.top_shapes[0] == (2, 4, 40, 56)
    gray = cv2.imread(str(tmp_path / "maps/0.png"), cv2.IMREAD_GRAYSCALE)
    pixels = finished(source)[0]
    np.testing.assert_array_equal(pixels[0], [*planes(0), gray])


def test_points_move_with_the_border_around_their_image(tmp_path):
    """An image of one bright square, and points in its corners: both are found again."""
    square = np.zeros((64, 64, 3), np.uint8)
    square[16:48, 8:40] = 200
    cv2.imwrite(str(tmp_path / "0.png"), square)
    corners = np.array([8, 40, 16, 48], np.float32) / 64     # x of two points, then y
    (tmp_path / "list.txt").write_text("0.png " + " ".join(map(str, corners)) + "\n")
    source = make_source(points_net(tmp_path, transform="pad_ratio: 0.25"))
    sizes = set()
    for start in range(20):
        for picture, points in zip(*finished(source, start), strict=True):
            rows, columns = (np.flatnonzero(picture[0].max(axis) > 100) for axis in (1, 0))
            found = [columns[0], columns[-1] + 1, rows[0], rows[-1] + 1]
            np.testing.assert_allclose(points * 64, found, atol=1.01)
            sizes.add(round(float(32 / (points[1] - points[0]))))    # of the image in its border
    assert min(sizes) == 64 and 64 < max(sizes) <= 64 + 2 * 16 and len(sizes) > 5
    _, points = finished(make_source(points_net(tmp_path, transform="pad_ratio: 0.25"), "TEST"))
    np.testing.assert_array_equal(points, [corners] * 2)


@pytest.mark.parametrize("changes, message", [
    ({"own": "label_dim: 5"}, r"label_dim is 5; the lines of '.*' have 4 numbers, not 5"),
    ({"own": "label_dim: 0"}, "label_dim is 0; it must be at least 1"),
    ({"own": "label_dim: 3 hard_sample: true"}, "hard_sample is True, and there are 2 tops"),
    ({"tops": 3}, "hard_sample is False, and there are 3 tops"),
    ({"transform": "pad_ratio: -0.5"}, "pad_ratio is -0.5; it must be from 0 to 4"),
    ({"more": "new_height: 5"}, "new_height and new_width must be given together")])
def test_settings_of_points_that_cannot_be_followed(changes, message, tmp_path):
    write_list(tmp_path, POINTS)
    with pytest.raises(SpecError, match=message):
        make_source(points_net(tmp_path, **changes))


def test_the_border_is_refused_in_other_layers(tmp_path):
    write_list(tmp_path, POINTS)
    path = tmp_path / "net.prototxt"
    path.write_text(net(tmp_path).replace("scale: 0.5", "pad_ratio: 0.5"))
    with pytest.raises(SpecError, match="pad_ratio is a field of another project's Caffe"):
        Net(path, "TRAIN")
