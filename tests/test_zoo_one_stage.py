"""One-stage detectors of the zoo: published counts, a step of training, and their ONNX form."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from framework.export.check import compare_rows
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from framework.net.reading import read_net, read_solver
from framework.report.zoo_counting import num_learned
from tests.export.support import run_onnx, run_ours
from tests.test_zoo import build_on_meta, descend, with_inputs

ROOT = Path(__file__).resolve().parents[1] / "prototxt"
RESNET = 53_120 + 64    # scales of batch normalisation, fixed in torchvision, and biases of conv1
VGG = 20_483_904        # the convolutions of VGG-16 with fc6 and fc7 thinned out


def conv(inputs, outputs, kernel=3):
    return (kernel * kernel * inputs + 1) * outputs


# VGG16_VOC2007_320.py of sfzhang15/RefineDet: 3 priors a cell, 2 and 21 classes
TRANSFERS = sum(conv(inputs, 256) + 2 * conv(256, 256) for inputs in (512, 512, 1024, 512))
REFINEDET = (VGG + conv(1024, 256, 1) + conv(256, 512) + 2 * 512 + TRANSFERS
             + 3 * conv(256, 256, 2) + sum(conv(inputs, 3 * 6) for inputs in (512, 512, 1024, 512))
             + 4 * conv(256, 3 * 25))
COUNTS = {
    "refinedet320_vgg16": REFINEDET,
    "retinanet_resnet50": 34_014_999 + RESNET,      # torchvision's retinanet_resnet50_fpn
    "fcos_resnet50": 32_269_600 + RESNET,           # torchvision's fcos_resnet50_fpn
    # of the .cfg files of pjreddie/darknet; running sums of batch normalisation are not counted
    "yolov1": 197_301_875, "yolov1_tiny": 27_095_374, "yolov2": 50_655_389,
    "yolov2_tiny": 15_861_773, "yolov3": 61_949_149, "yolov3_tiny": 8_852_366,
}
# 3 x 3 anchors a cell of 80, 40, 20, 10 and 5 squared
NUM_PRIORS = {"retinanet_resnet50": 9 * (6400 + 1600 + 400 + 100 + 25), "refinedet320_vgg16": 6375,
              "dssd321_resnet101": 17_080,     # the paper's tables say so, and RefineDet's 6375
              "fcos_resnet50": 6400 + 1600 + 400 + 100 + 25}
SMALL = {"retinanet_resnet50": (128, 256), "fcos_resnet50": (128, 256),
         "fpn_ssd512_resnet50": (128, 256), "refinedet320_vgg16": (64, 128)} | dict.fromkeys(
             ("yolov2", "yolov2_tiny", "yolov3", "yolov3_tiny"), (64, 96))
# what the last layers predict: standard deviation and mean
WANTED = {"loc": (0.3, 0), "conf": (2, -2), "yolo": (1, -2), "region": (1, -2), "boxes": (0.2, 0.4),
          "classes": (0.3, 0.5), "objects": (0.3, 0.5), "fc": (0.3, 0.5), "centerness": (1, 0)}
TWINS = ["retinanet_shapes", "fpn_ssd_shapes", "dssd_shapes", "refinedet_shapes", "yolov1_shapes",
         "yolov2_shapes", "yolov3_shapes", "fcos_shapes", "ssd_ohem_shapes"]
OF_DARKNET = ("yolov2_shapes", "yolov3_shapes")     # labels: class from 0, centre, size
LARGE = [*COUNTS, "fpn_ssd512_resnet50", "dssd321_resnet101"]
LARGE.remove("yolov1")      # 790 MB of weights
LABELS = [[0, 1, 0, 0.1, 0.2, 0.4, 0.6, 0], [0, 4, 0, 0.5, 0.5, 0.9, 0.8, 0],
          [1, 2, 0, 0.3, 0.1, 0.5, 0.25, 0], [1, 3, 0, 0.05, 0.5, 0.95, 1.0, 0]]


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters_is_the_published_one(name):
    layers, _, _ = build_on_meta(ROOT / name / "deploy.prototxt")
    assert num_learned(layers) == COUNTS[name]


@pytest.mark.parametrize("name", [
    "retinanet_coco", "fcos_coco", "refinedet_voc", "dssd_voc", "yolov1_voc", "yolov2_voc",
    "yolov3_coco", *TWINS])
def test_a_recipe_names_a_net_of_the_zoo(name):
    solver = read_solver(ROOT.parent / "solvers" / f"{name}.prototxt").message
    assert (ROOT.parent / solver.net).is_file()
    assert solver.eval_type == "detection" and solver.max_iter >= solver.test_interval


@pytest.mark.parametrize("name", NUM_PRIORS)
def test_number_of_priors_is_the_published_one(name):
    _, shapes, spec = build_on_meta(ROOT / name / "deploy.prototxt")
    priors = "arm_priorbox" if name.startswith("refinedet") else "mbox_priorbox"
    assert shapes[priors] == (1, 2, 4 * NUM_PRIORS[name])
    assert spec.outputs == ["detection_out"]


def images_of(num, height, width):
    generator = torch.Generator().manual_seed(4)
    return torch.rand(num, 3, height, width, generator=generator) * 4 - 2


def labels_of(name):
    if name not in OF_DARKNET:
        return torch.tensor(LABELS).reshape(1, 1, -1, 8)
    labels = torch.zeros(2, 1, 3, 5)
    for number, (item, kind, _, x1, y1, x2, y2, _) in enumerate(LABELS):
        labels[item, 0, number % 2] = torch.tensor([kind - 1, (x1 + x2) / 2, (y1 + y2) / 2,
                                                    x2 - x1, y2 - y1])
    return labels


@pytest.mark.parametrize("name", TWINS)
def test_a_step_on_one_batch_lowers_the_loss(name):
    labels = labels_of(name)
    data = images_of(2, 128, 128)
    document = with_inputs(read_net(ROOT / name / "train_test.prototxt"),
                           {"data": data.shape, "label": labels.shape})
    net = Net(document, "TRAIN")
    inputs = {"data": data, "label": labels}
    before = net.objective(net.run(inputs))
    before.backward()
    blobs = [blob.parameter for blob in net.learned if blob.lr_mult]
    assert all(blob.grad is not None and blob.grad.isfinite().all() for blob in blobs)
    descend(blobs, before)
    with torch.no_grad():
        after = net.objective(net.run(inputs))
    assert 0 < after < before


def spread(net, images, variance_factor):
    """Let the net predict as one that has learned: few scores near another, boxes near priors."""
    generator = torch.Generator().manual_seed(2)
    for step in net.layers:
        if step.layer.spec.type == "BatchNorm":
            mean, variance, count = step.layer.blobs
            mean.normal_(std=0.1, generator=generator)
            variance.uniform_(0.5, 1.5, generator=generator).mul_(variance_factor)
            count.fill_(1)
    tops = net.run({"data": images})
    seen = set()
    for step in net.layers:
        spec = step.layer.spec
        last = re.split("[/_]", spec.name)[-1]
        wanted = WANTED.get(last.rstrip("3459"))
        if spec.type not in ("Convolution", "InnerProduct") or wanted is None:
            continue
        weight, bias = step.layer.blobs
        if id(weight) not in seen:      # levels of a pyramid share it
            seen.add(id(weight))
            weight.mul_(wanted[0] / (tops[spec.tops[0]] - bias.mean()).std())
            bias.fill_(wanted[1])


def by_label(rows):
    """Rows of one image in the order of their labels, and their scores."""
    rows = rows.reshape(-1, 7)
    return rows[np.lexsort((-rows[:, 2], rows[:, 1]))]


@pytest.mark.parametrize("name", [*TWINS, *(pytest.param(name, marks=pytest.mark.slow)
                                            for name in LARGE)])
def test_onnx_runtime_finds_the_same_boxes(name):
    document = read_net(ROOT / name / "deploy.prototxt")
    dims = document.message.layer[0].input_param.shape[0].dim
    dims[2:] = SMALL.get(name, list(dims[2:]))
    net = Net(document, "TEST")
    images = images_of(1, *dims[2:])
    with torch.no_grad():
        # the products of DSSD's modules overflow where the sums of 33 residual blocks have grown
        spread(net, images, 4 if name == "dssd321_resnet101" else 1)
    inputs = {"data": images.numpy()}
    expected = by_label(run_ours(net, inputs)["detection_out"])
    assert (expected[:, 1] >= 0).sum() > 5
    found = by_label(run_onnx(to_model(net, Options()), inputs)["detection_out"])
    assert compare_rows(expected, found, 1e-4)[1] == ""
