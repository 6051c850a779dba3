"""Learned duplicate removal against the definition of Hu et al. 2018 in loops, and its errors."""

import math

import numpy as np
import onnx
import pytest
import torch

from framework.errors import DataError, SpecError
from framework.export.onnx_model import Options, to_model
from tests.definitions import pixel_overlap
from tests.export.support import run_onnx, run_ours
from tests.layers.rcnn.test_region_output import REGRESSION, example, moved
from tests.support import layer_text, make, net_from

CLASSES, FIRST = 4, 25          # of 40 regions in two images: some lists are not full
RANKED = f"duplicate_removal_param {{ num_classes: 4 first_n: {FIRST} rank_dim: 6 " \
         "wave_length: 100 } " + REGRESSION
LOSS = "duplicate_removal_param { num_classes: 3 first_n: 7 overlap_threshold: [0.5, 0.6, 0.8] }"
OUTPUT = "duplicate_removal_param { num_classes: 3 first_n: 7 } " \
         "detection_output_param { confidence_threshold: 0.3 keep_top_k: 5 }"
FEATURES = np.random.default_rng(8).standard_normal((40, 3))


def slow_ranking(features, offsets, scores, rois, info):
    """Features, boxes and scores of each image, class and rank, one after the other."""
    rows = []
    for image, (height, width, _) in enumerate(info):
        own = np.flatnonzero(rois[:, 0] == image)
        for label in range(1, CLASSES):
            order = sorted(own, key=lambda index, label=label: -scores[index, label])[:FIRST]
            item = image * (CLASSES - 1) + label - 1
            for index in order:
                column = 4 * label if offsets.shape[1] == 4 * CLASSES else offsets.shape[1] - 4
                box = moved(rois[index, 1:], offsets[index, column:column + 4])
                box = [min(max(side, 0), size - 1) for side, size
                       in zip(box, (width, height) * 2, strict=True)]
                rows.append([*features[index], item, *box, scores[index, label]])
            rows += [[0, 0, 0, -1, 0, 0, 0, 0, 0]] * (FIRST - len(order))
    return np.array(rows)


@pytest.mark.parametrize("columns", [16, 8, 4])
def test_boxes_of_each_class_come_by_falling_score_with_their_ranks(columns):
    arrays = [FEATURES, *example(columns)]
    layer = make("RankedBoxes", RANKED, *[array.shape for array in arrays], tops=4)
    features, boxes, scores, ranks = layer(*map(torch.tensor, arrays))
    expected = slow_ranking(*arrays)
    assert (expected[:, 3] == -1).any() and len(expected) == 2 * (CLASSES - 1) * FIRST
    np.testing.assert_allclose(torch.cat([features, boxes, scores[:, None]], 1), expected,
                               rtol=1e-6)
    waves = [100 ** (2 * index / 6) for index in range(3)]
    for row in (0, 7, FIRST - 1, FIRST + 2):
        rank = row % FIRST
        np.testing.assert_allclose(ranks[row], [*(math.sin(rank / wave) for wave in waves),
                                                *(math.cos(rank / wave) for wave in waves)])


def test_features_and_scores_of_boxes_take_the_gradients():
    arrays = [torch.tensor(array) for array in (FEATURES, *example())]
    layer = make("RankedBoxes", RANKED, *[tuple(array.shape) for array in arrays], tops=4)
    for index in (0, 2):
        arrays[index].requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x, p: layer(x, arrays[1], p, *arrays[3:])[::2], (arrays[0], arrays[2]))


def a_list(seed=3, images=2):
    """Boxes of lists of 7, the last ones of some lists missing, and boxes of objects."""
    generator = np.random.default_rng(seed)
    truth = []
    for image in range(images):
        for label in (1, 2, 2):
            low = generator.random(2) * 30
            truth.append([image, *low, *(low + 15 + 10 * generator.random(2)), label, 0, 0])
    truth.append([0, 2, 2, 30, 30, 1, 1, 1])            # ignored
    truth.append([-1] * 6 + [0, 0])
    truth = np.array(truth)
    boxes = []
    for item in range(2 * images):
        own = [row for row in truth if row[0] * 2 + row[5] - 1 == item]
        for rank in range(7):
            box = own[generator.integers(len(own))][1:5] + 4 * generator.standard_normal(4)
            boxes.append([item, *box] if rank < 6 or item else [-1, 0, 0, 0, 0])
    return generator.random((len(boxes), 3)), np.array(boxes), truth


def slow_targets(boxes, truth, thresholds):
    """nms_multi_target's rule for one list after another; the rows are by falling score."""
    wanted = np.zeros((len(boxes), len(thresholds)))
    for start in range(0, len(boxes), 7):
        rows = [row for row in range(start, start + 7) if boxes[row][0] >= 0]
        item = boxes[rows[0]][0]
        own = [row[1:5] for row in truth if row[0] * 2 + row[5] - 1 == item and row[6] == 0]
        for number, threshold in enumerate(thresholds):
            taken = set()
            for row in rows:
                overlaps = [pixel_overlap(boxes[row][1:], box) for box in own]
                best = int(np.argmax(overlaps))
                if overlaps[best] > threshold and best not in taken:
                    wanted[row, number] = 1
                    taken.add(best)
    return wanted


def test_the_loss_asks_for_the_best_box_of_each_object():
    scores, boxes, truth = a_list()
    layer = make("DuplicateRemovalLoss", LOSS, *[one.shape for one in (scores, boxes, truth)])
    t = slow_targets(boxes, truth, (0.5, 0.6, 0.8))
    assert 0 < t.sum(0)[2] < t.sum(0)[0] < len(boxes) / 2
    each = 4 * t * np.log(scores + 1e-8) + (1 - t) * np.log(1 - scores + 1e-8)
    expected = -each[boxes[:, 0] >= 0].sum() / (2 * 7 * 3)
    given = torch.tensor(scores, requires_grad=True)
    rest = torch.tensor(boxes), torch.tensor(truth)
    np.testing.assert_allclose(layer(given, *rest).item(), expected, rtol=1e-9)
    assert torch.autograd.gradcheck(lambda s: layer(s, *rest), given)


def test_without_an_object_every_box_is_a_duplicate():
    scores, boxes, _ = a_list()
    nothing = torch.tensor([[-1.0] * 6 + [0, 0]], dtype=torch.float64)
    layer = make("DuplicateRemovalLoss", LOSS, scores.shape, boxes.shape, (1, 8))
    expected = -np.log(1 - scores + 1e-8)[boxes[:, 0] >= 0].sum() / (2 * 7 * 3)
    found = layer(torch.tensor(scores), torch.tensor(boxes), nothing).item()
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_detections_are_the_boxes_of_high_mean_scores():
    scores, boxes, _ = a_list()
    info = np.array([[60, 80, 1.0], [70, 90, 1.0]])
    layer = make("DuplicateRemovalOutput", OUTPUT, scores.shape, boxes.shape, info.shape, tops=2,
                 phase="TEST")
    rows, regions = layer(*map(torch.tensor, (scores, boxes, info)))
    expected = []
    for image, (height, width, _) in enumerate(info):
        own = [(box[0] % 2 + 1, mean, *box[1:]) for box, mean in zip(boxes, scores.mean(1),
               strict=True) if box[0] // 2 == image and mean > 0.3]
        best = sorted(own, key=lambda row: -row[1])[:5]
        for label, mean, *box in sorted(best, key=lambda row: (row[0], -row[1])):
            parts = (np.array(box) + [0, 0, 1, 1]) / [width, height, width, height]
            expected.append([image, label, mean, *parts])
    assert len(expected) == 10
    np.testing.assert_allclose(rows[0, 0], expected, rtol=1e-9)
    np.testing.assert_allclose(regions[:, 1:] + torch.tensor([0, 0, 1, 1]),
                               np.array(expected)[:, 3:] * info[np.repeat([0, 1], 5)][:, [
                                   1, 0, 1, 0]], rtol=1e-9)


def assert_same_in_onnx(kind, param, arrays, tops):
    net = net_from(layer_text(kind, param, [array.shape for array in arrays], tops), "TEST")
    inputs = {f"bottom{index}": array.astype(np.float32) for index, array in enumerate(arrays)}
    model = to_model(net, Options())
    onnx.checker.check_model(model, full_check=True)
    found = run_onnx(model, inputs)
    for name, expected in run_ours(net, inputs).items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("columns", [16, 4])
def test_onnx_runtime_ranks_boxes_alike(columns):
    assert_same_in_onnx("RankedBoxes", RANKED, [FEATURES, *example(columns)], 4)


@pytest.mark.parametrize("param", [OUTPUT, OUTPUT.replace("0.3", "2")])
def test_onnx_runtime_gives_the_same_detections(param):
    scores, boxes, _ = a_list()
    info = np.array([[60, 80, 1.0], [70, 90, 1.0]])
    assert_same_in_onnx("DuplicateRemovalOutput", param, [scores, boxes, info], 2)


@pytest.mark.parametrize("kind, param, shapes, message", [
    ("RankedBoxes", RANKED.replace("num_classes: 4", ""), ((6, 3), (6, 16), (6, 4), (6, 5), (2, 3)),
     "num_classes is 0; it must be at least 2"),
    ("RankedBoxes", RANKED.replace("rank_dim: 6", "rank_dim: 7"),
     ((6, 3), (6, 16), (6, 4), (6, 5), (2, 3)), "rank_dim is 7; it must be even"),
    ("RankedBoxes", RANKED.replace("wave_length: 100", "wave_length: 0"),
     ((6, 3), (6, 16), (6, 4), (6, 5), (2, 3)), "wave_length is 0; it must be above 0"),
    ("RankedBoxes", RANKED, ((5, 3), (6, 16), (6, 4), (6, 5), (2, 3)),
     r"they must be \(R, F\), \(R, 16\) or \(R, 8\), \(R, 4\), \(R, 5\) and \(N, 3\)"),
    ("DuplicateRemovalLoss", LOSS, ((15, 3), (15, 5), (4, 8)), "K a multiple of 2 classes x 7"),
    ("DuplicateRemovalLoss", LOSS, ((14, 2), (14, 5), (4, 8)),
     "overlap_threshold is given 3 times; 'bottom0' has 2 scores of each box"),
    ("DuplicateRemovalLoss", LOSS.replace("0.8", "1"), ((14, 3), (14, 5), (4, 8)),
     "it must be at least 0 and below 1"),
    ("DuplicateRemovalLoss", LOSS, ((14, 3), (14, 5), (4, 5)), r"it must be \(G, 8\)"),
    ("DuplicateRemovalOutput", OUTPUT, ((28, 3), (28, 5), (1, 3)), r"it must be \(N, 3\)"),
])
def test_what_does_not_fit_is_an_error_of_its_field(kind, param, shapes, message):
    with pytest.raises(SpecError, match=message):
        make(kind, param, *shapes, tops=4 if kind == "RankedBoxes" else 1, phase="TEST")


def test_a_region_of_an_image_that_is_not_there_is_an_error_of_the_data():
    arrays = [torch.tensor(array) for array in (FEATURES, *example())]
    layer = make("RankedBoxes", RANKED, *[tuple(array.shape) for array in arrays], tops=4)
    arrays[3][7, 0] = 2
    with pytest.raises(DataError, match="region 7"):
        layer(*arrays)
