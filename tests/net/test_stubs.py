"""Stubs of unknown types: the rest of a net is built, trained and exported."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from framework.cli import inspect as inspect_program
from framework.errors import CaffeError, SpecError
from framework.export.source import load
from framework.layers import LAYERS
from framework.layers.stub import stub_layer
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.weights.weights import load_weights, save_weights
from tests.solver_runs import NET, losses, make

ROOT = Path(__file__).resolve().parents[2]
INPUT = ('layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 4 } } '
         "}\n")
UNKNOWN = 'layer { name: "w" type: "Warp" bottom: "x" top: "w" top: "v" warp_param { speed: 9 } }\n'
AFTER = 'layer { name: "r" type: "ReLU" bottom: "w" top: "r" }\n'


@pytest.fixture(autouse=True)
def own_table(monkeypatch):
    """What a test registers is gone after it."""
    for kind in ("Warp", "ChannelGain"):
        monkeypatch.setitem(LAYERS, kind, None)
        del LAYERS[kind]


@pytest.mark.parametrize("shape, w, v", [
    ("as_bottom", (2, 3, 4), (2, 3, 4)), ("2x7", (2, 7), (2, 7)), ("2x7;5", (2, 7), (5,)),
])
def test_a_stub_has_the_shapes_that_it_is_given(shape, w, v):
    net = Net(parse_net(INPUT + UNKNOWN.replace("warp_param { speed: 9 }", "") + AFTER),
              stubs={"Warp": shape})
    assert (net.shapes["w"], net.shapes["v"], net.shapes["r"]) == (w, v, w)


def test_a_forward_through_a_stub_is_an_error_that_names_it():
    net = Net(parse_net(INPUT + UNKNOWN.replace("warp_param { speed: 9 }", "") + AFTER),
              stubs={"Warp": "as_bottom"})
    with pytest.raises(SpecError, match=r"layer 'w' \(Warp\): type 'Warp' is a stub"):
        net({"x": torch.zeros(2, 3, 4)})


def test_fields_that_only_the_stubbed_type_has_are_passed_over(tmp_path, capsys):
    path = tmp_path / "net.prototxt"
    path.write_text(INPUT + UNKNOWN + AFTER)
    assert inspect_program.main([str(path)]) == 1
    assert "warp_param is not a field" in capsys.readouterr().err
    assert inspect_program.main([str(path), "--stub", "Warp=2x7"]) == 0
    assert "2 x 7" in capsys.readouterr().out


def test_fields_of_other_layers_stay_errors():
    stub_layer("Warp", "as_bottom")
    with pytest.raises(SpecError, match="warp_param is not a field"):
        parse_net(INPUT + UNKNOWN + AFTER.replace('top: "r"', 'top: "r" warp_param { }'))


@pytest.mark.parametrize("text, message", [
    ("ReLU=as_bottom", "ReLU: the type is known here"), ("Warp=8x", "'8x' is not a shape"),
    ("Warp", "must be TYPE=as_bottom or TYPE=SHAPE"), ("=2x3", "TYPE is empty"),
    ("Other=2x3 --stub Other=as_bottom", "the type has another shape in a second --stub"),
])
def test_a_wrong_stub_is_an_error(tmp_path, capsys, text, message):
    path = tmp_path / "net.prototxt"
    path.write_text(INPUT)
    assert inspect_program.main([str(path), "--stub", *text.split()]) == 1
    assert message in capsys.readouterr().err


def test_a_stub_that_nothing_reads_does_not_keep_a_net_from_training(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    stub_layer("Warp", "1")
    dead = UNKNOWN.replace('"x"', '"ip"').replace("warp_param", "param { } warp_param")
    (tmp_path / "net.prototxt").write_text(NET + dead)
    solver = make('net: "net.prototxt" max_iter: 3 display: 1')
    solver.solve()
    assert len(losses(solver, 0)) >= 3
    assert "layer 'w' (Warp): left out: its type is a stub" in caplog.text


def test_a_stub_that_nothing_reads_does_not_keep_a_net_from_export(tmp_path):
    text = INPUT + ('layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" '
                    "inner_product_param { num_output: 5 } }\n")
    save_weights(Net(parse_net(text)), tmp_path / "w.caffemodel")
    (tmp_path / "net.prototxt").write_text(text + UNKNOWN)
    stub_layer("Warp", "1")
    net = load(str(tmp_path / "net.prototxt"), str(tmp_path / "w.caffemodel"), None)
    assert [step.layer.spec.name for step in net.layers] == ["ip"]


def test_weights_of_a_stubbed_layer_are_not_loaded(tmp_path):
    last = ('layer { name: "i" type: "InnerProduct" bottom: "w" top: "i" inner_product_param { '
            "num_output: 2 } }")
    other = parse_net(INPUT + 'layer { name: "w" type: "InnerProduct" bottom: "x" top: "w" '
                      "inner_product_param { num_output: 5 } }" + last)
    save_weights(Net(other), tmp_path / "w.caffemodel")
    stub_layer("Warp", "2x5")
    net = Net(parse_net(INPUT + UNKNOWN + last))
    assert load_weights(net, tmp_path / "w.caffemodel").not_in_net == ["w"]


def test_the_layer_of_the_docs_works():
    text = (ROOT / "docs" / "python_api.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(from torch.*?)```", text, re.DOTALL)
    assert len(code.strip().splitlines()) <= 22
    exec(compile(code, "mine.py", "exec"), {"__name__": "mine"})
    net = Net(parse_net(INPUT + 'layer { name: "g" type: "ChannelGain" bottom: "x" top: "g" '
                        'power_param { power: 2 } scale_param { filler { value: 3 } } }'))
    x = torch.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_allclose(net({"x": x})["g"].detach(), 9 * x)


def test_a_stub_needs_a_bottom_or_a_shape():
    with pytest.raises(CaffeError, match="so that the stub of 'Warp' has no shape"):
        Net(parse_net('layer { name: "w" type: "Warp" top: "w" }'), stubs={"Warp": "as_bottom"})
