"""Format recognition: which data set a folder or file holds, found by looking into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from framework.data.datasets import (
    coco,
    create_ml,
    csv_table,
    cvat,
    description,
    kitti,
    label_studio,
    labelme,
    named_labels,
    openimages,
    via,
    yolo,
)
from framework.data.datasets.dataset import Dataset, Description, exists
from framework.data.datasets.file_formats import (
    COCO,
    CREATE_ML,
    LABEL_STUDIO,
    LABELME,
    LOOKED_FOR,
    OPEN_IMAGES,
    TABLE,
    VIA,
    head_of,
    json_files,
    tables_of,
)
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, each_has, list_files, split_of
from framework.data.datasets.image_names import Match, coco_matches, image_folder
from framework.data.datasets.label_files import read_xml
from framework.data.datasets.named_images import gather
from framework.data.datasets.yolo import NOT_LABELS, label_path, num_boxes
from framework.data.datasets.yolo_files import SPLITS as YOLO_SPLITS
from framework.data.records.account import Note
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import is_there, name_lines, read_lines
from framework.system.wording import counted

CLASS_FILES = ("classes.txt", "obj.names", "_darknet.labels")
NUM_LOOKED_INTO = 50        # text files, of which one must be a label file of YOLO


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
    for find in (_coco, _label_studio, _labelme, _create_ml, _via, _cvat, _open_images, _csv):
        found = find(only)
        if found is not None:
            return found
    if path.name in only.unread:
        raise DataError(only.unread[path.name])
    raise DataError(f"{path}: its format is not known. Files are: .yaml (Ultralytics, or ours), "
                    ".data (Darknet), .json of COCO, Label Studio, labelme, Create ML or VIA, .xml "
                    "of CVAT, .csv with a header; or give the folder; archives must be unpacked")


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
        data = with_unlisted(description.load(path), path)
        return Recognised(data, "VOC", "it has JPEGImages, Annotations and the lists of "
                          f"ImageSets/Main: {', '.join(data.splits)}")
    tree = list_files(path)
    finders: tuple[Callable[[FileTree], Recognised | None], ...] = (
        _yaml, _coco, _label_studio, _labelme, _create_ml, _via, _xml, _cvat, _open_images, _csv,
        _yolo, _kitti)
    for index, find in enumerate(finders):
        found = find(tree)
        if found is not None:
            _check_one_format(tree, found, finders[index + 1:])
            return _with_losses(tree, _with_unread(tree, found, finders[index + 1:]))
    raise DataError(f"{path}: its format is not known: it has "
                    f"{counted(len(tree.images), 'image')} and "
                    f"{counted(len(tree.files) - len(tree.images), 'other file')}"
                    f"{tree.unread_words()}. Looked for were: {LOOKED_FOR}; images with a class "
                    "each, and no boxes, are for `caffe new classifier`")


def _check_one_format(tree: FileTree, found: Recognised,
                      finders: Sequence[Callable[[FileTree], Recognised | None]]) -> None:
    """DataError if images that this format leaves out have labels in another one."""
    root = found.data.root
    used = _paths(root, (entry.image for entries in found.data.splits.values() for entry in entries
                         if exists(root / entry.label.partition("#")[0])))
    left = _images_beside(tree, used)
    if not left:
        return
    taken = set(tree.images) - set(left)
    rest = replace(tree, files=tuple(name for name in tree.files if name not in taken))
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


def _with_losses(tree: FileTree, found: Recognised) -> Recognised:
    """The data set with what of the folder is not in it: images, and labels that cannot be read."""
    data = found.data
    known = _paths(data.root, (
        *(entry.image for entries in data.splits.values() for entry in entries),
        *(note.where for notes in data.losses.values() for note in notes)))
    lost = [Note("an image that no label names", name, images=1)
            for name in _images_beside(tree, known)]
    lost += [note for note in tree.undecoded
             if not _paths(tree.root, [note.where]) & known]
    lost += [Note("labels that cannot be read", error) for error in tree.unread.values()]
    lost += [Note("a file of no known format, which is not read", name, is_loss=False)
             for name, kind in tree.formats.items() if not kind and name not in tree.unread
             and PurePath(name).name not in openimages.CLASS_TABLES]
    first = next(iter(data.splits))
    losses = {**data.losses, first: [*data.losses.get(first, ()), *lost]}
    return replace(found, data=replace(data, losses=losses))


def with_unlisted(data: Dataset, folder: Path) -> Dataset:
    """The data set of a folder that says its splits, with notes on the images that none has. Those
    do not count as losses: lists choose, as VOC 2012's do. Of VOC's folder JPEGImages is looked at.
    """
    is_voc = os.path.isdir(folder / "JPEGImages")
    tree = list_files(folder / "JPEGImages" if is_voc else folder)
    known = _paths(data.root, (
        *(entry.image for entries in data.splits.values() for entry in entries),
        *(note.where for notes in data.losses.values() for note in notes)))
    names = [os.path.relpath(tree.root / name, folder) for name in _images_beside(tree, known)]
    first = next(iter(data.splits))
    notes = [Note("an image that no split names", name, is_loss=False) for name in names]
    return replace(data, losses={**data.losses, first: [*data.losses.get(first, ()), *notes]})


def _label_files(found: Recognised) -> set[str]:
    """The files that its labels are read from."""
    return _paths(found.data.root, (entry.label.partition("#")[0]
                                    for entries in found.data.splits.values() for entry in entries))


def _paths(root: Path, names: Iterable[str]) -> set[str]:
    """Where files are; a root may be given in several ways: relative, absolute, by a link."""
    base = os.path.realpath(root)
    return {composed(os.path.normpath(os.path.join(base, name))) for name in names}


def _images_beside(tree: FileTree, used: Collection[str]) -> tuple[str, ...]:
    """The images of the folder that are at none of these paths."""
    base = os.path.realpath(tree.root)
    return tuple(name for name in tree.images
                 if composed(os.path.normpath(os.path.join(base, name))) not in used)


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


def _label_studio(tree: FileTree) -> Recognised | None:
    """JSON files that are lists of tasks."""
    found = dict(json_files(tree, LABEL_STUDIO))
    if not found:
        return None
    return Recognised(label_studio.load(tree, found), LABEL_STUDIO,
                      f"{', '.join(found)} is a list of tasks with annotations")


def _labelme(tree: FileTree) -> Recognised | None:
    """JSON files of one image each."""
    rows = [labelme.named(name, str(tree.root / name), content)
            for name, content in json_files(tree, LABELME)]
    if not rows:
        return None
    return Recognised(gather(tree, rows, "an image that no file of labelme names"), LABELME,
                      f"{rows[0].table} is one of {counted(len(rows), 'JSON file')} that have "
                      "shapes and imagePath")


def _create_ml(tree: FileTree) -> Recognised | None:
    """JSON files that are lists of images with coordinates."""
    found = dict(json_files(tree, CREATE_ML))
    if not found:
        return None
    return Recognised(create_ml.load(tree, found), CREATE_ML,
                      f"{', '.join(found)} is a list of images with coordinates")


def _via(tree: FileTree) -> Recognised | None:
    """JSON files and tables of VIA."""
    found = dict(json_files(tree, VIA))
    tables = tables_of(tree, VIA)
    if not found and not tables:
        return None
    data, words = via.load(tree, found, tables)
    return Recognised(data, VIA, f"{each_has([*found, *tables])} the regions of files; {words}")


def _cvat(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotations>."""
    files = [name for name in tree.ending(".xml") if cvat.ROOT in head_of(tree, name)]
    if not files:
        return None
    return Recognised(cvat.load(tree, files), "CVAT for images",
                      f"{each_has(files)} <image> elements in <annotations>")


def _xml(tree: FileTree) -> Recognised | None:
    """XML files whose root is <annotation>: VOC without lists, and labelImg's."""
    labels = tree.ending(".xml")
    for name in labels[:NUM_LOOKED_INTO]:
        head = head_of(tree, name)
        if "<annotation" in head and "<annotations" not in head:
            data = named_labels.load(tree, labels, read_xml)
            return Recognised(data, "VOC annotations", f"{name} is one of {len(labels)} XML files "
                              "that begin with <annotation>; there are no lists in ImageSets/Main")
    return None


def _csv(tree: FileTree) -> Recognised | None:
    """Tables with a box a row, other than those of Open Images."""
    tables = tables_of(tree, TABLE)
    if not tables:
        return None
    return Recognised(csv_table.load(tree, tables), TABLE,
                      f"{each_has(tables)} the columns {', '.join(csv_table.NEEDED)}")


def _open_images(tree: FileTree) -> Recognised | None:
    """Tables with the columns of Open Images."""
    tables = tables_of(tree, OPEN_IMAGES)
    if not tables:
        return None
    return Recognised(openimages.in_folder(tree, tables), OPEN_IMAGES,
                      f"{each_has(tables)} the columns {', '.join(openimages.COLUMNS)}")


def _yolo(tree: FileTree) -> Recognised | None:
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
    first = next(iter(splits))
    data = replace(data, losses={**data.losses, first: [*data.losses[first], *losses]})
    return Recognised(data, "YOLO", f"{label} has lines of `class x y width height`, and {names} "
                      "names the classes")


def _kitti(tree: FileTree) -> Recognised | None:
    """Text files of KITTI's lines, which have their images' names."""
    files = kitti.label_files(tree)
    if not files:
        return None
    return Recognised(named_labels.load(tree, files, kitti.read), "KITTI",
                      f"{files[0]} is one of {counted(len(files), 'text file')} of lines with a "
                      "type and 14 numbers")


def _folder_of_split(image: str) -> str:
    """The outermost folder that puts an image into its split."""
    folders = PurePath(image).parent.parts
    split = split_of(image)
    return next(str(PurePath(*folders[:index])) for index in range(1, len(folders) + 1)
                if split_of(f"{PurePath(*folders[:index])}/image") == split)
