"""SSDDetectionOutput: the boxes of DetectionOutput in the tables that Ascend's documents say."""

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.layers.ssd.test_detection_output import by_definition, example
from tests.support import make


def run(text, bottoms):
    layer = make("SSDDetectionOutput", f"ssddetectionoutput_param {{ {text} }}",
                 *(tuple(bottom.shape) for bottom in bottoms))
    return layer(*bottoms)


@pytest.mark.parametrize("text, how, num_rows", [
    ("num_classes: 4 code_type: 1 iou_threshold: 0.3 keep_top_k: -1",
     {"threshold": 0.01, "nms": 0.3}, 1024),
    ("num_classes: 4 iou_threshold: 0.5 top_k: 7 keep_top_k: 11 confidence_threshold: 0.25",
     {"code": "CENTER_SIZE", "threshold": 0.25, "nms": 0.5, "top_k": 7, "keep": 11}, 128),
    ("num_classes: 4 code_type: 3 share_location: false background_label_id: 1 keep_top_k: 129 "
     "iou_threshold: 0.7",
     {"code": "CORNER_SIZE", "share": False, "background": 1, "threshold": 0.01, "nms": 0.7,
      "keep": 129}, 256)])
def test_each_image_has_a_number_and_a_table_of_the_boxes_by_definition(text, how, num_rows):
    bottoms = example(how.get("share", True))

    numbers, rows = run(text, bottoms)

    assert numbers.shape == (3, 8) and rows.shape == (3, num_rows, 8)
    assert not numbers[:, 1:].any() and not rows[..., 7].any()
    expected = by_definition(*bottoms, **how)
    for image, number in enumerate(numbers[:, 0].int().tolist()):
        own = expected[expected[:, 0] == image]
        assert number == len(own) > 0
        np.testing.assert_allclose(rows[image, :number, :7], own, rtol=1e-6)
        assert not rows[image, number:].any()


def test_an_image_without_boxes_has_the_number_0_and_a_table_of_zeros():
    loc, conf, prior = example()
    conf[1] = 0
    numbers, rows = run("num_classes: 4", (loc, conf, prior))
    assert numbers[1].eq(0).all() and rows[1].eq(0).all() and rows[2, 0, 0] == 2

    numbers, rows = run("num_classes: 4", (loc, torch.zeros_like(conf), prior))
    assert not numbers.any() and not rows.any()


@pytest.mark.parametrize("text, message", [
    ("top_k: -1", "ssddetectionoutput_param.top_k is -1; it must be from 1 to 1024"),
    ("eta: 0.9", "eta is 0.9; it must be from 1 to 1"),
    ("code_type: 4", "code_type is 4; it must be from 1 to 3"),
    ("confidence_threshold: nan", "confidence_threshold is nan; it must be from 0 to 1"),
    ("keep_top_k: 0", "keep_top_k is 0; it must be from 1 to 1024, or -1"),
    ("num_classes: 5", r"for 29 priors they must be \(N, 116\) and \(N, 145\)")])
def test_what_the_compiler_does_not_take_is_an_error_that_names_the_field(text, message):
    with pytest.raises(SpecError, match=message):
        run(text, example())
