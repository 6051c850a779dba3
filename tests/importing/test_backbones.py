"""torchvision's classifiers under the zoo's names: the same outputs, and weights for the SSDs."""

import importlib
import re

import numpy as np
import pytest
import torch
from torch import nn

from framework.errors import CaffeError
from framework.importing.backbones import BACKBONES, MEAN, STD, UNREAD
from framework.net.net import Net
from framework.weights.state_dict import read_state_dict
from framework.weights.weights import load_weights

main = importlib.import_module("framework.cli.import").main


class BasicBlock(nn.Module):
    """Of ResNet-18, with torchvision's names."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride > 1:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                            nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + (x if self.downsample is None else self.downsample(x))).relu()


class ResNet18(nn.Module):
    """He et al. 2015, with torchvision's names: layer1.0.conv1 and so on."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        sizes = (64, 64, 128, 256, 512)
        for stage in range(1, 5):
            blocks = [BasicBlock(sizes[stage - 1], sizes[stage], 1 if stage == 1 else 2),
                      BasicBlock(sizes[stage], sizes[stage], 1)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.bn1(self.conv1(x)).relu(), 3, 2, 1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
        return self.fc(x.mean((2, 3)))


def with_statistics(module):
    """The module in eval mode, with statistics that no layer could leave out unseen."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 1.5)
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.1)
    return module.eval()


def imported(tmp_path, name, state, end=".pth"):
    path = tmp_path / f"state{end}"
    if end == ".pth":
        torch.save(state, path)
    else:
        from safetensors.torch import save_file

        save_file(state, path)
    assert main([f"torchvision:{name}", "--weights", str(path),
                 "--out", str(tmp_path / "net")]) == 0
    return Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")


def outputs(net, module):
    """Chances of the net for BGR pixels, and of the module for torchvision's RGB."""
    pixels = torch.randint(0, 256, net.shapes["data"],
                           generator=torch.Generator().manual_seed(0)).float()
    data = next(spec for spec in net.spec.layers if spec.name == "data").proto
    means = torch.tensor(list(data.transform_param.mean_value))[:, None, None]
    rgb = (pixels / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    with torch.no_grad():
        blobs = net.run({"data": pixels.flip(1) - means})
        return blobs[net.outputs[0]].reshape(1, -1), module(rgb).softmax(1)


@pytest.mark.parametrize("end", [".pth", ".safetensors"])
def test_a_resnet_gives_the_same_for_an_image_as_torchs(end, tmp_path, capsys):
    torch.manual_seed(0)
    module = with_statistics(ResNet18(7))
    net = imported(tmp_path, "resnet18", module.state_dict(), end)
    found, wanted = outputs(net, module)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)
    assert "differs from the zoo's file: pool1 has padding 1 and rounds down" in \
        capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BACKBONES if name != "vgg16_reduced"])
def test_every_backbone_gives_the_same_as_torchvisions(name, tmp_path):
    try:
        from torchvision import models
    except (ImportError, RuntimeError) as error:    # RuntimeError: it was built for another torch
        pytest.skip(f"torchvision cannot be imported: {error}")
    torch.manual_seed(0)
    more = {"transform_input": True, "init_weights": False} if name in ("inception_v3",
                                                                        "googlenet") else {}
    module = with_statistics(getattr(models, name)(weights=None, **more))
    found, wanted = outputs(imported(tmp_path, name, module.state_dict()), module)
    torch.testing.assert_close(found / wanted.max(), wanted / wanted.max(), rtol=0, atol=1e-4)


def state_of(name):
    """Tensors for all modules of a model, by the names and sizes of the zoo's layers."""
    backbone = BACKBONES[name]
    net = Net(f"zoo:{backbone.net}/deploy.prototxt", "TEST")
    state = {}
    for step in net.layers:
        layer = step.layer.spec.name
        if not step.layer.blobs or re.sub("/(bn|scale)$", "", layer) in backbone.identity:
            continue
        kinds = ("running_mean", "running_var") if len(step.layer.blobs) == 3 else \
            ("weight", "bias")
        for kind, blob in zip(kinds, step.layer.blobs, strict=False):
            if not (kind == "bias" and layer in backbone.no_bias):
                state[f"{backbone.rule(layer)}.{kind}"] = torch.rand(blob.shape)
    return state


FULL_VGG = {"classifier.0": (4096, 25088), "classifier.3": (4096, 4096)}


@pytest.mark.parametrize("name, ssd", [
    ("squeezenet1_1", "ssd300_squeezenet"),
    pytest.param("resnet50", "ssd300_resnet50", marks=pytest.mark.slow),
    pytest.param("mobilenet_v2", "ssd300_mobilenet_v2", marks=pytest.mark.slow),
    pytest.param("vgg16_reduced", "ssd300_vgg16", marks=pytest.mark.slow),
])
def test_an_ssd_of_the_zoo_starts_with_all_layers_of_its_backbone(name, ssd, tmp_path):
    torch.manual_seed(0)
    state = state_of(name)
    if name == "vgg16_reduced":
        for module, (rows, columns) in FULL_VGG.items():
            state[f"{module}.weight"] = torch.rand(rows, columns)
            state[f"{module}.bias"] = torch.rand(rows)
        state["classifier.6.weight"] = torch.rand(1000, 4096)
    backbone = imported(tmp_path, name, state)
    detector = Net(f"zoo:{ssd}/train_test.prototxt", "TRAIN", skip_data=True)
    report = load_weights(detector, tmp_path / "net.caffemodel")
    named = {step.layer.spec.name for step in backbone.layers if step.layer.blobs}
    own = {step.layer.spec.name for step in detector.layers if step.layer.blobs}
    assert not report.mismatched
    assert own & named == set(report.copied)
    assert len(report.copied) >= len(named) - 2         # all but the classifier
    heads = [layer for layer in report.not_in_file if layer in named]
    assert not heads


def test_googlenets_batch_norm_goes_into_the_convolutions_of_the_zoo(tmp_path):
    generator = torch.Generator().manual_seed(0)
    rule, state = BACKBONES["googlenet"].rule, {}
    for step in Net("zoo:googlenet/deploy.prototxt", "TEST").layers:
        if not step.layer.blobs:
            continue
        module, shape = rule(step.layer.spec.name), list(step.layer.blobs[0].shape)
        if module == "fc":
            state |= {"fc.weight": torch.rand(shape), "fc.bias": torch.rand(shape[0])}
            continue
        shape[2:] = [3, 3] if shape[2] == 5 else shape[2:]      # torchvision's have 3 x 3
        state[f"{module}.conv.weight"] = torch.randn(shape, generator=generator)
        for key in ("weight", "bias", "running_mean", "running_var"):
            state[f"{module}.bn.{key}"] = torch.rand(shape[0], generator=generator) + 0.5
    state["aux1.fc2.bias"] = torch.rand(4)      # of training alone
    net = imported(tmp_path, "googlenet", state)
    blobs = {step.layer.spec.name: step.layer.blobs for step in net.layers}
    weight, bias = (blob.detach().numpy() for blob in blobs["inception_3a/5x5"])
    own = {key: state[f"inception3a.branch3.1.{key}"].numpy()
           for key in ("conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var")}
    factor = own["bn.weight"] / np.sqrt(own["bn.running_var"] + 0.001)
    np.testing.assert_allclose(weight[:, :, 1:4, 1:4],
                               own["conv.weight"] * factor[:, None, None, None], rtol=1e-5)
    assert not weight[:, :, 0].any() and not weight[..., 4].any()
    np.testing.assert_allclose(bias, own["bn.bias"] - own["bn.running_mean"] * factor, rtol=1e-4,
                               atol=1e-5)
    x = torch.randn(1, 64, 5, 4, generator=generator)
    torch.testing.assert_close(net.layer("pool1/norm1")(x), x, rtol=0, atol=0)


@pytest.mark.slow
def test_thinned_vgg_takes_every_fourth_output_and_every_third_cell(tmp_path):
    torch.manual_seed(0)
    state = state_of("vgg16_reduced")
    for module, (rows, columns) in FULL_VGG.items():
        state[f"{module}.weight"] = torch.rand(rows, columns)
        state[f"{module}.bias"] = torch.rand(rows)
    net = imported(tmp_path, "vgg16_reduced", state)
    blobs = {step.layer.spec.name: step.layer.blobs for step in net.layers}
    wide = state["classifier.0.weight"].numpy().reshape(4096, 512, 7, 7)
    assert np.array_equal(blobs["fc6"][0][5, 9, 1, 2].item(), wide[20, 9, 3, 6])
    assert blobs["fc7"][0][3, 8, 0, 0].item() == state["classifier.3.weight"][12, 32].item()
    assert blobs["fc7"][1][3].item() == state["classifier.3.bias"][12].item()


def refused(capsys, tmp_path, state, message, name="squeezenet1_1"):
    torch.save(state, tmp_path / "state.pth")
    assert main([f"torchvision:{name}", "--weights", str(tmp_path / "state.pth"),
                 "--out", str(tmp_path / "made")]) == 1
    out, error = capsys.readouterr()
    assert re.search(message, error), error
    assert error.count("\n") == 1 and out == "" and not list(tmp_path.glob("*made*"))


def test_a_state_dict_of_another_net_is_refused(tmp_path, capsys):
    state = state_of("squeezenet1_1")
    some = dict(state)
    del some["features.3.squeeze.bias"]
    refused(capsys, tmp_path, some, r"state.pth: has no 'features.3.squeeze.bias', which the layer "
            "fire2/squeeze1x1 needs; it is no state dict of torchvision's squeezenet1_1")
    refused(capsys, tmp_path, {**state, "extra.weight": torch.ones(1)},
            "has 1 tensors that torchvision's squeezenet1_1 has not: extra.weight")
    refused(capsys, tmp_path, {**state, "features.0.weight": torch.ones(64, 3, 5, 5)},
            r"blob 0 of the layer conv1 has the shape \(64, 3, 5, 5\); it must be \(64, 3, 3, 3\)")
    refused(capsys, tmp_path, [1, 2], "is not a state dict: it holds a list")
    torch.save(state, tmp_path / "whole.pth")
    content = (tmp_path / "whole.pth").read_bytes()
    for size in (0, 5, len(content) // 2, len(content) - 1):
        (tmp_path / "cut.pth").write_bytes(content[:size])
        with pytest.raises(CaffeError, match=r"cut.pth: is not a state dict, or is cut off: \w"):
            read_state_dict(tmp_path / "cut.pth")
    refused(capsys, tmp_path, state, r"torchvision:vit_b_16: the zoo has no such net; there are "
            r"vgg16, .*`torchvision.models:vit_b_16` imports any", name="vit_b_16")


def test_old_files_and_counters_are_taken():
    assert UNREAD.fullmatch("bn1.num_batches_tracked")
    assert UNREAD.fullmatch("AuxLogits.fc.weight")
    assert not UNREAD.fullmatch("Mixed_5b.branch1x1.conv.weight")
