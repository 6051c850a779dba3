"""caffe.io: arrays and messages, images, the Transformer."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import framework.proto as proto
from framework.errors import CaffeError, DataError
from framework.pycaffe import io


def noise(*shape, seed=3):
    return np.random.default_rng(seed).uniform(-50, 250, shape).astype(np.float32)


def test_blobs_keep_shape_values_and_gradients():
    array, diff = noise(2, 3, 5), noise(2, 3, 5, seed=4)
    blob = proto.BlobProto.FromString(io.array_to_blobproto(array, diff).SerializeToString())
    assert list(blob.shape.dim) == [2, 3, 5]
    np.testing.assert_array_equal(io.blobproto_to_array(blob), array)
    np.testing.assert_array_equal(io.blobproto_to_array(blob, return_diff=True), diff)


def test_blobs_of_the_old_form_have_four_axes_and_doubles_are_found():
    old = proto.BlobProto(channels=3, height=1, width=2, num=1, data=range(6))
    assert io.blobproto_to_array(old).shape == (1, 3, 1, 2)
    doubles = proto.BlobProto(shape={"dim": [2]}, double_data=[1 / 3, 2])
    np.testing.assert_array_equal(io.blobproto_to_array(doubles), [1 / 3, 2])
    scalar = io.blobproto_to_array(proto.BlobProto(data=[123]))
    assert scalar.shape == () and scalar == 123
    with pytest.raises(ValueError, match="2 values in the shape"):
        io.blobproto_to_array(proto.BlobProto(data=[1, 2]))


def test_a_list_of_arrays_goes_through_one_string():
    arrays = [noise(2, 3), noise(4)]
    again = io.blobprotovector_str_to_arraylist(io.arraylist_to_blobprotovector_str(arrays))
    for before, after in zip(arrays, again, strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.int64])
def test_a_datum_keeps_the_array_bytes_as_bytes(kind):
    array = np.abs(noise(3, 4, 5)).astype(kind)
    datum = io.array_to_datum(array, label=7)
    assert (datum.channels, datum.height, datum.width, datum.label) == (3, 4, 5, 7)
    assert datum.data == (array.tobytes() if kind is np.uint8 else b"")
    again = io.datum_to_array(datum)
    np.testing.assert_array_equal(again, array)
    again += 1    # it is one's own
    assert not io.array_to_datum(array).HasField("label")
    with pytest.raises(ValueError, match=r"\(3, 4\); it must be \(channels, height, width"):
        io.array_to_datum(array[..., 0])


def linear_by_hand(image, size, places, outside):
    """Each pixel from its four neighbours, one by one; what is outside has one value."""
    result = np.empty((*size, image.shape[2]))
    for y, x in np.ndindex(*size):
        row, column = places(y, 0), places(x, 1)
        top, left = int(np.floor(row)), int(np.floor(column))
        total = np.zeros(image.shape[2])
        for i, j in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            inside = 0 <= i < image.shape[0] and 0 <= j < image.shape[1]
            weight = (1 - abs(row - i)) * (1 - abs(column - j))
            total += weight * (image[i, j] if inside else outside)
        result[y, x] = total
    return result


@pytest.mark.parametrize("size", [(9, 13), (3, 4), (4, 14), (6, 7), (1, 20)])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_resized_about_pixel_centres_with_the_smallest_value_around(channels, size):
    image = noise(6, 7, channels)
    expected = linear_by_hand(
        image, size, lambda i, axis: (i + 0.5) * image.shape[axis] / size[axis] - 0.5, image.min())
    np.testing.assert_allclose(io.resize_image(image, size), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [(9, 13), (3, 4), (6, 7), (1, 20)])
def test_other_numbers_of_channels_are_resized_corner_to_corner(size):
    image = noise(6, 7, 4)
    expected = linear_by_hand(
        image, size, lambda i, axis: i * (image.shape[axis] - 1) / max(size[axis] - 1, 1), 0)
    np.testing.assert_allclose(io.resize_image(image, size), expected, rtol=1e-4, atol=1e-4)


SKIMAGE = [[5 / 24, 65 / 24], [5.5, 13], [215 / 24, 455 / 24]]
SCIPY = [[0, 2 / 3, 2, 4], [4.5, 43 / 6, 10.5, 14.5], [9, 41 / 3, 19, 25]]


def test_the_numbers_of_scikit_image_and_scipy():
    """Made with scikit-image 0.26 (resize, mode "constant", anti_aliasing=False, on values scaled
    to 0 to 1) and SciPy 1.17 (zoom).
    """
    image = np.arange(6, dtype=np.float32).reshape(2, 3, 1) ** 2
    np.testing.assert_allclose(io.resize_image(image, (3, 2))[..., 0], SKIMAGE, rtol=1e-6)
    two = np.concatenate([image, -image], 2)
    np.testing.assert_allclose(io.resize_image(two, (3, 4))[..., 0], SCIPY, rtol=1e-6)
    np.testing.assert_array_equal(io.resize_image(image, (4, 3), 0)[:, :, 0],
                                  image[[0, 0, 1, 1], :, 0])


def test_a_constant_image_stays_constant_and_odd_wishes_are_refused():
    np.testing.assert_array_equal(io.resize_image(np.full((2, 3, 3), 7), (5, 4)),
                                  np.full((5, 4, 3), 7, np.float32))
    with pytest.raises(ValueError, match="interp_order is 3"):
        io.resize_image(noise(2, 3, 3), (4, 4), 3)
    with pytest.raises(ValueError, match=r"shape is \(2, 3\)"):
        io.resize_image(noise(2, 3), (4, 4))


@pytest.mark.parametrize("name, pixels, rgb", [
    ("colour.png", [[[10, 20, 30]]], (30 / 255, 20 / 255, 10 / 255)),
    ("alpha.png", [[[10, 20, 30, 99]]], (30 / 255, 20 / 255, 10 / 255)),
    ("grey.png", [[51]], (0.2, 0.2, 0.2)),
])
def test_a_file_is_read_as_rgb_from_0_to_1(tmp_path, name, pixels, rgb):
    path = str(tmp_path / name)
    pixel = np.array(pixels, np.uint8)
    cv2.imwrite(path, np.tile(pixel, (2, 3) + (1,) * (pixel.ndim - 2)))
    image = io.load_image(path)
    assert (image.shape, image.dtype) == ((2, 3, 3), np.float32)
    np.testing.assert_allclose(image[1, 2], rgb, rtol=1e-6)
    grey = io.load_image(path, color=False)
    assert grey.shape == (2, 3, 1)
    np.testing.assert_allclose(grey[1, 2, 0], np.dot(rgb, (0.2125, 0.7154, 0.0721)), rtol=1e-6)


def test_sixteen_bits_are_scaled_and_what_is_no_image_is_named(tmp_path):
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((2, 3, 3), 13107, np.uint16))
    np.testing.assert_allclose(io.load_image(str(tmp_path / "deep.png")), 0.2, rtol=1e-6)
    (tmp_path / "text.jpg").write_text("no image")
    with pytest.raises(DataError, match="text.jpg: is not an image"):
        io.load_image(str(tmp_path / "text.jpg"))
    with pytest.raises(FileNotFoundError):
        io.load_image(str(tmp_path / "none.jpg"))


def test_ten_crops_are_corners_centre_and_their_mirrors():
    images = [noise(6, 9, 2), noise(6, 9, 2, seed=5)]
    crops = io.oversample(images, (3, 4))
    assert (crops.shape, crops.dtype) == ((20, 3, 4, 2), np.float32)
    places = [(0, 0), (0, 5), (3, 0), (3, 5), (1, 2)]
    for number, image in enumerate(images):
        for index, (y, x) in enumerate(places):
            crop = image[y:y + 3, x:x + 4]
            np.testing.assert_array_equal(crops[10 * number + index], crop)
            np.testing.assert_array_equal(crops[10 * number + 5 + index], crop[:, ::-1])
    with pytest.raises(ValueError, match="7 x 4 does not fit"):
        io.oversample(images, (7, 4))


def transformer():
    made = io.Transformer({"data": (1, 3, 4, 5)})
    made.set_transpose("data", (2, 0, 1))
    made.set_channel_swap("data", (2, 0, 1))
    made.set_raw_scale("data", 255)
    made.set_mean("data", np.array([104.0, 117.0, 123.0]))
    made.set_input_scale("data", 0.5)
    return made


def test_preprocess_is_each_step_in_turn_and_deprocess_turns_back():
    image = noise(4, 5, 3)
    before = image.copy()
    result = transformer().preprocess("data", image)
    expected = (image.transpose(2, 0, 1)[[2, 0, 1]] * 255
                - np.array([104, 117, 123])[:, None, None]) * 0.5
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_allclose(transformer().deprocess("data", result[None]), image, rtol=1e-4)


def test_a_image_of_another_size_is_resized_first_and_so_is_a_mean():
    image, mean = noise(8, 7, 3), noise(3, 6, 9)
    made = io.Transformer({"data": [1, 3, 4, 5]})
    np.testing.assert_array_equal(made.preprocess("data", image), io.resize_image(image, (4, 5)))
    made.set_transpose("data", (2, 0, 1))
    made.set_mean("data", mean)
    resized = io.resize_image(mean.transpose(1, 2, 0), (4, 5)).transpose(2, 0, 1)
    np.testing.assert_allclose(made.mean["data"], resized)
    grey = io.Transformer({"data": (1, 1, 4, 5)})
    grey.set_mean("data", noise(4, 5))
    assert grey.mean["data"].shape == (1, 4, 5)


@pytest.mark.parametrize("method, value, kind, message", [
    ("set_transpose", (0, 1), CaffeError, "Transpose order .* same number of dimensions"),
    ("set_channel_swap", (1, 0), CaffeError, "Channel swap .* input channels, 3"),
    ("set_mean", np.zeros(4), ValueError, "Mean channels incompatible with input"),
    ("set_mean", np.zeros((1, 3, 4, 5)), ValueError, "Mean shape invalid"),
])
def test_what_does_not_fit_the_input_is_refused(method, value, kind, message):
    with pytest.raises(kind, match=message):
        getattr(io.Transformer({"data": (1, 3, 4, 5)}), method)("data", value)


@pytest.mark.parametrize("method", ["preprocess", "deprocess", "set_transpose", "set_channel_swap",
                                    "set_raw_scale", "set_mean", "set_input_scale"])
def test_an_unknown_input_is_named(method):
    with pytest.raises(CaffeError, match="image is not one of the net inputs: data"):
        getattr(transformer(), method)("image", np.zeros((4, 5, 3)))
