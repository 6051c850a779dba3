"""VIA's files and Create ML's: recognised, with the boxes that their shapes are."""

import json
import math

import pytest

from framework.data.datasets.recognition import recognise
from framework.data.records.account import BadEntry, Note
from framework.errors import DataError
from tests.data.datasets.forms import put

RECT = {"name": "rect", "x": 5, "y": 6, "width": 20, "height": 30}
HEADER = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes," \
         "region_attributes\n"


def region(shape, **attributes):
    return {"shape_attributes": shape, "region_attributes": attributes}


def image(name, *regions):
    return {f"{name}123": {"filename": name, "size": 123, "regions": list(regions),
                           "file_attributes": {}}}


def project(*images):
    merged = {key: value for one in images for key, value in one.items()}
    return json.dumps({"_via_settings": {}, "_via_img_metadata": merged, "_via_attributes": {}})


def row(name, shape, attributes, count=1, number=0):
    cells = ["{}", str(count), str(number), json.dumps(shape), json.dumps(attributes)]
    return ",".join([name, "123", *('"' + cell.replace('"', '""') + '"' for cell in cells)]) + "\n"


def boxes_of(data, split="all"):
    return [[(box.name, box.corners) for box in data.labels(entry).boxes]
            for entry in data.splits[split]]


@pytest.mark.parametrize("text", [
    project(image("a.jpg", region(RECT, kind="x", Class="cat")), image("b.jpg")),
    json.dumps(image("a.jpg", region(RECT, kind="x", Class="cat")) | image("b.jpg")),
    json.dumps({"a": {"filename": "a.jpg", "fileref": "", "regions": {  # of version 1
        "0": region(RECT, kind="x", Class={"cat": True, "dog": False})}},
        "b": {"filename": "b.jpg", "regions": {}}}),
])
def test_rectangles_of_vias_json_are_boxes_of_the_attribute_class(text, tmp_path):
    found = recognise(put(tmp_path, {"via.json": text, "a.jpg": "", "b.jpg": "", "c.jpg": ""}))
    assert found.format == "VIA" and "the class of a region is its Class" in found.reason
    assert boxes_of(found.data) == [[("cat", (5, 6, 25, 36))], []]
    assert [note.where for note in found.data.losses["all"]] == ["c.jpg"]
    assert boxes_of(recognise(tmp_path / "via.json").data)[0] == [("cat", (5, 6, 25, 36))]


@pytest.mark.parametrize("start", ["", "#"])
def test_rows_of_vias_table_are_regions(start, tmp_path):
    text = start + HEADER + row("a.jpg", RECT, {"name": "cat"}, 2) \
        + row("a.jpg", {**RECT, "x": 1}, {"name": "dog"}, 2, 1) + row("b.jpg", {}, {}, 0) \
        + 'c.jpg,1,"{}",1,0,"{""name"":",""\n'
    data = recognise(put(tmp_path, {"train/via.csv": text, "train/a.jpg": "", "train/b.jpg": "",
                                    "train/c.jpg": ""})).data
    first, second, third = data.splits["train"]
    assert [box.name for box in data.labels(first).boxes] == ["cat", "dog"]
    assert data.labels(first).boxes[1].corners == (1, 6, 21, 36)
    assert data.labels(second).boxes == ()
    with pytest.raises(DataError, match=r"via.csv#c.jpg: is not an image of VIA: line 5: "):
        data.labels(third)


def test_the_boxes_of_vias_shapes_are_those_around_them(tmp_path):
    turned = math.pi / 6
    shapes = [{"name": "circle", "cx": 20, "cy": 15, "r": 4.5},
              {"name": "ellipse", "cx": 20, "cy": 15, "rx": 10, "ry": 4, "theta": turned},
              {"name": "polygon", "all_points_x": [1, 9, 4], "all_points_y": [2, 3, 8]},
              {"name": "polyline", "all_points_x": [1, 9, 4], "all_points_y": [2, 3, 8]},
              {"name": "point", "cx": 3, "cy": 4}]
    text = project(image("a.jpg", *(region(shape, name="cat") for shape in shapes)))
    data = recognise(put(tmp_path, {"via.json": text, "a.jpg": ""})).data
    labels = data.labels(data.splits["all"][0])
    # the ellipse by many of its points
    angles = [2 * math.pi * index / 100_000 for index in range(100_000)]
    xs = [20 + 10 * math.cos(t) * math.cos(turned) - 4 * math.sin(t) * math.sin(turned)
          for t in angles]
    ys = [15 + 10 * math.cos(t) * math.sin(turned) + 4 * math.sin(t) * math.cos(turned)
          for t in angles]
    expected = [(15.5, 10.5, 24.5, 19.5), (min(xs), min(ys), max(xs), max(ys)), (1, 2, 9, 8)]
    for box, corners in zip(labels.boxes, expected, strict=True):
        assert box.corners == pytest.approx(corners, abs=1e-6)
    assert labels.boxes[2].mask.polygons == ((1, 2, 9, 3, 4, 8),)
    assert [(note.reason, note.boxes) for note in labels.notes] == [
        ("a region of shape polyline is not a box", 1), ("a region of shape point is not a box", 1)]


def version_3():
    return {"project": {"pid": "x", "data_format_version": "3.1.1"}, "config": {},
            "attribute": {"1": {"aname": "Class", "anchor_id": "FILE1_Z0_XY1", "type": 3,
                                "options": {"K": "sky", "B": "house"}}},
            "file": {"7": {"fid": 7, "fname": "a.jpg", "type": 2, "loc": 1, "src": ""},
                     "8": {"fid": 8, "fname": "b.jpg", "type": 2, "loc": 1, "src": ""}},
            "view": {"1": {"fid_list": ["7"]}, "2": {"fid_list": [8]}},
            "metadata": {
                "1_a": {"vid": "1", "flg": 0, "z": [], "xy": [2, 5, 6, 20, 30], "av": {"1": "K"}},
                "1_b": {"vid": "1", "flg": 0, "z": [], "xy": [7, 1, 2, 9, 3, 4, 8],
                        "av": {"1": "B"}},
                "1_c": {"vid": "1", "flg": 0, "z": [], "xy": [8, 3, 1, 9, 5, 4, 8, 2, 4],
                        "av": {"1": "K,B"}},
                "2_a": {"vid": "2", "flg": 0, "z": [], "xy": [1, 5, 6], "av": {"1": "B"}},
                "2_b": {"vid": "2", "flg": 0, "z": [], "xy": [], "av": {"1": "B"}}}}


def test_a_project_of_via_3_has_numbers_for_shapes_and_classes(tmp_path):
    data = recognise(put(tmp_path, {"via.json": json.dumps(version_3()), "a.jpg": "",
                                    "b.jpg": ""})).data
    assert boxes_of(data) == [[("sky", (5, 6, 25, 36)), ("house", (1, 2, 9, 8)),
                               ("sky", (2, 1, 9, 8)), ("house", (2, 1, 9, 8))], []]
    assert data.labels(data.splits["all"][1]).notes[0].reason.startswith("a region of shape point")


@pytest.mark.parametrize("bad, message", [
    ({"xy": [99, 1]}, "a region has the shape 99; it must be a number from 1 to 9: '2_a'"),
    ({"xy": [2, 5, 6]}, "a region of the shape rect has 2 numbers; it must have 4: '2_a'"),
    ({"xy": {"x": 5}}, "it has no 0: '2_a'"),
    ({"av": 5}, "it has a value of another kind where an object, a list or a text must be: '2_a'"),
])
def test_a_bad_region_of_via_3_spoils_the_image_of_its_view_alone(bad, message, tmp_path):
    content = version_3()
    content["metadata"]["2_a"] |= bad
    data = recognise(put(tmp_path, {"via.json": json.dumps(content), "a.jpg": "",
                                    "b.jpg": ""})).data
    first, second = data.splits["all"]
    assert len(data.labels(first).boxes) == 4
    with pytest.raises(BadEntry) as caught:
        data.labels(second)
    assert str(caught.value) == f"{tmp_path}/via.json#b.jpg: is not an image of VIA: {message}"
    assert caught.value.num_boxes == 1


@pytest.mark.parametrize("bad, reason, where", [
    (5, "a region of no view", "metadata.2_a"),
    ({"xy": [2, 5, 6, 20, 30], "av": {"1": "K"}}, "a region of no view", "metadata.2_a"),
    ({"vid": "9", "xy": [2, 5, 6, 20, 30], "av": {"1": "K"}},
     "the view of a region is not in the project", "view 9"),
])
def test_regions_of_via_3_that_belong_to_no_image_are_losses(bad, reason, where, tmp_path):
    content = version_3()
    content["metadata"]["2_a"] = bad
    data = recognise(put(tmp_path, {"via.json": json.dumps(content), "a.jpg": "",
                                    "b.jpg": ""})).data
    assert len(boxes_of(data)[0]) == 4
    assert data.losses["all"] == [Note(reason, f"{tmp_path}/via.json: {where}", boxes=1)]


@pytest.mark.parametrize("part, key, bad", [("view", "2", {}), ("view", "2", "b.jpg"),
                                            ("view", "2", {"fid_list": ["9"]}), ("file", "8", "b")])
def test_a_view_of_via_3_without_a_file_is_a_bad_record_and_keeps_its_count(part, key, bad,
                                                                           tmp_path):
    content = version_3()
    content[part][key] = bad
    data = recognise(put(tmp_path, {"via.json": json.dumps(content), "a.jpg": "",
                                    "b.jpg": ""})).data
    first, second = data.splits["all"]
    assert len(data.labels(first).boxes) == 4
    with pytest.raises(BadEntry, match="via.json#view 2: is not an image of VIA: it names no file "
                                       "of the project") as caught:
        data.labels(second)
    assert caught.value.num_boxes == 1


def test_an_attribute_of_via_3_without_a_name_is_called_by_its_number(tmp_path):
    content = version_3()
    content["attribute"]["2"] = {}
    assert len(boxes_of(recognise(put(tmp_path, {"via.json": json.dumps(content), "a.jpg": "",
                                                 "b.jpg": ""})).data)[0]) == 4


@pytest.mark.parametrize("regions, message", [
    ([region(RECT, colour="red", size="big")],
     "the regions have the attributes colour, size; the one that is the class must be called"),
])
def test_attributes_of_which_none_is_known_as_the_class_are_an_error(regions, message, tmp_path):
    put(tmp_path, {"via.json": project(image("a.jpg", *regions)), "a.jpg": ""})
    with pytest.raises(DataError, match=message):
        recognise(tmp_path)


def test_regions_without_any_attribute_are_of_one_class_and_it_is_said(tmp_path):
    found = recognise(put(tmp_path, {"via.json": project(image("a.jpg", region(RECT))),
                                     "a.jpg": ""}))
    assert "so all are of one class, object" in found.reason
    assert boxes_of(found.data) == [[("object", (5, 6, 25, 36))]]


@pytest.mark.parametrize("bad, message", [
    (region(RECT), "a region says nothing for the attribute name, which is its class"),
    (region({"name": "rect", "x": 1}, name="cat"), "it has no 'y'"),
    (region({**RECT, "x": "wide"}, name="cat"), "the value 'wide' is not a number"),
    (region({"name": "polygon", "all_points_x": [1, 2], "all_points_y": [3, 4, 5]}, name="cat"),
     "a polygon has 2 and 3 coordinates"),
    ({"region_attributes": {}}, "it has no 'shape_attributes'"),
    (5, "it has a value of another kind"),
])
def test_a_bad_region_of_via_spoils_its_image_alone(bad, message, tmp_path):
    text = project(image("a.jpg", region(RECT, name="cat")),
                   image("b.jpg", region(RECT, name="cat"), bad))
    data = recognise(put(tmp_path, {"via.json": text, "a.jpg": "", "b.jpg": ""})).data
    first, second = data.splits["all"]
    assert len(data.labels(first).boxes) == 1
    with pytest.raises(DataError, match=f"via.json#b.jpg: is not an image of VIA: {message}") as at:
        data.labels(second)
    assert at.value.num_boxes == 2


def test_a_project_and_what_was_exported_from_it_are_stored_once(tmp_path):
    one = image("a.jpg", region(RECT, name="cat"))
    data = recognise(put(tmp_path, {"project.json": project(one), "export.json": json.dumps(one),
                                    "export.csv": HEADER + row("a.jpg", RECT, {"name": "cat"}),
                                    "a.jpg": ""})).data
    assert boxes_of(data) == [[("cat", (5, 6, 25, 36))]]
    assert [note.is_loss for note in data.losses["all"]] == [False, False]


def apple(*entries):
    return json.dumps(list(entries))


def entry(name, *boxes, image_key="image", boxes_key="annotations"):
    return {image_key: name, boxes_key: [
        {"label": label, "coordinates": dict(zip(("x", "y", "width", "height"), box, strict=True))}
        for label, *box in boxes]}


@pytest.mark.parametrize("keys", [("image", "annotations"), ("imagefilename", "annotation")])
def test_boxes_of_create_ml_are_pixels_around_their_centres(keys, tmp_path):
    names = dict(zip(("image_key", "boxes_key"), keys, strict=True))
    text = apple(entry("a.jpg", ("cat", 15, 21, 20, 30), ("dog", 2, 3, 4, 1), **names),
                 entry("b.jpg", **names), entry("c.jpg", ("cat", 1, 2, 3, "wide"), **names))
    found = recognise(put(tmp_path, {"test/_annotations.createml.json": text, "test/a.jpg": "",
                                     "test/b.jpg": "", "test/c.jpg": "", "test/d.jpg": ""}))
    assert found.format == "Create ML"
    first, second, third = found.data.splits["test"]
    labels = found.data.labels(first)
    assert [(box.name, box.corners) for box in labels.boxes] == [
        ("cat", (5, 6, 25, 36)), ("dog", (0, 2.5, 4, 3.5))]
    assert not labels.relative and not found.data.labels(second).boxes
    with pytest.raises(DataError, match="c.jpg: is not an image of Create ML: the value 'wide'"):
        found.data.labels(third)
    assert [note.where for note in found.data.losses["test"]] == ["test/d.jpg"]


def test_numbers_of_create_ml_up_to_one_are_parts_of_the_image(tmp_path):
    text = apple(entry("a.jpg", ("cat", .5, .5, .2, .4)))
    data = recognise(put(tmp_path, {"boxes.json": text, "a.jpg": ""})).data
    labels = data.labels(data.splits["all"][0])
    assert labels.relative and labels.boxes[0].corners == pytest.approx((.4, .3, .6, .7))
