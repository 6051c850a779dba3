from functools import partial

import cv2
import lmdb
import numpy as np
import pytest

from framework.data.convert.datum import (
    Converted,
    ImageOptions,
    _usable,
    annotated_datum,
    classified_image,
    read_image,
    resize,
)
from framework.data.datasets.label_files import Box, Labels
from framework.data.datasets.voc import annotation
from framework.data.records import label_map
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.images import noise_image, write_jpeg
from tests.golden import SHARED, load_case, needs_photographs, read_file

LABELS = {"cat": 2, "dog": 5}


def boxes_of(record):
    return [
        (group.group_label, entry.instance_id, entry.bbox.xmin, entry.bbox.ymin,
         entry.bbox.xmax, entry.bbox.ymax, entry.bbox.difficult)
        for group in record.annotation_group for entry in group.annotation
    ]  # fmt: skip


@needs_photographs
@pytest.mark.parametrize("split", ["test", "trainval"])
def test_the_blood_cells_are_stored_byte_for_byte_as_by_the_original(split):
    data = SHARED / "data"
    labels = label_map.labels_by_name(label_map.read(data / "bccd_lmdb/labelmap.prototxt"))
    entries = [line.split() for line in (data / f"bccd_lmdb/{split}.list").read_text().splitlines()]
    options = ImageOptions(encode_type="jpg")
    with lmdb.open(str(data / "bccd_lmdb" / split), readonly=True, lock=False) as environment:
        stored = list(environment.begin().cursor())
    assert len(stored) == len(entries) > 50
    for index, ((image, label), (key, value)) in enumerate(zip(entries, stored, strict=True)):
        converted = annotated_datum(data / "bccd" / image, data / "bccd" / label, labels, options)
        assert key.decode() == f"{index:08d}_{image}"
        assert converted.record.SerializeToString() == value


@needs_photographs
def test_boxes_are_grouped_as_the_golden_records_have_them(tmp_path):
    case = load_case("io/annotated_db")
    (tmp_path / "labelmap.prototxt").write_bytes(read_file("io/labelmap.prototxt"))
    labels = label_map.labels_by_name(label_map.read(tmp_path / "labelmap.prototxt"))
    for index, key in enumerate(case["keys"]):
        image = SHARED / "data/bccd" / str(key)[9:]
        xml = SHARED / "data/bccd/Annotations" / f"{image.stem}.xml"
        record = annotated_datum(image, xml, labels, ImageOptions()).record
        rows = np.array(boxes_of(record), np.float32)
        np.testing.assert_array_equal(rows, case[f"{index}/boxes"])
        datum = record.datum
        found = [datum.channels, datum.height, datum.width, datum.label, datum.encoded]
        assert found == case[f"{index}/datum_fields"].tolist()


def test_groups_come_in_order_of_appearance_and_are_divided_by_the_stated_size(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 30, 40)
    boxes = [Box("dog", (4, 3, 20, 15)), Box("cat", (0, 0, 8, 6), True), Box("dog", (8, 6, 80, 60))]
    (tmp_path / "a.xml").write_text(annotation("a.jpg", 80, 60, boxes))
    converted = annotated_datum(tmp_path / "a.jpg", tmp_path / "a.xml", LABELS, ImageOptions())
    expected = [
        (5, 0, 4 / 80, 3 / 60, 20 / 80, 15 / 60, False),
        (5, 1, 8 / 80, 6 / 60, 1, 1, False),
        (2, 0, 0, 0, 8 / 80, 6 / 60, True),
    ]
    np.testing.assert_allclose(boxes_of(converted.record), expected, rtol=1e-7)
    assert converted.size == (30, 40)
    assert any("80 x 60, the image is 40 x 30" in note.where for note in converted.notes)


def test_an_inverted_box_is_left_out_and_one_without_area_stays(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 30, 40)
    boxes = [Box("cat", (20, 3, 4, 15)), Box("cat", (7, 7, 7, 7)), Box("dog", (4, 3, 20, 15))]
    (tmp_path / "a.xml").write_text(annotation("a.jpg", 40, 30, boxes))
    converted = annotated_datum(tmp_path / "a.jpg", tmp_path / "a.xml", LABELS, ImageOptions())
    assert [row[:2] for row in boxes_of(converted.record)] == [(2, 0), (5, 0)]
    assert [note.boxes for note in converted.notes] == [1, 0]
    assert "'cat' at 20 3 4 15: its corners are swapped" in converted.notes[0].text()
    assert "has no area" in converted.notes[1].text()


@pytest.mark.parametrize("label, known", [(2, True), (5, True), (3, False), (2**31, False)])
def test_a_label_given_as_a_number_is_one_of_the_label_map(tmp_path, label, known):
    write_jpeg(tmp_path / "a.jpg", 30, 40)
    (tmp_path / "a.txt").write_text(f"{label} 1 2 30 20\n")
    convert = partial(annotated_datum, tmp_path / "a.jpg", tmp_path / "a.txt", LABELS,
                      ImageOptions(), label_type="txt")
    if known:
        assert [row[0] for row in boxes_of(convert().record)] == [label]
    else:
        with pytest.raises(DataError, match=f"the label {label} is not in the label map "
                                            r"\(2, 5\)"):
            convert()


def test_an_unknown_name_is_an_error_that_lists_the_known(tmp_path):
    write_jpeg(tmp_path / "a.jpg")
    (tmp_path / "a.xml").write_text(annotation("a.jpg", 40, 30, [Box("cow", (1, 2, 3, 4))]))
    with pytest.raises(DataError, match=r"'cow' is not in the label map \(cat, dog\)"):
        annotated_datum(tmp_path / "a.jpg", tmp_path / "a.xml", LABELS, ImageOptions())


def test_without_a_label_file_the_image_is_stored_without_boxes(tmp_path):
    write_jpeg(tmp_path / "a.jpg")
    converted = annotated_datum(tmp_path / "a.jpg", tmp_path / "no.xml", LABELS, ImageOptions())
    assert converted.record.HasField("type")
    assert converted.record.type == AnnotatedDatum.BBOX
    assert not converted.record.annotation_group
    assert "stored without boxes" in converted.notes[0].text()


@pytest.mark.parametrize(
    "options, same",
    [
        (ImageOptions(), True),
        (ImageOptions(encode_type="jpg"), True),
        (ImageOptions(encode_type="jpeg"), False),
        (ImageOptions(encode_type="png"), False),
        (ImageOptions(height=15, width=20), False),
    ],
)
def test_the_files_own_bytes_are_kept_unless_something_changes_them(tmp_path, options, same):
    content = write_jpeg(tmp_path / "a.jpg", 30, 40)
    datum = classified_image(tmp_path / "a.jpg", options, -1, "").record
    assert datum.encoded
    assert (datum.data == content) is same
    assert (datum.data[:4] == b"\x89PNG") is (options.encode_type == "png")


def test_plain_pixels_are_stored_channel_by_channel(tmp_path):
    image = noise_image(5, 7)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    datum = classified_image(tmp_path / "a.png", ImageOptions(encoded=False), 3, "3").record
    assert (datum.channels, datum.height, datum.width, datum.label) == (3, 5, 7, 3)
    assert not datum.encoded
    stored = np.frombuffer(datum.data, np.uint8).reshape(3, 5, 7)
    for channel in range(3):
        np.testing.assert_array_equal(stored[channel], image[:, :, channel])
    options = ImageOptions(encoded=False, color=False)
    grey = classified_image(tmp_path / "a.png", options, -1, "").record
    assert (grey.channels, len(grey.data)) == (1, 35)


@pytest.mark.parametrize(
    "options, size",
    [
        (ImageOptions(height=9, width=11), (9, 11)),
        (ImageOptions(height=9), (30, 40)),              # both are needed
        (ImageOptions(min_dim=60), (60, 80)),
        (ImageOptions(min_dim=20), (30, 40)),            # it is larger already
        (ImageOptions(max_dim=20), (15, 20)),
        (ImageOptions(min_dim=60, max_dim=50), (38, 50)),  # 37.5 is rounded up
        (ImageOptions(min_dim=60, height=9, width=11), (60, 80)),
    ],
)
def test_sizes_of_resized_images(options, size):
    assert resize(noise_image(30, 40), options).shape[:2] == size


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_truncated_jpeg_is_refused(tmp_path, keep):
    content = write_jpeg(tmp_path / "a.jpg", 60, 80)
    (tmp_path / "a.jpg").write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(DataError, match="a.jpg: .*cut short"):
        read_image(tmp_path / "a.jpg")


def test_missing_and_empty_images_are_refused(tmp_path):
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_bytes(b"hello")
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(DataError, match="empty.jpg: .*no bytes"):
        read_image(tmp_path / "empty.jpg")
    with pytest.raises(DataError, match="text.jpg: .*cannot be decoded"):
        read_image(tmp_path / "text.jpg")


@pytest.mark.parametrize("corners, exceeds", [
    ((-9, 2, 20, 20), True), ((2, -9, 20, 20), True), ((2, 2, 60, 20), True),
    ((2, 2, 20, 40), True), ((0, 0, 50, 30), False)])
def test_a_box_beyond_any_one_side_of_the_image_is_noted(corners, exceeds):
    converted = Converted(AnnotatedDatum(), (30, 50))
    kept = _usable(converted, Labels((Box("cat", corners),), 50, 30), "a.xml", (50, 30))
    assert [box.corners for box in kept] == [corners]
    assert [note.reason for note in converted.notes] == ["a box exceeds the image"] * exceeds


@pytest.mark.parametrize("corners", [(50, 2, 60, 20), (1, 30, 9, 40), (-9, 2, 0, 20),
                                     (1, -9, 9, 0)])
def test_a_box_of_which_nothing_is_within_the_image_is_noted(corners):
    converted = Converted(AnnotatedDatum(), (30, 50))
    kept = _usable(converted, Labels((Box("cat", corners),), 50, 30), "a.xml", (50, 30))
    assert len(kept) == 1
    assert [(note.reason, note.is_loss) for note in converted.notes] == [
        ("nothing of a box is within the image", False)]


def test_a_box_that_is_there_twice_is_stored_twice_and_told(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 30, 40)
    boxes = [Box("cat", (1, 2, 30, 20)), Box("dog", (1, 2, 30, 20)), Box("cat", (1, 2, 30, 20))]
    (tmp_path / "a.xml").write_text(annotation("a.jpg", 40, 30, boxes))
    converted = annotated_datum(tmp_path / "a.jpg", tmp_path / "a.xml", LABELS, ImageOptions())
    assert len(boxes_of(converted.record)) == 3
    assert [(note.reason, note.is_loss) for note in converted.notes] == [
        ("a box is there twice", False)]
