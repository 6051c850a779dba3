"""Conversion of label images: lists of images and label maps for ImageSegData.

The label maps hold the classes as they are trained on, 0 to C - 1 and 255 for none, as the grey
levels of PNGs; images are copied as they are.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import cv2
import numpy as np

from framework.data.convert.conversion import in_order
from framework.data.convert.copies import note_copies
from framework.data.convert.datum import digest_of
from framework.data.datasets.mask_classes import IGNORED, MOST_CLASSES, MaskClasses, by_values
from framework.data.datasets.segmentation import SegmentationData
from framework.data.records import label_image
from framework.data.records.account import Account, BadEntry, Note, note_of
from framework.data.records.exif import (
    are_for_shown,
    orientation_of,
    pixels_as_stored,
    upright,
)
from framework.data.records.images import BadRecord, Decoding, decode
from framework.data.records.list_file import MAX_BAD_SHARE, Entry
from framework.data.records.several_images import notes_on_pages
from framework.definition import prototxt
from framework.errors import DataError
from framework.proto import LabelMap
from framework.system.arrays import Array
from framework.system.progress import Progress
from framework.system.text import is_there, read_bytes
from framework.system.unique_names import unique_name
from framework.system.wording import shortened

SHOWN_NOTES = 10
SHOWN_COLOURS = 4
JPEG = b"\xff\xd8"
INEXACT = ("is a JPEG file, which changes the values of pixels along edges; label images must be "
           "PNG files")
LABEL_MAP = "labelmap.prototxt"


@dataclass(frozen=True)
class _Pair:
    """An image as it is stored, and its label map.

    error  why it is left out
    notes  what is odd about it
    """

    entry: Entry
    image: bytes = b""
    labels: bytes = b""
    present: tuple[int, ...] = ()
    error: DataError | None = None
    notes: tuple[Note, ...] = ()


def write(found: SegmentationData, splits: Mapping[str, Sequence[Entry]], folder: Path,
          jobs: int = 0) -> tuple[LabelMap, dict[str, Account]]:
    """Write SPLIT.txt, SPLIT/images and SPLIT/labels for each split, and the label map.

    DataError if more than 5 % of a split's images are left out, or all.
    """
    classes = found.classes or _seen_classes(found, splits, jobs)
    names = _label_map(classes.names)
    (folder / LABEL_MAP).write_text(prototxt.to_text(names), encoding="utf-8")
    accounts = {}
    digests = {}
    for split, entries in splits.items():
        accounts[split] = Account(images=len(entries))
        accounts[split].add_losses(found.data.losses.get(split, ()))
        digests[split] = _write_split(found.data.root, entries, classes, folder / split,
                                      accounts[split], jobs)
    note_copies(accounts, digests)
    return names, accounts


def _seen_classes(found: SegmentationData, splits: Mapping[str, Sequence[Entry]], jobs: int
                  ) -> MaskClasses:
    """The classes by all values that the label images have; those that cannot be read are left
    out later.

    DataError where they have colours, which say no class by themselves, and where they are JPEG
    files, whose values are no longer those that were drawn.
    """

    def of_entry(entry: Entry) -> tuple[list[int], list[label_image.Colour]]:
        path = found.data.root / entry.label
        try:
            content = read_bytes(path)
            pixels = label_image.read_values(content)
        except (BadRecord, DataError):
            return [], []
        if _is_inexact(content, pixels):
            raise DataError(f"{path}: {INEXACT}")
        if pixels.ndim == 3:
            colours = np.unique(pixels.reshape(-1, 3), axis=0)[:MOST_CLASSES]
            return [], [(red, green, blue) for red, green, blue in colours.tolist()]
        return [value for value in np.unique(pixels).tolist() if value <= IGNORED], []

    entries = [entry for split in splits.values() for entry in split if entry.label]
    values: set[int] = set()
    colours: Counter[label_image.Colour] = Counter()
    for own_values, own_colours in in_order(of_entry, entries, jobs):
        values.update(own_values)
        colours.update(own_colours)
    if colours and not values:
        shown = ", ".join(" ".join(map(str, colour))
                          for colour, _ in colours.most_common(SHOWN_COLOURS))
        raise DataError(f"{found.data.root}: its label images are in colour ({shown}, ...), and "
                        "no file says which colour is which class; class_dict.csv in this folder "
                        "does, a line `name,r,g,b` and a line for each class")
    return by_values(sorted(values or {0}))


def _label_map(names: Sequence[str]) -> LabelMap:
    found = LabelMap()
    for label, name in enumerate(names):
        found.item.add(name=name, label=label, display_name=name)
    return found


def _write_split(root: Path, entries: Sequence[Entry], classes: MaskClasses, folder: Path,
                 account: Account, jobs: int) -> list[tuple[str, str]]:
    """Write a split, counted in `account`; returns its images and the hash of each."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    digests = []
    taken: set[str] = set()
    lines = []
    errors: list[str] = []
    pairs = in_order(lambda entry: _pair(root, entry, classes), entries, jobs)
    for pair in Progress(len(entries), folder.name).over(pairs):
        if pair.error is not None:
            errors.append(str(pair.error))
            account.notes.append(note_of(pair.error))
            if len(errors) <= SHOWN_NOTES:
                print(f"{folder.name}: left out: {pair.error}", file=sys.stderr)
            continue
        # a line of a list is divided at its spaces
        name = unique_name("_".join(PurePath(pair.entry.image).stem.split()), taken)
        image = f"{folder.name}/images/{name}{PurePath(pair.entry.image).suffix}"
        labels = f"{folder.name}/labels/{name}.png"
        (folder.parent / image).write_bytes(pair.image)
        (folder.parent / labels).write_bytes(pair.labels)
        lines.append(f"{image} {labels}\n")
        digests.append((pair.entry.image, digest_of(pair.image)))
        account.notes += pair.notes
        account.stored_images += 1
        account.classes.update(classes.names[label] for label in pair.present)
    _check_share(account, errors, len(entries), folder.name)
    folder.with_name(f"{folder.name}.txt").write_text("".join(lines), encoding="utf-8")
    return digests


def _check_share(account: Account, errors: Sequence[str], num_entries: int, split: str) -> None:
    """DataError if too much was left out for the rest to be what was meant."""
    if not num_entries:
        raise DataError(f"{split}: there are no images")
    if len(errors) > MAX_BAD_SHARE * num_entries:
        account.show(split, is_written=False)
        raise DataError(f"{split}: {len(errors)} of {num_entries} images are left out, more than "
                        f"{MAX_BAD_SHARE:.0%}; nothing was written. The first: "
                        f"{errors[0]}")


def _pair(root: Path, entry: Entry, classes: MaskClasses) -> _Pair:
    try:
        return _read_pair(root, entry, classes)
    except DataError as error:
        return _Pair(entry, error=error)


def _read_pair(root: Path, entry: Entry, classes: MaskClasses) -> _Pair:
    """Raises DataError for a pair that cannot be used."""
    if not entry.label or not is_there(root / entry.label):
        raise BadEntry(f"{root / entry.image}: no label image of its name")
    content = read_bytes(root / entry.image)
    try:
        height, width = decode(content, Decoding(True)).shape[:2]
    except BadRecord as error:
        raise BadEntry(f"{root / entry.image}: the image cannot be read: '{error}'") from None
    place = str(root / entry.label)
    try:
        stored = read_bytes(root / entry.label)
        pixels = label_image.read_values(stored, bool(classes.colours))
    except BadRecord as error:
        raise BadEntry(f"{place}: the label image cannot be read: '{error}'") from None
    if _is_inexact(stored, pixels):
        raise BadEntry(f"{place}: {INEXACT}")
    notes = notes_on_pages(content, entry.image)
    orientation = orientation_of(content)
    if are_for_shown(orientation, (width, height), (pixels.shape[1], pixels.shape[0])):
        content = upright(content)
        pixels = pixels_as_stored(pixels, orientation)
        notes.append(Note("label images were turned into the stored image, which its EXIF "
                          f"orientation ({orientation}) shows in another direction", entry.label,
                          is_loss=False))
    if pixels.shape[:2] != (height, width):
        raise BadEntry(f"{place}: the label image has another size than its image: "
                       f"'{pixels.shape[1]} x {pixels.shape[0]}, where {shortened(entry.image)} is "
                       f"{width} x {height}'")
    labels = classes.labels(pixels, place)
    present = tuple(int(label) for label in np.unique(labels) if label != IGNORED)
    return _Pair(entry, content, cv2.imencode(".png", labels)[1].tobytes(), present,
                 notes=tuple(notes))


def _is_inexact(content: bytes, pixels: Array) -> bool:
    """Is a label image a JPEG of more than black and white, whose values have changed?"""
    return content.startswith(JPEG) and not set(np.unique(pixels).tolist()) <= {0, IGNORED}
