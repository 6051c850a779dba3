"""Looks at nets without data: sizes that are tried, and num_classes of known Python modules."""

from __future__ import annotations

from itertools import pairwise

import pytest

from framework.layers.vision.convolution import Convolution
from framework.report.net_summary import Selection, take_census
from tests.net.looks import census_of

FAST_RCNN = """name: "f"
layer { name: "data" type: "Python" top: "data" top: "rois" top: "labels" top: "targets"
  top: "inside" top: "outside" python_param { module: "roi_data_layer.layer" layer: "RoIDataLayer"
  param_str: "'num_classes': %d" } }
layer { name: "pool" type: "ROIPooling" bottom: "data" bottom: "rois" top: "pool"
  roi_pooling_param { pooled_h: 3 pooled_w: 2 } }
layer { name: "pred" type: "InnerProduct" bottom: "pool" top: "pred"
  inner_product_param { num_output: %d } }
layer { name: "loss" type: "SmoothL1Loss" bottom: "pred" bottom: "targets" bottom: "inside"
  bottom: "outside" top: "loss" }
"""


@pytest.mark.parametrize("classes, outputs", [(22, 84), (6, 12)])
def test_box_targets_of_another_number_of_classes_are_an_error_without_data(tmp_path, classes,
                                                                           outputs):
    """Fast R-CNN's targets and predictions have 4 columns a class (minibatch.py of
    rbgirshick/fast-rcnn, _get_bbox_regression_labels)."""
    path = tmp_path / "net.prototxt"
    path.write_text(FAST_RCNN % (classes, outputs))
    (census,) = take_census(path, Selection(phase="TRAIN"))
    assert not census.built
    assert census.problems == [
        f"{path}:4: layer 'data' (Python): python_param.param_str gives num_classes {classes}, "
        f"with which 'targets' has 4 x {classes} = {4 * classes} columns; what reads it needs "
        f"{outputs}, so num_classes must be {outputs // 4}"]


def test_box_targets_of_the_predictions_number_of_classes_are_those_of_the_known_module(tmp_path):
    path = tmp_path / "net.prototxt"
    path.write_text(FAST_RCNN % (21, 84))
    (census,) = take_census(path, Selection(phase="TRAIN"))
    assert census.built and census.assumed == ""
    assert census.rows[0].shapes == ((2, 3, 640, 1024), (1, 5), (1,), *[(1, 84)] * 3)


def test_sizes_after_the_first_are_tried_without_making_every_layer(tmp_path, monkeypatch):
    """60 convolutions of two kinds: 60 for the first size, 2 for each of 8 more, 60 for the last.
    """
    made = []
    real = Convolution.__init__
    monkeypatch.setattr(Convolution, "__init__", lambda self, *given: made.append(1) or real(
        self, *given))
    names = ["data", *(f"c{index}" for index in range(60))]
    path = tmp_path / "net.prototxt"
    path.write_text('layer { name: "d" type: "Data" top: "data" data_param { source: "x"\n'
                    "batch_size: 1 } }\n" + "".join(
        f'layer {{ name: "{top}" type: "Convolution" bottom: "{bottom}" top: "{top}"\n'
        "convolution_param { num_output: 2 kernel_size: 3 pad: 1 } }\n"
        for bottom, top in pairwise(names)) +
        f'layer {{ name: "v" type: "Reshape" bottom: "{names[-1]}" top: "v"\n'
        "reshape_param { shape { dim: 0 dim: 2 dim: 713 dim: 713 } } }\n")
    (census,) = take_census(path, Selection(phase="TRAIN"))
    assert census.rows[-1].shapes == ((1, 2, 713, 713),) and len(census.rows) == 62
    assert len(made) == 60 + 11 * 2 + 60


def test_what_stops_a_net_whose_shapes_fit_is_said_before_shapes_of_other_sizes(tmp_path):
    """With 224 all shapes fit, with 473 those of the last layer, after that of the filler, not."""
    path = tmp_path / "net.prototxt"
    path.write_text("""
layer { name: "data" type: "Data" top: "data" data_param { source: "x" batch_size: 2 } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {
  num_output: 2 kernel_size: 1 weight_filler { type: "bilinear_downsampling" } } }
layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param {
  pool: MAX kernel_size: 4 stride: 4 } }
layer { name: "u" type: "Deconvolution" bottom: "p" top: "u" convolution_param {
  num_output: 3 kernel_size: 4 stride: 4 } }
layer { name: "both" type: "Concat" bottom: "c" bottom: "u" top: "both" }
""")
    (census,) = take_census(path, Selection(phase="TRAIN"))
    (problem,) = census.problems
    assert "layer 'c' (Convolution)" in problem and "bilinear_downsampling" in problem
    assert problem.endswith("(with images of 224 x 224 assumed)")


def test_tops_that_the_fields_of_a_layer_without_data_do_not_make_are_an_error(tmp_path):
    text = """layer { name: "d" type: "DetectionData" top: "data" top: "maps" top: "boxes"
  detection_data_param { source: "windows.txt" batch_size: 2 meta_source: "meta.txt" } }"""
    (census,) = census_of(tmp_path, text, phase="TRAIN", skip_data=True)
    assert not census.built
    assert "top is given 3 times; the layer's fields ask for 2" in census.problems[0]
