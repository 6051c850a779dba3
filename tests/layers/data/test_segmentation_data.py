"""Images and label maps: DenseImageData, ImageLabelmapData, ImageSegData."""

import cv2
import numpy as np
import pytest

from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.augment.transform import Transformer
from framework.data.records.label_image import encode, voc_palette
from framework.definition import prototxt
from framework.errors import DataError, SpecError
from tests.data.making import finished, image, make_source, planes, write_images


def pair_net(kind, folder, param, more="", transform="", tops="data label"):
    tops = " ".join(f'top: "{top}"' for top in tops.split())
    return (f'layer {{ name: "d" type: "{kind}" {tops} {param} {{ source: "{folder}/list.txt" '
            f'root_folder: "{folder}/" batch_size: 2 {more} }} '
            f'transform_param {{ {transform} }} }}')


@pytest.fixture
def pairs(tmp_path):
    write_images(tmp_path)
    lines = [f"{index}.png {index}_marks.png" for index in range(4)]
    (tmp_path / "list.txt").write_text("\n".join(lines))
    return tmp_path


def test_dense_image_data_has_the_grey_levels_as_labels(pairs):
    pixels, labels = finished(make_source(pair_net("DenseImageData", pairs,
                                                   "dense_image_data_param")))
    assert labels.shape == (2, 1, 40, 56) and labels.dtype == np.float32
    np.testing.assert_array_equal(pixels[1], planes(1))
    assert labels[1, 0, 30, 30] == 1 and labels[1, 0, 2, 3] == 201


@pytest.mark.parametrize("kind, param", [("DenseImageData", "dense_image_data_param"),
                                         ("ImageSegData", "image_data_param")])
@pytest.mark.parametrize("workers", [0, 1])
def test_a_image_and_its_label_map_are_cropped_and_mirrored_alike(pairs, kind, param, workers):
    """The label map here is the image's own first channel."""
    for index in range(4):
        cv2.imwrite(str(pairs / f"{index}_marks.png"), image(index)[..., 0])
    more = "label_type: PIXEL" if kind == "ImageSegData" else ""
    source = make_source(pair_net(kind, pairs, param, more,
                                  "mirror: true crop_h: 24 crop_w: 31"), workers=workers)
    batches = source.batches()
    crops = set()
    for _ in range(6):
        pixels, labels = next(batches)
        np.testing.assert_array_equal(pixels[:, :1], labels)
        crops.add(labels.numpy().tobytes())
    batches.close()
    assert len(crops) == 6


def test_image_seg_data_pads_what_a_crop_lacks_and_tells_the_sizes(pairs):
    pixels, labels, sizes = finished(make_source(pair_net(
        "ImageSegData", pairs, "image_data_param", "label_type: PIXEL ignore_label: 99",
        "crop_h: 50 crop_w: 60 mean_value: 7", "data label size"), "TEST"))
    np.testing.assert_array_equal(pixels[0, :, :40, :56], planes(0) - 7)
    assert (pixels[0, :, 40:] == 0).all() and (labels[:, :, 40:] == 99).all()
    assert (labels[:, :, :, 56:] == 99).all() and labels[1, 0, 30, 30] == 1
    np.testing.assert_array_equal(sizes.reshape(2, 2), [[40, 56]] * 2)


def test_an_image_and_its_label_map_are_scaled_by_one_of_the_factors():
    param = prototxt.parse("scale_factors: 0.5 scale_factors: 2", "TransformationParameter")
    transform = Transformer(param.message, True, Mean())
    sizes = set()
    for position in range(40):
        pixels, marks = transform.pair(image(0), image(0)[..., :1], Draws(0, position), 255)
        assert pixels.shape[:2] == marks.shape[:2]
        sizes.add(pixels.shape[:2])
    assert sizes == {(20, 28), (80, 112)}


def test_an_image_and_its_label_map_are_resized_padded_cropped_and_mirrored_alike():
    """NEAREST makes the image's first channel what the label map must be, crop by crop."""
    param = prototxt.parse("resize_param { height: 30 width: 70 interp_mode: NEAREST } crop_h: 37 "
                           "crop_w: 24 mirror: true", "TransformationParameter").message
    transform = Transformer(param, True, Mean((9.0, 9.0, 9.0)))
    resized = cv2.resize(image(3), (70, 30), interpolation=cv2.INTER_NEAREST)
    padded = cv2.copyMakeBorder(resized, 0, 7, 0, 0, cv2.BORDER_CONSTANT, value=(9, 9, 9))
    views = [padded[:, x:x + 24][:, ::step] for x in range(47) for step in (1, -1)]
    seen = set()
    for position in range(60):
        pixels, marks = transform.pair(image(3), image(3)[..., :1], Draws(0, position), 201)
        seen |= {index for index, view in enumerate(views) if np.array_equal(pixels, view)}
        np.testing.assert_array_equal(marks[:30], pixels[:30, :, :1])
        assert (marks[30:] == 201).all()
    assert len(seen) > 30 and {index % 2 for index in seen} == {0, 1}


def bar_pair():
    """A light bar from left to right, and its label map."""
    marks = np.zeros((81, 121, 1), np.uint8)
    marks[36:45, 30:91] = 1
    return np.repeat(marks * 200, 3, axis=2), marks


def test_an_image_and_its_label_map_are_rotated_by_one_angle_about_their_centre():
    param = prototxt.parse("max_rotation_angle: 30 apply_probability: 0.5 mean_value: 77",
                           "TransformationParameter").message
    transform = Transformer(param, True, Mean((77.0,)))
    pixels, marks = bar_pair()
    angles = []
    for position in range(60):
        turned, labels = transform.pair(pixels.copy(), marks.copy(), Draws(3, position), 255)
        assert turned.shape == pixels.shape and labels.shape == marks.shape
        rows, columns = np.nonzero(labels[..., 0] == 1)
        slope = np.linalg.eigh(np.cov(columns, rows))[1][:, 1]
        angles.append(np.degrees(np.arctan2(slope[1], slope[0]) + np.pi / 2) % 180 - 90)
        assert abs(rows.mean() - 40) < 0.2 and abs(columns.mean() - 60) < 0.2
        outside = labels == 255
        sure = cv2.erode((turned[..., 0] > 100).astype(np.uint8), np.ones((3, 3)))
        wide = cv2.dilate((turned[..., 0] > 100).astype(np.uint8), np.ones((3, 3)))
        assert (labels[sure == 1] == 1).all() and (labels[wide == 0] != 1).all()
        assert abs(angles[-1]) < 1 or (outside.any() and (turned[0, 0] == 77).all())
    turned = [angle for angle in angles if abs(angle) > 0.5]
    assert 15 < len(turned) < 45 and min(turned) < -15 and max(turned) > 15
    assert max(map(abs, angles)) < 31


def test_colours_and_blur_change_the_image_and_not_its_label_map(pairs):
    text = ("distort_param { brightness_prob: 1 brightness_delta: 60 } "
            "noise_param { prob: 0.5 gauss_blur: true }")
    source = make_source(pair_net("ImageSegData", pairs, "image_data_param", "label_type: PIXEL",
                                  text))
    batches = source.batches()
    kinds = set()
    for _ in range(8):
        pixels, labels = (top.numpy() for top in next(batches))
        for item, marks in zip(pixels, labels, strict=True):
            index = int(marks[0, 30, 30])
            assert (marks[0, :5, :7] == 200 + index).all() and (marks == index).sum() == 2205
            whole = planes(index)
            inner = (whole > 60) & (whole < 195)
            kinds.add(len(np.unique((item - whole)[inner])) == 1)
            assert not np.array_equal(item, whole)
    batches.close()
    assert kinds == {True, False}       # a constant is added; half of the images are blurred too


@pytest.mark.parametrize("more, transform, message", [
    ("", "max_rotation_angle: 181", "max_rotation_angle is 181; it must be at most 180 degrees"),
    ("", "max_rotation_angle: 9 apply_probability: 1.5",
     "apply_probability is 1.5; it must be between 0 and 1"),
    ("ignore_label: 256", "", "ignore_label is 256; label maps hold 0 to 255"),
    ("ignore_label: -1", "", "ignore_label is -1; label maps hold 0 to 255")])
def test_image_seg_data_refuses_what_it_cannot_follow(pairs, more, transform, message):
    with pytest.raises(SpecError, match=message):
        make_source(pair_net("ImageSegData", pairs, "image_data_param",
                             f"label_type: PIXEL {more}", transform))


@pytest.mark.parametrize("kind, expected", [("IMAGE", [3, 5]), ("NONE", [77, 77])])
def test_image_seg_data_takes_one_label_for_the_whole_image(pairs, kind, expected):
    lines = ["0.png 3", "1.png 5"] if kind == "IMAGE" else ["0.png", "1.png"]
    (pairs / "list.txt").write_text("\n".join(lines))
    _, labels = finished(make_source(pair_net("ImageSegData", pairs, "image_data_param",
                                              f"label_type: {kind} ignore_label: 77")))
    assert (labels == np.array(expected).reshape(2, 1, 1, 1)).all()


def test_image_labelmap_data_is_one_where_the_drawing_is_light(pairs):
    drawing = np.zeros((40, 56), np.uint8)
    drawing[10], drawing[20] = 127, 128
    cv2.imwrite(str(pairs / "0_marks.png"), drawing)
    _, edges = finished(make_source(pair_net("ImageLabelmapData", pairs, "image_data_param")))
    assert (edges[0, 0, 20] == 1).all() and edges[0].sum() == 56


@pytest.mark.parametrize("text, levels", [("normalize: true", (0, 1)),
                                          ("normalize: false", (127, 128))])
def test_image_labelmap_data_gives_the_levels_of_the_drawing_if_asked(pairs, text, levels):
    drawing = np.zeros((40, 56), np.uint8)
    drawing[10], drawing[20] = 127, 128
    cv2.imwrite(str(pairs / "0_marks.png"), drawing)
    _, edges = finished(make_source(pair_net("ImageLabelmapData", pairs, "image_data_param", text)))
    assert (edges[0, 0, 10] == levels[0]).all() and (edges[0, 0, 20] == levels[1]).all()


def test_a_label_map_of_another_size_is_a_bad_record(pairs, caplog):
    cv2.imwrite(str(pairs / "0_marks.png"), np.zeros((9, 9), np.uint8))
    _, labels = finished(make_source(pair_net("DenseImageData", pairs, "dense_image_data_param")))
    assert labels[0, 0, 30, 30] == 1
    assert "the image is 56 x 40, its label map 9 x 9" in caplog.text


@pytest.mark.parametrize("size, is_bad", [((20, 28), False), ((21, 28), False), ((37, 56), True)])
def test_a_label_map_of_another_form_is_a_bad_record_where_both_are_resized(
        pairs, caplog, size, is_bad):
    cv2.imwrite(str(pairs / "0_marks.png"), np.full(size, 3, np.uint8))
    _, labels = finished(make_source(pair_net("ImageSegData", pairs, "image_data_param",
                                              "label_type: PIXEL new_width: 16 new_height: 12")))
    assert labels.shape == (2, 1, 12, 16) and ("its label map 56 x 37" in caplog.text) == is_bad
    assert (labels[0] == 3).all() != is_bad


def test_pairs_refuse_what_label_maps_cannot_follow(pairs):
    with pytest.raises(SpecError, match="expand_param is not taken by DenseImageData"):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param", "",
                             "expand_param { prob: 1 max_expand_ratio: 2 }"))
    with pytest.raises(SpecError, match="random_resize_param is not taken by DenseImageData"):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param", "",
                             "crop_size: 9 random_resize_param { min_size: 20 }"))
    (pairs / "list.txt").write_text("0.png\n")
    with pytest.raises(DataError, match="'0.png' is not `image label_map`"):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param"))


def test_label_maps_in_colours_are_named(pairs, caplog):
    text = pair_net("ImageSegData", pairs, "image_data_param", "label_type: PIXEL")
    make_source(text)
    assert not caplog.text
    marks = cv2.imread(str(pairs / "0_marks.png"), cv2.IMREAD_GRAYSCALE)
    (pairs / "0_marks.png").write_bytes(encode(marks, voc_palette()))
    make_source(text)
    assert "0_marks.png is in colours; their grey levels are taken as labels" in caplog.text


@pytest.mark.parametrize("workers", [0, 1])
def test_window_seg_data_cuts_the_same_window_from_both(pairs, workers):
    (pairs / "list.txt").write_text("0.png 0_marks.png 10 5 33 28\n1.png 1_marks.png -4 -2 19 21\n")
    text = pair_net("WindowSegData", pairs, "image_data_param",
                    "label_type: PIXEL ignore_label: 77", "mean_value: 3", "data label size")
    pixels, labels, sizes = finished(make_source(text, workers=workers))
    np.testing.assert_array_equal(pixels[0], planes(0)[:, 5:29, 10:34] - 3)
    marks = np.full((40, 56), 1.0)
    marks[:5, :7] = 201
    np.testing.assert_array_equal(pixels[1, :, 2:, 4:], planes(1)[:, :22, :20] - 3)
    np.testing.assert_array_equal(labels[1, 0, 2:, 4:], marks[:22, :20])
    assert (pixels[1, :, :2] == -3).all() and (labels[1, 0, :, :4] == 77).all()
    assert sizes.shape == (2, 1, 1, 2)


def test_window_seg_data_resizes_labels_without_mixing_them(pairs):
    (pairs / "list.txt").write_text("0.png 0_marks.png 0 0 13 9\n1.png 1_marks.png 0 0 13 9\n")
    text = pair_net("WindowSegData", pairs, "image_data_param",
                    "label_type: PIXEL new_width: 42 new_height: 30", "")
    pixels, labels = finished(make_source(text))
    expected = cv2.resize(image(0)[:10, :14], (42, 30), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(pixels[0], expected.transpose(2, 0, 1))
    assert set(np.unique(labels[1])) == {1, 201} and labels[1, 0, 14, 20] == 201


@pytest.mark.parametrize("line, message", [
    ("0.png 0_marks.png 1 2 3", "is not `image label_map`|does not end with x1 y1 x2 y2"),
    ("0.png 0_marks.png 9 2 3 8", "the window 9 2 3 8 is inside out")])
def test_wrong_windows_are_errors(pairs, line, message):
    (pairs / "list.txt").write_text(line)
    with pytest.raises(DataError, match=message):
        make_source(pair_net("WindowSegData", pairs, "image_data_param", "label_type: PIXEL"))


@pytest.mark.parametrize("kind, label, more", [("ImageData", "0", ""),
                                               ("ImageSegData", "b.png", "label_type: PIXEL")])
def test_a_root_folder_without_its_last_slash_is_named(kind, label, more, tmp_path):
    """Names follow it as they are, as in the original: imagesa.jpg cannot be read."""
    (tmp_path / "images").mkdir()
    (tmp_path / "list").write_text(f"a.jpg {label}\n")
    text = (f'layer {{ name: "data" type: "{kind}" top: "data" top: "label" image_data_param {{ '
            f'source: "{tmp_path}/list" root_folder: "{tmp_path}/images" batch_size: 1 {more} '
            '} }')
    with pytest.raises(DataError, match="imagesa.jpg: .*No such file or directory; root_folder "
                       f"must end with /, since names follow it as they are: '{tmp_path}/images/'"):
        finished(make_source(text))


def numbered_net(folder, more="", select=""):
    return pair_net("SelectSegBinary", folder, "image_data_param",
                    f"label_type: PIXEL ignore_label: 201 {more}", "mean_value: 3",
                    "data label classes")[:-1] \
        + f"window_cls_data_param {{ label_dim: 3 }} {select} }}"


@pytest.mark.parametrize("base, expected", [(0, {1: 0, 2: 5, 3: 1, 4: 0}),
                                            (1, {1: 0, 2: 0, 3: 5, 4: 1})])
def test_select_seg_binary_puts_the_numbers_of_an_image_for_its_labels(pairs, base, expected):
    marks = np.zeros((40, 56), np.uint8)
    marks[:, :5] = [1, 2, 3, 4, 201]
    cv2.imwrite(str(pairs / "0_marks.png"), marks)
    cv2.imwrite(str(pairs / "1_marks.png"), marks)
    (pairs / "list.txt").write_text("0.png 0_marks.png 0 0 23 19 0 5 1\n"
                                    "1.png 1_marks.png -2 0 21 19 7 8 9\n")
    source = make_source(numbered_net(
        pairs, select=f"select_seg_binary_param {{ cls_label_base: {base} }}"))
    pixels, labels, classes = finished(source)
    assert source.top_shapes == [(2, 3, 20, 24), (2, 1, 20, 24), (2, 3, 1, 1)]
    np.testing.assert_array_equal(pixels[0], planes(0)[:, :20, :24] - 3)
    np.testing.assert_array_equal(labels[0, 0, 7, :6], [*expected.values(), 201, 0])
    assert (labels[1, 0, :, :2] == 201).all()       # beyond the image
    np.testing.assert_array_equal(classes[:, :, 0, 0], [[0, 5, 1], [7, 8, 9]])


@pytest.mark.parametrize("line, message", [
    ("0.png 0_marks.png 0 0 9 9 1 2", "1 2' does not end with x1 y1 x2 y2"),
    ("0.png 0_marks.png 0 0 9 9 1 2 x", "end with 3 numbers from 0 to 255"),
    ("0.png 0_marks.png 0 0 9 9 1 2 256", "end with 3 numbers from 0 to 255"),
    ("0.png 0 0 9 9 1 2 3", "is not `image label_map`")])
def test_wrong_lines_of_windows_and_numbers_are_errors(pairs, line, message):
    (pairs / "list.txt").write_text(line)
    with pytest.raises(DataError, match=message):
        make_source(numbered_net(pairs))


def test_the_sizes_of_image_seg_data_have_a_row_for_each_item(pairs):
    source = make_source(pair_net("ImageSegData", pairs, "image_data_param", "label_type: PIXEL",
                                  "crop_size: 9", "data label size"))
    assert source.top_shapes[2] == (2, 1, 1, 2)


@pytest.mark.parametrize("mirror", ["", "mirror: true"])
def test_label_maps_may_be_some_times_smaller_than_their_images(pairs, mirror):
    source = make_source(pair_net(
        "DenseImageData", pairs, "dense_image_data_param",
        "new_height: 24 new_width: 32 label_divide_factor: 4", mirror))
    pixels, labels = finished(source)
    assert source.top_shapes == [(2, 3, 24, 32), (2, 1, 6, 8)]
    for item in range(2):
        marks = cv2.imread(str(pairs / f"{item}_marks.png"), cv2.IMREAD_GRAYSCALE)
        small = cv2.resize(marks, (8, 6), interpolation=cv2.INTER_NEAREST)
        large = cv2.resize(image(item), (32, 24), interpolation=cv2.INTER_LINEAR)
        views = {step: (large[:, ::step].transpose(2, 0, 1), small[:, ::step])
                 for step in (1, -1)[:1 + bool(mirror)]}
        assert any(np.array_equal(pixels[item], view) and np.array_equal(labels[item, 0], marks)
                   for view, marks in views.values())


@pytest.mark.parametrize("more, transform, message", [
    ("", "", "is 4; it must divide new_height and new_width, which are 0 and 0"),
    ("new_height: 24 new_width: 34", "", "which are 24 and 34"),
    ("new_height: 24 new_width: 32", "crop_size: 8", "together with transform_param.crop_size"),
    ("new_height: 24 new_width: 32 crop_height: 8 crop_width: 8", "", "transform_param.crop_h")])
def test_smaller_label_maps_follow_no_crop(pairs, more, transform, message):
    with pytest.raises(SpecError, match=message):
        make_source(pair_net("DenseImageData", pairs, "dense_image_data_param",
                             f"label_divide_factor: 4 {more}", transform))


def test_image_seg_data_without_labels_gives_the_images_alone(pairs):
    (pairs / "list.txt").write_text("2.png\n0.png\n")
    text = pair_net("ImageSegData", pairs, "image_data_param", "has_label: false", "", "data")
    source = make_source(text)
    (pixels,) = finished(source)
    np.testing.assert_array_equal(pixels[0], planes(2))
    assert source.top_shapes == [(2, 3, 40, 56)]


@pytest.mark.parametrize("more, tops, message", [
    ("has_label: false", "data label", "is given 2 times; with image_data_param.has_label false"),
    ("", "data", "is given 1 times; with image_data_param.has_label true it must be from 2 to 3")])
def test_tops_of_image_seg_data_are_as_has_label_says(pairs, more, tops, message):
    with pytest.raises(SpecError, match=message):
        make_source(pair_net("ImageSegData", pairs, "image_data_param", more, "", tops))
