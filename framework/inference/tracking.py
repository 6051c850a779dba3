"""Multi-object tracking: Kalman filters of constant velocity, matched to boxes by their IoU.

Source: Bewley et al., Simple Online and Realtime Tracking, 2016 (SORT); the noise in parts of the
box's size is that of Wojke et al., 2017 (DeepSORT). Matching is greedy, where SORT takes the
Hungarian algorithm: the two differ where boxes of one class overlap each other's predictions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

POSITION_NOISE = 1 / 20         # standard deviations, in parts of the box's mean side
VELOCITY_NOISE = 1 / 160
LOWEST_IOU = 0.3
MOST_MISSED = 30
"""Frames without a box after which a track ends: a second of most videos."""


class Tracker:
    """Numbers for the objects of a sequence of frames: 1, 2, ..., one for each object.

    least_iou    of a box and the predicted box of its track
    most_missed  frames that a track survives without a box

    The four numbers of a box (middle x and y, width, height) are four filters of two states each,
    position and velocity in pixels and pixels per frame.

        >>> tracker = Tracker()
        >>> tracker.update(np.array([[0, 0, 10, 10], [50, 0, 60, 10]]), np.array([1, 1]))
        array([1, 2])
        >>> tracker.update(np.array([[51, 0, 61, 10], [1, 0, 11, 10]]), np.array([1, 1]))
        array([2, 1])
    """

    def __init__(self, least_iou: float = LOWEST_IOU, most_missed: int = MOST_MISSED):
        self.least_iou = least_iou
        self.most_missed = most_missed
        self.next_id = 1
        self.ids: Integers = np.zeros(0, np.int64)
        self.labels: Integers = np.zeros(0, np.int64)
        self.missed: Integers = np.zeros(0, np.int64)
        self.states: Doubles = np.zeros((0, 4, 2))
        self.covariances: Doubles = np.zeros((0, 4, 2, 2))

    def update(self, boxes: NDArray[np.floating], labels: Integers, step: int = 1) -> Integers:
        """The track numbers (K,) of a frame's boxes.

        boxes   (K, 4) corners x1 y1 x2 y2 in pixels
        labels  (K,) classes: a track keeps its class
        step    frames since the last call, more than 1 where some were left out
        """
        measured = _middles_and_sizes(np.asarray(boxes, np.float64).reshape(-1, 4))
        self.predict(step)
        overlaps = iou(_corners(self.states[:, :, 0]), _corners(measured))
        overlaps[self.labels[:, None] != labels] = 0
        tracks, found = match(overlaps, self.least_iou)
        self.correct(tracks, measured[found])
        self.missed += step
        self.missed[tracks] = 0
        numbers = np.zeros(len(measured), np.int64)
        numbers[found] = self.ids[tracks]
        self._keep(self.missed <= self.most_missed)
        is_new = numbers == 0
        numbers[is_new] = self._begin(measured[is_new], labels[is_new])
        return numbers

    def predict(self, step: int) -> None:
        """Move every track on by `step` frames, and widen its uncertainty."""
        transition = np.array([[1.0, step], [0.0, 1.0]])
        self.states = self.states @ transition.T
        noise = _noise(self.states, POSITION_NOISE, VELOCITY_NOISE) * step
        self.covariances = transition @ self.covariances @ transition.T + noise

    def correct(self, tracks: Integers, measured: Doubles) -> None:
        """Kalman update of these tracks by their boxes (K, 4): middle x and y, width, height."""
        states, covariances = self.states[tracks], self.covariances[tracks]
        variance = _noise(states, POSITION_NOISE, 0)[..., 0, 0]
        gain = covariances[..., :, 0] / (covariances[..., 0, 0] + variance)[..., None]
        residual = measured - states[:, :, 0]
        self.states[tracks] = states + gain * residual[..., None]
        self.covariances[tracks] = covariances - gain[..., :, None] * covariances[..., None, 0, :]

    def _begin(self, measured: Doubles, labels: Integers) -> Integers:
        """New tracks at these boxes, which do not move yet; their numbers."""
        numbers = np.arange(self.next_id, self.next_id + len(measured), dtype=np.int64)
        self.next_id += len(measured)
        states = np.stack([measured, np.zeros_like(measured)], axis=-1)
        noise = _noise(states, 2 * POSITION_NOISE, 10 * VELOCITY_NOISE)
        self.ids = np.concatenate([self.ids, numbers])
        self.labels = np.concatenate([self.labels, labels])
        self.missed = np.concatenate([self.missed, np.zeros(len(measured), np.int64)])
        self.states = np.concatenate([self.states, states])
        self.covariances = np.concatenate([self.covariances, noise])
        return numbers

    def _keep(self, kept: NDArray[np.bool_]) -> None:
        self.ids = self.ids[kept]
        self.labels = self.labels[kept]
        self.missed = self.missed[kept]
        self.states = self.states[kept]
        self.covariances = self.covariances[kept]


def match(overlaps: Doubles, least: float) -> tuple[Integers, Integers]:
    """Greedy matching: rows and columns of pairs by falling overlap, each used once.

    A round takes all pairs that are the best of both their row and their column, which the one by
    one order would take too; few rounds are needed, whatever the number of boxes.
    """
    left = np.where(overlaps >= least, overlaps, 0)
    rows: list[Integers] = []
    columns: list[Integers] = []
    while left.any():
        best_column = left.argmax(1)
        row = np.arange(len(left))
        is_pair = (left.argmax(0)[best_column] == row) & (left[row, best_column] > 0)
        rows.append(row[is_pair])
        columns.append(best_column[is_pair])
        left[row[is_pair]] = 0
        left[:, best_column[is_pair]] = 0
    empty = np.zeros(0, np.int64)
    return np.concatenate([empty, *rows]), np.concatenate([empty, *columns])


def iou(first: Doubles, second: Doubles) -> Doubles:
    """Intersection over union (T, K) of corners (T, 4) and (K, 4); 0 for boxes without area."""
    low = np.maximum(first[:, None, :2], second[:, :2])
    high = np.minimum(first[:, None, 2:], second[:, 2:])
    shared = (high - low).clip(0).prod(-1)
    union = _area(first)[:, None] + _area(second) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _area(corners: Doubles) -> Doubles:
    return np.asarray((corners[:, 2:] - corners[:, :2]).clip(0).prod(-1))


def _middles_and_sizes(corners: Doubles) -> Doubles:
    low, high = corners[:, :2], corners[:, 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=1)


def _corners(boxes: Doubles) -> Doubles:
    middle, half = boxes[:, :2], boxes[:, 2:].clip(0) / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def _noise(states: Doubles, position: float, velocity: float) -> Doubles:
    """Covariances (T, 4, 2, 2), diagonal, of noise in parts of the boxes' mean sides."""
    side = states[:, 2:, 0].mean(1).clip(1)     # a box of less than a pixel is still measured
    deviations = side[:, None] * np.array([position, velocity])
    noise = np.zeros((*states.shape, 2))
    noise[..., [0, 1], [0, 1]] = (deviations ** 2)[:, None]
    return noise
