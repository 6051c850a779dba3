"""RegionDetectionOutput against its definition in loops, and truth in YOLO's rows."""

import math

import numpy as np
import pytest
import torch

from framework.errors import SpecError
from framework.net.reading import parse_net
from tests.definitions import overlap, sigmoid, softmax
from tests.support import make, noise

BIASES = [0.7, 0.9, 2.4, 1.6]
PARAM = ("num_classes: 3 side: 4 num_box: 2 confidence_threshold: %s nms_threshold: %s "
         + " ".join(f"biases: {bias}" for bias in BIASES))


def by_hand(x, least, threshold, side=4):
    kept = []
    for row, column, box in np.ndindex(side, side, 2):
        numbers = x[0, box * 8:box * 8 + 8, row, column]
        shares = softmax(numbers[5:], 0)
        score = sigmoid(numbers[4]) * shares.max()
        place = ((column + sigmoid(numbers[0])) / side, (row + sigmoid(numbers[1])) / side,
                 math.exp(numbers[2]) * BIASES[2 * box] / side,
                 math.exp(numbers[3]) * BIASES[2 * box + 1] / side)
        if score >= least and all(overlap(place, other[1]) < threshold for other in kept):
            kept.append(((0, shares.argmax(), score), place))
    return np.array([[*numbers, x - w / 2, y - h / 2, x + w / 2, y + h / 2]
                     for numbers, (x, y, w, h) in kept])


@pytest.mark.parametrize("least, threshold", [(0.2, 0.45), (0.3, 0.1), (0.15, 0.6)])
def test_boxes_before_others_in_the_map_suppress_them(least, threshold):
    text = PARAM % (least, threshold)
    layer = make("RegionDetectionOutput", f"detection_output_param {{ {text} }}", (1, 16, 4, 4))
    x = noise(1, 16, 4, 4, seed=5).detach()
    expected = by_hand(x.numpy(), least, threshold)
    assert 1 < len(expected) < 32
    np.testing.assert_allclose(layer(x)[0, 0], expected, rtol=1e-5)     # biases are float32


def test_a_map_without_a_box_gives_one_row():
    layer = make("RegionDetectionOutput", f"detection_output_param {{ {PARAM % (0.99, 0.5)} }}",
                 (1, 16, 4, 4))
    assert layer(torch.zeros(1, 16, 4, 4, dtype=torch.float64)).ravel().tolist() == [0, *[-1] * 6]


@pytest.mark.parametrize("text, shape, message", [
    (PARAM.replace("num_classes: 3", "") % (0.1, 0.5), (1, 16, 4, 4), "num_classes is missing"),
    (PARAM % (0.1, 0.5), (2, 16, 4, 4), r"it must be \(1, 16, 4, 4\)"),
    (PARAM % (0.1, 0.5) + " coords: 5", (1, 16, 4, 4), "coords is 5; it must be 4"),
    ("num_classes: 3 side: 4 num_box: 2 biases: 1", (1, 16, 4, 4), "biases has 1 numbers")])
def test_maps_and_fields_that_do_not_fit_are_errors(text, shape, message):
    with pytest.raises(SpecError, match=message):
        make("RegionDetectionOutput", f"detection_output_param {{ {text} }}", shape)


def test_detection_output_with_biases_is_that_of_a_region():
    net = parse_net("""
        layer { name: "d" type: "DetectionOutput" bottom: "x" top: "y"
                detection_output_param { num_classes: 9 coords: 4 biases: 1 biases: 2 } }""")
    assert net.message.layer[0].type == "RegionDetectionOutput"


def test_truth_in_rows_of_yolo_is_judged_as_boxes_are():
    """Boxes of labels 0 and 2; one detection is right, one is second on its box, one misses."""
    truth = torch.zeros(1, 30 * 5, dtype=torch.float64)
    truth[0, :10] = torch.tensor([0, 0.3, 0.4, 0.2, 0.2, 2, 0.7, 0.6, 0.4, 0.2])
    truth[0, 15:20] = torch.tensor([1, 0.5, 0.5, 0.5, 0.5])         # after the end
    detections = torch.tensor([[0, 0, 0.9, 0.2, 0.3, 0.4, 0.5], [0, 0, 0.5, 0.2, 0.3, 0.4, 0.52],
                               [0, 2, 0.7, 0, 0, 0.2, 0.2]], dtype=torch.float64)
    layer = make("DetectionEvaluate", "num_classes: 3 overlap_threshold: 0.5", (1, 1, 3, 7),
                 (1, 150))
    top = layer(detections.view(1, 1, 3, 7), truth)[0, 0]
    np.testing.assert_allclose(top, [
        [-1, 0, 1, -1, -1], [-1, 1, 0, -1, -1], [-1, 2, 1, -1, -1],
        [0, 0, 0.9, 1, 0], [0, 0, 0.5, 0, 1], [0, 2, 0.7, 0, 1]])
