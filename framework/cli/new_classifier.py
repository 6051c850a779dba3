"""`caffe new classifier`: from images with a class each to the folder of a classifier."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli.new_project import FEWEST_IMAGES, SHARE, Contents, write_folder
from framework.data.convert import conversion
from framework.data.convert.copies import note_copies
from framework.data.convert.journal import Report
from framework.data.convert.square_images import square_record
from framework.data.datasets import class_data, splits
from framework.data.datasets.class_data import ClassData
from framework.data.records import label_map
from framework.data.records.image_size import image_size
from framework.data.records.list_file import Entry
from framework.definition import prototxt
from framework.errors import DataError
from framework.project.names import DATA, LABEL_MAP
from framework.proto import LabelMap
from framework.system.regular import read_regular

if TYPE_CHECKING:
    from framework.data.records.account import Account
    from framework.project.classifier.backbone import Backbone
    from framework.project.classifier.files import Project

NUM_MEASURED = 200          # images whose size is looked at
MAX_BYTES = 1 << 28         # of a file whose size is looked at


def new_classifier(options: argparse.Namespace) -> int:
    """Write the folder, or nothing. DataError for data that no classifier can learn from."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.project.classifier import files
    from framework.project.classifier.backbone import SMALL, backbone

    net = backbone(options.backbone or SMALL)
    found = class_data.recognise_classes(options.data)
    print(f"{options.data}: {found.format}: {found.reason}")
    found = class_data.without(found, options.leave_out)
    data, sentence = class_data.train_and_test(found, SHARE, options.seed)
    print(f"splits: {sentence}")
    class_data.check(data, options.data, FEWEST_IMAGES)
    notes = label_map.notes_on_capitals(map(data.display, data.names))
    for note in notes:
        print(note)
    origin = (f"{data.format}: {data.reason}", sentence, *notes)

    def fill(folder: Path) -> Contents:
        project = _write(data, net, folder, origin, options)
        return Contents(files.texts(project, str(options.out)), project.account)

    return write_folder(options, data.root, fill)


def _write(data: ClassData, net: Backbone, folder: Path, origin: tuple[str, ...],
           options: argparse.Namespace) -> Project:
    """Write the databases into the folder, and choose all settings."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.project.choices import Choices
    from framework.project.classifier import choices, files

    place = folder / DATA
    place.mkdir()
    _write_names(data, folder / LABEL_MAP)
    chosen = Choices()
    sides = choices.sizes(net, _shorter_side(data), options.size, chosen)
    entries = {split: list(own) for split, own in data.splits.items()}
    splits.shuffle(entries["train"], options.seed)
    reports = {split: _convert(data, own, place / split, sides[1], split)
               for split, own in entries.items()}
    accounts = {split: report.account for split, report in reports.items()}
    note_copies(accounts, {split: report.digests for split, report in reports.items()})
    names = tuple(map(data.display, data.names))
    _check_stored(accounts, names, options.data)
    settings = choices.settings(net, accounts["train"].classes, accounts["test"].stored_images,
                                names, place / "train", sides, chosen)
    account = {split: list(one.lines()) for split, one in accounts.items()}
    return files.Project(backbone=net, settings=settings, names=names, origin=origin,
                         account=account)


def _write_names(data: ClassData, path: Path) -> None:
    names = LabelMap()
    for label, name in enumerate(data.names):
        names.item.add(name=name, label=label, display_name=data.display(name))
    path.write_text(prototxt.to_text(names), encoding="utf-8")


def _shorter_side(data: ClassData) -> float:
    """The middle one of the shorter sides of some training images; 0 if none says its size."""
    images = data.splits["train"]
    step = max(len(images) // NUM_MEASURED, 1)
    sides = []
    for entry in images[::step]:
        try:
            width, height = image_size(read_regular(data.root / entry.image, MAX_BYTES))
        except OSError:
            continue
        sides.append(min(width, height))
    known = sorted(side for side in sides if side > 0)
    return known[len(known) // 2] if known else 0


def _convert(data: ClassData, entries: Sequence[Entry], database: Path, side: int, split: str
             ) -> Report:
    """Write a database; returns what is in it and what was left out."""
    labels = {name: label for label, name in enumerate(data.names)}
    report = conversion.fill(database, entries, lambda entry: square_record(
        data.root / entry.image, labels[entry.label], data.display(entry.label), side),
        losses=data.losses.get(split, ()))
    conversion.forget(database)
    return report


def _check_stored(accounts: dict[str, Account], names: Sequence[str], place: Path) -> None:
    """DataError for a class of which a split has lost all images."""
    for split, account in accounts.items():
        stored: Counter[str] = account.classes
        for name in names:
            if not stored[name]:
                raise DataError(f"{place}: no image of the class '{name}' to {split} on can be "
                                "used; mend them, or leave the class out with --leave-out")
