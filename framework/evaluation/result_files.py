"""Write detections into result files in the formats of VOC, ILSVRC and COCO."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from framework.system.atomic import write_file
from framework.system.rounding import c_rounded

FORMATS = ("VOC", "COCO", "ILSVRC")


@dataclass(frozen=True)
class Detection:
    """A box in an image; x, y, width, height in pixels, rounded to two decimals."""

    image: str
    label: int
    score: float
    box: tuple[float, float, float, float]


@dataclass
class ResultFiles:
    """Collects the detections of a set of images and writes them when all have been seen.

    folder, prefix    VOC: `<prefix><class name>.txt` for each class; COCO: `<prefix>.json`;
                      ILSVRC: `<prefix>.txt`
    label_names       name of each label
    classes           the labels that have a VOC file
    images            names, in the order of the images
    num_images        size of a set; after that many the files are written and a new set begins
    Source: DetectionOutput's Forward in detection_output_layer.cpp, weiliu89/caffe branch ssd.
    """

    folder: Path
    prefix: str
    form: str
    label_names: Mapping[int, str]
    classes: Sequence[int]
    images: Sequence[str]
    num_images: int
    seen: int = 0
    detections: list[Detection] = field(default_factory=list)

    def begin(self) -> None:
        """Make the folder and, for VOC, empty files: old results never look like new ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.form == "VOC":
            for label in self.classes:
                write_file(self._voc_path(label), "")

    def add(self, labels: np.ndarray, scores: np.ndarray, corners: np.ndarray) -> None:
        """Take the detections of the next image: (K,), (K,) and float32 (K, 4) in pixels."""
        numbers = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
        numbers = c_rounded((numbers.astype(np.float32) * np.float32(100)).astype(np.float64)) / 100
        for label, score, box in zip(labels.tolist(), scores.astype(np.float32).tolist(),
                                     numbers.astype(np.float32).tolist(), strict=True):
            self.detections.append(Detection(self.images[self.seen], int(label), score,
                                             (box[0], box[1], box[2], box[3])))
        self.seen += 1
        if self.seen == self.num_images:
            self.write()
            self.seen = 0
            self.detections = []

    def write(self) -> None:
        """Write what has been collected."""
        if self.form == "COCO":
            write_file(self.folder / f"{self.prefix}.json", self._coco())
        elif self.form == "ILSVRC":
            lines = [f"{found.image} {found.label} {_tail(found)}\n" for found in self.detections]
            write_file(self.folder / f"{self.prefix}.txt", "".join(lines))
        else:
            for label in self.classes:
                lines = [f"{found.image} {_tail(found)}\n" for found in self.detections
                         if found.label == label]
                write_file(self._voc_path(label), "".join(lines))

    def _voc_path(self, label: int) -> Path:
        return self.folder / f"{self.prefix}{self.label_names[label]}.txt"

    def _coco(self) -> str:
        """A JSON list, laid out as the original's; names that are numbers become numbers."""
        entries = []
        for found in self.detections:
            box = ",\n".join(f"                {_shortest(number)}" for number in found.box)
            entries.append(
                f'        {{\n            "image_id": {_name_or_number(found.image)},\n'
                f'            "category_id": {_name_or_number(self.label_names[found.label])},\n'
                f'            "bbox": [\n{box}\n            ],\n'
                f'            "score": {_shortest(found.score)}\n        }}')
        return "[" + ("\n" + ",\n".join(entries) if entries else "") + "\n" + "    \n]\n"


def _tail(found: Detection) -> str:
    """Score and corners of a line: x, y, width, height cut to integers before they are added."""
    x, y, width, height = (int(number) for number in found.box)
    return f"{found.score:.6g} {x} {y} {x + width} {y + height}"


def _shortest(number: float) -> str:
    """A float32 with as many digits as tell it from its neighbours."""
    return f"{number:.9g}"


def _name_or_number(name: str) -> str:
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", name):
        return re.sub(r"^(-?)0+(?=[0-9])", r"\1", name)
    return json.dumps(name, ensure_ascii=False).replace("/", "\\/")
