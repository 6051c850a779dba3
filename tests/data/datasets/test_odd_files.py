"""Files as programs of Windows and other projects write them, and parts of files that are odd."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli import convert_dataset
from framework.data.datasets import segmentation
from framework.data.datasets.description import load
from framework.data.datasets.recognition import recognise
from framework.data.records.account import BadEntry, Note
from tests.data.datasets.forms import HEADER, XML, coco, put, task

LINE = "0 0.5 0.5 0.25 0.5\n"
YAML = "train: images/train\nval: images/val\nnames: [cat, dog]\n"
RECT = {"type": "rectanglelabels", "value": {"x": 10, "y": 20, "width": 30, "height": 40,
                                             "rectanglelabels": ["cat"]}}


def boxes(data, split):
    return [len(data.labels(entry).boxes) for entry in data.splits[split]]


def drawn(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / name), np.full((40, 56, 3), 90, np.uint8))
    return root


def converted(capsys, *arguments) -> str:
    assert convert_dataset.main([*map(str, arguments), "--no-shuffle"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("ending", [".XML", ".Xml"])
def test_annotations_of_voc_are_found_whatever_letters_their_ending_has(ending, tmp_path):
    put(tmp_path, {"JPEGImages/a.JPG": "", f"Annotations/a{ending}": XML.format("cat"),
                   "ImageSets/Main/train.txt": "a\n"})
    assert boxes(load(tmp_path), "train") == [1]
    (tmp_path / "ImageSets/Main/train.txt").unlink()
    assert boxes(load(tmp_path, is_divided=True), "all") == [1]


@pytest.mark.parametrize("ending", [".TXT", ".Txt"])
def test_label_files_of_yolo_are_found_whatever_letters_their_ending_has(ending, tmp_path):
    put(tmp_path, {"images/train/a.jpg": "", f"labels/train/a{ending}": LINE,
                   "images/val/b.jpg": "", "labels/val/b.txt": LINE, "data.yaml": YAML})
    data = load(tmp_path)
    assert boxes(data, "train") == [1] and not data.losses["train"]


@pytest.mark.parametrize("image, line", [("my cat 1.jpg", "my cat 1"), ("cat.jpg", "cat 1"),
                                         ("cat -1.jpg", "cat -1"), ("cat.jpg", "cat  -1")])
def test_a_number_belongs_to_the_name_in_a_list_of_voc_if_an_image_is_called_so(image, line,
                                                                                tmp_path):
    label = image.replace("jpg", "xml")
    put(tmp_path, {f"JPEGImages/{image}": "", f"Annotations/{label}": XML.format("cat"),
                   "ImageSets/Main/train.txt": f"{line}\n"})
    [entry] = load(tmp_path).splits["train"]
    assert entry == (f"JPEGImages/{image}", f"Annotations/{label}")


@pytest.mark.parametrize("start", ["D:\\data\\set\\JPEGImages\\", "/home/x/set/JPEGImages/",
                                   "c:/set/JPEGImages/", "JPEGImages\\"])
def test_images_of_a_list_from_another_machine_are_found_by_the_end_of_their_paths(start,
                                                                                   tmp_path):
    put(tmp_path, {"JPEGImages/a.jpg": "", "JPEGImages/b 1.jpg": "", "labels/a.txt": LINE,
                   "labels/b 1.txt": LINE, "train.txt": f"{start}a.jpg\r\n{start}b 1.jpg\r\n",
                   "obj.names": "cat\r\n", "obj.data": "classes = 1\ntrain = train.txt\n"
                   "names = obj.names\n"})
    data = load(tmp_path / "obj.data")
    assert boxes(data, "train") == [1, 1]
    assert [entry.image for entry in data.splits["train"]] == ["JPEGImages/a.jpg",
                                                               "JPEGImages/b 1.jpg"]


def test_a_folder_jpegimages_alone_is_not_taken_for_voc(tmp_path, capsys):
    put(tmp_path / "d", {"labels/a.txt": LINE, "train.txt": "JPEGImages/a.jpg\n",
                         "obj.names": "cat\n", "obj.data": "train = train.txt\n"
                         "names = obj.names\nclasses = 1\n"})
    drawn(tmp_path / "d", "JPEGImages/a.jpg")
    assert "1 of 1 image and 1 of 1 box are stored" in converted(capsys, tmp_path / "d",
                                                                 tmp_path / "o")


def test_an_image_that_a_list_names_again_is_noted(tmp_path, capsys):
    put(tmp_path / "d", {"Annotations/a.xml": XML.format("cat"),
                         "ImageSets/Main/train.txt": "a\na\na\n"})
    drawn(tmp_path / "d", "JPEGImages/a.jpg")
    out = converted(capsys, tmp_path / "d", tmp_path / "o", "--strict")
    assert "3 of 3 images and 3 of 3 boxes are stored" in out
    assert "noted: 2 times: an image that was named before; it is stored again with these boxes " \
           "(JPEGImages/a.jpg)" in out


def test_a_label_file_of_two_images_is_noted(tmp_path, capsys):
    put(tmp_path / "d", {"labels/train/a.txt": LINE, "labels/val/b.txt": LINE, "data.yaml": YAML})
    drawn(tmp_path / "d", "images/train/a.jpg", "images/train/a.png", "images/val/b.jpg")
    assert "noted: once: the labels of another image too, which has the same name but for its " \
           "ending (labels/train/a.txt)" in converted(capsys, tmp_path / "d", tmp_path / "o")


def test_a_row_with_an_image_alone_says_that_it_has_no_box(tmp_path):
    put(tmp_path, {"t.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\nb.jpg,56,40,,,,,\nc.jpg,,,,,,,\n"
                   "d.jpg,56,40,cat,,,,\ne.jpg\n",
                   **{f"{name}.jpg": "" for name in "abcde"}})
    data = recognise(tmp_path).data
    first, second, third, *others = data.splits["all"]
    assert [len(data.labels(entry).boxes) for entry in (first, second, third)] == [1, 0, 0]
    assert len(others) == 2
    for entry in others:
        with pytest.raises(BadEntry, match="is not the row of a box"):
            data.labels(entry)


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_category_of_coco_without_a_name_is_an_error(name, tmp_path):
    content = json.loads(coco("a.jpg"))
    content["categories"][0]["name"] = name
    put(tmp_path, {"train.json": json.dumps(content), "a.jpg": ""})
    with pytest.raises(Exception, match="the category 7 has the name .*; it must be text"):
        recognise(tmp_path)


def test_blanks_around_a_class_do_not_count(tmp_path):
    shape = {"label": " cat ", "points": [[1, 2], [3, 4]], "shape_type": "rectangle"}
    put(tmp_path, {"a.json": json.dumps({"shapes": [shape], "imagePath": "a.jpg"}), "a.jpg": ""})
    assert recognise(tmp_path).data.names == ["cat"]


def test_an_image_of_cvat_without_a_name_is_called_so(tmp_path):
    box = '<box label="cat" xtl="1" ytl="2" xbr="3" ybr="4"/>'
    put(tmp_path, {"x.xml": f'<annotations><image width="9" height="9">{box}</image>'
                   f'<image name="b.jpg">{box}</image></annotations>', "b.jpg": ""})
    data = recognise(tmp_path).data
    with pytest.raises(BadEntry, match="x.xml#: an image without a name") as caught:
        data.labels(data.splits["all"][0])
    assert caught.value.num_boxes == 1
    assert len(data.labels(data.splits["all"][1]).boxes) == 1


@pytest.mark.parametrize("bad", [{"type": "rectanglelabels"}, 5, None,
                                 {"type": "rectanglelabels", "value": 7}])
def test_a_region_of_label_studio_that_is_none_makes_its_task_a_bad_record(bad, tmp_path):
    tasks = [task("a.jpg"), task("b.jpg")]
    tasks[0]["annotations"] = [{"result": [RECT, bad]}]
    tasks[1]["annotations"] = [{"result": [RECT, {"type": "relation", "from_id": "x"},
                                           {"type": "choices", "value": {"choices": ["day"]}}]}]
    put(tmp_path, {"t.json": json.dumps(tasks), "a.jpg": "", "b.jpg": ""})
    data = recognise(tmp_path).data
    first, second = data.splits["all"]
    with pytest.raises(BadEntry) as caught:
        data.labels(first)
    assert caught.value.num_boxes == 2
    assert len(data.labels(second).boxes) == 1 and not data.labels(second).notes


@pytest.mark.parametrize("content, reason", [
    ([{**task("a.jpg"), "annotations": [{"result": [RECT]}]}, 5, {"data": {}}],
     "a task without an image"),
    ([{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {
        "x": 9, "y": 9, "width": 4, "height": 4}}]}, 5, None], "an entry without an image"),
])
def test_an_entry_of_a_list_that_is_no_image_does_not_hide_the_format(content, reason, tmp_path):
    put(tmp_path, {"t.json": json.dumps(content), "a.jpg": ""})
    data = recognise(tmp_path).data
    assert boxes(data, "all") == [1]
    assert [(note.reason, note.images) for note in data.losses["all"]] == [(reason, 1)] * 2


def test_ids_of_open_images_may_have_an_ending(tmp_path):
    put(tmp_path, {"t.csv": "ImageID,LabelName,XMin,XMax,YMin,YMax\na.jpg,cat,.1,.2,.3,.4\n"
                   "b.png,cat,.1,.2,.3,.4\n", "a.jpg": "", "b.JPG": ""})
    assert [entry.image for entry in recognise(tmp_path).data.splits["all"]] == ["./a.jpg",
                                                                                 "./b.JPG"]


def test_files_that_are_of_no_known_format_are_noted(tmp_path):
    put(tmp_path, {"test.csv": HEADER + "a.jpg,56,40,cat,5,6,25,36\n", "train.csv":
                   "b.jpg,56,40,cat,5,6,25,36\n", "x.json": "null", "a.jpg": "", "b.jpg": ""})
    assert recognise(tmp_path).data.losses["test"][-2:] == [
        Note("a file of no known format, which is not read", name, is_loss=False)
        for name in ("x.json", "train.csv")]


@pytest.mark.parametrize("name, line", [("my img 1", "my img 1"), ("a", "a 1"), ("a", "a")])
@pytest.mark.parametrize("endings", [(".JPG", ".PNG"), (".jpg", ".png"), (".Png", ".Png")])
def test_names_and_endings_of_a_segmentation_set_of_voc(name, line, endings, tmp_path):
    image, mask = (f"{folder}/{name}{ending}" for folder, ending in
                   zip(("JPEGImages", "SegmentationClass"), endings, strict=True))
    put(tmp_path, {image: "", mask: "", "ImageSets/Segmentation/train.txt": f"{line}\n"})
    assert segmentation.load(tmp_path).data.splits["train"] == [(image, mask)]


KITTI = "Car 0.00 0 -1.57 5.00 6.00 25.00 36.00 1.5 1.6 3.7 1.0 1.7 20.0 -1.5\n"
IGNORED = "DontCare -1 -1 -10 1.0 2.0 30.0 40.0 -1 -1 -1 -1000 -1000 -1000 -10\n"


def test_lines_of_kitti_are_boxes_in_pixels_and_its_ignored_regions_are_counted(tmp_path):
    put(tmp_path, {"training/image_2/000.png": "", "training/label_2/000.txt": KITTI + IGNORED,
                   "training/image_2/001.png": "", "training/label_2/001.txt": "",
                   "training/image_2/002.png": "",
                   "training/label_2/002.txt": KITTI.replace("Car", "Person sitting"),
                   "training/label_2/003.txt": KITTI * 2, "readme.txt": "about KITTI\n"})
    found = recognise(tmp_path)
    assert found.format == "KITTI" and found.data.names == ["Car", "Person sitting"]
    first, second, third = map(found.data.labels, found.data.splits["train"])
    assert [(box.name, box.corners) for box in first.boxes] == [("Car", (5, 6, 25, 36))]
    assert [(note.boxes, note.is_loss) for note in first.notes] == [(1, True)]
    assert (len(second.boxes), third.boxes[0].name) == (0, "Person sitting")
    assert found.data.losses["train"] == [
        Note("an annotation without an image", "training/label_2/003.txt", boxes=2)]


@pytest.mark.parametrize("line", ["Car 0 0 0 5 6 25\n", KITTI.replace("5.00", "x"), KITTI[4:],
                                  f"3 {KITTI[4:]}", KITTI.replace("6.00", "nan")])
def test_a_line_that_is_not_kittis_makes_its_image_a_bad_record(line, tmp_path):
    put(tmp_path, {"a.png": "", "a.txt": KITTI, "b.png": "", "b.txt": KITTI + line})
    first, second = (data := recognise(tmp_path).data).splits["all"]
    assert len(data.labels(first).boxes) == 1
    with pytest.raises(BadEntry, match="b.txt:2: a line must be: type truncated") as caught:
        data.labels(second)
    assert caught.value.num_boxes == 2
