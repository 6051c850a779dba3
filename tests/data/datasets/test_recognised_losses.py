"""What of a folder is left out or refused, in each form that is recognised."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framework.data.datasets.description import load
from framework.data.datasets.recognition import recognise
from framework.errors import DataError
from tests.data.datasets.forms import (
    CVAT_BOX,
    HEADER,
    OPEN_IMAGES,
    XML,
    changed_coco,
    coco,
    cvat,
    cvat_image,
    percent,
    put,
    task,
)


@pytest.mark.parametrize("other, message", [
    ({"b.txt": "0 0.5 0.5 0.2 0.2\n", "classes.txt": "cat\n"}, "and YOLO for 1 others"),
    ({"x.csv": HEADER + "b.jpg,56,40,cat,5,6,25,36\n"}, "and CSV with a box a row for 1 others"),
    ({"x.xml": cvat(cvat_image("b.jpg", CVAT_BOX))}, "and CVAT for images for 1 others"),
])
def test_images_with_labels_of_another_format_than_the_others_are_an_error(other, message,
                                                                          tmp_path):
    put(tmp_path, {"a.jpg": "", "b.jpg": "", "a.xml": XML.format("cat"), **other})
    with pytest.raises(DataError, match=f"holds two formats: VOC annotations for 1 images .*"
                       f"{message}"):
        recognise(tmp_path)


def test_labels_of_the_same_images_in_a_second_format_are_named_as_not_read(tmp_path):
    put(tmp_path, {"a.jpg": "", "b.jpg": "", "a.xml": XML.format("cat"), "b.xml":
                   XML.format("cat"), "x.csv": HEADER + "b.jpg,56,40,cat,5,6,25,36\n"})
    found = recognise(tmp_path)
    assert found.format == "VOC annotations"
    assert "the same images have labels in another format too, which are not read: CSV with a " \
        "box a row (x.csv" in found.reason


def test_labels_that_two_ways_find_are_not_named_as_not_read(tmp_path):
    put(tmp_path, {"images/train/a.jpg": "", "images/val/b.jpg": "",
                   "labels/train/a.txt": "0 .5 .5 .2 .2\n", "labels/val/b.txt": "0 .5 .5 .2 .2\n",
                   "classes.txt": "cat\n", "data.yaml":
                   "train: images/train\nval: images/val\nnames: [cat]\n"})
    assert recognise(tmp_path).reason == "data.yaml has names and the splits train, val"


@pytest.mark.parametrize("files, message", [
    ({"a.jpg": "", "b.xml": XML.format("cat")}, "none of its 1 annotations has an image"),
    ({"a.jpg": "", "x.csv": HEADER + "b.jpg,1,1,cat,0,0,1,1\n"}, "none of the 1 images that x.csv"),
    ({"a.jpg": "", "x.json": coco("b.jpg")}, "none of the 1 images that x.json names"),
    ({"a.jpg": "", "x.json": json.dumps([task("b.jpg", percent(1, 1, 1, 1))])},
     "none of the 1 images that x.json names is below this folder; the first is b.jpg"),
    ({"a.jpg": "", "x.xml": cvat(cvat_image("b.jpg", CVAT_BOX))},
     "none of the 1 images that x.xml names"),
    ({"a.jpg": "", "x.xml": cvat("<track></track>")},
     "is CVAT's export for videos; export the task as `CVAT for images 1.1`"),
    ({"a.jpg": "", "a.txt": "0 .5 .5 .1 .1\n"}, "nothing names the classes"),
])
def test_labels_that_fit_no_image_or_name_no_class_are_an_error(files, message, tmp_path):
    with pytest.raises(DataError, match=message):
        recognise(put(tmp_path, files))


SECOND = {
    "Label Studio": ("export.json", json.dumps([task("a.jpg", percent(10, 20, 30, 40)),
                                                task("a.jpg", percent(1, 2, 3, 4),
                                                     percent(5, 6, 7, 8))])),
    "CVAT for images": ("a.xml", cvat(cvat_image("a.jpg", CVAT_BOX),
                                      cvat_image("a.jpg", CVAT_BOX * 2))),
}


@pytest.mark.parametrize("form", SECOND)
def test_a_second_annotation_of_an_image_is_stored_beside_the_first_and_told(form, tmp_path):
    name, text = SECOND[form]
    data = recognise(put(tmp_path, {"train/a.jpg": "", f"train/{name}": text})).data
    boxes = [data.labels(entry).boxes for entry in data.splits["train"]]
    assert [len(own) for own in boxes] == [1, 2]
    [note] = data.losses["train"]
    assert note.reason.startswith("an image that was named before") and not note.is_loss


@pytest.mark.parametrize("files, reason, where", [
    ({"train.json": coco("a.jpg"), "val.json": coco("b.jpg")[:-5]},
     "labels that cannot be read", "val.json: is not JSON"),
    ({"train.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\n",
      "val.csv": HEADER + "b.jpg,56,40,caf\xe9,5,6,25,36\n"},
     "labels that cannot be read", "val.csv:2: is not text in UTF-8"),
    ({"train.json": coco("a.jpg")}, "an image that no label names", "val/b.jpg"),
    ({"train-bbox.csv": OPEN_IMAGES.format("a")}, "an image that no label names", "val/b.jpg"),
    ({"classes.txt": "cat\n", "train/a.txt": "0 .5 .5 .2 .2\n", "val/b.txt": "",
      "c.txt": "0 .5 .5 .2 .2\n0 .4 .4 .1 .1\n", "c.jpg": ""},
     "an image outside the folders of the splits", "c.jpg")])
def test_what_of_a_folder_is_not_in_the_data_set_is_a_loss(files, reason, where, tmp_path):
    put(tmp_path, {"train/a.jpg": "", "val/b.jpg": ""})
    for name, text in files.items():
        (tmp_path / name).write_bytes(text.encode("latin-1"))
    notes = [note for notes in recognise(tmp_path).data.losses.values() for note in notes]
    assert any(note.reason == reason and where in note.where for note in notes), notes
    if reason.endswith("splits"):
        assert [note.boxes for note in notes if note.where == "c.jpg"] == [2]


def test_a_split_of_coco_without_a_box_is_background(tmp_path):
    empty = json.dumps({**json.loads(coco("b.jpg")), "annotations": []})
    data = recognise(put(tmp_path, {"train.json": coco("a.jpg"), "train/a.jpg": "",
                                    "val.json": empty, "val/b.jpg": ""})).data
    [entry] = data.splits["val"]
    assert data.labels(entry).boxes == ()


@pytest.mark.parametrize("files, message", [
    ({"a.json": "[{]"}, r"a\.json: is not JSON: Expecting property name"),
    ({"train-a.csv": OPEN_IMAGES.format("a"), "train-b.csv": OPEN_IMAGES.format("b")},
     r"train-a\.csv and train-b\.csv are both tables of one split \(train\)"),
    ({"a.csv": HEADER + "a.jpg,56,40,,5,6,25,36\n"},
     r"no class name in any annotation, and the first error is: .*a\.csv:2: is not the row"),
    ({"a.xml": XML.format("")},
     r"no class name in any annotation, and the first error is: .*a\.xml: an object without <name"),
    ({"classes.txt": "cat\n\ndog\n", "a.txt": "0 .5 .5 .2 .2"}, r"classes\.txt:2: has no name")])
def test_labels_that_cannot_be_used_are_named_with_the_cause(files, message, tmp_path):
    with pytest.raises(DataError, match=message):
        recognise(put(tmp_path, {"a.jpg": "", **files}))


@pytest.mark.parametrize("name", ["data.zip", "a.jpg"])
def test_a_file_that_is_no_data_set_is_named_as_that(name, tmp_path):
    (tmp_path / name).write_bytes(b"PK\3\4\xff")
    with pytest.raises(DataError, match=f"{name}: is not a data set, which is a folder or a file"):
        load(tmp_path / name)


POLYGON = ('{{"imagePath": "{}.jpg", "shapes": [{{"label": {}, '
           '"points": [[1, 2], [9, 8], [7, 3]]}}]}}')


@pytest.mark.parametrize("files", [
    {"a.json": POLYGON.format("a", '""'), "b.json": POLYGON.format("b", '"cat"')},
    {"a.json": POLYGON.format("a", "null"), "b.json": POLYGON.format("b", '"cat"')},
    {"a.json": POLYGON.format("a", '"\\ud800"'), "b.json": POLYGON.format("b", '"cat"')},
    {"t.json": json.dumps([task("a.jpg", percent(5, 5, 9, 9, labels=("",))),
                           task("b.jpg", percent(5, 5, 9, 9))])},
    {"t.xml": cvat(cvat_image("a.jpg", '<box label="" xtl="5" ytl="6" xbr="25" ybr="36"/>'),
                   cvat_image("b.jpg", '<box label="cat" xtl="5" ytl="6" xbr="25" ybr="36"/>'))},
    {"t.csv": HEADER + "a.jpg,56,40,,5,6,25,36\nb.jpg,56,40,cat,5,6,25,36\n"},
    {"t.csv": OPEN_IMAGES.format("b") + "a,,0.1,0.5,0.2,0.6\n"}])
def test_a_box_without_a_class_spoils_its_image_alone(files, tmp_path):
    data = recognise(put(tmp_path, {**files, "a.jpg": "", "b.jpg": ""})).data
    first, second = sorted(data.splits["all"])
    with pytest.raises(DataError, match="a label is empty|ud800' is not text|not the row of a box"):
        data.labels(first)
    assert [box.name for box in data.labels(second).boxes] == data.names


def test_images_below_a_root_that_is_given_in_two_ways_are_not_lost(tmp_path, monkeypatch):
    names = {f"{kind}/{split}/a.{end}": text for split in ("train", "val")
             for kind, end, text in (("images", "jpg", ""), ("labels", "txt", "0 .5 .5 .2 .2"))}
    put(tmp_path / "photos", {**names, "data.yaml": f"path: {tmp_path}/photos\n"
                              "train: images/train\nval: images/val\nnames: [cat]\n"})
    monkeypatch.chdir(tmp_path)
    data = recognise(Path("photos")).data
    assert not any(data.losses.values())


@pytest.mark.parametrize("change, images, reason, boxes", [
    (lambda tree: tree["images"][0].pop("file_name"), ["b"], "an image without file_name or id", 0),
    (lambda tree: tree["images"][0].update(file_name=None), ["b"],
     "an image without file_name or id", 0),
    (lambda tree: tree["images"][0].pop("id"), ["b"], "an image without file_name or id", 0),
    (lambda tree: tree["images"].append(None), ["a", "b"], "an image without file_name or id", 0),
    (lambda tree: tree["annotations"][0].pop("image_id"), ["a", "b"],
     "an annotation without image_id", 1),
    (lambda tree: tree["annotations"].append([]), ["a", "b"], "an annotation without image_id", 1),
    (lambda tree: tree["images"].append(dict(tree["images"][0])), ["a", "b"],
     "an image whose id another image has too", 0),
    (lambda tree: tree["images"].append({**tree["images"][0], "id": 7}), ["a", "b", "a"],
     "an image that was named before; it is stored again with these boxes", 0),
])
def test_a_bad_entry_of_coco_is_told_and_the_others_are_read(change, images, reason, boxes,
                                                             tmp_path):
    data = recognise(put(tmp_path, {"train.json": changed_coco(change), "train/a.jpg": "",
                                    "train/b.jpg": ""})).data
    assert [Path(entry.image).stem for entry in data.splits["train"]] == images
    notes = [note for note in data.losses["train"] if note.reason == reason]
    assert [note.boxes for note in notes] == [boxes]
