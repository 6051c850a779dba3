"""tools/export_dataset: back to files, and from these to the same records again."""

import json
import re

import lmdb
import numpy as np
import pytest

from framework.cli import convert_dataset, export_dataset
from framework.data.records.database import open_database
from framework.data.records.records import Decoding, read_annotated
from framework.proto import AnnotatedDatum, Datum
from tests.data.making import annotated, encoded, good_records, image, write_database

MAP = "".join(f'item {{ name: "{name}" label: {label} }} '
              for label, name in enumerate(("none_of_the_above", "ant", "bee", "cat")))


@pytest.fixture
def database(tmp_path):
    (tmp_path / "map.prototxt").write_text(MAP)
    records = good_records(6)
    records[2] = annotated(encoded(image(2), ".jpg"), [(3, 0.25, 0.5, 0.75, 1)])
    records[4] = annotated(encoded(image(4)), [(9, 0.1, 0.1, 0.5, 0.5)])
    return write_database(tmp_path / "some_lmdb", records)


def export(database, out, kind):
    return export_dataset.main([str(database), str(out), "--format", kind,
                                "--label_map_file", str(database.parent / "map.prototxt")])


def records_of(path):
    database = open_database(path)
    return [read_annotated(database.read(index), Decoding(), None, True)
            for index in range(len(database))]


@pytest.mark.parametrize("kind", ["voc", "coco"])
def test_what_is_exported_converts_to_the_same_records(database, tmp_path, capsys, kind):
    assert export(database, tmp_path / "out", kind) == 0
    shown = capsys.readouterr()
    assert "5 of 6 images and 8 of 9 boxes are stored" in shown.out
    assert "00000004_record4.jpg: label 9 is not one of" in shown.err
    splits = {"voc": "[some]", "coco": "{some: {images: some, annotations: "
                                       "annotations/instances_some.json}}"}[kind]
    names = "names: [ant, bee, cat]" if kind == "voc" else ""
    (tmp_path / "set.yaml").write_text(f"format: {kind}\nroot: {tmp_path}/out\n"
                                       f"splits: {splits}\n{names}\n")
    assert convert_dataset.main([str(tmp_path / "set.yaml"), str(tmp_path / "again")]) == 0
    found = records_of(tmp_path / "again" / "some")
    expected = [record for index, record in enumerate(records_of(database)) if index != 4]
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-6)


def test_encoded_images_are_written_as_they_are_and_raw_ones_as_png(tmp_path):
    (tmp_path / "map.prototxt").write_text(MAP)
    raw = AnnotatedDatum(type=AnnotatedDatum.BBOX, datum=Datum(
        channels=3, height=40, width=56, data=image(5).transpose(2, 0, 1).tobytes()))
    jpeg = encoded(image(2), ".jpg")
    database = write_database(tmp_path / "lmdb", [annotated(jpeg, []), raw.SerializeToString()])
    export(database, tmp_path / "out", "voc")
    assert (tmp_path / "out/JPEGImages/record0.jpg").read_bytes() == jpeg
    assert (tmp_path / "out/JPEGImages/record1.png").read_bytes() == encoded(image(5))
    assert (tmp_path / "out/ImageSets/Main/lmdb.txt").read_text() == "record0\nrecord1\n"


def test_coco_counts_in_pixels_and_calls_difficult_crowd(tmp_path):
    (tmp_path / "map.prototxt").write_text(MAP)
    message = AnnotatedDatum.FromString(annotated(encoded(image(1)), [(2, 0.25, 0.5, 0.75, 1)]))
    message.annotation_group[0].annotation[0].bbox.difficult = True
    database = write_database(tmp_path / "lmdb", [message.SerializeToString()])
    export(database, tmp_path / "out", "coco")
    tree = json.loads((tmp_path / "out/annotations/instances_lmdb.json").read_text())
    assert tree["annotations"] == [{"id": 1, "image_id": 1, "category_id": 2, "area": 560.0,
                                    "bbox": [14.0, 20.0, 28.0, 20.0], "iscrowd": 1}]
    assert tree["categories"] == [{"id": 1, "name": "ant"}, {"id": 2, "name": "bee"},
                                  {"id": 3, "name": "cat"}]
    assert tree["images"][0]["width"] == 56


def test_an_existing_folder_is_not_overwritten(database, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    assert export(database, tmp_path / "out", "voc") == 1
    assert "exists" in capsys.readouterr().err


@pytest.mark.parametrize("name, reason", [(b"a\0b", "not text"), (b"a\nb", "not text"),
                                          (b"n" * 400, "longer than the 255 bytes")])
def test_a_key_that_is_no_name_of_a_file_is_a_bad_record(tmp_path, capsys, name, reason):
    (tmp_path / "map.prototxt").write_text(MAP)
    path = write_database(tmp_path / "some_lmdb", good_records(2))
    with lmdb.open(str(path), map_size=1 << 26) as environment, \
            environment.begin(write=True) as transaction:
        transaction.put(b"00000009_" + name + b".jpg", good_records(1)[0])
    assert export(path, tmp_path / "out", "voc") == 0
    output = capsys.readouterr()
    assert f"its name is {reason}" in output.err and "2 of 3 images and 3 of 4 boxes" in output.out


@pytest.mark.parametrize("layout", ["voc", "coco"])
def test_names_that_lists_cannot_have_are_exported_and_come_back(tmp_path, layout):
    (tmp_path / "map.prototxt").write_text(MAP)
    names = (".hidden", "trail ", " lead", "...", "a b 1", "-1")
    path = tmp_path / "train_lmdb"
    with lmdb.open(str(path), map_size=1 << 26) as environment, \
            environment.begin(write=True) as transaction:
        for index, (name, record) in enumerate(zip(names, good_records(6), strict=True)):
            transaction.put(f"{index:08d}_{name}.jpg".encode(), record)
    assert export(path, tmp_path / "out", layout) == 0
    flags = [str(tmp_path / "out"), str(tmp_path / "back"), "--split", "train", "--strict"]
    assert convert_dataset.main(flags) == 0
    assert sum(len(record.boxes) for record in records_of(tmp_path / "back/train")) == 12


def test_masks_and_the_shown_names_of_classes_come_back_from_coco_and_voc_says_it_has_none(
        tmp_path, capsys):
    (tmp_path / "map.prototxt").write_text('item { name: "18" label: 1 display_name: "dog" }')
    message = AnnotatedDatum.FromString(annotated(
        encoded(image(1)), [(1, 0.25, 0.5, 0.75, 1), (1, 0, 0, 0.5, 0.5)]))
    drawn, packed = message.annotation_group[0].annotation
    drawn.polygon.add(point=[0.25, 0.5, 0.75, 0.5, 0.75, 1])
    packed.mask_runs.height, packed.mask_runs.width = 40, 56
    packed.mask_runs.count.extend([60, 5, 40 * 56 - 65])
    database = write_database(tmp_path / "lmdb", [message.SerializeToString()])
    assert export(database, tmp_path / "out", "coco") == 0
    tree = json.loads((tmp_path / "out/annotations/instances_lmdb.json").read_text())
    assert [item["segmentation"] for item in tree["annotations"]] == [
        [[14, 20, 42, 20, 42, 40]], {"size": [40, 56], "counts": [60, 5, 2175]}]
    assert tree["categories"] == [{"id": 1, "name": "dog"}]
    capsys.readouterr()
    assert export(database, tmp_path / "voc", "voc") == 0
    told = capsys.readouterr().out
    assert "boxes by class: dog 2" in told
    assert "VOC's layout has no masks, which were left out of 2 boxes; --format coco keeps" in told
    [path] = (tmp_path / "voc/Annotations").iterdir()
    assert path.read_text().count("<name>dog</name>") == 2      # a number tells a reader nothing
    (tmp_path / "map.prototxt").write_text('item { name: "n18" label: 1 display_name: "dog" }')
    assert export(database, tmp_path / "wordnet", "voc") == 0
    [path] = (tmp_path / "wordnet/Annotations").iterdir()
    assert path.read_text().count("<name>n18</name>") == 2


def test_records_without_boxes_or_of_other_labels_cannot_be_exported(tmp_path, capsys):
    (tmp_path / "map.prototxt").write_text(MAP)
    plain = Datum(data=encoded(image(1)), encoded=True, label=3, channels=3, height=40, width=56)
    database = write_database(tmp_path / "lmdb", [plain.SerializeToString()])
    assert export(database, tmp_path / "out", "voc") == 1
    assert "the records are Datum, which have no boxes" in capsys.readouterr().err
    other = write_database(tmp_path / "other", [annotated(encoded(image(4)), [(9, 0, 0, 1, 1)])])
    assert export(other, tmp_path / "out", "voc") == 1
    assert "not one of the records can be exported; nothing was written. The first: 00000000_re" \
        in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    some = [annotated(encoded(image(4)), [(9, 0, 0, 1, 1), (8, 0, 0, 1, 1)]),
            annotated(encoded(image(5)), [])]
    empty = write_database(tmp_path / "empty", some)        # its images without boxes are good
    assert export(empty, tmp_path / "out", "coco") == 1
    assert re.search(r"not one of 2 boxes can be exported with \S*map.prototxt; nothing was "
                     "written. The first: 00000000_rec", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()
    none = write_database(tmp_path / "none", some[1:])
    assert export(none, tmp_path / "out", "coco") == 0      # without a box there is none to lose


def test_classes_that_are_shown_alike_keep_their_names_in_cocos_file(database, tmp_path):
    (tmp_path / "map.prototxt").write_text(MAP + 'item { name: "x" label: 4 display_name: "ant" }')
    assert export(database, tmp_path / "out", "coco") == 0
    tree = json.loads((tmp_path / "out/annotations/instances_some.json").read_text())
    assert [(one["id"], one["name"]) for one in tree["categories"]] == [
        (1, "ant"), (2, "bee"), (3, "cat"), (4, "x")]
