"""COCO's average precision: numbers by hand."""

import numpy as np
import pytest

from framework.evaluation.coco import AREAS, Boxes, class_average_precision, overlaps, summary


def truth(*corners, **more):
    return Boxes(np.array(corners, dtype=float).reshape(-1, 4), **more)


def found(*rows):
    array = np.array(rows, dtype=float).reshape(-1, 5)
    return Boxes(array[:, :4], array[:, 4])


SQUARE = (0, 0, 40, 40)


def test_a_perfect_detection_has_precision_one_at_every_overlap():
    np.testing.assert_allclose(class_average_precision([(found((*SQUARE, 0.5)), truth(SQUARE))]), 1)


def test_a_detection_counts_up_to_its_overlap():
    # 40 x 40 against 40 x 31: overlap 31 / 40 = 0.775
    result = class_average_precision([(found((0, 0, 40, 31, 0.5)), truth(SQUARE))])

    np.testing.assert_allclose(result, [1] * 6 + [0] * 4)


def test_precision_is_the_best_at_each_of_101_recalls():
    # Scores: right, wrong, right; four boxes. Recall 0.25 at precision 1, 0.5 at 2/3.
    boxes = [(100 * n, 0, 100 * n + 40, 40) for n in range(4)]
    rows = found((*boxes[0], 0.9), (0, 500, 40, 540, 0.8), (*boxes[1], 0.7))

    result = class_average_precision([(rows, truth(*boxes))])

    np.testing.assert_allclose(result, (26 * 1 + 25 * 2 / 3) / 101)


def test_a_second_detection_of_a_box_is_wrong_and_scores_rank_over_all_images():
    images = [(found((*SQUARE, 0.9), (*SQUARE, 0.8)), truth(SQUARE)),
                (found((*SQUARE, 0.85)), truth(SQUARE))]

    # true, true, false: all boxes are found before the double
    np.testing.assert_allclose(class_average_precision(images), 1)
    images[1] = (found((*SQUARE, 0.7)), truth(SQUARE))
    # true, false, true: 51 recalls at 1, 50 at 2/3
    np.testing.assert_allclose(class_average_precision(images), (51 + 50 * 2 / 3) / 101)


def test_detections_on_a_crowd_do_not_count():
    real = truth(SQUARE, (100, 0, 200, 100), crowd=np.array([False, True]))
    rows = found((110, 10, 120, 20, 0.95), (130, 10, 140, 20, 0.94), (*SQUARE, 0.5))

    np.testing.assert_allclose(class_average_precision([(rows, real)]), 1)


def test_the_overlap_with_a_crowd_is_over_the_detections_own_area():
    box, crowd = np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 100, 100]])

    assert overlaps(box, crowd, np.array([True])) == pytest.approx(0.5)
    assert overlaps(box, crowd, np.array([False])) == pytest.approx(50 / (100 + 9500 - 50))


def test_boxes_apart_or_side_by_side_do_not_overlap():
    box = np.array([[0.0, 0, 1, 10]])
    others = np.array([[1.0, 0, 2, 10], [0, 10, 1, 20], [30, 0, 31, 10]])

    assert not overlaps(box, others, np.array([False, False, True])).any()


def test_sizes_are_counted_apart():
    small, large = (0, 0, 20, 20), (100, 100, 300, 300)
    images = {"cat": [(found((*small, 0.5)), truth(small, large))]}

    figures = summary(images)

    assert figures["APsmall"] == pytest.approx(1) and figures["APlarge"] == 0
    assert np.isnan(figures["APmedium"])
    assert figures["AP"] == pytest.approx(51 / 101) and figures["AP50"] == pytest.approx(51 / 101)


def test_a_class_without_boxes_does_not_count_in_the_mean():
    images = {"cat": [(found((*SQUARE, 0.5)), truth(SQUARE))],
                "dog": [(found((*SQUARE, 0.5)), truth())]}

    assert summary(images)["AP"] == pytest.approx(1)
    assert np.isnan(class_average_precision(images["dog"], AREAS["all"])).all()


def test_only_the_hundred_best_detections_of_a_image_count():
    noise = [(500 + n, 0, 510 + n, 40, 0.9) for n in range(100)]
    images = [(found(*noise, (*SQUARE, 0.5)), truth(SQUARE))]

    assert class_average_precision(images).max() == 0


def test_of_boxes_that_overlap_equally_the_later_is_taken():
    # The first detection overlaps both boxes by 35 / 45; the second only the later, by 36 / 44,
    # and the other by 26 / 54. Source: evaluateImg goes on only where an overlap is smaller.
    real = truth((0, 0, 40, 40), (10, 0, 50, 40))
    rows = found((5, 0, 45, 40, 0.9), (14, 0, 54, 40, 0.8))

    result = class_average_precision([(rows, real)])

    # true, false up to 0.75; at 0.8 false, true; then false, false
    np.testing.assert_allclose(result, [51 / 101] * 6 + [51 / 2 / 101] + [0] * 3)


def test_of_equal_scores_the_first_ranks_first_within_and_over_images():
    right, wrong = (*SQUARE, 0.5), (500, 0, 540, 40, 0.5)

    np.testing.assert_allclose(class_average_precision([(found(right, wrong), truth(SQUARE))]), 1)
    np.testing.assert_allclose(class_average_precision([(found(wrong, right), truth(SQUARE))]), 0.5)
    images = [(found(wrong), truth()), (found(right), truth(SQUARE))]
    np.testing.assert_allclose(class_average_precision(images), 0.5)
    np.testing.assert_allclose(class_average_precision(images[::-1]), 1)


def test_of_equal_scores_the_first_hundred_count():
    wrong = [(500 + n, 0, 510 + n, 40, 0.5) for n in range(99)]
    real = truth(SQUARE)

    assert class_average_precision([(found(*wrong, (*SQUARE, 0.5)), real)]).min() > 0
    assert class_average_precision([(found(*wrong, wrong[0], (*SQUARE, 0.5)), real)]).max() == 0
