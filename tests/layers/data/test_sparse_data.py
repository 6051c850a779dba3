"""SparseData: rows of SparseDatum records."""

import lmdb
import numpy as np
import pytest

from framework.data.loading.sparse_items import read_row
from framework.data.records.records import BadRecord
from framework.errors import DataError, SpecError
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.proto import SparseDatum
from tests.data.making import finished, make_source

ROWS = ((4, {1: 0.5, 3: -2}), (7, {}), (2, {0: 1, 5: 3, 2: 4.5}))


def write_rows(folder, **changes):
    with lmdb.open(str(folder), map_size=1 << 24) as environment, \
            environment.begin(write=True) as transaction:
        for number, (label, values) in enumerate(ROWS):
            datum = SparseDatum(size=6, nnz=len(values), label=label)
            datum.indices.extend(values)
            datum.data.extend(values.values())
            for name, value in changes.items():
                setattr(datum, name, value)
            transaction.put(b"%08d" % number, datum.SerializeToString())


def net(folder, more="batch_size: 3", transform="", top='top: "label"'):
    return (f'layer {{ name: "d" type: "SparseData" top: "data" {top} data_param {{ source: '
            f'"{folder}" backend: LMDB {more} }} {transform} }}')


def test_rows_are_dense_with_their_labels(tmp_path):
    write_rows(tmp_path)
    source = make_source(net(tmp_path))
    assert source.top_shapes == [(3, 6), (3,)]
    rows, labels = finished(source)
    expected = np.zeros((3, 6))
    for row, (_, values) in zip(expected, ROWS, strict=True):
        for index, value in values.items():
            row[index] = value
    np.testing.assert_array_equal(rows, expected)
    assert labels.tolist() == [4, 7, 2]
    assert make_source(net(tmp_path, top="")).top_shapes == [(3, 6)]


def test_a_sparse_inner_product_takes_the_rows(tmp_path):
    write_rows(tmp_path)
    text = net(tmp_path, top="") + """layer { name: "ip" type: "SparseInnerProduct" bottom: "data"
        top: "ip" inner_product_param { num_output: 2 weight_filler { type: "constant" value: 2 }
        bias_filler { type: "constant" value: 1 } } }"""
    network = Net(parse_net(text))
    [top] = network.forward().values()
    np.testing.assert_allclose(top.detach(), [[-2, -2], [1, 1], [18, 18]])


def test_values_of_one_index_are_added():
    datum = SparseDatum(size=3, nnz=3, indices=[2, 0, 2], data=[1, 4, 0.5])
    assert read_row(datum.SerializeToString())[0].tolist() == [4, 0, 1.5]


@pytest.mark.parametrize("fields, match", [
    ({"size": 0}, "its size is 0"), ({"size": 4, "nnz": 2, "indices": [1], "data": [1.0]},
                                     "its nnz is 2, and it has 1 indices and 1 values"),
    ({"size": 4, "nnz": 1, "indices": [4], "data": [1.0]}, "indices go from 4 to 4; they must be "
                                                           "from 0 to 3")])
def test_a_record_that_is_not_a_row_is_bad(fields, match):
    with pytest.raises(BadRecord, match=match):
        read_row(SparseDatum(**fields).SerializeToString())
    with pytest.raises(BadRecord, match="it is not a SparseDatum"):
        read_row(b"\xff\xff")


def test_bad_rows_are_named(tmp_path):
    write_rows(tmp_path, nnz=9)
    with pytest.raises(DataError, match="its nnz is 9"):
        make_source(net(tmp_path))


@pytest.mark.parametrize("more, transform, match", [
    ("batch_size: 0", "", "batch_size"),
    ("batch_size: 2", "transform_param { scale: 2 }", "transform_param.scale")])
def test_settings_that_cannot_be_followed_are_refused(tmp_path, more, transform, match):
    write_rows(tmp_path)
    with pytest.raises(SpecError, match=match):
        make_source(net(tmp_path, more, transform))
