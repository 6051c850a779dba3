"""Average precision against its definitions, numbers by hand, and the original's log."""

import numpy as np
import pytest
import torch

import tests.golden as golden
from framework.evaluation.average_precision import average_precision, class_average_precisions
from tests.support import make


def by_definition(scores, true, positives, version):
    """Walk down the list, best score first."""
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    right, points = 0, []
    for seen, index in enumerate(order, start=1):
        right += int(true[index])
        points.append((right / positives, right / seen))
    if version == "11point":
        return sum(max((p for r, p in points if r >= level / 10 - 1e-9), default=0)
                   for level in range(11)) / 11
    total, before = 0.0, 0.0
    for number, (recall, precision) in enumerate(points):
        best = precision if version == "Integral" else max(p for _, p in points[number:])
        total += best * (recall - before)
        before = recall
    return total


@pytest.mark.parametrize("version", ["11point", "MaxIntegral", "Integral"])
@pytest.mark.parametrize("positives", [7, 13, 40])
def test_average_precision_follows_its_definition(version, positives):
    generator = np.random.default_rng(positives)
    scores = generator.random(37).round(1)          # many equal ones
    true = generator.random(37) < 0.4
    true[np.cumsum(true) > positives] = False

    found = average_precision(scores, true, positives, version)

    np.testing.assert_allclose(found, by_definition(scores, true, positives, version), rtol=1e-5)


@pytest.mark.parametrize("version, expected", [
    # true, false, true of 4 boxes: recall 1/4, 1/4, 1/2; precision 1, 1/2, 2/3
    ("11point", (3 * 1 + 3 * 2 / 3) / 11), ("MaxIntegral", 1 / 4 + 2 / 3 / 4),
    ("Integral", 1 / 4 + 2 / 3 / 4)])
def test_three_detections_by_hand(version, expected):
    found = average_precision(np.array([0.5, 0.9, 0.7]), np.array([1, 1, 0]), 4, version)

    assert found == pytest.approx(expected, rel=1e-6)


def test_the_envelope_differs_from_the_plain_sum_where_precision_rises():
    scores, true = np.array([0.9, 0.8, 0.7]), np.array([0, 1, 1])

    assert average_precision(scores, true, 2, "Integral") == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert average_precision(scores, true, 2, "MaxIntegral") == pytest.approx(2 / 3)


def test_no_detections_and_no_boxes_have_precision_zero():
    assert average_precision(np.array([]), np.array([]), 3) == 0
    assert average_precision(np.array([0.5]), np.array([0]), 0) == 0


def test_another_version_is_an_error():
    with pytest.raises(ValueError, match="'12point' is not a version"):
        average_precision(np.array([0.5]), np.array([1]), 1, "12point")


def test_the_mean_divides_by_all_classes_and_batches_add_up():
    one_batch = [[-1, 1, 2, -1, -1], [-1, 2, 1, -1, -1], [-1, 3, 1, -1, -1],
                 [0, 1, 0.9, 1, 0], [0, 1, 0.8, 0, 1], [0, 2, 0.7, 0, 0]]
    another = [[-1, 1, 2, -1, -1], [-1, 2, 0, -1, -1], [-1, 3, 1, -1, -1],
               [0, 1, 0.85, 1, 0], [1, 2, 0.6, 1, 0]]

    mean, precisions = class_average_precisions(np.array(one_batch + another), "MaxIntegral")

    assert precisions == {1: pytest.approx(2 / 4), 2: pytest.approx(1)}
    assert mean == pytest.approx((2 / 4 + 1 + 0) / 3)


@pytest.mark.parametrize("name, version", [("11point", "11point"), ("maxintegral", "MaxIntegral")])
def test_the_originals_log_of_a_test_net(name, version):
    case = golden.load_case(f"solver/test_detection_{name}")
    detections, truth = (torch.from_numpy(case[f"data/test_{what}"]) for what in ("det", "gt"))
    layer = make("DetectionEvaluate", "num_classes: 4 evaluate_difficult_gt: false",
                 (1, 1, *detections.shape[2:]), (1, 1, *truth.shape[2:]), phase="TEST")

    rows = [layer(detections[n:n + 1], truth[n:n + 1])[0, 0] for n in range(len(detections))]
    mean, precisions = class_average_precisions(torch.cat(rows).numpy(), version)

    for label, value in precisions.items():
        np.testing.assert_allclose(value, case[f"test/0/class{label}"], rtol=1e-5)
    np.testing.assert_allclose(mean, case["test/0/detection_eval"], rtol=1e-5)
