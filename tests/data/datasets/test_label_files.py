import json

import pytest

from framework.data.datasets.label_files import Box, read_json, read_text, read_xml
from framework.errors import DataError

XML = """<annotation>
  <filename>a b.jpg</filename>
  <size><width>500</width><height>375</height><depth>3</depth></size>
  <object><name> dog </name><bndbox><ymin>2</ymin><xmin>1.5</xmin><xmax>30</xmax><ymax>40</ymax>
    </bndbox><difficult>1</difficult>
    <part><name>head</name><bndbox><xmin>1</xmin></bndbox></part></object>
  <object><name>cat</name><difficult>0</difficult>
    <bndbox><xmin>5</xmin><ymin>6</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object>
</annotation>"""


def test_xml_gives_boxes_in_order_with_difficult_before_or_behind_the_box(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(XML)
    labels = read_xml(path)
    assert (labels.width, labels.height, labels.file_name) == (500, 375, "a b.jpg")
    assert labels.boxes == (
        Box("dog", (1.5, 2, 30, 40), True),
        Box("cat", (5, 6, 7, 8), False),
    )


@pytest.mark.parametrize(
    "change, message",
    [
        (("</annotation>", ""), "is not XML"),
        (("annotation>", "labels>"), "starts with <labels>"),
        (("<name>cat</name>", ""), "an object without <name>"),
        (("<xmin>5</xmin>", ""), "<bndbox> has xmin ''; it must be a number"),
        (("<xmin>5</xmin>", "<xmin>nan</xmin>"), "has xmin 'nan'"),
    ],
)
def test_a_wrong_xml_file_is_named_with_what_is_wrong(tmp_path, change, message):
    path = tmp_path / "a.xml"
    path.write_text(XML.replace(*change))
    with pytest.raises(DataError, match=message) as error:
        read_xml(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("size", ["", "<size><width>0</width><height>0</height></size>"])
def test_an_xml_file_without_a_size_says_zero(tmp_path, size):
    path = tmp_path / "a.xml"
    path.write_text(f"<annotation>{size}</annotation>")
    labels = read_xml(path)
    assert (labels.width, labels.height, labels.boxes) == (0, 0, ())


def test_json_has_width_and_height_after_the_corner(tmp_path):
    path = tmp_path / "a.json"
    entries = [{"category_id": 17, "bbox": [10, 20.5, 30, 40], "iscrowd": 1}]
    path.write_text(json.dumps({"image": {"width": 64, "height": 48}, "annotation": entries}))
    labels = read_json(path)
    assert labels.boxes == (Box("17", (10, 20.5, 40, 60.5), True),)
    assert (labels.width, labels.height) == (64, 48)


def test_text_has_a_number_and_corners_a_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("3 1 2 30.5 40\n\n1 5 6 7 8\n")
    assert read_text(path).boxes == (Box(3, (1, 2, 30.5, 40)), Box(1, (5, 6, 7, 8)))


@pytest.mark.parametrize("line", ["dog 1 2 3 4", "1 2 3 4", "1 2 3 4 5 6"])
def test_a_wrong_line_of_text_is_named(tmp_path, line):
    path = tmp_path / "a.txt"
    path.write_text(f"3 1 2 30.5 40\n{line}\n")
    with pytest.raises(DataError, match="a.txt:2: .*label xmin ymin xmax ymax"):
        read_text(path)


@pytest.mark.parametrize("item, words", [
    ({"category_id": 1, "bbox": [1, 2, 3]}, r"a bbox is \[1, 2, 3\]; it must be four numbers"),
    ({"category_id": 1, "bbox": ["a", 2, 3, 4]}, "'a' is not a number"),
    ({"category_id": 1, "bbox": None}, "a bbox is None; it must be four numbers"),
    ({"category_id": 1}, "it has no 'bbox'"), ({"bbox": [1, 2, 3, 4]}, "it has no 'category_id'"),
    ([1, 2], "a value of another kind where an object, a list or a text must be"),
    ({"category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": "no"}, "'no' is not a number")])
def test_a_wrong_box_of_coco_is_told_in_words_about_the_file(tmp_path, item, words):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"annotation": [item]}))
    with pytest.raises(DataError, match=words) as found:
        read_json(path)
    for word in ("Error", "unpack", "subscript", "convert", "indices", "NoneType"):
        assert word not in str(found.value)
