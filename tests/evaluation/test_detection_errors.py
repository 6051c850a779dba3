"""Kinds of errors, confusion, thresholds, calibration and sizes, by hand and by definition."""

import numpy as np
import pytest

from framework.evaluation import voc
from framework.evaluation.columns import Found, Truth
from framework.evaluation.error_kinds import (
    BACKGROUND,
    BOTH,
    CLASS,
    DUPLICATE,
    LOCALISATION,
    RIGHT,
    confusion,
    count_errors,
    kinds_of,
    missed,
)
from framework.evaluation.judged import judge
from framework.evaluation.thresholds import best_threshold, calibration, precision_by_size

NO_THRESHOLDS = np.zeros(2)


def truth(*rows):
    """Rows of image, class, x, y, width, height, difficult."""
    table = np.array(rows, float).reshape(-1, 7)
    difficult = table[:, 6] != 0
    return Truth(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:6],
                 table[:, 4] * table[:, 5], difficult, difficult)


def found(*rows):
    """Rows of image, class, x, y, width, height, score."""
    table = np.array(rows, float).reshape(-1, 7)
    return Found(table[:, 0].astype(int), table[:, 1].astype(int), table[:, 2:6], table[:, 6])


# Two classes in three images. Widths are 10 and heights 20, so a shift by x leaves (10 - x) in
# common of 10 + x: 2 gives 8/12, 5 gives 5/15, 9 gives 1/19.
BOXES = truth((0, 0, 0, 0, 10, 20, 0), (0, 1, 40, 0, 10, 20, 0), (1, 0, 0, 0, 10, 20, 0),
              (1, 1, 60, 0, 10, 20, 0), (2, 1, 0, 0, 10, 20, 0))
DETECTIONS = found(
    (0, 0, 2, 0, 10, 20, 0.9),      # right: 8/12
    (0, 0, 0, 0, 10, 20, 0.8),      # duplicate: a better one has the box
    (0, 0, 40, 0, 10, 20, 0.7),     # on a box of class 1: class
    (1, 0, 5, 0, 10, 20, 0.6),      # 5/15: localisation
    (1, 0, 65, 0, 10, 20, 0.5),     # 5/15 on class 1: both
    (2, 1, 9, 0, 10, 20, 0.4),      # 1/19: background
    (3, 1, 0, 0, 10, 20, 0.3))      # an image without boxes: background
KINDS = [RIGHT, DUPLICATE, CLASS, LOCALISATION, BOTH, BACKGROUND, BACKGROUND]


def test_each_kind_of_error_is_told_apart():
    assert kinds_of(judge(BOXES, DETECTIONS)).tolist() == KINDS


def test_missed_boxes_are_those_without_a_detection_or_a_near_error():
    # the box of class 1 in image 0 has a class error, that of class 0 in image 1 a localisation
    # error; the two left are in images 1 and 2
    lost = missed(judge(BOXES, DETECTIONS), np.ones(7, bool))
    assert lost.tolist() == [False, False, False, True, True]
    # with all detections hidden every box is missed
    assert missed(judge(BOXES, DETECTIONS), np.zeros(7, bool)).all()


def test_errors_below_the_threshold_of_their_class_are_not_counted():
    counts = count_errors(judge(BOXES, DETECTIONS), np.array([0.65, 0.35]), "MaxIntegral").counts
    assert counts == {"localisation": 0, "class": 1, "class and position": 0, "duplicate": 1,
                      "background": 1, "missed": 3}


def test_mending_a_kind_raises_the_precision_as_worked_out_by_hand():
    gains = count_errors(judge(BOXES, DETECTIONS), NO_THRESHOLDS, "MaxIntegral").gains
    # Class 0 has 2 boxes and verdicts 1 0 0 0 0: precision 1/2. Class 1 has 3 boxes and verdicts
    # 0 0: precision 0. The mean is 1/4.
    # localisation: class 0 has 1 0 0 1 0, precision 1/2 + 1/2 * 2/4 = 3/4; mean 3/8
    assert gains["localisation"] == pytest.approx(3 / 8 - 1 / 4)
    # class: class 1 has a true detection of 0.7 before two false ones: 1/3; mean 5/12
    assert gains["class"] == pytest.approx(5 / 12 - 1 / 4)
    assert gains["class and position"] == gains["duplicate"] == gains["background"] == 0
    # missed: class 1 has 1 box left, which no detection finds
    assert gains["missed"] == 0


def test_the_confusion_matrix_has_each_box_and_each_false_detection_once():
    table = confusion(judge(BOXES, DETECTIONS), NO_THRESHOLDS)
    # of class 0 one box is found and one is lost; of class 1 one is taken for 0, two are lost
    assert table.tolist() == [[1, 0, 1], [1, 0, 2], [3, 2, 0]]


def test_a_difficult_box_is_neither_asked_for_nor_confused():
    boxes = truth((0, 0, 0, 0, 10, 20, 1), (0, 1, 40, 0, 10, 20, 0))
    judged = judge(boxes, found((0, 0, 0, 0, 10, 20, 0.9)))
    assert kinds_of(judged).tolist() == [RIGHT]
    assert confusion(judged, NO_THRESHOLDS).tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert missed(judged, np.ones(1, bool)).tolist() == [False, True]


def random_sets(seed):
    """Boxes and detections, some near boxes; scores of two digits, so that many are equal."""
    generator = np.random.default_rng(seed)
    boxes = np.column_stack([
        generator.integers(0, 40, 150), generator.integers(0, 3, 150),
        generator.uniform(0, 80, (150, 2)), generator.uniform(5, 30, (150, 2)),
        generator.random(150) < 0.1])
    near = boxes[generator.integers(0, 150, 300)].copy()
    near[:, 2:6] += generator.uniform(-4, 4, (300, 4))
    near[::5, 1] = generator.integers(0, 3, 60)
    near[:, 6] = generator.random(300).round(2)
    return truth(*boxes), found(*near)


@pytest.mark.parametrize("version", ["11point", "MaxIntegral", "101point"])
def test_the_precision_of_each_class_is_that_of_vocs_evaluation(version):
    boxes, detections = random_sets(7)
    _, expected = voc.evaluate(boxes, detections, 3, version)
    judged = judge(boxes, detections)
    assert [judged.precision_of_class(number, version) for number in range(3)] == \
        pytest.approx(expected, abs=1e-6)


def test_rows_and_columns_of_the_confusion_add_up():
    boxes, detections = random_sets(3)
    judged = judge(boxes, detections)
    table = confusion(judged, np.full(3, 0.3))
    asked = [judged.positives(number) for number in range(3)]
    assert table[:3].sum(1).tolist() == asked
    counted = (judged.found.scores >= 0.3) & (judged.status != 2)
    assert table[:, :3].sum(0).tolist() == \
        [int((counted & (judged.found.classes == number)).sum()) for number in range(3)]


@pytest.mark.parametrize("seed", range(5))
def test_the_best_threshold_has_the_highest_f1_of_all_thresholds(seed):
    generator = np.random.default_rng(seed)
    scores = generator.random(60).round(1)
    true = generator.random(60) < scores
    positives = 50
    best = best_threshold(scores, true, positives)

    def f1(threshold):
        shown = scores >= threshold
        return 2 * true[shown].sum() / (shown.sum() + positives)

    assert best.f1 == pytest.approx(max(f1(score) for score in scores))
    assert best.f1 == pytest.approx(f1(best.threshold))
    shown = scores >= best.threshold
    assert best.precision == pytest.approx(true[shown].mean())
    assert best.recall == pytest.approx(true[shown].sum() / positives)


def test_without_a_true_detection_no_threshold_is_good():
    assert best_threshold(np.array([0.9]), np.array([False]), 3).threshold == np.inf
    assert best_threshold(np.zeros(0), np.zeros(0, bool), 3).f1 == 0


def test_calibration_compares_mean_score_and_share_in_each_bin():
    found = calibration(np.array([0.91, 0.95, 0.99, 0.15, 0.11]),
                        np.array([True, True, False, False, False]))
    assert found.counts.tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 3]
    assert found.scores[[1, 9]] == pytest.approx([0.13, 0.95])
    assert found.shares[[1, 9]] == pytest.approx([0, 2 / 3])
    assert found.error == pytest.approx((2 * 0.13 + 3 * (0.95 - 2 / 3)) / 5)
    assert np.isnan(calibration(np.zeros(0), np.zeros(0, bool)).error)


def test_precision_by_size_leaves_out_boxes_and_detections_of_other_sizes():
    # an image of 100 x 100: boxes of 0.25 % (small), 4 % (medium), 25 % (large) of it
    boxes = truth((0, 0, 0, 0, 5, 5, 0), (0, 0, 20, 0, 20, 20, 0), (1, 0, 0, 0, 50, 50, 0))
    detections = found((0, 0, 20, 0, 20, 20, 0.9), (1, 0, 60, 60, 4, 5, 0.8),
                       (0, 0, 0, 0, 5, 5, 0.7))
    judged = judge(boxes, detections)
    areas = judged.truth.boxes[:, 2:].prod(1) / 1e4
    sizes = precision_by_size(judged, areas, judged.found.boxes[:, 2:].prod(1) / 1e4, 1,
                              "MaxIntegral")
    # small: a false one of 0.2 % before the true one; the others do not count
    assert {name: count for name, (_, count) in sizes.items()} == \
        {"small": 1, "medium": 1, "large": 1}
    assert [sizes[name][0] for name in ("small", "medium", "large")] == pytest.approx([0.5, 1, 0])
