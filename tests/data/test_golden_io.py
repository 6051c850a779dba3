"""The batches of the original: every io case about data, run through the net."""

import hashlib

import numpy as np
import pytest

from framework import Net, parse_net
from framework.data.records.database import open_database
from framework.data.records.label_map import read
from framework.data.records.mean_file import read_mean_image
from framework.data.records.records import Decoding, read_annotated, read_datum
from framework.proto import AnnotatedDatum
from tests.golden import (
    PHOTOGRAPHS,
    case_names,
    load_case,
    needs_photographs,
    part,
    photograph_names,
    read_file,
)

SOURCES = ("annotated_data", "annotated_raw", "data_", "image_data", "hdf5_data", "memory_data")
NETS = [name for name in case_names("io") + photograph_names("io")
        if name.split("/")[1].startswith(SOURCES)]


def batches(case, net):
    """The expected forwards of a case, one dict of blobs each."""
    expected = part(case, "out")
    numbers = sorted({int(key.split("/")[0]) for key in expected if "/" in key})
    return [part(case, f"out/{number}") for number in numbers] or [expected]


@pytest.mark.parametrize("name", NETS)
def test_batches_equal_the_originals(name, monkeypatch, tmp_path):
    case = load_case(name)
    files = part(case, "file")
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content.tobytes())
    beside = name in photograph_names("io") and not files
    monkeypatch.chdir(PHOTOGRAPHS / "io" if beside else tmp_path)
    net = Net(parse_net(str(case["prototxt"])), phase=str(case["phase"]))
    if "data/data" in case:
        net.sources[0][0].set_input_arrays(case["data/data"], case["data/label"])
    try:
        for expected in batches(case, net):
            found = net(None)
            assert set(found) == set(expected)
            for blob, values in expected.items():
                assert found[blob].shape == values.shape, blob
                assert found[blob].dtype.is_floating_point
                np.testing.assert_array_equal(found[blob].numpy(), values, err_msg=blob)
    finally:
        net.close()


@needs_photographs
def test_an_annotated_database_holds_what_the_original_wrote():
    case = load_case("io/annotated_db")
    database = open_database(PHOTOGRAPHS / "io" / "annotated_lmdb")
    assert [database.name(index) for index in range(len(database))] == list(case["keys"])
    for index in range(len(database)):
        content = database.read(index)
        assert hashlib.sha256(content).hexdigest() == str(case[f"{index}/value_sha256"])
        record = read_annotated(content, Decoding(), None, True)
        np.testing.assert_array_equal(record.boxes, case[f"{index}/boxes"])
        assert record.pixels.shape == tuple(case[f"{index}/image_shape"])
        np.testing.assert_allclose(record.pixels.mean((0, 1)), case[f"{index}/image_mean_bgr"],
                                   atol=1e-6)
        message = AnnotatedDatum.FromString(content)
        assert message.type == case[f"{index}/type"] and record.label == -1


@needs_photographs
def test_raw_records_hold_the_originals_pixels():
    case = load_case("io/annotated_raw")
    database = open_database(PHOTOGRAPHS / "io" / "annotated_raw_lmdb")
    for index in range(len(database)):
        record = read_annotated(database.read(index), Decoding(), None, True)
        np.testing.assert_array_equal(record.pixels.transpose(2, 0, 1), case[f"{index}/image"])
        np.testing.assert_array_equal(record.boxes, case[f"{index}/boxes"])


@needs_photographs
def test_a_datum_database_holds_what_the_original_wrote():
    case = load_case("io/datum_db")
    database = open_database(PHOTOGRAPHS / "io" / "datum_lmdb")
    assert [database.name(index) for index in range(len(database))] == list(case["keys"])
    for index in range(len(database)):
        record = read_datum(database.read(index), Decoding())
        np.testing.assert_array_equal(record.pixels.transpose(2, 0, 1), case[f"{index}/image"])
        assert record.label == case[f"{index}/label"]
    np.testing.assert_array_equal(read_mean_image(PHOTOGRAPHS / "io" / "mean.binaryproto"),
                                  case["mean"])


def test_a_label_map_is_read_as_text_and_as_binary(tmp_path):
    case = load_case("io/labelmap")
    binary = tmp_path / "labelmap.binaryproto"
    binary.write_bytes(case["binary"].tobytes())
    text = tmp_path / "labelmap_small.prototxt"
    text.write_bytes(read_file("io/labelmap_small.prototxt"))
    for path in (text, binary):
        items = read(path).item
        assert [item.name for item in items] == list(case["names"])
        assert [item.label for item in items] == list(case["labels"])
        assert [item.display_name for item in items] == list(case["display_names"])
