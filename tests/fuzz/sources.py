"""Files that data layers read, and files of results: one damaged, then read by its layer."""

import contextlib
import random
from pathlib import Path

import h5py
import numpy as np

from framework.cli.test import main as test_program
from framework.data.records.images import BadRecord
from framework.errors import CaffeError, DataError
from tests.data.making import (
    annotated_net,
    finished,
    good_records,
    make_source,
    write_database,
    write_images,
)
from tests.fuzz.files import Files
from tests.fuzz.mutations import damage_bytes, damage_text
from tests.weight_files import blob_message, noise

LAYER = 'layer { name: "data" type: "%s" top: "data" top: "label" %s }'
NETS = {
    "h5.list": LAYER % ("HDF5Data", 'hdf5_data_param { source: "h5.list" batch_size: 2 }'),
    "image.list": LAYER % ("ImageData", 'image_data_param { source: "image.list" batch_size: 2 '
                           'new_height: 20 new_width: 30 }'),
    "windows.list": LAYER % ("WindowData", 'transform_param { crop_size: 12 } window_data_param { '
                             'source: "windows.list" batch_size: 2 }'),
    "mean.binaryproto": LAYER % ("ImageData", 'image_data_param { source: "image.list" '
                                 'batch_size: 2 } transform_param { '
                                 'mean_file: "mean.binaryproto" }')}
NETS["rows.h5"] = NETS["h5.list"]
NETS["0.png"] = NETS["image.list"]
TREE = ('{"images": [{"id": 7, "file_name": "one.jpg", "width": 40, "height": 30}], '
        '"annotations": [{"id": 1, "image_id": 7, "category_id": 18, "bbox": [10, 5, 20, 15], '
        '"area": 300, "iscrowd": 0}], "categories": [{"id": 18, "name": "dog"}]}')
FOUND = '[{"image_id": 7, "category_id": 18, "bbox": [10, 5, 19, 15], "score": 0.5}]'
MAP = ('item { name: "none_of_the_above" label: 0 display_name: "background" }\n'
       + "".join(f'item {{ name: "c{label}" label: {label} }}\n' for label in (1, 2, 3)))


class Sources(Files):
    """A batch of a layer whose file is damaged; results of COCO are scored without a net."""

    name = "sources"

    def prepare(self) -> None:
        write_images(self.given, 2)
        for path in self.given.glob("*_marks.png"):
            path.unlink()
        (self.given / "h5.list").write_text("rows.h5\n")
        (self.given / "image.list").write_text("0.png 0\n1.png 1\n")
        (self.given / "windows.list").write_text("# 0\n0.png\n3\n40\n56\n2\n2 0.9 10 5 33 28\n"
                                                 "1 0.1 0 0 11 11\n")
        with h5py.File(self.given / "rows.h5", "w") as file:
            file["data"] = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
            file["label"] = np.arange(4, dtype=np.float32)
        mean = blob_message(noise((3, 40, 56)), "legacy").SerializeToString()
        (self.given / "mean.binaryproto").write_bytes(mean)
        (self.given / "annotations.json").write_text(TREE)
        (self.given / "results.json").write_text(FOUND)
        (self.given / "map.prototxt").write_text(MAP)
        write_database(self.given.parent / "db", good_records(3))

    @staticmethod
    def damage(content: bytes, rng: random.Random) -> bytes:
        is_text = b"\0" not in content
        return (damage_text if is_text else damage_bytes)(content, rng)

    def read(self, path: Path) -> None:
        for good in self.given.iterdir():
            if good.name != path.name:
                path.with_name(good.name).write_bytes(good.read_bytes())
        if path.suffix == ".json":
            code = test_program(["--detections", "results.json", "--annotations",
                                 "annotations.json"])
            assert code in (0, 1), f"exit code {code}"
            if code:
                raise CaffeError("exit code 1")
            return
        text = NETS.get(path.name, NETS["image.list"])
        if path.name == "map.prototxt":
            text = annotated_net(self.given.parent / "db", 2,
                                 annotated='label_map_file: "map.prototxt"')
        with contextlib.closing(make_source(text, "TEST")) as source:
            try:
                finished(source)
            except BadRecord as error:
                raise DataError(str(error)) from None
