"""LaneData and MultiLabelData: points of lanes and their lines, several labels of an image."""

import itertools

import numpy as np
import pytest

from framework.errors import DataError
from framework.proto import AnnotatedDatum, Datum, MultiLabelDatum
from tests.data.making import encoded, finished, image, make_source, planes, write_database

LANES = [[(0.25, 0.9), (0.25, 0.5), (0.5, 0.1)], [(0.75, 0.2), (0.75, 0.8)]]


def lane_record(seed=0, lanes=LANES):
    message = AnnotatedDatum(type=AnnotatedDatum.LANE)
    message.datum.MergeFrom(Datum(data=encoded(image(seed)), encoded=True, channels=3, height=40,
                                  width=56))
    for lane in lanes:
        group = message.annotation_group.add()
        for x, y in lane:
            point = group.annotation.add().lanes
            point.x, point.y = x, y
    return message.SerializeToString()


def lane_net(path, transform="", settings="", batch_size=1):
    return (f'layer {{ name: "data" type: "LaneData" top: "data" top: "label" top: "mask" '
            f'transform_param {{ {transform} }} data_param {{ source: "{path}" backend: LMDB '
            f'batch_size: {batch_size} }} annotated_data_param {{ {settings} }} }}')


def test_points_are_given_from_the_last_on_with_the_number_of_their_lane(tmp_path):
    path = write_database(tmp_path / "lmdb", [lane_record(), lane_record(1, LANES[1:])])
    source = make_source(lane_net(path, settings="seg_scales: 4", batch_size=2))
    assert source.top_shapes == [(2, 3, 40, 56), (2, 5, 64, 3), (2, 1, 10, 14)]
    pixels, points, masks = finished(source)
    np.testing.assert_array_equal(pixels[1], planes(1))
    expected = [[0.5, 0.1, 0], [0.25, 0.5, 0], [0.25, 0.9, 0], [0, 0, -1]]
    np.testing.assert_allclose(points[0, 0, :4], expected, rtol=1e-6)
    np.testing.assert_allclose(points[0, 1, :3], [[.75, .8, 1], [.75, .2, 1], [0, 0, -1]])
    assert (points[1, 1:, :, 2] == -1).all()
    # cells of 4 x 4 pixels: the second lane is a column of them, from row 2 to 8
    np.testing.assert_array_equal(np.argwhere(masks[1, 0]), [(row, 10) for row in range(2, 9)])
    assert masks[0, 0, 5:10, 3].all() and masks[0, 0, 1, 7] and masks[0, 0, :, 10].sum() == 7


def test_points_are_in_parts_of_the_window_and_the_mask_is_mirrored_with_the_image(tmp_path):
    lanes = [[(0.02, 0.02 + 0.04 * step) for step in range(24)]]
    path = write_database(tmp_path / "lmdb", [lane_record(0, lanes)])
    source = make_source(lane_net(path, "mirror: true resize_param { height: 40 width: 56 }",
                                  "yolo_data_type: 1 yolo_data_jitter: 0.3 seg_scales: 4"))
    sides, outside = set(), 0
    for _, points, masks in itertools.islice(source.batches(), 30):
        rows, mask = points[0, 0].numpy(), masks[0, 0].numpy()
        inside = ((rows[:24, :2] >= 0) & (rows[:24, :2] <= 1)).all(1)
        np.testing.assert_array_equal(rows[:24, 2], np.where(inside, 0, -1))
        outside += not inside.any()
        if inside.any():
            column = int(rows[0, 0] * 14)
            side = "left" if mask[:, column].any() else "right"
            assert mask[:, column if side == "left" else 13 - column].any()
            sides.add(side)
    source.close()
    assert sides == {"left", "right"} and outside


def test_a_record_of_too_many_lanes_is_left_out_by_name(tmp_path, caplog):
    records = [lane_record(0, LANES * 3), *[lane_record(seed) for seed in range(25)]]
    finished(make_source(lane_net(write_database(tmp_path / "lmdb", records))))
    assert "it has 6 lanes of up to 3 points; there is room for 5 of 64" in caplog.text


def labelled(seed, *labels):
    datum = Datum(data=encoded(image(seed)), encoded=True, channels=3, height=40, width=56)
    return MultiLabelDatum(datum=datum, mt_label=labels).SerializeToString()


def label_net(path, batch_size=2):
    return (f'layer {{ name: "data" type: "MultiLabelData" top: "data" top: "label" '
            f'transform_param {{ mean_value: 7 }} data_param {{ source: "{path}" backend: LMDB '
            f'batch_size: {batch_size} }} }}')


def test_an_image_of_a_database_has_all_its_labels(tmp_path, caplog):
    good = [labelled(seed, seed, 5 - seed, -1) for seed in range(3)]
    path = write_database(tmp_path / "lmdb", [*good, *good * 8, labelled(1, 2)])
    source = make_source(label_net(path, 28))
    assert source.top_shapes == [(28, 3, 40, 56), (28, 3)]
    pixels, labels = finished(source)
    np.testing.assert_array_equal(labels[:3], [[0, 5, -1], [1, 4, -1], [2, 3, -1]])
    np.testing.assert_array_equal(pixels[2], planes(2) - 7)
    assert "it has 1 label; the first record has 3" in caplog.text
    with pytest.raises(DataError, match="no record is a MultiLabelDatum"):
        make_source(label_net(write_database(tmp_path / "other", [b"\xff\xff"])))
