"""The compiled loops over boxes are their definitions in plain numpy, float32 to the last bit."""

import numpy as np
import pytest

from framework.data.augment import box_loops
from framework.data.augment.geometry import WHOLE, areas, emit_rule, intersections, resized_frame
from framework.data.records.boxes import CORNERS
from framework.definition import prototxt

ODD = np.float32([
    (0, 0, 1, 1), (0.25, 0.25, 0.75, 0.5), (0, 0, 0.25, 0.25), (0.75, 0.5, 1, 1),
    (0.1, 0.1, 0.1, 0.9), (0.3, 0.4, 0.3, 0.4), (0, 0.5, 1, 0.5), (1, 1, 1, 1), (0, 0, 0, 0),
    (0.5, 0.3, 0.502, 0.3033), (0.25, 0, 0.25, 1), (-0.5, -0.25, 1.5, 2), (1.2, 1.1, 1.5, 1.3),
    (0.7499999, 0.4999999, 0.9, 0.9), (1e-8, 1e-8, 2e-8, 3e-8)])
WINDOWS = np.float32([WHOLE, (0.25, 0.25, 0.75, 0.5), (-1, -0.5, 2, 3), (0.1, 0.2, 0.13, 0.9),
                      (0.5, 0.3, 0.9, 1)])


def some_boxes(count: int = 10_000) -> np.ndarray:
    """(n, 7): the odd ones, then random ones inside the image, an eighth of them on a grid."""
    generator = np.random.default_rng(5)
    points = generator.random((count, 2, 2), np.float32)
    points[::8] = np.round(points[::8] * 8) / 8
    corners = np.concatenate([ODD, np.sort(points, axis=1).reshape(-1, 4)])
    boxes = generator.random((len(corners), 7), np.float32)
    boxes[:, CORNERS] = corners
    return boxes


def message(text: str, kind: str):
    return prototxt.parse(text, kind).message


def project(corners, window):
    """The boxes in the units of the window, cut to it, and which have anything in it."""
    origin, size = window[:2], window[2:] - window[:2]
    outside = (corners[:, :2] >= window[2:]).any(1) | (corners[:, 2:] <= window[:2]).any(1)
    moved = np.clip((corners.reshape(-1, 2, 2) - origin) / size, 0, 1).reshape(-1, 4)
    return moved, ~outside & (areas(moved) > 0)


def are_emitted(corners, window, text):
    if text == "":
        return np.ones(len(corners), bool)
    if "CENTER" in text:
        centers = (corners[:, :2] + corners[:, 2:]) / 2
        return ((centers >= window[:2]) & (centers <= window[2:])).all(1)
    own, shared = areas(corners), intersections(corners, window)
    coverage = np.where(shared > 0, shared / np.where(own > 0, own, 1), np.float32(0))
    return coverage > np.float32(0.3)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("text", ["", "emit_type: CENTER",
                                  "emit_type: MIN_OVERLAP emit_overlap: 0.3"])
def test_boxes_seen_through_a_window_are_projected_and_emitted(window, text):
    boxes = some_boxes()
    before = boxes.copy()
    rule = emit_rule(message(text, "EmitConstraint") if text else None)
    moved, kept = project(boxes[:, CORNERS], window)
    kept &= are_emitted(boxes[:, CORNERS], window, text)
    expected = boxes.copy()
    expected[:, CORNERS] = moved

    seen = box_loops.look_through(boxes, window, *rule)
    np.testing.assert_array_equal(seen, expected[kept])
    np.testing.assert_array_equal(boxes, before)
    assert 0 < len(seen) < len(boxes)


def test_what_touches_a_window_only_at_its_border_is_not_in_it():
    boxes = np.zeros((3, 7), np.float32)
    boxes[:, CORNERS] = [(0.1, 0.3, 0.25, 0.4), (0.75, 0.3, 0.9, 0.4), (0.3, 0.3, 0.31, 0.4)]
    seen = box_loops.look_through(boxes, np.float32([0.25, 0.25, 0.75, 0.5]), 0, 0.0)
    np.testing.assert_allclose(seen[:, CORNERS], [(0.1, 0.2, 0.12, 0.6)], atol=1e-7)


@pytest.mark.parametrize("text", [
    "height: 300 width: 200", "height: 300 width: 200 resize_mode: FIT_LARGE_SIZE_AND_PAD",
    "height: 100 width: 400 resize_mode: FIT_LARGE_SIZE_AND_PAD",
    "height: 300 width: 200 resize_mode: FIT_SMALL_SIZE"])
def test_boxes_of_a_resized_image_move_with_its_padding(text):
    boxes = some_boxes()
    old, new, padding = resized_frame(message(text, "ResizeParameter"), 640, 427)
    corners, inner = boxes[:, CORNERS], new - 2 * padding
    low = padding + np.maximum(corners[:, :2] * old * inner / old, 0)
    high = padding + np.minimum(corners[:, 2:] * old * inner / old, new)

    found = box_loops.resize(boxes, old, new, padding)
    np.testing.assert_array_equal(found[:, CORNERS], np.concatenate([low / new, high / new], 1))
    np.testing.assert_array_equal(found[:, [0, 1, 6]], boxes[:, [0, 1, 6]])


@pytest.mark.parametrize("size, expected", [((150, 100), (400, 800 / 3)), ((320, 100), (640, 200)),
                                            ((100, 350), (400, 1400))])
def test_the_smaller_side_of_fit_small_size_is_that_of_the_net(size, expected):
    param = message("height: 200 width: 400 resize_mode: FIT_SMALL_SIZE", "ResizeParameter")
    old, new, padding = resized_frame(param, *size)
    np.testing.assert_allclose(new, expected, rtol=1e-6)
    np.testing.assert_array_equal(old, size)
    assert not padding.any()


def test_a_mirror_turns_boxes_left_to_right():
    boxes = some_boxes()
    expected = boxes.copy()
    expected[:, 2], expected[:, 4] = 1 - boxes[:, 4], 1 - boxes[:, 2]
    np.testing.assert_array_equal(box_loops.mirror(boxes), expected)


def test_a_window_in_pixels_is_rounded_down_and_has_one_at_least():
    boxes = some_boxes()
    for width, height in ((640, 427), (1, 7), (33, 2)):
        size = np.float32([width, height])
        low, high = (np.clip(part, 0, 1) * size for part in np.split(boxes[:, CORNERS], 2, 1))
        at = np.minimum(low.astype(int), [width - 1, height - 1])
        extent = np.clip((high - low).astype(int), 1, [width, height] - at)
        found = [box_loops.crop_rectangle(window, width, height)
                 for window in np.ascontiguousarray(boxes[:, CORNERS])]
        np.testing.assert_array_equal(found, np.concatenate([at, extent], 1))
