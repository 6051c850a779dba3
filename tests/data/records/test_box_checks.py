import numpy as np
import pytest

from framework.data.records.box_checks import are_sound
from tests.data.augment.test_box_loops import some_boxes


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, "inverted"])
def test_a_box_that_is_not_finite_or_is_inverted_is_not_sound(place, value):
    boxes = some_boxes(100)
    assert are_sound(boxes) and are_sound(boxes[:0])
    if value == "inverted":
        value = boxes[70, 2 + (place + 2) % 4] + (0.01 if place < 2 else -0.01)
    boxes[70, 2 + place] = value
    assert not are_sound(boxes)
