"""Recognition of the format that a folder of data has, and its division into two splits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from framework.data.datasets.recognition import recognise
from framework.data.datasets.splits import train_and_test
from framework.errors import DataError

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


@pytest.mark.parametrize("files, message", [
    ({"a.jpg": "", "b.xml": XML.format("cat")}, "none of its 1 annotations has an image"),
    ({"a.jpg": "", "x.csv": HEADER + "b.jpg,1,1,cat,0,0,1,1\n"}, "none of the 1 images that x.csv"),
    ({"a.jpg": "", "x.json": coco("b.jpg")}, "none of the 1 images that x.json names"),
    ({"a.jpg": "", "a.txt": "0 .5 .5 .1 .1\n"}, "nothing names the classes"),
])
def test_labels_that_fit_no_image_or_name_no_class_are_an_error(files, message, tmp_path):
    with pytest.raises(DataError, match=message):
        recognise(put(tmp_path, files))
