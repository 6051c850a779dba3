"""Folders of data in every format that is recognised: one file damaged, then converted."""

import contextlib
import io
import json
import random
import re

import cv2

from framework.cli.convert_dataset import main as convert_dataset
from framework.data.datasets.class_data import check, recognise_classes, train_and_test
from framework.data.records.database import open_database
from framework.errors import CaffeError
from tests.data.datasets.forms import FORMS
from tests.data.datasets.test_via import version_3
from tests.data.making import encoded, image
from tests.fuzz.harness import Target
from tests.fuzz.mutations import damage_bytes, damage_text

IMAGES = (".jpg", ".JPG", ".png")
STORED = re.compile(r"db/(\w+): (\d+) of (\d+) images? and (\d+) of (\d+) box(?:es)? are stored")
CLASS_FORMS = {
    "class lists": {"train.txt": "a.png 0\nb.png 1\n", "val.txt": "c.png 0\n", "a.png": "",
                    "b.png": "", "c.png": ""},
    "class table": {"labels.csv": "image,label,split\na.png,cat,train\nb.png,dog,train\n"
                    "c.png,cat,test\n", "a.png": "", "b.png": "", "c.png": ""},
    "class folders": {"cat/a.png": "", "dog/b.png": "", "labels.txt": "cat\ndog\n"}}
MORE = {
    "VIA 3": {"train/via.json": json.dumps(version_3()), "train/a.jpg": "", "train/b.jpg": ""},
    "VIA table": {"test/via.csv": "filename,file_size,file_attributes,region_count,region_id,"
                  "region_shape_attributes,region_attributes\n"
                  'a.jpg,9,"{}",2,0,"{""name"":""rect"",""x"":5,""y"":6,""width"":20,'
                  '""height"":30}","{""name"":""cat""}"\n'
                  'a.jpg,9,"{}",2,1,"{""name"":""polygon"",""all_points_x"":[1,9,4],'
                  '""all_points_y"":[2,3,8]}","{""name"":{""cat"":true}}"\n', "test/a.jpg": ""},
    "masks": {"images/a.jpg": "", "images/b.jpg": "", "masks/a.png": "", "masks/b.png": "",
              "classes.txt": "back\nfront\n"}}


class Folders(Target):
    """A case is the name of the format, that of the file, and the damaged file, with zeros between.

    What is stored must be what the account says, and an error must leave nothing.
    """

    name = "folders"

    def prepare(self) -> None:
        content = encoded(image(1), ".jpg")
        mask = cv2.imencode(".png", image(1)[:, :, :1] // 128)[1].tobytes()
        self.forms = {}
        for form, files in {**FORMS, **MORE, **CLASS_FORMS}.items():
            self.forms[form] = {
                name: text.encode() or (mask if name.startswith("masks") else content)
                for name, text in files.items()}

    def make(self, rng: random.Random) -> bytes:
        form = rng.choice(sorted(self.forms))
        files = self.forms[form]
        texts = [name for name in sorted(files) if not name.endswith(IMAGES)]
        name = rng.choice(texts if texts and rng.random() < 0.85 else sorted(files))
        damage = damage_text if name in texts else damage_bytes
        return b"\0\0".join((form.encode(), name.encode(), damage(files[name], rng)))

    def run(self, case: bytes) -> None:
        form, name, content = case.split(b"\0\0", 2)
        for path, given in self.forms[form.decode()].items():
            place = self.out / "data" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if path == name.decode() else given)
        if form.decode() in CLASS_FORMS:
            data, _ = train_and_test(recognise_classes(self.out / "data"), 0.5, 0)
            check(data, self.out / "data", 2)
            return
        self.convert()

    def convert(self) -> None:
        """By the program, whose words are read."""
        words = ["data", "db", "--jobs", "1"]
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            code = convert_dataset(words)
            if code:
                code = convert_dataset([*words, "--split", "train=0.5"])
        assert code in (0, 1), f"exit code {code}"
        if code:
            assert not (self.out / "db").exists(), "an error, and still a folder"
            raise CaffeError("exit code 1")
        for split, stored, images, boxes, given in STORED.findall(printed.getvalue()):
            assert int(stored) <= int(images) and int(boxes) <= int(given), printed.getvalue()
            assert len(open_database(self.out / "db" / split)) == int(stored)
