"""YoloSeg, SegmentationEvaluate and EvalDetection against loops over the definition."""

import math

import cv2
import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.definitions import sigmoid
from tests.support import array, make, noise

SIZE = (2, 3, 5, 4)


def masks(*shape, seed=9):
    return (noise(*shape, seed=seed) > 0.3).double().detach()


def test_yolo_seg_sums_squared_errors_and_passes_the_error_back():
    layer = make("YoloSeg", "object_scale: 2", SIZE, SIZE)
    x, mask = noise(SIZE), masks(SIZE)
    steps = 2 * (sigmoid(array(x)) - array(mask))
    loss = layer(x, mask)
    np.testing.assert_allclose(array(loss), (steps ** 2).sum() / 2, rtol=1e-12)
    (3 * loss).backward()
    np.testing.assert_allclose(array(x.grad), 3 * steps / 2, rtol=1e-12)


def test_yolo_seg_weighs_the_pixels_of_rare_classes():
    layer = make("YoloSeg", "object_scale: 2", SIZE, SIZE, (2, 3))
    x, mask = noise(SIZE), masks(SIZE)
    pixels = array(mask).sum((2, 3))
    expected = 0
    for c in range(3):
        weight = 2 - pixels[:, c].sum() / (20 - pixels[:, c]).sum()
        for n, h, w in np.ndindex(2, 5, 4):
            real = array(mask)[n, c, h, w]
            scale = 2 * weight if real else 2
            expected += (scale * (sigmoid(array(x)[n, c, h, w]) - real)) ** 2
    found = layer(x, mask, torch.tensor(pixels))
    np.testing.assert_allclose(array(found), expected / 2, rtol=1e-12)


def test_segmentation_evaluate_is_the_overlap_of_the_first_item():
    layer = make("SegmentationEvaluate", "threshold: 0.25", SIZE, SIZE)
    scores, mask = noise(SIZE).detach().sigmoid(), masks(SIZE)
    mask[0, 2] = 0
    found, real = array(scores)[0] > 0.25, array(mask)[0] > 0.25
    expected = (found & real).sum((1, 2)) / (found | real).sum((1, 2))
    assert expected[2] == 0 and 0 < expected[0] < 1
    np.testing.assert_allclose(array(layer(scores, mask)).ravel(), expected)


def test_segmentation_evaluate_resizes_levels_by_opencv_and_marks_empty_masks():
    layer = make("SegmentationEvaluate", "threshold: 0.25", SIZE, (2, 3, 10, 12))
    scores, mask = noise(SIZE).detach().sigmoid(), masks(2, 3, 10, 12)
    mask[0, 1] = 0
    expected = []
    for plane, real in zip(array(scores)[0], array(mask)[0], strict=True):
        levels = np.array([[int(value * 255) for value in row] for row in plane], np.uint8)
        found = cv2.resize(levels, (12, 10), interpolation=cv2.INTER_AREA) > 63
        real = real > 0.25
        expected.append((found & real).sum() / (found | real).sum() if real.any() else -1)
    np.testing.assert_allclose(array(layer(scores, mask)).ravel(), expected)


BIASES = [(1.0, 2.0), (2.5, 1.25)]
PARAM = ("side: 3 num_class: 3 num_object: 2 threshold: 0.25 nms: 0.5 "
         + " ".join(f"biases: {w} biases: {h}" for w, h in BIASES))
MAPS = (2, 16, 3, 3)
BOXES = [[0, 1, 0, .1, .1, .6, .7, 0], [0, 3, 0, .3, .2, .9, .8, 0], [1, 2, 0, 0, .3, .5, .9, 0],
         [0, 1, 1, .15, .1, .6, .75, 0], [-1] * 8]


def iou(a, b):
    w, h = (min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1))
    common = max(w, 0) * max(h, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def detections(x, kind):
    """Class, score and corners of one item, by the definition."""
    found = []
    for row, column, n in np.ndindex(3, 3, 2):
        cell = x[8 * n:8 * n + 8, row, column]
        cx, cy = (column + sigmoid(cell[0])) / 3, (row + sigmoid(cell[1])) / 3
        w, h = (math.exp(cell[2 + k]) * BIASES[n][k] / 3 for k in (0, 1))
        softmax = np.exp(cell[5:]) / np.exp(cell[5:]).sum()
        score = {"OBJ": sigmoid(cell[4]), "PROB": softmax.max(),
                 "MULTIPLY": sigmoid(cell[4]) * softmax.max()}[kind]
        found.append((score, int(softmax.argmax()), (cx - w / 2, cy - h / 2, cx + w / 2,
                                                     cy + h / 2)))
    kept = []
    for one in sorted(found, key=lambda one: -one[0]):
        if all(iou(one[2], other[2]) < 0.5 for other in kept):
            kept.append(one)
    return sorted((one for one in kept if one[0] >= 0.005), key=lambda one: one[1])


@pytest.mark.parametrize("kind", ["OBJ", "PROB", "MULTIPLY"])
def test_eval_detection_counts_boxes_and_judges_each_detection(kind):
    layer = make("EvalDetection", PARAM + f" score_type: {kind}", MAPS, (1, 1, 5, 8))
    x = noise(MAPS) * 0.7
    top = array(layer(x, torch.tensor(BOXES, dtype=torch.float64).view(1, 1, 5, 8)))
    assert top.shape == (2, 3 + 72)
    np.testing.assert_array_equal(top[:, :3], [[2, 0, 1], [0, 1, 0]])
    seen = set()
    for item in range(2):
        expected, taken = [], set()
        for score, label, box in detections(array(x)[item], kind):
            real = [index for index, one in enumerate(BOXES)
                    if one[0] == item and one[1] == label + 1]
            verdict = (0, 0) if real else (0, 1)
            best = max(real, key=lambda index: iou(box, BOXES[index][3:7]), default=None)
            if real and iou(box, BOXES[best][3:7]) >= 0.25:
                verdict = (0, 1) if best in taken else (1, 0)
                taken.add(best)
            expected.append([label, score, *verdict])
            seen.add((bool(real), *verdict))
        rows = top[item, 3:].reshape(-1, 4)
        np.testing.assert_allclose(rows[:len(expected)], expected, rtol=1e-9)
        assert (rows[len(expected):] == 0).all()
    assert {(True, 1, 0), (True, 0, 0), (False, 0, 1)} <= seen


def test_eval_detection_has_no_detections_without_suppression():
    layer = make("EvalDetection", PARAM.replace("nms: 0.5", ""), MAPS, (1, 1, 5, 8))
    top = layer(noise(MAPS), torch.tensor(BOXES, dtype=torch.float64).view(1, 1, 5, 8))
    assert (top[:, 3:] == 0).all() and top[0, 0] == 2


def test_masks_and_evaluations_name_what_does_not_fit():
    with pytest.raises(SpecError, match="one number for each of 3 classes of 2 items"):
        make("YoloSeg", "", SIZE, SIZE, (2, 4))
    with pytest.raises(SpecError, match="both must be .* with as many channels"):
        make("SegmentationEvaluate", "", SIZE, (2, 4, 5, 4))
    with pytest.raises(SpecError, match=r"num_class: 3 need \(N, 16, 3, 3\)"):
        make("EvalDetection", PARAM, (2, 16, 3, 4), (1, 1, 5, 8))
    with pytest.raises(SpecError, match="biases has 4 numbers; it must have .* each of 3 anchors"):
        make("EvalDetection", PARAM.replace("object: 2", "object: 3"), (2, 24, 3, 3), (1, 1, 5, 8))
    layer = make("EvalDetection", PARAM, MAPS, (1, 1, 5, 8))
    wrong = torch.tensor(BOXES, dtype=torch.float64).view(1, 1, 5, 8).clone()
    wrong[0, 0, 1, 1] = 4
    with pytest.raises(DataError, match=r"has the value 4 at row 1 .*num_class is too small"):
        layer(noise(MAPS), wrong)


@pytest.mark.parametrize("threshold", ["inf", "nan"])
def test_segmentation_evaluate_takes_finite_thresholds_alone(threshold):
    with pytest.raises(SpecError, match=f"threshold is {threshold}; it must be a finite number"):
        make("SegmentationEvaluate", f"threshold: {threshold}", SIZE, SIZE)
