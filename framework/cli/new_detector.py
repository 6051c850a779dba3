"""`caffe new detector`: from annotated images to the folder of a detector."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import convert_dataset
from framework.cli.new_project import FEWEST_IMAGES, SHARE, Contents, write_folder
from framework.data.convert import conversion
from framework.data.datasets import recognition, splits
from framework.data.datasets.dataset import Dataset
from framework.data.records import label_map
from framework.errors import DataError
from framework.project.names import DATA, DEPLOY, TRAIN_TEST
from framework.system.wording import counted, shortened

if TYPE_CHECKING:
    from framework.project.detector.backbone import Backbone
    from framework.project.detector.files import Project
    from framework.report.data_survey import Survey
    from framework.report.prior_choice import Proposal


def new_detector(options: argparse.Namespace) -> int:
    """Write the folder, or nothing. DataError for data that no detector can learn from."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.project.detector import files
    from framework.project.detector.backbone import SMALL, backbone

    net = backbone(options.backbone or SMALL)
    found = recognition.recognise(options.data)
    print(f"{options.data}: {found.format}: {found.reason}")
    _check_enough(found.data, options.data)
    data, sentence = splits.train_and_test(_without(found.data, options), SHARE, options.seed)
    print(f"splits: {sentence}")
    data, notes = _checked(data, options.data)
    for note in notes:
        print(note)
    origin = (f"{found.format}: {found.reason}", sentence, *notes)

    def fill(folder: Path) -> Contents:
        project = _write(data, net, folder, origin, options)
        return Contents(files.texts(project, str(options.out)), project.account,
                        (files.matched(project.proposal),))

    return write_folder(options, data.root, fill)


def _without(data: Dataset, options: argparse.Namespace) -> Dataset:
    """The data set without the classes of --leave-out."""
    shown = {name: data.display_names.get(name, name) for name in data.names}
    for name in options.leave_out:
        if name not in shown.values():
            raise DataError(f"--leave-out {shortened(name)}: is not a class; the classes are "
                            f"{shortened(', '.join(shown.values()))}")
    if not options.leave_out:
        return data
    kept = [name for name in data.names if shown[name] not in options.leave_out]
    return replace(data, names=kept, skip_others=True)


def _check_enough(data: Dataset, place: Path) -> None:
    """DataError for too few images with boxes, with the first reason why others have none."""
    data.check_label_files(data.splits)
    reasons = [note.text() for notes in data.losses.values() for note in notes if note.boxes]
    num_filled = 0
    for entry in dict.fromkeys(entry for split in data.splits.values() for entry in split):
        try:
            labels = data.labels(entry)
        except DataError as error:
            reasons.append(str(error))
            continue
        num_filled += labels is not None and bool(labels.boxes)
        if num_filled == FEWEST_IMAGES:
            return
    reason = f"; not all can be used: {reasons[0]}" if reasons else ""
    raise DataError(f"{place}: has {counted(num_filled, 'image')} with boxes; a detector needs "
                    f"{FEWEST_IMAGES} at least, and some hundred to be of use{reason}")


def _checked(data: Dataset, place: Path) -> tuple[Dataset, list[str]]:
    """The data set without classes that have no box, and sentences on them.

    DataError for too few images, and for classes that one split lacks.
    """
    _check_enough(data, place)
    images: dict[str, Counter[str]] = {}
    for split, entries in data.splits.items():
        images[split] = Counter()
        for entry in entries:
            images[split].update(splits.classes_of(data, entry))
    shown = {name: data.display_names.get(name, name) for name in data.names}
    unused = [name for name in data.names if not any(images[split][name] for split in images)]
    splits.check_in_both(
        images, {name: shown[name] for name in data.names if name not in unused}, place)
    kept = [name for name in data.names if name not in unused]
    notes = [f"classes without a box, which are left out: "
             f"{', '.join(shortened(shown[name]) for name in unused)}"] if unused else []
    notes += label_map.notes_on_capitals(shown[name] for name in kept)
    return replace(data, names=kept), notes


def _write(data: Dataset, net: Backbone, folder: Path, origin: tuple[str, ...],
           options: argparse.Namespace) -> Project:
    """Write databases and backbone into the folder, and choose all settings."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.data.records.database import open_database
    from framework.project.detector import choices, files
    from framework.report.data_survey import survey_database

    place = folder / DATA
    place.mkdir()
    entries = {split: list(own) for split, own in data.splits.items()}
    splits.shuffle(entries["train"], options.seed)
    _, accounts = convert_dataset.write_splits(data, entries, place)
    for split in accounts:
        conversion.forget(place / split)
    account = {split: list(one.lines(data.display_names, is_forced=True))
               for split, one in accounts.items()}
    survey = survey_database(open_database(place / "train"), str(place / "train"), True)
    if not survey.sides().any():        # they are outside of their images, say
        notes = accounts["train"].notes
        raise DataError(f"{options.data}: no box of the images to train on can be used"
                        + (f"; the first reason: {notes[0].text()}" if notes else ""))
    names = tuple(data.display_names.get(name, name) for name in data.names)
    chosen = choices.settings(net, survey, accounts["test"].stored_images, names, place / "train",
                              options.size)
    for name, text in files.net_files(net).items():
        (folder / name).write_text(text, encoding="utf-8")
    first = files.Project(backbone=net, settings=chosen, proposal=_first(net, chosen.size),
                          names=names, origin=origin, account=account)
    return replace(first, proposal=_proposal(first, folder, survey))


def _first(net: Backbone, size: tuple[int, int]) -> Proposal:
    """Priors of any size, to build a net whose cells can then be measured."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.project.detector.backbone import ZOO_SIZE
    from framework.report.prior_choice import Priors, Proposal

    is_own = net.mean is None or size == (ZOO_SIZE, ZOO_SIZE)
    return Proposal(tuple(Priors(origin if is_own else replace(origin, step=0), 30, 60, 1)
                          for origin in net.origins), 0)


def _proposal(project: Project, folder: Path, survey: Survey) -> Proposal:
    """The priors for the boxes of the training images."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.net.net import Net
    from framework.project.detector import files
    from framework.report.prior_choice import propose
    from framework.report.prior_makers import prior_makers

    (folder / TRAIN_TEST).write_text(files.train_test(project), encoding="utf-8")
    (folder / DEPLOY).write_text(files.deploy(project), encoding="utf-8")
    makers = prior_makers(Net(folder / DEPLOY, "TEST"))
    origins = [priors.origin for priors in project.proposal.priors]
    return propose(survey.corners, makers, origins, project.settings.size)
