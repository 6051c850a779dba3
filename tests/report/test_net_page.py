"""A net as a page, SVG and PNG: facts, groups, layout, comparison, and the program."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from framework.cli.caffe import main
from framework.errors import WeightsError
from framework.report.net_page.compare import compare
from framework.report.net_page.drawing import to_png, to_svg
from framework.report.net_page.graph import read_graph
from framework.report.net_page.groups import find_groups, folded_at_first, view
from framework.report.net_page.histograms import BARS, add_weights, summary
from framework.report.net_page.layout import COLUMN_GAP, WIDTH, lay_out
from framework.report.net_page.page import to_page
from framework.report.net_summary import Selection

ROOT = Path(__file__).resolve().parents[2]
NET = """name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [2, 3, 16, 20] } } }
layer { name: "conv1_1" type: "Convolution" bottom: "data" top: "c"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "relu1_1" type: "ReLU" bottom: "c" top: "c" }
layer { name: "pool1" type: "Pooling" bottom: "c" top: "p"
        pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "conv2_1" type: "Convolution" bottom: "p" top: "a"
        convolution_param { num_output: 5 kernel_size: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "a" top: "s" }
"""
NAMES = ["data", "conv1_1", "relu1_1", "pool1", "conv2_1", "sum"]


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return path


def graph_of(path):
    return read_graph(path, Selection())


def names(graph):
    return [node.name for node in graph.nodes]


def test_a_layer_has_its_shapes_numbers_field_and_line(net):
    graph = graph_of(net)
    assert names(graph) == NAMES and graph.title == "small" and graph.phase == "TEST"
    conv = graph.nodes[1]
    assert conv.place == f"{net}:3" and conv.family == "vision"
    # 16 - 3 + 1 rows, 20 - 3 + 1 columns; 3 x 3 x 3 weights for each of 4 outputs, and 4 biases
    assert conv.tops == [("c", (2, 4, 14, 18))] and conv.parameters == 4 * 27 + 4
    assert conv.multiply_adds == 2 * 4 * 27 * 14 * 18
    assert conv.sees == (3, 3) and graph.nodes[3].sees == (4, 4)
    assert conv.blobs == [("weight", (4, 3, 3, 3)), ("bias", (4,))]
    assert conv.fields["convolution_param.num_output"] == "4"
    assert graph.nodes[3].fields["pooling_param.pool"] == "MAX"


def test_an_in_place_layer_is_between_its_maker_and_its_readers(net):
    assert graph_of(net).edges == [(0, 1, "data"), (1, 2, "c"), (2, 3, "c"), (3, 4, "p"),
                                   (4, 5, "a")]


def groups_of(*names):
    nodes = [SimpleNamespace(name=name, type="X", composites=()) for name in names]
    return [(group.name, group.first, group.end, group.parent) for group in find_groups(nodes)]


@pytest.mark.parametrize("names, expected", [
    (["data", "conv1_1", "relu1_1", "pool1", "conv2_1", "sum"], [("conv1", 1, 4, -1)]),
    (["d", "res2a_branch1", "bn2a_branch1", "res2b", "res2b_relu", "res3a"],
     [("res2", 1, 5, -1), ("res2a", 1, 3, 0), ("res2b", 3, 5, 0)]),
    (["d", "inception_3a/1x1", "inception_3a/relu", "inception_3b/1x1", "inception_3b/relu", "e"],
     [("inception_3", 1, 5, -1), ("inception_3a", 1, 3, 0), ("inception_3b", 3, 5, 0)]),
    (["body/a", "body/b", "head/a", "head/b"], [("body", 0, 2, -1), ("head", 2, 4, -1)]),
    (["conv1", "fc", "relu1"], []),         # not one after the other
    (["", "/", "1", "__1__"], [("1", 2, 4, -1)]),
])
def test_neighbours_with_one_number_or_folder_are_a_group(names, expected):
    assert groups_of(*names) == expected


def test_the_layers_of_a_composite_are_a_group_of_its_name():
    graph = graph_of(ROOT / "framework/zoo/ssd300_vgg16/deploy.prototxt")
    found = [group.name for group in find_groups(graph.nodes)]
    assert "ssd (NetFile)" in found and "mbox (MultiBoxHead)" in found


def test_a_folded_group_is_one_box_with_the_edges_of_its_layers(net):
    graph = graph_of(net)
    seen = view(graph, find_groups(graph.nodes), {0})
    assert seen.boxes == [0, -1, 4, 5] and seen.edges == [(0, 1), (1, 2), (2, 3)]


def test_a_large_net_is_folded_at_first_to_a_number_of_boxes_that_is_taken_in():
    graph = graph_of(ROOT / "framework/zoo/resnet152/deploy.prototxt")
    groups = find_groups(graph.nodes)
    boxes = view(graph, groups, folded_at_first(graph, groups)).boxes
    assert 20 < len(boxes) <= 150
    assert "res4b7" in [groups[-1 - box].name for box in boxes if box < 0]


def test_boxes_of_a_row_keep_apart_and_readers_are_below_their_makers():
    generator = np.random.default_rng(3)
    edges = sorted({tuple(sorted(pair)) for pair in generator.integers(0, 60, (120, 2)).tolist()
                    if pair[0] != pair[1]})
    layout = lay_out(60, edges)
    assert all(layout.rows[maker] < layout.rows[reader] for maker, reader in edges)
    assert all(layout.rows[lower] == layout.rows[upper] + 1 for upper, lower in layout.links)
    for row in set(layout.rows[:60]):
        places = sorted(layout.x[box] for box in range(60) if layout.rows[box] == row)
        assert all(np.diff(places) >= WIDTH + COLUMN_GAP - 1e-6)
    assert min(layout.x[:60]) >= WIDTH / 2 - 1e-6


def test_a_chain_with_shortcuts_is_drawn_straight_down():
    # blocks of two with a shortcut around: 0 -> 1 -> 2, 0 -> 2, ...
    edges = [edge for first in range(0, 80, 2)
             for edge in ((first, first + 1), (first + 1, first + 2), (first, first + 2))]
    layout = lay_out(81, edges)
    joins = [layout.x[box] for box in range(0, 81, 2)]
    assert np.ptp(joins) < 1


def test_what_differs_between_two_nets_is_marked_by_the_names_of_layers(net, tmp_path):
    other = tmp_path / "other.prototxt"
    text = NET.replace("num_output: 4", "num_output: 6").replace(
        'layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "a" top: "s" }',
        'layer { name: "new" type: "ReLU" bottom: "a" top: "n" }')
    other.write_text(text)
    graph = compare(graph_of(net), graph_of(other))
    status = {node.name: node.status for node in graph.nodes}
    assert status == {"data": "", "conv1_1": "changed", "relu1_1": "reshaped",
                      "pool1": "reshaped", "conv2_1": "reshaped", "sum": "removed", "new": "added"}
    assert ("convolution_param.num_output", "4", "6") in graph.nodes[1].changes
    assert ("shape of top 0", "2 x 4 x 14 x 18", "2 x 6 x 14 x 18") in graph.nodes[1].changes
    sides = {(graph.nodes[maker].name, graph.nodes[reader].name): side
             for (maker, reader, _), side in zip(graph.edges, graph.sides, strict=True)}
    assert sides["data", "conv1_1"] == 3 and sides["conv2_1", "sum"] == 1
    assert sides["conv2_1", "new"] == 2


def test_a_histogram_has_numpys_numbers_and_counts_what_is_not_finite():
    values = np.random.default_rng(1).normal(size=1000).astype(np.float32)
    values[3] = 0
    found = summary(np.append(values, [np.nan, np.inf]).astype(np.float32))
    assert found["not_finite"] == 2 and found["zeros"] == 1 and found["count"] == 1002
    assert found["mean"] == pytest.approx(values.mean(), abs=1e-6)
    assert found["deviation"] == pytest.approx(values.std(), rel=1e-5)
    assert sum(found["bars"]) == 1000 and len(found["bars"]) == BARS
    assert summary(np.zeros(0, np.float32)) == {"count": 0, "not_finite": 0}
    assert sum(summary(np.ones(7, np.float32))["bars"]) == 7


def test_weights_of_another_shape_are_told_and_those_of_another_net_refused(net, tmp_path):
    np.savez(tmp_path / "w.npz", **{"conv1_1/0": np.ones((4, 3, 5, 5), np.float32)})
    graph = graph_of(net)
    assert add_weights(graph, [str(tmp_path / "w.npz")]) == ["conv2_1"]
    [blob] = graph.nodes[1].weights
    assert blob["problem"] == "is 4 x 3 x 5 x 5 in the file and 4 x 3 x 3 x 3 in the net"
    np.savez(tmp_path / "foreign.npz", **{"other/0": np.ones(3, np.float32)})
    with pytest.raises(WeightsError, match=r"foreign\.npz: no layer has a name of the net's: it "
                                           r"has weights for other"):
        add_weights(graph, [str(tmp_path / "foreign.npz")])


EVIL = '</script><img src=x onerror="document.title=1">&amp;'


def evil_net(tmp_path):
    path = tmp_path / "evil.prototxt"
    quoted = EVIL.replace('"', '\\"')
    path.write_text(NET.replace('"pool1"', f'"{quoted}"').replace('"small"', f'"{quoted}"'))
    return path


def test_names_of_strangers_are_text_in_the_page_and_in_the_svg(tmp_path):
    graph = graph_of(evil_net(tmp_path))
    assert graph.nodes[3].name == EVIL
    groups = find_groups(graph.nodes)
    page = to_page(graph, groups)
    assert "<img" not in page and page.count("</script>") == 2
    [data] = re.findall(r'<script type="application/json" id="net">(.*?)</script>', page, re.S)
    assert json.loads(data)["nodes"][3]["name"] == EVIL
    root = ElementTree.fromstring(to_svg(graph, groups))
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[0] == EVIL and any(EVIL in title for title in titles[1:])


def test_control_characters_and_broken_utf8_in_names_leave_the_files_readable(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_bytes(NET.replace('"pool1"', '"a\\001\\033b"').encode())
    graph = graph_of(path)
    groups = find_groups(graph.nodes)
    ElementTree.fromstring(to_svg(graph, groups).encode())
    to_page(graph, groups).encode()
    assert cv2.imdecode(np.frombuffer(to_png(graph, groups), np.uint8), 1) is not None


def test_the_page_asks_for_nothing_outside_of_it(net):
    graph = graph_of(net)
    page = to_page(graph, find_groups(graph.nodes))
    assert "default-src 'none'" in page
    outside = set(re.findall(r"https?://[^\s\"']+", page))
    assert outside == {"http://www.w3.org/2000/svg"}      # a name, which no browser fetches


def test_the_png_has_a_box_for_each_layer(net):
    graph = graph_of(net)
    image = cv2.imdecode(np.frombuffer(to_png(graph, find_groups(graph.nodes)), np.uint8), 1)
    # the left edges of boxes: 44 + 1 rows in the colour of their family, six times
    colours = {"data": (178, 114, 0), "vision": (0, 94, 213)}
    column = image[:, 24 + 2]
    assert (column == colours["data"]).all(1).sum() == 45
    assert (column == colours["vision"]).all(1).sum() == 3 * 45


@pytest.mark.parametrize("ending, head", [("html", b"<!DOCTYPE html>"), ("svg", b"<svg "),
                                          ("png", b"\x89PNG"), ("SVG", b"<svg ")])
def test_the_program_writes_what_the_name_ends_in(net, tmp_path, capsys, ending, head):
    out = tmp_path / f"net.{ending}"
    assert main(["draw", str(net), "--out", str(out)]) == 0
    assert out.read_bytes().startswith(head)
    assert capsys.readouterr().out == f"{out}: 6 layers, phase TEST\n"


def test_the_arguments_of_the_originals_draw_net_are_taken(net, tmp_path, capsys):
    out = tmp_path / "net.dot"
    assert main(["draw", str(net), str(out), "--rankdir", "TB", "--phase", "TEST",
                 "--display_lrm"]) == 0
    assert 'rankdir="TB"' in out.read_text() and "lr mult: 1.0, 1.0" in out.read_text()


@pytest.mark.parametrize("flags, words", [
    ([], "say where to draw to: IMAGE as the original's draw_net.py, or --out"),
    (["--out", "net.gif"], "--out is net.gif; it must end in .html, .svg or .png"),
    (["--out", "net.svg", "--weights", "w.npz"], "must end in .html for it"),
    (["--out", "net.html", "--phase", "ALL"], "with --out it must be TRAIN or TEST"),
    (["--out", "net.html", "--rankdir", "LR"], "--rankdir is for IMAGE"),
    (["net.dot", "--unfold"], "--unfold is for --out"),
    (["net.dot", "--diff", "other"], "--diff is for --out"),
    (["net"], "net: has no ending that says how to draw"),
    (["--out", "net.html", "--weights", "absent.npz"], "absent.npz: cannot be read"),
    (["--out", "net.html", "--diff", "absent.prototxt"], "absent.prototxt: No such file"),
])
def test_flags_that_do_not_fit_are_one_line(net, tmp_path, capsys, monkeypatch, flags, words):
    monkeypatch.chdir(tmp_path)
    assert main(["draw", str(net), *flags]) == 1
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["net.prototxt"]


def test_a_net_that_cannot_be_built_is_an_error_with_its_line(net, tmp_path, capsys):
    net.write_text(NET.replace("num_output: 5", "num_output: 0"))
    assert main(["draw", str(net), "--out", str(tmp_path / "net.html")]) == 1
    assert f"{net}:9: layer 'conv2_1' (Convolution)" in capsys.readouterr().err
