"""Whole two-stage detectors in ONNX Runtime: from the image and its size to boxes and masks."""

from pathlib import Path

import numpy as np
import pytest
import torch

from framework.export.check import check
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from tests.export.support import run_onnx, run_ours
from tests.support import noise

ROOT = Path(__file__).resolve().parents[2] / "prototxt"


def fill_moderately(net: Net) -> None:
    """Weights whose sums stay near 1, so that offsets are those of a trained net."""
    with torch.no_grad():
        for number, step in enumerate(net.layers):
            for index, blob in enumerate(step.layer.blobs):
                values = noise(tuple(blob.shape), seed=100 + number + index).float()
                if not blob.requires_grad:
                    values = torch.ones_like(values)
                elif blob.dim() > 1:
                    values /= (blob[0].numel()) ** 0.5
                blob.copy_(values)


@pytest.mark.parametrize("name", ["faster_rcnn_shapes", "rfcn_shapes", "mask_rcnn_shapes",
                                  "relation_shapes"])
def test_a_detector_finds_the_same_in_onnx_runtime(name):
    net = Net(ROOT / name / "deploy.prototxt", "TEST")
    fill_moderately(net)
    model = to_model(net, Options(17))
    assert check(net, model).first is None
    image = np.random.default_rng(1).standard_normal((1, 3, 128, 128), np.float32)
    inputs = {"data": image, "im_info": np.array([[128, 128, 1]], np.float32)}
    found, expected = run_onnx(model, inputs), run_ours(net, inputs)
    assert expected["detection_out"].shape[2] > 5
    assert set(found) == set(expected)
    for blob, array in expected.items():
        np.testing.assert_allclose(found[blob], array, rtol=1e-3, atol=1e-4)
