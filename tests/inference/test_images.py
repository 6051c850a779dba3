"""What a Detector takes for an image, and what it gives back."""

import importlib
import json
import sys
from types import ModuleType

import cv2
import numpy as np
import pytest

from framework.errors import CaffeError
from framework.inference.detector import Detector
from framework.inference.draw_boxes import draw_detections
from framework.inference.results import Results
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.quadrants import bright_quarter, write_net

IMAGE = bright_quarter(40, 60, 1, 1)


class PilImage:
    """As much of PIL's Image as is used: a mode, `convert`, and an array of RGB or grey."""

    def __init__(self, mode, pixels):
        self.mode, self.pixels = mode, pixels

    def convert(self, mode):
        return PilImage(mode, self.pixels)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.pixels, dtype)


@pytest.fixture
def pil(monkeypatch):
    """A module that stands for PIL.Image, which need not be installed."""
    module = ModuleType("PIL.Image")
    module.Image = PilImage
    monkeypatch.setitem(sys.modules, "PIL.Image", module)


def test_one_image_gives_results_and_several_a_list_of_them(tmp_path):
    detector = Detector(*write_net(tmp_path))
    cv2.imwrite(str(tmp_path / "a.png"), IMAGE)

    alone = detector(tmp_path / "a.png", threshold=0.5)

    assert isinstance(alone, Results) and len(alone) == 1
    assert detector(str(tmp_path / "a.png"), 0.5) == detector(IMAGE, 0.5) == alone
    assert detector([IMAGE, IMAGE], 0.5) == detector(np.stack([IMAGE] * 2), 0.5) == [alone, alone]
    assert detector.detect(IMAGE, 0.5) == [alone] and detector([IMAGE], 0.5) == [alone]


def test_results_of_a_detector_know_their_image_and_names(tmp_path):
    model, weights = write_net(tmp_path)
    detector = Detector(model, weights)
    detector.names = {1: "light"}
    cv2.imwrite(str(tmp_path / "a.png"), IMAGE)

    found = detector(tmp_path / "a.png", threshold=0.5)

    assert json.loads(found.to_json())[0]["name"] == "light"
    np.testing.assert_array_equal(found.plot(), draw_detections(IMAGE, found, {1: "light"}))
    np.testing.assert_allclose(found.boxes, [[30, 20, 60, 40]], atol=1e-4)


def test_an_image_of_pil_is_read_in_its_own_order_of_channels(tmp_path, pil):
    detector = Detector(*write_net(tmp_path))
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)

    (found,) = detector.detect(PilImage("RGB", pixels[:, :, ::-1]))
    (grey,) = detector.detect([PilImage("L", pixels[:, :, 0])])

    assert found == detector(pixels) and grey == detector(pixels[:, :, 0])
    np.testing.assert_array_equal(found.image, pixels)
    with pytest.raises(CaffeError, match="must have one of the modes 1, L, .*; it has I;16"):
        detector(PilImage("I;16", pixels))


def test_images_of_the_real_pil_are_read(tmp_path):
    image_module = pytest.importorskip("PIL.Image", reason="pillow is not installed: its images "
                                                           "are read")
    detector = Detector(*write_net(tmp_path))
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    image = image_module.fromarray(np.ascontiguousarray(pixels[:, :, ::-1]))

    assert detector(image) == detector(pixels)
    assert detector(image.convert("RGBA")) == detector(pixels)
    grey = image.convert("L")
    assert detector(grey) == detector(np.array(grey))


@pytest.mark.parametrize("url", ["http://example.com/a.jpg", "https://example.com/a.jpg",
                                 "rtsp://camera/1", "file:///tmp/a.jpg", "s3://bucket/a.jpg",
                                 "data:image/png;base64,iVBORw0KGgo="])
def test_a_url_is_refused_in_one_line(tmp_path, url):
    detector = Detector(*write_net(tmp_path))
    with pytest.raises(CaffeError, match="is a URL, and nothing is fetched") as found:
        detector(url)
    assert str(found.value).startswith(url[:40]) and "\n" not in str(found.value)


def test_a_file_whose_name_looks_like_a_url_is_read(tmp_path, monkeypatch):
    detector = Detector(*write_net(tmp_path))
    monkeypatch.chdir(tmp_path)
    cv2.imwrite("data:1.png", IMAGE)
    assert len(detector("data:1.png", 0.5)) == 1


def test_the_repr_of_a_detector_says_net_files_size_classes_and_engine(tmp_path):
    model, weights = write_net(tmp_path)
    assert repr(Detector(model, weights)) == \
        f"Detector '' ({model}, {weights}): images of 16 x 16, 1 class, torch"


def test_a_net_file_without_weights_and_a_folder_of_another_kind_are_refused(tmp_path):
    model, _ = write_net(tmp_path)
    with pytest.raises(CaffeError, match="deploy.prototxt: the weights are not given"):
        Detector(model)
    with pytest.raises(CaffeError, match="has no solver.prototxt and deploy.prototxt, so it is"):
        Detector(tmp_path)
    with pytest.raises(CaffeError, match="birds: No such file or directory"):
        Detector(tmp_path / "birds")


def test_the_repr_of_results_names_the_best(tmp_path):
    found = Detector(*write_net(tmp_path))(IMAGE)
    assert repr(found).startswith("Results of 4 detections: class 1 1.00, class 1 ")
    assert repr(Results(found * 3)).endswith(", ...") and repr(Results()) == "Results of 0 " \
        "detections"


@pytest.mark.parametrize("program", ["classify", "segment"])
def test_a_size_that_no_image_may_have_is_one_line(program, tmp_path, capsys):
    """The resized image would have more pixels than --max-pixels; it was a traceback."""
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [1, 3, 8, 6] } } }\n'
        'layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param { '
        'num_output: 4 kernel_size: 1 } }\n'
        + ('layer { name: "i" type: "InnerProduct" bottom: "c" top: "c2" inner_product_param { '
           'num_output: 4 } }\n' if program == "classify" else
           'layer { name: "i" type: "ReLU" bottom: "c" top: "c2" }\n')
        + 'layer { name: "p" type: "Softmax" bottom: "c2" top: "p" }\n')
    net = Net(tmp_path / "net.prototxt", "TEST")
    save_weights(net, tmp_path / "net.caffemodel")
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((9, 7, 3), np.uint8))
    words = ["--model", tmp_path / "net.prototxt", "--weights", tmp_path / "net.caffemodel",
             "--size", "99999x99999", tmp_path / "a.png"]
    more = ["--out", tmp_path / "out"] if program == "segment" else []
    main = importlib.import_module(f"framework.cli.{program}").main
    assert main([str(word) for word in [*words, *more]]) == 1
    assert "would be resized to 99999 x 99999 pixels, more than" in capsys.readouterr().err
