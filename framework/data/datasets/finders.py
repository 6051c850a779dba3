"""Format finders: the data set that a folder's files are of, if they are of one format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from framework.data.datasets import (
    automl,
    coco,
    create_ml,
    csv_table,
    cvat,
    datumaro,
    description,
    dota,
    kitti,
    label_studio,
    labelme,
    named_labels,
    openimages,
    supervisely,
    via,
    visdrone,
    vott,
    wider,
    yolo,
)
from framework.data.datasets.dataset import Dataset, Description
from framework.data.datasets.file_formats import (
    AUTOML,
    COCO,
    CREATE_ML,
    DATUMARO,
    LABEL_STUDIO,
    LABELME,
    OPEN_IMAGES,
    SUPERVISELY,
    TABLE,
    VIA,
    VOTT,
    head_of,
    json_files,
    tables_of,
)
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, each_has, split_of
from framework.data.datasets.image_names import Match, coco_matches, image_folder
from framework.data.datasets.label_files import read_xml
from framework.data.datasets.named_images import gather
from framework.data.datasets.yolo import NOT_LABELS, label_path, num_boxes
from framework.data.datasets.yolo_files import SPLITS as YOLO_SPLITS
from framework.data.records.account import Note
from framework.errors import DataError
from framework.system.text import name_lines, read_lines
from framework.system.wording import counted

CLASS_FILES = ("classes.txt", "obj.names", "_darknet.labels")
NUM_LOOKED_INTO = 50        # text files, of which one must be a label file of YOLO


@dataclass(frozen=True)
class Recognised:
    """A data set, the name of its format, and what it was known by."""

    data: Dataset
    format: str
    reason: str


Finder = Callable[[FileTree], Recognised | None]


def described(path: Path) -> Recognised:
    kind = "YOLO, Darknet's .data file" if path.suffix == ".data" else "a YAML description"
    return Recognised(description.load(path), kind, f"{path.name} describes it")


def find_yaml(tree: FileTree) -> Recognised | None:
    """The YAML file of Ultralytics, or the .data file of Darknet, at the top."""
    for name in tree.ending(".yaml", ".yml", ".data"):
        if os.path.dirname(name):
            continue
        if name.endswith(".data"):
            return described(tree.root / name)
        keys = {line.partition(":")[0].strip() for line in read_lines(tree.root / name)}
        if keys & {"names", "nc"} and keys & set(YOLO_SPLITS):
            data = description.load(tree.root / name)
            return Recognised(data, "YOLO, Ultralytics' data.yaml",
                              f"{name} has names and the splits {', '.join(data.splits)}")
    return None


def find_coco(tree: FileTree) -> Recognised | None:
    """JSON files with COCO's three keys."""
    found: dict[str, str] = {}
    folders: dict[str, str] = {}
    matches: dict[str, dict[str, Match]] = {}
    for name, content in json_files(tree, COCO):
        split = split_of(name, with_name=True)
        other = found.get(split)
        if other is not None and ("instances" in name) == ("instances" in other):
            raise DataError(f"{tree.root}: {other} and {name} are both COCO files of one split "
                            f"({split}); give one of them, or put `train` and `val` into the names")
        if other is None or "instances" in name:
            found[split] = name
            matches[name] = coco_matches(tree, name, split, content)
            folders[split] = image_folder(tree, name, matches[name])
    if not found:
        return None
    splits = {split: {"images": folders[split], "annotations": name}
              for split, name in found.items()}
    data = coco.load(Description(tree.root, {"splits": splits}, str(tree.root)),
                     lambda image, path: matches[path][image])
    return Recognised(data, COCO, f"{each_has(found.values())} images, annotations and "
                      f"categories; the images are in {', '.join(dict.fromkeys(folders.values()))}")


def find_label_studio(tree: FileTree) -> Recognised | None:
    """JSON files that are lists of tasks."""
    found = dict(json_files(tree, LABEL_STUDIO))
    if not found:
        return None
    return Recognised(label_studio.load(tree, found), LABEL_STUDIO,
                      f"{', '.join(found)} is a list of tasks with annotations")


def find_labelme(tree: FileTree) -> Recognised | None:
    """JSON files of one image each."""
    rows = [labelme.named(name, str(tree.root / name), content)
            for name, content in json_files(tree, LABELME)]
    if not rows:
        return None
    return Recognised(gather(tree, rows, "an image that no file of labelme names"), LABELME,
                      f"{rows[0].table} is one of {counted(len(rows), 'JSON file')} that have "
                      "shapes and imagePath")


def find_create_ml(tree: FileTree) -> Recognised | None:
    """JSON files that are lists of images with coordinates."""
    found = dict(json_files(tree, CREATE_ML))
    if not found:
        return None
    return Recognised(create_ml.load(tree, found), CREATE_ML,
                      f"{', '.join(found)} is a list of images with coordinates")


def find_via(tree: FileTree) -> Recognised | None:
    """JSON files and tables of VIA."""
    found = dict(json_files(tree, VIA))
    tables = tables_of(tree, VIA)
    if not found and not tables:
        return None
    data, words = via.load(tree, found, tables)
    return Recognised(data, VIA, f"{each_has([*found, *tables])} the regions of files; {words}")


def find_datumaro(tree: FileTree) -> Recognised | None:
    """JSON files with items and categories."""
    found = dict(json_files(tree, DATUMARO))
    if not found:
        return None
    return Recognised(datumaro.load(tree, found), DATUMARO, f"{each_has(found)} items and "
                      "categories")


def find_supervisely(tree: FileTree) -> Recognised | None:
    """JSON files of one image each, with objects and the image's size."""
    found = dict(json_files(tree, SUPERVISELY))
    first = next((name for name, content in found.items() if supervisely.is_file(content)), None)
    if first is None:
        return None
    return Recognised(supervisely.load(tree, found), SUPERVISELY,
                      f"{first} is one of {counted(len(found), 'JSON file')} of a project, and has "
                      "objects and size")


def find_vott(tree: FileTree) -> Recognised | None:
    """JSON files of VoTT: an export, or one of each image."""
    found = dict(json_files(tree, VOTT))
    if not found:
        return None
    return Recognised(vott.load(tree, found), VOTT,
                      f"{next(iter(found))} has the regions of assets")


def find_cvat(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotations>."""
    files = [name for name in tree.ending(".xml") if cvat.ROOT in head_of(tree, name)]
    if not files:
        return None
    return Recognised(cvat.load(tree, files), "CVAT for images",
                      f"{each_has(files)} <image> elements in <annotations>")


def find_xml(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotation>: VOC without lists, and labelImg's."""
    labels = tree.ending(".xml")
    for name in labels[:NUM_LOOKED_INTO]:
        head = head_of(tree, name)
        if "<annotation" in head and "<annotations" not in head:
            data = named_labels.load(tree, labels, read_xml)
            return Recognised(data, "VOC annotations", f"{name} is one of {len(labels)} XML files "
                              "that begin with <annotation>; there are no lists in ImageSets/Main")
    return None


def find_csv(tree: FileTree) -> Recognised | None:
    """Tables with a box a row, other than those of Open Images."""
    tables = tables_of(tree, TABLE)
    if not tables:
        return None
    return Recognised(csv_table.load(tree, tables), TABLE,
                      f"{each_has(tables)} the columns {', '.join(csv_table.NEEDED)}")


def find_automl(tree: FileTree) -> Recognised | None:
    """Tables without a header, of corners in parts of the image."""
    tables = tables_of(tree, AUTOML)
    if not tables:
        return None
    return Recognised(automl.load(tree, tables), AUTOML,
                      f"{each_has(tables)} rows of set, image, label and corners")


def find_open_images(tree: FileTree) -> Recognised | None:
    """Tables with the columns of Open Images."""
    tables = tables_of(tree, OPEN_IMAGES)
    if not tables:
        return None
    return Recognised(openimages.in_folder(tree, tables), OPEN_IMAGES,
                      f"{each_has(tables)} the columns {', '.join(openimages.COLUMNS)}")


def find_yolo(tree: FileTree) -> Recognised | None:
    """Text files of YOLO's lines, without a YAML file."""
    texts = [name for name in tree.ending(".txt") if PurePath(name).name.lower() not in NOT_LABELS]
    label = next((name for name in texts[:NUM_LOOKED_INTO] if num_boxes(tree.root / name)), None)
    if label is None or not tree.images:
        return None
    names = next((name for name in tree.files if PurePath(name).name.lower() in CLASS_FILES), None)
    if names is None:
        raise DataError(f"{tree.root}: {label} is a label file of YOLO, but nothing names the "
                        f"classes: a data.yaml, or one of {', '.join(CLASS_FILES)} with a name on "
                        "each line")
    classes = name_lines(tree.root / names)
    splits: dict[str, list[str]] = {}
    for image in tree.images:
        split = split_of(image)
        folder = _folder_of_split(image) if split != UNDIVIDED else "."
        if folder not in splits.setdefault(split, []):
            splits[split].append(folder)
    losses: list[Note] = []
    if len(splits) > 1 and UNDIVIDED in splits:
        splits.pop(UNDIVIDED)           # the folder that holds them all
        losses = [Note("an image outside the folders of the splits", image, images=1,
                       boxes=num_boxes(tree.root / label_path(tree.root, image)))
                  for image in tree.images if split_of(image) == UNDIVIDED]
    data = yolo.load(Description(tree.root, {"splits": splits, "names": classes}, str(tree.root)))
    return Recognised(data.with_losses(losses), "YOLO",
                      f"{label} has lines of `class x y width height`, and {names} names the "
                      "classes")


def find_kitti(tree: FileTree) -> Recognised | None:
    """Text files of KITTI's lines, which have their images' names."""
    files = kitti.label_files(tree)
    if not files:
        return None
    return Recognised(named_labels.load(tree, files, kitti.read), "KITTI",
                      f"{files[0]} is one of {counted(len(files), 'text file')} of lines with a "
                      "type and 14 numbers")


def find_visdrone(tree: FileTree) -> Recognised | None:
    """Text files of VisDrone's lines, which have their images' names."""
    files = visdrone.label_files(tree)
    if not files:
        return None
    return Recognised(named_labels.load(tree, files, visdrone.read), "VisDrone",
                      f"{files[0]} is one of {counted(len(files), 'text file')} of lines with 8 "
                      "numbers and commas")


def find_dota(tree: FileTree) -> Recognised | None:
    """Text files of DOTA's lines, which have their images' names."""
    files = dota.label_files(tree)
    if not files:
        return None
    return Recognised(named_labels.load(tree, files, dota.read), "DOTA",
                      f"{files[0]} is one of {counted(len(files), 'text file')} of lines with 4 "
                      "corners, a category and a difficulty")


def find_wider(tree: FileTree) -> Recognised | None:
    """Lists of WIDER FACE."""
    files = wider.lists(tree)
    if not files:
        return None
    return Recognised(wider.load(tree, files), "WIDER FACE",
                      f"{each_has(files)} images, each with the number of its faces")


def _folder_of_split(image: str) -> str:
    """The outermost folder that puts an image into its split."""
    folders = PurePath(image).parent.parts
    split = split_of(image)
    return next(str(PurePath(*folders[:index])) for index in range(1, len(folders) + 1)
                if split_of(f"{PurePath(*folders[:index])}/image") == split)


OF_FILES: tuple[Finder, ...] = (
    find_coco, find_label_studio, find_labelme, find_create_ml, find_via, find_datumaro,
    find_supervisely, find_vott, find_cvat, find_open_images, find_csv, find_automl, find_wider)
"""Those that one file of labels may be of."""
FINDERS: tuple[Finder, ...] = (
    find_yaml, find_coco, find_label_studio, find_labelme, find_create_ml, find_via, find_datumaro,
    find_supervisely, find_vott, find_xml, find_cvat, find_open_images, find_csv, find_automl,
    find_yolo, find_kitti, find_visdrone, find_dota, find_wider)
"""All, in the order in which they are asked."""
