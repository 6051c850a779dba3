"""Recognition of the format that a folder of data has, and its division into two splits."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from framework.data.datasets.recognition import recognise
from framework.data.datasets.splits import train_and_test
from framework.errors import DataError
from framework.system.text import is_there
from tests.data.datasets.forms import (
    CLASSES,
    CVAT_BOX,
    FORMS,
    HEADER,
    OPEN_IMAGES,
    XML,
    changed_coco,
    coco,
    cvat,
    cvat_image,
    labelme,
    percent,
    put,
    task,
)


@pytest.mark.parametrize("form", FORMS)
def test_each_format_is_known_by_its_files_and_gives_its_images_to_their_splits(form, tmp_path):
    found = recognise(put(tmp_path / "outer" / "inner", FORMS[form]).parent)
    assert found.format == form and found.reason
    data, sentence = train_and_test(found.data, 0.8, 0)
    assert sentence.startswith("its own splits")
    images = {split: [Path(entry.image).stem for entry in entries]
              for split, entries in data.splits.items()}
    assert images == {"train": ["a"], "test": ["b"]}
    for entries in data.splits.values():
        [box] = data.labels(entries[0]).boxes
        assert data.display_names.get(box.name, box.name) == CLASSES.get(form, "cat")
        assert (data.root / entries[0].image).is_file()


def test_a_table_of_roboflow_beside_its_images_is_read_in_pixels(tmp_path):
    put(tmp_path, {"train/_annotations.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\n"
                   "a.jpg,56,40,dog,1,2,3,4\nb.jpg,56,40,dog,1,2,x,4\n",
                   "train/a.jpg": "", "train/b.jpg": "", "train/c.jpg": ""})
    data = recognise(tmp_path).data
    first, second = data.splits["train"]
    labels = data.labels(first)
    assert [(box.name, box.corners) for box in labels.boxes] == [
        ("cat", (5, 6, 25, 36)), ("dog", (1, 2, 3, 4))]
    assert (labels.width, labels.height, labels.relative) == (56, 40, False)
    with pytest.raises(DataError, match=r"_annotations.csv:4: is not the row of a box"):
        data.labels(second)
    assert [note.where for note in data.losses["train"]] == ["train/c.jpg"]


def test_label_studios_rectangles_are_percents_and_what_is_left_out_is_told(tmp_path):
    first = task("a.jpg", percent(10, 20, 30, 40),
                 percent(50, 50, 25, 10, 90, ("dog", "pet")),
                 {"format": "rle", "rle": [1, 2], "brushlabels": ["cat"]})
    first["annotations"][0]["result"][2]["type"] = "brushlabels"
    first["annotations"].append({"result": first["annotations"][0]["result"][:1]})
    skipped = task("b.jpg", percent(1, 1, 1, 1))
    skipped["annotations"][0]["was_cancelled"] = True
    empty = task("c.jpg")
    put(tmp_path, {"x.json": json.dumps([first, skipped, empty]), "a.jpg": "", "b.jpg": "",
                   "c.jpg": "", "d.jpg": ""})
    data = recognise(tmp_path).data
    [one, none] = data.splits["all"]
    labels = data.labels(one)
    # turned by 90 degrees clockwise about (28, 20) of 56 x 40 pixels, 14 x 4 pixels become 4 x 14
    turned = (24 / 56, 20 / 40, 28 / 56, 34 / 40)
    assert [box.name for box in labels.boxes] == ["cat", "dog", "pet"]
    for box, expected in zip(labels.boxes, [(.1, .2, .4, .6), turned, turned], strict=True):
        assert box.corners == pytest.approx(expected)
    assert labels.relative and (labels.width, labels.height) == (56, 40)
    assert [(note.reason, note.boxes) for note in labels.notes] == [
        ("another annotation of the same image", 1),
        ("a region of type brushlabels is not a box with a label", 1),
        ("rectangles that are turned became the upright boxes around them", 0)]
    assert data.labels(none).boxes == ()
    assert [note.reason for note in data.losses["all"]] == [
        "a task without an annotation", "an image without an annotated task",
        "an image without an annotated task"]


def test_label_studios_short_export_has_the_same_boxes(tmp_path):
    region = {**percent(10, 20, 30, 40), "original_width": 56, "original_height": 40}
    put(tmp_path, {"min.json": json.dumps([{"id": 1, "image": "/data/upload/1/0a1b2c3d-a%20b.jpg",
                                            "label": [region], "annotator": 1}]), "a b.jpg": ""})
    found = recognise(tmp_path / "min.json")
    assert found.format == "Label Studio"
    [entry] = found.data.splits["all"]
    [box] = found.data.labels(entry).boxes
    assert (box.name, entry.image) == ("cat", "a b.jpg")
    assert box.corners == pytest.approx((.1, .2, .4, .6))


def test_cvats_boxes_are_pixels_and_other_shapes_are_told(tmp_path):
    turned = ('<box label="cat" xtl="10" ytl="10" xbr="30" ybr="14" rotation="90"/>'
              '<polyline label="cat" points="1,1;2,2;3,1"/><tag label="cat"/>')
    put(tmp_path, {"annotations.xml": cvat(cvat_image("a.jpg", CVAT_BOX + turned),
                                           cvat_image("b.jpg", '<box label="cat" xtl="x"/>')),
                   "a.jpg": "", "b.jpg": "", "c.jpg": ""})
    data = recognise(tmp_path).data
    first, second = data.splits["all"]
    labels = data.labels(first)
    # 20 x 4 pixels turned about their middle (20, 12) are 4 x 20
    for box, expected in zip(labels.boxes, [(5.5, 6, 25, 36), (18, 2, 22, 22)], strict=True):
        assert box.corners == pytest.approx(expected)
    assert not labels.relative and (labels.width, labels.height) == (56, 40)
    assert [(note.reason, note.boxes) for note in labels.notes] == [
        ("a shape of type polyline is not a box", 1),
        ("tags of whole images are not stored", 0),
        ("rectangles that are turned became the upright boxes around them", 0)]
    with pytest.raises(DataError, match="annotations.xml#b.jpg: a box is not one"):
        data.labels(second)
    assert [note.where for note in data.losses["all"]] == ["c.jpg"]


def test_labelmes_shapes_become_boxes_and_what_is_left_out_is_told(tmp_path):
    files = {"a.json": labelme("a.jpg", ("rectangle", [[25, 36], [5, 6]]),
                               ("polygon", [[1, 2], [9, 3], [4, 8]]),
                               ("circle", [[20, 20], [23, 24]]),
                               ("point", [[1, 1]]), ("linestrip", [[1, 1], [2, 2]])),
             "b.json": labelme("b.jpg", ("polygon", [[1, 2], [9, 3]])), "a.jpg": "", "b.jpg": "",
             "c.jpg": ""}
    data = recognise(put(tmp_path, files)).data
    first, second = data.splits["all"]
    labels = data.labels(first)
    assert [box.corners for box in labels.boxes] == [(5, 6, 25, 36), (1, 2, 9, 8), (15, 15, 25, 25)]
    assert labels.boxes[1].mask.polygons == ((1, 2, 9, 3, 4, 8),)
    assert [(note.reason, note.boxes) for note in labels.notes] == [
        ("a shape of type point is not a box", 1), ("a shape of type linestrip is not a box", 1)]
    with pytest.raises(DataError, match=r"b.json: is not labelme's format: a polygon has 2 points"):
        data.labels(second)
    assert [note.where for note in data.losses["all"]] == ["c.jpg"]


def test_images_without_splits_are_divided_so_that_both_have_every_class(tmp_path):
    # 10 images, one class in two of them: seed 0 puts neither of these into the test
    names = ["dog" if index in (1, 2) else "cat" for index in range(10)]
    put(tmp_path, {f"{index}.xml": XML.format(name) for index, name in enumerate(names)})
    put(tmp_path, {f"{index}.jpg": "" for index in range(10)})
    data, sentence = train_and_test(recognise(tmp_path).data, 0.8, 0)
    assert [len(data.splits[name]) for name in ("train", "test")] == [8, 2]
    for entries in data.splits.values():
        assert {box.name for entry in entries for box in data.labels(entry).boxes} == {"cat", "dog"}
    assert "divided at random with seed" in sentence


def test_an_unknown_folder_tells_what_was_looked_for(tmp_path):
    put(tmp_path, {"a.jpg": "", "notes.md": ""})
    with pytest.raises(DataError, match=r"format is not known: it has 1 image and 1 other file. "
                       r"Looked for were: ImageSets/Main .*COCO.*Open Images.*YOLO"):
        recognise(tmp_path)


@pytest.mark.parametrize("sign", [";", "\t"])
def test_tables_of_spreadsheets_have_semicolons_or_tabs(sign, tmp_path):
    text = HEADER + "a.jpg,56,40,cat,5,6,25,36\n"
    data = recognise(put(tmp_path, {"train/a.jpg": "", "a.csv": text.replace(",", sign)})).data
    [box] = data.labels(data.splits["train"][0]).boxes
    assert box.corners == (5, 6, 25, 36)


def test_annotations_in_xml_of_any_encoding_are_recognised(tmp_path):
    put(tmp_path, {"a.jpg": ""})
    text = '<?xml version="1.0" encoding="gb2312"?><!-- \u6807\u6ce8 -->' + XML.format("\u732b")
    (tmp_path / "a.xml").write_bytes(text.encode("gb2312"))
    assert recognise(tmp_path).data.names == ["\u732b"]


def test_empty_lines_before_the_header_of_a_table_are_passed_over(tmp_path):
    rows = HEADER + "a.jpg,56,40,cat,5,6,25,36\n"
    put(tmp_path, {"t.csv": "\n\n" + rows.replace(",", ";"), "a.jpg": ""})
    assert recognise(tmp_path).data.names == ["cat"]


def test_images_of_open_images_have_any_ending(tmp_path):
    data = recognise(put(tmp_path, {"train/a.PNG": "",
                                    "train-bbox.csv": OPEN_IMAGES.format("a")})).data
    assert [entry.image for entry in data.splits["train"]] == ["train/a.PNG"]


def test_classes_of_open_images_are_shown_by_the_titles_of_its_table(tmp_path):
    put(tmp_path, {"train-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\n"
                   "a,/m/01yrx,0.1,0.5,0.2,0.6\nb,/m/0bt9lr,0.1,0.5,0.2,0.6\n",
                   "class-descriptions-boxable.csv": "/m/01yrx,Cat\n/m/09j2d,Clothing\n",
                   "a.jpg": "", "b.jpg": ""})
    data = recognise(tmp_path).data
    assert data.names == ["/m/01yrx", "/m/0bt9lr"]
    assert data.display_names == {"/m/01yrx": "Cat", "/m/0bt9lr": "/m/0bt9lr"}


def test_a_file_of_labels_is_parsed_once_to_know_it_and_once_to_read_it(tmp_path, monkeypatch):
    parsed = []
    monkeypatch.setattr(json, "loads", lambda text, loads=json.loads, **options:
                        parsed.append(text) or
                        loads(text, **options))
    put(tmp_path, {"train.json": coco("a.jpg"), "a.jpg": "", "other.jpg": ""})
    assert recognise(tmp_path).format == "COCO"
    assert len(parsed) == 2


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("on_disk, in_files", [("NFC", "NFD"), ("NFD", "NFC")])
def test_names_with_accents_are_found_however_they_are_spelled(form, on_disk, in_files, tmp_path):
    files = {}
    for name, text in FORMS[form].items():
        is_named = not name.endswith(("data.yaml", "classes.txt"))      # not for their images
        name = name.replace("/a.", "/\xe9a.").replace("/b.", "/\xe9b.") if is_named else name
        for letter in "ab":
            text = text.replace(f"{letter}.jpg", f"\xe9{letter}.jpg").replace(
                f"\n{letter},", f"\n\xe9{letter},")
        if name.startswith("ImageSets"):
            text = f"\xe9{text}"
        text = text.replace(">cat<", ">caf\xe9<").replace('"cat"', '"caf\xe9"')
        files[unicodedata.normalize(on_disk, name)] = unicodedata.normalize(in_files, text)
    root = put(tmp_path / "x", files)
    data, sentence = train_and_test(recognise(root).data, 0.8, 0)
    assert sentence.startswith("its own splits")
    assert not any(note.is_loss for notes in data.losses.values() for note in notes)
    for entries in data.splits.values():
        [entry] = entries
        assert len(data.labels(entry).boxes) == 1 and is_there(root / entry.image)
        assert all(name == unicodedata.normalize("NFC", name) for name in data.names)


@pytest.mark.parametrize("start", ["C:\\photos\\", "/home/someone/photos/", "deeper/"])
def test_images_of_coco_are_found_by_their_names_where_their_folders_are_others(start, tmp_path):
    tree = changed_coco(lambda tree: [image.update(file_name=start + image["file_name"])
                                      for image in tree["images"]])
    data = recognise(put(tmp_path, {"train.json": tree, "train/a.jpg": "",
                                    "train/more/b.jpg": ""})).data
    assert [entry.image for entry in data.splits["train"]] == ["train/a.jpg", "train/more/b.jpg"]
    assert not any(data.losses.values())
