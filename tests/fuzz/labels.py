"""Text files of data sets: annotations of all formats, their descriptions, lists and maps."""

import json
import random
from pathlib import Path

from framework.data.datasets import description
from framework.data.datasets.label_files import Box, read_json, read_text, read_xml
from framework.data.datasets.voc import annotation
from framework.data.records import label_map, list_file
from framework.errors import DataError
from framework.logs.reader import read_log
from framework.system.text import read_lines
from framework.system.wording import shortened
from tests.data.images import make_voc
from tests.fuzz.files import Files
from tests.fuzz.mutations import damage_text

YOLO = """format: yolo
splits: {train: images, test: list.txt}
names: {0: cat, 1: dog}
shuffle: [train]
"""
COCO = """format: coco
splits: {train: {images: images, annotations: coco.json}}
names: [dog, person]
others: skip
"""
TABLE = """format: openimages
splits: {train: {images: images, boxes: table.csv}}
names: {/m/1: Person, /m/2: Car}
"""
TREE = {"images": [{"id": 7, "file_name": "one.jpg", "width": 40, "height": 30}],
        "annotations": [{"image_id": 7, "category_id": 18, "bbox": [10, 5, 20, 15], "iscrowd": 1},
                        {"image_id": 7, "category_id": 1, "bbox": [0, 0, 4, 6]}],
        "categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person"}]}
ALONE = {"image": {"width": 40, "height": 30, "file_name": "one.jpg"},
         "annotation": TREE["annotations"]}
ROWS = """ImageID,LabelName,XMin,XMax,YMin,YMax,IsGroupOf
one,/m/1,0.25,0.5,0.125,1,0
one,/m/2,0,1,0,1,1
"""
LOG = """I0102 03:04:05.678901 12 solver.cpp:1] Iteration 100 (5 iter/s, 20s), loss = 1.5
I0102 03:04:05.678901 12 solver.cpp:2] Iteration 100, lr = 0.001
I0102 03:04:06.678901 12 solver.cpp:3] Iteration 100, Testing net (#0)
I0102 03:04:07.678901 12 solver.cpp:4]     Test net output #0: detection_eval = 0.5
"""


class Labels(Files):
    """One file of a data set damaged, then the whole data set read."""

    name = "labels"

    def prepare(self) -> None:
        boxes = [Box("cat", (1, 2, 30, 20), True), Box("dog", (3, 4, 9, 8))]
        files = {"yolo.yaml": YOLO, "coco.yaml": COCO, "table.yaml": TABLE,
                 "voc.yaml": "root: voc\nsplits: {train: trainval}\nnames: [cat, dog]\n",
                 "coco.json": json.dumps(TREE), "alone.json": json.dumps(ALONE),
                 "table.csv": ROWS, "one.xml": annotation("one.jpg", 40, 30, boxes),
                 "one.txt": "1 0.5 0.25 0.5 0.125\n", "pixels.txt": "1 3 4 20 15\n2 0 0 4 6\n",
                 "list.txt": "images/one.jpg\n", "classes.txt": "images/one.jpg 1\n",
                 "map.prototxt": 'item { name: "cat" label: 1 display_name: "Cat" }\n',
                 "names.lst": "cat 1 Cat\ndog 2 Dog\n", "train.log": LOG, "trainval.txt": "one\n"}
        for name, text in files.items():
            (self.given / name).write_text(text)

    @staticmethod
    def damage(content: bytes, rng: random.Random) -> bytes:
        return damage_text(content, rng)

    def read(self, path: Path) -> None:
        for good in self.given.iterdir():
            if good.name != path.name:
                path.with_name(good.name).write_bytes(good.read_bytes())
        for part in ("images", "labels"):
            (self.out / part).mkdir()
        (self.out / "images/one.jpg").write_bytes(b"")      # only its name counts
        (self.out / "labels/one.txt").write_bytes((self.out / "one.txt").read_bytes())
        self.readers[path.name if path.name in self.readers else path.suffix](path)

    @property
    def readers(self):          # type: ignore[no-untyped-def]  # names and suffixes: functions
        return {"one.xml": read_xml, "alone.json": read_json, "pixels.txt": read_text,
                "map.prototxt": label_map.read, "names.lst": read_map_lines,
                "classes.txt": lambda path: list_file.check_numbers(
                    list_file.read(path, path.parent), path),
                "train.log": read_log, ".yaml": read_all,
                "coco.json": lambda path: read_all(path.with_name("coco.yaml")),
                "table.csv": lambda path: read_all(path.with_name("table.yaml")),
                "one.txt": lambda path: read_all(path.with_name("yolo.yaml")),
                "list.txt": lambda path: read_all(path.with_name("yolo.yaml")),
                "trainval.txt": read_voc}


def read_map_lines(path: Path) -> None:
    label_map.labels_by_name(label_map.parse_lines(read_lines(path)))


def read_voc(path: Path) -> None:
    """A plain folder, with the list of its split damaged."""
    root = make_voc(path.parent / "voc", {"one": [Box("cat", (1, 2, 30, 20))]})
    (root / "ImageSets/Main/trainval.txt").write_bytes(path.read_bytes())
    read_all(root)


def read_all(path: Path) -> None:
    """The boxes of every image of a data set; a bad image is what a conversion leaves out."""
    if path.name == "voc.yaml":
        make_voc(path.parent / "voc", {"one": [Box("cat", (1, 2, 30, 20))]})
    data = description.load(path)
    for entries in data.splits.values():
        for entry in entries:
            try:
                data.labels(entry)
            except DataError as error:
                assert len(shortened(str(error))) < 1000
