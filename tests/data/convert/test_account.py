"""Whatever is wrong with a data set: its boxes are stored, or they are counted and named."""

import json
import random
import re

import cv2
import lmdb
import numpy as np
import pytest

from framework.cli import convert_annoset, convert_dataset, convert_imageset, export_dataset
from framework.data.convert.journal import Journal, Report
from framework.proto import AnnotatedDatum
from tests.data.making import annotated, encoded, image, write_database

SIZE = 40
NAMES = ("cat", "dog", "owl")
FORMATS = ("voc", "coco", "yolo", "openimages")
MAP = "".join(f'item {{ name: "{name}" label: {label} }} '
              for label, name in enumerate(("background", *NAMES)))


class Item:
    """An image of the set: its boxes (class, x1, y1, x2, y2 in pixels), and what is damaged."""

    def __init__(self, index, draw):
        self.name = f"p{index}"
        self.boxes = [(draw.choice(NAMES), x, y, x + draw.randint(1, 9), y + draw.randint(1, 9))
                      for x, y in ((draw.randint(0, 30), draw.randint(0, 30))
                                   for _ in range(draw.randint(0, 4)))]
        self.damage = draw.choice(["", "", "", "no image", "cut image", "swapped", "no number",
                                   "other class", "outside", "no label file", "turned"])
        if self.damage == "swapped" and self.boxes:
            name, x1, y1, x2, y2 = self.boxes[0]
            self.boxes[0] = (name, x2, y1, x1, y2)
        if self.damage == "other class" and self.boxes:
            self.boxes[0] = ("bat", *self.boxes[0][1:])
        if self.damage == "outside" and self.boxes:
            self.boxes[0] = (self.boxes[0][0], 30, 30, 300, 300)

    def corners(self, box):
        """The numbers of a box as text; the first is not one where that is the damage."""
        words = [str(value) for value in box[1:]]
        if self.damage == "no number" and box is self.boxes[0]:
            words[0] = "x"
        return words

    def write_image(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        content = cv2.imencode(".jpg", np.full((SIZE, SIZE, 3), 90, np.uint8))[1].tobytes()
        if self.damage == "turned":
            data = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
            content = content[:2] + b"\xff\xe1" + bytes([0, len(data) + 2]) + data + content[2:]
        if self.damage != "no image":
            path = folder / f"{self.name}.jpg"
            path.write_bytes(content[:200] if self.damage == "cut image" else content)


def write_voc(root, items):
    (root / "Annotations").mkdir(parents=True)
    (root / "ImageSets/Main").mkdir(parents=True)
    (root / "ImageSets/Main/t.txt").write_text("".join(f"{item.name}\n" for item in items))
    for item in items:
        if item.damage == "no label file":
            continue
        objects = ""
        for box in item.boxes:
            x1, y1, x2, y2 = item.corners(box)
            objects += (f"<object><name>{box[0]}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
                        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>")
        (root / "Annotations" / f"{item.name}.xml").write_text(
            f"<annotation>{objects}</annotation>")
    return "splits: [t]"


def write_coco(root, items):
    annotations = [{"image_id": item.name, "category_id": (*NAMES, "bat").index(box[0]) + 1,
                    "bbox": [item.corners(box)[0], box[2], box[3] - box[1], box[4] - box[2]]}
                   for item in items for box in item.boxes]
    listed = [item for item in items if item.damage != "no label file"]
    tree = {"images": [{"id": item.name, "file_name": f"{item.name}.jpg", "width": SIZE,
                        "height": SIZE} for item in listed],
            "annotations": annotations,
            "categories": [{"id": index, "name": name}
                           for index, name in enumerate((*NAMES, "bat"), 1)]}
    (root / "a.json").write_text(json.dumps(tree))
    return "splits: {t: {images: JPEGImages, annotations: a.json}}"


def write_yolo(root, items):
    (root / "labels").mkdir(parents=True)
    for item in items:
        lines = ""
        for box in item.boxes:
            x1, y1, x2, y2 = (value / SIZE for value in box[1:])
            first = "x" if item.corners(box)[0] == "x" else (x1 + x2) / 2
            number = (*NAMES, "bat").index(box[0])
            lines += f"{number} {first} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}\n"
        if item.damage != "no label file":
            (root / "labels" / f"{item.name}.txt").write_text(lines)
    return "splits: {t: JPEGImages}"


def write_openimages(root, items):
    rows = ["ImageID,LabelName,XMin,YMin,XMax,YMax"]
    for item in items:
        for box in item.boxes:
            words = [word if word == "x" else str(float(word) / SIZE)
                     for word in item.corners(box)]
            rows.append(",".join([item.name, box[0], *words]))
    (root / "a.csv").write_text("\n".join(rows) + "\n")
    return "splits: {t: {images: JPEGImages, boxes: a.csv}}"


def account(text):
    """Stored and read boxes of the first line; images and boxes that are named as left out."""
    found = re.search(r"(\d+) of (\d+) images? and (\d+) of (\d+) box(?:es)? are stored", text)
    left = re.findall(r"left out: (?:(\d+) images?)?(?: with )?(?:(\d+) box(?:es)?)?: ", text)
    return (*map(int, found.groups()), sum(int(images or 0) for images, _ in left),
            sum(int(boxes or 0) for _, boxes in left))


def stored(path):
    with lmdb.open(str(path), readonly=True, lock=False) as environment:
        records = [AnnotatedDatum.FromString(value) for _, value in environment.begin().cursor()]
    return len(records), sum(len(group.annotation) for record in records
                             for group in record.annotation_group)


@pytest.fixture
def forgiving(monkeypatch):
    """Any share of bad records is taken, so that there is an account to look at."""
    monkeypatch.setattr("framework.data.convert.conversion.MAX_BAD_SHARE", 1)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", FORMATS)
def test_boxes_are_stored_or_named_in_every_format(tmp_path, capsys, forgiving, kind, seed):
    draw = random.Random(f"{kind} {seed}")
    items = [Item(index, draw) for index in range(12)]
    items[0].damage = ""            # one is good
    items[0].boxes = [("cat", 1, 2, 11, 12)]
    for item in items:
        item.write_image(tmp_path / "JPEGImages")
    splits = {"voc": write_voc, "coco": write_coco, "yolo": write_yolo,
              "openimages": write_openimages}[kind](tmp_path, items)
    others = draw.choice(["skip", "refuse"])
    (tmp_path / "d.yaml").write_text(f"format: {kind}\n{splits}\nothers: {others}\n"
                                     f"names: [{', '.join(NAMES)}]\n")
    expected = sum(len(item.boxes) for item in items
                   if item.damage != "no label file" or kind in ("coco", "openimages"))
    assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / "out")]) == 0
    text = capsys.readouterr().out
    num_stored, num_images, stored_boxes, boxes, left_images, left_boxes = account(text)
    assert boxes == expected == stored_boxes + left_boxes
    assert num_images == num_stored + left_images
    assert stored(tmp_path / "out/t") == (num_stored, stored_boxes)
    is_whole = "left out: " not in text
    flags = [str(tmp_path / "d.yaml"), str(tmp_path / "strict"), "--strict"]
    assert convert_dataset.main(flags) == int(not is_whole)
    assert (tmp_path / "strict").exists() == is_whole
    if not is_whole:
        assert "error: --strict: " in capsys.readouterr().err


@pytest.mark.parametrize("seed", range(5))
def test_boxes_of_a_list_are_stored_or_named(tmp_path, capsys, forgiving, seed):
    draw = random.Random(seed)
    items = [Item(index, draw) for index in range(10)]
    items[0].damage = ""
    items[0].boxes = [("cat", 1, 2, 11, 12)]
    for item in items:
        item.write_image(tmp_path / "JPEGImages")
    write_voc(tmp_path, items)
    (tmp_path / "list").write_text("".join(
        f"JPEGImages/{item.name}.jpg Annotations/{item.name}.xml\n" for item in items))
    (tmp_path / "map").write_text(MAP)
    flags = ["--anno_type=detection", f"--labelmap={tmp_path / 'map'}", "--encoded"]
    places = [str(tmp_path), str(tmp_path / "list")]
    assert convert_annoset.main([*flags, *places, str(tmp_path / "db")]) == 0
    text = capsys.readouterr().out
    num_stored, num_images, stored_boxes, boxes, left_images, left_boxes = account(text)
    expected = sum(len(item.boxes) for item in items if item.damage != "no label file")
    assert boxes == expected == stored_boxes + left_boxes
    assert num_images == len(items) == num_stored + left_images
    assert stored(tmp_path / "db") == (num_stored, stored_boxes)
    code = convert_annoset.main([*flags, "--strict", *places, str(tmp_path / "strict")])
    assert code == int("left out: " in text)
    shown = capsys.readouterr().err
    if code:        # the same account, of what could be
        reasons = [line for line in text.splitlines() if line.startswith("  left out: ")]
        assert f"strict: {num_stored} of {num_images} images and {stored_boxes} of {boxes} " \
               "boxes can be stored" in shown
        assert all(reason in shown for reason in reasons)


def test_an_export_names_the_boxes_it_leaves_out_and_strict_writes_nothing(tmp_path, capsys):
    (tmp_path / "map").write_text(MAP)
    boxes = [(1, .1, .1, .5, .5), (2, .1, .1, .5, .5)]
    records = [annotated(encoded(image(0)), boxes), annotated(b"cut", boxes),
               annotated(encoded(image(2)), [(9, .1, .1, .5, .5)]), b"\x0a\xff",
               annotated(encoded(image(4)), [])]
    database = write_database(tmp_path / "some_lmdb", records)
    flags = [str(database), str(tmp_path / "out"), "--labelmap", str(tmp_path / "map")]
    assert export_dataset.main([*flags, "--strict"]) == 1
    shown = capsys.readouterr().err
    assert "--strict: 3 images with 3 boxes would be left out" in shown
    assert "out: 2 of 5 images and 2 of 5 boxes can be stored\n" in shown
    assert not (tmp_path / "out").exists()
    assert export_dataset.main(flags) == 0
    text = capsys.readouterr().out
    assert account(text) == (2, 5, 2, 5, 3, 3)
    assert "boxes by class: cat 1, dog 1" in text
    assert "left out: 1 image with 1 box: label 9 is not one of the label map's classes " \
        "(00000002_record2.jpg)" in text
    assert "images without a box, which are background: 1" in text


def test_too_many_bad_images_end_a_conversion_with_its_account(tmp_path, capsys):
    (tmp_path / "good.png").write_bytes(encoded(image(0)))
    (tmp_path / "cut.png").write_bytes(encoded(image(1))[:99])
    (tmp_path / "list").write_text("good.png 0\ncut.png 1\ngone.png 1\n")
    assert convert_imageset.main([str(tmp_path), str(tmp_path / "list"), str(tmp_path / "db")]) == 1
    shown = capsys.readouterr().err
    assert "db: 1 of 3 images can be stored\n  images by class: 0 1\n  left out: 1 image: " in shown
    assert "error: 2 of 3 records are bad, more than 5%; nothing was written" in shown


def convert_images(folder, images, *flags):
    """convert_imageset of images {name: pixels}; the exit code."""
    (folder / "images").mkdir()
    for name, pixels in images.items():
        cv2.imwrite(str(folder / "images" / name), pixels)
    (folder / "list.txt").write_text("".join(f"{name} 0\n" for name in images))
    return convert_imageset.main(["--encoded", *flags, f"{folder}/images/", f"{folder}/list.txt",
                                  f"{folder}/db"])


GREY = np.full((8, 9), 7, np.uint8)
COLOUR = np.full((8, 9, 3), 7, np.uint8)


@pytest.mark.parametrize("images, text", [
    ({"a.jpg": COLOUR, "b.png": COLOUR}, ""),
    ({"a.jpg": COLOUR, "b.jpg": GREY, "c.png": COLOUR},
     "the images are of different kinds: 2 in colour, 1 grey (the first is b.jpg); a net takes "
     "them together only with transform_param.force_color: true"),
    ({"a.png": np.full((8, 9, 4), 7, np.uint8), "b.png": COLOUR, "c.png": COLOUR},
     "2 in colour, 1 with transparency (the first is a.png)"),
    ({"a.png": COLOUR.astype(np.uint16), "b.png": COLOUR, "c.png": COLOUR},
     "2 in colour, 1 of more than 8 bits (the first is a.png)"),
    ({"a.jpg": GREY, "b.png": GREY}, "all images are grey; transform_param.force_color: true"),
])
def test_grey_images_among_colour_ones_are_named_with_the_cure(tmp_path, capsys, images, text):
    assert convert_images(tmp_path, images) == 0
    found = capsys.readouterr().out
    assert text in found if text else "force_color" not in found


def test_gray_says_which_files_keep_their_colours(tmp_path, capsys):
    images = {"a.jpg": COLOUR, "b.jpg": COLOUR}
    assert convert_images(tmp_path, images, "--gray") == 0
    assert "--gray did not change the files that --encoded keeps as they are; " \
        "transform_param.force_gray: true" in capsys.readouterr().out
    assert convert_images_anew(tmp_path, images, capsys).count("force_gray") == 0


def convert_images_anew(folder, images, capsys):
    """What a conversion that encodes each image anew says."""
    (folder / "anew").mkdir()
    assert convert_images(folder / "anew", images, "--gray", "--encode_type=png") == 0
    return capsys.readouterr().out


def test_an_interrupted_conversion_goes_on_counting_grey_images(tmp_path):
    journal = Journal(tmp_path / "journal", "same")
    journal.start()
    report = Report(done=2)
    report.account.add_kind("grey", "a.jpg")
    report.account.add_kind("in colour", "b.jpg")
    journal.note(report)
    again = Journal(tmp_path / "journal", "same").resume().account
    assert again.kinds == {"grey": 1, "in colour": 1} and again.first_of_kind["grey"] == "a.jpg"
