"""The random sizes and windows of NVIDIA's and Intel's branches, against OpenCV and by hand."""

import cv2
import numpy as np
import pytest

from framework.data.augment.draws import Draws
from framework.data.augment.mean import Mean
from framework.data.augment.random_sizes import draw_resize, stretch
from framework.data.augment.transform import Transformer
from framework.data.records.boxes import CORNERS
from framework.data.records.image_size import LIMIT
from framework.data.records.images import DecodedImage
from framework.data.records.records import BadRecord, Record
from framework.definition import prototxt
from tests.data.making import image

ASPECT = ("random_aspect_ratio_param { min_area_ratio: 0.2 max_area_ratio: 0.9 "
          "aspect_ratio_change: 0.75 }")


def message(text):
    return prototxt.parse(text, "TransformationParameter").message


def transformed(text, pixels, seed=0, is_train=False, mean=None):
    transform = Transformer(message(text), is_train, mean or Mean())
    return transform.without_boxes(pixels, Draws(seed, 3))


def middle(pixels, height, width):
    y, x = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[y:y + height, x:x + width]


def resized(pixels, width, height, mode):
    cv2.ipp.setUseIPP(mode != cv2.INTER_CUBIC)
    try:
        return cv2.resize(pixels, (width, height), interpolation=mode)
    finally:
        cv2.ipp.setUseIPP(True)


# An image of 62 x 48 and the size that it gets, worked by hand.
NEAREST, LINEAR, CUBIC = cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_CUBIC
SIZE, UPSCALE = "img_rand_resize_lower: {0} img_rand_resize_upper: {0} ", "allow_upscale: true "
VERTICAL = "vertical_stretch_lower: {0} vertical_stretch_upper: {0} "
HORIZONTAL = "horizontal_stretch_lower: {0} horizontal_stretch_upper: {0} "
RATIO = "rand_resize_ratio_lower: {0} rand_resize_ratio_upper: {0} "


@pytest.mark.parametrize(("text", "width", "height", "mode"), [
    (SIZE.format(24), 31, 24, NEAREST),
    (SIZE.format(24) + "interpolation_algo_down: INTER_LINEAR", 31, 24, LINEAR),
    (SIZE.format(24) + "interpolation_algo_down: INTER_AREA", 31, 24, cv2.INTER_AREA),
    (SIZE.format(72), 62, 48, NEAREST),
    (SIZE.format(72) + UPSCALE, 93, 72, CUBIC),
    (SIZE.format(72) + UPSCALE + "interpolation_algo_up: INTER_LINEAR", 93, 72, LINEAR),
    (SIZE.format(24) + RATIO.format(1.5), 36, 24, NEAREST),
    (RATIO.format(1.125), 54, 48, NEAREST),
    (VERTICAL.format(0.5), 62, 24, NEAREST),
    (HORIZONTAL.format(0.75), 47, 48, NEAREST),                 # 46.5, rounded up
    (VERTICAL.format(0.25), 62, 20, NEAREST),                   # not below the crop
    (VERTICAL.format(1.25) + HORIZONTAL.format(0.5), 31, 48, NEAREST),
    (VERTICAL.format(1.25) + HORIZONTAL.format(0.5) + UPSCALE, 31, 60, CUBIC),
    (SIZE.format(36) + RATIO.format(1.25) + VERTICAL.format(0.75) + HORIZONTAL.format(0.8),
     36, 27, NEAREST),
    ("img_rand_resize_lower: 24 vertical_stretch_lower: 0 vertical_stretch_upper: 3 "
     + RATIO.format(1), 62, 48, NEAREST),                       # each pair without effect
])
def test_a_fixed_stretch_is_opencvs_resize(text, width, height, mode):
    pixels = image(3, 48, 62)
    expected = middle(resized(pixels, width, height, mode), 20, 20)
    found = transformed(f"crop_size: 20 {text}", pixels)
    if mode == CUBIC:           # OpenCV rounds a half to even in vectors, up after them
        assert np.abs(found.astype(int) - expected).max() <= 1
    else:
        np.testing.assert_array_equal(found, expected)


def test_a_tall_image_gets_its_ratio_in_height():
    pixels = image(3, 62, 48)
    found = transformed("crop_size: 20 " + SIZE.format(24) + RATIO.format(1.5), pixels)
    np.testing.assert_array_equal(found, middle(resized(pixels, 24, 36, NEAREST), 20, 20))


def test_without_allow_upscale_a_image_smaller_than_the_crop_stays_so():
    with pytest.raises(BadRecord, match="is 62 x 48, smaller than the crop of 50 x 50"):
        transformed("crop_size: 50 " + SIZE.format(60), image(3, 48, 62))
    assert transformed("crop_size: 50 allow_upscale: true " + SIZE.format(20),
                       image(3, 48, 62)).shape == (50, 50, 3)


def sizes_of(text, height, width, count=400):
    param, pixels = message(text), np.zeros((height, width, 1), np.uint8)
    shapes = [stretch(pixels, param, (0, 0), Draws(5, position)).shape for position in range(count)]
    return [shape[:2] for shape in shapes]


def test_every_size_of_the_range_is_drawn():
    found = sizes_of("img_rand_resize_lower: 20 img_rand_resize_upper: 26", 30, 60)
    assert set(found) == {(size, 2 * size) for size in range(20, 27)}


@pytest.mark.parametrize("bounds", [(0.5, 1.5), (1.5, 0.5)])
def test_stretches_fill_their_bounds_each_on_its_own(bounds):
    text = UPSCALE + " ".join(f"{way}_stretch_{end}: {bound}" for way in ("vertical", "horizontal")
                              for end, bound in zip(("lower", "upper"), bounds, strict=True))
    heights, widths = np.array(sizes_of(text, 40, 80, 2000)).T
    assert set(heights) == set(range(20, 61)) and set(widths) >= set(range(42, 119))
    assert widths.min() >= 40 and widths.max() <= 120
    assert abs(np.corrcoef(heights, widths)[0, 1]) < 0.1
    assert abs(heights.mean() - 40) < 1 and abs(widths.mean() - 80) < 2


def test_the_longer_side_of_a_square_is_drawn():
    found = sizes_of(UPSCALE + "rand_resize_ratio_lower: 1 rand_resize_ratio_upper: 2", 30, 30)
    assert {min(size) for size in found} == {30}
    assert {size[0] for size in found} == {size[1] for size in found} == set(range(30, 61))


def test_a_recipe_without_random_sizes_draws_crop_and_mirror_alone():
    pixels = image(2, 48, 62)
    for seed in range(10):
        draws = Draws(seed, 3)
        y, x = draws.below(48 - 20 + 1), draws.below(62 - 20 + 1)
        step = -1 if draws.below(2) == 1 else 1
        found = transformed("crop_size: 20 mirror: true", pixels, seed, is_train=True)
        np.testing.assert_array_equal(found, pixels[y:y + 20, x:x + 20][:, ::step])


def test_a_stretched_image_is_less_the_middle_of_the_mean():
    mean_image = np.random.default_rng(1).normal(100, 20, (3, 33, 40)).astype(np.float32)
    pixels = image(2, 48, 62)
    expected = (middle(resized(pixels, 31, 24, NEAREST), 20, 20)
                - mean_image[:, 6:26, 10:30].transpose(1, 2, 0)) * np.float32(0.5)
    found = transformed("crop_size: 20 " + SIZE.format(24), pixels, mean=Mean((), mean_image, 0.5))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(BadRecord, match=r"the mean_file \(3, 19, 40\); it must be as large"):
        transformed("crop_size: 20 " + SIZE.format(24), pixels,
                    mean=Mean((), mean_image[:, :19], 0.5))


def test_a_crop_of_another_size_than_the_mean_is_less_the_middle_of_the_mean_too():
    mean_image = np.random.default_rng(1).normal(100, 20, (3, 33, 40)).astype(np.float32)
    pixels = image(2, 48, 62)
    expected = middle(pixels, 20, 20) - mean_image[:, 6:26, 10:30].transpose(1, 2, 0)
    found = transformed("crop_size: 20", pixels, mean=Mean((), mean_image))
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(BadRecord, match=r"the mean_file \(3, 33, 40\); they must be the same"):
        transformed("", pixels, mean=Mean((), mean_image))


@pytest.mark.parametrize(("size", "width", "height"), [
    ((40, 56), 28, 20), ((41, 57), 27, 20), ((57, 41), 20, 27), ((33, 33), 20, 20)])
def test_random_resize_param_sets_the_shorter_side(size, width, height):
    pixels = image(1, *size)
    found = transformed("crop_size: 17 random_resize_param { min_size: 20 max_size: 20 "
                        "resize_param { interp_mode: AREA } }", pixels)
    expected = resized(pixels, width, height, cv2.INTER_AREA)
    np.testing.assert_array_equal(found, middle(expected, 17, 17))


@pytest.mark.parametrize(("text", "low", "high"), [
    ("min_size: 10 max_size: 14", 10, 14), ("", 20, 29), ("min_size: 25", 25, 29),
    ("max_size: 22", 20, 22)])
def test_every_shorter_side_is_drawn_up_to_the_images_own(text, low, high):
    param = message(f"random_resize_param {{ {text} }}")
    found = {draw_resize(param, 29, 20, Draws(1, position))[1].height for position in range(300)}
    assert found == set(range(low, high + 1))


def test_a_image_beyond_the_sizes_is_left_out():
    with pytest.raises(BadRecord, match="draw its shorter side from 48 to 30"):
        transformed("crop_size: 17 random_resize_param { max_size: 30 }", image(1, 48, 62))


def test_a_fixed_aspect_is_a_square_window_in_any_place():
    """A quarter of 24 x 36: 14 x 14 (14.7 rounded down), resized to the crop."""
    pixels = image(4, 24, 36)
    windows = {resized(pixels[y:y + 14, x:x + 14], 9, 9, LINEAR).tobytes(): (y, x)
               for y in range(11) for x in range(23)}
    found = {windows[transformed("crop_size: 9 random_aspect_ratio_param { min_area_ratio: 0.25 "
                                 "max_area_ratio: 0.25 }", pixels, seed).tobytes()]
             for seed in range(1500)}
    assert {y for y, _ in found} == set(range(11)) and {x for _, x in found} == set(range(23))


def test_windows_fill_the_bounds_of_area_and_aspect_both_ways():
    param = message(f"crop_size: 9 {ASPECT}")
    areas, aspects = [], []
    for position in range(2000):
        part, size = draw_resize(param, 300, 200, Draws(2, position))
        assert (size.width, size.height) == (9, 9)
        assert part.x + part.width <= 300 and part.y + part.height <= 200
        areas.append(part.width * part.height / 60000)
        aspects.append(part.width / part.height)
    assert 0.19 < min(areas) < 0.22 and 0.8 < max(areas) < 0.91
    assert 0.56 < min(aspects) < 0.6 and 1.7 < max(aspects) < 1.8      # 0.75 squared


def test_an_image_that_would_be_stretched_beyond_the_limit_of_pixels_is_bad(monkeypatch):
    monkeypatch.setenv(LIMIT, "4000")
    text = f"crop_size: 20 {UPSCALE} {HORIZONTAL}"
    assert transformed(text.format(1.25), image(3, 48, 62)).shape == (20, 20, 3)    # 78 x 48
    with pytest.raises(BadRecord, match="62 x 48, would be resized to 93 x 48 pixels, .* 4000"):
        transformed(text.format(1.5), image(3, 48, 62))


def test_without_a_window_that_fits_the_whole_image_is_taken():
    pixels = image(4, 24, 37)
    found = transformed("crop_size: 9 random_aspect_ratio_param { max_attempt: 0 }", pixels)
    np.testing.assert_array_equal(found, middle(resized(pixels, 13, 9, LINEAR), 9, 9))


@pytest.mark.parametrize("text", [
    ASPECT, ASPECT + " expand_param { prob: 0.5 max_expand_ratio: 2 }",
    "random_resize_param { min_size: 130 max_size: 200 }"])
def test_boxes_follow_random_windows(text):
    """A white rectangle on black: its box is where the white is."""
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[60:180, 80:240] = 255
    boxes = np.array([[1, 0, 80 / 320, 60 / 240, 240 / 320, 180 / 240, 0]], np.float32)
    transform = Transformer(message(f"crop_size: 120 mirror: true {text}"), True, Mean())
    for seed in range(40):
        found, seen = transform(Record(DecodedImage(pixels), boxes, 0), Draws(seed, 1))
        assert found.shape == (120, 120, 3)
        rows, columns = np.nonzero(found[..., 0] > 127)
        corners = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(seen[0, CORNERS] * 120, corners, atol=1.5)
