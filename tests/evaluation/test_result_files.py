"""Files of detections: numbers as the original rounds them."""

import numpy as np
import pytest

from framework.evaluation.result_files import _half_away_from_zero


@pytest.mark.parametrize("x, whole", [(0.4, 0), (0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1),
                                      (-2.5, -3), (-2.4, -2), (7, 7)])
def test_halves_are_rounded_away_from_zero_as_in_c(x, whole):
    assert _half_away_from_zero(np.array([x], np.float32)).tolist() == [whole]
