"""Recognition of the format that a folder of data has, and its division into two splits."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from framework.data.datasets.description import load
from framework.data.datasets.recognition import recognise
from framework.data.datasets.splits import train_and_test
from framework.errors import DataError
from framework.system.text import is_there

XML = ("<annotation><size><width>56</width><height>40</height></size><object><name>{}</name>"
       "<bndbox><xmin>5</xmin><ymin>6</ymin><xmax>25</xmax><ymax>36</ymax></bndbox></object>"
       "</annotation>")
HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"


def put(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def coco(*names: str) -> str:
    return json.dumps({
        "images": [{"id": index, "file_name": name, "width": 56, "height": 40}
                   for index, name in enumerate(names)],
        "annotations": [{"image_id": index, "category_id": 7, "bbox": [5, 6, 20, 30]}
                        for index in range(len(names))],
        "categories": [{"id": 7, "name": "cat"}]})


def task(image: str, *values: dict) -> dict:
    results = [{"to_name": "image", "type": "rectanglelabels", "value": value,
                "original_width": 56, "original_height": 40} for value in values]
    return {"id": 1, "data": {"image": image}, "predictions": [],
            "annotations": [{"id": 3, "was_cancelled": False, "result": results}]}


def percent(x: float, y: float, width: float, height: float, rotation: float = 0,
            labels: tuple[str, ...] = ("cat",)) -> dict:
    return {"x": x, "y": y, "width": width, "height": height, "rotation": rotation,
            "rectanglelabels": list(labels)}


def cvat(*images: str) -> str:
    return ("<?xml version='1.0'?><annotations><version>1.1</version><meta><task><labels><label>"
            "<name>cat</name></label></labels></task></meta>" + "".join(images) + "</annotations>")


def cvat_image(name: str, inner: str, subset: str = "") -> str:
    return (f'<image id="0" name="{name}" width="56" height="40" subset="{subset}">{inner}</image>')


def labelme(image: str, *shapes: tuple[str, list]) -> str:
    return json.dumps({"version": "5.0", "imagePath": image, "imageData": None, "imageWidth": 56,
                       "imageHeight": 40, "shapes": [
                           {"label": "cat", "shape_type": kind, "points": points}
                           for kind, points in shapes]})


CVAT_BOX = '<box label="cat" occluded="0" xtl="5.5" ytl="6" xbr="25" ybr="36" z_order="0"></box>'
FORMS = {
    "VOC": {"JPEGImages/a.jpg": "", "Annotations/a.xml": XML.format("cat"),
            "JPEGImages/b.jpg": "", "Annotations/b.xml": XML.format("cat"),
            "ImageSets/Main/train.txt": "a\n", "ImageSets/Main/val.txt": "b\n"},
    "VOC annotations": {"train/a.jpg": "", "train/a.xml": XML.format("cat"),
                        "test/b.JPG": "", "test/b.xml": XML.format("cat")},
    "COCO": {"annotations/instances_train2017.json": coco("a.jpg"), "train2017/a.jpg": "",
             "annotations/instances_val2017.json": coco("b.jpg"), "val2017/b.jpg": "",
             "annotations/captions_val2017.json": '{"images": [], "annotations": []}'},
    "YOLO, Ultralytics' data.yaml": {
        "data.yaml": "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['cat']\n",
        "train/images/a.jpg": "", "train/labels/a.txt": "0 0.5 0.5 0.2 0.2\n",
        "valid/images/b.jpg": "", "valid/labels/b.txt": "0 0.5 0.5 0.2 0.2\n"},
    "YOLO": {"classes.txt": "cat\n",
             "images/train/a.jpg": "", "labels/train/a.txt": "0 0.5 0.5 0.2 0.2\n",
             "images/val/b.jpg": "", "labels/val/b.txt": "0 0.5 0.5 0.2 0.2\n"},
    "Open Images": {
        "train-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\na,cat,.1,.5,.2,.9\n",
        "test-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\nb,cat,.1,.5,.2,.9\n",
        "train/a.jpg": "", "test/b.jpg": ""},
    "Label Studio": {
        "export.json": json.dumps([task("/data/upload/1/0a1b2c3d-a.jpg", percent(10, 20, 30, 40)),
                                   task("/data/local-files/?d=images/test/b.jpg",
                                        percent(10, 20, 30, 40))]),
        "images/train/a.jpg": "", "images/test/b.jpg": ""},
    "labelme": {
        "train/a.json": labelme("a.jpg", ("rectangle", [[5, 6], [25, 36]])), "train/a.jpg": "",
        "test/b.json": labelme("..\\\\b.jpg", ("rectangle", [[25, 36], [5, 6]])),
        "test/b.jpg": ""},
    "Create ML": {
        f"{folder}/_annotations.createml.json": json.dumps([{"image": f"{name}.jpg", "annotations":
            [{"label": "cat", "coordinates": {"x": 15, "y": 21, "width": 20, "height": 30}}]}])
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"train/a.jpg": "", "test/b.jpg": ""},
    "VIA": {
        f"{folder}/via.json": json.dumps({f"{name}.jpg99": {
            "filename": f"{name}.jpg", "size": 99, "file_attributes": {}, "regions": [
                {"shape_attributes": {"name": "rect", "x": 5, "y": 6, "width": 20, "height": 30},
                 "region_attributes": {"label": "cat"}}]}})
        for folder, name in (("train", "a"), ("test", "b"))
        } | {"train/a.jpg": "", "test/b.jpg": ""},
    "CVAT for images": {
        "annotations.xml": cvat(cvat_image("a.jpg", CVAT_BOX, "Train"),
                                cvat_image("deep/b.jpg", CVAT_BOX, "Test")),
        "images/a.jpg": "", "images/deep/b.jpg": ""},
    "CSV with a box a row": {
        "data/train_labels.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\n", "images/train/a.jpg": "",
        "data/test_labels.csv": HEADER + "b.jpg,56,40,cat,5,6,25,36\n", "images/test/b.jpg": ""},
}


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
        assert data.display_names.get(box.name, box.name) == "cat"
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
                 {"points": [[1, 1], [5, 5], [1, 5]], "polygonlabels": ["cat"]})
    first["annotations"][0]["result"][2]["type"] = "polygonlabels"
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
        ("a region of type polygonlabels is not a rectangle with a label", 1),
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
              '<polygon label="cat" points="1,1;2,2;3,1"/><tag label="cat"/>')
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
        ("a shape of type polygon is not a box", 1),
        ("a shape of type tag is not a box", 1),
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


OPEN_IMAGES = "ImageID,LabelName,XMin,XMax,YMin,YMax\n{},cat,.1,.5,.2,.9\n"
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


@pytest.mark.parametrize("name", ["data.zip", "a.jpg"])
def test_a_file_that_is_no_data_set_is_named_as_that(name, tmp_path):
    (tmp_path / name).write_bytes(b"PK\3\4\xff")
    with pytest.raises(DataError, match=f"{name}: is not a data set, which is a folder or a file"):
        load(tmp_path / name)


def test_classes_of_open_images_are_shown_by_the_titles_of_its_table(tmp_path):
    put(tmp_path, {"train-annotations-bbox.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\n"
                   "a,/m/01yrx,0.1,0.5,0.2,0.6\nb,/m/0bt9lr,0.1,0.5,0.2,0.6\n",
                   "class-descriptions-boxable.csv": "/m/01yrx,Cat\n/m/09j2d,Clothing\n",
                   "a.jpg": "", "b.jpg": ""})
    data = recognise(tmp_path).data
    assert data.names == ["/m/01yrx", "/m/0bt9lr"]
    assert data.display_names == {"/m/01yrx": "Cat", "/m/0bt9lr": "/m/0bt9lr"}


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


def changed_coco(change) -> str:
    tree = json.loads(coco("a.jpg", "b.jpg"))
    change(tree)
    return json.dumps(tree)


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


@pytest.mark.parametrize("start", ["C:\\photos\\", "/home/someone/photos/", "deeper/"])
def test_images_of_coco_are_found_by_their_names_where_their_folders_are_others(start, tmp_path):
    tree = changed_coco(lambda tree: [image.update(file_name=start + image["file_name"])
                                      for image in tree["images"]])
    data = recognise(put(tmp_path, {"train.json": tree, "train/a.jpg": "",
                                    "train/more/b.jpg": ""})).data
    assert [entry.image for entry in data.splits["train"]] == ["train/a.jpg", "train/more/b.jpg"]
    assert not any(data.losses.values())
