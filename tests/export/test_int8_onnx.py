"""8-bit models: quantized nodes, calibration by data layers, scores before and after."""

import re

import numpy as np
import onnx
import pytest

from framework.cli.export import main
from framework.export.deploy import deployed
from framework.weights.weights import save_weights
from tests.export.support import run_onnx, run_ours
from tests.export.test_export_program import TEXT, X
from tests.export.test_layers_onnx import fill
from tests.golden import SHARED
from tests.support import net_from

DATA = """
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
        shape { dim: 4 dim: 3 dim: 9 dim: 7 } shape { dim: 4 }
        data_filler { type: "gaussian" std: 1 } data_filler { type: "constant" value: 1 } } }
"""
HEAD = """
layer { name: "ip" type: "InnerProduct" bottom: "norm" top: "ip" inner_product_param {
        num_output: 5 } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""
LABELLED = """
layer { name: "accuracy" type: "Accuracy" bottom: "ip" bottom: "label" top: "accuracy" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
BODY = TEXT[TEXT.index("layer { name: \"conv\""):TEXT.index("layer { name: \"prob\"")] + HEAD
INPUT = TEXT[:TEXT.index("layer { name: \"conv\"")].replace("dim: 1 ", "dim: 2 ")


@pytest.fixture
def folder(tmp_path):
    """deploy.prototxt, test.prototxt and weights."""
    (tmp_path / "deploy.prototxt").write_text(INPUT + BODY)
    (tmp_path / "test.prototxt").write_text(DATA + BODY + LABELLED)
    net = net_from(INPUT + BODY, "TEST")
    fill(net)
    save_weights(net, tmp_path / "net.caffemodel")
    return tmp_path


def run_tool(folder, model, *flags):
    return main(["--model", str(folder / model), "--weights", str(folder / "net.caffemodel"),
                 "--out", str(folder / "net.onnx"), *flags])


def test_a_test_net_is_exported_without_what_reads_labels(folder, capsys):
    assert run_tool(folder, "test.prototxt") == 0
    model = onnx.load(folder / "net.onnx")
    assert [one.name for one in model.graph.input] == ["data"]
    assert [one.name for one in model.graph.output] == ["prob"]


def test_layers_that_read_labels_are_told_apart():
    part = deployed(net_from(DATA + BODY + LABELLED, "TEST"))
    assert [step.layer.spec.name for step in part.training] == ["accuracy", "loss"]
    assert part.inputs == ["data"] and part.outputs == ["prob"]


@pytest.mark.parametrize("model, flags, batch", [
    ("test.prototxt", (), 4), ("deploy.prototxt", ("--data", "test.prototxt"), 2)])
def test_products_are_in_eight_bits_and_near_the_net(folder, model, flags, batch, capsys):
    flags = [str(folder / flag) if flag.endswith("prototxt") else flag for flag in flags]
    assert run_tool(folder, model, "--int8", "--images", "32", "--iterations", "3", *flags) == 0
    said = capsys.readouterr().out
    assert re.search(r"accuracy over 3 batches: [\d.]+ in float32, [\d.]+ in 8 bits", said)
    made = onnx.load(folder / "net.onnx")
    onnx.checker.check_model(made, full_check=True)
    kinds = [node.op_type for node in made.graph.node]
    assert "QuantizeLinear" in kinds and "DequantizeLinear" in kinds
    types = {one.data_type for one in made.graph.initializer if len(one.dims) > 1}
    assert types == {onnx.TensorProto.INT8}
    assert any(entry.key == "mean" for entry in made.metadata_props)
    x = np.concatenate([X] * batch)
    net = net_from(INPUT.replace("dim: 2 ", f"dim: {batch} ") + BODY, "TEST")
    fill(net)
    expected = run_ours(net, {"data": x})["prob"]
    found = run_onnx(made, {"data": x})["prob"]
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert np.abs(found - expected).max() > 0


@pytest.mark.parametrize("flags, reason", [
    ((), "--int8 calibrates with data layers, and the net has none; give --data"),
    (("--half",), "--int8 does not go with --half"),
    (("--images", "0"), "--images is 0; it must be from 1"),
    (("--data", "other.prototxt"), r"give no 'data' of \(2, 3, 9, 7\)")])
def test_what_cannot_be_calibrated_is_one_line(folder, flags, reason, capsys):
    (folder / "other.prototxt").write_text(DATA.replace("dim: 9", "dim: 8"))
    flags = [str(folder / flag) if flag.endswith("prototxt") else flag for flag in flags]
    assert run_tool(folder, "deploy.prototxt", "--int8", *flags) == 1
    said = capsys.readouterr().err
    assert re.search(reason, said) and said.count("\n") == 1
    assert not (folder / "net.onnx").exists()


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "golden" / "training").is_dir(), reason="../shared is not here")
def test_a_detector_keeps_its_precision_in_eight_bits(tmp_path, capsys, monkeypatch):
    folder = SHARED / "golden" / "training" / "plain"
    monkeypatch.chdir(folder)
    assert main(["--model", "test.prototxt", "--weights", "final.caffemodel", "--out",
                 str(tmp_path / "net.onnx"), "--int8", "--images", "64"]) == 0
    before, after = map(float, re.search(r"over 9 batches: ([\d.]+) in float32, ([\d.]+) in",
                                         capsys.readouterr().out).groups())
    original = float((folder / "map.csv").read_text().split()[-1].split(",")[-1])
    assert before == pytest.approx(original, abs=1e-4)      # of the original Caffe
    assert after > before - 0.02
