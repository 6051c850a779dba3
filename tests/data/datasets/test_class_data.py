"""Images with one class each: how their form is found, divided, and what is left out."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.data.datasets.class_data import check, recognise_classes, train_and_test, without
from framework.errors import DataError


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / name), np.zeros((4, 4, 3), np.uint8))


def several(folder: str, count: int) -> list[str]:
    return [f"{folder}/{index}.png" for index in range(count)]


def counts(data):
    return {split: Counter(entry.label for entry in entries)
            for split, entries in data.splits.items()}


@pytest.mark.parametrize("folders, splits", [
    ({"cat": 2, "dog": 3}, {"all": {"cat": 2, "dog": 3}}),
    ({"photos/cat": 2, "photos/dog/old": 3}, {"all": {"cat": 2, "dog": 3}}),
    ({"train/cat": 2, "train/dog": 3, "valid/cat": 1, "valid/dog": 1},
     {"train": {"cat": 2, "dog": 3}, "val": {"cat": 1, "dog": 1}}),
    ({"seg_train/seg_train/sea": 2, "seg_train/seg_train/ice": 1, "seg_test/seg_test/sea": 1},
     {"train": {"sea": 2, "ice": 1}, "test": {"sea": 1}}),
    ({"train": 2, "bus": 3}, {"all": {"train": 2, "bus": 3}}),       # a vehicle, not a split
])
def test_the_first_folder_below_a_split_is_the_class(tmp_path, folders, splits):
    for folder, count in folders.items():
        write(tmp_path, *several(folder, count))
    found = recognise_classes(tmp_path)
    assert counts(found) == splits and found.format == "folders by class"


def test_classes_are_in_the_order_of_their_names_or_numbers(tmp_path):
    write(tmp_path, "b/1.png", "a/1.png", "C/1.png")
    assert recognise_classes(tmp_path).names == ("C", "a", "b")     # as ImageFolder sorts
    write(tmp_path / "numbers", "10/1.png", "9/1.png", "0/1.png")
    assert recognise_classes(tmp_path / "numbers").names == ("0", "9", "10")


@pytest.mark.parametrize("text, folders, shown", [
    ("n01 tench\nn02 great shark\n", ("n01", "n02"), {"n01": "tench", "n02": "great shark"}),
    ("zero\none\n", ("0", "1"), {"0": "zero", "1": "one"}),
    ("first\nsecond\n", ("1", "2"), {"1": "first", "2": "second"}),
])
def test_a_file_of_names_says_how_classes_are_shown(tmp_path, text, folders, shown):
    write(tmp_path, *(f"{folder}/1.png" for folder in folders))
    (tmp_path / "labels.txt").write_text(text)
    assert recognise_classes(tmp_path).shown == shown


@pytest.mark.parametrize("text", [
    "filename,label\na.png,cat\nb.png,dog\n",
    "id,breed\na,cat\nb,dog\n",                             # without the ending
    "a.png,cat\nb.png,dog\n",                               # without a header
    "Image Name,cat,dog\na.png,1,0\nb.png,0,1\n",           # a column for each class
    "index,image,label\n0,a.png,cat\n1,b.png,dog\n",
])
def test_a_table_says_the_class_of_each_image(tmp_path, text):
    write(tmp_path, "images/a.png", "images/b.png", "images/c.png")
    (tmp_path / "train.csv").write_text(text)
    found = recognise_classes(tmp_path)
    assert {entry.image: entry.label for entry in found.splits["train"]} == {
        "images/a.png": "cat", "images/b.png": "dog"}
    assert [(note.reason, note.where) for note in found.losses["train"]] == [
        ("an image that no row names", "images/c.png")]


def test_a_column_may_say_the_split(tmp_path):
    write(tmp_path, "a.png", "b.png", "c.png")
    table = tmp_path / "all.csv"
    table.write_text("path,class,data set\na.png,x,train\nb.png,y,valid\nc.png,x,test\n")
    assert counts(recognise_classes(table)) == {"train": {"x": 1}, "val": {"y": 1},
                                                "test": {"x": 1}}


def test_lists_of_caffe_are_read_with_names_that_have_spaces(tmp_path):
    write(tmp_path, "images/a b.png", "images/c.png")
    (tmp_path / "train.txt").write_text("images/a b.png 1\n")
    (tmp_path / "val.txt").write_text("images/c.png 0\n")
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    found = recognise_classes(tmp_path)
    assert counts(found) == {"train": {"1": 1}, "val": {"0": 1}}
    assert found.names == ("0", "1") and found.shown == {"0": "cat", "1": "dog"}


def test_rows_without_an_image_or_a_class_and_empty_folders_are_losses(tmp_path):
    write(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "l.csv").write_text("image,label\na.png,x\nb.png,y\nc.png,\nlost.png,x\n")
    reasons = Counter(note.reason for note in recognise_classes(tmp_path).losses["all"])
    assert reasons == {"a row with no class": 1, "a row with an image that is not there": 1}
    write(tmp_path / "other", "x/a.png", "y/a.png", "stray.png")
    (tmp_path / "other" / "z").mkdir()
    losses = recognise_classes(tmp_path / "other").losses["all"]
    assert {(note.reason, note.where) for note in losses} == {
        ("an image in no class's folder", "stray.png"), ("a folder without images", "z")}


def test_a_table_that_cannot_be_read_is_named_where_nothing_else_is_known(tmp_path):
    write(tmp_path, "a.png")
    (tmp_path / "l.csv").write_bytes(b"filename,label\na.png,caf\xe9\n")
    with pytest.raises(DataError, match=r"of which this cannot be read: .*l.csv:2: is not text in"):
        recognise_classes(tmp_path)


def test_a_file_that_is_no_table_is_told_as_that(tmp_path):
    write(tmp_path, "a.png", "b.png")
    for name in ("a.png", "all.zip"):
        (tmp_path / name).touch()
        with pytest.raises(DataError, match=(
                rf"{name}: is neither a folder nor a table \(.csv\) or list \(.txt\) of images and "
                "their classes; archives must be unpacked")):
            recognise_classes(tmp_path / name)


@pytest.mark.parametrize("files, message", [
    ({}, r"has no images with a class each that are known: it has 2 images in one folder "),
    ({"l.csv": "filename,label\nc.png,x\nd.png,y\n"},
     r"none of the 2 images that l.csv names is below this folder; the first is c.png"),
    ({"l.csv": "filename;label\nc.png;x\nd.png;y\n"},
     r"none of the 2 images that l.csv names is below this folder; the first is c.png"),
    ({"l.txt": "c.png 0\nd.png 1\n"},
     r"none of the 2 images that l.txt names is below this folder; the first is c.png"),
    ({"l.csv": "image,label\na.png,x\na.png,y\nb.png,x\n"},
     r"l.csv:3: a.png is 'y', and l.csv:2 says 'x'"),
    ({"l.csv": "image,label,Label\na.png,x,y\nb.png,y,x\n"},
     r"l.csv: its header has the column 'label' 2 times"),
    ({"l.csv": "image,x,y\na.png,1,1\nb.png,0,1\n"},
     r"l.csv:2: has no column `label` or `class`, and 1 in 2 of the 2 columns"),
    ({"l.csv": "filename,class,xmin,ymin,xmax,ymax\na.png,x,0,0,2,2\n"},
     r"images with boxes are for `caffe new detector`"),
    ({"l.txt": "a.png 0\nb.png 7\n", "labels.txt": "one\n"},
     r"labels.txt: has 1 name, but there is a class 7"),
])
def test_what_is_not_one_class_an_image_is_an_error(tmp_path, files, message):
    write(tmp_path, "a.png", "b.png")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        recognise_classes(tmp_path)


def test_folders_of_splits_alone_are_not_classes(tmp_path):
    write(tmp_path, "train/a.png", "train/b.png", "test/c.png", "valid/d.png")
    with pytest.raises(DataError, match="has no images with a class each that are known"):
        recognise_classes(tmp_path)


def test_two_forms_in_one_folder_are_an_error(tmp_path):
    write(tmp_path, "a.png", "b.png", "cat/1.png", "dog/1.png")
    (tmp_path / "l.csv").write_text("image,label\na.png,x\nb.png,y\n")
    with pytest.raises(DataError, match="holds two forms: CSV with an image a row for 2 images"):
        recognise_classes(tmp_path)


def test_a_division_gives_each_split_its_share_of_each_class(tmp_path):
    write(tmp_path, *several("cat", 20), *several("dog", 5), *several("cow", 2))
    found = recognise_classes(tmp_path)
    data, sentence = train_and_test(found, 0.8, 3)
    assert counts(data) == {"train": {"cat": 16, "dog": 4, "cow": 1},
                            "test": {"cat": 4, "dog": 1, "cow": 1}}
    assert "with seed 3, each class by itself" in sentence
    assert train_and_test(found, 0.8, 3)[0] == data != train_and_test(found, 0.8, 4)[0]
    together = [entry for entries in data.splits.values() for entry in entries]
    assert sorted(together) == sorted(found.splits["all"])


@pytest.mark.parametrize("folders, message", [
    ({"x": 1, "y": 2}, "has 3 images with a class; a classifier needs 10 at least"),
    ({"train/x": 9, "train/y": 2, "test/x": 1},
     "the class 'y' has no image to test on, and 2 to train on, so it cannot be tested"),
    ({"x": 12, "y": 1}, "the class 'y' has no image to test on, and 1 to train on"),
    ({"x": 12, "y": 1, "z z": 1},
     "same holds for 1 other class: .* leave them out with --leave-out y 'z z'"),
])
def test_data_that_no_classifier_learns_from_are_an_error(tmp_path, folders, message):
    for folder, count in folders.items():
        write(tmp_path, *several(folder, count))
    data, _ = train_and_test(recognise_classes(tmp_path), 0.8, 0)
    with pytest.raises(DataError, match=message):
        check(data, tmp_path, 10)


def test_a_class_that_is_left_out_is_accounted_for(tmp_path):
    write(tmp_path, *several("x", 3), *several("y", 2), *several("z", 1))
    data = without(recognise_classes(tmp_path), ["z"])
    assert data.names == ("x", "y") and counts(data) == {"all": {"x": 3, "y": 2}}
    assert [note.reason for note in data.losses["all"]] == ["of the class 'z' (--leave-out)"]
    with pytest.raises(DataError, match="--leave-out w: is not a class; the classes are x, y"):
        without(data, ["w"])
