"""tools/export --to ncnn: the lines and weights that it writes, and their numbers in ncnn."""

import re
import sys

import numpy as np
import pytest

from framework.cli.export import main
from framework.errors import CaffeError
from framework.export.check import check_ncnn
from framework.export.ncnn import to_ncnn
from framework.export.onnx_model import Options, to_model
from framework.export.runtimes import modules_at_hand
from framework.export.source import layer_error
from framework.net.net import Net
from framework.weights.weights import save_weights
from tests.export.test_export_program import files  # noqa: F401
from tests.export.test_layers_onnx import EXAMPLES, NO_FORM, example_net, fill, named
from tests.export.test_surgery import SSD
from tests.support import layer_text, net_from

# ruff: noqa: F811
PLANE = (1, 6, 7, 10)
LAYERS = {
    "Convolution": "num_output: 4 kernel_h: 3 kernel_w: 2 stride: 2 pad_h: 1 pad_w: 0",
    "Convolution grouped": "num_output: 4 group: 2 kernel_size: 3 dilation: 2 pad: 1",
    "Deconvolution": "num_output: 4 kernel_size: 4 stride: 2 pad: 1",
    "Deconvolution grouped": "num_output: 9 group: 3 kernel_h: 2 kernel_w: 3 stride: 2",
    "Pooling": "kernel_size: 3 stride: 2 pad: 1", "Pooling mean": "pool: AVE kernel_size: 3 "
    "stride: 2 pad: 1", "Pooling whole": "pool: AVE global_pooling: true",
    "ReLU": "negative_slope: 0.2", "PReLU": "", "ReLU6": "", "ELU": "alpha: 0.5", "Sigmoid": "",
    "TanH": "", "Power": "scale: 0.5 shift: 2", "Permute": "order: 0 order: 2 order: 3 order: 1",
    "Flatten": "", "Softmax": "axis: 1",
    "Reshape": "reshape_param { shape { dim: 0 dim: 3 dim: -1 } }",
    "InnerProduct": "num_output: 5", "BatchNorm": "", "Scale": "bias_term: true", "LRN": "",
    "Normalize": "", "Exp": "", "AbsVal": "", "HardSwish": "", "Slice": "", "Softplus": "",
    "Mish": "", "AdaptivePooling": "pooled_h: 1 pooled_w: 5",
    "Interp": "height: 14 width: 20", "ArgMax": "axis: 1",
}
REFUSED = ("ArgMax",)


def written(kind):
    num_tops = 2 if kind == "Slice" else 1
    net = net_from(layer_text(kind.split()[0], LAYERS[kind], [PLANE], num_tops), "TEST")
    fill(net)
    model = to_model(net, Options(detection_op=True))
    return net, to_ncnn(model, lambda name, reason: layer_error(net, name, reason))


def test_a_convolution_has_the_parameters_of_ncnn():
    net, (param, weights) = written("Convolution")
    assert param.splitlines() == [
        "7767517", "2 2", "Input bottom0 0 1 bottom0 0=10 1=7 2=6",
        "Convolution layer 1 1 bottom0 top0 0=4 1=2 11=3 2=1 12=1 3=2 13=2 4=0 14=1 15=0 16=1 5=1 "
        "6=144"]
    layer = net.layer("layer")
    assert weights[:4] == bytes(4) and len(weights) == 4 + 4 * (144 + 4)
    np.testing.assert_array_equal(np.frombuffer(weights[4:], "<f4")[:144],
                                  layer.weight.detach().numpy().ravel())


def test_a_blob_with_two_readers_is_split():
    text = layer_text("ReLU", "", [PLANE]) + """
        layer { name: "two" type: "Sigmoid" bottom: "bottom0" top: "two" }"""
    net = net_from(text, "TEST")
    model = to_model(net, Options())
    param, _ = to_ncnn(model, lambda name, reason: layer_error(net, name, reason))
    assert "Split split_bottom0 1 2 bottom0 bottom0_copy0 bottom0_copy1" in param
    assert param.splitlines()[1] == "4 5"


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind not in REFUSED])
def test_layers_give_the_numbers_of_the_net_in_ncnn(kind):
    if not modules_at_hand(sys.executable, ["ncnn"]):
        pytest.skip("ncnn is not installed")
    net, (param, weights) = written(kind)
    _, found = check_ncnn(net, param, weights, {}, 1e-4, sys.executable)
    assert found.first is None


@pytest.mark.parametrize("kind", REFUSED)
def test_what_ncnn_lacks_is_refused_by_layer(kind):
    with pytest.raises(Exception, match=rf"layer 'layer' \({kind}\): type ncnn has no counterpart"):
        written(kind)


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.kind not in NO_FORM], ids=named)
def test_every_layer_is_written_or_refused_by_its_name(example):
    net, _ = example_net(example)
    try:
        model = to_model(net, Options(detection_op=True))
        to_ncnn(model, lambda name, reason: layer_error(net, name, reason))
    except CaffeError as error:
        assert re.search(r"layer '|'bottom\d'", str(error))


def test_a_detector_has_priors_as_data_and_ncnns_own_detection_layer():
    net = net_from(SSD.replace("keep_top_k", "code_type: CENTER_SIZE keep_top_k"), "TEST")
    fill(net)
    model = to_model(net, Options(detection_op=True))
    param, _ = to_ncnn(model, lambda name, reason: layer_error(net, name, reason))
    last = param.splitlines()[-1]
    assert re.match(r"DetectionOutput out 3 1 loc_flat conf_out \S+ out 0=5 1=4\.\d+e-01 2=40 3=9",
                    last)
    assert "MemoryData" in param and "PriorBox" not in param


def test_boxes_that_end_at_the_borders_are_not_ncnns():
    net = net_from(SSD.replace("keep_top_k", "code_type: CENTER_SIZE clip: true keep_top_k"),
                   "TEST")
    model = to_model(net, Options(detection_op=True))
    with pytest.raises(CaffeError, match="ncnn's DetectionOutput has .* neither eta, clip nor"):
        to_ncnn(model, lambda name, reason: layer_error(net, name, reason))


def run_tool(folder, *flags, out="net.param"):
    return main(["--to", "ncnn", "--model", str(folder / "net.prototxt"), "--weights",
                 str(folder / "net.caffemodel"), "--out", str(folder / out), *flags])


def test_the_program_writes_both_files(files, capsys):
    assert run_tool(files) == 0
    assert (files / "net.param").read_text().startswith("7767517\n")
    assert (files / "net.bin").stat().st_size == 4 + 4 * (4 * 3 * 9 + 4)    # norm is inside conv
    assert re.search(r"not checked: ncnn is not installed|1 outputs agree", capsys.readouterr().out)


@pytest.mark.parametrize("flags, out, reason", [
    ((), "net.onnx", "--to ncnn writes a .param file"),
    (("--batch", "4"), "net.param", "ncnn takes one item at a time"),
    (("--int8",), "net.param", "--int8 does not go with --to ncnn")])
def test_what_ncnn_does_not_take_is_one_line(files, flags, out, reason, capsys):
    assert run_tool(files, *flags, out=out) == 1
    said = capsys.readouterr().err
    assert reason in said and said.count("\n") == 1
    assert not (files / "net.bin").exists()


def test_neither_file_is_written_where_one_cannot_be(files, capsys):
    words = ["--model", str(files / "net.prototxt"), "--weights", str(files / "net.caffemodel"),
             "--to", "ncnn", "--no-check", "--out", str(files / "small.param")]
    for other in ("small.param", "small.bin"):
        (files / other).mkdir()
        before = sorted(files.iterdir())
        assert main(words) == 1
        assert f"{other}: cannot be written: Is a directory" in capsys.readouterr().err
        assert sorted(files.iterdir()) == before
        (files / other).rmdir()
    assert main(words) == 0


def test_names_are_words_that_ncnn_reads_and_stay_different():
    long = "n" * 300
    text = "".join(
        f'layer {{ name: "{name}" type: "{kind}" {" ".join(bottoms)} top: "{top}" {param} }}\n'
        for name, kind, bottoms, top, param in [
            ("in", "Input", [], "a b", "input_param { shape { dim: [1, 2, 3, 4] } }"),
            ("in 2", "Input", [], "a_b", "input_param { shape { dim: [1, 2, 3, 4] } }"),
            ("one\\tname", "Power", ['bottom: "a b"'], "a\\nb", "power_param { scale: 2 }"),
            ("sum", "Eltwise", ['bottom: "a\\nb"', 'bottom: "a_b"', 'bottom: "a b"'],
             f"{long}1", ""),
            ("last", "Power", [f'bottom: "{long}1"'], f"{long}2", "power_param { scale: 3 }")])
    net = net_from(text, "TEST")
    model = to_model(net, Options())
    param, _ = to_ncnn(model, lambda name, reason: layer_error(net, name, reason))
    lines = [line.split() for line in param.splitlines()[2:]]
    made = []
    for kind, name, num_bottoms, num_tops, *rest in lines:
        bottoms = rest[:int(num_bottoms)]
        made += rest[int(num_bottoms):int(num_bottoms) + int(num_tops)]
        assert set(bottoms) <= set(made), (kind, bottoms)
        assert all(len(word.encode()) <= 255 for word in (name, *rest))
    assert len(made) == len(set(made)) == int(param.splitlines()[1].split()[1])
    assert "a_b" in made and "a_b_2" in made        # the name that ncnn can read stays


def test_changed_names_of_inputs_and_outputs_are_told(tmp_path, capsys):
    (tmp_path / "net.prototxt").write_text(
        'layer { name: "data" type: "Input" top: "the image" input_param { shape { '
        'dim: [1, 2, 3, 4] } } }\n'
        'layer { name: "half" type: "Power" bottom: "the image" top: "out" '
        'power_param { scale: 0.5 } }')
    save_weights(Net(tmp_path / "net.prototxt", "TEST"), tmp_path / "net.caffemodel")
    assert run_tool(tmp_path, "--no-check") == 0
    assert "the blob 'the image' is called the_image in ncnn" in capsys.readouterr().out
