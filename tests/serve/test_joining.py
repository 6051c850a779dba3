"""How the outputs of a batch are divided among its requests."""

import numpy as np
import pytest

from framework.serve.joining import ITEMS, ROWS, divide, join, ways_of


def rows(*values):
    return np.array(values, np.float32).reshape(1, 1, -1, 7)


def row(item, label, score=0.5):
    return (item, label, score, 0.1, 0.2, 0.3, 0.4)


NONE = (-1,) * 6


def test_items_go_back_to_the_requests_that_brought_them():
    parts = [{"x": np.full((size, 2), size, np.float32)} for size in (1, 3, 2)]
    together = join(parts)
    assert together["x"][:, 0].tolist() == [1, 3, 3, 3, 2, 2]
    for part, found in zip(parts, divide(together, [1, 3, 2], {"x": ITEMS}), strict=True):
        np.testing.assert_array_equal(found["x"], part["x"])


def test_rows_of_detections_are_numbered_anew_in_each_request():
    together = rows(row(0, 1), row(2, 1), row(2, 3), row(3, 2))
    first, second, third = divide({"d": together}, [1, 2, 1], {"d": ROWS})
    np.testing.assert_array_equal(first["d"], rows(row(0, 1)))
    np.testing.assert_array_equal(second["d"], rows(row(1, 1), row(1, 3)))
    np.testing.assert_array_equal(third["d"], rows(row(0, 2)))


def test_a_request_without_detections_gets_the_rows_that_say_so():
    """As DetectionOutput does where a whole batch has none: one row for each image."""
    together = rows(row(2, 1))
    first, second = divide({"d": together}, [2, 1], {"d": ROWS})
    np.testing.assert_array_equal(first["d"], rows((0, *NONE), (1, *NONE)))
    np.testing.assert_array_equal(second["d"], rows(row(0, 1)))
    nothing = rows((0, *NONE), (1, *NONE))
    for part in divide({"d": nothing}, [1, 1], {"d": ROWS}):
        np.testing.assert_array_equal(part["d"], rows((0, *NONE)))


@pytest.mark.parametrize("together, expected", [
    ([[1, 2], [3, 4]], {"y": ITEMS}), ([[1, 2], [3, 4.1]], {}), ([[1, 2]], {}),
    ([[1, 2], [3, 4], [5, 6]], {}), ([[1], [3]], {})])
def test_items_may_share_a_batch_only_if_they_give_what_they_give_alone(together, expected):
    alone = [{"y": np.array([[1, 2]], np.float32)}, {"y": np.array([[3, 4]], np.float32)}]
    assert ways_of(alone, {"y": np.array(together, np.float32)}, []) == expected


def test_detections_may_share_a_batch_if_their_rows_are_those_of_alone():
    alone = [{"d": rows(row(0, 1), row(0, 2))}, {"d": rows((0, *NONE))}]
    assert ways_of(alone, {"d": rows(row(0, 1), row(0, 2))}, ["d"]) == {"d": ROWS}
    assert ways_of(alone, {"d": rows(row(0, 1), row(1, 2))}, ["d"]) == {}
