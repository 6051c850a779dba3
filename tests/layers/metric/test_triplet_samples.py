"""SampleTriplet against loops over items."""

import math

import pytest

from framework.errors import SpecError
from tests.support import make, noise


def test_the_negative_is_the_most_similar_item_of_another_class():
    classes, items, eps = 3, 4, 0.5
    x = noise(classes * items, 2, 3)
    layer = make("SampleTriplet", f"label_num: {classes} sample_num: {items} eps: {eps}",
                 (classes * items, 2, 3))
    rows = x.detach().numpy().reshape(classes * items, -1)
    expected = []
    for a in range(len(rows)):
        def alike(n, a=a):
            return rows[a] @ rows[n] / math.sqrt(
                (rows[a] @ rows[a] + eps) * (rows[n] @ rows[n] + eps))
        others = [n for n in range(len(rows)) if n // items != a // items]
        expected += [[a, p, max(others, key=alike)] for p in range(len(rows))
                     if p != a and p // items == a // items]
    top = layer(x)
    assert top.shape == (36, 3, 1, 1) and top.reshape(36, 3).tolist() == expected


def test_of_equal_ones_the_last_is_taken_from_the_next_class_on_around_the_batch():
    layer = make("SampleTriplet", "label_num: 3 sample_num: 2", (6, 4))
    top = layer(noise(1, 4).detach().expand(6, 4))
    # class 0: 2 3 4 5; class 1: 4 5 0 1; class 2: 0 1 2 3
    assert top.reshape(6, 3).tolist() == [[0, 1, 5], [1, 0, 5], [2, 3, 1], [3, 2, 1], [4, 5, 3],
                                          [5, 4, 3]]


def test_an_item_that_is_not_a_number_has_no_negative():
    x = noise(6, 4).detach()
    x[2] = float("nan")
    top = make("SampleTriplet", "label_num: 3 sample_num: 2", (6, 4))(x).reshape(6, 3)
    assert top[2].tolist() == [2, 3, -1]


@pytest.mark.parametrize("param, message", [
    ("label_num: 1 sample_num: 6", "label_num is 1; it must be at least 2"),
    ("label_num: 6 sample_num: 1", "sample_num is 1; it must be at least 2"),
    ("label_num: 2 sample_num: 2", "has 6 items; there must be label_num . sample_num, 4")])
def test_batches_without_triplets_are_errors(param, message):
    with pytest.raises(SpecError, match=message):
        make("SampleTriplet", param, (6, 4))
