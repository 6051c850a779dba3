"""GridEvalDetection against a loop over cells and boxes."""

import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

SIDE, CLASSES, OBJECTS = 2, 2, 2
CELLS = SIDE * SIDE


def iou(a, b):
    across = min(a[0] + a[2] / 2, b[0] + b[2] / 2) - max(a[0] - a[2] / 2, b[0] - b[2] / 2)
    down = min(a[1] + a[3] / 2, b[1] + b[3] / 2) - max(a[1] - a[3] / 2, b[1] - b[3] / 2)
    common = max(across, 0) * max(down, 0)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def by_loops(x, labels, nms, threshold, kind, constriant, root):
    classes = x[:CLASSES * CELLS].reshape(CLASSES, CELLS)
    objects = x[CLASSES * CELLS:(CLASSES + OBJECTS) * CELLS].reshape(OBJECTS, CELLS)
    places = x[(CLASSES + OBJECTS) * CELLS:].reshape(OBJECTS, 4, CELLS)
    truth = [(int(labels[2 * CELLS + cell]), labels[3 * CELLS + 4 * cell:][:4], labels[cell] == 1)
             for cell in range(CELLS) if labels[CELLS + cell]]
    counts = [sum(label == number and not hard for label, _, hard in truth)
              for number in range(CLASSES)]
    found = []
    for cell in range(CELLS):
        label = int(np.argmax(classes[:, cell]))
        for number in range(OBJECTS):
            best, sure = classes[label, cell], objects[number, cell]
            score = {"OBJ": sure, "PROB": best, "MULTIPLY": sure * best}[kind]
            a, b, w, h = places[number, :, cell]
            if constriant:
                a, b = (cell % SIDE + a) / SIDE, (cell // SIDE + b) / SIDE
            found.append((score, label, (a, b, w ** 2, h ** 2) if root else (a, b, w, h)))
    found.sort(key=lambda one: -one[0])
    kept = []
    for one in found:
        if nms < 0 or all(iou(one[2], other[2]) < nms for other in kept):
            kept.append(one)
    rows, taken = [], set()
    for score, label, box in sorted(kept, key=lambda one: one[1]):
        own = [(iou(box, other), -index) for index, (mark, other, _) in enumerate(truth)
               if mark == label]
        right = wrong = 0
        if not own or max(own)[0] < threshold:
            wrong = 1
        elif not truth[-max(own)[1]][2]:
            right, wrong = (0, 1) if -max(own)[1] in taken else (1, 0)
            taken.add(-max(own)[1])
        rows.append([label, score, right, wrong])
    rows += [[0] * 4] * (CELLS * OBJECTS - len(rows))
    return np.array(counts + sum(rows, []))


def cells_and_labels():
    """Predictions near the boxes of cells, one of which is difficult; an image without boxes."""
    x = noise(3, (CLASSES + 5 * OBJECTS) * CELLS, seed=6, requires_grad=False).abs() + 0.1
    labels = torch.zeros(3, 7 * CELLS, dtype=torch.float64)
    boxes = torch.tensor([[.2, .3, .3, .4], [.8, .2, .4, .3], [.3, .8, .3, .3], [.7, .7, .5, .4]])
    for item in range(2):
        labels[item, CELLS:2 * CELLS] = torch.tensor([1, 1, item, 1])
        labels[item, 2 * CELLS:3 * CELLS] = torch.tensor([0, 1, 1, item])
        labels[item, 3 * CELLS:] = boxes.flatten()
    labels[0, 1] = 1
    return x, labels


@pytest.mark.parametrize("kind, nms, constriant, root", [
    ("MULTIPLY", 0.5, "true", "true"), ("OBJ", -1, "false", "false"),
    ("PROB", 0.3, "true", "false"), ("OBJ", 0.9, "false", "true")])
def test_detections_are_judged_by_the_boxes_of_their_class(kind, nms, constriant, root):
    x, labels = cells_and_labels()
    layer = make("GridEvalDetection", f"eval_detection_param {{ side: 2 num_class: 2 num_object: 2 "
                 f"threshold: 0.2 nms: {nms} score_type: {kind} sqrt: {root} "
                 f"constriant: {constriant} }}", tuple(x.shape), tuple(labels.shape))
    top = layer(x, labels)
    for item in range(3):
        expected = by_loops(x[item].numpy(), labels[item].numpy(), nms, np.float32(0.2), kind,
                            constriant == "true", root == "true")
        np.testing.assert_allclose(top[item].numpy(), expected, rtol=1e-6)


def test_right_wrong_and_difficult_ones_are_told_apart():
    x, labels = cells_and_labels()
    x = x[:1].clone()
    x[:, :CELLS] = torch.tensor([5.0, 1, 5, 5])     # class 0, but for the second cell
    x[:, CELLS:2 * CELLS] = 2.0
    boxes = torch.tensor([[.2, .3, .3, .4], [.8, .2, .4, .3], [.3, .8, .3, .3], [.7, .7, .5, .4]])
    places = boxes.t().expand(OBJECTS, 4, CELLS).flatten()
    x[0, -len(places):] = places
    layer = make("GridEvalDetection", "eval_detection_param { side: 2 num_class: 2 num_object: 2 "
                 "threshold: 0.5 nms: -1 score_type: OBJ sqrt: false constriant: false }",
                 tuple(x.shape), (1, 28))
    rows = layer(x, labels[:1])[0, CLASSES:].reshape(-1, 4)
    assert layer(x, labels[:1])[0, :CLASSES].tolist() == [2, 0]
    judged = [tuple(map(int, row[[0, 2, 3]].tolist())) for row in rows]
    # two for each cell: the first of both is right; the third cell has no box; one is difficult
    assert sorted(judged) == [(0, 0, 1)] * 4 + [(0, 1, 0)] * 2 + [(1, 0, 0)] * 2


def test_a_class_beyond_num_class_and_other_sizes_are_refused():
    text = "eval_detection_param { side: 2 num_class: 2 num_object: 2 }"
    x, labels = cells_and_labels()
    labels[1, 2 * CELLS + 1] = 2
    layer = make("GridEvalDetection", text, tuple(x.shape), tuple(labels.shape))
    with pytest.raises(DataError, match="num_class is too small"):
        layer(x, labels)
    with pytest.raises(SpecError, match=r"need \(3, 48\)"):
        make("GridEvalDetection", text, (3, 47), (3, 28))
