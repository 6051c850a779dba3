"""Boxes that files do not state as upright corners: turned ones, and shapes without a box."""

from __future__ import annotations

import json

import pytest

from framework.data.datasets.coco_masks import Segmentation, around
from framework.data.datasets.label_files import read_json, read_xml
from framework.data.datasets.recognition import recognise
from framework.errors import DataError
from tests.data.datasets.forms import put
from tests.data.images import write_jpeg


def coco_of(tmp_path, *annotations):
    """The labels of one image with these annotations."""
    items = [{"id": index, "image_id": 0, "category_id": 1, **one}
             for index, one in enumerate(annotations)]
    content = {"images": [{"id": 0, "file_name": "a.jpg", "width": 56, "height": 40}],
               "categories": [{"id": 1, "name": "cat"}], "annotations": items}
    put(tmp_path, {"train.json": json.dumps(content)})
    write_jpeg(tmp_path / "a.jpg", 40, 56)
    data = recognise(tmp_path).data
    return data.labels(data.splits["train"][0])


def xml_of(inner):
    return ("<annotation><size><width>56</width><height>40</height></size><object><name>cat</name>"
            f"{inner}<bndbox><xmin>10</xmin><ymin>10</ymin><xmax>30</xmax><ymax>20</ymax></bndbox>"
            "</object></annotation>")


ROTATION = "<attributes><attribute><name>rotation</name><value>{}</value></attribute></attributes>"


def test_turned_rectangles_in_cvats_coco_files_become_upright_boxes(tmp_path):
    # 20 x 10 about (20, 15), turned by a quarter: 10 x 20 about the same point
    labels = coco_of(tmp_path, {"bbox": [10, 10, 20, 10], "attributes": {"rotation": 90.0}},
                     {"bbox": [10, 10, 20, 10], "attributes": {"rotation": 0.0}})
    assert [box.corners for box in labels.boxes] == [
        pytest.approx((15, 5, 25, 25)), (10, 10, 30, 20)]
    assert [note.reason for note in labels.notes] == [
        "rectangles that are turned became the upright boxes around them"]


def test_turned_rectangles_in_cvats_voc_files_become_upright_boxes(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(xml_of(ROTATION.format("90.0")))
    labels = read_xml(path)
    assert labels.boxes[0].corners == pytest.approx((15, 5, 25, 25))
    assert [note.reason for note in labels.notes] == [
        "rectangles that are turned became the upright boxes around them"]

    path.write_text(xml_of(ROTATION.format("much")))
    with pytest.raises(DataError, match=r"a\.xml: the value 'much' is not a number"):
        read_xml(path)


@pytest.mark.parametrize("bbox", [{}, {"bbox": []}, {"bbox": None}])
def test_annotations_without_a_bbox_have_the_box_around_their_segmentation(tmp_path, bbox):
    shape = [[5, 6, 25, 6, 25, 36], [1, 9, 3, 9, 3, 8]]
    labels = coco_of(tmp_path, {**bbox, "segmentation": shape},
                     {"bbox": [0, 0, 2, 2]})
    assert [box.corners for box in labels.boxes] == [(1, 6, 25, 36), (0, 0, 2, 2)]
    assert [note.reason for note in labels.notes] == [
        "annotations without a bbox have the box around their segmentation"]


def test_the_box_around_runs_holds_their_pixels():
    # 4 rows, 5 columns; by columns: 6 outside, 2 inside (column 1, rows 2 and 3), 1 inside in
    # column 2 (row 0), the rest outside
    assert around(Segmentation(runs=(4, 5, (6, 3, 11)))) == (1, 0, 3, 4)
    with pytest.raises(ValueError, match="cover nothing"):
        around(Segmentation(runs=(4, 5, (20,))))


@pytest.mark.parametrize("word, expected", [("1.0", True), ("2", True), ("Yes", True), ("", False),
                                            ("0.0", False), ("Unspecified", False)])
def test_difficult_is_a_number_or_a_word(tmp_path, word, expected):
    path = tmp_path / "a.xml"
    path.write_text(xml_of(f"<difficult>{word}</difficult>"))
    assert read_xml(path).boxes[0].difficult is expected


@pytest.mark.parametrize("inner, words", [
    ("<difficult>perhaps</difficult>", "difficult 'perhaps'; it must be 0 or 1"),
    ("<name>dog</name>", "an object has more than one <name>")])
def test_an_object_that_says_two_things_or_nothing_is_an_error(tmp_path, inner, words):
    path = tmp_path / "a.xml"
    path.write_text(xml_of(inner))
    with pytest.raises(DataError, match=words):
        read_xml(path)


def test_the_categories_of_ssds_json_files_are_the_same_as_numbers_with_a_point(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"image": {}, "annotation": [
        {"category_id": 1.0, "bbox": [1, 2, 3, 4]}, {"category_id": "1", "bbox": [1, 2, 3, 4]}]}))
    assert [box.name for box in read_json(path).boxes] == ["1", "1"]
