"""The classification and segmentation nets: parameter counts as published, and steps of training.

Counts are those of the papers where they state them to the last digit, else of the models that
torchvision, Keras, timm and pytorchcv publish under the same names. BatchNorm's sums are not
counted, its scales and shifts are.
"""

import math
import re
from functools import cache
from pathlib import Path

import pytest
import torch

from framework.definition.prototxt import Lines
from framework.definition.spec import NetSpec
from framework.layers.base import DataOptions
from framework.net.build import build_layers, build_sources
from framework.net.net import Net
from framework.net.reading import read_net

ROOT = Path(__file__).resolve().parents[1] / "prototxt"
VGG16 = 14_714_688                      # its 13 convolutions
COUNTS = {
    "lenet": 431_080,
    "alexnet": 60_965_224,
    "caffenet": 60_965_224,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "nin": 7_595_176,
    "googlenet": 6_998_552,
    "inception_v2": 11_295_240,
    "inception_v3": 23_834_568,
    "inception_v4": 42_679_816,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032 + 64,        # the published caffemodel has biases in conv1
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "squeezenet_v1_0": 1_248_424,
    "squeezenet_v1_1": 1_235_496,
    "mobilenet_v1": 4_231_976,
    "mobilenet_v2": 3_504_872 + 32 * 32 + 2 * 32,   # the published caffemodel expands by 1 too
    "shufflenet_v1": 1_865_728,
    "shufflenet_v2": 2_278_604,
    "densenet121": 7_978_856,
    "densenet169": 14_149_480,
    "vit_tiny": 5_717_416,              # timm's vit_tiny_patch16_224
    "convnext_tiny": 28_589_128,
    "efficientnet_b0": 5_288_548,
    "mobilenet_v3_large": 5_483_032,
    "mobilenet_v3_small": 2_542_856,
    "regnet_y_400mf": 4_344_144,
    "resnext50_32x4d": 25_028_904,
    "se_resnet50": 28_088_024,          # timm's seresnet50
    "inception_resnet_v1": 23_482_624,  # facenet-pytorch's, with 512 numbers for a face
    "inception_resnet_v2": 55_843_464,  # timm's
    "vgg16_reduced": VGG16 + (9 * 512 + 1) * 1024 + (1024 + 1) * 1024,
    "fcn32s": VGG16 + (49 * 512 + 1) * 4096 + (4096 + 1) * 4096 + (4096 + 1) * 21,
    "fcn16s": 134_346_581 + (512 + 1) * 21,
    "fcn8s": 134_346_581 + (512 + 1) * 21 + (256 + 1) * 21,
    "hed": 14_716_171,
    "deeplab_largefov": 20_505_429,     # the paper says 20.5 million
    # crnn.pytorch has 8,331,301: its four LSTMs of 256 have a second bias
    "crnn": 8_331_301 - 4 * 4 * 256,
    "facenet": 23_482_624,
    # SphereFace's file: nine residual units, PReLU after each convolution, fc5
    "sphereface20": sum(9 * inside * out + 2 * out + units * 2 * (9 * out * out + out)
                        for inside, out, units in ((3, 64, 1), (64, 128, 2), (128, 256, 4),
                                                   (256, 512, 1))) + (512 * 7 * 6 + 1) * 512,
    # by figure 2 of the paper, which says more than 120 million
    "deepface": (121 * 3 + 1) * 32 + (81 * 32 + 1) * 16 + 55 ** 2 * 16 * (81 * 16 + 1)
                + 25 ** 2 * 16 * (49 * 16 + 1) + 21 ** 2 * 16 * (25 * 16 + 1)
                + (21 ** 2 * 16 + 1) * 4096 + (4096 + 1) * 4030,
    # by figure 2 of the paper, for a patch of 39 x 31
    "deepid": (16 + 1) * 20 + (9 * 20 + 1) * 40 + (9 * 40 + 1) * 60 + 2 * (4 * 60 + 1) * 80
              + (6 * 60 + 2 * 80 + 1) * 160 + (160 + 1) * 10_177,
}
OTHERS = ("crnn", "facenet", "sphereface20", "deepface", "deepid")      # no 1,000 classes
BILLIONS = {        # of multiply-adds, in torchvision's table of its models
    "mobilenet_v3_large": 0.217, "mobilenet_v3_small": 0.057, "efficientnet_b0": 0.386,
    "regnet_y_400mf": 0.402, "resnext50_32x4d": 4.23, "convnext_tiny": 4.456,
    "densenet169": 3.36}
CLASSIFIERS = [name for name in COUNTS if name not in (
    "vgg16_reduced", "fcn32s", "fcn16s", "fcn8s", "hed", "deeplab_largefov",
    "inception_resnet_v1", *OTHERS)]
# nets that end in a global pooling take smaller images too, if their joints still fit
SMALL = dict.fromkeys(("inception_v2", "mobilenet_v1", "mobilenet_v2", "shufflenet_v1",
                       "shufflenet_v2", "densenet121", "densenet169", "convnext_tiny",
                       "efficientnet_b0", "mobilenet_v3_large", "mobilenet_v3_small",
                       "regnet_y_400mf", "resnext50_32x4d", "se_resnet50"), (96, 128)
                      ) | dict.fromkeys(("inception_v3", "inception_v4", "inception_resnet_v2"),
                                        (107, 139))
# classifiers that train a step well under a second
QUICK = ("lenet", "squeezenet_v1_1", "mobilenet_v1", "shufflenet_v2", "mobilenet_v3_small")
SEGMENTERS = {"fcn32s": (64, 48), "fcn16s": (64, 48), "fcn8s": (64, 48), "hed": (64, 48),
              "deeplab_largefov": (321, 321)}


@cache
def build_on_meta(path):
    """The layers and shapes of a TEST net, without memory for its blobs."""
    spec = NetSpec(read_net(path))
    shapes = {}
    build_sources(spec, DataOptions(), shapes, skip_data=False)
    return build_layers(spec, shapes, {}), shapes, spec


def learned(layer):
    """How many numbers of the layer learn: parameters whose lr_mult is not 0."""
    rates = [blob.lr_mult for blob in layer.spec.proto.param]
    return sum(blob.numel() for index, blob in enumerate(layer.blobs)
               if isinstance(blob, torch.nn.Parameter) and (index >= len(rates) or rates[index]))


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters_is_the_published_one(name):
    layers, _, _ = build_on_meta(ROOT / name / "deploy.prototxt")
    assert sum(learned(layer) for layer in layers) == COUNTS[name]


@pytest.mark.parametrize("name, billions", BILLIONS.items())
def test_number_of_multiply_adds_is_the_published_one(name, billions):
    layers, shapes, _ = build_on_meta(ROOT / name / "deploy.prototxt")
    found = sum(layer.multiply_adds([shapes[bottom] for bottom in layer.spec.bottoms],
                                    [shapes[top] for top in layer.spec.tops]) for layer in layers)
    assert found / 1e9 == pytest.approx(billions, abs=0.0005)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_ends_in_one_probability_for_each_class(name):
    _, shapes, spec = build_on_meta(ROOT / name / "deploy.prototxt")
    num_classes = 10 if name == "lenet" else 1000
    assert spec.outputs == ["prob"]
    assert math.prod(shapes["prob"]) == shapes["data"][0] * num_classes
    assert shapes["prob"][1] == num_classes


@pytest.mark.parametrize("name, outputs", [
    ("fcn32s", ["score"]), ("fcn16s", ["score"]), ("fcn8s", ["score"]),
    ("deeplab_largefov", ["score"]),
    ("hed", [*(f"sigmoid-dsn{index}" for index in range(1, 6)), "sigmoid-fuse"])])
def test_a_segmenter_ends_in_the_size_of_the_image(name, outputs):
    _, shapes, spec = build_on_meta(ROOT / name / "deploy.prototxt")
    assert spec.outputs == outputs
    for output in outputs:
        assert shapes[output][2:] == shapes["data"][2:]


IN_PLACE = re.compile(r'type: "(AbsVal|BNLL|Clip|Log|Power)" bottom: "([^"]+)"\s+top: "\2"')


def test_no_net_has_a_layer_in_place_whose_gradient_would_be_the_originals_wrong_one():
    # ABCNN's |x - y| and MobileNet v3's gates did: they learned nothing, or not what they should
    found = [(str(path.relative_to(ROOT)), *match.groups()) for path in ROOT.rglob("*.prototxt")
             for match in IN_PLACE.finditer(path.read_text())]
    assert found == []


def with_inputs(document, shapes):
    """The document with Input layers of these shapes in place of the layers without bottoms."""
    message, lines = document.message, document.lines.fields["layer"]
    kept = [(type(layer).FromString(layer.SerializeToString()), line)
            for layer, line in zip(message.layer, lines, strict=True) if layer.bottom]
    del message.layer[:]
    for name, shape in shapes.items():
        layer = message.layer.add(name=name, type="Input", top=[name])
        layer.input_param.shape.add(dim=shape)
    message.layer.extend(layer for layer, _ in kept)
    document.lines.fields["layer"] = [Lines() for _ in shapes] + [line for _, line in kept]
    return document


def train(name, data_shape, labels, num_steps=1):
    """Steps down the gradient on one batch, so small that each must lower the loss."""
    document = with_inputs(read_net(ROOT / name / "train_test.prototxt"),
                           {"data": data_shape, "label": labels.shape})
    net = Net(document, "TRAIN")
    generator = torch.Generator().manual_seed(1)
    # lenet's data are scaled to 1; with more its loss is at its limit, where nothing lowers it
    data = torch.randn(data_shape, generator=generator) * (1 if name == "lenet" else 50)
    blobs = [blob for blob in net.learned if blob.lr_mult]
    losses = []
    for _ in range(num_steps):
        losses.append(forward(net, data, labels))
        losses[-1].backward()
        gradients = {f"{blob.layer}[{blob.index}]": blob.parameter.grad for blob in blobs}
        assert [name for name, gradient in gradients.items()
                if gradient is None or not gradient.isfinite().all()] == []
        descend([blob.parameter for blob in blobs], losses[-1])
    with torch.no_grad():
        losses.append(forward(net, data, labels))
    values = [loss.item() for loss in losses]
    assert values == sorted(values, reverse=True) and len(set(values)) == num_steps + 1


def forward(net, data, labels):
    """The loss, with the same numbers in Dropout every time."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        return net.objective(net.run({"data": data, "label": labels}))


def descend(parameters, loss):
    """Go down the gradient by what would take a thousandth off the loss if it were a plane."""
    with torch.no_grad():
        slope = sum(parameter.grad.double().square().sum() for parameter in parameters)
        assert slope > 0
        for parameter in parameters:
            parameter -= parameter.grad * (0.001 * loss.detach().double() / slope).float()
            parameter.grad = None


@pytest.mark.parametrize("name", [name if name in QUICK else
                                  pytest.param(name, marks=pytest.mark.slow)
                                  for name in CLASSIFIERS])
def test_steps_on_one_batch_lower_the_loss_of_a_classifier(name):
    deploy = NetSpec(read_net(ROOT / name / "deploy.prototxt")).layers[0]
    channels, height, width = list(deploy.proto.input_param.shape[0].dim)[1:]
    height, width = SMALL.get(name, (height, width))
    num_classes = 10 if name == "lenet" else 1000
    labels = torch.tensor([1.0, num_classes - 1])
    train(name, (2, channels, height, width), labels, 3 if name in QUICK else 1)


@pytest.mark.slow
def test_a_step_on_one_batch_lowers_the_loss_of_face_recognition():
    train("inception_resnet_v1", (2, 3, 107, 139), torch.tensor([1.0, 10_574]))


def test_a_face_is_512_numbers_of_length_1():
    _, shapes, spec = build_on_meta(ROOT / "inception_resnet_v1" / "deploy.prototxt")
    assert spec.outputs == ["normalized"]
    assert shapes["normalized"] == (1, 512)


@pytest.mark.slow
@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_step_on_one_batch_lowers_the_loss_of_a_segmenter(name):
    height, width = SEGMENTERS[name]
    labels = (torch.arange(height * width) % 2).reshape(1, 1, height, width).float()
    train(name, (1, 3, height, width), labels)


def test_training_googlenet_adds_the_two_heads_in_the_middle():
    spec = NetSpec(read_net(ROOT / "googlenet" / "train_test.prototxt"), "TRAIN")
    weights = {layer.name: list(layer.proto.loss_weight) for layer in spec.layers
               if layer.type == "SoftmaxWithLoss"}
    assert weights == {"loss1/loss": [pytest.approx(0.3)], "loss2/loss": [pytest.approx(0.3)],
                       "loss": []}


@pytest.mark.parametrize("path, blobs", [
    ("crnn/deploy", {"lstm1/both": (26, 1, 512), "score": (26, 1, 37), "text": (1, 26, 1, 1)}),
    ("sphereface20/deploy", {"res4_3": (1, 512, 7, 6), "fc5": (1, 512)}),
    ("deepface/deploy", {"C3": (1, 16, 63, 63), "L4": (1, 16, 55, 55), "L5": (1, 16, 25, 25),
                         "L6": (1, 16, 21, 21)}),
    ("deepid/deploy", {"pool3": (1, 60, 3, 2), "conv4": (1, 80, 2, 1), "deepid": (1, 160)}),
    ("facenet/deploy", {"normalized": (1, 512)})])
def test_a_text_or_face_net_has_the_published_sizes(path, blobs):
    _, shapes, _ = build_on_meta(ROOT / f"{path}.prototxt")
    assert {name: shapes[name] for name in blobs} == blobs


@pytest.mark.parametrize("path", [
    "crnn/train_test", "crnn_strings/train_test", "facenet/train_test", "deepface/train_test",
    "deepid/train_test", "sphereface20/train_test", "sphereface20/train_test_cosface",
    "sphereface20/train_test_arcface", *(f"{name}_faces/train_test" for name in (
        "facenet", "centerloss", "sphereface", "cosface", "arcface"))])
def test_a_recipe_of_text_or_faces_has_a_loss_for_what_its_data_give(path):
    spec = NetSpec(read_net(ROOT / f"{path}.prototxt"), "TRAIN")
    shapes = {}
    build_sources(spec, DataOptions(), shapes, skip_data=True)
    layers = build_layers(spec, shapes, {})
    assert any(layer.loss for layer in layers)
