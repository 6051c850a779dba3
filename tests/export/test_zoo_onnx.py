"""The zoo's newer classifiers, and its segmentation nets, in ONNX Runtime."""

from pathlib import Path

import numpy as np
import pytest
import torch

from framework.export.check import check
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from framework.net.reading import read_net
from tests.export.support import run_onnx, run_ours
from tests.support import noise

ROOT = Path(__file__).resolve().parents[2] / "prototxt"
QUICK = ("mobilenet_v3_small", "vit_tiny", "unet_shapes", "deeplab_shapes", "pspnet_shapes",
         "icnet_shapes", "fsds", "fsds_skeletons")
SLOW = ("convnext_tiny", "efficientnet_b0", "mobilenet_v3_large", "regnet_y_400mf", "densenet169",
        "resnext50_32x4d", "se_resnet50", "inception_resnet_v1", "inception_resnet_v2", "unet",
        "deeplab_v3plus_resnet50", "deeplab_v3plus_resnet101",
        "deeplab_v3plus_mobilenet_v2", "deeplab_v3plus_xception65", "pspnet_resnet50",
        "pspnet_resnet101", "icnet")
SIZES = {"vit_tiny": (224, 224), "inception_resnet_v1": (107, 139),
         "inception_resnet_v2": (107, 139), "segnet": (360, 480), "pspnet_resnet50": (473, 473),
         "pspnet_resnet101": (473, 473), "icnet": (1025, 2049), "pspnet_shapes": (120, 120),
         "icnet_shapes": (128, 128)}


def net_of(name):
    """The deploy net of small images, with statistics that no operator could leave out unseen."""
    document = read_net(ROOT / name / "deploy.prototxt")
    dims = document.message.layer[0].input_param.shape[0].dim
    dims[2:] = SIZES.get(name, (64, 96))
    net = Net(document, "TEST")
    generator = torch.Generator().manual_seed(1)
    for step in net.layers:
        if step.layer.spec.type == "BatchNorm":
            mean, variance, count = step.layer.blobs
            mean.normal_(std=0.1, generator=generator)
            variance.uniform_(0.5, 1.5, generator=generator)
            count.fill_(1)
    return net, {"data": noise((1, 3, *dims[2:])).detach().float().numpy()}


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow)
                                            for name in SLOW)])
def test_a_net_computes_the_same_in_onnx_runtime(name):
    net, inputs = net_of(name)
    for opset in (13, 17):
        found = run_onnx(to_model(net, Options(opset)), inputs)
        for blob, expected in run_ours(net, inputs).items():
            assert expected.std() > 0
            scale = np.abs(expected).max()
            np.testing.assert_allclose(found[blob] / scale, expected / scale, atol=1e-4)


@pytest.mark.parametrize("name", [
    "crnn_strings", "facenet_faces", "dssm_sentences", "esim_sentences", "abcnn_sentences"])
def test_a_small_net_of_text_faces_or_sentences_computes_the_same_in_onnx_runtime(name):
    net = Net(ROOT / name / "deploy.prototxt", "TEST", seed=2)
    generator = np.random.default_rng(1)
    inputs = {top: generator.integers(0, 64, shape).astype(np.float32)
              for top, shape in ((top, net.shapes[top]) for top in net.given_names)}
    found = run_onnx(to_model(net, Options(17)), inputs)
    for blob, expected in run_ours(net, inputs).items():
        np.testing.assert_allclose(found[blob], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["segnet_shapes", pytest.param("segnet", marks=pytest.mark.slow)])
def test_segnet_is_the_same_but_where_rounding_moves_a_maximum(name):
    """Of two nearly equal cells either may be the maximum, whose place unpooling then fills."""
    net, _ = net_of(name)
    found = check(net, to_model(net, Options(17)), tolerance=1e-4)
    assert found.first is None and found.num_blobs > 25
