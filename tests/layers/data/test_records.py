"""Records of Data: what they may hold, and fields that change them."""

import pytest

from framework.data.records.images import BadRecord, Decoding
from framework.data.records.records import datum_image
from framework.proto import Datum
from tests.data.making import (
    finished,
    make_source,
    write_database,
)


@pytest.mark.parametrize("pool, moves", [(1, False), (2, True)])
def test_a_pool_of_batches_shuffles_as_one_of_all_records(tmp_path, pool, moves):
    """Cysu/caffe's; here it is `shuffle`."""
    records = [Datum(channels=1, height=1, width=1, data=bytes([n]), label=n).SerializeToString()
               for n in range(12)]
    path = write_database(tmp_path / "lmdb", records)
    text = (f'layer {{ name: "d" type: "Data" top: "data" top: "label" data_param {{ source: '
            f'"{path}" batch_size: 12 backend: LMDB %s }} }}')
    labels = finished(make_source(text % f"shuffle_pool_size: {pool}", seed=5))[1].tolist()
    assert sorted(labels) == list(range(12)) and (labels != sorted(labels)) == moves
    if moves:
        assert finished(make_source(text % "shuffle: true", seed=5))[1].tolist() == labels


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_record_of_floats_that_are_not_finite_is_a_bad_one(value):
    datum = Datum(channels=1, height=2, width=1, float_data=[1, value])
    with pytest.raises(BadRecord, match="it holds values that are nan or infinite"):
        datum_image(datum, Decoding())


@pytest.mark.parametrize("given, name", [("crop_h: 2", "crop_h"), ("crop_width: 2", "crop_w")])
def test_one_side_of_a_crop_is_named(tmp_path, caplog, given, name):
    record = Datum(channels=1, height=4, width=3, data=bytes(12)).SerializeToString()
    path = write_database(tmp_path / "db", [record])
    source = make_source('layer { name: "d" type: "Data" top: "x" transform_param { ' + given
                         + f' }} data_param {{ source: "{path}" batch_size: 1 }} }}')
    assert finished(source)[0].shape == (1, 1, 4, 3)
    assert f"transform_param.{name} crops nothing alone" in caplog.text


def test_a_scale_of_0_is_named(tmp_path, caplog):
    record = Datum(channels=1, height=2, width=3, data=bytes(6)).SerializeToString()
    path = write_database(tmp_path / "db", [record])
    make_source('layer { name: "d" type: "Data" top: "x" transform_param { scale: 0 } data_param { '
                f'source: "{path}" batch_size: 1 }} }}')
    assert "layer 'd' (Data): transform_param.scale is 0, so that every image becomes 0" \
        in caplog.text


def pixels(**fields):
    return [Datum(channels=1, height=2, width=3, data=bytes(range(6)), label=4, **fields
                  ).SerializeToString()]


@pytest.mark.parametrize("name", ["force_color", "force_gray"])
def test_colours_that_pixels_cannot_be_read_in_are_named(tmp_path, caplog, name):
    """The original says of each such record that they are for encoded ones only."""
    path = write_database(tmp_path / "db", pixels())
    source = make_source(f'layer {{ name: "d" type: "Data" top: "x" '
                         f'transform_param {{ {name}: true }} '
                         f'data_param {{ source: "{path}" batch_size: 1 }} }}')
    assert finished(source)[0].shape == (1, 1, 2, 3)
    assert f"layer 'd' (Data): transform_param.{name} has no effect" in caplog.text


def test_floats_beside_pixels_of_the_same_number_are_not_labels(tmp_path):
    """The original reads bytes where there are some, and then no floats."""
    path = write_database(tmp_path / "db", pixels(float_data=[.5] * 6))
    source = make_source('layer { name: "d" type: "Data" top: "x" top: "y" data_param { source: '
                         f'"{path}" batch_size: 1 }} }}')
    image, label = finished(source)
    assert image.flatten().tolist() == [0, 1, 2, 3, 4, 5] and label.tolist() == [4]
