"""caffe.Classifier and caffe.Detector, with a caffe.io that does as little as they need."""

from __future__ import annotations

import numpy as np
import pytest

import framework.pycaffe as caffe

NET = """
layer { name: "data" type: "Input" top: "data" input_param {
  shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: "mean" type: "Pooling" bottom: "data" top: "mean" pooling_param {
  pool: AVE global_pooling: true } }
layer { name: "scale" type: "Scale" bottom: "mean" top: "scale" }
"""


class Transformer:
    """(height, width, channels) to (channels, height, width), resized by repeating, times 10."""

    def __init__(self, inputs):
        self.inputs = inputs
        self.transpose, self.mean, self.raw_scale, self.channel_swap = {}, {}, {}, {}
        self.input_scale = {}

    def preprocess(self, name, image):
        image = resize(image, self.inputs[name][2:])
        swapped = image[:, :, list(self.channel_swap.get(name, range(3)))]
        return swapped.transpose(2, 0, 1) * self.raw_scale.get(name, 1) \
            - self.mean.get(name, np.zeros((3, 1, 1)))


for setting in ("transpose", "mean", "raw_scale", "channel_swap", "input_scale"):
    setattr(Transformer, f"set_{setting}", lambda self, name, value, setting=setting:
            getattr(self, setting).__setitem__(name, value))


def resize(image, size):
    rows, columns = (np.arange(new) * old // new for new, old in zip(size, image.shape[:2],
                                                                     strict=True))
    return image[rows][:, columns]


def oversample(images, size):
    """Ten times the corner: enough to see that ten become one."""
    return np.repeat(images[:, :size[0], :size[1]], 10, axis=0)


@pytest.fixture
def files(tmp_path, monkeypatch):
    for name, ours in (("Transformer", Transformer), ("resize_image", resize),
                       ("oversample", oversample), ("load_image", np.load)):
        monkeypatch.setattr(caffe.io, name, ours)
    model, weights = str(tmp_path / "net.prototxt"), str(tmp_path / "net.caffemodel")
    (tmp_path / "net.prototxt").write_text(NET)
    net = caffe.Net(model, caffe.TEST)
    net.params["scale"][0].data[...] = [1, 10, 100]
    net.save(weights)
    return model, weights


def image(*shape, seed=1):
    return np.random.default_rng(seed).uniform(size=shape).astype(np.float32)


@pytest.mark.parametrize("oversampled, region", [(False, slice(1, 5)), (True, slice(0, 4))])
def test_a_classifier_scores_the_centre_or_the_mean_of_ten_crops(files, oversampled, region):
    images = [image(6, 6, 3, seed=seed) for seed in range(3)]
    classifier = caffe.Classifier(*files, image_dims=(6, 6), raw_scale=2, channel_swap=(2, 1, 0),
                                  mean=np.full((3, 1, 1), 0.5))
    scores = classifier.predict(images, oversampled)
    assert scores.shape[:2] == (3, 3)
    means = np.stack([one[region, region].mean((0, 1)) for one in images])
    expected = (means[:, ::-1] * 2 - 0.5) * [1, 10, 100]
    np.testing.assert_allclose(scores.reshape(3, 3), expected, rtol=1e-4)


def test_a_detector_scores_windows(files, tmp_path):
    values, path = image(8, 12, 3), str(tmp_path / "image.npy")
    np.save(path, values)
    windows = [np.array([0, 2, 4, 6]), np.array([4, 0, 8, 4]), np.array([2, 8, 6, 12])]
    found = caffe.Detector(*files).detect_windows([(path, windows)])
    assert [entry["filename"] for entry in found] == [path] * 3
    for entry, (y1, x1, y2, x2) in zip(found, windows, strict=True):
        np.testing.assert_allclose(
            entry["prediction"].ravel(), values[y1:y2, x1:x2].mean((0, 1)) * [1, 10, 100],
            rtol=1e-4)
    assert caffe.Detector(*files).detect_windows([]) == []


def test_context_shows_what_is_around_a_window_and_the_mean_beyond_the_image(files):
    """Input 4, pad 1: the window is half of the crop, which reaches 4 pixels out of a 7 high one.

    Worked by hand: half 4, centre (4, 4), factor 4 / (4 - 2) = 2, so from -4 to 12, 17 pixels, each
    4/17 of one of the crop: 1 pixel of mean above, and 3 (12 of 12 + 1 rows) of image below.
    """
    detector = caffe.Detector(*files, context_pad=1, raw_scale=2, channel_swap=(2, 1, 0),
                              mean=np.array([1.0, 2, 3]).reshape(3, 1, 1))
    values = np.full((12, 12, 3), 9, np.float32)
    crop = detector.crop(values, np.array([0, 0, 7, 7]))
    assert crop.shape == (4, 4, 3)
    assert (crop[1:, 1:] == 9).all()
    np.testing.assert_array_equal(crop[0, 2], [1.5, 1, 0.5])      # as before swap and scale
    np.testing.assert_array_equal(crop[3, 0], [1.5, 1, 0.5])


def test_selective_search_without_its_package_says_what_is_missing(files):
    with pytest.raises(RuntimeError, match="selective_search_ijcv_with_python is not installed"):
        caffe.Detector(*files).detect_selective_search(["image.jpg"])
