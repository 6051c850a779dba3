"""The detections of YOLO v2 and v3 against their definitions, box by box."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests import slow_boxes
from tests.definitions import sigmoid
from tests.support import make, noise

ANCHORS = [(1.125, 0.875), (2.25, 3.125), (4.25, 2.5), (0.75, 1.875)]


def softmax(x):
    powers = np.exp(np.array(x) - max(x))
    return powers / powers.sum()


def candidates(maps, num_box, anchors, version, zoom=1, by_class=False):
    """[(score, label, corners)] of one image's maps (channels, h, w), best first."""
    result = []
    for one, own in zip(maps, anchors, strict=True):
        channels, height, width = one.shape
        for y in range(height):
            for x in range(width):
                for box, (w, h) in enumerate(own):
                    size = channels // num_box
                    row = one[box * size:(box + 1) * size, y, x].tolist()
                    inner = [zoom * (sigmoid(value) - 0.5) + 0.5 for value in row[:2]]
                    middle = (x + inner[0]) / width, (y + inner[1]) / height
                    half = math.exp(row[2]) * w / width / 2, math.exp(row[3]) * h / height / 2
                    corners = [middle[0] - half[0], middle[1] - half[1],
                               middle[0] + half[0], middle[1] + half[1]]
                    if version == 2 and by_class:
                        scored = [(sigmoid(row[4]) * chance, label + 1)
                                  for label, chance in enumerate(softmax(row[5:]))]
                    elif version == 2:
                        chances = softmax(row[5:])
                        label = int(chances.argmax())
                        scored = [(sigmoid(row[4]) * chances[label], label + 1)]
                    else:
                        scored = [(sigmoid(row[4]) * sigmoid(value), label + 1)
                                  for label, value in enumerate(row[5:])]
                    result += [(score, label, corners) for score, label in scored]
    return sorted(result, key=lambda entry: -entry[0])


def expected(maps, num_box, anchors, version, least, nms):
    rows = []
    for image in range(len(maps[0])):
        found = [entry for entry in candidates([one[image] for one in maps], num_box, anchors,
                                               version) if entry[0] > least]
        for index in slow_boxes.suppress([corners for _, _, corners in found], nms):
            score, label, corners = found[index]
            rows.append([image, label, score, *corners])
    return np.array(rows)


@pytest.mark.parametrize("num_maps", [1, 2])
def test_yolo_v2_follows_its_definition(num_maps):
    maps = [noise(2, 3 * (5 + 4), *size, seed=size[0], requires_grad=False) * 1.5
            for size in ((3, 5), (4, 2))[:num_maps]]
    biases = " ".join(f"biases: {w} biases: {h}" for w, h in ANCHORS[:3])
    layer = make("YoloDetectionOutput", f"num_classes: 4 num_box: 3 confidence_threshold: 0.2 "
                 f"nms_threshold: 0.3 {biases}", *(tuple(one.shape) for one in maps))

    rows = layer(*maps)[0, 0]

    wanted = expected(maps, 3, [ANCHORS[:3]] * num_maps, 2, 0.2, 0.3)
    assert len(wanted) > 8
    np.testing.assert_allclose(rows, wanted, rtol=1e-6)


def test_yolo_v3_follows_its_definition():
    maps = [noise(2, 2 * (5 + 3), *size, seed=size[0], requires_grad=False) * 1.5
            for size in ((3, 5), (6, 4))]
    biases = " ".join(f"biases: {w * 32} biases: {h * 32}" for w, h in ANCHORS)
    layer = make("Yolov3DetectionOutput", "num_classes: 3 num_box: 2 confidence_threshold: 0.3 "
                 "nms_threshold: 0.4 mask: 2 mask: 1 mask: 0 mask: 3 anchors_scale: 32 "
                 f"anchors_scale: 16 mask_group_num: 2 {biases}",
                 *(tuple(one.shape) for one in maps))

    rows = layer(*maps)[0, 0]

    doubled = [(w * 2, h * 2) for w, h in ANCHORS]
    anchors = [[ANCHORS[2], ANCHORS[1]], [doubled[0], doubled[3]]]
    wanted = expected(maps, 2, anchors, 3, 0.3, 0.4)
    assert len(wanted) > 8
    np.testing.assert_allclose(rows, wanted, rtol=1e-6)
    other = make("Yolov3DetectionOutput", "num_classes: 3 num_boxes: 2 confidence_threshold: 0.3 "
                 "nms_threshold: 0.4 masks: 2 masks: 1 masks: 0 masks: 3 anchors_scale: 32 "
                 f"anchors_scale: 16 {biases}", *(tuple(one.shape) for one in maps))
    np.testing.assert_allclose(other(*maps)[0, 0], wanted, rtol=1e-6)


@pytest.mark.parametrize("version", [2, 3])
def test_darknets_classes_are_suppressed_each_by_itself(version):
    maps = noise(2, 2 * (5 + 3), 3, 5, seed=3, requires_grad=False) * 1.5
    biases = " ".join(f"biases: {w} biases: {h}" for w, h in ANCHORS[:2])
    kind, more = ("YoloDetectionOutput", "") if version == 2 else (
        "Yolov3DetectionOutput", "mask: 0 mask: 1 anchors_scale: 1 mask_group_num: 1 "
        "scale_x_y: 1.25")
    layer = make(kind, "num_classes: 3 num_box: 2 confidence_threshold: 0.1 nms_threshold: 0.3 "
                 f"class_agnostic: false {more} {biases}", tuple(maps.shape))
    wanted = []
    for image in range(2):
        found = candidates([maps[image]], 2, [ANCHORS[:2]], version,
                           1.25 if version == 3 else 1, by_class=True)
        rows = []
        for label in (1, 2, 3):
            own = [entry for entry in found if entry[0] > 0.1 and entry[1] == label]
            for index in slow_boxes.suppress([corners for _, _, corners in own], 0.3):
                rows.append([image, label, own[index][0], *own[index][2]])
        wanted += sorted(rows, key=lambda row: -row[2])
    assert len(wanted) > 20
    np.testing.assert_allclose(layer(maps)[0, 0], wanted, rtol=1e-6)


def test_an_overlap_equal_to_the_threshold_is_left_out():
    maps = torch.zeros(1, 2 * 6, 1, 1, dtype=torch.float64)       # two boxes in one place
    maps[0, 4] = 1
    layer = make("YoloDetectionOutput", "num_classes: 1 num_box: 2 nms_threshold: 1 biases: 1 "
                 "biases: 1 biases: 1 biases: 1", (1, 12, 1, 1))

    assert layer(maps).shape == (1, 1, 1, 7)


def test_without_boxes_each_image_has_a_row_of_minus_one():
    layer = make("YoloDetectionOutput", "num_classes: 1 num_box: 1 biases: 1 biases: 1",
                 (3, 6, 2, 2))

    rows = layer(torch.full((3, 6, 2, 2), -20.0))

    assert rows[0, 0].tolist() == [[image, *[-1.0] * 6] for image in range(3)]


@pytest.mark.parametrize("kind, text, message", [
    ("YoloDetectionOutput", "num_classes: 4 num_box: 3", "has 0 numbers; it must have a width"),
    ("YoloDetectionOutput", "num_classes: 5 num_box: 3", "need 30 channels"),
    ("Yolov3DetectionOutput", "num_classes: 4 mask_group_num: 2", "mask_group_num gives 2; 1 bot"),
    ("Yolov3DetectionOutput", "num_classes: 4 mask_group_num: 1 anchors_scale: 3 mask: 0",
     "mask gives 1; 1 bottoms of 3 boxes need 3"),
    ("Yolov3DetectionOutput", "num_classes: 4 mask_group_num: 1 mask: 0 masks: 0",
     "are other names of mask and num_box; both are given"),
    ("Yolov3DetectionOutput", "num_classes: 4 gaussian_box: true", "gaussian_box is true"),
])
def test_wrong_fields_are_errors_that_name_them(kind, text, message):
    with pytest.raises(SpecError, match=message):
        make(kind, text, (2, 27, 3, 5))
