"""COCO's figures: numbers of pycocotools on random sets, and numbers by hand."""

import json

import numpy as np
import pytest

from framework.errors import DataError
from framework.evaluation import coco, voc
from framework.evaluation.coco_files import read_instances, read_results, write_results
from framework.evaluation.coco_loops import overlaps
from tests.evaluation.random_sets import random_set

SQUARE = (0, 0, 40, 40)
# random_set(*arguments) -> COCOeval.stats of pycocotools 2.0.11 (iouType "bbox")
EXPECTED = {
    (1, 40, 5, 6, 12): [
        0.09419306783897209, 0.14837157173997964, 0.10006239511121318, 0.08405364803128726,
        0.14814802273335548, 0.11759790022023077, 0.13361873478283268, 0.3617506378050993,
        0.3617506378050993, 0.2769570707070707, 0.42379493464052287, 0.38890948963317384],
    (2, 60, 10, 4, 150): [
        0.1747174054625476, 0.24913184577986464, 0.18969101272632644, 0.14419071403249586,
        0.21698839571084896, 0.27958318432045354, 0.35953184865900384, 0.791651101532567,
        0.860901152846196, 0.7177163461538462, 0.9083482142857143, 0.9895337301587303],
    (3, 10, 3, 30, 400): [
        0.1747080783688953, 0.2814143946710638, 0.17836967235246243, 0.1337487262975077,
        0.2390359063474983, 0.20749622522014374, 0.01920271842852488, 0.254763580505516,
        0.7930824372759857, 0.6256172839506173, 0.8495853269537481, 0.9612017612017613],
    (4, 25, 1, 2, 3): [
        0.10682891526829297, 0.1748272236765674, 0.12496576370456335, 0.1256419250947651,
        0.147599734429289, 0.11462281942479963, 0.10731707317073172, 0.3853658536585366,
        0.3853658536585366, 0.34285714285714286, 0.4294117647058823, 0.37],
}


def files(folder, instances, results):
    """Write both, and read them back."""
    (folder / "instances.json").write_text(json.dumps(instances))
    (folder / "results.json").write_text(json.dumps(results))
    truth = read_instances(folder / "instances.json")
    found, warnings = read_results(folder / "results.json", truth)
    return truth, found, [*truth.warnings, *warnings]


@pytest.mark.parametrize("arguments", EXPECTED)
def test_the_twelve_figures_are_those_of_pycocotools(arguments, tmp_path):
    truth, found, _ = files(tmp_path, *random_set(*arguments))

    scores = coco.evaluate(truth.truth, found, len(truth.names))

    np.testing.assert_allclose(list(scores.figures().values()), EXPECTED[arguments], rtol=1e-12)


def test_the_lines_are_those_that_pycocotools_prints(tmp_path):
    truth, found, _ = files(tmp_path, *random_set(4, 25, 1, 2, 3))

    lines = coco.evaluate(truth.truth, found, 1).lines()

    assert lines[:2] == [
        " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.106829",
        " Average Precision  (AP) @[ IoU=0.50      | area=   all | maxDets=100 ] = 0.174827"]
    assert lines[6] == \
        " Average Recall     (AR) @[ IoU=0.50:0.95 | area=   all | maxDets=  1 ] = 0.107317"
    assert len(lines) == 12


def truth(*corners, crowd=None, areas=None):
    """Boxes of one image, as corners."""
    return np.array(corners, dtype=float).reshape(-1, 4), crowd, areas


def found(*rows):
    """Detections of one image, as corners and score."""
    return np.array(rows, dtype=float).reshape(-1, 5)


def columns(classes):
    """Columns of a list of classes, each a list of (detections, boxes) for every image."""
    empty = np.zeros((0, 4))
    real, rows, scores, crowd, areas = [empty], [empty], [], [], []
    real_where, where = [], []
    for number, images in enumerate(classes):
        for image, (detections, (corners, own_crowd, own_areas)) in enumerate(images):
            real.append(np.c_[corners[:, :2], corners[:, 2:] - corners[:, :2]])
            rows.append(np.c_[detections[:, :2], detections[:, 2:4] - detections[:, :2]])
            real_where += [(image, number)] * len(corners)
            where += [(image, number)] * len(detections)
            scores += detections[:, 4].tolist()
            crowd += [False] * len(corners) if own_crowd is None else list(own_crowd)
            areas += np.prod(real[-1][:, 2:], 1).tolist() if own_areas is None else list(own_areas)
    index = np.array(real_where, np.int64).reshape(-1, 2)
    found_index = np.array(where, np.int64).reshape(-1, 2)
    flags = np.array(crowd, bool)
    return (coco.Truth(index[:, 0], index[:, 1], np.concatenate(real), np.array(areas, float),
                       flags, flags),
            coco.Found(found_index[:, 0], found_index[:, 1], np.concatenate(rows),
                       np.array(scores, float)), len(classes))


def summary(*classes):
    return coco.evaluate(*columns(classes)).figures()


def class_average_precision(images):
    """(10,) of one class at each threshold; NaN if there is nothing to find."""
    values = coco.evaluate(*columns([images])).precision[:, :, 0, 0].mean(1)
    return np.where(values < 0, np.nan, values)


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
    box, crowd = np.array([[0.0, 0, 10, 10]]), np.array([[5.0, 0, 95, 100]])

    assert overlaps(box, crowd, np.array([True])) == pytest.approx(0.5)
    assert overlaps(box, crowd, np.array([False])) == pytest.approx(50 / (100 + 9500 - 50))


def test_boxes_apart_or_side_by_side_do_not_overlap():
    box = np.array([[0.0, 0, 1, 10]])
    others = np.array([[1.0, 0, 2, 10], [0, 10, 1, 20], [30, 0, 31, 10]])

    assert not overlaps(box, others, np.array([False, False, True])).any()


def test_sizes_are_counted_apart():
    small, large = (0, 0, 20, 20), (100, 100, 300, 300)
    figures = summary([(found((*small, 0.5)), truth(small, large))])

    assert figures["APsmall"] == pytest.approx(1) and figures["APlarge"] == 0
    assert figures["APmedium"] == figures["ARmedium"] == -1
    assert figures["AP"] == pytest.approx(51 / 101) and figures["AP50"] == pytest.approx(51 / 101)


def test_a_class_without_boxes_does_not_count_in_the_mean():
    cat = [(found((*SQUARE, 0.5)), truth(SQUARE))]
    dog = [(found((*SQUARE, 0.5)), truth())]

    assert summary(cat, dog)["AP"] == pytest.approx(1)
    assert np.isnan(class_average_precision(dog)).all()


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


def test_the_size_of_a_box_is_its_area_in_the_file_and_not_its_width_times_height():
    figures = summary([(found((*SQUARE, 0.5)), truth(SQUARE, areas=[900.0]))])

    # small by its area, while the detection itself is of medium size
    assert figures["APsmall"] == pytest.approx(1) and figures["APmedium"] == -1


def test_results_are_read_back_as_they_were_written(tmp_path):
    truth, found, _ = files(tmp_path, *random_set(1, 40, 5, 6, 12))

    write_results(tmp_path / "again.json", found, list(truth.images), list(truth.categories))
    again, _ = read_results(tmp_path / "again.json", truth)

    for name in ("images", "classes", "boxes", "scores"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))


BOX = {"image_id": 1, "category_id": 2, "bbox": [0, 0, 40, 40]}
SMALL_SET = {"images": [{"id": 1, "file_name": "a.jpg"}], "categories": [{"id": 2, "name": "cat"}],
             "annotations": [{**BOX, "id": 1}]}


@pytest.mark.parametrize("results, message", [
    ({}, r"results.json: is an object; a results file is a list"),
    ([{**BOX, "score": 0.5}, BOX], r"results.json: \[1\].score has no 'score'"),
    ([{**BOX, "score": 0.5, "bbox": [1, 2, 3]}],
     r"\[0\].bbox is not COCO's format \(it must be four numbers: x, y, width, height\)"),
    ([{**BOX, "score": float("nan")}], r"\[0\].score is NaN; it must be finite"),
    ([{**BOX, "score": 1, "image_id": 3}], r"\[0\].image_id is 3, which is not the id of an image"),
    ([{**BOX, "score": 1, "image_id": [1]}], r"\[0\].image_id is not COCO's format \(an id is"),
    (["box"], r"\[0\].image_id is not COCO's format")])
def test_results_that_are_not_cocos_are_an_error_with_their_index(results, message, tmp_path):
    with pytest.raises(DataError, match=message):
        files(tmp_path, SMALL_SET, results)


@pytest.mark.parametrize("change, message", [
    ({"images": None}, "images is null; it must be a list"),
    ({"annotations": [{**BOX, "bbox": "0"}]}, r"annotations\[0\].bbox is not COCO's format"),
    ({"annotations": [{**BOX, "area": "big"}]},
     r"\[0\].area is not COCO's format \(it must be a number"),
    ({"categories": [{"name": "cat"}]}, r"categories\[0\] has no 'id'")])
def test_instances_that_are_not_cocos_are_an_error_with_their_index(change, message, tmp_path):
    with pytest.raises(DataError, match=message):
        files(tmp_path, {**SMALL_SET, **change}, [])


def test_entries_of_unknown_images_and_categories_are_left_out_with_a_warning(tmp_path):
    strange = [{**BOX, "image_id": 9}, {**BOX, "category_id": 9}, BOX]

    truth, found, warnings = files(tmp_path, {**SMALL_SET, "annotations": strange},
                                   [{**BOX, "score": 1, "category_id": 8}, {**BOX, "score": 1}])

    assert len(truth.truth.boxes) == len(found.boxes) == 1
    assert ["image_id is not one of" in warnings[0], "category_id" in warnings[1],
            "[0] with 8" in warnings[2]] == [True] * 3
    assert coco.evaluate(truth.truth, found, 1).figures()["AP"] == pytest.approx(1)


def test_the_figures_of_a_class_are_the_means_of_its_own_values():
    generator = np.random.default_rng(5)
    precision, recall = generator.random((10, 101, 4, 4)), generator.random((10, 4, 4, 3))
    precision[3:, :, 1], recall[3:, 1] = coco.NONE, coco.NONE

    found = coco.CocoScores(precision, recall).class_figures(1)

    own, reached = precision[:3, :, 1], recall[:3, 1]
    expected = {"AP": own[:, :, 0].mean(), "AP50": own[0, :, 0].mean(), "AP75": coco.NONE,
                "APsmall": own[:, :, 1].mean(), "APlarge": own[:, :, 3].mean(),
                "AR1": reached[:, 0, 0].mean(), "AR100": reached[:, 0, 2].mean(),
                "ARmedium": reached[:, 2, 2].mean()}
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_an_empty_results_file_scores_nothing(tmp_path):
    truth, found, _ = files(tmp_path, SMALL_SET, [])

    assert coco.evaluate(truth.truth, found, 1).figures()["AP"] == 0


def test_vocs_rule_takes_the_nearest_box_and_counts_no_difficult_one():
    boxes = (SQUARE, (100, 0, 140, 40), (200, 0, 240, 40))
    rows = found((*SQUARE, 0.9), (2, 0, 42, 40, 0.8), (101, 0, 141, 40, 0.7), (*boxes[2], 0.6))
    real, detections, _ = columns([[(rows, truth(*boxes, crowd=[False, True, False]))]])

    mean, precisions = voc.evaluate(real, detections, 2, "MaxIntegral")

    # true, false (a second one), not counted, true: two boxes are to be found
    assert precisions == [pytest.approx(1 / 2 + 2 / 3 / 2), 0]
    assert mean == pytest.approx(precisions[0] / 2)
