"""The Torch layer against the module itself: values, gradients, statistics, files, ONNX."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import framework
from framework.errors import CaffeError, SpecError
from framework.export.onnx_model import Options, to_model
from framework.layers.python import torch_modules
from framework.net.net import Net
from tests.export.support import run_onnx
from tests.layers.python.modules_to_allow import Maps, Sum
from tests.support import net_from, noise

HERE = "tests.layers.python.modules_to_allow"
INPUT = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 9 ' \
        'dim: 7 } } }\n'


@pytest.fixture(autouse=True)
def allowed(monkeypatch):
    monkeypatch.setattr(torch_modules, "_ALLOWED", {"tests"})


def text(module: str = f"{HERE}.Maps", tops: int = 2, inside: str = "", fields: str = "") -> str:
    names = "".join(f' top: "y{index}"' for index in range(tops))
    return INPUT + f'layer {{ name: "t" type: "Torch" bottom: "x"{names} {fields} torch_param {{ ' \
                   f'module: "{module}" {inside} }} }}'


def twin(net: Net, **arguments) -> Maps:
    """The module by itself, with the values of the net's layer, in its phase."""
    module = Maps(**arguments)
    layer = net.layer("t")
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            tensor.copy_(getattr(layer, name.replace(".", "_")))
    return module.train(net.phase == "TRAIN")


def x_of(seed: int = 1) -> torch.Tensor:
    return noise((2, 3, 9, 7), seed=seed).float().detach()


@pytest.mark.parametrize("phase", ["TRAIN", "TEST"])
def test_values_and_gradients_are_those_of_the_module(phase):
    net = net_from(text(inside="args: '{\"width\": 5}'"), phase)
    module = twin(net, width=5)
    net({"x": x_of()})
    expected = module(x_of())
    for index, map_ in enumerate(expected):
        torch.testing.assert_close(net.blobs[f"y{index}"], map_)
    weight = noise(tuple(expected[1].shape), seed=3).float().detach()
    (net.blobs["y1"] * weight).sum().backward()
    (expected[1] * weight).sum().backward()
    layer = net.layer("t")
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(getattr(layer, name.replace(".", "_")).grad, parameter.grad)
    for name, buffer in module.named_buffers():
        torch.testing.assert_close(getattr(layer, name.replace(".", "_")), buffer)


def test_blobs_are_the_parameters_and_float_buffers_in_the_modules_order():
    net = net_from(text(), "TRAIN")
    layer = net.layer("t")
    module = Maps()
    parameters = [name for name, _ in module.named_parameters()]
    sums = [f"{part}.1.{what}" for part in ("stem", "body")
            for what in ("running_mean", "running_var")]
    assert layer.blob_names == [name.replace(".", "_") for name in parameters + sums]
    assert [tuple(blob.shape) for blob in layer.blobs[:3]] == [(4, 3, 3, 3), (4,), (4,)]
    assert [blob.lr_mult for blob in net.learned] == [1.0] * len(parameters) + [0.0] * 4
    assert net.shapes["y0"] == (2, 4, 5, 4) and net.shapes["y1"] == (2, 6, 3, 2)


def test_output_chooses_and_orders_the_tops_of_a_dictionary_too():
    net = net_from(text(inside="args: '{\"as_dict\": true}' output: 1 output: 0"), "TEST")
    expected = twin(net, as_dict=True)(x_of())
    net({"x": x_of()})
    torch.testing.assert_close(net.blobs["y0"], expected["high"])
    torch.testing.assert_close(net.blobs["y1"], expected["low"])


def test_several_bottoms_are_the_arguments():
    net = net_from(INPUT + f'layer {{ name: "t" type: "Torch" bottom: "x" bottom: "x" top: "y" '
                   f'torch_param {{ module: "{HERE}.Sum" }} }}', "TEST")
    net({"x": x_of()})
    torch.testing.assert_close(net.blobs["y"], Sum()(x_of(), x_of()))


def test_the_nets_seed_decides_the_first_values():
    first, same, other = (Net(framework.parse_net(text()), "TRAIN", seed=seed)
                          for seed in (3, 3, 4))
    weights = [net.layer("t").blobs[0] for net in (first, same, other)]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_begin_as_a_state_dict_says(tmp_path, suffix):
    module = Maps()
    path = tmp_path / f"maps.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(module.state_dict(), path)
    net = net_from(text(inside=f'weights: "{path}"'), "TEST")
    torch.testing.assert_close(net({"x": x_of()})["y1"], module.eval()(x_of())[1])


def test_a_caffemodel_keeps_all_its_blobs(tmp_path):
    net = net_from(text(), "TRAIN")
    net({"x": x_of()})
    framework.save_weights(net, tmp_path / "w.caffemodel")
    read = Net(framework.parse_net(text()), "TEST", weights=tmp_path / "w.caffemodel", seed=9)
    for mine, theirs in zip(read.params["t"], net.params["t"], strict=True):
        assert torch.equal(mine, theirs)


def test_a_frozen_part_keeps_values_and_statistics():
    net = net_from(text(inside='rate { pattern: "*" lr_mult: 3 } rate { pattern: "stem.*" '
                               'lr_mult: 0 decay_mult: 0 }'), "TRAIN")
    mults = {blob.index: (blob.lr_mult, blob.decay_mult) for blob in net.learned}
    names = net.layer("t").blob_names
    assert mults[names.index("stem_0_weight")] == (0, 0)
    assert mults[names.index("body_0_weight")] == (3, 1)
    before = [blob.clone() for blob in net.layer("t").blobs]
    net({"x": x_of()})
    moved = [name for name, old, new in zip(names, before, net.layer("t").blobs, strict=True)
             if not torch.equal(old, new)]
    assert moved == ["body_1_running_mean", "body_1_running_var"]
    assert not net.layer("t").stem_0_weight.requires_grad


def test_what_the_module_itself_freezes_is_not_learned():
    net = net_from(text(f"{HERE}.HalfFrozen", tops=1), "TRAIN")
    assert [name for name, _ in net.layer("t").named_parameters()] == ["last_weight", "last_bias"]
    assert net.layer("t").blob_names == ["first_weight", "first_bias", "last_weight", "last_bias"]
    net({"x": x_of()})
    net.blobs["y0"].sum().backward()
    assert net.layer("t").last_weight.grad.abs().sum() > 0


def test_multiply_adds_are_those_of_its_convolutions():
    net = net_from(text(), "TEST")
    # 2 images of 5 x 4 with 4 kernels of 3 x 3 x 3, then of 3 x 2 with 6 of 4 x 3 x 3
    assert net.layer("t").multiply_adds([(2, 3, 9, 7)], []) == 2 * (20 * 4 * 27 + 6 * 6 * 36)


@pytest.mark.parametrize("opset", [13, 17, 21])
@pytest.mark.parametrize("dynamic", [False, True])
def test_it_computes_the_same_in_onnx_runtime(opset, dynamic):
    net = net_from(text(), "TEST")
    with torch.no_grad():
        for index, blob in enumerate(net.layer("t").blobs):
            blob.copy_(noise(tuple(blob.shape), seed=index).float().abs() * 0.3 + 0.1)
    model = to_model(net, Options(opset, dynamic=dynamic))
    x = noise((3 if dynamic else 2, 3, 9, 7)).float().detach()
    found = run_onnx(model, {"x": x.numpy()})
    for name, expected in net({"x": x}).items():
        np.testing.assert_allclose(found[name], expected.detach(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("module", "inside", "message"), [
    ("os.system", "", "torch_param.module is 'os.system', whose code a net file alone must not "
                      "run; --allow-module os allows it"),
    ("testsomething.run", "", "whose code a net file alone must not run"),
    ("", "", "torch_param.module is ''; it must be a dotted name"),
    (f"{HERE}.Mops", "", f"'{HERE}' has no 'Mops'; did you mean 'Maps'?"),
    ("tests.nothing.here", "", "'tests' has no 'nothing'"),
    (f"{HERE}.not_a_module", "", "gives 3, which is not a torch.nn.Module"),
    (f"{HERE}.broken", "", "refuses them: RuntimeError: no network here"),
    (f"{HERE}.Maps", "args: '{\"width\": }'", "torch_param.args is not JSON"),
    (f"{HERE}.Maps", "args: '[1]'", "torch_param.args is a list; it must be an object"),
    (f"{HERE}.Maps", "args: '{\"depth\": 3}'", "refuses them: TypeError"),
    (f"{HERE}.Maps", "output: 0 output: 2", "torch_param.output[1] is 2; the module has the "
                                            "outputs 0 to 1"),
    (f"{HERE}.Maps", "output: 1", "top is given 2 times; the layer has 1 output"),
    (f"{HERE}.Maps", 'rate { pattern: "stm*" }', "torch_param.rate[0].pattern is 'stm*', which "
                                                 "fits none of stem.0.weight ..."),
    (f"{HERE}.Sum", "", "cannot be taken by"),
])
def test_what_cannot_be_a_layer_is_one_line(module, inside, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        net_from(text(module, inside=inside), "TEST")


def test_a_state_dict_of_another_module_is_refused(tmp_path):
    torch.save(Maps(6).state_dict(), tmp_path / "w.pth")
    with pytest.raises(CaffeError, match=re.escape("w.pth: does not fit the module")):
        net_from(text(inside=f'weights: "{tmp_path}/w.pth"'), "TEST")


def test_a_name_that_is_none_of_pythons_cannot_be_allowed():
    with pytest.raises(CaffeError, match="--allow-module ../x: '../x' is not the name of a Python"):
        framework.allow_module("../x")
