"""What programs say of class names that look alike, and of classes without anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framework.cli import check_data, convert_annoset, convert_dataset, create_label_map
from framework.data.datasets.splits import check_in_both
from framework.data.records import label_map
from framework.data.records.label_map import notes_on_capitals
from framework.errors import DataError, SpecError
from tests.data.datasets.forms import XML, put
from tests.data.images import write_jpeg
from tests.data.making import good_records, write_database

SAID = "the classes {} differ in capital letters alone; if they are one class"
MAP = 'item {{ name: "cat" label: 1 display_name: "cat" }} item {{ name: "{0}" label: 2 ' \
      'display_name: "{0}" }} item {{ name: "dog" label: 3 display_name: "dog" }}'


def test_names_that_differ_in_capitals_are_grouped():
    assert notes_on_capitals(["cat", "Dog", "CAT", "Straße", "STRASSE", "do g", "Dog"]) == [
        "the classes cat, CAT differ in capital letters alone; if they are one class, give them "
        "one name",
        "the classes Straße, STRASSE differ in capital letters alone; if they are one class, give "
        "them one name"]


def make_coco(root: Path) -> None:
    categories = [{"id": 0, "name": "things"}, {"id": 1, "name": "cat"}, {"id": 2, "name": "Cat"}]
    for index in range(2):
        write_jpeg(root / f"train/{index}.jpg", 40, 56, seed=index)
    put(root, {"train/a.json": json.dumps({
        "images": [{"id": 5 + index, "file_name": f"{index}.jpg"} for index in range(2)],
        "annotations": [{"image_id": 5 + index, "category_id": 1 + index, "bbox": [1, 2, 30, 20]}
                        for index in range(2)], "categories": categories})})


def test_a_class_with_the_name_of_the_background_is_told(tmp_path, capsys):
    write_jpeg(tmp_path / "set/train/a.jpg", 40, 56)
    put(tmp_path / "set", {"train/a.xml": XML.format("Background")})
    assert convert_dataset.main([str(tmp_path / "set"), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert ("  Background: a class of boxes has the name of the background, which is label 0"
            ) in printed


def test_a_conversion_tells_like_names_and_unused_classes(tmp_path, capsys):
    make_coco(tmp_path / "set")
    assert convert_dataset.main([str(tmp_path / "set"), str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "labelmap.prototxt: background, things, cat, Cat\n" in printed
    assert "  these splits have nothing of: things\n" in printed
    assert SAID.format("cat, Cat") in printed


@pytest.mark.parametrize("name, is_said", [("Cat", True), ("bird", False)])
def test_label_maps_with_like_names_are_told(tmp_path, capsys, name, is_said):
    put(tmp_path, {"labelmap.prototxt": MAP.format(name), "names.txt": f"cat\n{name}\n"})
    database = write_database(tmp_path / "db", good_records(3))
    assert check_data.main([str(database)]) == 0
    assert create_label_map.main([str(tmp_path / "names.txt"), str(tmp_path / "out")]) == 0
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    put(tmp_path, {"a.txt": "1 5 6 25 36\n", "list.txt": "a.jpg a.txt\n"})
    assert convert_annoset.main([
        "--anno_type=detection", "--label_type=txt", f"--labelmap={tmp_path}/labelmap.prototxt",
        str(tmp_path), str(tmp_path / "list.txt"), str(tmp_path / "anno")]) == 0
    printed = capsys.readouterr()
    assert (printed.out + printed.err).count(SAID.format("cat, Cat")) == 3 * is_said


def test_a_label_map_of_tensorflow_is_told_as_that(tmp_path):
    put(tmp_path, {"map.pbtxt": "item {\n  id: 1\n  name: 'cat'\n}\n"})
    with pytest.raises(SpecError, match="map.pbtxt:2: item.id is not a field of LabelMapItem; "
                                        "TensorFlow's maps say `id` where Caffe's say `label`"):
        label_map.read(tmp_path / "map.pbtxt")


@pytest.mark.parametrize("text, words", [
    ('{"cat": 1}', "map:1: expected the name of a field, found '{'"),
    ("cat: 1", "map:1: cat is not a field of LabelMap"),
    ("cat\ndog\n", "map:2: expected ':' or '{' after 'cat', found 'dog'")])
def test_a_file_of_another_form_says_what_a_label_map_is(tmp_path, text, words):
    put(tmp_path, {"map": text})
    with pytest.raises(SpecError) as found:
        label_map.read(tmp_path / "map")
    assert words in str(found.value) and str(found.value).endswith(
        'a label map is text with `item { name: "cat" label: 1 }` for each class; '
        "tools/create_label_map makes one of a list of names")


def test_a_negative_label_is_refused(tmp_path, capsys):
    put(tmp_path, {"names.txt": "cat -1\n"})
    assert create_label_map.main([str(tmp_path / "names.txt"), str(tmp_path / "out")]) == 1
    assert ":1: the label is -1; labels begin with 0" in capsys.readouterr().err


def test_a_label_map_that_is_given_and_absent_is_an_error(tmp_path, capsys):
    database = write_database(tmp_path / "db", good_records(3))
    assert check_data.main([str(database), "--labelmap", str(tmp_path / "none")]) == 1
    assert "none: the label map cannot be read: No such file" in capsys.readouterr().err



def test_a_class_that_a_split_lacks_is_told_with_the_like_one_that_it_has():
    with pytest.raises(DataError, match="--leave-out Cat cat; the classes Cat, cat differ in "
                                        "capital letters alone"):
        check_in_both({"train": {"Cat": 3, "dog": 3}, "test": {"cat": 2, "dog": 1}},
                      {"Cat": "Cat", "cat": "cat", "dog": "dog"}, Path("set"))
