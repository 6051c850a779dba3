"""CPMData: joints, limbs and weights of drawn people, against loops over their definition."""

import itertools
import math

import cv2
import numpy as np
import pytest

from framework.errors import SpecError
from framework.proto import Datum
from tests.data.making import finished, image, make_source, write_database

HEIGHT, WIDTH, JOINTS = 64, 96, 17
CELLS = 8
LIMBS = list(zip([2, 9, 10, 2, 12, 13, 2, 3, 4, 3, 2, 6, 7, 6, 2, 1, 1, 15, 16],
                 [9, 10, 11, 12, 13, 14, 3, 4, 5, 17, 6, 7, 8, 18, 1, 15, 16, 17, 18], strict=True))


def person(seed):
    """COCO's 17 joints, positions from 1 on, and their states: 0 hidden, 1 visible."""
    generator = np.random.default_rng(seed)
    joints = generator.uniform([8, 8], [WIDTH - 8, HEIGHT - 8], (JOINTS, 2)).astype(np.float32)
    return joints, generator.integers(0, 2, JOINTS).astype(np.float32)


def record(people, mask=None, size=0.5, seed=0, centre=(40.0, 30.0)):
    """A Datum as genLMDB.py writes it: image, rows of numbers, mask, and a channel not used."""
    meta = np.zeros((HEIGHT, WIDTH), np.uint8)

    def put(row, *numbers, at=0):
        content = np.array(numbers, "<f4").tobytes()
        meta[row, at:at + len(content)] = np.frombuffer(content, np.uint8)

    (joints, state), *others = people
    meta[0, :5] = list(b"COCO\0")
    put(1, HEIGHT, WIDTH)
    meta[2, 1] = len(others)
    put(3, *centre)
    put(4, size)
    for row, numbers in enumerate((joints[:, 0], joints[:, 1], state), 5):
        put(row, *numbers)
    for index, (other, marks) in enumerate(others):
        put(8 + index, 10, 10)
        for row, numbers in enumerate((other[:, 0], other[:, 1], marks)):
            put(9 + len(others) + 3 * index + row, *numbers)
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8) if mask is None else mask
    planes = [*image(seed, HEIGHT, WIDTH).transpose(2, 0, 1), meta, mask, mask]
    return Datum(channels=6, height=HEIGHT, width=WIDTH, data=np.stack(planes).tobytes(),
                 label=1).SerializeToString()


def net(path, settings="", batch_size=1):
    return (f'layer {{ name: "data" type: "CPMData" top: "data" top: "label" data_param {{ source: '
            f'"{path}" batch_size: {batch_size} backend: LMDB }} cpm_transform_param {{ '
            f'num_parts: 56 np_in_lmdb: 17 stride: 8 {settings} }} }}')


def in_our_order(joints, state):
    """COCO's joints as the net's 18, positions from 0 on; the neck between the shoulders."""
    order = [1, 6, 7, 9, 11, 6, 8, 10, 13, 15, 17, 12, 14, 16, 3, 2, 5, 4]
    ours, seen = joints[[one - 1 for one in order]] - 1, state[[one - 1 for one in order]]
    ours[1] = (joints[5] + joints[6]) / 2 - 1
    seen[1] = state[5] and state[6]
    return ours, seen


def expected_maps(people, rows, columns, sigma=7.0):
    maps = np.zeros((57, rows, columns))
    for joints, _ in people:
        for limb, (a, b) in enumerate(LIMBS):
            (ax, ay), (bx, by) = joints[a - 1] / 8, joints[b - 1] / 8
            way = np.array([bx - ax, by - ay]) / math.hypot(bx - ax, by - ay)
            ranges = [range(max(math.floor(min(p, q) - 1 + 0.5), 0),
                            min(math.floor(max(p, q) + 1 + 0.5), limit))
                      for p, q, limit in ((ax, bx, columns), (ay, by, rows))]
            for x, y in itertools.product(*ranges):
                if abs((x - ax) * way[1] - (y - ay) * way[0]) <= 1:
                    maps[2 * limb:2 * limb + 2, y, x] = way
        for joint, (x, y) in enumerate(joints):
            for row, column in np.ndindex(rows, columns):
                d2 = (column * 8 + 3.5 - x) ** 2 + (row * 8 + 3.5 - y) ** 2
                if d2 / 2 / sigma ** 2 <= 4.6052:
                    maps[38 + joint, row, column] += math.exp(-d2 / 2 / sigma ** 2)
    maps[38:56] = np.minimum(maps[38:56], 1)
    maps[56] = np.maximum(1 - maps[38:56].max(0), 0)
    return maps


def test_in_test_the_maps_are_those_of_all_people_and_the_weights_those_of_the_mask(tmp_path):
    people = [person(1), person(2), person(3)]
    mask = np.full((HEIGHT, WIDTH), 255, np.uint8)
    mask[:32, 48:] = 0
    path = write_database(tmp_path / "lmdb", [record(people, mask)])
    source = make_source(net(path), "TEST")
    assert source.top_shapes == [(1, 6, HEIGHT, WIDTH), (1, 114, 8, 12)]
    pixels, labels = finished(source)
    np.testing.assert_allclose(
        pixels[0, :3], (image(0, HEIGHT, WIDTH).transpose(2, 0, 1).astype(float) - 128) / 256)
    assert not pixels[0, 3:].any()
    shrunk = cv2.resize(mask, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_CUBIC) / 255
    np.testing.assert_allclose(labels[0, :57], np.broadcast_to(shrunk, (57, 8, 12)), atol=1e-6)
    expected = expected_maps([in_our_order(*one) for one in people], 8, 12)
    np.testing.assert_allclose(labels[0, 57:], expected, atol=2e-5)


def test_joints_that_are_absent_or_outside_of_the_image_have_no_peak(tmp_path):
    joints, state = person(1)
    joints[0] = (WIDTH + 20, 10)        # the nose, our joint 0
    state[15], state[16] = 3, 3         # the ankles, our joints 13 and 10: not annotated
    path = write_database(tmp_path / "lmdb", [record([(joints, state)])])
    _, labels = finished(make_source(net(path), "TEST"))
    heats = labels[0, 57 + 38:57 + 56]
    assert not heats[[0, 10, 13]].any() and heats[[1, 2, 9, 12]].any((1, 2)).all()
    assert not labels[0, [10, 13]].any() and labels[0, 11].all()


def test_training_moves_the_joints_as_it_moves_the_pixels(tmp_path):
    """A white disc on the left shoulder is where the peak of that joint is, also when mirrored."""
    joints, state = person(1)
    joints[5] = (52, 36)                # COCO's left shoulder: our joint 5, in a mirror joint 2
    content = Datum.FromString(record([(joints, state)], size=0.25, centre=(50.0, 34.0)))
    planes = np.frombuffer(content.data, np.uint8).reshape(6, HEIGHT, WIDTH).copy()
    planes[:3] = 0
    for plane in planes[:3]:
        cv2.circle(plane, (51, 35), 3, 255, -1)
    content.data = planes.tobytes()
    path = write_database(tmp_path / "lmdb", [content.SerializeToString()])
    settings = "target_dist: 0.5 max_rotate_degree: 40 center_perterb_max: 20 scale_prob: 1 " \
               "scale_min: 0.5 scale_max: 1.5 crop_size_x: 160 crop_size_y: 128"
    source = make_source(net(path, settings), "TRAIN", seed=3)
    assert source.top_shapes == [(1, 6, 128, 160), (1, 114, 16, 20)]
    found = set()
    for pixels, labels in itertools.islice(source.batches(), 12):
        bright = pixels[0, 0].numpy() > 200
        y, x = (axis.mean() for axis in np.nonzero(bright))
        distances = []
        for joint in (5, 2):
            row, column = divmod(int(labels[0, 95 + joint].argmax()), 20)
            distances.append(math.hypot(column * 8 + 3.5 - x, row * 8 + 3.5 - y))
        assert min(distances) < 8
        found.add(int(np.argmin(distances)))
    source.close()
    assert found == {0, 1}


def test_bad_records_are_named_and_the_rest_goes_on(tmp_path, caplog):
    good = record([person(1)])
    flat = Datum(channels=3, height=4, width=4, data=bytes(48)).SerializeToString()
    no_size = record([person(1)], size=0.0)
    path = write_database(tmp_path / "lmdb", [flat, no_size, *[good] * 60])
    finished(make_source(net(path), "TEST"))
    assert "48 bytes for 3 channels of 4 x 4; there must be 6 channels" in caplog.text
    assert "its centre, size (0) or joints are not usable numbers" in caplog.text


@pytest.mark.parametrize("settings, message", [
    ("aug_way: 'table'", "aug_way is 'table'; it must be 'rand'"),
    ("do_clahe: true", "do_clahe is true, which is not supported"),
    ("sigma: 0", "sigma is 0; it must be above 0"),
    ("crop_size: 8", "crop_size asks for what CPMData does not do here")])
def test_settings_that_cannot_be_followed_are_errors(settings, message):
    with pytest.raises(SpecError, match=message):
        make_source(net("absent", settings))
