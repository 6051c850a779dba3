"""CenterGridLoss against a loop over boxes and cells."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from tests.definitions import sigmoid, softmax
from tests.support import make, noise

SIZE = (5, 6)
STEP, ANCHOR = 8, 17
BOXES = [[.10, .05, .60, .55], [.30, .25, .80, .70], [.00, .60, .95, .99], [.5, .5, .52, .53],
         [.35, .10, .70, .60]]


def faces(points):
    """Two images with boxes and one without; the last rows hold none."""
    truth = np.full((3, 1, 5, 19 if points else 8), -1.0)
    rows = noise(5, 10, seed=8, requires_grad=False).sigmoid().numpy()
    for image, boxes in enumerate((BOXES[:4], [BOXES[4], BOXES[0]])):
        for index, box in enumerate(boxes):
            truth[image, 0, index, :8] = [image, 1, 0, *box, 0]
            if points:
                truth[image, 0, index, 8:] = [index != 1, *rows[index]]
    return truth


def smooth(x):
    return 0.5 * x * x if abs(x) < 1 else abs(x) - 0.5


def by_loops(x, truth, kind, points):
    """Sums of places, scores and points; how many cells are of boxes, and have points."""
    height, width = SIZE
    reach = STEP * (2 if kind == "SIGMOID" else 1) / ANCHOR
    sums, counts = np.zeros(3), np.zeros(2)
    for image in range(len(x)):
        label, taken = np.full(SIZE, 0.5), np.zeros(SIZE, bool)
        boxes = [row for row in truth[image, 0] if row[0] != -1]
        for row in boxes:
            x1, y1, x2, y2 = row[3:7] * [width, height, width, height]
            for h in range(int(y1), int(y2)):
                for w in range(int(x1), int(x2)):
                    label[h, w] = -10
            if not 8 <= max(int((x2 - x1) * STEP), int((y2 - y1) * STEP)) < 32:
                continue
            for h in range(int(y1), int(y2)):
                for w in range(int(x1), int(x2)):
                    if taken[h, w]:
                        continue
                    cell = x[image, :, h, w]
                    for index, side in enumerate((x1, y1, x2, y2)):
                        middle = (w, h)[index % 2] + 0.5
                        sums[0] += smooth(cell[index] - (middle - side) * reach)
                    if points and row[8] > 0 and (row[9:] > 0).all():
                        for index, place in enumerate(row[9:]):
                            middle = (w, h)[index % 2] + 0.5
                            sums[2] += smooth(cell[4 + index] - (
                                middle - place * (width, height)[index % 2]) * reach)
                        counts[1] += 1
                    label[h, w], taken[h, w] = 1, True
                    counts[0] += 1
        for h, w in np.ndindex(SIZE):
            last = x[image, 14 if points else 4:, h, w]
            if label[h, w] < 0 or (kind == "SIGMOID" and not boxes):
                continue
            if kind == "SIGMOID":
                p = sigmoid(last[0])
                p = p if label[h, w] == 1 else 1 - p
                sums[1] -= 2 * (1 - p) ** 4 * math.log(p)
            else:
                p = softmax(last, 0)[int(label[h, w])]
                sums[1] -= 0.25 * (1 - p) ** 2 * math.log(p)
    return sums, counts


@pytest.mark.parametrize("kind, points", [("SIGMOID", False), ("SOFTMAX", False),
                                          ("SOFTMAX", True)])
@pytest.mark.parametrize("mode", ["VALID", "BATCH_SIZE", "NONE"])
def test_cells_of_a_box_learn_its_sides_and_their_score(kind, points, mode):
    classes = 1 if kind == "SIGMOID" else 2
    x = noise(3, 4 + 10 * points + classes, *SIZE)
    truth = faces(points)
    text = (f"loss_param {{ normalization: {mode} }} center_object_loss_param {{ num_class: "
            f"{classes} bias_scale: 17.5 bias_num: 1 net_height: 40 net_width: 48 low_bbox_scale: "
            f"8 up_bbox_scale: 32 class_type: {kind} has_lm: {str(points).lower()} }}")
    layer = make("CenterGridLoss", text, tuple(x.shape), truth.shape)
    (places, scores, marks), (cells, known) = by_loops(x.detach().numpy(), truth, kind, points)
    assert cells > 8 and (not points or 0 < known < cells)
    num = {"VALID": (cells, known), "BATCH_SIZE": (3, 3), "NONE": (1, 1)}[mode]
    expected = (places + scores) / num[0] + 0.1 * marks / (num[1] or 1)
    given = torch.from_numpy(truth)
    assert layer(x, given).item() == pytest.approx(expected, rel=1e-6)
    assert torch.autograd.gradcheck(lambda one: layer(one, given), x)
    nothing = torch.full_like(given, -1)
    assert layer(x, nothing).item() == 0


def test_the_map_has_one_anchor():
    text = "center_object_loss_param { num_class: 1 bias_scale: 8 bias_scale: 9 net_height: 40 }"
    with pytest.raises(SpecError, match=r"bias_scale is \[8.0, 9.0\]; it must be one anchor"):
        make("CenterGridLoss", text, (2, 5, 3, 4), (2, 1, 3, 8))
    one = "center_object_loss_param { num_class: 1 bias_scale: 8 bias_num: 1 net_height: 40 }"
    with pytest.raises(SpecError, match=r"has the shape \(1, 1, 3, 8\); it must be \(2, 1, 3, 8"):
        make("CenterGridLoss", one, (2, 5, 3, 4), (1, 1, 3, 8))
