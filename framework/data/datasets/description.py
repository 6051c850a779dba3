"""Dataset descriptions: a YAML file with format and splits, or a folder in VOC's layout."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from framework.data.datasets import coco, openimages, voc, yolo, yolo_files
from framework.data.datasets.dataset import Dataset, Description, shown
from framework.errors import DataError
from framework.system.text import is_there, read_text
from framework.system.wording import shortened

KEYS = ("format", "root", "splits", "names", "others", "shuffle")
MOST_KEYS = 100_000
MOST_LEVELS = 100
FORMATS: dict[str, Callable[[Description], Dataset]] = {
    "voc": voc.load,
    "coco": coco.load,
    "openimages": openimages.load,
    "yolo": yolo.load,
}


def load(path: Path, root: Path | None = None, is_divided: bool = False,
         chosen: Sequence[str] = ()) -> Dataset:
    """The data set of a folder in VOC's layout, or of a YAML file with these keys:

        format: voc                 # or coco, openimages, yolo
        root: ../VOCdevkit          # relative to this file; `root`, if given, replaces it
        splits: {...}               # name: where its images and labels are, see the format's file
        names: [cat, dog]           # the classes in order; may be left out but for yolo
        others: skip                # boxes of other classes: refuse (a bad record), or skip
        shuffle: [trainval]         # these and no others; left out: those named train...

    or of the data.yaml of Ultralytics and the .data file of Darknet: see `yolo_files`. A folder
    that has a data.yaml, and is not in VOC's layout, is read by it.
    is_divided, chosen  as in `Description`
    DataError says which key is wrong and what is allowed.
    """
    if os.path.isdir(path):
        own = path / "data.yaml"
        if not is_there(own) or os.path.isdir(path / "ImageSets"):
            return voc.load(Description(path, {}, str(path), is_divided, chosen))
        path = own
    if not is_there(path):
        raise DataError(f"{path}: no such folder (VOC layout) or YAML file")
    if path.suffix == ".data":
        return yolo.load(yolo_files.of_darknet(path, root, chosen))
    try:
        tree = _read(path)
    except DataError:
        if path.suffix.lower() in (".yaml", ".yml"):
            raise
        raise DataError(f"{path}: is not a data set, which is a folder or a file of YAML, JSON, "
                        "XML, CSV or Darknet (.data); archives must be unpacked") from None
    if not isinstance(tree, dict):
        raise DataError(f"{path}: must hold keys: {', '.join(KEYS)}")
    if yolo_files.is_of_ultralytics(tree):
        return yolo.load(yolo_files.of_ultralytics(tree, path, root, chosen))
    kind = _checked_format(path, tree)
    if root is None:
        root = _root(path, tree.get("root", "."))
    if not os.path.isdir(root):
        raise DataError(f"{path}: root is {shortened(str(root))}: no such folder; --root names "
                        "another")
    return FORMATS[kind](Description(root, tree, str(path), is_divided, chosen))


def _checked_format(path: Path, tree: dict[Any, Any]) -> str:  # Any: what YAML holds
    """The format that a file of our keys names; DataError for other keys and formats."""
    unknown = [shown(key).strip("'") for key in tree if key not in KEYS]
    if unknown:
        raise DataError(f"{path}: unknown key {unknown[0]}; known are {', '.join(KEYS)}")
    kind = tree.get("format", "voc")
    if not isinstance(kind, str) or kind not in FORMATS:
        raise DataError(f"{path}: format is {shown(kind)}; it must be one of: {', '.join(FORMATS)}")
    return kind


class _Loader(yaml.SafeLoader):
    """Safe YAML whose words all are text, with limits on nesting and on merge keys (`<<`), which
    can exhaust the memory.

    YAML 1.1 makes other things of `no`, `on`, `1e3`, `0x10`, `1:30` and `2020-01-01`, which are
    names of classes and splits here.
    """

    yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MOST_LEVELS:
            raise yaml.YAMLError(f"it is nested more than {MOST_LEVELS} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Any: the stubs have another type than the program."""
        node = super().compose_mapping_node(anchor)
        keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
        for name, count in keys.items():
            if count > 1 and name != "<<":
                raise yaml.YAMLError(f"line {node.start_mark.line + 1}: a mapping has the key "
                                     f"{shortened(name)} twice")
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
    if not isinstance(value, str) or not value:
        raise DataError(f"{path}: root is {shown(value)}; it must be a folder")
    try:
        return path.parent / Path(value).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: root is {shortened(value)}: {error}") from None
