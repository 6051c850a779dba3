import numpy as np
import pytest

from framework.inference.tracking import Tracker, iou, match


def textbook(measured, steps):
    """States and covariances of one box by the matrices of Kalman's filter, eight states at once.

    States are x, y, width, height and their velocities.
    """
    eye, zero = np.eye(4), np.zeros((4, 4))
    sees = np.hstack([eye, zero])

    def noise(state, position, velocity):
        side = max(1, (state[2] + state[3]) / 2)
        return np.diag([(position * side) ** 2] * 4 + [(velocity * side) ** 2] * 4)

    state = np.concatenate([measured[0], np.zeros(4)])
    covariance = noise(state, 2 / 20, 10 / 160)
    for seen, step in zip(measured[1:], steps, strict=True):
        move = np.block([[eye, step * eye], [zero, eye]])
        state = move @ state
        covariance = move @ covariance @ move.T + step * noise(state, 1 / 20, 1 / 160)
        doubt = sees @ covariance @ sees.T + noise(state, 1 / 20, 0)[:4, :4]
        gain = covariance @ sees.T @ np.linalg.inv(doubt)
        state = state + gain @ (seen - sees @ state)
        covariance = (np.eye(8) - gain @ sees) @ covariance
    return state, covariance


def test_the_filter_is_kalmans_with_constant_velocity():
    generator = np.random.default_rng(0)
    steps = [1, 1, 3, 1, 2]
    times = np.cumsum([0, *steps])
    measured = np.array([100, 60, 40, 30]) + times[:, None] * np.array([3, -2, 0.5, 0.25])
    measured = measured + generator.normal(0, 0.5, measured.shape)
    tracker = Tracker()
    for box, step in zip(measured, [1, *steps], strict=True):
        half = box[2:] / 2
        corners = np.concatenate([box[:2] - half, box[:2] + half])[None]
        assert tracker.update(corners, np.array([1]), step).tolist() == [1]
    state, covariance = textbook(measured, steps)
    np.testing.assert_allclose(tracker.states[0].T.ravel(), state, rtol=1e-9)
    ours = np.zeros((8, 8))
    for number in range(4):
        own = [number, number + 4]
        ours[np.ix_(own, own)] = tracker.covariances[0, number]
    np.testing.assert_allclose(ours, covariance, rtol=1e-9, atol=1e-12)


def box(x, y, side=20):
    return [x, y, x + side, y + side]


def test_objects_that_cross_keep_their_numbers():
    """They pass at 30 pixels: velocity tells them apart, whatever the order of the boxes."""
    tracker = Tracker()
    for frame in range(40):
        boxes = np.array([box(5 * frame, 50), box(195 - 5 * frame, 65)], float)
        order = [0, 1] if frame % 3 else [1, 0]
        found = tracker.update(boxes[order], np.array([1, 1]))
        if frame == 0:
            first = dict(zip(order, found.tolist(), strict=True))
        assert dict(zip(order, found.tolist(), strict=True)) == first


def test_an_object_that_is_hidden_is_found_again_where_it_would_be():
    tracker = Tracker()
    frames = [frame for frame in range(30) if not 12 <= frame < 18]
    before = -1
    for frame in frames:
        found = tracker.update(np.array([box(4 * frame, 10)], float), np.array([2]),
                               frame - before)
        before = frame
        assert found.tolist() == [1]


def test_a_track_ends_after_frames_without_a_box_and_numbers_are_not_used_again():
    tracker = Tracker(most_missed=3)
    place, label = np.array([box(10, 10)], float), np.array([1])
    assert tracker.update(place, label).tolist() == [1]
    for _ in range(3):
        assert tracker.update(np.zeros((0, 4)), np.zeros(0, np.int64)).tolist() == []
    assert tracker.update(place, label).tolist() == [1]
    for _ in range(4):
        tracker.update(np.zeros((0, 4)), np.zeros(0, np.int64))
    assert tracker.update(place, label).tolist() == [2]


def test_a_track_keeps_its_class():
    tracker = Tracker()
    place = np.array([box(10, 10)], float)
    assert tracker.update(place, np.array([1])).tolist() == [1]
    assert tracker.update(place, np.array([2])).tolist() == [2]


@pytest.mark.parametrize("seed", range(5))
def test_matching_is_the_greedy_one_pair_after_the_other(seed):
    overlaps = np.random.default_rng(seed).uniform(0, 1, (23, 17))
    left, expected = overlaps.copy(), set()
    while left.max() >= 0.3:
        row, column = np.unravel_index(left.argmax(), left.shape)
        expected.add((int(row), int(column)))
        left[row] = -1
        left[:, column] = -1
    rows, columns = match(overlaps, 0.3)
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected


def test_iou_is_shared_area_over_common_area():
    first = np.array([[0, 0, 10, 20], [5, 5, 5, 9]], float)
    second = np.array([[5, 10, 15, 30], [20, 20, 30, 30], [0, 0, 10, 20]], float)
    np.testing.assert_allclose(iou(first, second), [[50 / 350, 0, 1], [0, 0, 0]])
