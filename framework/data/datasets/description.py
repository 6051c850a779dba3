"""Dataset descriptions: a YAML file with format and splits, or a folder in VOC's layout."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from framework.data.datasets import coco, openimages, voc, yolo
from framework.data.datasets.dataset import Dataset, Description, shown
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system.text import is_there, read_text

KEYS = ("format", "root", "splits", "names", "others", "shuffle")
MOST_KEYS = 100_000
MOST_LEVELS = 100
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
        splits: {...}               # name: where its images and labels are, see the format's file
        names: [cat, dog]           # the classes in order; may be left out but for yolo
        others: skip                # boxes of other classes: refuse (a bad record), or skip
        shuffle: [trainval]         # may be left out

    is_divided  as in `Description`
    DataError says which key is wrong and what is allowed.
    """
    if path.is_dir():
        return voc.load(Description(path, {}, str(path), is_divided))
    if not is_there(path):
        raise DataError(f"{path}: no such folder (VOC layout) or YAML file")
    tree = _read(path)
    if not isinstance(tree, dict):
        raise DataError(f"{path}: must hold keys: {', '.join(KEYS)}")
    unknown = [shown(key).strip("'") for key in tree if key not in KEYS]
    if unknown:
        raise DataError(f"{path}: unknown key {unknown[0]}; known are {', '.join(KEYS)}")
    kind = tree.get("format", "voc")
    if not isinstance(kind, str) or kind not in FORMATS:
        raise DataError(f"{path}: format is {shown(kind)}; it must be one of: {', '.join(FORMATS)}")
    if root is None:
        root = _root(path, tree.get("root", "."))
    if not os.path.isdir(root):
        raise DataError(f"{path}: root is {shortened(str(root))}: no such folder; --root names "
                        "another")
    return FORMATS[kind](Description(root, tree, str(path), is_divided))


class _Loader(yaml.SafeLoader):
    """Safe YAML with limits on nesting and on merge keys (`<<`), which can exhaust the memory."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MOST_LEVELS:
            raise yaml.YAMLError(f"it is nested more than {MOST_LEVELS} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MOST_KEYS:
            raise yaml.YAMLError(f"a mapping has more than {MOST_KEYS} keys")


def _read(path: Path) -> Any:       # Any: what YAML holds
    try:
        return yaml.load(read_text(path), _Loader)
    # PyYAML raises the others for values that their tags do not fit, as `!!int a` and 2020-13-45
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = shortened(" ".join(str(error).split()))
        raise DataError(f"{path}: is not YAML: {reason}") from None


def _root(path: Path, value: object) -> Path:
    if not isinstance(value, str):
        raise DataError(f"{path}: root is {shown(value)}; it must be a folder")
    try:
        return path.parent / Path(value).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: root is {shortened(value)}: {error}") from None
