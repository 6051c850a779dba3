import math

import cv2
import numpy as np
import pytest

from framework.data.convert.mean_image import to_blob
from framework.errors import CaffeError, DataError
from framework.inference.detector import Detector
from tests.quadrants import bright_quarter, write_net


def test_boxes_come_back_in_pixels_of_images_of_any_size(tmp_path):
    detector = Detector(*write_net(tmp_path))
    images = [bright_quarter(40, 60, 1, 1), bright_quarter(96, 32, 0, 1)]
    first, second = detector.detect(images, threshold=0.5)
    np.testing.assert_allclose([first[0].corners], [(30, 20, 60, 40)], atol=1e-4)
    np.testing.assert_allclose([second[0].corners], [(16, 0, 32, 48)], atol=1e-4)
    brightness = (220 - 100) * 0.01
    assert (first[0].label, len(first), len(second)) == (1, 1, 1)
    assert first[0].score == pytest.approx(1 / (1 + math.exp(-20 * brightness)), abs=1e-6)


def test_below_the_threshold_nothing_is_found(tmp_path):
    detector = Detector(*write_net(tmp_path))
    dark = np.full((40, 60, 3), 20, np.uint8)
    assert detector.detect([dark], threshold=0.5) == [[]]
    assert len(detector.detect([dark])[0]) == 4


@pytest.mark.parametrize("mode", ["WARP", "FIT_LARGE_SIZE_AND_PAD"])
def test_a_test_net_gives_size_mean_and_scale_and_its_data_are_not_opened(tmp_path, mode):
    detector = Detector(*write_net(tmp_path, "test", mode))
    assert (detector.scale, detector.mean.tolist()) == (pytest.approx(0.01), [100])
    image = np.full((64, 64, 3), 20, np.uint8)
    image[:32, 32:] = 220
    (found,) = detector.detect([image], threshold=0.5)
    np.testing.assert_allclose([found[0].corners], [(32, 0, 64, 32)], atol=1e-4)


def test_padding_is_taken_off_the_boxes(tmp_path):
    """An image of 64 x 32 is in rows 4 to 11 of 16: the upper quarters hold its upper half."""
    detector = Detector(*write_net(tmp_path, "test", "FIT_LARGE_SIZE_AND_PAD"))
    image = np.full((32, 64, 3), 20, np.uint8)
    image[:16, 32:] = 255
    (found,) = detector.detect([image])
    np.testing.assert_allclose([found[0].corners], [(32, 0, 64, 16)], atol=1e-4)


def test_mean_scale_and_size_given_replace_those_of_the_net(tmp_path):
    model, weights = write_net(tmp_path)
    detector = Detector(model, weights, mean=[1, 2, 3], scale=0.5, size=(32, 48))
    image = np.dstack([np.full((10, 20), value, np.uint8) for value in (11, 22, 33)])
    expected = np.broadcast_to(np.array([5, 10, 15], np.float32)[:, None, None], (3, 32, 48))
    np.testing.assert_allclose(detector.prepare(image), expected)
    values = np.random.default_rng(0).uniform(0, 255, (3, 16, 16)).astype(np.float32)
    (tmp_path / "mean").write_bytes(to_blob(values).SerializeToString())
    detector = Detector(model, weights, mean=tmp_path / "mean", scale=1)
    grey = np.full((16, 16), 70, np.uint8)
    np.testing.assert_allclose(detector.prepare(grey), 70 - values, rtol=1e-6)
    with pytest.raises(DataError, match="2 mean values are given; it must be one, or 3"):
        Detector(model, weights, mean=[1, 2])


def test_resizing_is_opencvs(tmp_path):
    detector = Detector(*write_net(tmp_path), mean=[0], scale=1)
    image = np.random.default_rng(0).integers(0, 256, (50, 30, 3), dtype=np.uint8)
    expected = cv2.resize(image, (16, 16), interpolation=cv2.INTER_LINEAR).transpose(2, 0, 1)
    np.testing.assert_array_equal(detector.prepare(image), expected)


def test_a_net_without_detections_is_refused(tmp_path):
    model, weights = write_net(tmp_path)
    text = model.read_text()
    model.write_text(text[: text.index('layer { name: "detection_out"')])
    with pytest.raises(CaffeError, match="has 0 layers that give detections, .*; it must be one"):
        Detector(model, weights)
