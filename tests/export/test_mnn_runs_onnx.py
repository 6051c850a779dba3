"""ONNX files in MNN, where it is installed, as tools/export --check runs them."""

import sys

import numpy as np
import pytest

from framework.export.onnx_model import Options, to_model
from framework.export.preprocessing import Preprocessing
from framework.export.runtimes import run_elsewhere
from tests.export.caffe_support import layer, text_of
from tests.export.support import run_onnx, run_ours
from tests.export.test_layers_onnx import fill
from tests.support import net_from

WIDE = layer("conv", "Convolution", param="convolution_param { num_output: 64 kernel_size: 3 "
             "pad: 1 }")


@pytest.fixture(autouse=True)
def _needs_mnn():
    pytest.importorskip("MNN", reason="MNN is not installed")


def test_a_convolution_is_not_rounded_by_winograds_transforms():
    net = net_from(text_of(WIDE, shape=(1, 64, 28, 30)), "TEST")
    fill(net)
    x = np.random.default_rng(1).standard_normal((1, 64, 28, 30), np.float32)
    expected = run_ours(net, {"data": x})["conv"]
    model = to_model(net, Options()).SerializeToString()
    _, found = run_elsewhere("MNN", sys.executable, model, {"data": x}, ["conv"])
    assert np.abs(found["conv"] - expected).max() < 5e-6 * np.abs(expected).max()


def test_pixels_of_8_bits_are_taken():
    net = net_from(text_of(layer("y", "ReLU"), shape=(1, 3, 8, 7)), "TEST")
    preprocessing = Preprocessing("data", (1, 8, 7, 3), True, np.array([104.0, 117, 123]), 0.5)
    model = to_model(net, Options(preprocessing=preprocessing))
    pixels = np.random.default_rng(1).integers(0, 256, (1, 8, 7, 3), np.uint8)
    expected = run_onnx(model, {"data": pixels})["y"]
    _, found = run_elsewhere("MNN", sys.executable, model.SerializeToString(), {"data": pixels},
                             ["y"])
    np.testing.assert_allclose(found["y"], expected, atol=1e-4)
