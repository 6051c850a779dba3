"""Which image a label file means: names from other machines, and names of several images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framework.cli.convert_dataset import main as convert
from framework.data.datasets.class_data import recognise_classes
from framework.data.datasets.description import load
from framework.data.datasets.file_tree import list_files
from framework.data.datasets.image_names import are_copies
from framework.data.datasets.recognition import recognise
from framework.errors import DataError
from tests.data.datasets.forms import HEADER, XML, coco, labelme, percent, put, task

ROW = "56,40,cat,5,6,25,36\n"
YOLO = "0 0.5 0.5 0.2 0.2\n"


def found(root: Path) -> dict[str, str]:
    """The image of each label, or what is wrong with it."""
    data = recognise(root).data
    result = {}
    for entries in data.splits.values():
        for entry in entries:
            try:
                data.labels(entry)
            except DataError as error:
                result[entry.label] = str(error).partition(": ")[2]
            else:
                result[entry.label] = entry.image
    return result


def test_folders_of_a_foreign_path_tell_images_of_one_name_apart(tmp_path):
    put(tmp_path, {"t.csv": f"{HEADER}/home/me/b/1.jpg,{ROW}C:\\me\\a\\1.jpg,{ROW}",
                   "a/1.jpg": "one", "b/1.jpg": "other"})
    assert found(tmp_path) == {"t.csv#/home/me/b/1.jpg": "b/1.jpg",
                               "t.csv#C:\\me\\a\\1.jpg": "a/1.jpg"}


@pytest.mark.parametrize("files, label", [
    ({"t.csv": f"{HEADER}a/1.jpg,{ROW}b/1.jpg,{ROW}"}, "t.csv#a/1.jpg"),
    ({"c.json": coco("a/1.jpg", "b/1.jpg")}, "c.json#0"),
    ({"l.json": json.dumps([task("/data/local-files/?d=a/1.jpg", percent(1, 2, 3, 4)),
                            task("/data/local-files/?d=b/1.jpg", percent(1, 2, 3, 4))])},
     "l.json#a/1.jpg"),
    ({"x/1.json": labelme("../a/1.jpg"), "y/1.json": labelme("../b/1.jpg",
      ("rectangle", [[5, 6], [25, 36]]))}, "x/1.json#../a/1.jpg"),
])
def test_boxes_of_an_image_that_is_not_there_do_not_go_to_another_of_its_name(files, label,
                                                                               tmp_path):
    put(tmp_path, {**files, "b/1.jpg": ""})
    answers = found(tmp_path)
    assert len(answers) == 2
    assert "there is no image in its folder; b/1.jpg has the same name" in answers[label]
    assert "b/1.jpg" in answers.values()


def test_where_names_have_folders_one_that_has_not_its_own_is_not_there(tmp_path):
    """b/2.jpg has no row, but it is not the a/2.jpg that the table means."""
    put(tmp_path, {"t.csv": f"{HEADER}a/2.jpg,{ROW}b/1.jpg,{ROW}", "b/1.jpg": "", "b/2.jpg": "x"})
    answers = found(tmp_path)
    assert "there is no image in its folder; one of the same name is b/2.jpg" \
        in answers["t.csv#a/2.jpg"]
    assert answers["t.csv#b/1.jpg"] == "b/1.jpg"


@pytest.mark.parametrize("files, label", [
    ({"train.csv": f"{HEADER}1.jpg,{ROW}", "val.csv": f"{HEADER}1.jpg,56,40,cat,1,2,3,4\n"
      f"2.jpg,{ROW}"}, "val.csv#1.jpg"),
    ({"train.json": coco("1.jpg"), "val.json": coco("1.jpg", "2.jpg").replace("[5,", "[1,")},
     "val.json#0"),
])
def test_boxes_of_one_split_do_not_go_to_the_image_of_another(files, label, tmp_path):
    """val/1.jpg is not there; train/1.jpg is another image, and has boxes of its own."""
    put(tmp_path, {**files, "train/1.jpg": "", "val/2.jpg": ""})
    answers = found(tmp_path)
    assert "there is no image of this name for val; train/1.jpg has other boxes in the labels of " \
        "train" in answers.pop(label)
    assert list(answers.values()) == ["train/1.jpg", "val/2.jpg"]
    losses = recognise(tmp_path).data.losses
    assert not [note for notes in losses.values() for note in notes]    # "is stored again"


def test_splits_may_share_images_with_their_boxes(tmp_path):
    put(tmp_path, {"train.csv": f"{HEADER}1.jpg,{ROW}", "val.csv": f"{HEADER}1.jpg,{ROW}",
                   "train/1.jpg": ""})
    assert found(tmp_path) == {"train.csv#1.jpg": "train/1.jpg", "val.csv#1.jpg": "train/1.jpg"}


def test_a_name_without_folders_must_be_that_of_one_image_or_of_copies(tmp_path):
    put(tmp_path, {"t.csv": f"{HEADER}1.jpg,{ROW}2.jpg,{ROW}", "a/1.jpg": "one", "b/1.jpg": "other",
                   "a/2.jpg": "same", "b/2.jpg": "same"})
    answers = found(tmp_path)
    assert answers["t.csv#1.jpg"] == ("2 different images have this name: a/1.jpg, b/1.jpg; it "
                                      "must be given with its folder")
    assert answers["t.csv#2.jpg"] == "a/2.jpg"


def test_names_without_endings_are_found_in_tables(tmp_path):
    put(tmp_path, {"t.csv": "image_id,class,xmin,ymin,xmax,ymax\n1,cat,5,6,25,36\n",
                   "images/1.png": ""})
    assert found(tmp_path) == {"t.csv#1": "images/1.png"}


def test_endings_may_have_other_letters_as_windows_takes_them(tmp_path):
    put(tmp_path, {"t.csv": f"{HEADER}1.JPG,{ROW}2.png,{ROW}3.jpg,{ROW}", "1.jpg": "", "2.PNG": "",
                   "3.jpg": "one", "3.JPG": "other"})
    assert list(found(tmp_path).values()) == ["1.jpg", "2.PNG", "3.jpg"]


def test_a_class_of_an_image_that_is_not_there_does_not_go_to_another_of_its_name(tmp_path):
    put(tmp_path, {"labels.csv": "image,label\na/1.jpg,cat\nb/1.jpg,dog\nb/2.jpg,cat\n",
                   "b/1.jpg": "", "b/2.jpg": ""})
    data = recognise_classes(tmp_path)
    assert {entry.image: entry.label for own in data.splits.values() for entry in own} == {
        "b/1.jpg": "dog", "b/2.jpg": "cat"}
    [note] = [note for notes in data.losses.values() for note in notes]
    assert note.where == "labels.csv:2, 'a/1.jpg'" and note.images == 1


def test_lists_of_images_and_classes_may_have_tabs(tmp_path):
    put(tmp_path, {"train.txt": "a 1.jpg\t0\nb.jpg  1\n", "a 1.jpg": "", "b.jpg": ""})
    data = recognise_classes(tmp_path)
    assert [tuple(entry) for entry in data.splits["train"]] == [("a 1.jpg", "0"), ("b.jpg", "1")]


def test_an_annotation_belongs_to_the_nearest_image_of_its_name_alone(tmp_path):
    put(tmp_path, {"a/1.xml": XML.format("cat"), "a/1.jpg": "one", "b/1.jpg": "other",
                   "c/1.jpg": "one"})
    data = recognise(tmp_path).data
    assert found(tmp_path) == {"a/1.xml": "c/1.jpg"}     # the last of two copies
    assert [entry.image for own in data.splits.values() for entry in own] == ["a/1.jpg", "c/1.jpg"]
    assert [(note.reason, note.where, note.images) for notes in data.losses.values()
            for note in notes] == [("no annotation of its name", "b/1.jpg", 1)]


def test_kittis_labels_are_of_the_images_whose_folder_has_their_number(tmp_path):
    line = "Car 0 0 0 5 6 25 36 1 1 1 0 0 0 0\n"
    put(tmp_path, {"label_2/1.txt": line, "image_2/1.png": "left", "image_3/1.png": "right"})
    assert found(tmp_path) == {"label_2/1.txt": "image_2/1.png"}


@pytest.mark.parametrize("files, label", [
    ({"labels/1.xml": XML.format("cat")}, "labels/1.xml"),
    ({"classes.txt": "cat\n", "labels/1.txt": YOLO}, "labels/1.txt"),
])
def test_a_label_file_of_two_different_images_is_refused(files, label, tmp_path):
    put(tmp_path, {**files, "a/1.jpg": "one", "b/1.jpg": "other"})
    assert found(tmp_path) == {label: "could be the label file of 2 images of this name, which "
                               "differ: 'a/1.jpg, b/1.jpg'"}


def test_yolos_images_without_a_label_file_of_their_own_are_background(tmp_path):
    """images/1.jpg has labels/1.txt; more/1.jpg would take it if that were the only one."""
    put(tmp_path, {"data.yaml": "train: [images, more]\nnames: [cat]\n", "labels/1.txt": YOLO,
                   "images/1.jpg": "one", "more/1.jpg": "other"})
    data = load(tmp_path)
    boxes = {entry.image: len(data.labels(entry).boxes) for entry in data.splits["train"]}
    assert boxes == {"images/1.jpg": 1, "more/1.jpg": 0}


def test_folders_that_links_lead_to_are_listed_once(tmp_path):
    outside = put(tmp_path / "outside", {"1.jpg": "", "deep/2.jpg": ""})
    root = put(tmp_path / "data", {"own/3.jpg": ""})
    (root / "far").symlink_to(outside)
    (root / "again").symlink_to(root / "own")
    (root / "own/up").symlink_to(tmp_path)
    (outside / "back").symlink_to(outside)
    (root / "gone").symlink_to(tmp_path / "nowhere")
    (root / ".hidden").symlink_to(put(tmp_path / "hidden", {"4.jpg": ""}))
    assert list_files(root).files == ("far/1.jpg", "far/deep/2.jpg", "gone", "own/3.jpg")
    (root / "deep").symlink_to(outside / "deep")        # a link into what another link leads to
    assert list_files(root).files == ("deep/2.jpg", "far/1.jpg", "gone", "own/3.jpg")


def test_images_of_linked_folders_are_converted(tmp_path):
    outside = put(tmp_path / "outside", {"1.png": ""})
    yolo = put(tmp_path / "yolo", {"data.yaml": "train: images\nnames: [cat]\n",
                                   "labels/x/1.txt": YOLO, "images/2.jpg": "", "labels/2.txt": ""})
    (yolo / "images/x").symlink_to(outside)
    assert [entry.image for entry in load(yolo).splits["train"]] == ["images/2.jpg",
                                                                     "images/x/1.png"]
    voc = put(tmp_path / "voc", {"Annotations/x/1.xml": XML.format("cat"), "JPEGImages/2.jpg": "",
                                 "Annotations/2.xml": XML.format("cat"),
                                 "ImageSets/Main/train.txt": "x/1\n2\n"})
    (voc / "JPEGImages/x").symlink_to(outside)
    assert [entry.image for entry in load(voc).splits["train"]] == ["JPEGImages/x/1.png",
                                                                    "JPEGImages/2.jpg"]


def test_voc_without_lists_takes_images_of_folders_in_its_folder(tmp_path):
    put(tmp_path, {"JPEGImages/a/1.jpg": "", "Annotations/a/1.xml": XML.format("cat"),
                   "JPEGImages/b/1.jpg": "", "Annotations/c/1.xml": XML.format("cat")})
    data = load(tmp_path, is_divided=True)
    assert [tuple(entry) for entry in data.splits["all"]] == [("JPEGImages/a/1.jpg",
                                                               "Annotations/a/1.xml")]
    assert [(note.where, note.images, note.boxes) for note in data.losses["all"]] == [
        ("JPEGImages/b/1.jpg", 1, 0), ("Annotations/c/1.xml", 0, 1)]


def test_an_image_that_is_nowhere_is_no_split_of_its_own(tmp_path):
    put(tmp_path, {"t.csv": f"{HEADER}1.jpg,{ROW}2.jpg,{ROW}test/3.jpg,{ROW}", "train/1.jpg": "",
                   "test/4.jpg": "", "test/3.jpg": ""})
    data = recognise(tmp_path).data
    assert {split: [entry.image for entry in own] for split, own in data.splits.items()} == {
        "train": ["train/1.jpg", "2.jpg"], "test": ["test/3.jpg"]}


def test_labels_that_nobody_made_are_named(tmp_path, capsys):
    put(tmp_path, {"l.json": json.dumps([{"id": 4, "data": {"image": "1.jpg"}, "annotations": [],
                                          "predictions": [{"result": []}]}]), "1.jpg": ""})
    assert convert([str(tmp_path / "l.json"), str(tmp_path / "out")]) == 1
    assert "task 4, 1.jpg: a task without an annotation; not one image of" in \
        capsys.readouterr().err


def test_images_beside_those_of_a_list_are_losses_and_no_second_form(tmp_path):
    """ImageNet's lists are of folders by class, which may have more images."""
    put(tmp_path, {"train.txt": "a/1.jpg 0\nb/1.jpg 1\n", "val.txt": "a/2.jpg 0\n",
                   **dict.fromkeys(("a/1.jpg", "a/2.jpg", "a/3.jpg", "b/1.jpg"), "")})
    data = recognise_classes(tmp_path)
    assert [(note.reason, note.where) for notes in data.losses.values() for note in notes] == [
        ("an image that no row names", "a/3.jpg")]
    put(tmp_path, {"other/x/1.jpg": "", "other/y/1.jpg": ""})
    with pytest.raises(DataError, match="holds two forms: list files of Caffe for 3 images"):
        recognise_classes(tmp_path)


def test_a_table_of_names_that_all_are_of_several_images_says_so(tmp_path):
    put(tmp_path, {"labels.csv": "image,label\n1.jpg,cat\n", "a/1.jpg": "one", "b/1.jpg": "other"})
    with pytest.raises(DataError, match=r"labels.csv:2, '1.jpg': 2 different images have this "
                       "name: a/1.jpg, b/1.jpg; .* not one image is left"):
        recognise_classes(tmp_path)


def test_a_name_with_a_zero_byte_is_no_copy_of_another(tmp_path):
    (tmp_path / "a").write_text("same")
    assert not are_copies(tmp_path / "a", tmp_path / "b\0c")
