"""What exports of annotation programs have beside boxes, and how they name images."""

from __future__ import annotations

import json

import pytest

from framework.cli import convert_dataset
from framework.data.datasets.class_data import recognise_classes
from framework.data.datasets.recognition import recognise
from framework.data.records.account import BadEntry
from framework.errors import DataError
from tests.data.datasets.forms import (
    CVAT_BOX,
    HEADER,
    XML,
    coco,
    cvat,
    cvat_image,
    percent,
    put,
    task,
)
from tests.data.images import write_jpeg


def notes_of(data, split):
    return [(note.reason, note.where, note.images, note.boxes, note.is_loss)
            for note in data.losses.get(split, ())]


def test_a_region_of_the_tags_rectangle_and_labels_is_one_box(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    both = task("a.jpg", percent(10, 20, 30, 40))
    labels = both["annotations"][0]["result"][0]
    labels |= {"id": "x", "type": "labels"}
    labels["value"]["labels"] = labels["value"].pop("rectanglelabels")
    shape = {**labels, "type": "rectangle", "value": {
        key: labels["value"][key] for key in ("x", "y", "width", "height", "rotation")}}
    alone = {**shape, "id": "y"}
    both["annotations"][0]["result"] = [shape, labels, alone]
    put(tmp_path, {"p.json": json.dumps([both])})

    data = recognise(tmp_path).data
    found = data.labels(data.splits["all"][0])
    assert [box.name for box in found.boxes] == ["cat"]
    assert [(note.reason, note.boxes) for note in found.notes] == [
        ("a region of type rectangle is not a box with a label", 1)]


def test_tags_of_cvat_are_no_boxes(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    put(tmp_path, {"a.xml": cvat(cvat_image("a.jpg", CVAT_BOX + '<tag label="cat"></tag>'))})
    data = recognise(tmp_path).data
    found = data.labels(data.splits["all"][0])
    assert len(found.boxes) == 1
    assert [(note.reason, note.boxes, note.is_loss) for note in found.notes] == [
        ("tags of whole images are not stored", 0, False)]


def test_a_column_of_a_table_says_the_split(tmp_path):
    for name in "abc":
        write_jpeg(tmp_path / f"{name}.jpg", 40, 56)
    put(tmp_path, {"train.csv": "Split," + HEADER + "TRAIN,a.jpg,56,40,cat,1,2,3,4\n"
                   "validation,b.jpg,56,40,cat,1,2,3,4\n,c.jpg,56,40,cat,1,2,3,4\n"})
    splits = recognise(tmp_path).data.splits
    assert {split: [entry.image for entry in own] for split, own in splits.items()} == {
        "train": ["a.jpg", "c.jpg"], "val": ["b.jpg"]}


def test_rows_that_state_several_sizes_make_their_image_a_bad_record(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    put(tmp_path, {"t.csv": HEADER + "a.jpg,56,40,cat,1,2,3,4\na.jpg,560,400,cat,10,20,30,40\n"
                   "b.jpg,56,40,cat,1,2,3,4\n"})
    data = recognise(tmp_path).data
    with pytest.raises(BadEntry, match="t.csv:3: the rows of an image state several sizes: "
                                       "'560 x 400, and 56 x 40 before'") as found:
        data.labels(data.splits["all"][0])
    assert found.value.num_boxes == 2


def test_images_are_found_by_addresses_and_in_other_letters(tmp_path):
    names = ("My Cat.jpg", "b.jpg", "100%.jpg")
    for name in names:
        write_jpeg(tmp_path / name, 40, 56)
    put(tmp_path, {"c.json": coco("https://x.org/my/My%20Cat.jpg?token=a%2Fb", "B.JPG",
                                  "100%.jpg")})
    data = recognise(tmp_path).data
    assert [entry.image for entry in data.splits["all"]] == list(names)


def test_images_of_two_names_that_differ_in_letters_alone_are_not_mixed_up(tmp_path):
    for index, name in enumerate(("a.jpg", "A.jpg")):
        write_jpeg(tmp_path / name, 40, 56, seed=index)
    put(tmp_path, {"c.json": coco("A.jpg", "a.jpg")})
    data = recognise(tmp_path).data
    assert [entry.image for entry in data.splits["all"]] == ["A.jpg", "a.jpg"]


def test_images_of_formats_that_are_not_read_are_losses(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    put(tmp_path, {"c.json": coco("a.jpg"), "b.HEIC": "x"})
    data = recognise(tmp_path).data
    assert notes_of(data, "all") == [
        ("an image of a format that is not read; convert it", "b.HEIC", 1, 0, True)]

    for index, name in enumerate(("cat/a.jpg", "dog/b.jpg")):
        write_jpeg(tmp_path / "classes" / name, 40, 56, seed=index)
    put(tmp_path / "classes", {"dog/c.heic": "x"})
    assert [(note.where, note.images) for notes
            in recognise_classes(tmp_path / "classes").losses.values() for note in notes] == [
        ("dog/c.heic", 1)]


def test_images_that_no_list_of_voc_names_are_told(tmp_path):
    for index, name in enumerate("ab"):
        write_jpeg(tmp_path / f"JPEGImages/{name}.jpg", 40, 56, seed=index)
        put(tmp_path, {f"Annotations/{name}.xml": XML.format("cat")})
    write_jpeg(tmp_path / "SegmentationClass/b.png", 40, 56)
    put(tmp_path, {"ImageSets/Main/train.txt": "a\n"})
    assert notes_of(recognise(tmp_path).data, "train") == [
        ("an image that no split names", "JPEGImages/b.jpg", 0, 0, False)]


def test_images_that_no_split_of_a_data_yaml_has_are_told_by_the_converter(tmp_path, capsys):
    root = tmp_path / "set"
    for index, split in enumerate(("train", "val", "more")):
        write_jpeg(root / f"images/{split}/a{index}.jpg", 40, 56, seed=index)
        put(root, {f"labels/{split}/a{index}.txt": "0 0.5 0.5 0.2 0.2\n"})
    put(root, {"data.yaml": "train: images/train\nval: images/val\nnames: [cat]\n"})
    assert convert_dataset.main([str(root), str(tmp_path / "out"), "--strict"]) == 0
    assert ("noted: once: an image that no split names (images/more/a2.jpg)"
            ) in capsys.readouterr().out
    assert convert_dataset.main([str(root), str(tmp_path / "two"), "--split", "val"]) == 0
    assert "no split names" not in capsys.readouterr().out


@pytest.mark.parametrize("name, text, words", [
    ("train.csv", "image_id,width,height,bbox\na,1,2,3\n",
     "1 image and 1 other file; train.csv has the columns image_id, width, height, bbox. Looked"),
    ("x.json", '[{"name": "a.jpg", "labels": []}]',
     "1 other file; x.json holds a list of objects with name, labels. Looked"),
    ("x.json", '{"assets": {}, "tags": []}', "; x.json holds an object with assets, tags. Looked"),
    ("x.json", "[1, 2]", "; x.json holds neither an object nor a list of them. Looked")])
def test_files_of_no_known_format_say_what_they_hold(tmp_path, name, text, words):
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    put(tmp_path, {name: text})
    with pytest.raises(DataError) as found:
        recognise(tmp_path)
    assert words in str(found.value)


def test_label_studios_export_of_voc_is_read_though_it_has_no_lists(tmp_path, capsys):
    root = tmp_path / "set"
    for index in range(10):
        write_jpeg(root / f"images/1a2b3c4d-{index}.jpg", 40, 56, seed=index)
        put(root, {f"Annotations/1a2b3c4d-{index}.xml": XML.format("cat")})
    assert convert_dataset.main([str(root), str(tmp_path / "out"), "--split", "train=0.8"]) == 0
    printed = capsys.readouterr().out
    assert "8 of 8 images and 8 of 8 boxes" in printed and "2 of 2 images" in printed
