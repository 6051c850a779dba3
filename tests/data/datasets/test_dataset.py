import errno
import json
import os

import cv2
import numpy as np
import pytest

from framework.cli.convert_dataset import main as convert_dataset
from framework.data.convert.datum import ImageOptions, make_record
from framework.data.datasets.description import load
from framework.data.datasets.label_files import Box, Labels
from framework.data.records.database import open_database
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.images import make_voc, write_jpeg

YAML = """
root: devkit
splits: {trainval: [A/trainval, B/trainval], test: A/test}
names: [dog, cat]
shuffle: [trainval]
"""


def devkit(tmp_path):
    make_voc(tmp_path / "devkit/A", {"one": [Box("cat", (1, 2, 3, 4))]})
    make_voc(tmp_path / "devkit/A", {"two": [Box("dog", (1, 2, 3, 4))]}, "test")
    make_voc(tmp_path / "devkit/B", {"one": [], "three": []})
    path = tmp_path / "data.yaml"
    path.write_text(YAML)
    return path


def test_yaml_joins_splits_of_several_folders(tmp_path):
    data = load(devkit(tmp_path))
    assert data.splits["trainval"] == [
        Entry("A/JPEGImages/one.jpg", "A/Annotations/one.xml"),
        Entry("B/JPEGImages/one.jpg", "B/Annotations/one.xml"),
        Entry("B/JPEGImages/three.jpg", "B/Annotations/three.xml"),
    ]
    assert data.splits["test"] == [Entry("A/JPEGImages/two.jpg", "A/Annotations/two.xml")]
    assert (data.names, data.shuffle, data.root) == (
        ["dog", "cat"], ("trainval",), tmp_path / "devkit",
    )  # fmt: skip


def test_a_plain_folder_gives_its_splits_and_the_names_in_its_files(tmp_path):
    devkit(tmp_path)
    data = load(tmp_path / "devkit/A")
    assert sorted(data.splits) == ["test", "trainval"]
    assert data.names == ["cat", "dog"]


@pytest.mark.parametrize(
    "change, message",
    [
        (("names:", "classes:"), "unknown key classes; known are format, root"),
        (("root: devkit", "format: pascal"), "format is 'pascal'; it must be one of: voc"),
        (("devkit", "nowhere"), "nowhere: no such folder; --root names another"),
        (("A/test", "A/val"), "A/ImageSets/Main/val.txt: no such list"),
        (("[dog, cat]", "{dog: 1}"), "names is {'dog': '1'}; it must be a name or a list"),
        (("shuffle: [trainval]", "shuffle: train"), "shuffle names train; the splits are"),
        (("A/test}", "A/test"), "is not YAML"),
    ],
)
def test_a_wrong_description_says_what_is_wrong(tmp_path, change, message):
    path = devkit(tmp_path)
    path.write_text(YAML.replace(*change))
    with pytest.raises(DataError) as error:
        load(path)
    assert message in str(error.value)


def test_a_folder_that_is_no_voc_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"has no ImageSets/Main/\*.txt; a VOC folder holds"):
        load(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        load(tmp_path / "none")


def write_yaml(path, text):
    path.write_text(text)
    return load(path)


COCO = {
    "images": [
        {"id": 7, "file_name": "b.jpg", "width": 40, "height": 30},
        {"id": 3, "file_name": "a.jpg", "width": 40, "height": 30},
    ],
    "annotations": [
        {"image_id": 3, "category_id": 18, "bbox": [10, 5, 20, 15], "iscrowd": 1},
        {"image_id": 3, "category_id": 1, "bbox": [0, 0, 4, 6]},
    ],
    "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}],
}


def test_coco_names_classes_by_number_and_keeps_images_without_boxes(tmp_path):
    (tmp_path / "i.json").write_text(json.dumps(COCO))
    text = "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n"
    data = write_yaml(tmp_path / "d.yaml", text)
    first, second = data.splits["train"]
    assert (first.image, second.image) == ("pics/b.jpg", "pics/a.jpg")
    assert (data.names, data.display_names["18"]) == (["1", "18"], "dog")
    assert data.labels(first) == Labels((), 40, 30)
    crowd, person = Box("18", (10, 5, 30, 20), True), Box("1", (0, 0, 4, 6))
    assert data.labels(second) == Labels((crowd, person), 40, 30)
    data = write_yaml(tmp_path / "d.yaml", f"{text}names: [dog]\nothers: skip\n")
    assert data.names == ["18"]
    kept = data.labels(second)
    assert kept.boxes == (crowd,)
    assert [(note.boxes, note.where) for note in kept.notes] == [(1, "i.json#3")]
    data = write_yaml(tmp_path / "d.yaml", f"{text}names: [dog]\n")
    with pytest.raises(DataError, match=r"'person' is not one of the classes \(dog\); `others: "):
        data.labels(second)
    with pytest.raises(DataError, match="'cat', which is not a category; there are dog, person"):
        write_yaml(tmp_path / "d.yaml", f"{text}names: [cat]\n")


def test_a_folder_of_yolo_images_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    write_jpeg(tmp_path / "images/a.jpg")
    (tmp_path / "d.yaml").write_text("format: yolo\nsplits: {train: images}\nnames: [cat]\n")

    def scandir(path):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match="images: cannot be listed: Permission denied"):
        load(tmp_path / "d.yaml")


def test_yolo_boxes_are_centres_and_sizes_in_parts_of_the_image(tmp_path):
    for name in ("one", "two"):
        (tmp_path / "images/a").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"images/a/{name}.png").write_bytes(b"")
    (tmp_path / "labels/a").mkdir(parents=True)
    (tmp_path / "labels/a/two.txt").write_text("1 0.5 0.25 0.5 0.125\n")
    text = "format: yolo\nsplits: {train: images/a}\nnames: {0: cat, 1: dog}\n"
    data = write_yaml(tmp_path / "d.yaml", text)
    first, second = data.splits["train"]
    assert (first.image, second.label) == ("images/a/one.png", "labels/a/two.txt")
    assert data.labels(first).boxes == ()
    assert data.labels(second).boxes == (Box("dog", (0.25, 0.1875, 0.75, 0.3125)),)
    (tmp_path / "labels/a/two.txt").write_text("1 0.5 0.25 0.5 0.125\n2 0 0 1 1\n")
    with pytest.raises(DataError, match="two.txt:2: class 2; names has 2, from 0 on"):
        data.labels(second)
    with pytest.raises(DataError, match="names is not given"):
        write_yaml(tmp_path / "d.yaml", text[: text.index("names")])


TABLE = """ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf
p,x,/m/1,1,0.25,0.5,0.125,1,0
q,x,/m/2,1,0,1,0,1,1
p,x,/m/2,1,0.5,0.75,0.5,0.625,0
"""


def test_open_images_rows_are_boxes_in_parts_of_the_image(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    text = "format: openimages\nsplits: {train: {images: pics, boxes: t.csv}}\n"
    data = write_yaml(tmp_path / "d.yaml", text + "names: {/m/2: Bus, /m/1: Truck}\n")
    first, second = data.splits["train"]
    assert (first.image, second.image) == ("pics/p.jpg", "pics/q.jpg")
    assert (data.names, data.display_names["/m/2"]) == (["/m/2", "/m/1"], "Bus")
    assert data.labels(first).boxes == (
        Box("/m/1", (0.25, 0.125, 0.5, 1)), Box("/m/2", (0.5, 0.5, 0.75, 0.625)),
    )  # fmt: skip
    assert data.labels(second).boxes[0].difficult
    assert write_yaml(tmp_path / "d.yaml", text).names == ["/m/1", "/m/2"]
    (tmp_path / "t.csv").write_text(TABLE.replace("XMin", "Left"))
    with pytest.raises(DataError, match="t.csv: has no column XMin"):
        write_yaml(tmp_path / "d.yaml", text)


def test_relative_boxes_are_stored_as_they_are(tmp_path):
    write_jpeg(tmp_path / "a.jpg", 30, 40)
    labels = Labels((Box("cat", (0.25, 0.125, 0.5, 1)),), relative=True)
    made = make_record(tmp_path / "a.jpg", labels, "a", {"cat": 3}, ImageOptions())
    (group,) = made.record.annotation_group
    box = group.annotation[0].bbox
    assert (group.group_label, box.xmin, box.ymin, box.xmax, box.ymax) == (3, 0.25, 0.125, 0.5, 1)
    assert made.notes == []


def test_class_names_may_stand_in_a_file(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_bytes(b"")
    (tmp_path / "classes.txt").write_text("cat\nbig dog\n\n")
    text = "format: yolo\nsplits: {train: a}\nnames: classes.txt\n"
    assert write_yaml(tmp_path / "d.yaml", text).names == ["cat", "big dog"]
    (tmp_path / "classes.txt").write_text("cat\n\nbig dog\n")
    with pytest.raises(DataError, match="classes.txt:2: has no name; each line is the name of a"):
        write_yaml(tmp_path / "d.yaml", text)
    with pytest.raises(DataError, match="names is none.txt, which cannot be read below"):
        write_yaml(tmp_path / "d.yaml", text.replace("classes", "none"))


@pytest.mark.parametrize("image_id, category_id", [("{}", "{}"), ("{}.0", "{}.0"),
                                                   ('"{}"', '"{}"')])
def test_ids_of_coco_are_the_same_as_numbers_with_a_point_and_as_text(
        tmp_path, image_id, category_id):
    number, category = image_id.format(7), category_id.format(3)
    (tmp_path / "i.json").write_text(
        f'{{"images": [{{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}}],'
        f'"categories": [{{"id": {category}, "name": "disc"}}], "annotations": ['
        f'{{"image_id": {number}, "category_id": 3, "bbox": [1, 2, 3, 4]}}]}}')
    text = "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n"
    (tmp_path / "data.yaml").write_text(text)
    data = load(tmp_path / "data.yaml")
    assert data.names == ["3"]
    (entry,) = data.splits["train"]
    assert data.labels(entry) == Labels((Box("3", (1, 2, 4, 6), False),), 100, 50)


def test_boxes_of_coco_without_an_image_are_named(tmp_path):
    (tmp_path / "i.json").write_text(
        '{"images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}],'
        '"categories": [{"id": 3, "name": "disc"}], "annotations": ['
        '{"image_id": 8, "category_id": 3, "bbox": [1, 2, 3, 4]},'
        '{"image_id": 8, "category_id": 3, "bbox": [5, 2, 3, 4]}]}')
    text = "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n"
    (tmp_path / "data.yaml").write_text(text)
    (note,) = load(tmp_path / "data.yaml").losses["train"]
    assert (note.boxes, note.where) == (2, "i.json: image_id 8")
    assert note.reason == "the image_id is not the id of an image of the file"


def test_a_category_of_coco_whose_id_is_a_word_is_named_with_its_file(tmp_path):
    (tmp_path / "i.json").write_text(
        '{"images": [], "annotations": [], "categories": [{"id": "disc", "name": "disc"}]}')
    (tmp_path / "data.yaml").write_text(
        "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n")
    with pytest.raises(DataError, match="^i.json: a category has the id 'disc'; it must be a whol"):
        load(tmp_path / "data.yaml")


@pytest.mark.parametrize("categories, message", [
    ([(1, "disc"), (1, "box")], "category 1 is 'box' in i.json, and 'disc' in i.json; give each"),
    ([(1, "disc"), (2, "disc")], "i.json: the categories 1 and 2 have the same name, 'disc'"),
    ([], "i.json: its list of categories is empty"),
    ([(1, "")], "the category 1 has the name ''; it must be text")])
def test_two_categories_of_coco_that_are_one_are_an_error(tmp_path, categories, message):
    items = [{"id": number, "name": name} for number, name in categories]
    (tmp_path / "i.json").write_text(
        json.dumps({"images": [], "annotations": [], "categories": items}))
    (tmp_path / "d.yaml").write_text(
        "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n")
    with pytest.raises(DataError, match=message):
        load(tmp_path / "d.yaml")


@pytest.mark.parametrize("crowd, difficult", [('"0"', False), ("null", False), ('"1"', True),
                                              ("true", True)])
def test_crowds_of_coco_are_numbers_however_they_are_written(tmp_path, crowd, difficult):
    (tmp_path / "i.json").write_text(
        '{"images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}],'
        '"categories": [{"id": 3, "name": "disc"}], "annotations": [{"image_id": 7,'
        f'"category_id": 3, "bbox": [1, 2, 3, 4], "iscrowd": {crowd}}}]}}')
    (tmp_path / "d.yaml").write_text(
        "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n")
    data = load(tmp_path / "d.yaml")
    [box] = data.labels(data.splits["train"][0]).boxes
    assert box.difficult is difficult


def test_splits_of_coco_that_number_their_categories_differently_are_an_error(tmp_path):
    for name, number in (("a", 1), ("b", 2)):
        categories = [{"id": number, "name": "disc"}, {"id": 3 - number, "name": "box"}]
        (tmp_path / f"{name}.json").write_text(
            json.dumps({"images": [], "annotations": [], "categories": categories}))
    text = ("format: coco\nsplits: {train: {images: pics, annotations: a.json}, "
            "test: {images: pics, annotations: b.json}}\n")
    with pytest.raises(DataError, match="category 2 is 'disc' in b.json, and 'box' in a.json; gi"):
        write_yaml(tmp_path / "d.yaml", text)


@pytest.mark.parametrize("stated", [{}, {"width": None, "height": None}, {"width": 0, "height": 0}])
def test_an_image_of_coco_whose_size_is_not_stated_has_that_of_its_file(stated, tmp_path, capsys):
    runs = {"size": [30, 40], "counts": [600, 600]}
    tree = {**COCO, "images": [{"id": 3, "file_name": "a.png", **stated}]}
    tree["annotations"] = [{**COCO["annotations"][0], "segmentation": runs}, COCO["annotations"][1]]
    (tmp_path / "i.json").write_text(json.dumps(tree))
    (tmp_path / "pics").mkdir()
    cv2.imwrite(str(tmp_path / "pics" / "a.png"), np.zeros((30, 40, 3), np.uint8))
    (tmp_path / "d.yaml").write_text(
        "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n")
    assert convert_dataset([str(tmp_path / "d.yaml"), str(tmp_path / "db"), "--strict"]) == 0
    database = open_database(str(tmp_path / "db" / "train"), "")
    [dog, person] = AnnotatedDatum.FromString(database.read(0)).annotation_group
    box = dog.annotation[0].bbox
    assert (box.xmin, box.ymin, box.xmax, box.ymax) == pytest.approx((.25, 1 / 6, .75, 2 / 3))
    assert list(dog.annotation[0].mask_runs.count) == [600, 600]
    runs["size"] = [40, 30]
    (tmp_path / "i.json").write_text(json.dumps(tree))
    assert convert_dataset([str(tmp_path / "d.yaml"), str(tmp_path / "db"), "--redo"]) == 1
    assert "i.json#3: a mask is 30 x 40; the image is 40 x 30" in capsys.readouterr().err


def test_json_with_a_key_twice_is_named_with_its_file(tmp_path):
    text = json.dumps(COCO).replace('"bbox": [0, 0, 4, 6]', '"bbox": [0, 0, 4, 6], "bbox": []')
    (tmp_path / "i.json").write_text(text)
    (tmp_path / "d.yaml").write_text(
        "format: coco\nsplits: {train: {images: pics, annotations: i.json}}\n")
    with pytest.raises(DataError, match='i.json: is not JSON: an object has the key "bbox" twice'):
        load(tmp_path / "d.yaml")
