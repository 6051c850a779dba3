"""tools/expand: plain text out, one line of error otherwise."""

import pytest

from framework.cli.expand import main
from framework.net.reading import parse_net

NET = """
layer { name: "in" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 12] } } }
layer { name: "drop" type: "Dropout" bottom: "data" top: "data" include { phase: TRAIN } }
layer { name: "body" type: "NetFile" bottom: "data" net_file_param { file: "body.prototxt" } }
"""
BODY = """input: "x" input_dim: 1 input_dim: 3 input_dim: 4 input_dim: 4
layers { name: "conv" type: CONVOLUTION bottom: "x" top: "conv" blobs_lr: 1 blobs_lr: 2
  convolution_param { num_output: 2 kernel_size: 3 } }
"""


@pytest.fixture
def net(tmp_path):
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "body.prototxt").write_text(BODY)
    return tmp_path / "net.prototxt"


def names(text):
    return [layer.name for layer in parse_net(text).message.layer]


def test_it_prints_plain_layers_with_their_rules(net, capsys):
    assert main([str(net)]) == 0
    text = capsys.readouterr().out
    assert names(text) == ["in", "drop", "conv"]
    assert "phase: TRAIN" in text
    assert 'type: "Convolution"' in text and "NetFile" not in text


@pytest.mark.parametrize("phase, expected", [("train", ["in", "drop", "conv"]),
                                             ("TEST", ["in", "conv"])])
def test_a_phase_leaves_the_other_out(net, capsys, phase, expected):
    assert main([str(net), "--phase", phase]) == 0
    assert names(capsys.readouterr().out) == expected


def test_a_file_that_is_not_there_is_one_line(net, capsys):
    (net.parent / "body.prototxt").unlink()
    assert main([str(net)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {net}:4: layer 'body' (NetFile)")
    assert captured.err.count("\n") == 1


def test_unknown_fields_are_named_and_left_out(net, capsys):
    (net.parent / "body.prototxt").write_text(BODY.replace("kernel_size", "kernal_size: 3 "
                                                           "kernel_size"))
    assert main([str(net), "--ignore-unknown-fields"]) == 0
    captured = capsys.readouterr()
    assert names(captured.out) == ["in", "drop", "conv"]
    assert "kernal_size" in captured.err and "body.prototxt:3" in captured.err
