"""What label files have beside boxes, or in another unit: taken rightly, or named."""

from __future__ import annotations

import json
from pathlib import Path

import lmdb
import pytest

from framework.cli.convert_dataset import main as convert
from framework.cli.convert_imageset import main as imageset
from framework.cli.export_dataset import main as export
from framework.data.datasets.coco_masks import read_segmentation
from framework.data.datasets.label_files import read_xml
from framework.data.datasets.recognition import recognise
from framework.data.datasets.yolo import read_labels_of
from framework.data.records.account import BadEntry
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.datasets.forms import HEADER, XML, coco, cvat, cvat_image, labelme, put
from tests.data.making import annotated, encoded, image, write_database

OBJECT = ("<object><name>cat</name><bndbox><xmin>5</xmin><ymin>6</ymin><xmax>25</xmax>"
          "<ymax>36</ymax></bndbox>{}</object>")


def only_labels(root: Path):
    data = recognise(root).data
    [entry] = [entry for entries in data.splits.values() for entry in entries]
    return data.labels(entry)


@pytest.mark.parametrize("files", [
    {"t.csv": f"{HEADER}1.png,56,40,cat,0.1,0.2,0.5,0.9\n"},
    {"c.json": coco("1.png").replace("[5, 6, 20, 30]", "[0.1, 0.2, 0.4, 0.7]")},
    {"1.xml": XML.format("cat").replace(">5<", ">0.1<").replace(">6<", ">0.2<")
     .replace(">25<", ">0.5<").replace(">36<", ">0.9<")},
    {"1.json": labelme("1.png", ("rectangle", [[0.1, 0.2], [0.5, 0.9]]))},
    {"t.csv": f"{HEADER}1.png,56,40,cat,0.1,0.2,0.5,0.9\n1.png,56,40,cat,-0.0001,0,1.0004,1\n"},
])
def test_parts_of_the_image_are_not_taken_for_pixels(files, tmp_path, capsys):
    """They would become boxes of less than a pixel."""
    put(tmp_path / "train", files)
    (tmp_path / "train/1.png").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "its boxes are in parts of the image, and this format wants pixels: '0.1 0.2 0.5 0.9'" \
        in capsys.readouterr().err


def test_a_box_of_the_first_pixel_is_in_pixels(tmp_path):
    put(tmp_path / "train", {"t.csv": f"{HEADER}1.png,56,40,cat,0,0,1,1\n"})
    (tmp_path / "train/1.png").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out")]) == 0


@pytest.mark.parametrize("numbers, corners, relative", [
    (("15", "21", "20", "30"), (5, 6, 25, 36), False),
    (("0.5", "0.5", "0.25", "0.5"), (0.375, 0.25, 0.625, 0.75), True),
])
def test_numbers_of_create_ml_may_be_text(numbers, corners, relative, tmp_path):
    box = dict(zip(("x", "y", "width", "height"), numbers, strict=True))
    put(tmp_path, {"a.json": json.dumps([{"image": "1.jpg", "annotations": [
        {"label": "cat", "coordinates": box}]}]), "1.jpg": ""})
    labels = only_labels(tmp_path)
    assert labels.relative == relative and labels.boxes[0].corners == corners


def test_every_shape_of_cvat_is_counted(tmp_path):
    inner = ('<box label="cat" xtl="5" ytl="6" xbr="25" ybr="36"/><points label="cat"/>'
             '<points label="cat"/><future label="cat"/>')
    put(tmp_path, {"a.xml": cvat(cvat_image("1.jpg", inner)), "1.jpg": ""})
    labels = only_labels(tmp_path)
    assert {note.reason: note.boxes for note in labels.notes} == {
        "a shape of type points is not a box": 2, "a shape of type future is not a box": 1}


def test_turned_rectangles_of_x_anylabeling_become_upright_boxes(tmp_path):
    corners = [[10, 0], [20, 10], [10, 20], [0, 10]]
    put(tmp_path, {"1.json": labelme("1.jpg", ("rotation", corners)), "1.jpg": ""})
    labels = only_labels(tmp_path)
    assert [box.corners for box in labels.boxes] == [(0, 0, 20, 20)]
    assert [(note.reason, note.boxes) for note in labels.notes] == [
        ("rectangles that are turned became the upright boxes around them", 0)]


def test_results_of_kitti_are_not_labels(tmp_path):
    """A score after the 14 numbers would move all of them by one, and `Car 0` be a class."""
    put(tmp_path, {"label_2/1.txt": "Car 0 0 0 5 6 25 36 1 1 1 0 0 0 0 0.9\n", "image_2/1.png": ""})
    with pytest.raises(DataError, match="its format is not known"):
        recognise(tmp_path)


@pytest.mark.parametrize("row, problem", [
    ("1.jpg;56;40;cat;5,5;6;25;36\n", "xmin is '5,5', which is not a number"),
    ("1.jpg;56;40;cat;5;6;25\n", "it has 7 columns"),
    ("1.jpg;56;x;cat;5;6;25;36\n", "height is 'x', which is not a number"),
    ("1.jpg;56;40;;5;6;25;36\n", "a label is empty"),
])
def test_a_row_that_is_not_a_box_says_why(row, problem, tmp_path):
    put(tmp_path, {"t.csv": HEADER.replace(",", ";") + row + "1.jpg;56;40;cat;5;6;25;36\n",
                   "2.jpg": "", "1.jpg": ""})
    with pytest.raises(DataError, match=f"t.csv:2: is not the row of a box: {problem}"):
        only_labels(tmp_path)


def xml_file(tmp_path: Path, inner: str) -> Path:
    path = tmp_path / "1.xml"
    path.write_text(f"<annotation>{inner}</annotation>")
    return path


@pytest.mark.parametrize("inner, num_boxes, num_objects", [
    (OBJECT.format("<bndbox><xmin>1</xmin></bndbox>"), 2, 1),
    (f"{OBJECT.format('')}<objects>{OBJECT.format('')}</objects>", 2, 1),
    (f"<objects>{OBJECT.format('')}</objects>", 1, 0),
])
def test_a_box_that_is_not_where_voc_has_it_is_not_lost(inner, num_boxes, num_objects, tmp_path):
    with pytest.raises(BadEntry, match=f"has {num_boxes} <bndbox> and {num_objects} <object>") \
            as caught:
        read_xml(xml_file(tmp_path, inner))
    assert caught.value.num_boxes == num_boxes


def test_parts_of_objects_are_noted_and_difficult_may_be_a_word(tmp_path):
    part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
    labels = read_xml(xml_file(tmp_path, OBJECT.format(f"{part}<difficult>True</difficult>")
                               + OBJECT.format("<difficult>0</difficult>")))
    assert [box.difficult for box in labels.boxes] == [True, False]
    assert [(note.reason, note.is_loss) for note in labels.notes] == [
        ("parts of objects are not objects", False)]


def test_open_images_groups_may_be_words(tmp_path):
    head = "ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf\n"
    put(tmp_path, {"t.csv": f"{head}1,cat,.1,.5,.2,.9,True\n1,cat,.1,.5,.2,.9,0\n", "1.jpg": ""})
    assert [box.difficult for box in only_labels(tmp_path).boxes] == [True, False]


def test_keypoints_are_noted(tmp_path):
    tree = json.loads(coco("1.jpg"))
    tree["annotations"][0]["keypoints"] = [1, 2, 2]
    put(tmp_path / "a", {"c.json": json.dumps(tree), "1.jpg": ""})
    label = put(tmp_path, {"1.txt": "0 0.5 0.5 0.2 0.2 0.1 0.1 2\n"}) / "1.txt"
    for labels in (only_labels(tmp_path / "a"), read_labels_of(label, ["cat"], 3)):
        assert [(note.reason, note.is_loss) for note in labels.notes] == [
            ("keypoints are not stored", False)]


def test_an_odd_segmentation_is_named_with_its_annotation():
    assert read_segmentation({"segmentation": [[]]}, 56, 40).polygons == ()
    with pytest.raises(DataError, match=r"annotation 7: its segmentation is \[1, 2, 3, 4, 5, 6\]; "
                       "it must be a list of polygons"):
        read_segmentation({"id": 7, "segmentation": [1, 2, 3, 4, 5, 6]}, 56, 40)
    with pytest.raises(DataError, match="annotation 7: a text of runs ends within a number"):
        read_segmentation({"id": 7, "segmentation": {"size": [40, 56], "counts": "abc"}}, 56, 40)


def test_a_failed_conversion_counts_classes_by_their_names(tmp_path, capsys):
    """COCO's boxes have numbers of categories."""
    put(tmp_path / "train", {"c.json": coco("1.png", "2.png")})
    (tmp_path / "train/1.png").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out")]) == 1
    assert "boxes by class: cat 1\n" in capsys.readouterr().err


@pytest.mark.parametrize("layout", ["voc", "coco"])
def test_an_export_keeps_a_thousandth_of_a_pixel_of_large_images(layout, tmp_path):
    """VOC's corners had six digits: 11999.123 came back as 11999.1."""
    corners = [1234.567, 6.125, 11999.123, 29.5]
    write_database(tmp_path / "train", [annotated(
        encoded(image(1, 40, 12000)), [(1, *(corner / side for corner, side in
                                             zip(corners, [12000, 40] * 2, strict=True)))],
        40, 12000)])
    (tmp_path / "map.prototxt").write_text('item { name: "cat" label: 1 }')
    assert export([str(tmp_path / "train"), str(tmp_path / "files"), "--format", layout,
                   "--labelmap", str(tmp_path / "map.prototxt")]) == 0
    assert convert([str(tmp_path / "files"), str(tmp_path / "again")]) == 0
    with lmdb.open(str(tmp_path / "again/train"), readonly=True) as database, \
            database.begin() as transaction:
        [(_, content)] = transaction.cursor()
    box = AnnotatedDatum.FromString(content).annotation_group[0].annotation[0].bbox
    again = [box.xmin * 12000, box.ymin * 40, box.xmax * 12000, box.ymax * 40]
    assert again == pytest.approx(corners, abs=1.1e-3)


def test_the_account_of_images_with_a_class_has_no_boxes(tmp_path, capsys):
    (tmp_path / "list").write_text("gone.png 0\n")
    assert imageset([str(tmp_path), str(tmp_path / "list"), str(tmp_path / "out")]) == 1
    assert "out: 0 of 1 image can be stored\n" in capsys.readouterr().err
    (tmp_path / "1.png").write_bytes(encoded(image(1)))
    (tmp_path / "list").write_text("1.png 0\n")
    assert imageset([str(tmp_path), str(tmp_path / "list"), str(tmp_path / "out")]) == 0
    assert "out: 1 of 1 image is stored\n" in capsys.readouterr().out


def test_a_size_beyond_the_limit_is_told_before_images_are_read(tmp_path, capsys):
    """OpenCV's own words about memory, and a file of its source, were the answer."""
    (tmp_path / "list").write_text("1.png 0\n")
    words = [str(tmp_path), str(tmp_path / "list"), str(tmp_path / "out")]
    assert imageset([*words, "--resize_width", "20000", "--resize_height", "30000"]) == 1
    assert capsys.readouterr().err == (
        "error: --resize_width 20000 and --resize_height 30000 make images of 600000000 pixels; "
        "--max-pixels allows 134217728\n")


def test_images_to_test_on_that_are_trained_on_are_noted(tmp_path, capsys):
    put(tmp_path, {"data.yaml": "train: images\nval: images\nnames: [cat]\n",
                   "labels/1.txt": "0 0.5 0.5 0.2 0.2\n", "images/none.txt": ""})
    (tmp_path / "images/1.png").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out"), "--strict"]) == 0
    train, val = capsys.readouterr().out.split("out/val: ")
    assert "in the split" not in train
    assert "noted: once: an image to test on that is in the split train too (images/1.png)" in val


def test_a_category_that_coco_does_not_have_is_told_with_the_names_of_others(tmp_path):
    put(tmp_path, {"c.json": coco("1.jpg").replace('"category_id": 7', '"category_id": 9'),
                   "1.jpg": ""})
    with pytest.raises(DataError, match=r"'9' is not one of the classes \(cat\)"):
        only_labels(tmp_path)


def test_class_numbers_with_a_gap_are_told(tmp_path):
    put(tmp_path, {"data.yaml": "train: images\nnames: {0: cat, 2: dog}\n", "images/1.jpg": ""})
    with pytest.raises(DataError, match="names is {'0': 'cat', '2': 'dog'}; its numbers must be 0 "
                       "to 1, one for each class"):
        recognise(tmp_path)
