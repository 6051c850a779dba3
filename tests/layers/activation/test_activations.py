"""Activations of other projects: their errors."""

import pytest

from framework.errors import SpecError
from tests.support import make


@pytest.mark.parametrize("low, high", [(3, 8), (-8, -3), (-2, 3)])
def test_insanity_takes_bounds_in_their_order(low, high):
    layer = make("Insanity", f"lb: {low} ub: {high}", (2, 3))
    assert (layer.low, layer.high) == (low, high)


@pytest.mark.parametrize("low, high", [(8, 3), (3, 3), (0, 3), (-3, 0)])
def test_insanity_refuses_bounds_that_are_turned_or_zero(low, high):
    with pytest.raises(SpecError, match=f"has lb {low} and ub {high}; lb must be below ub"):
        make("Insanity", f"lb: {low} ub: {high}", (2, 3))
