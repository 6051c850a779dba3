"""Kinds of errors of a detector, as in TIDE, and the confusion of its classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framework.evaluation.average_precision import average_precision
from framework.evaluation.columns import Doubles, Flags, Indices
from framework.evaluation.judged import FALSE, NOT_COUNTED, TRUE, Judged, first_of
from framework.system.arrays import Levels

BACKGROUND_IOU = 0.1
RIGHT, DUPLICATE, LOCALISATION, CLASS, BOTH, BACKGROUND = range(6)
KINDS = {
    LOCALISATION: ("localisation", "right class, but the overlap with a box of it is from 0.1 to "
                   "below {threshold:g}"),
    CLASS: ("class", "overlaps a box of another class by {threshold:g} or more"),
    BOTH: ("class and position", "overlaps a box of another class by 0.1 to below {threshold:g}"),
    DUPLICATE: ("duplicate", "right class and position, but a better detection has that box"),
    BACKGROUND: ("background", "overlaps no box by 0.1"),
}
MISSED = ("missed", "a box that no detection found, nor missed by a localisation or class error")


@dataclass(frozen=True)
class ErrorCounts:
    """How many errors of each kind there are, and what they cost.

    counts, gains  by name: the number of errors, and how much the mean average precision would
                   rise if those errors, and no others, were mended
    """

    counts: dict[str, int]
    gains: dict[str, float]


def kinds_of(judged: Judged) -> Levels:
    """(D,) the kind of each detection; RIGHT too for those that do not count.

    The first that fits, in the order of the numbers: a duplicate is not counted as a class error.
    Source: Bolya et al. 2020, TIDE, section 2, whose "both" is named "class and position" here.
    """
    kinds = np.full(len(judged.status), BACKGROUND, np.uint8)
    kinds[judged.other_iou >= BACKGROUND_IOU] = BOTH
    kinds[judged.other_iou >= judged.threshold] = CLASS
    kinds[judged.own_iou >= BACKGROUND_IOU] = LOCALISATION
    kinds[judged.own_iou >= judged.threshold] = DUPLICATE
    kinds[judged.status != FALSE] = RIGHT
    return kinds


def count_errors(judged: Judged, thresholds: Doubles, version: str) -> ErrorCounts:
    """Count the errors of the detections that a user would see, and weigh those of all.

    thresholds  (C,) of the score for each class: what is below is not counted, nor finds a box
    version     of average precision, for the gains, which all detections enter
    Mending: a localisation or class error becomes right if its box was not found otherwise and it
    is the best for it, else it goes; the other kinds of detections go; missed boxes are taken from
    those that are to be found.
    """
    kinds = kinds_of(judged)
    shown = judged.found.scores >= thresholds[judged.found.classes]
    counts = {name: int((shown & (kinds == kind)).sum()) for kind, (name, _) in KINDS.items()}
    counts[MISSED[0]] = int(missed(judged, shown).sum())
    usual = _mean_precision(judged, judged.found.classes, judged.status, None, version)
    gains = {}
    for kind, (name, _) in KINDS.items():
        classes, status = _mended(judged, kinds, kind)
        gains[name] = _mean_precision(judged, classes, status, None, version) - usual
    lost = missed(judged, np.ones(len(kinds), np.bool_))
    gains[MISSED[0]] = _mean_precision(judged, judged.found.classes, judged.status, lost,
                                       version) - usual
    return ErrorCounts(counts, gains)


def missed(judged: Judged, shown: Flags) -> Flags:
    """(G,) boxes that are to be found, that no shown detection found, and that are not the box of
    a shown localisation or class error."""
    kinds = kinds_of(judged)
    is_found = (judged.finder >= 0) & np.append(shown, False)[judged.finder]
    covered = np.zeros(len(is_found), np.bool_)
    covered[judged.own_box[shown & (kinds == LOCALISATION)]] = True
    covered[judged.other_box[shown & (kinds == CLASS)]] = True
    return ~(is_found | covered | judged.truth.difficult)


def _mended(judged: Judged, kinds: Levels, kind: int) -> tuple[Indices, Levels]:
    """Class and status of each detection once those of a kind are mended."""
    classes = judged.found.classes.copy()
    status = judged.status.copy()
    wrong = kinds == kind
    status[wrong] = NOT_COUNTED
    if kind in (LOCALISATION, CLASS):
        boxes = judged.own_box if kind == LOCALISATION else judged.other_box
        truth = judged.truth
        free = wrong & (judged.finder[boxes] < 0) & ~truth.difficult[boxes] \
            if len(truth.images) else wrong
        best = first_of(boxes, free, len(truth.images))
        best = best[best >= 0]
        status[best] = TRUE
        classes[best] = truth.classes[boxes[best]]
    return classes, status


def _mean_precision(judged: Judged, classes: Indices, status: Levels, left_out: Flags | None,
                    version: str) -> float:
    """The mean over the classes that have boxes to find; `left_out` boxes are not among them."""
    asked = ~judged.truth.difficult
    known = np.unique(judged.truth.classes[asked])
    if left_out is not None:
        asked = asked & ~left_out
    precisions = []
    for number in known:
        own = (classes == number) & (status != NOT_COUNTED)
        positives = int((judged.truth.classes[asked] == number).sum())
        if left_out is not None and not positives:
            precisions.append(1.0)      # there is nothing left to miss
            continue
        precisions.append(average_precision(judged.found.scores[own], status[own] == TRUE,
                                            positives, version))
    return float(np.mean(precisions)) if precisions else 0.0


def confusion(judged: Judged, thresholds: Doubles) -> Indices:
    """(C + 1, C + 1) boxes by marked class and found class; the last of each is the background.

    Detections of at least their class's threshold count. First each box gets its true detection;
    then the other detections, best first, take boxes of another class that nobody found and that
    they overlap by the IoU of `judged`. Detections that are left are in the last row, boxes in the
    last column. Difficult boxes and detections on them do not count.
    """
    count = len(thresholds)
    table = np.zeros((count + 1, count + 1), np.int64)
    truth, found = judged.truth, judged.found
    shown = (found.scores >= thresholds[found.classes]) & (judged.status != NOT_COUNTED)
    right = shown & (judged.status == TRUE)
    taken = np.where(np.append(right, False)[judged.finder], judged.finder, -1)
    wrong = shown & ~right & (judged.other_iou >= judged.threshold)
    if len(truth.images):
        wrong &= taken[judged.other_box] < 0
    second = first_of(judged.other_box, wrong, len(taken))
    taken = np.where(taken < 0, second, taken)
    boxes = np.flatnonzero(~truth.difficult)
    columns = np.where(taken >= 0, np.append(found.classes, 0)[taken], count)
    np.add.at(table, (truth.classes[boxes], columns[boxes]), 1)
    used = np.zeros(len(shown), np.bool_)
    used[taken[taken >= 0]] = True
    np.add.at(table, (count, found.classes[shown & ~used]), 1)
    return table
