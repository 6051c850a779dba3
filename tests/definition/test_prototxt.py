"""The text format: everything the original's parser takes, and the line of all it does not."""

import pytest
from google.protobuf import text_format

from framework.definition import prototxt
from framework.errors import SpecError
from framework.proto import NetParameter

LEGAL = """
# a comment with "quotes' and { braces
name: 'single' "and adjacent"
force_backward: 1 ; debug_info: f
layer { name: "colon" type: "Convolution"
  convolution_param: { num_output: 0x10, pad: [1, 2] kernel_size: 010 stride: [] bias_term: False
    weight_filler < type: 'gaussian' std: 1. mean: -.5e-1 value: 1.5f max: inf min: -inf > } }
layer { name: "esc\\"aped\\n\\x41\\101" type: "Eltwise" eltwise_param { operation: 1 coeff: 2 } }\r
layer { loss_weight: +1 include { phase: TEST stage: "a" } }"""


def test_legal_text_gives_the_message_that_protobufs_own_parser_gives():
    ours = prototxt.parse(LEGAL, "NetParameter")
    theirs = NetParameter()
    plain = LEGAL.replace("loss_weight: +1", "loss_weight: 1")   # Python's parser knows no plus
    text_format.Parse(plain, theirs)
    assert ours.problems == []
    assert ours.message == theirs


def test_a_message_written_as_text_reads_back_the_same():
    message = prototxt.parse(LEGAL, "NetParameter").message
    assert prototxt.parse(prototxt.to_text(message), "NetParameter").message == message


def test_every_field_has_its_line():
    lines = prototxt.parse(LEGAL, "NetParameter").lines
    assert lines.find("name") == 3
    assert lines.find("layer[0].convolution_param.pad[1]") == 6
    assert lines.find("layer[0].convolution_param.weight_filler.std") == 7
    assert lines.find("layer[1].eltwise_param.operation") == 8
    assert lines.find("layer[0].convolution_param.dilation") == 6     # its message's line


def test_a_byte_order_mark_and_bytes_that_are_not_utf8_in_comments_are_passed_over(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"\xef\xbb\xbfname: \"n\" # caf\xe9\r\n")
    assert prototxt.read(path, "NetParameter").message.name == "n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_text_in_utf_16_is_read_by_its_mark(encoding, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_bytes("\ufeffname: \"\u732b\"\r\n".encode(encoding))
    assert prototxt.read(path, "NetParameter").message.name == "\u732b"
    path.write_bytes(path.read_bytes()[:-1])                # half of a letter is missing
    with pytest.raises(SpecError, match="net.prototxt:1: is not a text, which a prototxt is"):
        prototxt.read(path, "NetParameter")


@pytest.mark.parametrize("text, shown", [(b'"caf\xe9"', r'"caf\xe9"'),
                                         (rb'"caf\351"', r'"caf\\351"')])
def test_a_name_that_is_not_utf_8_is_shown_in_the_files_own_bytes(text, shown, tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"name: " + text)
    [problem] = prototxt.read(path, "NetParameter").problems
    assert (problem.field, problem.text) == ("name", f"is {shown}, which is not UTF-8")


@pytest.mark.parametrize("text, message", [
    ("a", "n.prototxt:1: expected ':' or '{' after 'a', found the end of the file"),
    ("name:", "n.prototxt:1: expected a value for 'name', found the end of the file"),
    ('\nname: "x', 'n.prototxt:2: the string "x has no end on its line'),
    ("layer {\n name: 'x'", "n.prototxt:2: expected '}' to close the 'layer' of line 1"),
    ("\n<<<<<<< HEAD\n", "n.prototxt:2: a merge-conflict mark was left in the file"),
    ('name: "x"\n=======\n', "n.prototxt:2: a merge-conflict mark was left in the file"),
    ('name = "x"', "n.prototxt:1: stray character '='"),
    ("name: ${NAME}", "n.prototxt:1: stray character '$'; the file is a template, whose $... a "
     "script fills in"),
    ("// name", "n.prototxt:1: stray character '/'; a comment begins with #"),
    ("name: 'x' /* name */", "n.prototxt:1: stray character '/'; a comment begins with #"),
    ("layer { top: 3x }", "n.prototxt:1: expected a name, a number or a string, found '3x'"),
    ("layer { } }", "n.prototxt:1: '}' closes nothing that is open"),
    ("layer <\n name: 'x' }", "n.prototxt:2: expected '>' to close the 'layer' of line 1, found "
     "'}'"),
    ("layer { name: “x” }", "n.prototxt:1: stray character '“'; a string is in straight quotes, "
     "\" or '"),
    ("layer { name: {{ name }} }", "n.prototxt:1: the file is a template, whose {{...}} a script "
     "fills in"),
    ('layer { name "x" }', "n.prototxt:1: expected ':' or '{' after 'name', found '\"x\"'"),
])
def test_malformed_text_is_an_error_with_its_line(text, message):
    with pytest.raises(SpecError) as error:
        prototxt.parse(text, "NetParameter", "n.prototxt")
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("inside, field, text", [
    ("num_outputs: 3", "num_outputs", "is not a field of ConvolutionParameter; "
                                      "did you mean 'num_output'?"),
    ("kernel_size: 08", "kernel_size", "is 08; a number that begins with 0 is octal, with the "
                                       "digits 0 to 7"),
    ("num_output: -1", "num_output", "is -1; it must be from 0 to 4294967295"),
    ("num_output: 4294967296", "num_output", "is 4294967296; it must be from 0 to 4294967295"),
    ("axis: 2147483648", "axis", "is 2147483648; it must be from -2147483648 to 2147483647"),
    ("axis: -2147483649", "axis", "is -2147483649; it must be from -2147483648"),
    ("num_output: 2.5", "num_output", "is 2.5; it must be a whole number"),
    ("num_output: cls3x", "num_output", "is cls3x; it must be a whole number"),
    ('num_output: "3"', "num_output", 'is "3", a string; it must be a number'),
    ("num_output: { dim: 3 }", "num_output", "is a message in braces; it must be one value"),
    ("num_output: 3 num_output: 3", "num_output", "is given twice; it takes one value"),
    ("num_output: [3]", "num_output", "takes one value, not a list in brackets"),
    ("bias_term: TRUE", "bias_term", "is TRUE; it must be true or false"),
    ("engine: CUDNNN", "engine", "is CUDNNN, which is not a Engine; did you mean 'CUDNN'?"),
    ("engine: 77", "engine", "is 77; Engine has no such number"),
    ("weight_filler { std: a }", "weight_filler.std", "is a; it must be a number"),
    ("weight_filler { type: gaussian }", "weight_filler.type",
     "is gaussian; it must be a string in quotes"),
    ("weight_filler: 3", "weight_filler", "is 3; it must be a message in braces"),
])
def test_a_wrong_value_is_noted_with_field_and_rule(inside, field, text):
    document = prototxt.parse(f'\nlayer {{ convolution_param {{ {inside} }} name: "c" '
                              'type: "Convolution" }', "NetParameter", "n.prototxt")
    problem, = document.problems
    assert (problem.line, problem.field) == (2, f"convolution_param.{field}")
    assert problem.text.startswith(text)
    assert document.place(2, problem.owner) == "n.prototxt:2: layer 'c' (Convolution)"


def test_todays_type_in_the_older_form_is_told_how_both_are_written():
    document = prototxt.parse('layers { name: "c" type: "Convolution" }', "NetParameter", "n")
    problem, = document.problems
    assert (problem.line, problem.field) == (1, "type")
    assert problem.text == (
        'is "Convolution", a string, as `layer` has it; in `layers`, the older form, it is a word '
        "without quotes, as CONVOLUTION: write `layer` for `layers`")


def test_unknown_messages_are_skipped_whole_and_all_problems_are_noted():
    document = prototxt.parse("foo { bar { x: 1 y: [2] } }\nnane: 3\n[ext.name] { z: 1 }\n"
                              'name: "n"', "NetParameter")
    assert [(problem.line, problem.field) for problem in document.problems] == \
        [(1, "foo"), (2, "nane"), (3, "[ext.name]")]
    assert document.message.name == "n"


@pytest.mark.parametrize("data, kind", [
    (b"\n\n<!DOCTYPE html>\n<html>", "a web page"), (b"<HTML>", "a web page"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0a\n", "a Git LFS pointer")])
def test_what_a_download_gave_in_place_of_the_file_is_named(tmp_path, data, kind):
    path = tmp_path / "net.prototxt"
    path.write_bytes(data)
    with pytest.raises(SpecError, match=f"net.prototxt: is {kind}.*, not the file itself"):
        prototxt.read(path, "NetParameter")


@pytest.mark.parametrize("minus", ["-", "- ", "-\n  "])
def test_a_minus_may_stand_apart_as_protobufs_tokens_do(minus):
    """TextFormat::ParserImpl of protobuf reads "-" and the number as two tokens."""
    text = f"layer {{ power_param {{ shift: {minus}.5 }} concat_param {{ axis: {minus}1 }} }}"
    (layer,) = prototxt.parse(text, "NetParameter").message.layer
    assert layer.power_param.shift == -0.5 and layer.concat_param.axis == -1
