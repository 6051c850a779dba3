"""Nets filtered by phase, level and stage, and wired."""

import pytest

from framework import parse_net, read_net
from framework.definition.spec import NetSpec
from framework.errors import SpecError

DATA = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'


def names(text, phase="TEST", **state):
    return [spec.name for spec in NetSpec(parse_net(DATA + text), phase, **state).layers[1:]]


def relu(name, rule, bottom="x", top=None):
    return (f'layer {{ name: "{name}" type: "ReLU" bottom: "{bottom}" top: "{top or name}" '
            f"{rule} }}\n")


@pytest.mark.parametrize("rule, state, included", [
    ("include { phase: TRAIN }", {}, False),
    ("include { phase: TEST }", {}, True),
    ("exclude { phase: TEST }", {}, False),
    ("exclude { phase: TRAIN }", {}, True),
    ("include { phase: TRAIN } include { phase: TEST }", {}, True),
    ("include { }", {}, True),
    ("include { min_level: 2 }", {"level": 1}, False),
    ("include { min_level: 2 max_level: 3 }", {"level": 3}, True),
    ("include { max_level: 3 }", {"level": 4}, False),
    ('include { stage: "a" stage: "b" }', {"stages": ["a"]}, False),
    ('include { stage: "a" stage: "b" }', {"stages": ["b", "a", "c"]}, True),
    ('include { not_stage: "a" }', {"stages": ["b", "a"]}, False),
    ('include { not_stage: "a" }', {}, True),
    ('exclude { phase: TEST stage: "a" }', {}, True),
])
def test_rules_filter_by_phase_level_and_stage(rule, state, included):
    assert names(relu("r", rule), **state) == (["r"] if included else [])


def test_the_files_own_state_counts_too():
    text = 'state { level: 2 stage: "a" }\n' + relu("r", 'include { min_level: 2 stage: "a" }')
    assert names(text) == ["r"]


def test_include_and_exclude_together_are_an_error():
    with pytest.raises(SpecError, match="<text>:2: layer 'r' .ReLU.: has include and exclude"):
        names(relu("r", "include { } exclude { phase: TRAIN }"))


def test_a_missing_bottom_is_an_error_that_names_the_nearest_blob():
    with pytest.raises(SpecError, match=r"<text>:3: layer 'b' \(ReLU\): bottom\[0\] is 'relo1', "
                       r"which no layer before it makes in TEST; did you mean 'relu1'\?"):
        names(relu("relu1", "") + relu("b", "", bottom="relo1"))


def test_a_top_made_twice_is_an_error_and_in_place_is_not():
    assert names(relu("a", "", top="x") + relu("b", "", top="x")) == ["a", "b"]
    with pytest.raises(SpecError, match=r"<text>:4: layer 'c' \(ReLU\): top\[0\] is 'a', which "
                       "layer 'a' makes already"):
        names(relu("a", "") + relu("b", "") + relu("c", "", bottom="b", top="a"))


def test_outputs_are_the_unread_tops_in_alphabetical_order():
    spec = NetSpec(parse_net(DATA + relu("z", "") + relu("a", "") + relu("m", "", bottom="z")))
    assert spec.outputs == ["a", "m"]


def test_propagate_down_must_be_given_once_a_bottom():
    with pytest.raises(SpecError, match=r"propagate_down is given 2 times; it must be once for "
                       "each of 1 bottom, or left out"):
        names(relu("r", "propagate_down: true propagate_down: 0"))


def test_all_unknown_fields_and_types_are_reported_together(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(DATA + 'layer { name: "c" type: "Convolutoin" bottom: "x" top: "y"\n'
                    " convolution_param { num_outputs: 3 } }\nnam: 3\n")
    with pytest.raises(SpecError) as error:
        read_net(path)
    lines = str(error.value).splitlines()
    assert lines == [
        f"{path}:2: layer 'c' (Convolutoin): type 'Convolutoin' is not known; "
        "did you mean 'Convolution'?",
        f"{path}:3: layer 'c' (Convolutoin): convolution_param.num_outputs is not a field of "
        "ConvolutionParameter; did you mean 'num_output'?",
        f"{path}:4: nam is not a field of NetParameter; did you mean 'name'?"]


def test_unknown_fields_can_be_ignored_and_stay_noted():
    document = parse_net("nam: 3", ignore_unknown_fields=True)
    assert [problem.field for problem in document.problems] == ["nam"]
    with pytest.raises(SpecError, match="force_backward is 7"):
        parse_net("nam: 3 force_backward: 7", ignore_unknown_fields=True)


def test_an_absent_file_is_an_error(tmp_path):
    with pytest.raises(SpecError, match="none.prototxt: No such file"):
        read_net(tmp_path / "none.prototxt")
