"""AnnotatedData: records without boxes, the order of `shuffle`, records of the other kind."""

import itertools

import numpy as np
import pytest

from framework.errors import DataError
from framework.proto import Datum
from tests.data.making import (
    annotated,
    annotated_net,
    encoded,
    good_records,
    image,
    make_source,
    records_in,
    write_database,
)

NUM = 20


@pytest.fixture
def database(tmp_path):
    return write_database(tmp_path / "lmdb", good_records(NUM))


def orders(database, count, start=0, annotated="shuffle: true", data="", **options):
    """The records in each of `count` batches of 5 from `start` on."""
    source = make_source(annotated_net(database, 5, annotated=annotated, data=data), "TEST",
                         **options)
    batches = source.batches(start)
    found = [records_in(labels.numpy()) for _, labels in itertools.islice(batches, count)]
    batches.close()
    source.close()
    return found


def test_shuffle_takes_every_record_once_in_an_epoch_and_in_another_order_in_the_next(database):
    found = orders(database, 12, seed=3)
    epochs = [sum(found[start:start + 4], []) for start in (0, 4, 8)]
    assert all(sorted(epoch) == list(range(NUM)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in [*epochs, range(NUM)]}) == 4
    assert orders(database, 12, seed=3) == found != orders(database, 12, seed=4)
    assert orders(database, 4, annotated="") == np.arange(NUM).reshape(4, 5).tolist()
    assert orders(database, 12, annotated="", data="shuffle: true", seed=3) == found


def test_the_order_is_the_same_for_a_resumed_run_workers_and_ranks(database):
    whole = orders(database, 8, seed=3)
    assert orders(database, 3, start=5, seed=3) == whole[5:]
    assert orders(database, 6, seed=3, workers=2) == whole[:6]
    ranks = [orders(database, 4, seed=3, rank=rank, world_size=2) for rank in range(2)]
    assert [batch for both in zip(*ranks, strict=True) for batch in both] == whole


def test_records_without_boxes_are_images_of_the_batch_in_training(tmp_path, caplog):
    records = [annotated(encoded(image(index)), [(1, 0.1, 0.1, 0.5, 0.5)] if index % 2 else [])
               for index in range(6)]
    path = write_database(tmp_path / "lmdb", records)
    sampler = "batch_sampler { max_sample: 1 } batch_sampler { sampler { min_scale: 0.3 } " \
              "sample_constraint { min_jaccard_overlap: 0.5 } max_sample: 1 max_trials: 9 }"
    source = make_source(annotated_net(path, 6, "resize_param { height: 8 width: 8 }",
                                       annotated=sampler), "TRAIN")
    batches = source.batches()
    images, labels = next(batches)
    batches.close()
    assert images.shape == (6, 3, 8, 8)
    assert labels[0, 0, :, 0].tolist() == [1, 3, 5]
    assert not source.ledger.bad and "left out" not in caplog.text


@pytest.mark.parametrize("kind, is_annotated, found, wanted", [
    ("AnnotatedData", False, "Datum", "Data"), ("Data", True, "AnnotatedDatum", "AnnotatedData")])
def test_records_of_the_other_kind_are_an_error_with_the_layer_for_them(
        tmp_path, kind, is_annotated, found, wanted):
    content = encoded(image(0))
    plain = Datum(data=content, encoded=True, channels=3, height=40, width=56, label=1)
    record = annotated(content, []) if is_annotated else plain.SerializeToString()
    path = write_database(tmp_path / "lmdb", [b"", record])
    with pytest.raises(DataError, match=f'are {found}; use type: "{wanted}"'):
        make_source(annotated_net(path, 1).replace("AnnotatedData", kind), "TEST")


@pytest.mark.parametrize("batch_size", [2, 5])
@pytest.mark.parametrize("odd", [0, 5, 19])
def test_an_image_of_an_odd_size_is_the_bad_one_wherever_it_is(tmp_path, batch_size, odd):
    records = good_records(NUM)
    records[odd] = good_records(1, (33, 21))[0]
    path = write_database(tmp_path / "lmdb", records)
    source = make_source(annotated_net(path, batch_size), "TEST")
    assert source.top_shapes[0] == (batch_size, 3, 40, 56)
    batches = source.batches()
    shapes = {tuple(images.shape[2:])
              for images, _ in itertools.islice(batches, NUM // batch_size + 1)}
    batches.close()
    assert list(source.ledger.bad) == [odd]
    assert shapes == {(40, 56)}
