"""Data of known Python modules: num_classes must be that of the layers that read the targets."""

from __future__ import annotations

import pytest

from framework.report.net_summary import Selection, take_census

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
