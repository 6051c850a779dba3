"""Words of messages: numbers with their units."""

from __future__ import annotations

import pytest

from framework.system.wording import counted


@pytest.mark.parametrize("number, unit, said", [
    (1, "image", "1 image"), (0, "image", "0 images"), (2, "box", "2 boxes"), (1, "box", "1 box"),
    (3, "class", "3 classes"), (5, "batch", "5 batches"), (1200, "layer", "1,200 layers"),
])
def test_a_number_is_said_with_its_unit_in_the_singular_for_one(number, unit, said):
    assert counted(number, unit) == said
