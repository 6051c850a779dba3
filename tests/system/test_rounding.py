"""Rounding as C does it."""

import numpy as np
import pytest

from framework.system.rounding import c_round, c_rounded


@pytest.mark.parametrize("x, whole", [(0.4, 0), (0.5, 1), (1.5, 2), (2.5, 3), (-0.5, -1),
                                      (-2.5, -3), (-2.4, -2), (7, 7)])
def test_halves_are_rounded_away_from_zero_as_in_c(x, whole):
    assert c_rounded(np.array([x], np.float32)).tolist() == [whole]
    assert c_round(x) == whole
