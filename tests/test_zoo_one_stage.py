"""One-stage detectors of the zoo: published counts, a step of training, and their ONNX form."""

from pathlib import Path

import pytest
import torch

from framework.export.check import compare_rows
from framework.export.onnx_model import Options, to_model
from framework.net.net import Net
from framework.net.reading import read_net
from framework.report.zoo_counting import num_learned
from tests.export.support import run_onnx, run_ours
from tests.test_zoo import build_on_meta, descend, with_inputs

ROOT = Path(__file__).resolve().parents[1] / "prototxt"
RESNET = 53_120 + 64    # scales of batch normalisation, fixed in torchvision, and biases of conv1
COUNTS = {
    "retinanet_resnet50": 34_014_999 + RESNET,      # torchvision's retinanet_resnet50_fpn
}
# 3 x 3 anchors a cell of 80, 40, 20, 10 and 5 squared
NUM_PRIORS = {"retinanet_resnet50": 9 * (6400 + 1600 + 400 + 100 + 25)}
SMALL = {"retinanet_resnet50": (128, 256)}
TWINS = ["retinanet_shapes"]
LABELS = [[0, 1, 0, 0.1, 0.2, 0.4, 0.6, 0], [0, 4, 0, 0.5, 0.5, 0.9, 0.8, 0],
          [1, 2, 0, 0.3, 0.1, 0.5, 0.25, 0], [1, 3, 0, 0.05, 0.5, 0.95, 1.0, 0]]


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters_is_the_published_one(name):
    layers, _, _ = build_on_meta(ROOT / name / "deploy.prototxt")
    assert num_learned(layers) == COUNTS[name]


@pytest.mark.parametrize("name", NUM_PRIORS)
def test_number_of_priors_is_the_published_one(name):
    _, shapes, spec = build_on_meta(ROOT / name / "deploy.prototxt")
    assert shapes["mbox_priorbox"] == (1, 2, 4 * NUM_PRIORS[name])
    assert spec.outputs == ["detection_out"]


def images_of(num, height, width):
    generator = torch.Generator().manual_seed(4)
    return torch.rand(num, 3, height, width, generator=generator) * 4 - 2


@pytest.mark.parametrize("name", TWINS)
def test_a_step_on_one_batch_lowers_the_loss(name):
    labels = torch.tensor(LABELS).reshape(1, 1, -1, 8)
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


@pytest.mark.parametrize("name", [*TWINS, *(pytest.param(name, marks=pytest.mark.slow)
                                            for name in COUNTS)])
def test_onnx_runtime_finds_the_same_boxes(name):
    document = read_net(ROOT / name / "deploy.prototxt")
    dims = document.message.layer[0].input_param.shape[0].dim
    dims[2:] = SMALL.get(name, list(dims[2:]))
    net = Net(document, "TEST")
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for step in net.layers:     # scores of some anchors above the threshold
            spec = step.layer.spec
            if spec.type == "BatchNorm":
                mean, variance, count = step.layer.blobs
                mean.normal_(std=0.1, generator=generator)
                variance.uniform_(0.5, 1.5, generator=generator)
                count.fill_(1)
            elif spec.name.endswith("/conf"):
                step.layer.blobs[1].fill_(-2)
                step.layer.blobs[0].mul_(3)
    inputs = {"data": images_of(2, *dims[2:]).numpy()}
    inputs["data"] = inputs["data"][:dims[0]]
    expected = run_ours(net, inputs)["detection_out"]
    assert (expected[0, 0, :, 1] >= 0).sum() > 5
    found = run_onnx(to_model(net, Options()), inputs)["detection_out"]
    assert compare_rows(expected, found, 1e-4)[1] == ""
