"""Every layer's example through ONNX Runtime, or refused with its name."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from framework.errors import SpecError
from framework.export.check import check
from framework.export.onnx_model import Options, to_model
from framework.layers import LAYERS
from framework.layers.base import Layer, layer
from framework.net.net import Net
from tests import community_examples, layer_examples
from tests.export.support import run_onnx, run_ours
from tests.support import layer_text, net_from, noise

EXAMPLES = [example for example in (*layer_examples.EXAMPLES, *community_examples.EXAMPLES)
            if example.kind not in ("Silence", "HDF5Output")
            and not (example.kind == "Softmax" and len(example.bottoms) == 2)
            and not (example.kind == "BN" and "decay" in example.param)
            and not (example.kind == "DecodeBBox" and len(example.bottoms) == 3)
            and not (example.kind == "CTCGreedyDecoder" and len(example.bottoms) == 2)
            and not (example.kind == "Lstm" and len(example.bottoms) == 2)]
# the first axis is not a batch
TIME_FIRST = ("LSTM", "RNN", "Lstm", "GRU", "ConvLSTM", "ConvLSTMReLU")
NO_FORM = {example.kind for example in EXAMPLES
           if LAYERS[example.kind].to_onnx is Layer.to_onnx}


def example_net(example):
    """The net of an example in TEST, with noise in every blob, and its inputs."""
    arrays = [tensor.detach().float().numpy() for tensor in example.tensors()]
    shapes = [array.shape for array in arrays]
    net = net_from(layer_text(example.kind, example.param, shapes, example.tops), "TEST")
    fill(net)
    return net, {f"bottom{index}": array for index, array in enumerate(arrays)}


def fill(net: Net) -> None:
    blobs = [blob for step in net.layers for blob in step.layer.blobs]
    with torch.no_grad():
        for index, blob in enumerate(blobs):
            values = noise(tuple(blob.shape), seed=100 + index).float()
            blob.copy_(values if blob.requires_grad else values.abs() + 0.5)


def without_empty(rows):
    return rows[:, :, rows[0, 0, :, 1] >= 0]


def assert_equal_in_runtime(net, inputs, options):
    model = to_model(net, options)
    onnx.checker.check_model(model, full_check=True)
    found = run_onnx(model, inputs)
    for name, expected in run_ours(net, inputs).items():
        array = found[name]
        if net.layers[-1].layer.gives_detections and array.ndim == 4:
            array = without_empty(array)
        scale = max(np.abs(np.nan_to_num(expected)).max(initial=0), 1e-3)
        np.testing.assert_allclose(array, expected, rtol=1e-5, atol=1e-5 * scale)


def named(example):
    return f"{example.kind} {example.param}"[:50]


@pytest.mark.parametrize("opset, dynamic", [(13, False), (21, True)])
@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.kind not in NO_FORM],
                         ids=named)
def test_a_layer_computes_the_same_in_onnx_runtime(example, opset, dynamic):
    net, inputs = example_net(example)
    dynamic = dynamic and bool(inputs) and example.kind not in TIME_FIRST
    assert_equal_in_runtime(net, inputs, Options(opset, dynamic=dynamic))


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.kind in NO_FORM], ids=named)
def test_a_layer_without_an_onnx_form_is_refused_by_name(example):
    net, _ = example_net(example)
    if not net.outputs:
        pytest.skip("the net has no outputs")
    reason = "is a loss" if LAYERS[example.kind].loss else "has no ONNX form"
    words = rf"layer 'layer' \({example.kind}\): type .*{reason}"
    with pytest.raises(SpecError, match=words):
        to_model(net, Options())


@pytest.mark.parametrize("kind, param, shapes, words", [
    ("Softmax", "", [(3, 5), (3, 1)], "a softmax over the first values"),
    ("BN", "bn_param { decay: 0.1 }", [(2, 3, 4, 5)], "bn_param.decay has no ONNX form")])
def test_a_setting_without_an_onnx_form_is_refused_by_name(kind, param, shapes, words):
    net = net_from(layer_text(kind, param, shapes, 1), "TEST")
    fill(net)
    with pytest.raises(SpecError, match=words):
        to_model(net, Options())


@pytest.mark.parametrize("kind", TIME_FIRST)
def test_time_as_the_first_axis_is_refused_in_a_batch_of_any_size(kind):
    example = next(one for one in EXAMPLES if one.kind == kind)
    with pytest.raises(SpecError, match=rf"\({kind}\): bottom has .*any *size"):
        to_model(example_net(example)[0], Options(dynamic=True))


@pytest.mark.parametrize("kind", ["LSTM", "RNN", "GRU"])
def test_a_recurrent_net_that_has_run_is_checked_from_its_first_states(kind):
    example = next(one for one in EXAMPLES if one.kind == kind)
    net, inputs = example_net(example)
    inputs["bottom1"] = np.ones_like(inputs["bottom1"])
    run_ours(net, inputs)
    found = check(net, to_model(net, Options()))
    assert found.num_blobs == 1 and found.first is None


def test_an_lstm_with_flags_is_refused():
    net = net_from(layer_text("Lstm", "num_output: 4", [(3, 2, 5), (3, 2)]), "TEST")
    with pytest.raises(SpecError, match=r"\(Lstm\): bottom has flags"):
        to_model(net, Options())


def table() -> str:
    """The layer types by whether they have an ONNX form, as docs/export.md has them."""
    layers = {kind: cls for kind, cls in LAYERS.items() if issubclass(cls, Layer)}
    forms = sorted(kind for kind, cls in layers.items() if cls.to_onnx is not Layer.to_onnx)
    losses = sorted(kind for kind, cls in layers.items() if cls.loss and kind not in forms)
    others = sorted(set(layers) - set(forms) - set(losses))
    rows = (("exported", forms), ("refused: a loss", losses), ("refused: labels, or no operator",
                                                               others))
    lines = [f"| {what} | {', '.join(kinds)} |" for what, kinds in rows]
    return "\n".join(["| | types |", "|---|---|", *lines])


@pytest.mark.parametrize("kind", sorted(kind for kind, cls in LAYERS.items()
                                        if issubclass(cls, Layer)))
def test_every_layer_type_has_an_onnx_form_or_a_reason(kind):
    cls = LAYERS[kind]
    has_form = cls.to_onnx is not Layer.to_onnx
    assert has_form + cls.loss + bool(cls.no_onnx_form) == 1


def test_the_documentation_has_the_table_of_layers():
    text = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
    assert text.split("<!-- layers -->\n")[1].strip() == table()


def test_a_layer_of_the_users_own_may_define_its_onnx_form():
    @layer("TwiceForExport")
    class Twice(Layer):
        def __init__(self, spec, x):
            super().__init__(spec)

        def forward(self, x):
            return x * 2

        def to_onnx(self, graph, bottoms):
            return [graph.add("Mul", bottoms[0], graph.floats(2.0))]

    try:
        net = net_from(layer_text("TwiceForExport", "", [(2, 3)]), "TEST")
        assert_equal_in_runtime(net, {"bottom0": np.ones((2, 3), np.float32)}, Options())
    finally:
        del LAYERS["TwiceForExport"]


POOLINGS = [(kernel, stride, pad, size) for kernel in (2, 3, 5) for stride in (1, 2, 3, 6)
            for pad in (0, 1, 2) if pad < kernel for size in ((7, 5), (6, 9))]


@pytest.mark.parametrize("method", ["MAX", "AVE"])
def test_pooling_agrees_at_every_border(method):
    for kernel, stride, pad, size in POOLINGS:
        shape = (2, 3, *size)
        if min(size) + 2 * pad < kernel:
            continue
        net = net_from(layer_text("Pooling", f"pool: {method} kernel_size: {kernel} stride: "
                                  f"{stride} pad: {pad}", [shape]), "TEST")
        x = noise(shape, requires_grad=False).float().numpy() - 5     # 0 would win
        assert_equal_in_runtime(net, {"bottom0": x}, Options())


def test_all_refused_layers_are_named_at_once():
    text = layer_text("Im2colless", "", [(2, 3)]).split("layer { name: \"layer\"")[0]
    text += """layer { name: "a" type: "ContrastiveLoss" bottom: "bottom0" bottom: "bottom0"
        bottom: "label" top: "a" }
        layer { name: "b" type: "EuclideanLoss" bottom: "bottom0" bottom: "bottom0" top: "b" }"""
    text = 'layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }\n' \
        + text
    with pytest.raises(SpecError) as error:
        to_model(net_from(text, "TEST"), Options())
    assert re.search(r"layer 'a' .*\n.*layer 'b'", str(error.value))


def test_a_concat_that_flattens_its_bottoms_keeps_its_shape():
    net = net_from(layer_text("Concat", "per_fla_fuse: true", [(2, 3, 4, 5), (2, 1, 6, 2)]), "TEST")
    inputs = {f"bottom{index}": noise(shape, seed=index).detach().float().numpy()
              for index, shape in enumerate([(2, 3, 4, 5), (2, 1, 6, 2)])}
    assert_equal_in_runtime(net, inputs, Options())
