"""ColorConv against the definitions of sRGB, CIE XYZ and CIELAB, one pixel at a time."""

import cv2
import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.data.making import image
from tests.support import make

SIZE = (2, 3, 4, 5)


def pixels(top):
    return np.moveaxis(top.numpy(), 1, -1).reshape(-1, top.shape[1])


def colours(seed=0):
    values = image(seed, 4, 10).reshape(4, 2, 5, 3).transpose(1, 3, 0, 2).astype(float)
    return torch.from_numpy(np.ascontiguousarray(values))


def convert(source, target, x):
    layer = make("ColorConv", f"input: {source} output: {target}", tuple(x.shape))
    return layer(x)


def light(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def root(v):
    return v ** (1 / 3) if v > 0.008867 else (903.3 * v + 16) / 116


def lab_by_definition(rgb):
    r, g, b = (light(v / 255) for v in rgb)
    x = 0.4124564 * r + 0.3575761 * g + 0.1804375 * b
    y = 0.2126729 * r + 0.7151522 * g + 0.0721750 * b
    z = 0.0193339 * r + 0.1191920 * g + 0.9503041 * b
    fx, fy, fz = root(x / 0.95074), root(y), root(z / 1.08883)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_lab_of_bgr_is_its_definition_and_opencvs():
    x = colours()
    x[:, :, 0, :2] = torch.tensor([1., 9])      # the straight parts of both curves
    found = pixels(convert("BGR", "Lab", x))
    expected = [lab_by_definition(bgr[::-1]) for bgr in pixels(x)]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    opencv = cv2.cvtColor((pixels(x)[None] / 255).astype(np.float32), cv2.COLOR_BGR2Lab)[0]
    np.testing.assert_allclose(found, opencv, atol=0.5)


@pytest.mark.parametrize("space", ["Lab", "XYZ"])
def test_colours_come_back_from_another_space(space):
    x = colours(1)
    back = convert(space, "BGR", convert("BGR", space, x))
    np.testing.assert_allclose(back.numpy(), x.numpy(), atol=0.05)     # of 255: two thresholds


def test_xyz_and_lab_are_one_conversion_in_two_steps():
    x = colours(2)
    xyz = convert("RGB", "XYZ", x)
    np.testing.assert_allclose(convert("XYZ", "Lab", xyz), convert("RGB", "Lab", x), rtol=1e-10)
    np.testing.assert_allclose(convert("Lab", "XYZ", convert("XYZ", "Lab", xyz)), xyz, atol=1e-4)


def test_gray_is_a_weighted_sum_of_the_values_and_goes_to_all_channels():
    x = colours(3)
    gray = convert("BGR", "Gray", x)
    expected = pixels(x) @ [0.0721750, 0.7151522, 0.2126729]
    np.testing.assert_allclose(pixels(gray)[:, 0], expected, rtol=1e-10)
    np.testing.assert_array_equal(convert("Gray", "RGB", gray), gray.expand(SIZE))
    np.testing.assert_array_equal(convert("RGB", "BGR", x), x.flip(1))


@pytest.mark.parametrize("param, size, message", [
    ("input: Gray output: Lab", (2, 1, 4, 5), "output is Lab from Gray; the conversions are RGB "
     "to RGB, RGB to Gray"),
    ("input: RGB output: Lab", (2, 1, 4, 5), r"the shape \(2, 1, 4, 5\); it must be \(N, 3, H"),
    ("input: Gray output: BGR", (2, 3, 4, 5), r"it must be \(N, 1, H, W\)"),
])
def test_color_conv_refuses(param, size, message):
    with pytest.raises(SpecError, match=message):
        make("ColorConv", param, size)
