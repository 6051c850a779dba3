"""Types that projects read in their own ways: by what the net shows, or by a dialect's name."""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from framework.cli import app
from framework.errors import CaffeError
from framework.layers import LAYERS
from framework.layers.dialects import choose_dialect, dialects
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.report.net_summary import Selection, take_census
from tests.support import layer_spec, net_from, noise

POOL = """input: "x" input_shape { dim: 1 dim: 4 dim: 6 dim: 8 }
layer { name: "p" type: "Pooling" bottom: "x" top: "p"
  pooling_param { pool: MAX kernel_size: 1 stride: 2 } }
"""
CONVOLUTION = """layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 1 stride: 2 } }
layer { name: "s" type: "Eltwise" bottom: "p" bottom: "c" top: "s" }
"""
EMBED = """input: "x" input_shape { dim: 5 dim: 8 }
layer { name: "a" type: "ArgMax" bottom: "x" top: "a" argmax_param { axis: 1 } }
layer { name: "e" type: "Embed" bottom: "a" top: "e" embed_param { num_output: 3 input_dim: 8
  bias_term: false weight_filler { type: "gaussian" } } }
layer { name: "c" type: "Concat" bottom: "x" bottom: "e" top: "c" }
"""
PRIORS = """input: "f" input_shape { dim: 1 dim: 2 dim: 2 dim: 3 }
input: "img" input_shape { dim: 1 dim: 3 dim: 64 dim: 96 }
input: "l" input_shape { dim: 1 dim: 504 } input: "c" input_shape { dim: 1 dim: 252 }
layer { name: "p" type: "PriorBox" bottom: "f" bottom: "img" top: "p"
  prior_box_param { min_size: 32 min_size: 64 min_size: 128 step: 32 } }
layer { name: "d" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "p" top: "d"
  detection_output_param { num_classes: 2 } }
layer { name: "copy" type: "Split" bottom: "p" top: "q" }
"""


def test_a_pooling_is_intels_where_only_that_fits(caplog):
    net = net_from(POOL + CONVOLUTION)
    assert net.shapes["p"] == net.shapes["s"] == (1, 4, 3, 4)
    assert "its layers are read as intel reads them, since the original's reading does not fit: " \
        in caplog.text
    x = noise(1, 4, 6, 8).float()
    weight, bias = net.params["c"]
    half = x[:, :, ::2, ::2]
    expected = half + torch.einsum("nchw,dc->ndhw", half, weight[:, :, 0, 0])
    torch.testing.assert_close(net({"x": x})["s"], expected + bias.view(-1, 1, 1))


TINY = """input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 5 }
layer { name: "p" type: "Pooling" bottom: "x" top: "p"
  pooling_param { pool: MAX kernel_size: 2 stride: 1 pad: 0 } }
layer { name: "s" type: "Eltwise" bottom: "p" bottom: "x" top: "s" }
"""


def test_a_pooling_keeps_the_size_as_dark2caffes_does_where_only_that_fits(caplog):
    net = net_from(TINY)
    assert "its layers are read as dark2caffe reads them" in caplog.text
    x = noise(1, 2, 3, 5).float()
    expected = [[[max(plane[i][j] for i in range(row, min(row + 2, 3))
                      for j in range(column, min(column + 2, 5)))
                  for column in range(5)] for row in range(3)] for plane in x[0].tolist()]
    torch.testing.assert_close(net({"x": x})["s"], torch.tensor([expected]) + x)


def test_a_net_that_fits_the_originals_reading_has_it(caplog):
    assert net_from(POOL).shapes["p"] == (1, 4, 4, 5)
    assert not caplog.records


def test_an_embedding_replaces_a_last_axis_of_1_where_only_that_fits():
    net = net_from(EMBED)
    x = noise(5, 8).float()
    expected = net.params["e"][0][x.argmax(1)]
    torch.testing.assert_close(net({"x": x})["c"], torch.cat([x, expected], 1))


def face_boxes(side, count, stride):
    """FaceBoxes' loops: i over rows, j over columns, from -count / 2 on."""
    half = (side - 1) / 2
    return [[x * stride / count - half, y * stride / count - half,
             x * stride / count + half, y * stride / count + half]
            for y in range(-(count // 2), count - count // 2)
            for x in range(-(count // 2), count - count // 2)]


def test_priors_are_those_of_faceboxes_where_only_these_fit():
    net = net_from(PRIORS)
    blobs = net({"f": torch.zeros(1, 2, 2, 3), "img": torch.zeros(1, 3, 64, 96),
                 "l": torch.zeros(1, 504), "c": torch.zeros(1, 252)})
    of_cell = np.array(face_boxes(32, 4, 32) + face_boxes(64, 2, 32) + face_boxes(128, 1, 1))
    middles = np.array([[x, y, x, y] for y in (16, 48) for x in (16, 48, 80)])
    expected = (middles[:, None] + of_cell) / [96, 64, 96, 64]
    np.testing.assert_allclose(blobs["q"].reshape(2, -1, 4)[0], expected.reshape(-1, 4), atol=1e-6)


def text_boxes(rows, columns, sizes, ratios, image):
    """TextBoxes' loops: each box in the middle of the cell, then one at its lower edge."""
    height, width = image
    boxes = []
    for h in range(rows):
        for w in range(columns):
            x = (w + 0.5) * width / columns
            for size in sizes:
                for ratio in (1, *ratios):
                    wide, high = size * ratio ** 0.5, size / ratio ** 0.5
                    for y in ((h + 0.5) * height / rows, (h + 1) * height / rows):
                        boxes.append([(x - wide / 2) / width, (y - high / 2) / height,
                                      (x + wide / 2) / width, (y + high / 2) / height])
    return boxes


TEXT_PRIORS = """input: "f" input_shape { dim: 1 dim: 2 dim: 2 dim: 3 }
input: "img" input_shape { dim: 1 dim: 3 dim: 64 dim: 96 }
input: "l" input_shape { dim: 1 dim: 144 } input: "c" input_shape { dim: 1 dim: 72 }
layer { name: "q" type: "PriorBox" bottom: "f" bottom: "img" top: "q"
  prior_box_param { min_size: 20 aspect_ratio: 2 aspect_ratio: 5 flip: false clip: false %s } }
layer { name: "o" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "q" top: "o"
  detection_output_param { num_classes: 2 } }
layer { name: "copy" type: "Split" bottom: "q" top: "copied" }"""


@pytest.mark.parametrize("more", ["", "denser_prior_boxes: true"])
def test_priors_are_doubled_as_in_textboxes_by_their_field_or_where_only_these_fit(more):
    net = net_from(TEXT_PRIORS % more)
    blobs = net({"f": torch.zeros(1, 2, 2, 3), "img": torch.zeros(1, 3, 64, 96),
                 "l": torch.zeros(1, 144), "c": torch.zeros(1, 72)})
    expected = text_boxes(2, 3, [20], [2, 5], (64, 96))
    np.testing.assert_allclose(blobs["copied"].reshape(2, -1, 4)[0], expected, atol=1e-6)


SCENE_PRIORS = """input: "f" input_shape { dim: 1 dim: 2 dim: 2 dim: 3 }
input: "img" input_shape { dim: 1 dim: 3 dim: 64 dim: 96 }
input: "l" input_shape { dim: 1 dim: 192 } input: "c" input_shape { dim: 1 dim: 96 }
layer { name: "q" type: "PriorBox" bottom: "f" bottom: "img" top: "q"
  prior_box_param { min_size: 20.5 max_size: 40.5 aspect_ratio: 2 aspect_ratio: 0.5
    aspect_ratio: 5 flip: true } }
layer { name: "o" type: "DetectionOutput" bottom: "l" bottom: "c" bottom: "q" top: "o"
  detection_output_param { num_classes: 2 } }
layer { name: "copy" type: "Split" bottom: "q" top: "copied" }"""


def test_priors_are_as_high_as_their_size_as_in_sstd_where_only_these_fit():
    net = net_from(SCENE_PRIORS)
    blobs = net({"f": torch.zeros(1, 2, 2, 3), "img": torch.zeros(1, 3, 64, 96),
                 "l": torch.zeros(1, 192), "c": torch.zeros(1, 96)})
    square = (20.5 * 40) ** 0.5
    sides = [(20.5, 20.5), (square, square), (41, 20.5), (10.25, 20.5), (102.5, 20.5),
             (20.5, 41), (20.5, 10.25), (20.5, 102.5)]
    expected = [[(x - wide / 2) / 96, (y - high / 2) / 64, (x + wide / 2) / 96, (y + high / 2) / 64]
                for y in (16, 48) for x in (16, 48, 80) for wide, high in sides]
    np.testing.assert_allclose(blobs["copied"].reshape(2, -1, 4)[0], expected, atol=1e-6)


ROI_DATA = '''layer { name: "data" type: "Python" top: "data" top: "rois" top: "labels"
  top: "targets" top: "inw" top: "outw" python_param { module: "roi_data_layer.layer"
  layer: "RoIDataLayer" param_str: "'num_classes': 21" } }
layer { name: "f" type: "InnerProduct" bottom: "rois" top: "pred" inner_product_param {
  num_output: %d } }
layer { name: "l" type: "SmoothL1LossOHEM" bottom: "pred" bottom: "targets" bottom: "inw"
  top: "l" top: "each" }'''


@pytest.mark.parametrize(("outputs", "targets"), [(8, (1, 8, 1, 1)), (84, (1, 84))])
def test_targets_of_regions_are_of_one_class_where_only_that_fits(tmp_path, outputs, targets):
    path = tmp_path / "net.prototxt"
    path.write_text(ROI_DATA % outputs)
    [found] = take_census(path, Selection("TRAIN"))
    assert found.built
    assert next(row for row in found.rows if row.name == "data").shapes[3] == targets


SEVERAL = """input: "x" input_shape { dim: 5 dim: 7 } input: "t" input_shape { dim: 5 dim: 3 }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "x" bottom: "t" top: "l"
  loss_param { ignore_label: -1 normalization: VALID } }
"""


def test_an_item_with_several_labels_has_their_mean_loss():
    net = net_from(SEVERAL, "TRAIN")
    x = noise(5, 7)
    t = torch.tensor([[1, -1, -1], [0, 6, 2], [-1, -1, -1], [3, 3, -1], [5, 4, -1]]).double()
    log = np.log(np.exp(x.detach().numpy()))
    log -= np.log(np.exp(log).sum(1, keepdims=True))
    expected = -(log[1, [0, 6, 2]].mean() + log[0, 1] + log[3, 3] + log[4, [5, 4]].mean()) / 4
    layer = net.layers[0].layer
    np.testing.assert_allclose(layer(x, t).item(), expected, rtol=1e-12)
    assert torch.autograd.gradcheck(lambda x: layer(x, t), (x,))


def test_several_labels_are_refused_where_none_can_be_ignored():
    with pytest.raises(CaffeError, match="so there must be 5 labels"):
        net_from(SEVERAL.replace("ignore_label: -1", ""), "TRAIN")


def test_the_error_is_that_of_the_originals_reading():
    text = POOL + CONVOLUTION.replace("stride: 2", "stride: 3")
    with pytest.raises(CaffeError, match=r"\(1, 4, 4, 5\) and \(1, 4, 2, 3\)"):
        net_from(text)


DOUBLED = """input: "x" input_shape { dim: 1 dim: 2 dim: 3 dim: 4 }
input: "like" input_shape { dim: 1 dim: 2 dim: 6 dim: 8 }
layer { name: "d" type: "Deconvolution" bottom: "x" top: "d" convolution_param { num_output: 2
  pad: 1 kernel_size: 3 stride: 2 bias_filler { value: 0.5 } weight_filler { type: "gaussian" } } }
layer { name: "c" type: "Concat" bottom: "d" bottom: "like" top: "c" }
"""


def test_a_deconvolution_doubles_the_size_where_only_that_fits(caplog):
    net = net_from(DOUBLED)
    assert net.shapes["d"] == (1, 2, 6, 8)
    assert "as caffe-td reads them" in caplog.text
    x = noise(1, 2, 3, 4).float()
    weight = net.params["d"][0].detach().numpy()
    expected = np.full((1, 2, 6, 8), 0.5)
    for c, o, i, j, k, m in np.ndindex(2, 2, 3, 4, 3, 3):
        row, column = 2 * i + k - 1, 2 * j + m - 1
        if row >= 0 and column >= 0:
            expected[0, o, row, column] += x.data[0, c, i, j].item() * weight[c, o, k, m]
    found = net({"x": x, "like": torch.zeros(1, 2, 6, 8)})["c"][:, :2]
    np.testing.assert_allclose(found.detach(), expected, rtol=1e-4, atol=1e-6)
    assert net_from(DOUBLED.replace("dim: 6 dim: 8", "dim: 5 dim: 7")).shapes["d"] == (1, 2, 5, 7)


def test_a_dialect_that_is_chosen_counts_without_a_look_at_the_net(monkeypatch, caplog):
    monkeypatch.setitem(LAYERS, "Pooling", LAYERS["Pooling"])
    choose_dialect("intel")
    assert net_from(POOL).shapes["p"] == (1, 4, 3, 4)
    assert not caplog.records


def test_the_flag_finds_the_dialects_of_all_types(tmp_path):
    (tmp_path / "n.prototxt").write_text('layer { name: "i" type: "Input" top: "x" }')
    command = [sys.executable, "-m", "framework", "inspect", "--dialect", "intel",
               "n.prototxt"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100,
                         env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})
    assert "is not known" not in run.stderr and "n.prototxt: TEST" in run.stdout, run.stderr


def test_a_dialect_that_no_type_knows_is_named():
    with pytest.raises(CaffeError, match="'facebox' is not known; did you mean 'faceboxes'"):
        choose_dialect("facebox")


def test_dense_priors_have_no_further_shapes():
    text = "min_size: 32 max_size: 64"
    spec = layer_spec("PriorBox", text, 2)
    object.__setattr__(spec, "dialect", "faceboxes")
    with pytest.raises(CaffeError, match="no meaning in the dialect faceboxes"):
        LAYERS["PriorBox"](spec, (1, 2, 2, 3), (1, 3, 64, 96))


@pytest.mark.parametrize("outputs, built", [(12, True), (24, True), (16, False)])
def test_boxes_have_four_corners_where_only_that_fits(outputs, built, tmp_path, caplog):
    path = tmp_path / "net.prototxt"
    path.write_text(f"""input: "x" input_shape {{ dim: 1 dim: 2 dim: 7 dim: 6 }}
input: "r" input_shape {{ dim: 1 dim: 5 }} input: "g" input_shape {{ dim: 1 dim: 9 }}
layer {{ name: "roi-data" type: "Python" bottom: "r" bottom: "g" top: "rois" top: "labels"
  top: "targets" top: "inside" top: "outside" python_param {{ layer: "ProposalTargetLayer"
  module: "rpn.proposal_target_layer" param_str: "'num_classes': 3" }} }}
layer {{ name: "p" type: "ROIPooling" bottom: "x" bottom: "rois" top: "p"
  roi_pooling_param {{ pooled_h: 2 pooled_w: 3 }} }}
layer {{ name: "b" type: "InnerProduct" bottom: "p" top: "b"
  inner_product_param {{ num_output: {outputs} }} }}
layer {{ name: "l" type: "SmoothL1Loss" bottom: "b" bottom: "targets" bottom: "inside"
  bottom: "outside" top: "l" }}""")
    (census,) = take_census(path, Selection(phase="TRAIN", skip_data=True))
    assert census.built is built
    assert ("read as quadrilaterals reads them" in caplog.text) is (outputs == 24)
    if not built:
        assert "'targets' has the shape (1, 12, 1, 1)" in census.problems[0]


ROWS = """input: "r" input_shape {{ dim: 1 dim: 5 }} input: "g" input_shape {{ dim: 1 dim: 9 }}
layer {{ name: "roi-data" type: "Python" bottom: "r" bottom: "g" top: "rois" top: "labels"
  top: "targets" top: "inside" top: "outside" python_param {{ layer: "ProposalTargetLayer"
  module: "rpn.proposal_target_layer" param_str: "'num_classes': 3" }} }}
{}"""
ANGLES = ROWS.format("""layer { name: "b" type: "InnerProduct" bottom: "rois" top: "b"
  inner_product_param { num_output: 15 } }
layer { name: "l" type: "SmoothL1Loss" bottom: "b" bottom: "targets" bottom: "inside"
  bottom: "outside" top: "l" }""")
JOINED = ROWS.format("""layer { name: "c" type: "Concat" bottom: "rois" bottom: "r" top: "c"
  concat_param { axis: 0 } }
layer { name: "s" type: "Slice" bottom: "c" top: "s" top: "t"
  slice_param { axis: 0 slice_point: 128 } }""")


@pytest.mark.parametrize("text, dialect, name, shapes", [
    (ANGLES, "rotated-boxes", "roi-data", ((1, 6), (1, 1), (1, 15), (1, 15), (1, 15))),
    (JOINED, "region-batches", "s", ((128, 5), (1, 5)))])
def test_regions_are_as_a_project_has_them_where_only_that_fits(text, dialect, name, shapes,
                                                                tmp_path, caplog):
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    (census,) = take_census(path, Selection(phase="TRAIN", skip_data=True))
    assert census.problems == [] and f"read as {dialect} reads them" in caplog.text
    assert next(row.shapes for row in census.rows if row.name == name) == shapes


def test_unpooling_is_by_its_windows_where_only_that_fits(caplog):
    text = """
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 6 dim: 8 }
          } }
        layer { name: "p" type: "Pooling" bottom: "x" top: "p" top: "mask"
          pooling_param { kernel_size: 2 stride: 2 } }
        layer { name: "up" type: "Unpooling" bottom: "p" bottom: "mask" top: "up"
          unpooling_param { kernel_size: 2 stride: 2 } }"""
    assert Net(parse_net(text), "TEST").shapes["up"] == (1, 2, 7, 9)
    net = Net(parse_net(text + ''' layer { name: "sum" type: "Eltwise" bottom: "up" bottom: "x"
          top: "sum" }'''), "TEST")
    assert net.shapes["up"] == (1, 2, 6, 8) and "as sal-ensemble reads them" in caplog.text


def test_a_zoom_that_openvino_reads_multiplies_the_size(caplog):
    text = """
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 3 dim: 4 }
          shape { dim: 1 dim: 2 dim: 6 dim: 8 } } top: "like" }
        layer { name: "up" type: "Interp" bottom: "x" top: "up" interp_param { zoom_factor: 2 } }
        """
    assert Net(parse_net(text), "TEST").shapes["up"] == (1, 2, 5, 7)
    net = Net(parse_net(text + 'layer { name: "sum" type: "Eltwise" bottom: "up" bottom: "like" '
                        'top: "sum" }'), "TEST")
    assert net.shapes["up"] == (1, 2, 6, 8) and "as openvino reads them" in caplog.text
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    up = net({"x": x, "like": torch.zeros(1, 2, 6, 8)})["sum"]
    for i, j in np.ndindex(6, 8):       # corners on corners
        row, column = i * 2 / 5, j * 3 / 7
        torch.testing.assert_close(up[0, 1, i, j].item(), 12 + 4 * row + column)


def test_there_is_no_square_of_two_sizes_as_compiled_without_where_only_that_fits():
    net = net_from(SCENE_PRIORS.replace("192", "120").replace("96 }\nlayer", "60 }\nlayer"))
    blobs = net({"f": torch.zeros(1, 2, 2, 3), "img": torch.zeros(1, 3, 64, 96),
                 "l": torch.zeros(1, 120), "c": torch.zeros(1, 60)})
    sides = [(20, 20)] + [(20 * ratio ** 0.5, 20 / ratio ** 0.5) for ratio in (2, 0.5, 5, 0.2)]
    expected = [[(x - wide / 2) / 96, (y - high / 2) / 64, (x + wide / 2) / 96, (y + high / 2) / 64]
                for y in (16, 48) for x in (16, 48, 80) for wide, high in sides]
    np.testing.assert_allclose(blobs["copied"].reshape(2, -1, 4)[0], expected, atol=1e-6)


def test_the_flag_names_every_dialect():
    parser = argparse.ArgumentParser()
    app.add_net_flags(parser)
    (text,) = (action.help for action in parser._actions if action.dest == "dialect")
    assert set(dialects()) <= set(re.findall(r"[\w-]+", text))
