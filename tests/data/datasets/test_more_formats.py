"""Exports of annotation programs and public data sets: every box by hand, and what is left out."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import cv2
import lmdb
import numpy as np
import pytest

from framework.cli.convert_dataset import main as convert
from framework.data.datasets.recognition import recognise
from framework.data.records.account import BadEntry
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.datasets.forms import (
    RECTANGLE,
    cvat,
    cvat_image,
    labelme,
    put,
    supervisely,
    task,
    vott,
)
from tests.data.making import encoded, image

AROUND = "a polygon, an ellipse or a mask became the box around it"
JOINED = "the parts of an object became one box"
MASK = np.zeros((3, 5), np.uint8)
MASK[1:, 2:4] = 255


def labels_in(root: Path):
    data = recognise(root).data
    [entry] = [entry for entries in data.splits.values() for entry in entries]
    return data.labels(entry)


def boxes_in(root: Path):
    return [(box.name, box.corners, box.difficult) for box in labels_in(root).boxes]


def notes_in(root: Path):
    notes: dict[str, list[int]] = {}
    for note in labels_in(root).notes:
        notes.setdefault(note.reason, []).append(note.boxes)
    return {reason: (len(counts), sum(counts)) for reason, counts in notes.items()}


def png(pixels: np.ndarray, is_packed: bool = False) -> str:
    content = cv2.imencode(".png", pixels)[1].tobytes()
    return base64.b64encode(zlib.compress(content) if is_packed else content).decode()


@pytest.mark.parametrize("head, row", [
    ("label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n",
     "cat,5,6,20,30,a.jpg,56,40\n"),
    ("", "cat,5,6,20,30,a.jpg,56,40\n"),        # as makesense wrote it before
    ("", "photos/a.jpg,5,6,25,36,cat\n"),       # keras-retinanet
])
def test_tables_of_makesense_and_without_a_header(head, row, tmp_path):
    put(tmp_path, {"t.csv": head + row + row.replace("cat", "dog"), "a.jpg": ""})
    assert boxes_in(tmp_path) == [("cat", (5, 6, 25, 36), False), ("dog", (5, 6, 25, 36), False)]
    put(tmp_path, {"t.csv": head + row + row.replace(",6,", ",six,")})
    with pytest.raises(DataError, match=rf"t.csv:{2 + bool(head)}: is not the row of a box: y"):
        labels_in(tmp_path)


def test_a_table_with_a_column_twice_is_refused(tmp_path):
    put(tmp_path, {"t.csv": "filename,class,xmin,ymin,xmax,ymax,note,note,XMin\n"
                   "a.jpg,cat,5,6,25,36,,,7\n", "a.jpg": ""})
    with pytest.raises(DataError, match=r"t.csv: its header has the column 'xmin' 2 times$"):
        recognise(tmp_path)


def test_automl_has_parts_of_the_image_and_images_without_boxes(tmp_path):
    put(tmp_path, {"d.csv": "UNASSIGNED,gs://b/a.jpg,cat,0.5,0.25,,,0.25,0.75,,\n"
                   "TRAINING,gs://b/c.jpg,,,,,,,,,\n", "a.jpg": "", "c.jpg": ""})
    data = recognise(tmp_path).data
    assert sorted(data.splits) == ["all", "train"]
    [cat] = data.labels(data.splits["all"][0]).boxes
    assert cat.corners == (0.25, 0.25, 0.5, 0.75)
    assert data.labels(data.splits["train"][0]).boxes == ()
    assert data.labels(data.splits["all"][0]).relative


@pytest.mark.parametrize("row, problem", [
    ("TRAIN,gs://b/a.jpg,cat,1.5,0.1,,,0.3,0.3,,\n", "its corners must be at least two"),
    ("TRAIN,gs://b/a.jpg,,0.5,0.1,,,0.3,0.3,,\n", "a label is empty"),
    ("TRAIN,nothing,cat,0.5,0.1,,,0.3,0.3,,\n", "a row must be: TRAIN, "),
])
def test_a_row_of_automl_that_is_not_a_box_says_why(row, problem, tmp_path):
    good = "TRAIN,gs://b/a.jpg,cat,0.1,0.1,,,0.3,0.3,,\n"
    put(tmp_path, {"d.csv": good + row, "a.jpg": ""})
    with pytest.raises(DataError, match=f"d.csv:2: .*{problem}"):
        labels_in(tmp_path)


def test_visdrones_regions_and_others_are_counted_and_a_score_of_0_is_difficult(tmp_path):
    put(tmp_path, {"annotations/1.txt": "5,6,20,30,1,1,0,1\n0,0,9,9,0,0,0,0\n1,2,3,4,0,10,0,0,\n"
                   "1,1,2,2,0,11,0,0\n0,0,1,1,0,0,0,0\n", "images/1.jpg": ""})
    assert boxes_in(tmp_path) == [("pedestrian", (5, 6, 25, 36), False),
                                  ("motor", (1, 2, 4, 6), True)]
    assert notes_in(tmp_path) == {
        "an ignored region is not an object": (1, 2),
        "an object of the category `others` is of none of the ten classes": (1, 1)}
    put(tmp_path, {"annotations/1.txt": "5,6,20,30,1,12,0,1\n",
                   "annotations/2.txt": "5,6,20,30,1,9,0,1\n", "images/2.jpg": ""})
    data = recognise(tmp_path).data
    with pytest.raises(BadEntry, match=r"1.txt:1: a line must be: left,top,width,height"):
        data.labels(data.splits["all"][0])


def test_dotas_quadrilaterals_become_upright_boxes_which_is_counted(tmp_path):
    put(tmp_path, {"labelTxt/1.txt": "imagesource:GoogleEarth\ngsd:0.146\n"
                   "10 0 20 10 10 20 0 10 small-vehicle 1\n"
                   "5 6 25 6 25 36 5 36 plane 0\n3 1 9 1 9 5 2 5 ship 2\n", "images/1.png": ""})
    assert boxes_in(tmp_path) == [("small-vehicle", (0, 0, 20, 20), True),
                                  ("plane", (5, 6, 25, 36), False), ("ship", (2, 1, 9, 5), True)]
    assert notes_in(tmp_path) == {
        "rectangles that are turned became the upright boxes around them": (2, 0)}
    put(tmp_path, {"labelTxt/1.txt": "gsd:1\n5 6 25 6 25 36 5 plane 0\n",
                   "labelTxt/2.txt": "5 6 25 6 25 36 5 36 plane 0\n", "images/2.png": ""})
    data = recognise(tmp_path).data
    with pytest.raises(BadEntry, match=r"1.txt:2: a line must be: x1 y1 x2 y2"):
        data.labels(data.splits["all"][0])


def test_lists_of_wider_face(tmp_path):
    """An image without faces has a line of zeros, and none in lists that others wrote."""
    zeros = "0 0 0 0 0 0 0 0 0 0 \n"
    put(tmp_path, {"x_val_bbx_gt.txt": f"p/1.jpg\n0\n{zeros}p/2.jpg\n0\np/3.jpg\n2\n"
                   "5 6 20 30 2 0 0 0 2 0 \n1 2 3 4 0 0 0 1 0 0 \n",
                   "p/1.jpg": "", "p/2.jpg": "", "p/3.jpg": ""})
    data = recognise(tmp_path).data
    first, second, third = data.splits["val"]
    assert data.labels(first).boxes == data.labels(second).boxes == ()
    assert [(box.name, box.corners, box.difficult) for box in data.labels(third).boxes] == [
        ("face", (5, 6, 25, 36), False), ("face", (1, 2, 4, 6), True)]
    assert recognise(tmp_path / "x_val_bbx_gt.txt").format == "WIDER FACE"


@pytest.mark.parametrize("text, problem", [
    ("p/1.jpg\n1\n5 6 20 30 2 0 0 0 2 0\n1 2 3 4 0 0 0 1 0 0\n", "g.txt:4: '1 2 3 4 0 0 0 1 0 0'; "
     "here the name of an image must be"),
    ("p/1.jpg\n1\n5 6 20 30 2 0 0 0 2 0\np/1.jpg\nmany\n", "g.txt:5: 'many'; after the name"),
    ("p/1.jpg\n2\n5 6 20 30 2 0 0 0 2 0\n1 2 x 4 0 0 0 1 0 0\n", "g.txt:4: a line must be: x y"),
    ("p/1.jpg\n2\n5 6 20 30 2 0 0 0 2 0\n", "the list ends after 1 of 2 faces"),
])
def test_a_list_of_wider_face_that_is_none_says_where(text, problem, tmp_path):
    put(tmp_path, {"g.txt": text, "p/1.jpg": ""})
    with pytest.raises(DataError, match=problem):
        labels_in(tmp_path)


def datumaro(*annotations: dict) -> str:
    return json.dumps({
        "categories": {"label": {"labels": [{"name": "cat"}, {"name": "dog"}, {"name": "cow"}]}},
        "items": [{"id": "1", "image": {"path": "", "size": [40, 56]},
                   "annotations": list(annotations)}]})


def test_datumaros_shapes_and_groups(tmp_path):
    """The runs of a mask go down its columns: 83 outside, 2 inside: rows 3 and 4 of column 2."""
    put(tmp_path, {"default.json": datumaro(
        {"type": "bbox", "label_id": 1, "group": 0, "bbox": [5, 6, 20, 30],
         "attributes": {"is_crowd": True}},
        {"type": "bbox", "label_id": 0, "bbox": [10, 10, 20, 4], "attributes": {"rotation": 90}},
        {"type": "polygon", "label_id": 0, "group": 3, "points": [1, 2, 9, 2, 5, 8]},
        {"type": "polygon", "label_id": 0, "group": 3, "points": [20, 1, 30, 1, 25, 4]},
        {"type": "ellipse", "label_id": 0, "group": 0, "points": [3, 4, 13, 24]},
        {"type": "mask", "label_id": 1, "rle": {"size": [40, 56], "counts": [83, 2, 2155]}},
        {"type": "polyline", "label_id": 0, "points": [1, 1, 2, 2]},
        {"type": "bbox", "label_id": 0, "group": 5, "bbox": [1, 1, 2, 2]},
        {"type": "bbox", "label_id": 0, "group": 5, "bbox": [7, 7, 2, 2]},
        {"type": "label", "label_id": 0}), "images/default/1.png": ""})
    assert boxes_in(tmp_path) == [
        ("dog", (5, 6, 25, 36), True), ("cat", pytest.approx((18, 2, 22, 22)), False),
        ("cat", (1, 1, 30, 8), False), ("cat", (3, 4, 13, 24), False),
        ("dog", (2, 3, 3, 5), False), ("cat", (1, 1, 3, 3), False), ("cat", (7, 7, 9, 9), False)]
    assert labels_in(tmp_path).boxes[2].mask.polygons == ((1, 2, 9, 2, 5, 8),
                                                          (20, 1, 30, 1, 25, 4))
    assert notes_in(tmp_path) == {
        "an annotation of type polyline is not a box": (1, 1), AROUND: (4, 0), JOINED: (1, 0),
        "labels of whole images are not stored": (1, 0),
        "rectangles that are turned became the upright boxes around them": (1, 0)}
    assert recognise(tmp_path).data.names == ["cat", "dog"]


def test_a_label_that_datumaro_does_not_list_is_told(tmp_path):
    put(tmp_path, {"a.json": datumaro({"type": "bbox", "label_id": 3, "bbox": [1, 2, 3, 4]}),
                   "1.jpg": ""})
    with pytest.raises(DataError, match="a.json#1: is not an item of Datumaro: label_id is 3; "
                       "there are 3 labels"):
        recognise(tmp_path)


def test_supervisely_s_figures(tmp_path):
    outline = {"exterior": [[1, 2], [9, 3], [5, 8]], "interior": []}
    holes = {**outline, "interior": [[[4, 4], [5, 4], [5, 5]]]}
    put(tmp_path, {
        "meta.json": json.dumps({"classes": [{"title": "dog", "shape": "bitmap"},
                                             {"title": "cat", "shape": "polygon"}], "tags": []}),
        "ds/ann/1.jpg.json": supervisely(
            RECTANGLE, {"classTitle": "cat", "geometryType": "polygon", "points": outline},
            {"classTitle": "cat", "geometryType": "polygon", "points": holes},
            {"classTitle": "dog", "geometryType": "bitmap",
             "bitmap": {"origin": [10, 20], "data": png(MASK, is_packed=True)}},
            {"classTitle": "cat", "geometryType": "line",
             "points": {"exterior": [[1, 2], [3, 4]], "interior": []}}),
        "ds/img/1.jpg": ""})
    assert boxes_in(tmp_path) == [
        ("cat", (5, 6, 25, 36), False), ("cat", (1, 2, 9, 8), False),
        ("cat", (1, 2, 9, 8), False), ("dog", (12, 21, 14, 23), False)]
    _, polygon, with_hole, bitmap = labels_in(tmp_path).boxes
    assert polygon.mask.polygons == ((1, 2, 9, 3, 5, 8),) and not with_hole.mask.polygons
    # two pixels of column 12 and two of column 13, of 40 each: rows 21 and 22
    assert bitmap.mask.runs == (40, 56, (12 * 40 + 21, 2, 38, 2, 42 * 40 + 17))
    assert notes_in(tmp_path) == {"a figure of type line is not a box": (1, 1), AROUND: (3, 0)}
    assert recognise(tmp_path).data.names == ["dog", "cat"]


def test_tags_of_supervisely_are_splits(tmp_path):
    tagged = json.loads(supervisely(RECTANGLE)) | {"tags": [{"name": "val", "value": None}]}
    put(tmp_path, {"ds/ann/1.jpg.json": json.dumps(tagged), "ds/img/1.jpg": ""})
    assert list(recognise(tmp_path).data.splits) == ["val"]


def test_votts_regions(tmp_path):
    box = {"boundingBox": {"left": 5, "top": 6, "width": 20, "height": 30}}
    corners = [{"x": 1, "y": 2}, {"x": 9, "y": 3}, {"x": 5, "y": 8}]
    item = vott("1.jpg", {"type": "SQUARE", "tags": ["cat", "pet"], **box},
                {"type": "POLYGON", "tags": ["cat"], "points": corners, **box},
                {"type": "POINT", "tags": ["cat"], "points": corners[:1]},
                {"type": "RECTANGLE", "tags": [], **box})
    put(tmp_path, {"a-export.json": json.dumps({"tags": [{"name": "pet"}, {"name": "cow"}],
                                                "assets": {"0f": item}}),
                   "0f-asset.json": json.dumps(item), "1.jpg": ""})
    found = [("cat", (5, 6, 25, 36), False), ("pet", (5, 6, 25, 36), False),
             ("cat", (1, 2, 9, 8), False)]
    assert boxes_in(tmp_path) == found      # the asset's own file has the same boxes
    assert notes_in(tmp_path) == {"a region of type POINT is not a box": (1, 1),
                                  "a region without a tag": (1, 1), AROUND: (1, 0)}
    assert recognise(tmp_path).data.names == ["pet", "cat"]


def test_polygons_ellipses_and_masks_of_cvat_become_boxes(tmp_path):
    """The mask is 4 x 2 at (3, 5): 1 outside, 2 inside, 3 outside, 1 inside, 1 outside. The ellipse
    of radii 6 and 2 is turned by 90 degrees."""
    put(tmp_path, {"a.xml": cvat(cvat_image("1.jpg", (
        '<polygon label="cat" points="1.5,2;9,3;5,8" group_id="1"/>'
        '<polygon label="cat" points="20,1;30,1;25,4" group_id="1"/>'
        '<ellipse label="cat" cx="20" cy="20" rx="6" ry="2" rotation="90"/>'
        '<mask label="cat" rle="1, 2, 3, 1, 1" left="3" top="5" width="4" height="2"/>'
        '<polyline label="cat" points="1,1;2,2"/>'))), "1.jpg": ""})
    assert boxes_in(tmp_path) == [
        ("cat", (1.5, 1, 30, 8), False), ("cat", pytest.approx((18, 14, 22, 26)), False),
        ("cat", (4, 5, 6, 7), False)]
    assert labels_in(tmp_path).boxes[2].mask.runs == (40, 56, (
        4 * 40 + 5, 1, 39, 2, 56 * 40 - (5 * 40 + 7)))
    assert notes_in(tmp_path) == {"a shape of type polyline is not a box": (1, 1), AROUND: (4, 0),
                                  JOINED: (1, 0)}


@pytest.mark.parametrize("shape, problem", [
    ('<polygon label="cat" points="1,2;3,4"/>', "a polygon has 2 points"),
    ('<polygon label="cat" points="1,2;3,x;4,5"/>', "the value 'x' is not a number"),
    ('<mask label="cat" rle="1,2" left="3" top="5" width="4" height="2"/>',
     "the runs of a mask have 3 pixels; 4 x 2 are 8"),
    ('<mask label="cat" rle="8" left="3" top="5" width="4" height="2"/>', "a mask covers nothing"),
])
def test_a_shape_of_cvat_that_is_none_says_why(shape, problem, tmp_path):
    box = '<box label="cat" xtl="5" ytl="6" xbr="25" ybr="36"/>'
    put(tmp_path, {"a.xml": cvat(cvat_image("1.jpg", box + shape)), "1.jpg": ""})
    with pytest.raises(BadEntry, match=f"a.xml#1.jpg: a (polygon|mask) is not one: {problem}"):
        labels_in(tmp_path)


def test_polygons_and_ellipses_of_label_studio_become_boxes(tmp_path):
    """The ellipse, of 28 x 4 pixels about (28, 20), is turned by 90 degrees: 4 x 28."""
    item = task("1.jpg", {"points": [[10, 20], [50, 30], [20, 80]], "polygonlabels": ["cat"]},
                {"x": 50, "y": 50, "radiusX": 25, "radiusY": 5, "rotation": 90,
                 "ellipselabels": ["dog"]},
                {"x": 50, "y": 50, "radiusX": 25, "radiusY": 5, "ellipselabels": ["dog"]})
    put(tmp_path, {"e.json": json.dumps([item]), "1.jpg": ""})
    assert boxes_in(tmp_path) == [
        ("cat", pytest.approx((.1, .2, .5, .8)), False),
        ("dog", pytest.approx((26 / 56, 6 / 40, 30 / 56, 34 / 40)), False),
        ("dog", pytest.approx((.25, .45, .75, .55)), False)]
    assert notes_in(tmp_path) == {AROUND: (3, 0)}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_mask_turns_with_its_box_where_exif_turns_the_photograph(orientation, tmp_path):
    """Each shown pixel is looked up in the stored image that Pillow shows so."""
    pillow = pytest.importorskip("PIL.Image", reason="Pillow writes and turns the photographs")
    shown = np.zeros((30, 20), np.uint8)
    shown[4:9, 2:5] = shown[4, 5] = 255
    back = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
            6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}.get(orientation)
    stored = pillow.fromarray(shown)
    stored = stored.transpose(getattr(pillow.Transpose, back)) if back else stored
    exif = pillow.Exif()
    exif[274] = orientation
    (tmp_path / "train").mkdir()
    stored.convert("RGB").save(tmp_path / "train/1.png", exif=exif)
    tree = json.loads(labelme("1.png", ("mask", [[0, 0], [20, 30]])))
    tree |= {"imageWidth": 20, "imageHeight": 30}
    tree["shapes"][0]["mask"] = png(shown)
    put(tmp_path / "train", {"1.json": json.dumps(tree)})
    assert convert([str(tmp_path), str(tmp_path / "out"), "--strict"]) == 0
    with lmdb.open(str(tmp_path / "out/train"), readonly=True) as database, \
            database.begin() as transaction:
        [(_, content)] = transaction.cursor()
    [entry] = AnnotatedDatum.FromString(content).annotation_group[0].annotation
    height, width = np.array(stored).shape
    runs = entry.mask_runs
    covered = np.repeat(np.arange(len(runs.count)) % 2, runs.count).reshape(width, height).T
    np.testing.assert_array_equal(covered * 255, np.array(stored))
    rows, columns = np.nonzero(np.array(stored))
    np.testing.assert_allclose(
        [entry.bbox.xmin * width, entry.bbox.ymin * height, entry.bbox.xmax * width,
         entry.bbox.ymax * height],
        [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], rtol=1e-5)


def test_labelmes_masks_and_parts_of_one_object(tmp_path):
    tree = json.loads(labelme("1.jpg", ("polygon", [[1, 2], [9, 3], [5, 8]]),
                              ("polygon", [[20, 1], [30, 1], [25, 4]]),
                              ("rectangle", [[5, 6], [25, 36]]),
                              ("mask", [[10, 20], [14, 22]])))
    tree["shapes"][0]["group_id"] = tree["shapes"][1]["group_id"] = 4
    tree["shapes"][3]["mask"] = png(MASK)
    put(tmp_path, {"1.json": json.dumps(tree), "1.jpg": ""})
    assert boxes_in(tmp_path) == [("cat", (1, 1, 30, 8), False), ("cat", (5, 6, 25, 36), False),
                                  ("cat", (12, 21, 14, 23), False)]
    assert notes_in(tmp_path) == {AROUND: (1, 0), JOINED: (1, 0)}
    tree["shapes"][3]["mask"] = "no PNG"
    put(tmp_path, {"1.json": json.dumps(tree)})
    with pytest.raises(DataError, match="1.json: is not labelme's format: "):
        labels_in(tmp_path)


def test_the_account_of_a_conversion_counts_them_as_they_are(tmp_path, capsys):
    """Four lines of two images: one box, one turned one, a region and an object of no class."""
    put(tmp_path / "train", {"annotations/1.txt": "5,6,20,30,1,4,0,1\n0,0,9,9,0,0,0,0\n"
                             "1,1,2,2,0,11,0,0\n", "annotations/2.txt": "1,2,30,4,1,5,0,0\n"})
    (tmp_path / "train/images").mkdir()
    for name in "12":
        (tmp_path / f"train/images/{name}.png").write_bytes(encoded(image(1)))
    assert convert([str(tmp_path), str(tmp_path / "out"), "--strict"]) == 1
    assert "--strict: 2 boxes would be left out" in capsys.readouterr().err
    assert convert([str(tmp_path), str(tmp_path / "out")]) == 0
    words = capsys.readouterr().out
    assert "2 of 2 images and 2 of 4 boxes are stored" in words
    assert "boxes by class: car 1, van 1" in words
    assert "left out: 1 box: an ignored region is not an object" in words


def test_the_note_of_polygons_counts_them(tmp_path, capsys):
    (tmp_path / "train").mkdir()
    (tmp_path / "train/1.png").write_bytes(encoded(image(1)))
    polygon = ('<polygon label="cat" points="1,2;9,3;5,8"/>'
               '<polygon label="cat" points="3,2;9,9;5,8"/>')
    put(tmp_path / "train", {"a.xml": cvat(cvat_image("1.png", polygon))})
    assert convert([str(tmp_path), str(tmp_path / "out"), "--strict"]) == 0
    words = capsys.readouterr().out
    assert "1 of 1 image and 2 of 2 boxes are stored" in words
    assert f"noted: 2 times: {AROUND} (" in words


def test_an_image_that_is_only_in_labelmes_file_is_told(tmp_path):
    tree = json.loads(labelme("1.jpg", ("rectangle", [[5, 6], [25, 36]]))) | {"imageData": "/9j/"}
    put(tmp_path, {"1.json": json.dumps(tree), "2.jpg": "",
                   "2.json": labelme("2.jpg", ("rectangle", [[5, 6], [25, 36]]))})
    data = recognise(tmp_path).data
    with pytest.raises(BadEntry, match="1.json#1.jpg: its image is not there; the file has it as "
                       "imageData, which labelme_export_json writes"):
        [data.labels(entry) for entry in data.splits["all"]]
