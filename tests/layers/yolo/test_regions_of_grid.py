"""RoiGen against a loop over its definition, and the shapes of DecodeRois."""

import numpy as np
import pytest

from framework.errors import SpecError
from tests.definitions import overlap
from tests.support import make, noise

FIELDS = "num_class: 0 num_object: 2 anchor_x: 1 anchor_x: 2.5 anchor_y: 2 anchor_y: 1.5 " \
         "thresh: 0.45 net_w: 64 net_h: 48"
GRID = (2, 10, 3, 4)
ANCHORS = ((1, 2), (2.5, 1.5))


def regions_of(grid):
    """The regions by Darknet's loops: boxes of all anchors and cells, suppressed by score."""
    rows = []
    for image, maps in enumerate(grid.reshape(2, 2, 5, 3, 4)):
        boxes, scores = [], []
        for anchor in range(2):
            for row in range(3):
                for column in range(4):
                    x, y, w, h, score = maps[anchor, :, row, column]
                    boxes.append(((column + 1 / (1 + np.exp(-x))) / 4,
                                  (row + 1 / (1 + np.exp(-y))) / 3,
                                  np.exp(w) * ANCHORS[anchor][0] / 4,
                                  np.exp(h) * ANCHORS[anchor][1] / 3))
                    score = 1 / (1 + np.exp(-score))
                    scores.append(score if score > 0.45 else 0)
        order = sorted(range(24), key=lambda index: -scores[index])
        for place, index in enumerate(order):
            for other in order[place + 1:]:
                if scores[index] and overlap(boxes[index], boxes[other]) > 0.4:
                    scores[other] = 0
        for (x, y, w, h), score in zip(boxes, scores, strict=True):
            if score:
                rows.append([image, max(0, x - w / 2) * 64, max(0, y - h / 2) * 48,
                             min(1, x + w / 2) * 64, min(1, y + h / 2) * 48])
    return np.array(rows)


@pytest.mark.parametrize("most", [3, 40])
def test_regions_are_the_boxes_that_no_better_one_overlaps(most):
    grid = noise(GRID, seed=5, requires_grad=False)
    rois, found = make("RoiGen", f"{FIELDS} prop_num: {most}", GRID, tops=2)(grid)
    expected = regions_of(grid.numpy())
    assert 3 < len(expected) < 40
    count = min(most, len(expected))
    np.testing.assert_allclose(rois.numpy()[:count], expected[:count], rtol=1e-9)
    assert found.tolist() == [1] * count + [0] * (most - count)
    assert not rois[count:].any()


@pytest.mark.parametrize("fields, numbers, joints", [
    ("with_mask: false with_kps: false", 15, (6, 7, 7)),
    ("with_mask: true with_kps: false mask_w: 4 mask_h: 3", 30, (6, 7, 7)),
    ("with_mask: true with_kps: true mask_w: 4 mask_h: 3 sigma: 1", 94, (6, 18, 7, 7)),
])
def test_targets_are_known_by_shape(fields, numbers, joints):
    param = f"{FIELDS} prop_num: 6 target_size: 7 {fields}"
    layer = make("DecodeRois", param, GRID, (2, numbers), tops=7)
    assert layer.top_shapes(GRID, (2, numbers)) == [
        (6, 5), (6,), (6, 4), (6, 4), (6, 4), (6, 7, 7), joints]
    with pytest.raises(SpecError, match="'DecodeRois' is known by its shapes only"):
        layer(noise(GRID), noise(2, numbers))
    with pytest.raises(SpecError, match="must hold rows of"):
        make("DecodeRois", param, GRID, (2, numbers + 1), tops=7)


@pytest.mark.parametrize("fields, shape, message", [
    (FIELDS.replace("num_class: 0", "num_class: 2"), GRID, "num_class is 2"),
    (FIELDS.replace("num_object: 2", "num_object: 3"), GRID, "there are 3 anchors"),
    (FIELDS + " prop_num: 0", GRID, "prop_num is 0"),
    (FIELDS, (2, 11, 3, 4), r"it must be \(N, 10, H, W\)"),
])
def test_grids_that_do_not_fit_are_refused(fields, shape, message):
    with pytest.raises(SpecError, match=message):
        make("RoiGen", fields, shape, tops=2)
