"""Find out what is in a data set: a YAML file that describes it, or a folder in VOC's layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from framework.data.datasets import coco, openimages, voc, yolo
from framework.data.datasets.dataset import Dataset, Description
from framework.errors import DataError

KEYS = ("format", "root", "splits", "names", "others", "shuffle")
FORMATS: dict[str, Callable[[Description], Dataset]] = {
    "voc": voc.load,
    "coco": coco.load,
    "openimages": openimages.load,
    "yolo": yolo.load,
}


def load(path: Path, root: Path | None = None, is_divided: bool = False) -> Dataset:
    """The data set of a folder in VOC's layout, or of a YAML file with these keys:

        format: voc                 # or coco, openimages, yolo
        root: ../VOCdevkit          # relative to this file; `root`, if given, replaces it
        splits: {...}               # name: where its pictures and labels are, see the format's file
        names: [cat, dog]           # the classes in order; may be left out but for yolo
        others: skip                # boxes of other classes: refuse (a bad record), or skip
        shuffle: [trainval]         # may be left out

    is_divided  as in `Description`
    DataError says which key is wrong and what is allowed.
    """
    if path.is_dir():
        return voc.load(Description(path, {}, str(path), is_divided))
    if not path.is_file():
        raise DataError(f"{path}: no such folder (VOC layout) or YAML file")
    try:
        tree = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise DataError(f"{path}: is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise DataError(f"{path}: must hold keys: {', '.join(KEYS)}")
    unknown = [str(key) for key in tree if key not in KEYS]
    if unknown:
        raise DataError(f"{path}: unknown key {unknown[0]}; known are {', '.join(KEYS)}")
    kind = tree.get("format", "voc")
    if kind not in FORMATS:
        raise DataError(f"{path}: format is {kind!r}; it must be one of: {', '.join(FORMATS)}")
    if root is None:
        root = path.parent / Path(str(tree.get("root", "."))).expanduser()
    if not root.is_dir():
        raise DataError(f"{path}: root is {root}: no such folder; --root names another")
    return FORMATS[kind](Description(root, tree, str(path), is_divided))
