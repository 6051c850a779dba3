"""Nets as Graphviz's text, and images of them by Graphviz itself."""

from __future__ import annotations

import shutil

import pytest
from google.protobuf import text_format

import framework.proto as proto
from framework.errors import CaffeError
from framework.report import net_graph

NET = """
    name: "Small"
    layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 7 }
            include { phase: TRAIN } }
    layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 3 }
            convolution_param { num_output: 20 kernel_size: 3 pad: 1 } }
    layer { name: "rel\\"u" type: "ReLU" bottom: "conv" top: "conv" exclude { phase: TEST } }
    layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool"
            pooling_param { pool: AVE kernel_h: 2 kernel_w: 4 stride: 2 } }
    layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip"
            inner_product_param { num_output: 10 } }"""


def net(text=NET):
    return text_format.Parse(text, proto.NetParameter())


def test_layers_blobs_and_edges_are_the_lines_of_the_graph():
    text = net_graph.get_pydot_graph(net(), "LR").to_string()
    lines = [line.strip() for line in text.splitlines()]
    assert lines[:2] == ['digraph "Small" {', 'rankdir="LR";'] and lines[-1] == "}"
    assert ('"conv_Convolution" [label="conv\\n(Convolution)\\nkernel size: 3\\nstride: 1\\npad: 1"'
            ', shape=box, style=filled, fillcolor="#FF5050"];') in lines
    assert ('"pool_Pooling" [label="pool\\n(Pooling AVE)\\nkernel size: 2 x 4\\nstride: 2\\npad: 0"'
            ', shape=box, style=filled, fillcolor="#FF9900"];') in lines
    assert ('"rel\\"u_ReLU" [label="rel\\"u\\n(ReLU)", shape=box, style=filled, '
            'fillcolor="#90EE90"];') in lines
    assert sum("octagon" in line for line in lines) == 5
    assert [line for line in lines if "->" in line] == [
        '"data_Data" -> "data_blob" [label="Batch 7"];',
        '"data_Data" -> "label_blob" [label="Batch 7"];',
        '"data_blob" -> "conv_Convolution" [label=""];',
        '"conv_Convolution" -> "conv_blob" [label="20"];',
        '"conv_blob" -> "rel\\"u_ReLU" [label=""];',
        '"rel\\"u_ReLU" -> "conv_blob" [label=""];',
        '"conv_blob" -> "pool_Pooling" [label=""];',
        '"pool_Pooling" -> "pool_blob" [label=""];',
        '"pool_blob" -> "ip_InnerProduct" [label=""];',
        '"ip_InnerProduct" -> "ip_blob" [label="10"];']


def test_a_phase_leaves_the_layers_of_the_other_out():
    test = net_graph.get_pydot_graph(net(), "LR", phase=proto.TEST).to_string()
    train = net_graph.get_pydot_graph(net(), "LR", label_edges=False, phase=proto.TRAIN).to_string()
    assert "data_Data" not in test and "ReLU" not in test
    assert "data_Data" in train and "ReLU" in train and "Batch" not in train
    both = net('layer { name: "a" include { phase: TEST } exclude { stage: "b" } }')
    with pytest.raises(ValueError, match="layer a has both include and exclude"):
        net_graph.get_pydot_graph(both, "LR", phase=proto.TEST)


def test_learning_rates_are_shown_if_wanted_and_words_stand_side_by_side_from_top_to_bottom():
    text = net_graph.get_pydot_graph(net(), "TB", display_lrm=True).to_string()
    assert "conv (Convolution) kernel size: 3 stride: 1 pad: 1 lr mult: 3.0, 1.0" in text
    assert "ip (InnerProduct) lr mult: 1.0, 1.0" in text


def test_layers_of_the_older_form_are_drawn_as_todays():
    old = net('layers { name: "c" type: CONVOLUTION bottom: "x" top: "c" blobs_lr: 5 '
              'convolution_param { num_output: 4 kernel_size: 3 } }')
    text = net_graph.get_pydot_graph(old, "TB", display_lrm=True).to_string()
    assert "c_Convolution" in text and "lr mult: 5.0, 1.0" in text and len(old.layers) == 1


def test_text_needs_no_program_and_a_image_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    net_graph.draw_net_to_file(net(), str(tmp_path / "net.dot"), phase=proto.TEST)
    assert (tmp_path / "net.dot").read_bytes() == net_graph.draw_net(net(), "LR", "raw", proto.TEST)
    with pytest.raises(CaffeError, match="as png needs Graphviz's program 'dot'.*not on the PATH"):
        net_graph.draw_net_to_file(net(), str(tmp_path / "net.png"))
    assert not (tmp_path / "net.png").exists()


def test_the_program_gets_the_text_and_the_format(tmp_path, monkeypatch):
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\nwhile IFS= read -r line; do printf '
                       '"%s %s\\n" "$1" "$line"; done\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    graph = net_graph.get_pydot_graph(net(), "LR")
    lines = graph.create_png().decode().splitlines()
    assert lines[0] == '-Tpng digraph "Small" {' and len(lines) == graph.to_string().count("\n")
    program.write_text("#!/bin/sh\necho syntax error near line 3 >&2\nexit 1\n")
    with pytest.raises(CaffeError, match="dot -Tsvg failed: syntax error near line 3"):
        net_graph.draw_net(net(), "LR", "svg")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_a_png():
    assert net_graph.draw_net(net(), "LR").startswith(b"\x89PNG")
