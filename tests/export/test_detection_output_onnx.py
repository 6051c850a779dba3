"""DetectionOutput as a graph in ONNX Runtime: full, few and no detections, any batch."""

import sys

import numpy as np
import onnx
import pytest

from framework.errors import CaffeError, SpecError
from framework.export.check import compare_rows
from framework.export.onnx_model import Options, to_model
from framework.export.runtimes import modules_at_hand, run_elsewhere
from tests.export.support import run_onnx, run_ours
from tests.support import layer_text, net_from

NUM_PRIORS, NUM_CLASSES = 60, 4
FIELDS = "num_classes: 4 keep_top_k: 20 confidence_threshold: 0.2 code_type: CENTER_SIZE " \
    "nms_param { nms_threshold: 0.45 top_k: 15 }"
FORMS = {
    "plain": FIELDS,
    "all candidates": FIELDS.replace("top_k: 15", ""),
    "all rows": FIELDS.replace("keep_top_k: 20", ""),
    "no threshold": FIELDS.replace("confidence_threshold: 0.2", ""),
    "corner": FIELDS.replace("CENTER_SIZE", "CORNER"),
    "corner size": FIELDS.replace("CENTER_SIZE", "CORNER_SIZE"),
    "variances in the target": FIELDS + " variance_encoded_in_target: true",
    "another background": FIELDS + " background_label_id: 2",
    "no background": FIELDS + " background_label_id: -1",
    "a box for each class": FIELDS + " share_location: false",
    "boxes end at the borders": FIELDS + " clip: true",
}


def text_of(fields: str, batch: int) -> str:
    boxes = NUM_CLASSES if "share_location: false" in fields else 1
    shapes = [(batch, NUM_PRIORS * 4 * boxes), (batch, NUM_PRIORS * NUM_CLASSES),
              (1, 2, NUM_PRIORS * 4)]
    return layer_text("DetectionOutput", f"detection_output_param {{ {fields} }}", shapes)


def inputs_of(net, batch: int, amount: str) -> dict[str, np.ndarray]:
    """loc, conf and priors; `amount` says how many scores are above the threshold."""
    generator = np.random.default_rng(3)
    loc = generator.standard_normal((batch, net.shapes["bottom0"][1]), np.float32)
    conf = generator.random((batch, NUM_PRIORS, NUM_CLASSES), np.float32)
    factor = {"full": 1.0, "few": 0.205, "none": 0.1}[amount]
    low = generator.random((NUM_PRIORS, 2), np.float32) * 0.6
    corners = np.concatenate([low, low + 0.3], 1)
    priors = np.stack([corners.ravel(), np.full(NUM_PRIORS * 4, 0.1, np.float32)])[None]
    return {"bottom0": loc, "bottom1": (conf * factor).reshape(batch, -1), "bottom2": priors}


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("amount", ["full", "few", "none"])
@pytest.mark.parametrize("form", FORMS)
def test_detections_are_those_of_the_net(form, amount, batch):
    net = net_from(text_of(FORMS[form], batch), "TEST")
    inputs = inputs_of(net, batch, amount)
    expected = run_ours(net, inputs)["top0"][0, 0]
    for options in (Options(13), Options(17, dynamic=True), Options(21)):
        model = to_model(net, options)
        onnx.checker.check_model(model, full_check=True)
        found = run_onnx(model, inputs)["top0"][0, 0]
        kept = found[found[:, 1] >= 0]
        if amount == "none" and form != "no threshold":
            assert len(kept) == 0 and (expected[:, 1] == -1).all()
            assert sorted(set(found[:, 0])) == list(range(batch)) and (found[:, 1:] == -1).all()
        else:
            assert len(kept) == len(expected) > 0
            np.testing.assert_array_equal(kept[:, :3], expected[:, :3])
            np.testing.assert_allclose(kept[:, 3:], expected[:, 3:], rtol=1e-6, atol=1e-6)


def test_a_dynamic_batch_takes_another_number_of_images():
    net = net_from(text_of(FIELDS, 1), "TEST")
    model = to_model(net, Options(dynamic=True))
    inputs = inputs_of(net, 3, "full")
    expected = run_ours(net, inputs)["top0"][0, 0]
    found = run_onnx(model, inputs)["top0"][0, 0]
    np.testing.assert_array_equal(found[found[:, 1] >= 0][:, :3], expected[:, :3])


def test_an_adaptive_threshold_is_refused():
    net = net_from(text_of(FIELDS.replace("top_k: 15", "eta: 0.9"), 1), "TEST")
    with pytest.raises(SpecError, match=r"nms_param.eta is 0.9; .*no adaptive threshold"):
        to_model(net, Options())


def test_detection_output_can_be_one_operator():
    model = to_model(net_from(text_of(FIELDS, 1), "TEST"), Options(detection_op=True))
    node, = model.graph.node
    fields = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
    assert (node.op_type, node.name, list(node.output)) == ("DetectionOutput", "layer", ["top0"])
    assert fields["num_classes"] == 4 and fields["keep_top_k"] == 20 and fields["top_k"] == 15


@pytest.mark.parametrize("module", ["cv2", "openvino", "MNN"])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("amount", ["full", "few", "none"])
def test_other_runtimes_find_the_same(module, batch, amount):
    if module not in modules_at_hand(sys.executable):
        pytest.skip(f"{module} is not installed")
    net = net_from(text_of(FIELDS, batch), "TEST")
    inputs = inputs_of(net, batch, amount)
    expected = run_ours(net, inputs)["top0"]
    model = to_model(net, Options()).SerializeToString()
    try:
        _, found = run_elsewhere(module, sys.executable, model, inputs, ["top0"])
    except CaffeError as error:
        if "has no NonMaxSuppression" in str(error):
            pytest.skip(str(error))
        raise
    assert compare_rows(expected, found["top0"], 1e-4) == (pytest.approx(0, abs=1e-4), "")


def test_maps_that_are_bottoms_of_their_own_are_joined():
    shapes = [(2, NUM_CLASSES, 6, 8), (2, NUM_CLASSES, 2, 6), (2, 24, 2, 4), (2, 8, 3, 2),
              (1, 2, NUM_PRIORS * 4)]
    fields = f"{FIELDS} no_permute: true nbottom: 2"
    net = net_from(layer_text("DetectionOutput", f"detection_output_param {{ {fields} }}", shapes),
                   "TEST")
    plain = net_from(text_of(FIELDS, 2), "TEST")
    given = inputs_of(plain, 2, "full")
    loc = given["bottom0"].reshape(2, NUM_PRIORS, 4)
    conf = given["bottom1"].reshape(2, NUM_PRIORS, NUM_CLASSES)
    inputs = {"bottom4": given["bottom2"]}
    for index, (first, height, width, num) in enumerate(((0, 2, 4, 6), (48, 3, 2, 2))):
        last = first + height * width * num
        scores = conf[:, first:last].reshape(2, height * width, num, NUM_CLASSES)
        inputs[f"bottom{index}"] = np.ascontiguousarray(scores.transpose(0, 3, 2, 1))
        boxes = loc[:, first:last].reshape(2, height, width, num * 4)
        inputs[f"bottom{index + 2}"] = np.ascontiguousarray(boxes.transpose(0, 3, 1, 2))
    expected = run_ours(plain, given)["top0"][0, 0]
    np.testing.assert_allclose(run_ours(net, inputs)["top0"][0, 0], expected)
    found = run_onnx(to_model(net, Options(17)), inputs)["top0"]
    difference, reason = compare_rows(found, expected[None, None], 1e-5)
    assert difference <= 1e-5, reason
