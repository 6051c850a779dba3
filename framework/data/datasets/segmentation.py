"""Segmentation data sets: VOC 2012, Cityscapes, ADE20K, and folders of images and of masks."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from framework.data.datasets import mask_names
from framework.data.datasets.dataset import Dataset, any_case, exists
from framework.data.datasets.file_tree import UNDIVIDED, FileTree, list_files, split_of
from framework.data.datasets.mask_classes import MaskClasses, by_number
from framework.data.datasets.yolo import IMAGE_FOLDERS
from framework.data.records.account import Note
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.letters import composed
from framework.system.text import is_there, read_lines
from framework.system.wording import counted

VOC_LISTS = "ImageSets/Segmentation"
VOC_MASKS = ("SegmentationClass", "SegmentationClassAug")
MASK_FOLDERS = ("masks", "mask", "annotations", "annotation", "labels", "label", "gt", "annot",
                "segmentationclass", "groundtruth", "ground_truth", "segmentation", "png_masks")
ENDS = ("_mask", "_masks", "-mask", "_label", "_labels", "_gt", "_seg", "_l", "_segmentation")
LOOKED_FOR = ("ImageSets/Segmentation with JPEGImages and SegmentationClass (VOC), leftImg8bit and "
              "gtFine (Cityscapes), images/training and annotations/training (ADE20K), and folders "
              "named images and masks, or images with NAME_mask.png beside them")


@dataclass(frozen=True)
class SegmentationData:
    """A data set of images and label images.

    data     the splits; the label of an entry is the path of its label image
    classes  of the label images; None: they are to be seen in their values
    format   its name, and `reason`, what it was known by
    """

    data: Dataset
    classes: MaskClasses | None
    format: str
    reason: str


def recognise(path: Path) -> SegmentationData | None:
    """The segmentation data set of a folder; None if it is not one, as far as is known."""
    if not os.path.isdir(path):
        return None
    for folder in (path, path / "VOC2012", path / "VOCdevkit" / "VOC2012"):
        if os.path.isdir(folder / VOC_LISTS):
            return _voc(folder)
    tree = list_files(path)
    finders: tuple[Callable[[FileTree], SegmentationData | None], ...] = (
        _cityscapes, _ade20k, _folders)
    found = next((found for found in (find(tree) for find in finders) if found is not None), None)
    if found is None or not tree.undecoded:
        return found
    return replace(found, data=found.data.with_losses(tree.undecoded))


def load(path: Path) -> SegmentationData:
    """As `recognise`; DataError, which says what was looked for, if there is none."""
    if not os.path.isdir(path):
        raise DataError(f"{path}: is not a folder; archives must be unpacked" if is_there(path)
                        else f"{path}: there is no such folder")
    found = recognise(path)
    if found is None:
        raise DataError(f"{path}: no images with label images. Looked for were: {LOOKED_FOR}")
    return found


def _voc(root: Path) -> SegmentationData:
    """PASCAL VOC's layout, which CVAT exports too, with a labelmap.txt of names and colours."""
    splits = {}
    for path in sorted((root / VOC_LISTS).glob("[!.]*.txt")):       # not macOS's ._train.txt
        names = [_voc_name(root, line.strip()) for line in read_lines(path) if line.strip()]
        if not names:
            raise DataError(f"{path}: the list is empty")
        splits[path.stem] = [Entry(_voc_image(root, name), _voc_mask(root, name))
                             for name in names]
    if not splits:
        raise DataError(f"{root}: {VOC_LISTS} has no list, such as train.txt")
    listed = mask_names.in_files(root, [path.name for path in root.iterdir()])
    origin, classes = listed or ("the challenge", by_number(mask_names.VOC))
    return SegmentationData(_dataset(root, splits), classes, "VOC segmentation",
                            f"it has the lists of {VOC_LISTS}: {', '.join(splits)}; the classes "
                            f"are those of {origin}")


def _voc_name(root: Path, line: str) -> str:
    """The name of a line of a list: its first word, or all of it if an image is called so."""
    return line if exists(root / _voc_image(root, line)) else line.split()[0]


def _voc_image(root: Path, name: str) -> str:
    for suffix in (".jpg", ".png", ".jpeg"):
        found = any_case(root / f"JPEGImages/{name}{suffix}")
        if exists(found):
            return f"JPEGImages/{name}{found.suffix}"
    return f"JPEGImages/{name}.jpg"


def _voc_mask(root: Path, name: str) -> str:
    """The label image, or that of the augmented set (SBD), which has no palette."""
    for folder in VOC_MASKS:
        found = any_case(root / f"{folder}/{name}.png")
        if exists(found):
            return f"{folder}/{name}{found.suffix}"
    return f"{VOC_MASKS[0]}/{name}.png"


def _cityscapes(tree: FileTree) -> SegmentationData | None:
    start, end = "leftImg8bit/", "_leftImg8bit.png"
    images = [name for name in tree.images if name.startswith(start) and name.endswith(end)]
    masks = set(tree.images)
    if not images or not any(name.startswith("gtFine/") for name in masks):
        return None
    are_ready = any(name.endswith("_gtFine_labelTrainIds.png") for name in masks)
    kind = "labelTrainIds" if are_ready else "labelIds"
    splits: dict[str, list[Entry]] = {}
    for image in images:
        place = image[len(start):-len(end)]
        splits.setdefault(PurePath(place).parts[0], []).append(
            Entry(image, f"gtFine/{place}_gtFine_{kind}.png"))
    classes = by_number(mask_names.CITYSCAPES) if are_ready else \
        MaskClasses(mask_names.CITYSCAPES, mask_names.CITYSCAPES_VALUES)
    own = [name for name in masks if name.endswith(f"_gtFine_{kind}.png")]
    return SegmentationData(_dataset(tree.root, splits, own), classes, "Cityscapes",
                            f"it has leftImg8bit, and gtFine with {kind}")


def _ade20k(tree: FileTree) -> SegmentationData | None:
    splits: dict[str, list[Entry]] = {}
    for image in tree.images:
        for folder, split in (("training", "train"), ("validation", "val")):
            if image.startswith(f"images/{folder}/"):
                mask = PurePath("annotations", *PurePath(image).parts[1:]).with_suffix(".png")
                splits.setdefault(split, []).append(Entry(image, str(mask)))
    if not any(name.startswith("annotations/") for name in tree.images) or not splits:
        return None
    names = mask_names.of_ade20k(tree.root)
    masks = [name for name in tree.images
             if name.startswith(("annotations/training/", "annotations/validation/"))]
    return SegmentationData(_dataset(tree.root, splits, masks), by_number(names, first=1), "ADE20K",
                            "it has images/training and annotations/training, where 0 is what "
                            "belongs to no class")


def _folders(tree: FileTree) -> SegmentationData | None:
    """Images and masks of the same names: in folders of their own, or beside each other."""
    masks = {name for name in tree.images if _is_mask(name)}
    if not masks or len(masks) == len(tree.images):
        return None
    found: dict[tuple[str, str], list[str]] = {}
    for mask in sorted(masks):
        found.setdefault((_split(mask), composed(_stem(mask))), []).append(mask)
    keys = {image: (split_of(image), composed(PurePath(image).stem)) for image in tree.images
            if image not in masks}
    if not found.keys() & set(keys.values()):
        return None
    counts = Counter(keys.values())
    splits: dict[str, list[Entry]] = {}
    for image, key in keys.items():
        own = found.get(key, [])
        mask = _mask_of(image, own, counts[key] == 1)
        if mask:
            own.remove(mask)
        splits.setdefault(key[0], []).append(Entry(image, mask))
    listed = mask_names.in_files(tree.root, tree.files)
    names, classes = listed or ("", None)
    reason = f"it has {counted(len(keys), 'image')} and {counted(len(masks), 'label image')} " \
             "of their names"
    return SegmentationData(_dataset(tree.root, splits, masks), classes, "images and masks",
                            f"{reason}; {names} names the classes" if names else reason)


def _mask_of(image: str, masks: Sequence[str], is_only: bool) -> str:
    """The mask of an image, of those that have its name: the one of its folder; "" if none is.

    is_only  no other image of the split has this name, so that any folder will do
    """
    own = [mask for mask in masks if _place(mask) == _place(image)]
    if not own and is_only:
        own = [*masks]
    return own[0] if own else ""


def _place(name: str) -> list[str]:
    """The folders of a file, without those that only say that it is an image or a mask."""
    folders = PurePath(name.replace("annot/", "/")).parent.parts
    return [part for part in folders if part.lower() not in (*MASK_FOLDERS, *IMAGE_FOLDERS)]


def _is_mask(name: str) -> bool:
    """Is an image a mask, by its folder (masks, trainannot) or its own ending (NAME_mask.png)?"""
    pure = PurePath(name)
    folders = [part.lower() for part in pure.parent.parts]
    return any(part in MASK_FOLDERS or part.endswith(("annot", "_mask", "_masks", "_labels"))
               for part in folders) or pure.stem.lower().endswith(ENDS)


def _split(mask: str) -> str:
    """The split of a mask; SegNet's copy of CamVid has folders like `trainannot`."""
    return split_of(mask.replace("annot/", "/"))


def _stem(mask: str) -> str:
    stem = PurePath(mask).stem
    end = next((end for end in ENDS if stem.lower().endswith(end)), "")
    return stem[:len(stem) - len(end)]


def _dataset(root: Path, splits: dict[str, list[Entry]], masks: Collection[str] = ()) -> Dataset:
    """The dataset of these images; those of `masks` that belong to none of them are losses."""
    used = {entry.label for entries in splits.values() for entry in entries}
    losses = [Note("a label image without an image", mask, images=1)
              for mask in sorted(masks) if mask not in used]
    return Dataset(root, splits, [], lambda entry: None, losses={next(iter(splits)): losses})


def is_undivided(found: SegmentationData) -> bool:
    """Are the images in no splits?"""
    return set(found.data.splits) == {UNDIVIDED}
