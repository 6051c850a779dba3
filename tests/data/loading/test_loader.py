"""Batches come the same from a thread, from any number of processes and of ranks."""

import itertools
import os
import signal
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from framework.data.loading.patience import Patience
from framework.errors import DataError
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

RANDOM = """mirror: true mean_value: 100
    resize_param { height: 20 width: 24 interp_mode: LINEAR interp_mode: AREA }
    distort_param { brightness_prob: 0.5 brightness_delta: 32 hue_prob: 0.5 hue_delta: 18 }
    expand_param { prob: 0.5 max_expand_ratio: 3 }"""
SAMPLERS = """batch_sampler { max_sample: 1 max_trials: 1 }
    batch_sampler { sampler { min_scale: 0.3 max_scale: 1 min_aspect_ratio: 0.5
    max_aspect_ratio: 2 } sample_constraint { min_jaccard_overlap: 0.3 } max_sample: 1 }"""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return write_database(tmp_path_factory.mktemp("db") / "lmdb", good_records(7))


def first_batches(source, count, start=0):
    """Copies of some batches; the workers are ended."""
    batches = source.batches(start)
    taken = [tuple(top.clone() for top in batch) for batch in itertools.islice(batches, count)]
    batches.close()
    return taken


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        for top, other_top in zip(one, other, strict=True):
            assert torch.equal(top, other_top)


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_workers_make_the_same_batches_as_a_thread(database, workers):
    text = annotated_net(database, 3, RANDOM, SAMPLERS, "shuffle: true")
    expected = first_batches(make_source(text, seed=5), 9)
    assert not torch.equal(expected[0][0], expected[1][0])
    assert_same(first_batches(make_source(text, seed=5, workers=workers), 9), expected)


def test_another_seed_makes_other_batches(database):
    text = annotated_net(database, 3, RANDOM, SAMPLERS)
    one, other = (first_batches(make_source(text, seed=seed), 1) for seed in (5, 6))
    assert not torch.equal(one[0][0], other[0][0])


def test_ranks_share_the_batch_of_one(database):
    whole = first_batches(make_source(annotated_net(database, 6, RANDOM, SAMPLERS), seed=2), 4)
    text = annotated_net(database, 2, RANDOM, SAMPLERS)
    ranks = [first_batches(make_source(text, seed=2, rank=rank, world_size=3), 4)
             for rank in range(3)]
    for number in range(4):
        pixels = torch.cat([rank[number][0] for rank in ranks])
        assert torch.equal(pixels, whole[number][0])
        rows = []
        for rank, batches in enumerate(ranks):
            label = batches[number][1].clone().reshape(-1, 8)
            label[:, 0] += 2 * rank
            rows.append(label)
        assert torch.equal(torch.cat(rows), whole[number][1].reshape(-1, 8))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_later_start_goes_on_as_the_run_would_have(database, workers):
    text = annotated_net(database, 3, RANDOM, SAMPLERS, "shuffle: true")
    expected = first_batches(make_source(text), 8)
    source = make_source(text, workers=workers)
    assert_same(first_batches(source, 3, start=5), expected[5:])


def test_the_order_is_the_databases_and_wraps_inside_a_batch(database):
    batches = first_batches(make_source(annotated_net(database, 3), "TEST"), 4)
    found = [record for _, label in batches for record in records_in(label.numpy())]
    assert found == [position % 7 for position in range(12)]


def test_shuffle_takes_every_record_once_in_each_pass(database):
    batches = first_batches(make_source(annotated_net(database, 7, data="shuffle: true")), 3)
    passes = [records_in(label.numpy()) for _, label in batches]
    assert all(sorted(found) == list(range(7)) for found in passes)
    assert len({tuple(found) for found in passes}) > 1


def test_rand_skip_starts_below_its_number(database):
    starts = set()
    for seed in range(20):
        source = make_source(annotated_net(database, 2, data="rand_skip: 4"), seed=seed)
        starts.add(records_in(first_batches(source, 1)[0][1].numpy())[0])
    assert starts == {0, 1, 2, 3}


def test_batches_that_are_kept_stay_as_they_were(database):
    source = make_source(annotated_net(database, 3, RANDOM), workers=1)
    batches = source.batches()
    kept = list(itertools.islice(batches, 10))
    batches.close()
    assert_same(kept, first_batches(make_source(annotated_net(database, 3, RANDOM)), 10))


def test_a_worker_that_is_killed_is_started_again_and_changes_no_batch(database, caplog):
    text = annotated_net(database, 3, RANDOM, SAMPLERS, "shuffle: true")
    source = make_source(text, seed=5, workers=2)
    batches = source.batches(4)
    found = [tuple(top.clone() for top in next(batches)) for _ in range(2)]
    os.kill(source._loaders[0]._workers[1]._process.pid, signal.SIGKILL)
    found += [tuple(top.clone() for top in next(batches)) for _ in range(9)]
    batches.close()
    assert_same(found, first_batches(make_source(text, seed=5), 11, start=4))
    assert [record.getMessage() for record in caplog.records] == [
        "data worker data, 1: it was ended by signal 9; the machine may be out of memory; it is "
        "started again, this once"]


def test_a_worker_that_is_killed_twice_ends_the_run_with_its_reason(database):
    source = make_source(annotated_net(database, 3, RANDOM), workers=1)
    batches = source.batches()
    with pytest.raises(DataError, match=r"data worker data, 0: it was ended by signal 9"):
        for _ in range(30):
            next(batches)
            os.kill(source._loaders[0]._workers[0]._process.pid, signal.SIGKILL)


class Called(Exception):
    pass


def test_what_is_asked_while_a_stopped_worker_is_late_is_done(database):
    asked = []

    def act():
        if asked:
            raise Called

    source = make_source(annotated_net(database, 3, RANDOM), workers=1)
    source.options = replace(source.options, waiting=act)
    batches = source.batches()
    next(batches)
    os.kill(source._loaders[0]._workers[0]._process.pid, signal.SIGSTOP)
    asked.append("stop")
    with pytest.raises(Called):
        for _ in range(10):
            next(batches)
    assert not source._loaders


def test_what_is_asked_while_the_thread_is_late_is_done(database, monkeypatch):
    def act():
        raise Called

    source = make_source(annotated_net(database, 3, RANDOM))
    source.options = replace(source.options, waiting=act)
    monkeypatch.setattr(source.maker, "make", lambda index: time.sleep(3))
    with pytest.raises(Called):
        next(source.batches())


def test_who_is_late_is_named_after_a_minute_and_then_less_and_less_often(caplog):
    process = subprocess.Popen(["sleep", "60"])
    try:
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        seconds = iter(range(1000))
        patience = Patience("data", clock=lambda: float(next(seconds)))
        patience.begin("data worker 1", process.pid)
        for _ in range(250):
            patience.tick()
    finally:
        process.kill()
        process.wait()
    assert [record.getMessage() for record in caplog.records] == [
        f"layer 'data': data worker 1 has given no batch for {waited} s; it was stopped: kill "
        "-CONT lets it go on" for waited in (60, 120, 240)]


def test_closing_ends_the_workers(database):
    source = make_source(annotated_net(database, 3), workers=2)
    batches = source.batches()
    next(batches)
    processes = [worker._process for worker in source._loaders[0]._workers]
    source.close()
    assert all(process.poll() is not None for process in processes)


def test_workers_end_when_their_owner_forgets_them(database):
    source = make_source(annotated_net(database, 3), workers=1)
    batches = source.batches()
    next(batches)
    process = source._loaders[0]._workers[0]._process
    del batches, source
    for _ in range(50):
        if process.poll() is not None:
            break
        time.sleep(0.1)
    assert process.poll() is not None


@pytest.mark.parametrize("workers", [0, 2])
def test_labels_larger_than_a_slot_pass_too(tmp_path, workers):
    boxes = [(1, 0.1, 0.1, 0.5, 0.5 + index / 1e5) for index in range(20000)]
    path = write_database(tmp_path / "lmdb", [annotated(encoded(image(1)), boxes)] * 2)
    (pixels, label), = first_batches(make_source(annotated_net(path, 2), workers=workers), 1)
    assert label.shape == (1, 1, 40000, 8)
    np.testing.assert_allclose(label[0, 0, 20000:, 6],
                               [0.5 + index / 1e5 for index in range(20000)], rtol=1e-6)
    assert pixels.shape == (2, 3, 40, 56)


@pytest.mark.parametrize("workers", [0, 1])
def test_too_many_bad_records_end_the_run_wherever_they_are_found(tmp_path, workers, caplog):
    records = good_records(30)
    for index in (9, 17):
        records[index] = b"\x0a\xff nonsense"
    path = write_database(tmp_path / "lmdb", records)
    with pytest.raises(DataError, match=r"2 of 30 records cannot be used, more than 5%"):
        first_batches(make_source(annotated_net(path, 4), workers=workers), 8)
    assert caplog.text.count("left out") == 2
