"""The transform of a net's images, as the detector and the export read it."""

import numpy as np
import pytest

from framework import parse_net
from framework.data.convert.mean_image import to_blob
from framework.errors import DataError
from framework.net.image_transform import image_blobs, read_transform
from framework.net.net import Net

INPUT = ('layer { name: "in" type: "Input" top: "data" top: "rows" top: "wide" input_param { '
         "shape { dim: 2 dim: 3 dim: 4 dim: 5 } shape { dim: 2 dim: 7 } "
         "shape { dim: 2 dim: 5 dim: 4 dim: 3 } } transform_param { %s } }")


def net_with(transform=""):
    return Net(parse_net(INPUT % transform), "TEST")


def test_images_are_blobs_of_four_axes_and_one_or_three_channels():
    assert image_blobs(net_with(), ["data", "rows", "wide"]) == ["data"]


@pytest.mark.parametrize("stated, mean, scale", [
    ("", [0], 1), ("mean_value: 7 scale: 0.5", [7], 0.5),
    ("mean_value: 1 mean_value: 2 mean_value: 3", [1, 2, 3], 1)])
def test_the_net_says_mean_and_scale_of_its_images(stated, mean, scale):
    transform = read_transform(net_with(stated), "data")
    assert (transform.mean_array().tolist(), transform.scale) == (mean, scale)


def test_mean_and_scale_given_replace_the_nets_even_where_they_are_zero():
    transform = read_transform(net_with("mean_value: 7 scale: 0.5"), "data", [0.0], 0.0)
    assert (transform.mean_array().tolist(), transform.scale) == ([0], 0)


def test_two_values_do_not_fit_three_channels():
    with pytest.raises(DataError, match="2 mean values are given; it must be one, or 3"):
        read_transform(net_with("mean_value: 7 mean_value: 8"), "data").mean_array()


def test_a_mean_file_is_by_row_column_and_channel_and_has_the_size_of_the_images(tmp_path):
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    path = tmp_path / "mean"
    path.write_bytes(to_blob(values).SerializeToString())
    transform = read_transform(net_with(f'mean_file: "{path}"'), "data")
    array = transform.mean_array()
    np.testing.assert_array_equal(array, np.moveaxis(values, 0, 2))
    transform.check_size(array, (4, 5, 3))
    with pytest.raises(DataError, match="mean: the mean is 4 x 5 of 3 channels; the net takes 5 x "
                                        "4 of 3"):
        transform.check_size(array, (5, 4, 3))
