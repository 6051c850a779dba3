"""`caffe new segmenter`: from images and label images to the folder of a segmenter."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from framework.cli.new_project import FEWEST_IMAGES, SHARE, Contents, write_folder
from framework.data.convert import segmentation as mask_lists
from framework.data.datasets import segmentation, splits
from framework.data.records import label_map
from framework.data.records.account import Account
from framework.errors import DataError
from framework.project.names import DATA
from framework.system.wording import counted, shortened


def new_segmenter(options: argparse.Namespace) -> int:
    """Write the folder, or nothing. DataError for data that no segmenter can learn from."""
    # lazy: torch costs 1.9 s, and --help does without it
    from framework.project.choices import check_backbone
    from framework.project.segmenter import choices, files

    net = options.backbone or choices.UNET
    check_backbone(net, choices.BACKBONES)
    if options.leave_out:
        raise DataError("--leave-out: a segmenter tells all classes of its label images apart")
    found = segmentation.load(options.data)
    print(f"{options.data}: {found.format}: {found.reason}")
    num_images = sum(map(len, found.data.splits.values()))
    if num_images < FEWEST_IMAGES:
        raise DataError(f"{options.data}: has {counted(num_images, 'image')}; a segmenter needs "
                        f"{FEWEST_IMAGES} at least, and some hundred to be of use")
    data, sentence = splits.train_and_test(found.data, SHARE, options.seed)
    print(f"splits: {sentence}")
    found = replace(found, data=data)

    def fill(folder: Path) -> Contents:
        place = folder / DATA
        place.mkdir()
        entries = {split: list(own) for split, own in data.splits.items()}
        splits.shuffle(entries["train"], options.seed)
        names, accounts = mask_lists.write(found, entries, place)
        shown = tuple(item.display_name for item in names.item)
        _check_classes(accounts, shown, options.data)
        counts = {split: one.stored_images for split, one in accounts.items()}
        account = {split: list(one.lines()) for split, one in accounts.items()}
        project = files.Project(
            settings=choices.settings(net, place, counts, shown, options.size), names=shown,
            origin=(f"{found.format}: {found.reason}", sentence), account=account)
        return Contents(files.texts(project, str(options.out)), account)

    return write_folder(options, data.root, fill)


def _check_classes(accounts: Mapping[str, Account], names: tuple[str, ...], place: Path) -> None:
    """Name classes that a split lacks; DataError for label images of one class alone."""
    for split, account in accounts.items():
        lacking = [name for name in names if not account.classes[name]]
        if len(names) - len(lacking) < 2:
            raise DataError(f"{place}: the images to {split} on have one class alone, so there is "
                            "nothing to tell apart")
        if lacking:
            print(f"classes that no image to {split} on has: {shortened(', '.join(lacking))}")
    for sentence in label_map.notes_on_capitals(names):
        print(sentence)
