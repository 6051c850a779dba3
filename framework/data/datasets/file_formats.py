"""Formats of JSON files and tables, by what they hold; each is looked into once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from framework.data.datasets import (
    automl,
    create_ml,
    csv_table,
    datumaro,
    label_studio,
    labelme,
    openimages,
    supervisely,
    via,
    vott,
)
from framework.data.datasets.file_tree import FileTree
from framework.data.datasets.label_files import json_words
from framework.data.datasets.tables import TableRows
from framework.errors import DataError
from framework.system.json_text import parse_json
from framework.system.text import open_text, read_bytes, read_text
from framework.system.wording import shortened

COCO, LABEL_STUDIO, LABELME = "COCO", "Label Studio", "labelme"
VIA, CREATE_ML = "VIA", "Create ML"
DATUMARO, SUPERVISELY, VOTT = "Datumaro", "Supervisely", "VoTT"
AUTOML = "CSV of AutoML and Vertex AI"
TABLE, OPEN_IMAGES = "CSV with a box a row", "Open Images"
MOST_KEYS = 12          # that messages name
COCO_KEYS = ("images", "annotations", "categories")
LOOKED_FOR = ("ImageSets/Main with JPEGImages and Annotations (VOC), *.xml that begins with "
              "<annotation> (VOC, labelImg), data.yaml with train and val (Ultralytics), *.data "
              "(Darknet), *.json with images, annotations and categories (COCO), "
              "a *.json list of tasks (Label Studio), *.json with shapes and imagePath (labelme), "
              "a *.json list of images with coordinates (Create ML), *.json or *.csv of files with "
              "regions (VIA), *.json with items and categories (Datumaro), with objects and size "
              "(Supervisely), or with assets (VoTT), "
              "*.xml that begins with <annotations> and has <image> (CVAT for images 1.1), *.csv "
              "with filename, class, xmin, ymin, xmax, ymax, with label_name and bbox_x "
              "(makesense), with ImageID, LabelName, XMin, XMax, YMin, YMax (Open Images), or of "
              "set, image, label and corners (AutoML), and *.txt of `class x y width height` "
              "(YOLO), of 15 words an object (KITTI, DIGITS), of 8 numbers with commas (VisDrone), "
              "of 4 corners, category, difficult (DOTA), or of images with numbers of faces (WIDER "
              "FACE)")


def json_files(tree: FileTree, wanted: str) -> Iterator[tuple[str, Any]]:
    """The JSON files of one format, and what each holds. Those that are known to be of another one
    are not read again, as they may be large. Any: what JSON holds."""
    for name in tree.ending(".json"):
        if tree.formats.get(name, wanted) != wanted:
            continue
        content = _json_of(tree, name)
        if name not in tree.formats:
            tree.formats[name] = _json_format(tree, name, content)
        if tree.formats[name] == wanted:
            yield name, content


def _json_format(tree: FileTree, name: str, content: Any) -> str:
    """The format of a file; "" if it is of none. Any: what JSON holds."""
    if _is_coco(tree, name, content):
        return COCO
    for known, is_it in ((LABEL_STUDIO, label_studio.is_export), (LABELME, labelme.is_file),
                         (CREATE_ML, create_ml.is_file), (VIA, via.is_file),
                         (DATUMARO, datumaro.is_file), (SUPERVISELY, supervisely.is_file),
                         (SUPERVISELY, supervisely.is_meta), (VOTT, vott.is_file)):
        if is_it(content):
            return known
    if name not in tree.unread:
        tree.holding[name] = _held(content)
    return ""


def _held(content: Any) -> str:
    """What a JSON file of no known format has, in words. Any: what JSON holds."""
    first = next(iter(content), None) if isinstance(content, list) else content
    if not isinstance(first, dict):
        return "holds neither an object nor a list of them"
    keys = shortened(", ".join(list(first)[:MOST_KEYS]))
    return f"holds {'a list of objects' if first is not content else 'an object'} with {keys}"


def _json_of(tree: FileTree, name: str) -> Any:
    """What a file holds; None, and a line in `tree.unread`, if that cannot be read.

    Any: what JSON holds.
    """
    try:
        return parse_json(read_text(tree.root / name))
    except DataError as error:
        tree.unread[name] = str(error)
    except (ValueError, RecursionError) as error:
        tree.unread[name] = f"{tree.root / name}: is not JSON: {json_words(error)}"
    return None


def _is_coco(tree: FileTree, name: str, content: Any) -> bool:
    """Has a file COCO's keys? One whose annotations are without boxes is not COCO's, but noted in
    `tree.unread`. Any: what JSON holds."""
    if not isinstance(content, dict) or not all(
            isinstance(content.get(key), list) for key in COCO_KEYS):
        return False
    items = content["annotations"]
    if not items or any(isinstance(item, dict) and {"bbox", "segmentation"} & item.keys()
                        for item in items):
        return True
    tree.unread[name] = (f"{tree.root / name}: has {', '.join(COCO_KEYS)}, but neither a bbox nor "
                         "a segmentation")
    return False


def tables_of(tree: FileTree, wanted: str) -> list[str]:
    """The tables of one format; each is read once, whatever is asked for."""
    names = tree.ending(".csv")
    for name in names:
        if name not in tree.formats:
            tree.formats[name] = _table_format(tree, name)
    return [name for name in names if tree.formats[name] == wanted]


def _table_format(tree: FileTree, name: str) -> str:
    """The format of a table, by its first row; "" if it is of none, or cannot be read."""
    try:
        with open_text(tree.root / name) as file:
            header = next(TableRows(file), [])
            for _ in file:          # a letter of another encoding may come late
                pass
    except DataError as error:
        tree.unread[name] = str(error)
        return ""
    if set(openimages.COLUMNS) <= set(header):
        return OPEN_IMAGES
    if via.is_table(header):
        return VIA
    if csv_table.columns_in(header) is not None or csv_table.columns_of_plain(header) is not None:
        return TABLE
    if automl.is_table(header):
        return AUTOML
    tree.holding[name] = f"has the columns {shortened(', '.join(header[:MOST_KEYS]))}"
    return ""


def head_of(tree: FileTree, name: str) -> str:
    """The first signs of an XML file in any encoding, as far as they are ASCII."""
    try:
        content = read_bytes(tree.root / name)
    except DataError as error:
        tree.unread[name] = str(error)
        return ""
    return content[:4000].replace(b"\0", b"").decode("ascii", "replace")
