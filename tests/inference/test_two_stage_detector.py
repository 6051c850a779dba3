"""Detector runs nets that have an input for the size of their images: two-stage detectors."""

import numpy as np
import pytest

from framework.inference.detector import Detector
from framework.net.net import Net
from framework.weights.weights import save_weights

TWO_STAGES = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 32, 48] } } }
layer { name: "im_info" type: "Input" top: "im_info" input_param { shape { dim: [1, 3] } } }
layer { name: "x" type: "Convolution" bottom: "data" top: "x"
        convolution_param { num_output: 2 kernel_size: 16 stride: 16 } }
layer { name: "move" type: "Convolution" bottom: "x" top: "move"
        convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "rois" type: "Proposal" bottom: "x" bottom: "move" bottom: "im_info" top: "rois"
        proposal_param { feat_stride: 16 base_size: 16 ratio: 1 scale: 1 min_size: 2 } }
layer { name: "pool" type: "ROIPooling" bottom: "x" bottom: "rois" top: "pool"
        roi_pooling_param { pooled_h: 1 pooled_w: 1 spatial_scale: 0.0625 } }
layer { name: "score" type: "InnerProduct" bottom: "pool" top: "score"
        inner_product_param { num_output: 2 } }
layer { name: "prob" type: "Softmax" bottom: "score" top: "prob" }
layer { name: "offset" type: "InnerProduct" bottom: "pool" top: "offset"
        inner_product_param { num_output: 8 } }
layer { name: "out" type: "RegionOutput" bottom: "offset" bottom: "prob" bottom: "rois"
        bottom: "im_info" top: "out"
        detection_output_param { num_classes: 2 nms_param { nms_threshold: 0.3 } } }
"""


@pytest.mark.parametrize("engine", ["torch", "onnxruntime"])
def test_a_two_stage_net_is_told_the_size_of_its_images(tmp_path, engine):
    """All weights are 0, so that its boxes are the anchors: cells of 16 pixels and, as Proposal
    counts, one more at their ends, in images that are twice the net's size."""
    if engine != "torch":
        pytest.importorskip(engine)
    (tmp_path / "net.prototxt").write_text(TWO_STAGES)
    net = Net(tmp_path / "net.prototxt", "TEST")
    save_weights(net, tmp_path / "net.caffemodel")
    detector = Detector(tmp_path / "net.prototxt", tmp_path / "net.caffemodel", engine=engine)
    found = detector.detect([np.zeros((64, 96, 3), np.uint8)] * 2)
    cells = sorted((32.0 * x, 32.0 * y, min(32.0 * x + 34, 96), min(32.0 * y + 34, 64))
                   for x in range(3) for y in range(2))
    for boxes in found:
        np.testing.assert_allclose(sorted(boxes.boxes.tolist()), cells, atol=1e-4)
        assert boxes.scores.tolist() == [0.5] * 6
