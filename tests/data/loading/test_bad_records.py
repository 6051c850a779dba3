"""One bad record never ends a run: it is counted, named once, and left out."""

import itertools
import os
import struct

import cv2
import lmdb
import numpy as np
import pytest

from framework.data.convert.mean_image import mean_image
from framework.data.loading.items import DatabaseItems
from framework.data.records.database import open_database
from framework.data.records.jpeg import read_frame
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from framework.report.data_survey import survey_database
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

BOX = [(1, 0.1, 0.1, 0.5, 0.5)]
MAP = 'item { name: "background" label: 0 } item { name: "a" label: 1 } ' \
      'item { name: "b" label: 2 } item { name: "c" label: 3 }'


def cmyk_jpeg() -> bytes:
    """A JPEG whose frame has four components (the header of one is enough)."""
    frame = b"\x08" + struct.pack(">HH", 40, 56) + b"\x04" + b"".join(
        bytes([number, 0x11, 0]) for number in range(1, 5))
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"


def jpeg(seed: int = 3) -> bytes:
    return encoded(image(seed), ".jpg")


def raw(channels: int, height: int, width: int, content: bytes) -> bytes:
    """An AnnotatedDatum of plain pixels."""
    message = AnnotatedDatum.FromString(annotated(content, BOX, height, width))
    message.datum.channels, message.datum.encoded = channels, False
    return message.SerializeToString()


BAD = {
    "raw pixels of negative sizes": (raw(-1, -1, 3, b"abc"), "must be at least 1"),
    "raw pixels of a size that wraps": (raw(1 << 30, 1 << 30, 1 << 30, b"abc"), "holds 3 values"),
    "bytes that are no message": (b"\x0a\xff\xff", "the record cannot be parsed as AnnotatedDatum"),
    "a truncated JPEG": (annotated(jpeg()[:len(jpeg()) // 2], BOX), "the JPEG is cut short"),
    "a CMYK JPEG": (annotated(cmyk_jpeg(), BOX), "four inks"),
    "a grey image": (annotated(encoded(image(3, channels=1)), BOX), "the image is grey"),
    "no image": (annotated(b"", BOX), "the image has no bytes"),
    "bytes that are no image": (annotated(b"\xff\xd8 nonsense \xff\xd9", BOX), "decoded"),
    "a 16 bit image": (annotated(encoded(image(3).astype(np.uint16) * 256), BOX), "8 bits"),
    "an inverted box": (annotated(jpeg(), [(1, 0.5, 0.1, 0.2, 0.9)]), "a box is inverted"),
    "a box of no numbers": (annotated(jpeg(), [(1, 0.5, float("nan"), 0.2, 0.9)]), "finite"),
    "a label outside the map": (annotated(jpeg(), [(9, 0.1, 0.1, 0.2, 0.9)]), "label 9 is not"),
    "a box labelled background": (annotated(jpeg(), [(0, 0.1, 0.1, 0.2, 0.9)]), "label 0 is not"),
    "bytes that are no record": (b"\x0a\xff nonsense", "cannot be parsed as AnnotatedDatum"),
    "an image of another size": (annotated(encoded(image(3, 20, 30)), BOX), "30 x 20 pixels"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_record_is_left_out_and_named_once(tmp_path, caplog, kind, workers):
    content, reason = BAD[kind]
    records = good_records(6)
    records[2] = content
    (tmp_path / "map.prototxt").write_text(MAP)
    path = write_database(tmp_path / "lmdb", records)
    source = make_source(annotated_net(path, 3, "", f'label_map_file: "{tmp_path}/map.prototxt"'),
                         workers=workers)
    batches = source.batches()
    found = [records_in(label.numpy()) for _, label in itertools.islice(batches, 4)]
    batches.close()
    assert found == [[0, 1, 3], [3, 4, 5]] * 2
    assert caplog.text.count("00000002_record2.jpg is left out") == 1
    assert reason in caplog.text
    assert [bad.index for bad in source.ledger.bad.values()] == [2]


def test_two_bad_records_in_a_row_give_their_places_to_the_next_good_one(tmp_path):
    records = good_records(60)
    records[4] = records[5] = b"\x0a\xff"
    path = write_database(tmp_path / "lmdb", records)
    _, label = next(make_source(annotated_net(path, 8)).batches())
    assert records_in(label.numpy())[:7] == [0, 1, 2, 3, 6 % 50, 6 % 50, 6 % 50]


def test_a_record_without_boxes_is_kept_in_test(tmp_path):
    records = good_records(3)
    records[1] = annotated(encoded(image(9)), [])
    path = write_database(tmp_path / "lmdb", records)
    pixels, label = next(make_source(annotated_net(path, 3), "TEST").batches())
    assert sorted({int(row[0]) for row in label[0, 0]}) == [0, 2]
    np.testing.assert_array_equal(pixels[1].numpy().transpose(1, 2, 0), image(9))


def test_a_batch_without_boxes_has_one_row_of_minus_one(tmp_path):
    path = write_database(tmp_path / "lmdb", [annotated(encoded(image(9)), [])] * 2)
    _, label = next(make_source(annotated_net(path, 2), "TEST").batches())
    np.testing.assert_array_equal(label, np.full((1, 1, 1, 8), -1))


def test_grey_images_are_good_where_all_are_grey_or_colour_is_forced(tmp_path):
    records = [annotated(encoded(image(index, channels=1)), BOX) for index in range(3)]
    path = write_database(tmp_path / "lmdb", records)
    assert make_source(annotated_net(path, 2)).top_shapes[0] == (2, 1, 40, 56)
    forced = make_source(annotated_net(path, 2, "force_color: true"))
    assert forced.top_shapes[0] == (2, 3, 40, 56)
    pixels, _ = next(forced.batches())
    assert (pixels[:, 0] == pixels[:, 2]).all() and not forced.ledger.bad


def test_a_grey_first_record_does_not_decide_for_the_others(tmp_path):
    records = good_records(5)
    records[0] = annotated(encoded(image(3, channels=1)), BOX)
    source = make_source(annotated_net(write_database(tmp_path / "lmdb", records), 2))
    assert source.top_shapes[0] == (2, 3, 40, 56)
    assert records_in(next(source.batches())[1].numpy()) == [1, 1]


def test_nothing_but_bad_records_is_an_error_when_the_net_is_built(tmp_path):
    path = write_database(tmp_path / "lmdb", [b"\x0a\xff"] * 3)
    with pytest.raises(DataError, match=r"none of the 3 records can be used; 00000000_record0"):
        make_source(annotated_net(path, 2))


def test_more_than_five_percent_of_bad_records_is_an_error(tmp_path):
    records = good_records(40)
    for index in (3, 8, 20):
        records[index] = b"\x0a\xff"
    path = write_database(tmp_path / "lmdb", records)
    with pytest.raises(DataError, match=r"3 of 40 records .* more than 5%.*check_data lists them"):
        list(itertools.islice(make_source(annotated_net(path, 10)).batches(), 4))


@pytest.mark.parametrize("seed", range(3))
def test_jpeg_headers_tell_their_components(seed):
    for channels in (1, 3):
        content = encoded(image(seed, channels=channels), ".jpg")
        assert read_frame(content).components == channels
    progressive = cv2.imencode(".jpg", image(seed), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1]
    assert read_frame(progressive.tobytes()).components == 3
    assert read_frame(cmyk_jpeg()).components == 4


def folder_with(tmp_path, name, content=b""):
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / name).write_bytes(content)
    return tmp_path / "db"


@pytest.mark.parametrize("name, content, message", [
    ("nothing", b"", "has no data.mdb.*tools/convert_annoset"),
    ("data.mdb", b"", "the file is empty.*tools/convert_annoset"),
    ("data.mdb", b"nonsense" * 4096, "cannot be read as an LMDB"),
    ("CURRENT", b"MANIFEST-000001", "this is a LevelDB"),
])
def test_an_unusable_database_says_so_and_what_makes_one(tmp_path, name, content, message):
    with pytest.raises(DataError, match=message):
        make_source(annotated_net(folder_with(tmp_path, name, content), 2))


def test_an_absent_database_says_what_makes_one(tmp_path):
    with pytest.raises(DataError, match=r"there is no such database; tools/convert_dataset"):
        make_source(annotated_net(tmp_path / "absent", 2))


def test_a_database_without_records_is_an_error(tmp_path):
    with pytest.raises(DataError, match="has no records"):
        make_source(annotated_net(write_database(tmp_path / "lmdb", []), 2))


def test_a_database_cut_short_is_an_error_and_no_bus_error(tmp_path):
    file = write_database(tmp_path / "lmdb", good_records(40)) / "data.mdb"
    used = len(file.read_bytes().rstrip(b"\0"))
    file.write_bytes(file.read_bytes()[:used // 2])
    with pytest.raises(DataError, match="the file is cut short"):
        make_source(annotated_net(tmp_path / "lmdb", 2))


def test_two_layers_of_one_process_share_a_database(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(4))
    one, other = (make_source(annotated_net(path, 2), phase) for phase in ("TRAIN", "TEST"))
    assert open_database(path) is open_database(path / "data.mdb")
    assert records_in(next(one.batches())[1].numpy()) == [0, 1]
    assert records_in(next(other.batches())[1].numpy()) == [0, 1]


@pytest.mark.skipif(int(lmdb.__version__.split(".")[0]) < 2, reason="lmdb 1 opens a file twice")
def test_a_database_that_the_program_itself_holds_open_is_named(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(4))
    with lmdb.open(str(path), readonly=True, lock=False), \
            pytest.raises(DataError, match="this program has it open in another way"):
        make_source(annotated_net(path, 2))


@pytest.mark.skipif(int(lmdb.__version__.split(".")[0]) < 2, reason="lmdb 1 opens a file twice")
def test_a_database_that_was_opened_before_a_fork_is_named_so(tmp_path, monkeypatch):
    path = write_database(tmp_path / "lmdb", good_records(4))
    database = open_database(path)
    monkeypatch.setattr(os, "getpid", lambda: 1)        # as in the child, which has the memory too
    with pytest.raises(DataError, match="data.mdb: it was opened before this process was forked"):
        make_source(annotated_net(path, 2))
    assert len(database) == 4


def test_a_read_only_folder_is_enough(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(4))
    (path / "lock.mdb").unlink()
    path.chmod(0o555)
    try:
        next(make_source(annotated_net(path, 2)).batches())
        assert not (path / "lock.mdb").exists()
    finally:
        path.chmod(0o755)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_bad_first_record_is_counted_once_too(tmp_path, caplog, workers):
    records = good_records(6)
    records[0] = b"\x0a\xff nonsense"
    path = write_database(tmp_path / "lmdb", records)
    source = make_source(annotated_net(path, 2), workers=workers)
    batches = source.batches()
    assert records_in(next(batches)[1].numpy()) == [1, 1]
    batches.close()
    assert caplog.text.count("00000000_record0.jpg is left out") == 1
    assert list(source.ledger.bad) == [0]


@pytest.mark.parametrize("error, reason", [
    (ValueError("of an array"), "ValueError: of an array"), (MemoryError(), "MemoryError"),
    (cv2.error("of OpenCV"), "error: of OpenCV"), (OverflowError("too big"), "OverflowError"),
])
def test_what_fails_while_an_item_is_made_is_a_bad_record_with_its_cause(
        tmp_path, caplog, monkeypatch, error, reason):
    make_item = DatabaseItems.item

    def failing(items, index, draws):
        if index == 2:
            raise error
        return make_item(items, index, draws)

    monkeypatch.setattr(DatabaseItems, "item", failing)
    path = write_database(tmp_path / "lmdb", good_records(6))
    batches = make_source(annotated_net(path, 3)).batches()
    assert records_in(next(batches)[1].numpy()) == [0, 1, 3]
    batches.close()
    assert f"00000002_record2.jpg is left out: {reason}" in caplog.text


@pytest.mark.parametrize("place", [0, 2])
def test_the_mean_and_the_survey_leave_out_what_is_no_record(tmp_path, caplog, place):
    records = good_records(3)
    records.insert(place, b"\x0a\xff\xff")
    path = write_database(tmp_path / "lmdb", records)
    expected = np.mean([image(index) for index in range(3)], 0).transpose(2, 0, 1)
    np.testing.assert_allclose(mean_image(path), expected, rtol=1e-6)
    assert "is left out: the record cannot be parsed as AnnotatedDatum" in caplog.text
    found = survey_database(open_database(path), str(path))
    assert [reason for _, reason in found.bad] == ["the record cannot be parsed as AnnotatedDatum"]
    assert found.is_annotated and len(found.sizes) == 1
