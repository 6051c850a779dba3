"""noise_param against the definition of each change, in plain numpy."""

import cv2
import numpy as np
import pytest

from framework.data.augment.draws import Draws
from framework.data.augment.noise import apply_noise
from framework.data.records.records import BadRecord
from framework.definition import prototxt
from framework.errors import SpecError
from tests.data.making import annotated_net, good_records, image, make_source, write_database


def noisy(text, pixels, seed=0):
    param = prototxt.parse(text, "NoiseParameter").message
    before = pixels.copy()
    found = apply_noise(pixels, param, Draws(seed, 0))
    np.testing.assert_array_equal(pixels, before)
    return found


def test_inverse_is_the_difference_to_255():
    pixels = image(1)
    np.testing.assert_array_equal(noisy("inverse: true", pixels), 255 - pixels)


def test_posterize_leaves_four_levels_in_the_middle_of_their_quarters():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, 2)
    found = noisy("posterize: true", pixels)
    assert sorted(set(found.ravel())) == [32, 96, 160, 224]
    np.testing.assert_array_equal(found, pixels // 64 * 64 + 32)


def test_decolorize_keeps_the_brightness_in_three_equal_channels():
    pixels = image(2)
    found = noisy("decolorize: true", pixels)
    grey = pixels.astype(float) @ [0.114, 0.587, 0.299]
    assert (found == found[..., :1]).all() and np.abs(found[..., 0] - grey).max() <= 1


def test_erode_takes_the_darkest_of_each_pixel_and_its_four_neighbours():
    pixels = image(3, 9, 13)
    padded = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), constant_values=255)
    neighbours = [padded[1 + y:10 + y, 1 + x:14 + x]
                  for y, x in ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))]
    np.testing.assert_array_equal(noisy("erode: true", pixels), np.min(neighbours, 0))


def test_gauss_blur_is_a_weighted_mean_of_seven_by_seven():
    pixels = image(4, 20, 24)
    weights = np.exp(-np.arange(-3, 4) ** 2 / (2 * 1.5 ** 2))
    weights = np.outer(weights, weights) / weights.sum() ** 2
    found = noisy("gauss_blur: true", pixels).astype(float)
    for y, x in ((3, 3), (10, 12), (16, 20)):
        expected = (pixels[y - 3:y + 4, x - 3:x + 4] * weights[..., None]).sum((0, 1))
        assert np.abs(found[y, x] - expected).max() <= 1


@pytest.mark.parametrize("channels", [1, 3])
def test_hist_eq_spreads_the_brightness_over_all_levels(channels):
    pixels = (image(5, channels=channels) // 4 + 60).astype(np.uint8)
    found = noisy("hist_eq: true", pixels)
    assert found.shape == pixels.shape
    grey = found if channels == 1 else cv2.cvtColor(found, cv2.COLOR_BGR2GRAY)
    assert grey.min() < 12 and grey.max() > 243


@pytest.mark.parametrize("channels", [1, 3])
def test_clahe_raises_the_local_contrast(channels):
    pixels = (image(6, 64, 64, channels) // 8 + 100).astype(np.uint8)
    found = noisy("clahe: true", pixels)
    assert found.shape == pixels.shape and found.std() > 1.5 * pixels.std()


def test_jpeg_is_what_a_jpeg_of_that_quality_leaves():
    pixels = image(7)
    content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    np.testing.assert_array_equal(noisy("jpeg: 20", pixels), cv2.imdecode(content, 1))


def test_saltpepper_sets_a_fraction_of_the_pixels():
    pixels = image(8, 50, 60) // 2
    found = noisy("saltpepper: true saltpepper_param { fraction: 0.1 value: 250 value: 251 "
                  "value: 252 }", pixels)
    changed = (found != pixels).any(2)
    assert (found[changed] == (250, 251, 252)).all()
    assert 0.08 < changed.mean() <= 0.1      # some are hit twice
    assert changed[:25].any() and changed[25:].any() and changed[:, :30].any()


def test_conversions_to_hsv_and_lab():
    pixels = np.array([[[0, 0, 255], [255, 255, 255], [0, 255, 0]]], np.uint8)
    np.testing.assert_array_equal(noisy("convert_to_hsv: true", pixels),
                                  [[[0, 255, 255], [0, 0, 255], [60, 255, 255]]])
    lab = noisy("convert_to_lab: true", pixels)
    assert lab.dtype == np.float32
    np.testing.assert_allclose(lab[0], [[53.24, 80.09, 67.2], [100, 0, 0], [87.74, -86.2, 83.2]],
                               atol=0.5)


def test_without_prob_noise_is_always_made_and_with_it_as_often_as_told():
    pixels = image(9)
    assert (noisy("inverse: true", pixels) != pixels).any()
    made = sum((noisy("inverse: true prob: 0.3", pixels, seed) != pixels).any()
               for seed in range(500))
    assert 110 < made < 190


def test_all_effects_are_made_one_by_one_with_their_probability():
    pixels = np.full((8, 9, 3), 100, np.uint8)      # inverse and posterize are told by the levels
    found = [int(noisy("all_effects: true prob: 0.5", pixels, seed)[4, 4, 0])
             for seed in range(4000)]
    # HSV of grey has hue 0; Lab of grey has L 42 for 100 and so on: neither is among these
    plain = {100, 96, 155, 159}
    shares = {level: found.count(level) / 4000 for level in plain}
    for level, share in shares.items():     # no HSV, no Lab, no equalization, and two changes
        assert 0.01 < share < 0.2, (level, share)
    assert (noisy("all_effects: true", pixels) == pixels).all()     # prob is 0 by default


def test_all_effects_keep_grey_images_grey():
    pixels = image(3, channels=1)
    for seed in range(50):
        assert noisy("all_effects: true prob: 0.9", pixels, seed).shape == pixels.shape


def test_the_order_is_the_originals():
    """erode before inverse: the darkest neighbour, then inverted."""
    pixels = image(10)
    np.testing.assert_array_equal(noisy("inverse: true erode: true", pixels),
                                  255 - noisy("erode: true", pixels))


def test_grey_images_have_no_hue():
    with pytest.raises(BadRecord, match="a grey image cannot be converted"):
        noisy("convert_to_hsv: true", image(1, channels=1))


def test_noise_comes_after_resizing_and_lab_batches_are_floats(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(2))
    source = make_source(annotated_net(path, 2, "resize_param { height: 7 width: 9 } "
                                       "noise_param { convert_to_lab: true }"), "TEST")
    pixels, _ = next(source.batches())
    assert pixels.shape == (2, 3, 7, 9) and str(pixels.dtype) == "torch.float32"
    resized = cv2.resize(image(0), (9, 7)).astype(np.float32) / 255
    np.testing.assert_allclose(pixels[0].numpy().transpose(1, 2, 0),
                               cv2.cvtColor(resized, cv2.COLOR_BGR2Lab), atol=1e-4)


@pytest.mark.parametrize("text, message", [
    ("noise_param { saltpepper: true }", r"noise_param\.saltpepper_param\.value is missing"),
    ("resize_param { height: 5 }", r"resize_param\.width is 0"),
    ("expand_param { max_expand_ratio: 0.5 }", r"max_expand_ratio is 0\.5; it must be above 1"),
    ("expand_param { max_expand_ratio: 1e9 }", r"max_expand_ratio is 1e\+09; .* at most 100"),
    ("resize_param { height: 100000 width: 100000 }", "height and width make images of 100000 x"),
    ("crop_size: 12000", r"crop_size makes images of 12000 x 12000 pixels.*--max-pixels allows"),
    ("crop_h: 200000000 crop_w: 1", "crop_h makes images of 1 x 200000000 pixels"),
    ("crop_size: 5 random_resize_param { min_size: 4000000000 }", "min_size is 4000000000"),
    ("crop_size: 5 random_aspect_ratio_param { max_attempt: 1000000000 }", "max_attempt is 1000"),
    ("force_color: true force_gray: true", r"force_gray cannot be set together"),
    ("mean_value: [104, nan]", "mean_value is nan; it must be a finite number"),
    ("scale: inf", "scale is inf; it must be a finite number"),
    ("mean_file: \"x\" mean_value: 3", r"mean_file cannot be given together with mean_value"),
    ("distort_param { contrast_prob: 1 contrast_lower: 2 contrast_upper: 1 }", "must rise"),
])
def test_settings_that_cannot_be_followed_are_errors(tmp_path, text, message):
    path = write_database(tmp_path / "lmdb", good_records(1))
    with pytest.raises(SpecError, match=message):
        make_source(annotated_net(path, 1, text))


def test_sampler_limits_are_checked(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(1))
    with pytest.raises(SpecError, match=r"min_scale and max_scale are 0\.5 and 0\.3"):
        make_source(annotated_net(path, 1, "", "batch_sampler { sampler { min_scale: 0.5 "
                                  "max_scale: 0.3 } }"))
    for count, most in ((1, 100000), (20, 5000)):
        samplers = f"batch_sampler {{ max_trials: {most + 1} }}" * count
        with pytest.raises(SpecError, match=rf"max_trials is {most + 1}; .* at most {most}:"):
            make_source(annotated_net(path, 1, "", samplers))
