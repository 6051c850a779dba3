"""Mosaic and mixup against their definition; AnnotatedData with both."""

import itertools

import cv2
import numpy as np
import pytest

from framework.data.augment.joined import mixup, mosaic
from framework.data.records.images import BadRecord, DecodedImage
from framework.data.records.records import Record
from framework.errors import SpecError
from tests.data.making import annotated, annotated_net, encoded, image, make_source, write_database


def record(seed, height, width, *boxes, channels=3):
    rows = [(label, 0, *corners, 0) for label, *corners in boxes]
    return Record(DecodedImage(image(seed, height, width, channels)),
                  np.array(rows, np.float32).reshape(-1, 7), -1)


def test_a_mosaic_shows_four_images_whole_in_its_quarters():
    records = [record(1, 40, 60, (1, 0.1, 0.2, 0.5, 0.6)), record(2, 30, 50),
               record(3, 80, 20, (2, 0, 0, 1, 1), (3, 0.5, 0.5, 1, 0.75)),
               record(4, 24, 24, (1, 0.25, 0, 0.75, 0.5))]
    joined = mosaic(records, (0.4, 0.7))         # 24 of 60, 28 of 40
    expected = np.empty((40, 60, 3), np.uint8)
    for one, (y, x) in zip(records, itertools.product((slice(0, 28), slice(28, 40)),
                                                      (slice(0, 24), slice(24, 60))), strict=True):
        expected[y, x] = cv2.resize(one.pixels, (x.stop - x.start, y.stop - y.start),
                                    interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(joined.pixels, expected)
    np.testing.assert_allclose(joined.boxes, [
        [1, 0, 0.1 * 0.4, 0.2 * 0.7, 0.5 * 0.4, 0.6 * 0.7, 0],
        [2, 0, 0, 0.7, 0.4, 1, 0],
        [3, 0, 0.5 * 0.4, 0.7 + 0.5 * 0.3, 0.4, 0.7 + 0.75 * 0.3, 0],
        [1, 0, 0.4 + 0.25 * 0.6, 0.7, 0.4 + 0.75 * 0.6, 0.7 + 0.5 * 0.3, 0]], rtol=1e-6)


def test_mixup_blends_two_images_at_the_upper_left_of_one_that_holds_both():
    first = record(1, 40, 50, (1, 0.1, 0.2, 0.5, 0.6))
    second = record(2, 30, 80, (2, 0.5, 0.5, 1, 1))
    joined = mixup(first, second, 0.3)
    expected = np.zeros((40, 80, 3))
    expected[:40, :50] += 0.3 * first.pixels
    expected[:30, :80] += 0.7 * second.pixels
    assert joined.pixels.dtype == np.uint8
    assert np.abs(joined.pixels - expected).max() <= 0.5 + 1e-3
    np.testing.assert_allclose(joined.boxes, [
        [1, 0, 0.1 * 50 / 80, 0.2, 0.5 * 50 / 80, 0.6, 0],
        [2, 0, 0.5, 0.5 * 30 / 40, 1, 30 / 40, 0]], rtol=1e-6)


def test_images_of_other_channels_are_not_joined():
    with pytest.raises(BadRecord, match="it has 1 channel,"):
        mixup(record(1, 9, 9), record(2, 9, 9, channels=1), 0.5)


NUM = 8


@pytest.fixture
def database(tmp_path):
    """Images of one colour each, with one box of the label that tells which."""
    records = [annotated(encoded(np.full((40, 56, 3), 20 * index, np.uint8)),
                         [(index, 0.25, 0.25, 0.75, 0.75)]) for index in range(NUM)]
    return write_database(tmp_path / "lmdb", records)


def batches(database, count, fields, start=0, **options):
    source = make_source(annotated_net(database, 4, annotated=fields), "TRAIN", **options)
    found = [tuple(top.numpy() for top in batch)
             for batch in itertools.islice(source.batches(start), count)]
    ledger = source.ledger
    source.close()
    return found, ledger


def test_the_boxes_of_joined_images_are_over_their_colours(database):
    found, _ = batches(database, 6, "mosaic_prob: 1", seed=3)
    labels = []
    for images, boxes in found:
        rows = boxes.reshape(-1, 8)
        assert len(rows) == 16
        for item, label, _, x1, y1, x2, y2, _ in rows:
            _, _, height, width = images.shape
            part = images[int(item), :, int(y1 * height) + 2:int(y2 * height) - 1,
                          int(x1 * width) + 2:int(x2 * width) - 1]
            np.testing.assert_allclose(part, 20 * label, atol=1)
            labels.append(int(label))
    assert set(labels) == set(range(NUM))


def test_joined_images_are_drawn_by_the_seed_alone(database):
    fields = "mosaic_prob: 0.5 mixup_prob: 0.5"
    whole, _ = batches(database, 4, fields, seed=3)
    again, _ = batches(database, 2, fields, start=2, seed=3, workers=1)
    for first, second in zip(whole[2:], again, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
    counts = {len(boxes.reshape(-1, 8)) for _, boxes in whole}
    assert max(counts) > 4


def test_nothing_is_drawn_for_a_net_without_the_fields(database):
    plain, _ = batches(database, 3, "", seed=3)
    off, _ = batches(database, 3, "mosaic_prob: 0 mixup_prob: 0", seed=3)
    for first, second in zip(plain, off, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)
        assert first[1].reshape(-1, 8)[:, 0].tolist() == [0, 1, 2, 3]


def test_a_bad_record_that_would_be_joined_is_counted(tmp_path):
    # more than 5 % of the records may not be bad
    records = [annotated(encoded(image(index)), [(1, 0.1, 0.1, 0.5, 0.5)]) for index in range(39)]
    path = write_database(tmp_path / "lmdb", [*records, annotated(b"no image", [])])
    found, ledger = batches(path, 9, "mosaic_prob: 1", seed=1)
    assert list(ledger.bad) == [39]
    assert all(len(boxes.reshape(-1, 8)) == 16 for _, boxes in found)


@pytest.mark.parametrize("fields, message", [
    ("mosaic_prob: 1.5", "mosaic_prob is 1.5; it must be from 0 to 1"),
    ("mixup_prob: 1 mixup_alpha: 0", "mixup_alpha is 0; it must be above 0")])
def test_wrong_settings_are_refused(database, fields, message):
    with pytest.raises(SpecError, match=message):
        batches(database, 1, fields)
