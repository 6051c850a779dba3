"""Bottoms that do not fit each other are errors when a net is built, not within torch."""

import pytest

from framework.errors import SpecError
from tests.support import make

RPN = "feat_stride: 8 base_size: 8 ratio: 1 scale: 2 post_nms_topn: 5"
FPN = "level_stride: 8 level_stride: 16 ratio: 1 scale: 2 post_nms_topn: 5"
BOXES = ("box_output_param { field_w: 8 field_w: 8 field_h: 8 field_h: 8 downsample_rate: 4 "
         "downsample_rate: 8 }")
SCORES, OFFSETS = (2, 1, 3, 5), (2, 4, 3, 5)


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("Proposal", RPN, ((21, 1, 3, 5), OFFSETS, (2, 3)), r"there must be 21 images in each"),
    ("Proposal", RPN, (SCORES, OFFSETS, (7, 3)), r"image sizes \(7, 3\); .* and 1 or 2 sizes"),
    ("Proposal", RPN, (SCORES, OFFSETS, (3,)), r"image sizes \(3,\)"),
    ("Proposal", FPN, (SCORES, OFFSETS, (2, 1, 2, 3), (3, 4, 2, 3), (2, 3)),
     r"offsets \(3, 4, 2, 3\) .*there must be 2 images in each"),
    ("DetectionOutput", "num_classes: 4", ((2, 12), (2, 12, 2), (1, 2, 12)),
     r"\(2, 12\) and \(2, 12, 2\); for 3 priors they must be \(N, 12\) and \(N, 12\)"),
    ("SSDDetectionOutput", "num_classes: 4 iou_threshold: 0.45 top_k: 4 code_type: 2",
     ((2, 12), (2, 12, 2), (1, 2, 12)), r"for 3 priors they must be"),
    ("BoxOutput", BOXES, ((2, 7, 4, 5), (2, 7, 3)), r"\(2, 7, 3\); they must be \(N, C \+ 4, H, W"),
    ("BatchTripletLoss", "triplet_loss_param { margin: 0.2 }", ((6,), (6,)),
     r"has the shape \(6,\); it must be \(N, ...\), values of each item"),
])
def test_bottoms_that_do_not_fit_each_other_are_refused(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes)
