"""DataRandTransform against OpenCV, which its original calls, and numpy."""

import cv2
import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.vision.data_rand_transform import blurred, half_turned, turned
from tests.support import make, noise

SIZE = (2, 3, 9, 7)


def images(size=SIZE):
    return noise(size, dtype=torch.float32, requires_grad=False)


def by_opencv(x, change):
    """The images that `change` makes of each, rows by columns by channels."""
    return np.stack([np.atleast_3d(change(np.ascontiguousarray(one.transpose(1, 2, 0)), index))
                     .transpose(2, 0, 1) for index, one in enumerate(x.numpy())])


def test_an_image_turned_by_half_has_grey_in_its_first_row_and_column():
    x = images()
    rows, columns = np.indices(SIZE[2:], np.float32)
    expected = by_opencv(x, lambda one, _: cv2.remap(
        one, SIZE[3] - columns, SIZE[2] - rows, cv2.INTER_LINEAR, None, cv2.BORDER_CONSTANT,
        (0.5, 0.5, 0.5)))
    np.testing.assert_array_equal(half_turned(x, 0.5).numpy(), expected)


@pytest.mark.parametrize("degrees", [(10.0, -10.0), (3.7, 90.0), (0.0, 180.0), (44.9, -123.0)])
@pytest.mark.parametrize("size", [(2, 3, 9, 7), (2, 1, 12, 16)])
def test_turned_images_are_those_of_opencv(size, degrees):
    x = images(size)
    center = (float(size[3] // 2), float(size[2] // 2))
    expected = by_opencv(x, lambda one, index: cv2.warpAffine(
        one, cv2.getRotationMatrix2D(center, degrees[index], 1.0), size[:1:-1],
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_CONSTANT,
        borderValue=(0.5, 0.5, 0.5)))
    np.testing.assert_array_equal(turned(x, torch.tensor(degrees), 0.5).numpy(), expected)


@pytest.mark.parametrize("size, deviations", [(7, (0.4, 1.5)), (5, (0.0, 2.0)), (7, (0.0, 0.0)),
                                              (9, (0.6, 1.0)), (11, (0.0, 1.0)), (1, (1.0, 3.0)),
                                              (3, (0.0, 0.7))])
def test_blurred_images_are_those_of_opencv(size, deviations):
    x = images()
    expected = by_opencv(x, lambda one, index: cv2.GaussianBlur(one, (size, size),
                                                                deviations[index]))
    np.testing.assert_allclose(blurred(x, size, torch.tensor(deviations)).numpy(), expected,
                               rtol=1e-5, atol=1e-6)


def test_by_default_images_stay_as_they_are():
    x = noise(SIZE)
    layer = make("DataRandTransform", "", SIZE)
    assert torch.equal(layer(x), x)


def test_normalized_channels_have_the_mean_0_and_the_deviation_1():
    x = noise(SIZE)
    values = x.detach().numpy()
    mean = values.mean((2, 3), keepdims=True)
    expected = (values - mean) / values.std((2, 3), keepdims=True)
    np.testing.assert_allclose(make("DataRandTransform", "apply_normalization: true", SIZE,
                                    phase="TEST")(x), expected, rtol=1e-10)


def test_an_image_is_mirrored_with_its_chance():
    x = noise(400, 1, 3, 2)
    layer = make("DataRandTransform", "apply_mirroring: true prob_mirroring: 0.25",
                 (400, 1, 3, 2))
    torch.manual_seed(3)
    top = layer(x)
    mirrored = (top != x).flatten(1).any(1)
    assert 70 < int(mirrored.sum()) < 130
    assert torch.equal(top[mirrored], half_turned(x[mirrored], 0.5))


def test_contrast_and_brightness_are_within_their_bounds():
    x = torch.stack([torch.zeros(1, 2, 3), torch.ones(1, 2, 3)]).double().repeat(200, 1, 1, 1)
    layer = make("DataRandTransform", "apply_contrast_brightness: true alpha_c: 0.5 beta_c: 0.25",
                 (400, 1, 2, 3))
    torch.manual_seed(4)
    top = layer(x)[:, 0, 0, 0]
    summands, sums = top[::2], top[1::2]
    assert -0.25 <= summands.min() < -0.23 and 0.23 < summands.max() <= 0.25
    assert 0.25 <= sums.min() < 0.5 and 1.5 < sums.max() <= 1.75


def test_the_steps_are_of_their_order_and_the_border_is_black_after_normalization():
    x = noise(1, 2, 9, 7)
    layer = make("DataRandTransform", "apply_normalization: true apply_mirroring: true "
                 "prob_mirroring: 1.5 apply_rot: true rot_min: 30 rot_max: 30 apply_blur: true "
                 "blur_size: 3 blur_max_var: 0", (1, 2, 9, 7))
    values = x.detach()
    mean = values.mean((2, 3), keepdim=True)
    normal = (values - mean) / values.std((2, 3), correction=0, keepdim=True)
    expected = blurred(turned(half_turned(normal, 0.0), torch.tensor([30.0]), 0.0), 3,
                       torch.zeros(1, dtype=torch.float64))
    torch.testing.assert_close(layer(x), expected)


@pytest.mark.parametrize("param, size, message", [
    ("", (2, 4, 5, 6), r"has the shape \(2, 4, 5, 6\); .* of at most 3 channels"),
    ("apply_blur: true blur_size: 4294967295", SIZE, "blur_size is 4294967295; it may be at most"),
    ("apply_blur: true blur_size: 0", SIZE, "blur_size is 0; it must be at least 1"),
    ("apply_blur: true blur_size: 4", SIZE, "blur_size is 4; it must be odd")])
def test_what_opencv_does_not_take_is_an_error(param, size, message):
    with pytest.raises(SpecError, match=message):
        make("DataRandTransform", param, size)


def test_its_fields_are_those_of_no_other_type():
    with pytest.raises(SpecError, match="apply_rot is a field of another project's Caffe"):
        from framework import Net, parse_net
        Net(parse_net('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } } '
                      'layer { name: "y" type: "ReLU" bottom: "x" top: "y" apply_rot: true }'))
