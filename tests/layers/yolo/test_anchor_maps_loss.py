"""YOLO losses over several maps, prediction by prediction from their definitions."""

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.errors import DataError, SpecError
from framework.net.net import Net
from framework.report.layer_samples import sample_document
from tests.community_examples.yolo import BOXES, ONE_BOX
from tests.definitions import overlap, sigmoid
from tests.support import make, noise

SHAPES = ((2, 14, 3, 4), (2, 7, 5, 8), (2, 15))
ANCHORS = (((0.3, 0.4), (0.8, 0.7)), ((0.1, 0.1),))
FIELDS = """yolo_detection_loss_param {
  loss_param { detection_param { anchors { width: 0.3 height: 0.4 } anchors { width: 0.8
    height: 0.7 } classes: 2 } ignore_threshold: 0.25 class_scale: 2 }
  loss_param { detection_param { anchors { width: 0.1 height: 0.1 } classes: 2 }
    noobject_scale: 0.5 coord_scale: 3 object_scale: 4 } }"""
SCALES = ((0.25, 1, 1, 1, 2), (0.5, 4, 0.5, 3, 1))


def boxes_of(row):
    found = []
    for label, *box in row.reshape(-1, 5):
        if label < 0:
            break
        found.append((int(label), box))
    return found


def expected(maps, labels):
    """The three sums over N, and the slopes of each map, not over N."""
    totals, slopes = np.zeros(3), [np.zeros_like(x) for x in maps]
    for level, (x, anchors) in enumerate(zip(maps, ANCHORS, strict=True)):
        low, of_object, of_none, of_place, of_class = SCALES[level]
        height, width = x.shape[2:]
        for n in range(len(x)):
            truth = boxes_of(labels[n])
            wanted = {}         # by anchor and cell: confidence, position, classes
            for a, i, j in np.ndindex(len(anchors), height, width):
                v = x[n, 7 * a:7 * a + 7, i, j]
                box = ((j + sigmoid(v[1])) / width, (i + sigmoid(v[2])) / height,
                       np.exp(v[3]) * anchors[a][0], np.exp(v[4]) * anchors[a][1])
                best = max((overlap(box, one) for _, one in truth), default=0.0)
                if best < low:
                    wanted[a, i, j] = [(0.0, of_none), None, set()]
            for label, box in truth:
                shapes = [(t, a, overlap((0, 0, *box[2:]), (0, 0, *size)))
                          for t, sizes in enumerate(ANCHORS) for a, size in enumerate(sizes)]
                t, a, _ = max(shapes, key=lambda one: one[2])
                if t != level:
                    continue
                j, i = int(box[0] * width), int(box[1] * height)
                before = wanted.get((a, i, j), [None, None, set()])
                place = (box[0] * width - j, box[1] * height - i, np.log(box[2] / anchors[a][0]),
                         np.log(box[3] / anchors[a][1]), of_place * (2 - box[2] * box[3]))
                wanted[a, i, j] = [(1.0, of_object), place, before[2] | {label}]
            for (a, i, j), ((goal, weight), place, classes) in wanted.items():
                v, s = x[n, 7 * a:7 * a + 7, i, j], slopes[level][n, 7 * a:7 * a + 7, i, j]
                p = sigmoid(v)
                totals[0] += weight * (p[0] - goal) ** 2 / 2
                s[0] += weight * (p[0] - goal) * p[0] * (1 - p[0])
                if place is None:
                    continue
                for k, at in ((1, p[1]), (2, p[2]), (3, v[3]), (4, v[4])):
                    totals[1] += place[4] * (at - place[k - 1]) ** 2 / 2
                    s[k] += place[4] * (at - place[k - 1]) * (p[k] * (1 - p[k]) if k < 3 else 1)
                for c in range(2):
                    away = p[5 + c] - (c in classes)
                    totals[2] += of_class * away ** 2 / 2
                    s[5 + c] += of_class * away * p[5 + c] * (1 - p[5 + c])
    return totals / len(maps[0]), slopes


def test_each_part_of_the_loss_is_a_top():
    maps = [noise(shape, seed=index) for index, shape in enumerate(SHAPES[:2])]
    tops = make("YoloDetectionLoss", FIELDS, *SHAPES, tops=3)(*maps, BOXES)
    totals, slopes = expected([x.detach().numpy() for x in maps], BOXES.numpy())
    np.testing.assert_allclose([top.item() for top in tops], totals, rtol=1e-6)
    sum(tops).backward()
    for x, slope in zip(maps, slopes, strict=True):
        np.testing.assert_allclose(x.grad, slope, rtol=1e-5, atol=1e-9)
        assert np.count_nonzero(slope) > 10


def test_of_two_boxes_for_an_anchor_the_later_counts_and_both_classes():
    twice = torch.tensor([[1, 0.4, 0.3, 0.3, 0.4, 0, 0.42, 0.31, 0.33, 0.42, -1, 0, 0, 0, 0]] * 2)
    maps = [noise(shape, seed=index) for index, shape in enumerate(SHAPES[:2])]
    tops = make("YoloDetectionLoss", FIELDS, *SHAPES, tops=3)(*maps, twice.double())
    totals, _ = expected([x.detach().numpy() for x in maps], twice.double().numpy())
    np.testing.assert_allclose([top.item() for top in tops], totals, rtol=1e-6)


def test_every_top_counts_where_no_weight_is_stated():
    net = Net(sample_document("YoloDetectionLoss"), phase="TRAIN")
    assert net.loss_weights == {"confidence": 1, "position": 1, "class": 1}
    text = (sample_document("YoloDetectionLoss").message.layer[-1])
    assert list(text.loss_weight) == []


def test_the_most_confident_prediction_is_measured():
    maps = [noise(shape, seed=index) for index, shape in enumerate(SHAPES[:2])]
    fields = FIELDS.replace("yolo_detection_loss_param", "yolo_accuracy_param")
    for name in ("ignore_threshold: 0.25 class_scale: 2", "noobject_scale: 0.5 coord_scale: 3 "
                 "object_scale: 4"):
        fields = fields.replace(name, "")
    fields = fields.replace("loss_param { detection_param {", "detection_param {").replace(
        "classes: 2 }  }", "classes: 2 }").replace("classes: 2 }\n     }", "classes: 2 }")
    top = make("YoloAccuracy", fields, *SHAPES)(*maps, ONE_BOX)
    total = 0.0
    for n in range(2):
        best = (-1.0, None)
        for x, anchors in zip(maps, ANCHORS, strict=True):
            array = x.detach().numpy()
            height, width = array.shape[2:]
            for a, i, j in np.ndindex(len(anchors), height, width):
                v = array[n, 7 * a:7 * a + 7, i, j]
                box = ((j + sigmoid(v[1])) / width, (i + sigmoid(v[2])) / height,
                       np.exp(v[3]) * anchors[a][0], np.exp(v[4]) * anchors[a][1])
                if sigmoid(v[0]) > best[0]:
                    best = (sigmoid(v[0]), box)
        low, high = (np.clip([best[1][k] + side * best[1][k + 2] / 2 for k in (0, 1)], 0, 1)
                     for side in (-1, 1))
        cut = (*(low + high) / 2, *(high - low))
        total += overlap(cut, boxes_of(ONE_BOX[n].numpy())[0][1])
    np.testing.assert_allclose(top.item(), total / 2, rtol=1e-5)
    with pytest.raises(DataError, match="item 0 of 'bottom2' has 3 boxes; it must have one"):
        make("YoloAccuracy", fields, *SHAPES)(*maps, BOXES)


def test_images_with_boxes_are_known_by_shape():
    text = """layer { name: "d" type: "DetectionData" top: "x" top: "y" detection_data_param {
        meta_source: "meta.txt" batch_size: 3 shuffle: true net_height: 36 net_width: 64
        augmentation_param { jitter: 0.3 } } }"""
    net = Net(parse_net(text), phase="TRAIN", skip_data=True)
    assert list(net.shapes.values()) == [(3, 3, 36, 64), (3, 150, 1, 1)]
    with pytest.raises(SpecError, match="known by the shapes of its tops only"):
        Net(parse_net(text), phase="TRAIN")


@pytest.mark.parametrize("old, new, shapes, words", [
    ("classes: 2 }\n", "classes: 3 }\n", SHAPES, r"it must be \(2, 8, H, W\)"),
    ("loss_param { detection_param { anchors { width: 0.1 height: 0.1 } classes: 2 }\n    "
     "noobject_scale: 0.5 coord_scale: 3 object_scale: 4 }", "", SHAPES, "is given 1 times; there"),
    ("object_scale: 4", "class_loss_type: SoftmaxLoss", SHAPES, "which nothing computes"),
    ("", "", (*SHAPES[:2], (2, 16)), r"they must be \(2, 5 \* T\)"),
])
def test_settings_that_do_not_fit_are_refused(old, new, shapes, words):
    with pytest.raises(SpecError, match=words):
        make("YoloDetectionLoss", FIELDS.replace(old, new), *shapes, tops=3)


def test_a_class_beyond_those_there_are_is_an_error():
    maps = [noise(shape) for shape in SHAPES[:2]]
    wrong = BOXES.clone()
    wrong[1, 0] = 2
    with pytest.raises(DataError, match="detection_param.classes is too small"):
        make("YoloDetectionLoss", FIELDS, *SHAPES, tops=3)(*maps, wrong)
