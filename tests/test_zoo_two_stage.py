"""The two-stage detectors of the zoo: parameters as published, and what their nets are made of."""

import math
from functools import cache
from pathlib import Path

import pytest

from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.net.build import build_layers, build_sources
from framework.net.reading import read_net

ROOT = Path(__file__).resolve().parents[1] / "prototxt"
RESNET50 = 23_454_912       # its convolutions
NORMS = 2 * 26_560 + 64     # scales and shifts of its BatchNorms, and the published conv1's biases


def convolution(cells, inputs, outputs):
    return (cells * inputs + 1) * outputs


VGG16 = 14_714_688
COUNTS = {
    # the published prototxt's layers, VOC's 21 classes and 9 anchors
    "faster_rcnn_vgg16": VGG16 + convolution(9, 512, 512) + convolution(1, 512, 18 + 36)
    + convolution(49, 512, 4096) + convolution(1, 4096, 4096) + convolution(1, 4096, 21 + 84),
    "faster_rcnn_resnet50": RESNET50 + NORMS + convolution(9, 1024, 512)
    + convolution(1, 512, 18 + 36) + convolution(1, 2048, 21 + 84),
    "rfcn_resnet50": RESNET50 + NORMS + convolution(9, 1024, 512) + convolution(1, 512, 18 + 36)
    + convolution(1, 2048, 1024) + convolution(1, 1024, 49 * 21 + 49 * 8),
    # torchvision's tables of its models, which do not count frozen BatchNorms
    "faster_rcnn_resnet50_fpn": 41_755_286 + NORMS,
    "mask_rcnn_resnet50_fpn": 44_401_393 + NORMS,
}


@cache
def built(name, file="deploy", phase="TEST"):
    spec = NetSpec(read_net(ROOT / name / f"{file}.prototxt"), phase)
    shapes = {}
    assert LAYERS       # its first use imports them all
    build_sources(spec, DataOptions(), shapes, skip_data=True)
    return build_layers(spec, shapes, {}), shapes


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters_is_the_published_one(name):
    layers, _ = built(name)
    sizes = {}
    for layer in layers:
        names = [param.name for param in layer.spec.proto.param]
        for index, (blob_name, blob) in enumerate(layer.named_parameters()):
            shared = names[index] if index < len(names) and names[index] else ""
            sizes[shared or (layer.spec.name, blob_name)] = blob.numel()
    assert sum(sizes.values()) == COUNTS[name]


@pytest.mark.parametrize("name", [*COUNTS, "faster_rcnn_shapes", "mask_rcnn_shapes",
                                  "rfcn_shapes", "relation_shapes"])
@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_the_nets_of_training_build_without_data(name, phase, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("VOC0712/test_name_size.txt", "COCO/val2017_name_size.txt"):
        (tmp_path / "data" / path).parent.mkdir(parents=True)
        (tmp_path / "data" / path).write_text("000001 375 500\n")
    _, shapes = built(name, "train_test", phase)
    if phase == "TEST":
        assert shapes["detection_out"] == (1, 1, 1, 7)
        return
    assert shapes["rpn_loss_bbox"] == shapes["loss_bbox"] == ()
    assert math.prod(shapes["labels"]) == shapes["rois"][0]
    if name.startswith("mask"):
        assert shapes["mask_score"] == shapes["mask_targets"]
