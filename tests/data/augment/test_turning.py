"""Random blur, and random rotations and scales, of ImageData and Data."""

import numpy as np
import pytest

from framework.data.augment.draws import Draws
from framework.data.augment.geometry import Rectangle
from framework.data.augment.steps import Sample
from framework.data.augment.turning import Blur, ChooseLevel, TurnAndScale
from framework.errors import SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
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
    """Draws whose whole number is given, and whose other numbers are the lowest."""

    def __init__(self, whole: int):
        super().__init__(1, 0)
        self.whole = whole

    def below(self, count: int) -> int:
        assert self.whole < count
        return self.whole

    def uniform(self, low: float, high: float) -> float:
        return low


def changed(step, pixels, whole):
    sample = Sample(None, Rectangle(0, 0, pixels.shape[1], pixels.shape[0]), pixels=pixels)
    step(sample, Given(whole))
    return sample.pixels


def windows(pixels, size):
    """(height, width, channels, size, size): the pixels about each one, mirrored at the edges."""
    edge = size // 2
    padded = np.pad(pixels, ((edge, edge), (edge, edge), (0, 0)), mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, (size, size), (0, 1)).astype(float)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_blurs_are_a_gaussian_a_mean_and_a_median(channels):
    pixels = image(2, 19, 23, channels)
    near = windows(pixels, 5)
    bell = np.exp(-np.arange(-2, 3)**2 / 2.0)
    bell /= bell.sum()
    for choice, expected in enumerate(((near * np.outer(bell, bell)).sum((3, 4)),
                                       near.mean((3, 4)))):
        np.testing.assert_allclose(changed(Blur(5), pixels, choice), expected, atol=1)
    # the median repeats the edge instead of mirroring it, so that only the inside is compared
    inside = changed(Blur(5), pixels, 2)[2:-2, 2:-2]
    np.testing.assert_array_equal(inside, np.median(near, (3, 4))[2:-2, 2:-2])
    for choice in (3, 4, 5):
        assert changed(Blur(5), pixels, choice) is pixels


@pytest.mark.parametrize("whole, quarters", [(0, 1), (90, 0), (180, -1)])
def test_the_largest_angle_turns_either_way(whole, quarters):
    pixels = image(3, 21, 21)
    np.testing.assert_array_equal(changed(TurnAndScale(90, 1, 2), pixels, whole),
                                  np.rot90(pixels, quarters))


def test_a_factor_of_2_shows_the_middle_twice_as_large():
    pixels = image(4, 20, 31)
    rows, columns = (np.arange(size) for size in (20, 31))
    y = 10 + (rows - 10) / 2        # about (31 // 2, 20 // 2)
    x = 15 + (columns - 15) / 2
    wide = pixels.astype(float)
    top = wide[y.astype(int)] * (1 - y % 1)[:, None, None] \
        + wide[np.ceil(y).astype(int)] * (y % 1)[:, None, None]
    expected = top[:, x.astype(int)] * (1 - x % 1)[None, :, None] \
        + top[:, np.ceil(x).astype(int)] * (x % 1)[None, :, None]
    np.testing.assert_allclose(changed(TurnAndScale(0, 2, 3), pixels, 0), expected, atol=0.5)


def between(pixels, axis, level):
    """Along an axis, linear between the middles of pixels; the outer ones go on."""
    size = pixels.shape[axis]
    at = np.clip((np.arange(round(size * level)) + 0.5) / level - 0.5, 0, size - 1)
    low = np.floor(at).astype(int)
    part = (at - low).reshape([-1 if index == axis else 1 for index in range(3)])
    return pixels.take(low, axis) * (1 - part) + pixels.take(np.ceil(at).astype(int), axis) * part


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_is_resized_by_the_level_drawn(channels):
    pixels = image(4, 20, 30, channels)
    step = ChooseLevel((1.0, 1.5, 0.9))
    for whole, level in ((1, 1.5), (2, 0.9)):
        expected = between(between(pixels.astype(float), 0, level), 1, level)
        found = changed(step, pixels, whole)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=1)
    assert changed(step, pixels, 0) is pixels
    assert changed(ChooseLevel((0.001,)), pixels, 0).shape == (1, 2, channels)


@pytest.mark.parametrize("make_net", [data_net, image_net])
def test_records_and_lists_are_cropped_from_a_level_in_both_phases(tmp_path, make_net):
    write_images(tmp_path)
    path = tmp_path if make_net is image_net else write_database(tmp_path / "lmdb", [
        Datum(data=encoded(image(0, 20, 30)), encoded=True, channels=3, height=20,
              width=30).SerializeToString()] * 2)
    pixels = image(0, 20, 30)
    if make_net is image_net:
        pixels = image(0)
    height, width = (round(side * 2) // 2 for side in pixels.shape[:2])
    expected = between(between(pixels.astype(float), 0, 2), 1, 2)
    expected = expected[height - 4:height + 4, width - 4:width + 4]
    found, _ = finished(make_source(make_net(path, "crop_size: 8 multi_scale_levels: 2"), "TEST"))
    np.testing.assert_allclose(found[0], expected.transpose(2, 0, 1), atol=1)


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_images_of_a_list_are_blurred_turned_and_scaled_in_both_phases(tmp_path, phase):
    write_images(tmp_path)
    plain, _ = finished(make_source(image_net(tmp_path, ""), phase))
    for settings in ("max_degree: 30", "min_scale: 0.5 max_scale: 0.6"):
        pixels, _ = finished(make_source(image_net(tmp_path, settings), phase))
        assert pixels.shape == plain.shape and (pixels != plain).any((1, 2, 3)).all()
    corner = finished(make_source(image_net(tmp_path, "min_scale: 0.5 max_scale: 0.6"), phase))
    assert not corner[0][:, :, :4, :4].any()        # from outside
    changes = [(finished(make_source(image_net(tmp_path, "random_blur: true"), phase,
                                     seed=seed))[0] != plain).any((1, 2, 3)) for seed in range(9)]
    assert 0 < np.mean(changes) < 1


@pytest.mark.parametrize("settings, message", [
    ("random_blur: true blur_kernel_size: 4", "blur_kernel_size is 4; it must be odd and at most"),
    ("max_degree: 181", "max_degree is 181; it must be at most 180"),
    ("min_scale: 1.5", "min_scale and max_scale are 1.5 and 1; they must be above 0, in order"),
    ("min_scale: 0", "min_scale and max_scale are 0 and 1; they must be above 0"),
    ("multi_scale_levels: [1, 0] crop_size: 5", "multi_scale_levels is 1, 0; each must be above 0"),
    ("multi_scale_levels: 2", "multi_scale_levels needs crop_size"),
    ('multi_scale_levels: 2 crop_size: 5 mean_file: "m"', "multi_scale_levels cannot be given tog"),
])
def test_settings_that_cannot_be_followed_are_refused(tmp_path, settings, message):
    write_images(tmp_path)
    with pytest.raises(SpecError, match=rf"layer 'd' \(ImageData\): transform_param.{message}"):
        make_source(image_net(tmp_path, settings))


def test_a_database_of_images_is_not_blurred(tmp_path):
    with pytest.raises(SpecError, match="transform_param.random_blur is a field of another"):
        Net(parse_net(data_net(tmp_path, "random_blur: true")), "TRAIN")
