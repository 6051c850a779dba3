"""Rotation, shorter side, colour shift, contrast and smoothing (twtygqyy/caffe-augmentation)."""

import numpy as np
import pytest

from framework.data.augment.appearance import (
    ChangeContrast,
    Rotate,
    ShiftColor,
    ShortSide,
    Smooth,
)
from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.steps import Sample
from framework.data.records.records import BadRecord
from framework.errors import SpecError
from framework.proto import Datum
from tests.data.augment.test_branch_fields import data_net, image_net
from tests.data.making import (
    encoded,
    finished,
    image,
    make_source,
    write_database,
    write_images,
)


class Given(Draws):
    """Draws whose whole numbers are given, one after the other; a part of every range."""

    def __init__(self, *wholes: int, part: float = 0.0):
        super().__init__(1, 0)
        self.wholes = list(wholes)
        self.part = part

    def below(self, count: int) -> int:
        whole = self.wholes.pop(0)
        assert whole < count
        return whole

    def uniform(self, low: float, high: float) -> float:
        return low + self.part * (high - low)

    def chance(self, probability: float) -> bool:
        return probability >= 0.5


def changed(step, pixels, *wholes, part=0.0):
    sample = Sample(None, Rectangle(0, 0, pixels.shape[1], pixels.shape[0]), pixels=pixels)
    step(sample, Given(*wholes, part=part))
    return sample.pixels


@pytest.mark.parametrize("whole, quarters, before", [(180, 1, (2, 1)), (0, -1, (1, 2))])
def test_a_quarter_turn_has_the_other_sides_and_a_rim_of_0(whole, quarters, before):
    pixels = image(3, 20, 30)
    turned = changed(Rotate(90), pixels, whole)
    # a cell more than the sides, as OpenCV counts, and about (width / 2, height / 2): what is
    # turned about is half a cell from a pixel, and on one axis half a cell from the middle
    pads = [(one, 1) for one in before]
    padded = np.pad(np.rot90(pixels, quarters).astype(float), (*pads, (0, 0)))
    rows = (padded[1:] + padded[:-1])[:31] / 2
    np.testing.assert_allclose(turned, (rows[:, 1:] + rows[:, :-1])[:, :21] / 2, atol=1)


def test_no_angle_leaves_the_image():
    pixels = image(3, 20, 30, 1)
    assert changed(Rotate(7), pixels, 7) is pixels
    assert changed(Rotate(7), pixels, 14).shape[2] == 1


@pytest.mark.parametrize("size, whole, expected", [
    ((40, 56), 0, (24, 34)), ((56, 41), 6, (41, 30)), ((30, 30), 6, (30, 30))])
def test_the_shorter_side_is_drawn_and_the_longer_rounded_up(size, whole, expected):
    pixels = image(1, *size)
    # 56 * 24 / 40 = 33.6; 56 * 30 / 41 = 40.98
    assert changed(ShortSide(24, 30), pixels, whole).shape == (*expected, 3)


@pytest.mark.parametrize("down, sign", [(0, 1), (1, -1)])
def test_each_channel_is_shifted_and_held_within_its_range(down, sign):
    pixels = image(5, 9, 8)
    expected = np.clip(pixels.astype(int) + sign * np.array([20, 0, 7]), 0, 255)
    np.testing.assert_array_equal(changed(ShiftColor(20, 0.5), pixels, 20, 0, 7, down), expected)
    assert changed(ShiftColor(20, 0.4), pixels) is pixels


def test_contrast_is_a_factor_and_brightness_a_shift():
    pixels = image(6, 9, 8)
    found = changed(ChangeContrast((0.75, 1.25), 5, 1.0), pixels, 2, part=0.9)     # 1.2 x - 3
    np.testing.assert_array_equal(found, np.clip(np.rint(pixels * 1.2 - 3), 0, 255))
    assert changed(ChangeContrast((0.75, 1.25), 5, 0.2), pixels) is pixels


def windows(pixels, before, size):
    """(height, width, channels, size, size): the pixels about each one, mirrored at the edges."""
    edges = (before, size - 1 - before)
    padded = np.pad(pixels, (edges, edges, (0, 0)), mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), (0, 1)).astype(float)


def test_the_filters_are_a_gaussian_two_means_and_a_median():
    pixels = image(2, 19, 23)
    near = windows(pixels, 1, 3)
    bell = np.array([0.25, 0.5, 0.25])          # OpenCV's Gaussian of 3 cells without a sigma
    found = [changed(Smooth(3, 1), pixels, kind, 1) for kind in range(4)]
    np.testing.assert_allclose(found[0], (near * np.outer(bell, bell)).sum((3, 4)), atol=1)
    np.testing.assert_allclose(found[1], near.mean((3, 4)), atol=1)
    np.testing.assert_array_equal(found[2][1:-1, 1:-1], np.median(near, (3, 4))[1:-1, 1:-1])
    np.testing.assert_allclose(found[3], windows(pixels, 3, 6).mean((3, 4)), atol=1)
    for kind in range(3):
        np.testing.assert_array_equal(changed(Smooth(3, 1), pixels, kind, 0), pixels)


def test_pixels_of_floats_are_refused():
    with pytest.raises(BadRecord, match="need pixels of 8 bits"):
        changed(ShiftColor(3, 1), np.zeros((4, 5, 3), np.float32), 0, 1, 2, 0)


CHANGES = ("max_color_shift: 90", "contrast_brightness_adjustment: true min_contrast: 0.2 "
           "max_contrast: 0.3", "smooth_filtering: true max_smooth: 9 debug_params: true")


@pytest.mark.parametrize("settings", CHANGES)
def test_images_of_a_list_are_changed_in_train_alone(tmp_path, settings):
    write_images(tmp_path)
    plain, _ = finished(make_source(image_net(tmp_path, "")))
    for phase, probability, is_changed in (("TRAIN", 1, True), ("TRAIN", 0, False),
                                           ("TEST", 1, False)):
        net = image_net(tmp_path, f"{settings} apply_probability: {probability}")
        batches = [finished(make_source(net, phase, seed=seed))[0] for seed in range(3)]
        assert any((pixels != plain).any() for pixels in batches) == is_changed


def test_images_of_a_list_are_rotated_in_train_alone(tmp_path):
    write_images(tmp_path)
    nets = [image_net(tmp_path, f"crop_size: 40 {more}") for more in ("", "max_rotation_angle: 45")]
    plain, same = (finished(make_source(net, "TEST"))[0] for net in nets)
    np.testing.assert_array_equal(same, plain)
    rims = [(finished(make_source(net, seed=5))[0] == 0).all(1).sum() for net in nets]
    assert rims[0] < 20 < rims[1]


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_records_get_a_shorter_side_in_both_phases(tmp_path, phase):
    path = write_database(tmp_path / "lmdb", [
        Datum(data=encoded(image(index, *size)), encoded=True, label=index).SerializeToString()
        for index, size in enumerate([(40, 56), (80, 60)])])
    pixels, _ = finished(make_source(data_net(path, "min_side: 30 crop_size: 30"), phase))
    assert pixels.shape == (2, 3, 30, 30)
    source = make_source(data_net(path, "min_side: 30", batch_size=1), phase)
    assert source.top_shapes[0] == (1, 3, 30, 42)


@pytest.mark.parametrize("settings, message", [
    ("max_rotation_angle: 181", "max_rotation_angle is 181; it must be at most 180"),
    ("apply_probability: 1.5", "apply_probability is 1.5; it must be between 0 and 1"),
    ("min_side_min: 30", "min_side_min and min_side_max are 30 and 0; they must be above 0"),
    ("min_side_min: 30 min_side_max: 20", "min_side_min and min_side_max are 30 and 20; they"),
    ("max_color_shift: 256", "max_color_shift is 256; it must be at most 255"),
    ("max_brightness_shift: 300", "max_brightness_shift is 300; it must be at most 255"),
    ("min_contrast: 1.5", "min_contrast and max_contrast are 1.5 and 1.2; they must be at least 0"),
    ("smooth_filtering: true max_smooth: 1.5", "max_smooth is 1.5; it must be at most 1, for none"),
    ("smooth_filtering: true max_smooth: nan", "max_smooth is nan"),
])
def test_settings_that_cannot_be_followed_are_refused(tmp_path, settings, message):
    write_images(tmp_path)
    with pytest.raises(SpecError, match=rf"layer 'd' \(ImageData\): transform_param.{message}"):
        make_source(image_net(tmp_path, settings))
