"""tools/export, from prototxt and caffemodel to a file, and what it refuses."""

import json
import re
import sys
import warnings

import numpy as np
import onnx
import pytest
import torch

from framework.cli.export import main
from framework.export import runtimes
from framework.export.check import check, compare_rows, draw_inputs
from framework.export.onnx_model import Options, to_model
from framework.export.preprocessing import Preprocessing
from framework.weights.weights import save_weights
from tests.export.support import run_onnx, run_ours
from tests.export.test_caffe_dialects import SSD
from tests.export.test_layers_onnx import fill
from tests.support import net_from

TEXT = """
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 9 dim: 7 } }
        transform_param { mean_value: 104 mean_value: 117 mean_value: 123 scale: 0.017 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 bias_term: false } }
layer { name: "norm" type: "BatchNorm" bottom: "conv" top: "norm" }
layer { name: "scale" type: "Scale" bottom: "norm" top: "norm" scale_param { bias_term: true } }
layer { name: "relu" type: "ReLU" bottom: "norm" top: "norm" }
layer { name: "drop" type: "Dropout" bottom: "norm" top: "norm" }
layer { name: "prob" type: "Softmax" bottom: "norm" top: "prob" }
"""
CANCELLING = """
layer { name: "data" type: "Input" top: "data"
        input_param { shape { dim: 1 dim: 3 dim: 9 dim: 7 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "small" type: "Power" bottom: "conv" top: "small" power_param { shift: -1000 } }
"""
X = np.random.default_rng(1).standard_normal((1, 3, 9, 7), np.float32)


def small_net():
    net = net_from(TEXT, "TEST")
    fill(net)
    return net


@pytest.fixture
def files(tmp_path):
    """A prototxt and its caffemodel."""
    (tmp_path / "net.prototxt").write_text(TEXT)
    save_weights(small_net(), tmp_path / "net.caffemodel")
    return tmp_path


def run_tool(folder, *flags):
    return main(["--model", str(folder / "net.prototxt"), "--weights",
                 str(folder / "net.caffemodel"), "--out", str(folder / "net.onnx"), *flags])


def test_nodes_are_named_as_layers_and_values_as_blobs():
    nodes = to_model(small_net(), Options(keep_batch_norm=True)).graph.node
    assert [node.name for node in nodes if "/" not in node.name] == \
        ["conv", "norm", "scale", "relu", "prob"]
    outputs = [name for node in nodes for name in node.output]
    assert len(set(outputs)) == len(outputs)
    assert outputs[0] == "conv" and outputs[-2:] == ["norm", "prob"]


def test_batch_norm_and_scale_go_into_the_convolution():
    net = small_net()
    folded, kept = (to_model(net, Options(keep_batch_norm=keep)) for keep in (False, True))
    kinds = [node.op_type for node in folded.graph.node]
    assert kinds == ["Conv", "Relu", "Softmax"]
    assert "BatchNormalization" in [node.op_type for node in kept.graph.node]
    expected = run_ours(net, {"data": X})["prob"]
    for model in (folded, kept):
        np.testing.assert_allclose(run_onnx(model, {"data": X})["prob"], expected, rtol=1e-4)


def test_a_convolution_that_another_layer_reads_is_not_folded():
    reader = 'layer { name: "other" type: "ReLU" bottom: "conv" top: "other" }'
    net = net_from(TEXT + reader, "TEST")
    fill(net)
    found = run_onnx(to_model(net, Options()), {"data": X})
    for name, expected in run_ours(net, {"data": X}).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-6)


def test_an_input_written_in_place_keeps_its_name():
    text = TEXT.replace('bottom: "data" top: "conv"', 'bottom: "data" top: "conv"', 1)
    relu = 'layer { name: "first" type: "Power" bottom: "data" top: "data" ' \
           'power_param { scale: 2 } }\n'
    net = net_from(text.replace('layer { name: "conv"', relu + 'layer { name: "conv"'), "TEST")
    fill(net)
    model = to_model(net, Options())
    assert model.graph.input[0].name == "data"
    found = run_onnx(model, {"data": X})["prob"]
    np.testing.assert_allclose(found, run_ours(net, {"data": X})["prob"], rtol=1e-4)


def test_preprocessing_takes_pixels():
    net = small_net()
    mean = np.array([104, 117, 123], np.float32)
    images = np.random.default_rng(2).integers(0, 256, (1, 9, 7, 3), np.uint8)
    values = (images[..., ::-1].astype(np.float64) - mean) * 0.017
    expected = run_ours(net, {"data": values.transpose(0, 3, 1, 2).astype(np.float32)})["prob"]
    model = to_model(net, Options(preprocessing=Preprocessing("data", (1, 9, 7, 3), True, mean,
                                                              0.017)))
    found = run_onnx(model, {"data": images})["prob"]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_a_check_names_the_first_blob_that_differs():
    net = small_net()
    model = to_model(net, Options())
    with torch.no_grad():
        net.layer("scale").bias += 1
    found = check(net, model)
    assert found.first is not None and found.first.blob == "norm"


def test_infinite_corners_of_detections_are_compared():
    rows = np.array([[0, 1, 0.9, -np.inf, 2, np.inf, 3]])
    other = np.array([[0, 1, 0.9, 1, 2, np.inf, 3]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compare_rows(rows, rows, 1e-4) == (0.0, "")
        assert "detections that differ" in compare_rows(rows, other, 1e-4)[1]


@pytest.mark.parametrize("lost, reason", [(1, None), (2, "has 49 detections, not 47")])
def test_one_detection_may_be_lost_at_a_threshold_but_not_two_of_few(lost, reason):
    net = net_from(SSD, "TEST")
    fill(net)
    model = to_model(net, Options())
    rows = run_ours(net, draw_inputs(net, None, 0, None)[1])["out"][0, 0]
    assert len(rows) == 49
    scores = np.sort(rows[:, 2])        # a threshold that no rounding of a score reaches
    net.layer("out").least_score = float(scores[lost - 1:lost + 1].mean())
    first = check(net, model).first
    assert (first is None) if reason is None else re.match(reason, first.reason)


CENTRED = """layer { name: "data" type: "Input" top: "data" input_param {
    shape { dim: 2 dim: 3 dim: 50 } } }
layer { name: "mean" type: "Reduction" bottom: "data" top: "mean"
    reduction_param { operation: MEAN axis: 2 coeff: -1 } }
layer { name: "centred" type: "Bias" bottom: "data" bottom: "mean" top: "centred"
    bias_param { axis: 0 } }
layer { name: "again" type: "Reduction" bottom: "centred" top: "again"
    reduction_param { operation: MEAN axis: 2 } }"""


def test_a_blob_that_is_nothing_but_rounding_is_no_difference():
    net = net_from(CENTRED, "TEST")
    model = to_model(net, Options())
    net.layer("again").coeff = 3.0
    assert check(net, model).first is None      # about 1e-8 here, a third of it there
    net.layer("again").coeff = 1e6
    found = check(net, model).first
    assert found is not None and found.blob == "again"


def test_rounding_that_adds_up_over_the_layers_is_told_from_a_layer_that_differs():
    net = net_from(CANCELLING, "TEST")
    fill(net)
    with torch.no_grad():
        net.layer("conv").bias.fill_(1000)
    model = to_model(net, Options())
    bias = next(one for one in model.graph.initializer if one.name.startswith("conv.bias"))
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(4, 1000.0005, np.float32), bias.name))
    found = check(net, model, tolerance=1e-6)       # the bias differs by 5e-7
    assert found.first is None and found.largest <= 1e-6
    assert found.rounding is not None and found.rounding.blob == "small"
    assert 1e-6 < found.own < 1e-2      # 1000 has steps of 6e-5, and "small" is what is left of it
    bias.CopyFrom(onnx.numpy_helper.from_array(np.full(4, 1000.005, np.float32), bias.name))
    found = check(net, model, tolerance=1e-6)
    assert found.first is not None and found.first.blob == "conv"
    assert found.rounding is None


@pytest.mark.parametrize("flags", [(), ("--batch", "dynamic"), ("--batch", "3"),
                                   ("--opset", "21", "--preprocessing", "rgb")])
def test_the_program_writes_a_file_that_agrees(files, flags, capsys):
    assert run_tool(files, *flags) == 0
    assert "blobs agree" in capsys.readouterr().out
    model = onnx.load(files / "net.onnx")
    onnx.checker.check_model(model, full_check=True)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(said["mean"]) == [104, 117, 123]
    assert len(said["weights_sha256"]) == 64 and said["height"] == "9"


def test_a_target_that_cannot_be_written_is_one_line(files, capsys):
    (files / "net.onnx").mkdir()
    assert run_tool(files) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_model_that_differs_is_not_written(files, capsys):
    assert run_tool(files, "--tolerance", "0") == 1
    assert "the first blob that differs is" in capsys.readouterr().err
    assert not (files / "net.onnx").exists()


def test_weights_of_another_net_are_refused(files, capsys):
    text = TEXT.replace('name: "conv" type', 'name: "renamed" type')
    (files / "net.prototxt").write_text(text)
    assert run_tool(files) == 1
    assert "has no weights for the layers renamed" in capsys.readouterr().err


def test_a_check_that_is_asked_for_names_every_runtime(files, capsys):
    assert run_tool(files, "--check") == 0
    assert re.search(r"OpenCV [5-9].*: 1 outputs agree|cv2: cannot run the model: OpenCV 4",
                     capsys.readouterr().out)


def test_a_python_that_is_not_there_is_one_line(files, capsys):
    assert run_tool(files, "--check", "--runtime-python", "/no/python") == 1
    said = capsys.readouterr().err
    assert said == "error: /no/python: cannot be run: No such file or directory\n"
    assert not (files / "net.onnx").exists()


def test_another_runtime_takes_no_module_of_the_working_folder_and_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numpy.py").write_text("raise SystemExit('numpy of the working folder')")
    monkeypatch.setitem(runtimes.RUNTIMES, "cv2", "found, version = inputs, 'numpy'")
    arrays = {name: np.ones(3, np.float32) for name in ("x", "file", "allow_pickle", "a/b.npy")}

    found = runtimes.run_elsewhere("cv2", sys.executable, b"", arrays, [])[1]
    assert {name: array.tolist() for name, array in found.items()} == dict.fromkeys(
        arrays, [1, 1, 1])
