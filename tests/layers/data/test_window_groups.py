"""GenericWindowData: groups of windows with numbers."""

import cv2
import numpy as np
import pytest

from framework.errors import DataError, SpecError
from framework.report.net_summary import Selection, take_census
from tests.data.making import finished, image, make_source, write_images

TEXT = ("# GenericDataLayer\n2 2 3\n# 0\n0.png 3 40 56 10 5 33 28\n1.png 3 40 56 0 0 11 11\n"
        "0.5 -1 2\n# 1\n2.png 3 40 56 30 10 53 33\n0.png 3 40 56 20 2 43 39\n3 4 5e-1\n")


def net(folder, more="", transform=""):
    return ('layer { name: "d" type: "GenericWindowData" top: "data" top: "label" '
            f'generic_window_data_param {{ source: "{folder}/groups.txt" root_folder: "{folder}/" '
            f"batch_size: 2 crop_size: 12 {more} }} transform_param {{ {transform} }} }}")


@pytest.fixture
def groups(tmp_path):
    write_images(tmp_path, 3)
    (tmp_path / "groups.txt").write_text(TEXT)
    return tmp_path


def crop(number, x1, y1, x2, y2):
    part = image(number)[y1:y2 + 1, x1:x2 + 1]
    return cv2.resize(part, (12, 12)).transpose(2, 0, 1).astype(np.float32)


def test_crops_of_a_group_are_channels_of_one_image(groups):
    source = make_source(net(groups, "scale: 0.5", "mean_value: 1 mean_value: 2 mean_value: 3"))
    assert source.top_shapes == [(2, 6, 12, 12), (2, 3, 1, 1)]
    pixels, labels = finished(source)
    mean = np.array([1, 2, 3], np.float32)[:, None, None]
    for row, windows in zip(pixels, (((0, 10, 5, 33, 28), (1, 0, 0, 11, 11)),
                                     ((2, 30, 10, 53, 33), (0, 20, 2, 43, 39))), strict=True):
        expected = np.concatenate([(crop(*window) - mean) / 2 for window in windows])
        np.testing.assert_allclose(row, expected, rtol=1e-6)
    np.testing.assert_allclose(labels[:, :, 0, 0], [[0.5, -1, 2], [3, 4, 0.5]], rtol=1e-6)
    np.testing.assert_array_equal(finished(source, 1)[0], pixels)       # the file begins anew


def test_gray_images_have_one_channel_each(groups):
    source = make_source(net(groups, "is_gray: true"))
    assert source.top_shapes[0] == (2, 2, 12, 12)
    pixels, _ = finished(source)
    gray = cv2.imread(str(groups / "1.png"), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(pixels[0, 1], gray[:12, :12])


def test_context_is_cut_to_the_image_and_stretched(groups):
    """Window 0 0 11 11 with 3 of 12 pixels of context is -6 -6 18 18, of which 0 to 18 is seen."""
    pixels, _ = finished(make_source(net(groups, "context_pad: 3")))
    np.testing.assert_array_equal(pixels[0, 3:], crop(1, 0, 0, 18, 18))
    np.testing.assert_array_equal(pixels[0, :3], crop(0, 0, 0, 46, 39)[:, :, :])


def test_a_random_crop_is_at_one_place_in_all_images_of_a_group(groups):
    (groups / "groups.txt").write_text(TEXT.replace("1.png", "0.png"))
    source = make_source(net(groups, "random_crop: true"))
    seen = set()
    for start in range(4):
        row = finished(source, start)[0][0]
        np.testing.assert_array_equal(row[:3], row[3:])
        places = [(x, y) for x in range(45) for y in range(29)
                  if np.array_equal(row[:3], crop(0, x, y, x + 11, y + 11))]
        assert len(places) == 1
        seen |= set(places)
    assert len(seen) > 1


@pytest.mark.parametrize("phase, moves", [("TRAIN", True), ("TEST", False)])
def test_windows_are_moved_in_training(groups, phase, moves):
    source = make_source(net(groups, "max_jitter: 3"), phase)
    found = set()
    for start in range(12):
        row = finished(source, start)[0][0, :3]
        found |= {(x, y) for x in (-2, -1, 0, 1, 2) for y in (-2, -1, 0, 1, 2)
                  if np.array_equal(row, crop(0, 10 + x, 5 + y, 33 + x, 39))}
    if moves:       # and their lower end is the image's
        assert len(found) > 3
    else:
        assert not found
        np.testing.assert_array_equal(row, crop(0, 10, 5, 33, 28))


def test_a_group_is_mirrored_as_a_whole(groups):
    plain = finished(make_source(net(groups)))[0][0]
    source = make_source(net(groups, "mirror: true"))
    kinds = set()
    for start in range(8):
        row = finished(source, start)[0][0]
        kinds.add(bool(np.array_equal(row, plain)))
        assert np.array_equal(row, plain) or np.array_equal(row, plain[:, :, ::-1])
    assert kinds == {True, False}


@pytest.mark.parametrize("old, new, line", [
    ("# GenericDataLayer", "# 0", 1), ("2 2 3", "2 2", 3), ("0.5 -1 2", "0.5 -1 x", 6),
    ("10 5 33 28", "10 5 56 28", 4), ("# 1\n", "", 7), ("2 2 3", "2 -2 3", 2),
    ("2 2 3", "2 2 0", 2)])
def test_a_file_of_another_form_is_an_error_with_its_line(groups, old, new, line):
    (groups / "groups.txt").write_text(TEXT.replace(old, new, 1))
    with pytest.raises(DataError, match=f"groups.txt:{line}: group .* is not described as"):
        make_source(net(groups))


def test_wrong_counts_and_settings_are_errors(groups):
    with pytest.raises(SpecError, match="context_pad is 6; twice of it must be less than"):
        make_source(net(groups, "context_pad: 6"))
    with pytest.raises(SpecError, match="crop_size is missing; windows need a size"):
        make_source(net(groups).replace("crop_size: 12", ""))
    with pytest.raises(SpecError, match="mean_value does not fit"):
        make_source(net(groups, "", "mean_value: 1 mean_value: 2"))
    (groups / "groups.txt").write_text(TEXT.replace("2 2 3", "3 2 3"))
    with pytest.raises(DataError, match="the number of groups is 2; the file says 3"):
        make_source(net(groups))


def test_without_the_file_the_layers_that_read_it_say_how_many_images_a_group_has(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(net(tmp_path) + """
layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b"
  slice_param { slice_dim: 1 slice_point: 3 } }
layer { name: "i" type: "Silence" bottom: "a" bottom: "b" bottom: "label" }""")
    (census,) = take_census(path, Selection("TRAIN"))
    assert census.built and census.rows[0].shapes[0] == (2, 6, 12, 12)
