"""tools/compare with a PyTorch module: its hooks against the layers of a net and ONNX operators."""

import re
from importlib import import_module

import cv2
import numpy as np
import onnx
import pytest
import torch
from torch import nn

from framework.cli.compare import main
from framework.export.module_blobs import ModuleRun, pair_modules
from framework.export.module_onnx import to_onnx
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.importing import zoo

SMALL = "tests.importing.zoo:small"


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A net of `small`: A or B of the tool."""
    folder = tmp_path_factory.mktemp("small")
    code = import_module("framework.cli.import").main(
        [SMALL, "--shape", "2,3,20,18", "--out", str(folder / "small")])
    assert code == 0
    return folder


def net_of(folder, name="small"):
    return f"{folder / 'small.prototxt'},{folder / name}.caffemodel"


class Twice(nn.Module):
    """One module called twice, and a sum in place."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 3)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x, scale):
        return self.relu(self.fc(self.fc(x))).mul_(scale)


def test_hooks_give_each_call_before_it_is_written_in_place():
    torch.manual_seed(0)
    module = Twice()
    x, scale = torch.randn(2, 3), torch.randn(3)
    found = ModuleRun(module, "Twice").run({"scale": scale.numpy(), "x": x.numpy()})
    first = x @ module.fc.weight.T + module.fc.bias
    second = first @ module.fc.weight.T + module.fc.bias
    expected = {"x": x, "scale": scale, "fc": first, "fc_1": second, "relu": second.clamp(min=0),
                "output": second.clamp(min=0) * scale}
    assert list(found) == list(expected)
    for name, tensor in expected.items():
        np.testing.assert_allclose(found[name], tensor.detach().numpy(), rtol=1e-6)


def test_a_module_is_the_last_layer_within_it():
    layers = ["conv1", "bn1", "bn1.scale", "layer1", "layer1.relu_1", "fc/MatMul", "fc"]
    modules = ["conv1", "bn1", "drop", "layer1", "fc", "output"]
    assert pair_modules(modules, layers) == {
        "conv1": "conv1", "bn1": "bn1.scale", "layer1": "layer1.relu_1", "fc": "fc", "output": "fc"}


def test_a_module_and_its_net_agree_layer_by_layer(imported, tmp_path, capsys):
    plot = tmp_path / "plot.png"
    assert main([SMALL, net_of(imported), "--plot", str(plot)]) == 0
    said = capsys.readouterr().out
    for name in ("stem.0", "stem.1", "layer1.1.bn", "layer1.1.relu_1", "layer1.1.gate", "fc"):
        assert re.search(rf"^  {re.escape(name)} ", said, re.M), name
    assert cv2.imread(str(plot)).shape[1] == 940
    assert main([net_of(imported), SMALL]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^  layer1.1.bn.scale +2 x 8 x 5 x 5 ", said, re.M)


def test_the_first_module_that_differs_is_named(imported, capsys):
    net = Net(imported / "small.prototxt", "TEST", weights=imported / "small.caffemodel")
    net.params["layer1.1.bn"][1].data *= 1.5        # the variance
    save_weights(net, imported / "other.caffemodel")
    assert main([SMALL, net_of(imported, "other")]) == 1
    assert "the first blob that differs is 'layer1.1.bn'" in capsys.readouterr().out


def test_weights_of_a_module_come_from_a_state_dict(imported, tmp_path, capsys):
    module = zoo.small()
    module.fc.bias.data += 1
    torch.save(module.state_dict(), tmp_path / "state.pth")
    assert main([f"{SMALL},{tmp_path / 'state.pth'}", net_of(imported)]) == 1
    assert "the first blob that differs is 'fc'" in capsys.readouterr().out
    torch.save({"fc.bias": torch.ones(5)}, tmp_path / "state.pth")
    assert main([f"{SMALL},{tmp_path / 'state.pth'}", net_of(imported)]) == 1
    assert "does not fit the module" in capsys.readouterr().err


def test_an_onnx_file_of_torch_is_compared_by_modules(imported, tmp_path, capsys):
    model = to_onnx(zoo.small().eval(), "small", [(2, 3, 20, 18)])
    onnx.save(model, tmp_path / "small.onnx")
    for pair in ((net_of(imported), str(tmp_path / "small.onnx")),
                 (str(tmp_path / "small.onnx"), SMALL)):
        assert main(pair) == 0
        assert re.search(r"^  layer1.0.conv +2 x 8 x 5 x 5 ", capsys.readouterr().out, re.M)


def test_inputs_of_another_name_are_mapped(imported, tmp_path, capsys):
    x = np.random.default_rng(0).standard_normal((2, 3, 20, 18), np.float32)
    with torch.no_grad():
        np.savez(tmp_path / "dump.npz", image=x, fc=zoo.small().eval()(torch.from_numpy(x)))
    assert main([str(tmp_path / "dump.npz"), net_of(imported), "--map", "image=data"]) == 0
    assert "2 blobs agree" in capsys.readouterr().out
    assert main([str(tmp_path / "dump.npz"), SMALL, "--map", "image=x"]) == 0
    assert main([SMALL, str(tmp_path / "dump.npz"), "--map", "x=image"]) == 0
    assert main([SMALL, str(tmp_path / "dump.npz")]) == 1
    assert "takes the input 'x', and the other side has image, fc: --map" in capsys.readouterr().err


def test_layers_of_a_module_are_tried_in_eight_bits(imported, tmp_path, capsys):
    np.savez(tmp_path / "x.npz", x=np.random.default_rng(0).standard_normal((1, 3, 20, 18)))
    assert main([SMALL, "--int8", "--inputs", str(tmp_path / "x.npz")]) == 0
    rows = re.findall(r"^  ([\w.]+) .*-> output$", capsys.readouterr().out, re.M)
    assert sorted(rows) == ["fc", "layer1.0.conv", "layer1.0.gate.1", "layer1.1.conv",
                            "layer1.1.gate.1", "stem.0"]


@pytest.mark.parametrize("words, reason", [
    ([SMALL, "--int8"], "does not say the sizes of its inputs; give --inputs FILE"),
    ([SMALL, "tests.importing.zoo:nothing"], "AttributeError: module 'tests.importing.zoo' has"),
    ([SMALL, "tests.importing.zoo:number"], "gives a int, not a torch.nn.Module"),
    (["fp16:a.prototxt,b.caffemodel", SMALL], "'fp16:a.prototxt' cannot be read|No such file")])
def test_a_module_that_cannot_be_run_is_one_line(words, reason, capsys):
    assert main(words) == 1
    said = capsys.readouterr().err
    assert re.search(reason, said) and said.count("\n") == 1
