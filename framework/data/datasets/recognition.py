"""Format recognition: which data set a folder or file holds, found by looking into it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from framework.data.datasets import (
    coco,
    csv_table,
    cvat,
    description,
    label_studio,
    openimages,
    xml_folders,
    yolo,
)
from framework.data.datasets.dataset import Dataset, Description, exists
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, each_has, list_files, split_of
from framework.data.datasets.yolo import NOT_LABELS, has_boxes
from framework.data.datasets.yolo_files import SPLITS as YOLO_SPLITS
from framework.definition.values import counted, shortened
from framework.errors import DataError
from framework.system.text import is_there, open_text, read_lines, read_text

COCO_KEYS = ("images", "annotations", "categories")
CLASS_FILES = ("classes.txt", "obj.names", "_darknet.labels")
CLASS_TABLES = ("class-descriptions-boxable.csv", "class-descriptions.csv")
NUM_LOOKED_INTO = 50        # text files, of which one must be a label file of YOLO
LOOKED_FOR = ("ImageSets/Main with JPEGImages and Annotations (VOC), *.xml that begins with "
              "<annotation> (VOC, labelImg), data.yaml with train and val (Ultralytics), *.data "
              "(Darknet), *.json with images, annotations and categories (COCO), "
              "a *.json list of tasks (Label Studio), *.xml that begins with <annotations> and has "
              "<image> (CVAT for images 1.1), *.csv with "
              "filename, class, xmin, ymin, xmax, ymax, or with ImageID, LabelName, XMin, XMax, "
              "YMin, YMax (Open Images), and *.txt of `class x y width height` (YOLO)")


@dataclass(frozen=True)
class Recognised:
    """A data set, the name of its format, and what it was known by."""

    data: Dataset
    format: str
    reason: str


def recognise(path: Path) -> Recognised:
    """The data set of a folder, or of a YAML, .data, JSON or CSV file.

    DataError, which says what was looked for, if its format is not known.
    """
    if os.path.isdir(path):
        return _in_folder(_inner(path))
    if not is_there(path):
        raise DataError(f"{path}: there is no such folder or file")
    kind = path.suffix.lower()
    if kind in (".yaml", ".yml", ".data"):
        return _described(path)
    tree = list_files(path.parent)
    only = FileTree(tree.root, tuple(name for name in tree.files
                                     if name == path.name or name in tree.images))
    for find in (_coco, _label_studio, _cvat, _csv):
        found = find(only)
        if found is not None:
            return found
    raise DataError(f"{path}: its format is not known. Files are: .yaml (Ultralytics, or ours), "
                    ".data (Darknet), .json of COCO or Label Studio, .xml of CVAT, .csv with a "
                    "header; or give the folder")


def _inner(path: Path) -> Path:
    """The folder, or the only one in it, as archives often have one more."""
    while True:
        entries = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        if len(entries) != 1 or not entries[0].is_dir() \
                or split_of(f"{entries[0].name}/image") != UNDIVIDED:
            return path
        path = entries[0]


def _in_folder(path: Path) -> Recognised:
    if os.path.isdir(path / "ImageSets" / "Main") and os.path.isdir(path / "JPEGImages"):
        data = description.load(path)
        return Recognised(data, "VOC", "it has JPEGImages, Annotations and the lists of "
                          f"ImageSets/Main: {', '.join(data.splits)}")
    tree = list_files(path)
    finders: tuple[Callable[[FileTree], Recognised | None], ...] = (
        _yaml, _coco, _label_studio, _xml, _cvat, _csv, _yolo)
    for index, find in enumerate(finders):
        found = find(tree)
        if found is not None:
            _check_one_format(tree, found, finders[index + 1:])
            return _with_unread(tree, found, finders[index + 1:])
    raise DataError(f"{path}: its format is not known: it has "
                    f"{counted(len(tree.images), 'image')} and "
                    f"{counted(len(tree.files) - len(tree.images), 'other file')}. Looked for "
                    f"were: {LOOKED_FOR}; images with a class each, and no boxes, are for "
                    f"`caffe new classifier`{_broken(tree)}")


def _broken(tree: FileTree) -> str:
    """The end of a sentence: a JSON file that cannot be read, or is COCO's without a box; or ""."""
    for name in tree.ending(".json"):
        try:
            content = json.loads(read_text(tree.root / name))
        except (DataError, ValueError, RecursionError) as error:
            return f"; {shortened(name)} is not JSON: {error}"
        if _has_coco_keys(content):
            return f"; {shortened(name)} has {', '.join(COCO_KEYS)}, but no annotation with a bbox"
    return ""


def _check_one_format(tree: FileTree, found: Recognised,
                      finders: Sequence[Callable[[FileTree], Recognised | None]]) -> None:
    """DataError if images that this format leaves out have labels in another one."""
    root = found.data.root
    used = {os.path.normpath(root / entry.image) for entries in found.data.splits.values()
            for entry in entries if exists(root / entry.label.partition("#")[0])}
    left = tuple(name for name in tree.images if os.path.normpath(tree.root / name) not in used)
    if not left:
        return
    taken = set(tree.images) - set(left)
    rest = FileTree(tree.root, tuple(name for name in tree.files if name not in taken))
    for other in _all_found(rest, finders):
        count = sum(exists(other.data.root / entry.label.partition("#")[0])
                    for entries in other.data.splits.values() for entry in entries
                    if exists(other.data.root / entry.image))
        if count:
            raise DataError(f"{tree.root}: holds two formats: {found.format} for {len(used)} "
                            f"images ({found.reason}), and {other.format} for {count} others "
                            f"({other.reason}); bring all into one, or give each its own folder")


def _with_unread(tree: FileTree, found: Recognised,
                 finders: Sequence[Callable[[FileTree], Recognised | None]]) -> Recognised:
    """The data set, with a reason that names labels of the same images in other formats."""
    read = _label_files(found)
    others = [f"{other.format} ({other.reason})" for other in _all_found(tree, finders)
              if not _label_files(other) <= read]
    if not others:
        return found
    return replace(found, reason=f"{found.reason}; the same images have labels in another format "
                   f"too, which are not read: {', '.join(others)}")


def _label_files(found: Recognised) -> set[str]:
    """The files that its labels are read from."""
    return {os.path.normpath(found.data.root / entry.label.partition("#")[0])
            for entries in found.data.splits.values() for entry in entries}


def _all_found(tree: FileTree, finders: Sequence[Callable[[FileTree], Recognised | None]]
               ) -> list[Recognised]:
    """The data sets that the files are of by one of `finders` each."""
    result = []
    for find in finders:
        try:
            other = find(tree)
        except DataError:       # no labels of these images, or no classes
            continue
        if other is not None:
            result.append(other)
    return result


def _described(path: Path) -> Recognised:
    kind = "YOLO, Darknet's .data file" if path.suffix == ".data" else "a YAML description"
    return Recognised(description.load(path), kind, f"{path.name} describes it")


def _yaml(tree: FileTree) -> Recognised | None:
    """The YAML file of Ultralytics, or the .data file of Darknet, at the top."""
    for name in tree.ending(".yaml", ".yml", ".data"):
        if os.path.dirname(name):
            continue
        if name.endswith(".data"):
            return _described(tree.root / name)
        keys = {line.partition(":")[0].strip() for line in read_lines(tree.root / name)}
        if keys & {"names", "nc"} and keys & set(YOLO_SPLITS):
            data = description.load(tree.root / name)
            return Recognised(data, "YOLO, Ultralytics' data.yaml",
                              f"{name} has names and the splits {', '.join(data.splits)}")
    return None


def _coco(tree: FileTree) -> Recognised | None:
    """JSON files with COCO's three keys."""
    found: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in tree.ending(".json"):
        content = _json_of(tree.root / name)
        if content is None:
            continue
        split = split_of(name, with_name=True)
        other = found.get(split)
        if other is not None and ("instances" in name) == ("instances" in other):
            raise DataError(f"{tree.root}: {other} and {name} are both COCO files of one split "
                            f"({split}); give one of them, or put `train` and `val` into the names")
        if other is None or "instances" in name:
            found[split] = name
            folders[split] = _image_folder(tree, name, split, content)
    if not found:
        return None
    splits = {split: {"images": folders[split], "annotations": name}
              for split, name in found.items()}
    data = coco.load(Description(tree.root, {"splits": splits}, str(tree.root)))
    return Recognised(data, "COCO", f"{each_has(found.values())} images, annotations and "
                      f"categories; the images are in {', '.join(dict.fromkeys(folders.values()))}")


def _json_of(path: Path) -> Any:
    """What a COCO file holds; None for other files. Any: what JSON holds."""
    try:
        content = json.loads(read_text(path))
    except (DataError, ValueError, RecursionError):
        return None
    items = content["annotations"] if _has_coco_keys(content) else []
    has_boxes_in_it = any(isinstance(item, dict) and "bbox" in item for item in items)
    return content if has_boxes_in_it else None


def _has_coco_keys(content: Any) -> bool:
    """Any: what JSON holds."""
    return isinstance(content, dict) and all(
        isinstance(content.get(key), list) for key in COCO_KEYS)


def _image_folder(tree: FileTree, path: str, split: str, content: Any) -> str:
    """The folder that the file names of a COCO file begin from. Any: what JSON holds.

    DataError if not one of the images is below the root.
    """
    names = [str(image.get("file_name", "")) for image in content["images"]
             if isinstance(image, dict)]
    for name in names:
        image = tree.image_named(name, os.path.dirname(path), split)
        parts = PurePath(name).parts
        if image is not None and PurePath(image).parts[-len(parts):] == parts:
            return str(PurePath(*PurePath(image).parts[:-len(parts)]))
    first = shortened(names[0]) if names else "nothing"
    raise DataError(f"{tree.root}: none of the {len(names)} images that {shortened(path)} names is "
                    f"below this folder; the first is {first}")


def _label_studio(tree: FileTree) -> Recognised | None:
    """JSON files that are lists of tasks."""
    found = {}
    for name in tree.ending(".json"):
        try:
            content = json.loads(read_text(tree.root / name))
        except (DataError, ValueError, RecursionError):
            continue
        if label_studio.is_export(content):
            found[name] = content
    if not found:
        return None
    return Recognised(label_studio.load(tree, found), "Label Studio",
                      f"{', '.join(found)} is a list of tasks with annotations")


def _cvat(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotations>."""
    files = []
    for name in tree.ending(".xml"):
        try:
            head = read_text(tree.root / name)[:2000]
        except DataError:
            continue
        if cvat.ROOT in head:
            files.append(name)
    if not files:
        return None
    return Recognised(cvat.load(tree, files), "CVAT for images",
                      f"{', '.join(files)} begins with <annotations> and has <image> elements")


def _xml(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotation>: VOC without lists, and labelImg's."""
    labels = tree.ending(".xml")
    for name in labels[:NUM_LOOKED_INTO]:
        try:
            head = read_text(tree.root / name)[:2000]
        except DataError:
            continue
        if "<annotation" in head and "<annotations" not in head:
            data = xml_folders.load(tree)
            return Recognised(data, "VOC annotations", f"{name} is one of {len(labels)} XML files "
                              "that begin with <annotation>; there are no lists in ImageSets/Main")
    return None


def _csv(tree: FileTree) -> Recognised | None:
    """Tables of boxes: of Open Images, or of a simple form."""
    simple: list[str] = []
    boxes: dict[str, str] = {}
    for name in tree.ending(".csv"):
        try:
            with open_text(tree.root / name) as file:
                header = next(openimages.table_rows(csv.reader(file)), [])
            columns = csv_table.columns_of(tree.root / name)
        except DataError:
            continue
        if set(openimages.COLUMNS) <= set(header):
            boxes.setdefault(split_of(name, with_name=True), name)
        elif columns is not None:
            simple.append(name)
    if boxes:
        return _open_images(tree, boxes)
    if simple:
        return Recognised(csv_table.load(tree, simple), "CSV with a box a row",
                          f"{each_has(simple)} the columns {', '.join(csv_table.NEEDED)}")
    return None


def _open_images(tree: FileTree, boxes: dict[str, str]) -> Recognised:
    splits = {}
    for split, table in boxes.items():
        folders = [os.path.dirname(image) or "." for image in tree.images
                   if image.lower().endswith(".jpg")]
        own = [folder for folder in folders if split_of(f"{folder}/image") == split] or folders
        if not own:
            raise DataError(f"{tree.root}: has no .jpg, which {table} wants: <ImageID>.jpg")
        splits[split] = {"images": max(set(own), key=own.count), "boxes": table}
    keys: dict[str, Any] = {"splits": splits}       # Any: as YAML's
    titles = next((name for name in tree.ending(".csv")
                   if PurePath(name).name in CLASS_TABLES), None)
    data = openimages.load(Description(tree.root, keys, str(tree.root)))
    if titles is not None:
        with open_text(tree.root / titles) as file:
            rows = {row[0]: row[1] for row in openimages.table_rows(csv.reader(file))
                    if len(row) > 1}
        named = {name: rows.get(name, name) for name in data.names}
        data = openimages.load(Description(tree.root, {**keys, "names": named}, str(tree.root)))
    return Recognised(data, "Open Images", f"{', '.join(boxes.values())} has the columns "
                      f"{', '.join(openimages.COLUMNS)}")


def _yolo(tree: FileTree) -> Recognised | None:
    """Text files of YOLO's lines, without a YAML file."""
    texts = [name for name in tree.ending(".txt") if PurePath(name).name.lower() not in NOT_LABELS]
    label = next((name for name in texts[:NUM_LOOKED_INTO] if has_boxes(tree.root / name)), None)
    if label is None or not tree.images:
        return None
    names = next((name for name in tree.files if PurePath(name).name.lower() in CLASS_FILES), None)
    if names is None:
        raise DataError(f"{tree.root}: {label} is a label file of YOLO, but nothing names the "
                        f"classes: a data.yaml, or one of {', '.join(CLASS_FILES)} with a name on "
                        "each line")
    classes = [line.strip() for line in read_lines(tree.root / names) if line.strip()]
    splits: dict[str, list[str]] = {}
    for image in tree.images:
        split = split_of(image)
        folder = _folder_of_split(image) if split != UNDIVIDED else "."
        if folder not in splits.setdefault(split, []):
            splits[split].append(folder)
    if len(splits) > 1:
        splits.pop(UNDIVIDED, None)     # the folder that holds them all
    data = yolo.load(Description(tree.root, {"splits": splits, "names": classes}, str(tree.root)))
    return Recognised(data, "YOLO", f"{label} has lines of `class x y width height`, and {names} "
                      "names the classes")


def _folder_of_split(image: str) -> str:
    """The outermost folder that puts an image into its split."""
    folders = PurePath(image).parent.parts
    split = split_of(image)
    return next(str(PurePath(*folders[:index])) for index in range(1, len(folders) + 1)
                if split_of(f"{PurePath(*folders[:index])}/image") == split)
