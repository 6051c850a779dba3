"""DetectNetTransformation: images against OpenCV, targets against loops over cells."""

import cv2
import numpy as np
import pytest
import torch

from framework.errors import DataError, SpecError
from tests.support import make, noise

GRID = ("detectnet_groundtruth_param { stride: 8 image_size_x: 48 image_size_y: 32 scale_cvg: 0.5 "
        "object_class { src: 2 dst: 1 } object_class { src: 5 dst: 0 } %s } "
        "transform_param { mean_value: 10 mean_value: 20 mean_value: 30 } ")
NONE = "hue_rotation_prob: 0 desaturation_prob: 0 "
BOXES = [(4., 2., 20., 10., 5), (21., 9., 24., 30., 2), (70., 5., 9., 9., 2), (1., 1., 9., 9., 3)]


def images():
    return (noise(1, 3, 40, 56, dtype=torch.float32).detach().abs() * 60).clamp(max=255)


def labels(boxes=BOXES):
    rows = np.zeros((1, 1, 6, 16))
    rows[0, 0, 0, :2] = len(boxes), 16
    for index, (x, y, w, h, label) in enumerate(boxes):
        rows[0, 0, index + 1, :6] = x, y, w, h, 0, label
    return torch.tensor(rows)


def run(grid, augmentation="", phase="TRAIN"):
    text = GRID % grid + f"detectnet_augmentation_param {{ {augmentation} }}"
    layer = make("DetectNetTransformation", text, (1, 3, 40, 56), (1, 1, 6, 16), tops=2,
                 phase=phase, dtype=torch.float32)
    found, targets = layer(images(), labels())
    return found[0].numpy().transpose(1, 2, 0), targets[0].numpy()


def expected_targets(boxes, smallest=False, crop=True, norm=False, limit=50):
    """Targets (10, 4, 6) by loops over boxes and cells."""
    found = np.zeros((10, 4, 6))
    for x, y, w, h, label in boxes:
        if label not in (2, 5):
            continue
        x2, y2 = x + w, y + h
        if crop:
            x, y, x2, y2 = max(x, 0), max(y, 0), min(x2, 48), min(y2, 32)
            if x2 <= x or y2 <= y:
                continue
        w, h = x2 - x, y2 - y
        sizes = [min(one, max(limit, one / 2)) if smallest else min(limit, one / 2)
                 for one in (w, h)]
        left, top = x + (w - sizes[0]) / 2, y + (h - sizes[1]) / 2
        for row, column in np.ndindex(4, 6):
            across = min(left + sizes[0], 8 * column + 8) - max(left, 8 * column)
            down = min(top + sizes[1], 8 * row + 8) - max(top, 8 * row)
            if across > 0 and down > 0:
                one = 64 / (sizes[0] * sizes[1])
                found[:, row, column] = [
                    1, x - 8 * column, y - 8 * row, x2 - 8 * column, y2 - 8 * row, 1 / w, 1 / h,
                    one if norm else max(1, one), label == 5, label == 2]
    return found


@pytest.mark.parametrize("grid, options", [
    ("", {}), ("gridbox_type: GRIDBOX_MIN min_cvg_len: 12", {"smallest": True, "limit": 12}),
    ("max_cvg_len: 6 obj_norm: true", {"limit": 6, "norm": True}),
    ("crop_bboxes: false", {"crop": False})])
def test_targets_are_those_of_the_cells_that_a_box_covers(grid, options):
    _, found = run(grid, NONE + "flip_prob: 0 scale_prob: 0 rotation_prob: 0 crop_prob: 0")
    moved = [(x - 4, y - 4, w, h, label) for x, y, w, h, label in BOXES]     # the central crop
    np.testing.assert_allclose(found, expected_targets(moved, **options), rtol=1e-5)
    assert found[8].any() and found[9].any()


def test_test_resizes_to_the_size_of_the_top():
    found, targets = run("", phase="TEST")
    image = images()[0].numpy().transpose(1, 2, 0) - np.float32([10, 20, 30])
    wanted = cv2.resize(image, (48, 32), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(found, wanted, atol=1e-2)
    # as in the original, boxes go with the image
    boxes = [(x * 48 / 56, y * 32 / 40, w * 48 / 56, h * 32 / 40, label)
             for x, y, w, h, label in BOXES]
    np.testing.assert_allclose(targets, expected_targets(boxes), rtol=1e-4)


def test_train_flips_scales_and_crops_image_and_boxes_alike():
    found, targets = run("", NONE + "flip_prob: 1 scale_prob: 1 scale_min: 1.5 scale_max: 1.5 "
                         "rotation_prob: 0 crop_prob: 0")
    image = images()[0].numpy().transpose(1, 2, 0)[:, ::-1] - np.float32([10, 20, 30])
    grown = cv2.resize(np.ascontiguousarray(image), (84, 60), interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(found, grown[14:46, 18:66], atol=1e-2)
    boxes = [((56 - x - w - 1) * 1.5 - 18, y * 1.5 - 14, w * 1.5, h * 1.5, label)
             for x, y, w, h, label in BOXES]
    np.testing.assert_allclose(targets, expected_targets(boxes), rtol=1e-4)


def test_a_rotation_moves_the_middle_of_a_box_with_its_pixels():
    grid = GRID % "" + "detectnet_augmentation_param { rotation_prob: 1 max_rotate_degree: 30 }"
    layer = make("DetectNetTransformation", grid, (1, 3, 40, 56), (1, 1, 6, 16), tops=2)
    from framework.layers.data.detectnet import Changes
    from framework.layers.data.detectnet_targets import Box

    layer.mean = np.zeros(3, np.float32)
    changes = Changes(0, 1, False, (56, 40), 20.0, (8, 12))
    image = np.zeros((40, 56, 3), np.float32)
    image[14:19, 24:29] = 1                 # the middle is (26.5, 16.5)
    turned = layer._change(image, changes)[..., 0]
    rows, columns = np.nonzero(turned > 0.5)
    box = layer._move(Box(24, 14, 5, 5, 2, 0), 56, 40, changes)
    assert columns.mean() + 0.5 == pytest.approx(box.x + 2.5, abs=1)
    assert rows.mean() + 0.5 == pytest.approx(box.y + 2.5, abs=1)


def test_colours_turn_by_hue_and_fade():
    found, _ = run("", "hue_rotation_prob: 0 desaturation_prob: 1 desaturation_max: 0 "
                   "flip_prob: 0 scale_prob: 0 rotation_prob: 0 crop_prob: 0")
    plain = images()[0].numpy().transpose(1, 2, 0)[4:36, 4:52] - np.float32([10, 20, 30])
    np.testing.assert_allclose(found, plain, atol=1e-3)
    faded, _ = run("", "hue_rotation_prob: 1 hue_rotation: 15 desaturation_prob: 1 "
                   "desaturation_max: 0.5 flip_prob: 0 scale_prob: 0 rotation_prob: 0 crop_prob: 0")
    assert abs(faded - plain).max() > 1
    # brightness, the largest channel, stays
    mean = np.float32([10, 20, 30])
    np.testing.assert_allclose((faded + mean).max(2), (plain + mean).max(2), atol=1e-2)


def test_bottoms_that_do_not_fit_are_named():
    with pytest.raises(SpecError, match=r"it must be \(1, 1, R, 16\)"):
        make("DetectNetTransformation", GRID % "", (1, 3, 40, 56), (2, 1, 6, 16), tops=2)
    with pytest.raises(SpecError, match=r"it must be \(N, 3, H, W\)"):
        make("DetectNetTransformation", GRID % "", (1, 1, 40, 56), (1, 1, 6, 16), tops=2)


def test_rows_of_another_length_are_named_when_the_data_are_there():
    layer = make("DetectNetTransformation", GRID % "", (1, 3, 40, 56), (1, 1, 6, 15), tops=2)
    with pytest.raises(DataError, match="has rows of 15 numbers; they must have 16"):
        layer(images(), labels()[..., :15])


@pytest.mark.parametrize("index, value, match", [
    ((0, 0, 0, 0), 6, "begins an item with 6 boxes of 16 numbers; it has room for 5 of 16"),
    ((0, 0, 0, 1), 15, "begins an item with 4 boxes of 15 numbers"),
    ((0, 0, 2, 3), float("nan"), "blob 'bottom1' has NaN or an infinite number")])
def test_labels_that_cannot_be_are_named(index, value, match):
    layer = make("DetectNetTransformation", GRID % "", (1, 3, 40, 56), (1, 1, 6, 16), tops=2)
    wrong = labels()
    wrong[index] = value
    with pytest.raises(DataError, match=match):
        layer(images(), wrong)
