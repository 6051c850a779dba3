"""Models in float16: what is in half precision, what is not, and the numbers."""

import numpy as np
import onnx
import pytest

from framework.export import check
from framework.export.onnx_model import Options, to_model
from framework.export.preprocessing import Preprocessing
from framework.weights.weights import save_weights
from tests.export.support import run_onnx, run_ours
from tests.export.test_detection_output_onnx import FIELDS, inputs_of, text_of
from tests.export.test_export_program import X, files, run_tool, small_net  # noqa: F401
from tests.export.test_layers_onnx import EXAMPLES, NO_FORM, example_net, fill
from tests.export.test_regions_onnx import POOLINGS, ROWS, TWO_STAGES, rpn_inputs
from tests.support import net_from

HALF, FLOAT = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
CHAINS = ("Convolution", "Deconvolution", "Pooling", "BatchNorm", "Scale", "LRN", "Normalize",
          "MVN", "Interp", "Upsample", "Eltwise", "Concat", "Softmax", "InnerProduct", "PReLU",
          "Swish", "Reshape", "Crop", "PriorBox", "LSTM", "Reduction", "ROIPooling")


def types_of(infos):
    return [one.type.tensor_type.elem_type for one in infos]


@pytest.mark.parametrize("opset", [13, 17, 21])
@pytest.mark.parametrize("half, io", [("weights", FLOAT), ("io", HALF)])
def test_weights_are_halves_and_the_ends_as_wanted(opset, half, io):
    net = small_net()
    model = to_model(net, Options(opset, half=half))
    onnx.checker.check_model(model, full_check=True)
    assert {one.data_type for one in model.graph.initializer} == {HALF}
    assert types_of(model.graph.input) == types_of(model.graph.output) == [io]
    found = run_onnx(model, {"data": X.astype(np.float16 if half == "io" else np.float32)})["prob"]
    np.testing.assert_allclose(found, run_ours(net, {"data": X})["prob"], rtol=0.02, atol=2e-3)


def test_half_the_bytes_are_written():
    sizes = [len(to_model(small_net(), Options(half=half)).SerializeToString())
             for half in ("", "weights")]
    assert sizes[1] < sizes[0]


@pytest.mark.parametrize("kind", CHAINS)
@pytest.mark.parametrize("opset", [13, 21])
def test_layers_in_half_give_the_numbers_of_the_net(kind, opset):
    assert kind not in NO_FORM
    for example in (one for one in EXAMPLES if one.kind == kind):
        net, inputs = example_net(example)
        model = to_model(net, Options(opset, half="weights"))
        onnx.checker.check_model(model, full_check=True)
        found = run_onnx(model, inputs)
        for name, expected in run_ours(net, inputs).items():
            scale = max(np.abs(expected).max(initial=0), 1e-3)
            np.testing.assert_allclose(found[name], expected, rtol=0.02, atol=0.01 * scale)


@pytest.mark.parametrize("amount", ["full", "few", "none"])
def test_detections_of_a_half_model_stay_exact(amount):
    net = net_from(text_of(FIELDS, 2), "TEST")
    inputs = inputs_of(net, 2, amount)
    expected = run_ours(net, inputs)["top0"][0, 0]
    found = run_onnx(to_model(net, Options(half="weights")), inputs)["top0"][0, 0]
    kept = found[found[:, 1] >= 0]
    np.testing.assert_array_equal(kept[:, :3], expected[expected[:, 1] >= 0][:, :3])


@pytest.mark.parametrize("kind", POOLINGS)
def test_a_two_stage_detector_runs_in_half(kind):
    text = TWO_STAGES.replace("POOLING", kind.strip()).replace("PARAM", POOLINGS[kind])
    net = net_from(text, "TEST")
    fill(net)
    inputs = {"x": np.random.default_rng(2).standard_normal((2, 6, ROWS, 7), np.float32),
              "im_info": rpn_inputs()["bottom2"]}
    found = run_onnx(to_model(net, Options(half="weights")), inputs)["prob"]
    assert found.dtype == np.float32 and np.isfinite(found).all()
    np.testing.assert_allclose(found.sum(1), 1, atol=0.01)


def test_pixels_become_half_after_the_mean():
    net = small_net()
    mean = np.array([103.94, 116.78, 123.68], np.float32)
    images = np.random.default_rng(2).integers(0, 256, (1, 9, 7, 3), np.uint8)
    preprocessing = Preprocessing("data", (1, 9, 7, 3), True, mean, 0.017)
    model = to_model(net, Options(preprocessing=preprocessing, half="io"))
    assert types_of(model.graph.input) == [onnx.TensorProto.UINT8]
    expected = run_ours(net, {"data": preprocessing.apply(images)})["prob"]
    np.testing.assert_allclose(run_onnx(model, {"data": images})["prob"], expected, rtol=0.03,
                               atol=2e-3)


def test_the_program_checks_a_half_model_with_a_wider_tolerance(files, capsys):     # noqa: F811
    assert run_tool(files, "--half") == 0
    assert "blobs agree" in capsys.readouterr().out
    assert run_tool(files, "--half", "--tolerance", "1e-6") == 1


def test_a_runtime_whose_only_output_is_not_compared_is_not_said_to_agree(tmp_path, capsys,
                                                                         monkeypatch):
    (tmp_path / "net.prototxt").write_text(text_of(FIELDS, 1))
    save_weights(net_from(text_of(FIELDS, 1), "TEST"), tmp_path / "net.caffemodel")
    monkeypatch.setattr(check, "check_elsewhere", lambda *arguments: (
        "OpenCV 5.0.0", check.Agreement(None, 0, 0.0)))
    assert run_tool(tmp_path, "--half", "--check") == 0
    printed = capsys.readouterr().out
    assert "OpenCV 5.0.0: runs the model; detections in float16 are not compared" in printed
    assert "OpenCV 5.0.0: 0 outputs" not in printed
