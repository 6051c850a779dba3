"""HDF5Data with images that it changes, against the arrays written."""

import h5py
import numpy as np
import pytest

from framework.errors import SpecError
from tests.data.making import make_source

NET = """layer {{ name: "d" type: "HDF5Data" top: "I" top: "id" {}
  hdf5_data_param {{ source: "list.txt" batch_size: 3 {} }} }}"""
IMAGES = np.random.default_rng(1).normal(size=(6, 2, 3, 5)).astype(np.float32)


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with h5py.File("a.h5", "w") as file:
        file["I"], file["id"] = IMAGES, np.arange(6)
    (tmp_path / "list.txt").write_text("a.h5\n")


def epochs(more, count):
    source = make_source(NET.format("", more))
    batches = source.batches()
    tops = [next(batches) for _ in range(2 * count)]
    assert all(tuple(images.shape) == (3, 2, 3, 5) for images, _ in tops)
    np.testing.assert_array_equal(np.concatenate([ids for _, ids in tops]), [*range(6)] * count)
    return np.concatenate([images for images, _ in tops]).reshape(count, *IMAGES.shape)


def test_images_are_less_their_means_times_the_scale():
    (found,) = epochs("scale: 0.5 mean_value: 1 mean_value: -3", 1)
    means = np.array([1, -3], np.float32).reshape(2, 1, 1)
    np.testing.assert_allclose(found, (IMAGES - means) * np.float32(0.5), rtol=1e-6)
    (found,) = epochs("mean_value: 2", 1)
    np.testing.assert_allclose(found, IMAGES - 2, rtol=1e-6)


def test_each_image_is_mirrored_or_not_anew_in_every_epoch():
    found = epochs("mirror: true", 40)
    plain = (found == IMAGES).all((2, 3, 4))
    np.testing.assert_array_equal(found[~plain], np.broadcast_to(IMAGES, found.shape)[~plain]
                                  [..., ::-1])
    assert 90 < plain.sum() < 150       # 240 images; 120 by half, deviation 8
    assert len(set(map(bytes, plain))) - 10 > 0


def place_of(cut, image):
    return [(y, x) for y in range(2) for x in range(4)
            if (image[:, y:y + 2, x:x + 2] == cut).all()]


def test_a_square_is_cut_at_one_place_for_a_reading_of_a_file():
    source = make_source(NET.format("", "crop_size: 2"))
    batches, found = source.batches(), set()
    assert source.top_shapes == [(3, 2, 2, 2), (3,)]
    for _ in range(40):
        images = [image for _ in range(2) for image in next(batches)[0].numpy()]
        places = [place_of(cut, image) for cut, image in zip(images, IMAGES, strict=True)]
        assert all(place == places[0] and len(place) == 1 for place in places)
        found.add(places[0][0])
    assert found == {(y, x) for y in range(2) for x in range(4)}


def test_a_square_is_cut_from_the_middle_in_test():
    source = make_source(NET.format("", "crop_size: 2 scale: 3"), phase="TEST")
    images = next(source.batches())[0]
    np.testing.assert_array_equal(images, IMAGES[:3, :, :2, 1:3] * np.float32(3))
    with pytest.raises(SpecError, match="mirror is true beside a crop_size in TEST"):
        make_source(NET.format("", "crop_size: 2 mirror: true"), phase="TEST")


@pytest.mark.parametrize("transform, more, message", [
    ("", "crop_size: 4", r"crop_size is 4; the images have the shape \(2, 3, 5\)"),
    ("", "crop_size: 0", "crop_size is 0; it must be at least 1"),
    ("", "mean_value: 1 mean_value: 2 mean_value: 3", "mean_value is given 3 times; it must be "
     "once, or once for each of the 2 channels"),
    ("transform_param { crop_size_w: 2 }", "scale: 2", "crop_size_w is given beside scale"),
])
def test_settings_that_do_not_fit_are_refused(transform, more, message):
    with pytest.raises(SpecError, match=message):
        make_source(NET.format(transform, more))


def test_rows_that_are_no_images_are_refused():
    with h5py.File("a.h5", "w") as file:
        file["I"], file["id"] = np.zeros((6, 4)), np.arange(6)
    with pytest.raises(SpecError, match=r"'I' has rows of the shape \(4,\); with scale, mirror"):
        make_source(NET.format("", "scale: 2"))
