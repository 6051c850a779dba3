"""Bytes become (pixel - mean) * scale in float32, in memory that is used again."""

import numpy as np
import pytest
import torch

from framework.data.augment.mean_loops import subtract
from framework.layers.data.kept_memory import KeptMemory
from tests.data.making import annotated_net, good_records, make_source, write_database


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("mean, scale", [((104, 117, 123), 1), ((104.3, 0, 122.7), 0.017),
                                         ((127.5, 127.5, 127.5), 1 / 127.5)])
def test_the_mean_is_subtracted_before_the_scale_is_applied(dtype, mean, scale):
    levels = np.resize(np.arange(256), (2, 3, 5 * 53)).astype(dtype)
    result = np.full(levels.shape, np.nan, np.float32)
    mean = np.float32(mean)
    subtract(levels, mean, scale, result)
    expected = (levels.astype(np.float32) - mean[:, None]) * np.float32(scale)
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("text, mean, scale", [
    ("", 0, 1), ("mean_value: 7", 7, 1), ("scale: 0.25", 0, 0.25),
    ("mean_value: 1 mean_value: 20 mean_value: 300 scale: 0.5", (1, 20, 300), 0.5)])
def test_a_batch_is_what_the_transform_param_says(tmp_path, text, mean, scale):
    path = write_database(tmp_path / "lmdb", good_records(2))
    source = make_source(annotated_net(path, 2, text))
    batches = source.batches()
    levels = next(batches)
    pixels, labels = source.to_device(levels, torch.device("cpu"))
    expected = (levels[0].numpy().astype(np.float32) - np.float32(mean).reshape(-1, 1, 1)) \
        * np.float32(scale)
    np.testing.assert_array_equal(pixels.numpy(), expected)
    assert pixels.dtype == labels.dtype == torch.float32 and pixels.is_contiguous()
    batches.close()


def test_memory_is_lent_again_only_when_no_view_of_it_is_left():
    memory = KeptMemory()
    first = memory.empty((3, 5, 7))
    address, rest = first.data_ptr(), first[1:].numpy()[:, 2]
    del first
    second = memory.empty((3, 5, 7))
    assert second.data_ptr() != address
    rest[:] = 9
    second.zero_()
    assert (rest == 9).all()
    del rest
    third = memory.empty((5, 21))
    assert third.data_ptr() == address and third.shape == (5, 21)
    assert memory.empty((3, 5, 8)).data_ptr() not in (address, second.data_ptr())


def test_no_more_memory_is_kept_than_told():
    memory = KeptMemory(most=2)
    lent = [memory.empty((11,)) for _ in range(5)]
    lent.clear()
    assert len(memory._free) == 2


def test_a_batch_that_is_held_stays_as_it_is(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(12))
    source = make_source(annotated_net(path, 2, "mean_value: 10"))
    batches = source.batches()
    held, copies = [], []
    for _ in range(6):
        pixels, _ = source.to_device(next(batches), torch.device("cpu"))
        held.append(pixels[1])
        copies.append(pixels[1].clone())
    batches.close()
    assert all(torch.equal(one, copy) for one, copy in zip(held, copies, strict=True))
    assert len({one.data_ptr() for one in held}) == 6
