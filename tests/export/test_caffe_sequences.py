"""Layers over time in the dialects of readers of Caffe files."""

import pytest

from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from tests.export.caffe_support import layer, made_for, text_of
from tests.support import net_from

SHAPE = (5, 3, 4)       # time, streams, values
CONT = layer("cont", "ContinuationIndicator", param="continuation_indicator_param { time_step: 5 "
             "axis: 1 }")


def recurrent(kind, param):
    return layer("steps", kind, "data cont", f"recurrent_param {{ num_output: 6 {param} }}")


@pytest.mark.parametrize("kind, param, types", [
    ("LSTM", "", ["Parameter", "LSTM"]),
    ("RNN", "", ["Parameter", "RNN"]),
    ("RNN", "hidden_output: true", ["Parameter", "RNN", "Power"])])
def test_a_recurrent_layer_reads_indicators_of_a_fixed_blob(kind, param, types, tmp_path):
    text = text_of(CONT, recurrent(kind, param), shape=SHAPE)
    made, found = made_for(text, DIALECTS["plain"], tmp_path)
    assert found == types
    assert "hidden_output" not in str(made.message)


def test_a_gradient_of_states_is_of_training_alone(tmp_path):
    steps = layer("steps", "RNN", "data cont first", 'top: "last" recurrent_param { num_output: 4 '
                  "expose_hidden: true state_gradient: true }")
    first = 'layer { name: "cut" type: "Slice" bottom: "data" top: "rest" top: "first" ' \
        "slice_param { axis: 0 slice_point: 4 } }"
    text = text_of(CONT, first, steps, shape=SHAPE)
    made, _ = made_for(text, DIALECTS["plain"], tmp_path)
    assert "state_gradient" not in str(made.message) and "expose_hidden" in str(made.message)


def test_a_reversed_axis_is_written_as_slices_in_the_other_order(tmp_path):
    text = text_of(layer("back", "Reverse", param="reverse_param { axis: 0 }"), shape=SHAPE)
    assert made_for(text, DIALECTS["plain"], tmp_path)[1] == ["Slice", "Concat"]
    assert made_for(text, DIALECTS["sophgo"], tmp_path)[1] == ["Reverse"]


def test_rectified_recurrence_has_no_plain_form():
    net = net_from(text_of(CONT, recurrent("RNN", "hidden_output: true activation: RELU"),
                           shape=SHAPE), "TEST")
    (verdict,) = to_dialect(net, DIALECTS["plain"]).refused
    assert verdict.layer == "steps"
    assert "recurrent_param.hidden_output is a field that other readers lack" in verdict.rule


def test_a_cut_of_gradients_is_of_training_alone(tmp_path):
    text = text_of(CONT, recurrent("LSTM", "clipping_threshold: 0.1"), shape=SHAPE)
    made, _ = made_for(text, DIALECTS["plain"], tmp_path)
    assert "clipping_threshold" not in str(made.message)
