"""ClassOrder: P classes a batch with K images of each."""

import pytest

from framework.data.loading.class_order import ClassOrder
from framework.errors import DataError

LABELS = [3.0, 1, 3, 1, 3, 7, 1, 7, 9, 4, 4, 4, 4, 4]      # 9 has one image, 7 has two


def batches(order, count, size=6):
    return [[order.record(position) for position in range(at * size, (at + 1) * size)]
            for at in range(count)]


def test_a_batch_has_different_classes_with_their_images_side_by_side():
    order = ClassOrder(LABELS, 3, 6, seed=5)
    seen = set()
    for batch in batches(order, 40):
        labels = [LABELS[record] for record in batch]
        assert labels[:3] == labels[:1] * 3
        assert labels[3:] == labels[3:4] * 3
        assert labels[0] != labels[3]
        for half in (batch[:3], batch[3:]):
            assert len(set(half)) == (2 if LABELS[half[0]] == 7 else 3)     # drawn anew, no twice
        seen |= set(batch)
    assert seen == set(range(14)) - {8}
    assert order.single == [9]


def test_each_class_comes_once_in_an_epoch():
    order = ClassOrder(LABELS, 3, 6, seed=1)
    for epoch in range(5):
        labels = {LABELS[order.record(position)] for position in range(epoch * 12, epoch * 12 + 12)}
        assert labels == {1, 3, 4, 7}


def test_a_batch_depends_on_its_number_alone():
    again = ClassOrder(LABELS, 3, 6, seed=5)
    assert batches(again, 9)[8] == [ClassOrder(LABELS, 3, 6, seed=5).record(48 + at)
                                    for at in range(6)]
    assert batches(again, 9) != batches(ClassOrder(LABELS, 3, 6, seed=6), 9)


def test_too_few_classes_are_an_error():
    with pytest.raises(DataError, match="4 classes of two images or more; a batch of 15 with "
                                        "images_per_class 3 takes 5"):
        ClassOrder(LABELS, 3, 15, seed=1)
