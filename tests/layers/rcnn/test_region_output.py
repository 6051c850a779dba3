"""RegionOutput against py-faster-rcnn's test.py in loops; Proposal of several maps."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.layers.rcnn.proposal import anchor_corners
from tests.definitions import pixel_overlap
from tests.support import make

NUM, CLASSES = 40, 4
INFO = np.array([[70, 90, 2.0], [60, 80, 1.0]])
FIELDS = ("detection_output_param { num_classes: 4 nms_param { nms_threshold: 0.4 } keep_top_k: 7 "
          "confidence_threshold: 0.3 }")
REGRESSION = "bbox_reg_param { bbox_mean: [0, 0.1, 0, 0] bbox_std: [0.1, 0.1, 0.2, 0.2] }"


def example(columns=4 * CLASSES, seed=4):
    generator = np.random.default_rng(seed)
    low = generator.random((NUM, 2)) * 40
    rois = np.concatenate([generator.integers(0, 2, (NUM, 1)), low,
                           low + 8 + 40 * generator.random((NUM, 2))], 1)
    return generator.standard_normal((NUM, columns)), generator.random((NUM, CLASSES)), rois, INFO


def moved(roi, offsets):
    x1, y1, x2, y2 = roi
    dx, dy, dw, dh = offsets * [0.1, 0.1, 0.2, 0.2] + [0, 0.1, 0, 0]
    wide, high = x2 - x1 + 1, y2 - y1 + 1
    x, y = x1 + wide / 2 + dx * wide, y1 + high / 2 + dy * high
    wide, high = wide * math.exp(dw), high * math.exp(dh)
    return x - wide / 2, y - high / 2, x + wide / 2 - 1, y + high / 2 - 1


def detections(offsets, scores, rois, info, most=7):
    rows = []
    for image, (height, width, _) in enumerate(info):
        own = []
        for label in range(1, CLASSES):
            boxes = []
            for index in np.flatnonzero(rois[:, 0] == image):
                column = 4 * label if offsets.shape[1] == 4 * CLASSES else offsets.shape[1] - 4
                box = moved(rois[index, 1:], offsets[index, column:column + 4])
                box = tuple(min(max(side, 0), size - 1) for side, size
                            in zip(box, (width, height) * 2, strict=True))
                if scores[index, label] > 0.3:
                    boxes.append((scores[index, label], box))
            kept = []
            for score, box in sorted(boxes, reverse=True):
                if all(pixel_overlap(box, other) <= 0.4 for _, other in kept):
                    kept.append((score, box))
            own += [(image, label, score, *box) for score, box in kept]
        least = sorted((row[2] for row in own), reverse=True)[:most][-1]
        rows += [row for row in own if row[2] >= least]
    return np.array(rows)


@pytest.mark.parametrize("columns", [16, 8, 4])
def test_detections_are_those_of_each_image(columns):
    arrays = example(columns)
    layer = make("RegionOutput", FIELDS + REGRESSION, *[array.shape for array in arrays], tops=2,
                 phase="TEST")
    rows, regions = layer(*map(torch.tensor, arrays))
    expected = detections(*arrays)
    assert len(expected) == 14
    np.testing.assert_allclose(regions, expected[:, [0, 3, 4, 5, 6]], rtol=1e-6)
    size = INFO[expected[:, 0].astype(int)][:, [1, 0, 1, 0]]
    expected[:, 3:] = (expected[:, 3:] + [0, 0, 1, 1]) / size
    np.testing.assert_allclose(rows[0, 0], expected, rtol=1e-6)


def test_without_a_detection_there_is_a_row_for_each_image():
    arrays = example()
    layer = make("RegionOutput", FIELDS.replace("0.3", "2"), *[array.shape for array in arrays],
                 tops=2, phase="TEST")
    rows, regions = layer(*map(torch.tensor, arrays))
    assert rows[0, 0].tolist() == [[0, *[-1] * 6], [1, *[-1] * 6]]
    assert regions.tolist() == [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]


@pytest.mark.parametrize("fields, shapes, message", [
    (FIELDS.replace("num_classes: 4", ""), [(6, 16), (6, 4), (6, 5), (2, 3)], "num_classes is 0"),
    (FIELDS, [(6, 12), (6, 4), (6, 5), (2, 3)], r"they must be \(R, 16\) or \(R, 8\), \(R, 4\)"),
    (FIELDS, [(6, 16), (6, 4), (5, 5), (2, 3)], r"\(R, 5\) and \(N, 3\)"),
    (FIELDS.replace("keep_top_k: 7", "share_location: false"), [(6, 16), (6, 4), (6, 5), (2, 3)],
     "share_location asks for what RegionOutput does not do here"),
])
def test_region_output_refuses(fields, shapes, message):
    with pytest.raises(SpecError, match=message):
        make("RegionOutput", fields, *shapes, phase="TEST")


@pytest.mark.parametrize("columns, given, fits", [
    (4 * CLASSES, "true", True), (4 * CLASSES, "false", False), (8, "false", True),
    (8, "true", False), (4, "false", True)])
def test_a_cls_aware_that_the_offsets_contradict_is_named(columns, given, fits, caplog):
    shapes = [array.shape for array in example(columns)]
    regression = REGRESSION.replace("}", f" cls_aware: {given} }}")
    make("RegionOutput", FIELDS + regression, *shapes)
    said = f"bbox_reg_param.cls_aware is {given}, but there are {columns} offsets for 4 classes"
    assert (said in caplog.text) is not fits
    assert fits is not bool(caplog.records)


def test_proposals_of_several_maps_are_the_best_of_all():
    fields = ("level_stride: [8, 16] ratio: 1 scale: [2, 3] min_size: 4 pre_nms_topn: 20 "
              "post_nms_topn: 9 nms_thresh: 0.5")
    shapes = [(2, 2, 5, 7), (2, 8, 5, 7), (2, 2, 3, 4), (2, 8, 3, 4), (2, 3)]
    layer = make("Proposal", fields, *shapes, tops=2, phase="TEST")
    generator = np.random.default_rng(3)
    arrays = [generator.random(shape) if shape[1] == 2 else generator.standard_normal(shape) / 3
              for shape in shapes[:-1]]
    info = np.array([[40, 56, 1], [36, 50, 1.5]])
    found, scores = layer(*map(torch.tensor, [*arrays, info]))
    expected = []
    for image, (height, width, scale) in enumerate(info):
        kept = []
        for stride, score, offsets in ((8, *arrays[:2]), (16, *arrays[2:])):
            boxes = []
            for (y, x), (a, anchor) in ((cell, one) for cell in np.ndindex(*score.shape[2:])
                                        for one in enumerate(anchor_corners(stride, [1.0],
                                                                            [2.0, 3.0]))):
                shifted = np.array(anchor) + [x * stride, y * stride] * 2
                move = offsets[image, 4 * a:4 * a + 4, y, x]
                size = shifted[2:] - shifted[:2] + 1
                middle = shifted[:2] + size / 2 + move[:2] * size
                half = np.exp(move[2:]) * size / 2
                box = np.clip([*(middle - half), *(middle + half)], 0,
                              [width - 1, height - 1] * 2)
                big = (box[2:] - box[:2] + 1 >= 4 * scale).all()
                boxes.append((score[image, a, y, x] if big else 0.0, tuple(box)))
            of_map = []
            for score_of, box in sorted(boxes, key=lambda one: -one[0])[:20]:
                if all(pixel_overlap(box, other) <= 0.5 for _, other in of_map):
                    of_map.append((score_of, box))
            kept += of_map
        best = sorted(kept, key=lambda one: -one[0])[:9]
        expected += [(image, *box, score) for score, box in best]
    np.testing.assert_allclose(found, np.array(expected)[:, :5])
    np.testing.assert_allclose(scores, np.array(expected)[:, 5])


def test_proposal_refuses_another_number_of_bottoms():
    with pytest.raises(SpecError, match="is given 3 times; 2 maps need 5"):
        make("Proposal", "level_stride: [8, 16] ratio: 1 scale: 2", (2, 1, 5, 7), (2, 4, 5, 7),
             (2, 3))
