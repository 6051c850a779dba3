"""Dataset files of YOLO programs: the data.yaml of Ultralytics and the .data file of Darknet."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framework.data.datasets.dataset import Description, shown
from framework.definition.values import whole_number
from framework.errors import DataError
from framework.system.text import is_there, name_lines, read_lines
from framework.system.wording import shortened

SPLITS = ("train", "val", "test", "minival")
OPTIONAL = ("test", "minival")      # may be named and not be there, as in exports of Roboflow
EXPORTED = "data"
DARKNETS = (("train", "train"), ("valid", "valid"), ("test", "test"))   # split, key of a .data file
OWN_KEYS = ("format", "root", "splits")


def is_of_ultralytics(tree: Mapping[str, Any]) -> bool:
    """Does a YAML file have their keys, and none of ours? Any: what YAML holds."""
    return any(key in tree for key in SPLITS) and not any(key in tree for key in OWN_KEYS)


def of_ultralytics(tree: Mapping[str, Any], path: Path, root: Path | None,
                   chosen: Sequence[str] = ()) -> Description:
    """The description of a data.yaml:

        path: ../datasets/coco8       # the root, relative to this file; may be left out
        train: images/train           # a folder, a list of images, or several of them
        val: [images/val, more/val]
        test:                         # left out
        names: {0: person, 1: bicycle}
        nc: 2                         # their number; without names: class_0, class_1
        kpt_shape: [17, 3]            # labels of poses have these values after the box

    A path that begins with ../ and is not there is read without it, since files that were exported
    for a folder `datasets` are used in others; a `path` that is not there is looked for by its last
    name, and is otherwise the folder of this file. A test split that is not there is left out.
    Source: ultralytics/data/utils.py check_det_dataset, in the documentation of Ultralytics.
    """
    place = str(path)
    splits = {name: tree[name] for name in SPLITS if tree.get(name)}
    if root is None:
        root = _root(path, tree.get("path", ""))
    elif not os.path.isdir(root):
        raise DataError(f"{place}: --root is {shortened(str(root))}: no such folder")
    keys = Description(root, {**tree, "splits": splits}, place, chosen=chosen)
    found = {name: [_existing(root, part) for part in keys.words(name, value)]
             for name, value in splits.items()}
    absent = [name for name in OPTIONAL if name in found and name not in chosen
              and not any(is_there(root / part) for part in found[name])]
    absent = [f"{place}, {name}: {' '.join(found.pop(name))}" for name in absent]
    names = tree.get("names") or _numbered(tree.get("nc"), place)
    rest = {key: tree[key] for key in ("others", "shuffle", "kpt_shape") if key in tree}
    made = Description(root, {"splits": found, "names": names, "absent": absent, **rest}, place,
                       chosen=chosen)
    count = tree.get("nc")
    if count is not None and whole_number(str(count)) != len(made.names([])):
        raise DataError(f"{place}: nc is {shown(count)}, but names has {len(made.names([]))}")
    return made


def _root(path: Path, value: object) -> Path:
    """The folder that `path` of a data.yaml names, as far as it is there."""
    if not isinstance(value, str):
        raise DataError(f"{path}: path is {shown(value)}; it must be a folder")
    folder = path.parent
    tried = [folder / value, folder / Path(value).name, folder]
    return next(root for root in tried if os.path.isdir(root) or root == folder)


def _existing(root: Path, part: str) -> str:
    """A part of a split; without `../`, with / for Windows' own sign, or by its end, if it is there
    only then."""
    plain = part.replace("\\", "/").removeprefix("../")
    names = (part, part.removeprefix("../"), *ends(root, plain))
    return next((name for name in names if is_there(root / name)), part)


def ends(root: Path, path: str) -> list[str]:
    """A path with / for Windows' own sign, and what it may mean if it is not there: its ends, the
    longest first, of one of another machine, which begins with / or a drive; of another what
    follows a folder `data` that is not there, which exports of CVAT and Datumaro begin with.
    """
    parts = path.replace("\\", "/").removeprefix("./").split("/")
    if parts[0] == "" or parts[0].endswith(":"):
        return ["/".join(parts[index:]) for index in range(len(parts))]
    is_short = parts[0] == EXPORTED and not os.path.isdir(root / EXPORTED)
    return ["/".join(parts), *(["/".join(parts[1:])] if is_short else [])]


def _numbered(count: object, place: str) -> list[str]:
    number = whole_number(str(count))
    if number is None or not 0 < number < 100_000:
        raise DataError(f"{place}: names is not given; YOLO's labels are numbers")
    return [f"class_{index}" for index in range(number)]


def of_darknet(path: Path, root: Path | None, chosen: Sequence[str] = ()) -> Description:
    """The description of a .data file: lines of `key = value`, of which train, valid, names and
    classes are read.

    Its paths are relative to the folder that darknet is called in: here the root, if it is given,
    else the nearest folder above the file that has them. CVAT and Datumaro write them with a folder
    `data` that the export does not have. A test split that is not there is left out.
    Source: datumaro/plugins/data_formats/yolo/exporter.py.
    """
    tree: dict[str, str] = {}
    for number, line in enumerate(read_lines(path), start=1):
        key, equals, value = line.partition("#")[0].partition("=")
        if equals and key.strip() in tree:
            raise DataError(f"{path}:{number}: {shortened(key.strip())} is there twice")
        if equals:
            tree[key.strip()] = value.strip()
    splits = {name: tree[key] for name, key in DARKNETS if tree.get(key)}
    if not splits.keys() & {"train", "valid"}:
        raise DataError(f"{path}: has neither train nor valid; a line must be: key = value")
    if root is None:
        above = [path.parent, *path.absolute().parents]
        first = next(iter(splits.values()))
        root = next((folder for folder in above if is_there(folder / first)), path.parent)
    splits = {name: _existing(root, part) for name, part in splits.items()}
    absent = [f"{path}, {name}: {splits.pop(name)}" for name in OPTIONAL if name in splits
              and name not in chosen and not is_there(root / splits[name])]
    names: Any = None
    if "names" in tree:
        tree["names"] = _existing(root, tree["names"])
        names = name_lines(root / tree["names"])
        count = whole_number(tree.get("classes", str(len(names))))
        if count != len(names):
            raise DataError(f"{path}: classes is {shortened(tree['classes'])}, but "
                            f"{root / tree['names']} has {len(names)} names")
    names = names or _numbered(tree.get("classes"), str(path))
    return Description(root, {"splits": splits, "names": names, "absent": absent}, str(path),
                       chosen=chosen)


def pose_values(tree: Mapping[str, Any], place: str) -> int:
    """How many values of a pose follow each box; 0 if `kpt_shape` is not given. Any: as YAML's."""
    shape = tree.get("kpt_shape", [])
    numbers = [whole_number(str(side)) for side in shape] if isinstance(shape, list) else [None]
    sides = [number for number in numbers if number is not None and number > 0]
    if len(sides) != len(numbers):
        raise DataError(f"{place}: kpt_shape is {shown(shape)}; it must be a list of numbers")
    return math.prod(sides) if sides else 0
