"""Convert a data set to an LMDB for each split, labelmap.prototxt, <split>_name_size.txt.

Label images become <split>.txt, which ImageSegData reads, with labelmap.prototxt.

DATASET is a folder in VOC's layout (JPEGImages, Annotations, ImageSets/Main), or a YAML file
that describes data in the format of VOC, COCO, Open Images or YOLO; any other folder, JSON,
XML or CSV file is looked into, as tools/new does. Label images are those of VOC 2012
(ImageSets/Segmentation), Cityscapes, ADE20K, or folders of images and masks. OUT appears when all
of it is written; after an interruption the same command resumes, but for label images.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from framework.cli import app
from framework.data.convert import conversion
from framework.data.convert import segmentation as mask_lists
from framework.data.convert.copies import note_copies
from framework.data.convert.datum import Converted, ImageOptions, make_record
from framework.data.convert.journal import Report, fingerprint
from framework.data.datasets import description, recognition, segmentation
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.file_tree import UNDIVIDED
from framework.data.datasets.splits import also_trained_on, divide, is_for_training, shares, shuffle
from framework.data.records import label_map
from framework.data.records.account import Account, Note
from framework.data.records.list_file import Entry, repeats
from framework.definition import prototxt
from framework.errors import DataError
from framework.proto import LabelMap
from framework.system import own_folders
from framework.system.atomic import new_folder, resumed_folder
from framework.system.file_names import wrong_name
from framework.system.wording import shortened

KNOWN = (("ImageSets",), ("JPEGImages", "Annotations"), ("data.yaml",))    # VOC and Ultralytics
LABEL_MAP = "labelmap.prototxt"     # these two are in OUT beside the splits
SIZES = "_name_size.txt"


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/convert_dataset", description=__doc__,
        epilog="example: tools/convert_dataset VOC2007 data/voc --split trainval test")
    parser.add_argument("dataset", metavar="DATASET", type=Path,
                        help="folder, or YAML, JSON, XML or CSV file")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--segmentation", action="store_true",
                        help="convert the label images of a folder that has boxes as well")
    parser.add_argument("--root", type=Path, metavar="DIR",
                        help="where the data are, instead of the YAML's root")
    parser.add_argument("--split", "--splits", nargs="+", metavar="NAME[=SHARE]", default=[],
                        help="convert only these splits; or divide all images anew, at random by "
                        "--seed: `trainval=0.8` leaves the rest to `test`")
    parser.add_argument("--shuffle", nargs="+", metavar="NAME", help="shuffle these splits "
                        "(default: the data set's `shuffle`, else those named train...)")
    parser.add_argument("--no-shuffle", "--noshuffle", action="store_true",
                        help="keep the order of the lists in every split")
    parser.add_argument("--seed", type=int, metavar="N", default=0,
                        help="seed of the shuffling and dividing "
                        "(default: %(default)s)")
    parser.add_argument("--strict", action="store_true",
                        help="write nothing if an image or a box would be left out")
    parser.add_argument("--redo", action="store_true", help="replace OUT if it exists")
    app.add_jobs_flag(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(convert, make_parser(), arguments)


def convert(options: argparse.Namespace) -> int:
    """Write everything into OUT. DataError for what the user can put right."""
    if os.path.lexists(options.out) and not options.redo:
        raise DataError(f"{options.out}: exists; remove it, name another folder, or give --redo")
    wanted, parts = _wanted(options.split)
    masks = _masks(options)
    if masks is not None:
        return _convert_masks(options, masks, wanted, parts)
    data = _load(options, wanted, bool(parts))
    if parts:
        data = divide(data, shares(parts), options.seed)
    chosen = wanted or list(data.splits)
    data.check_label_files(chosen)
    shuffled = _shuffled(options, data, chosen)
    _check_splits(chosen, options.dataset)
    inputs = [options.dataset, data.root]
    with resumed_folder(options.out, options.redo, inputs) as folder:
        _remove_others(folder, chosen)
        splits = {split: list(data.splits[split]) for split in chosen}
        for split in shuffled:
            shuffle(splits[split], options.seed)
        names, accounts = write_splits(data, splits, folder, options.jobs)
        for split, account in accounts.items():
            account.check_strict(options.strict, str(options.out / split), data.display_names)
        for split in chosen:
            conversion.forget(folder / split)
    # not before the folder has its name: a reader of the account may go away, as `head` does
    _print(options, accounts, shuffled, data.display_names)
    _print_classes(options.out / LABEL_MAP, names, accounts)
    return 0


def _masks(options: argparse.Namespace) -> segmentation.SegmentationData | None:
    """The label images of a folder, if they are asked for or it has no boxes."""
    path = options.dataset
    if options.segmentation:
        return segmentation.load(path)
    if not os.path.isdir(path) or os.path.exists(path / "ImageSets" / "Main") \
            or os.path.exists(path / "data.yaml"):
        return None
    try:
        recognition.recognise(path)
    except DataError:
        return segmentation.recognise(path)
    return None


def _convert_masks(options: argparse.Namespace, found: segmentation.SegmentationData,
                   wanted: list[str], parts: list[str]) -> int:
    """Write the lists, images and label maps of label images into OUT."""
    print(f"{options.dataset}: {found.format}: {found.reason}")
    if parts:
        found = replace(found, data=divide(found.data, shares(parts), options.seed))
    elif segmentation.is_undivided(found):
        raise DataError(f"{options.dataset}: the images are in no splits; --split train=0.8 "
                        "divides them at random")
    for name in wanted:
        if name not in found.data.splits:
            raise DataError(f"{options.dataset}: no split {shortened(name)}; it has "
                            f"{', '.join(found.data.splits)}")
    chosen = wanted or list(found.data.splits)
    _check_splits(chosen, options.dataset)
    for name in chosen:
        if len(name.split()) != 1:
            raise DataError(f"{options.dataset}: the split {name!r} has a space in its name, "
                            "which lists of images cannot have")
    shuffled = _shuffled(options, found.data, chosen)
    splits = {split: list(found.data.splits[split]) for split in chosen}
    for split in shuffled:
        shuffle(splits[split], options.seed)
    with new_folder(options.out, options.redo, [options.dataset, found.data.root]) as folder:
        names, accounts = mask_lists.write(found, splits, folder, options.jobs)
        for split, account in accounts.items():
            account.check_strict(options.strict, str(options.out / split))
    _print(options, accounts, shuffled, {})
    _print_classes(options.out / LABEL_MAP, names, accounts)
    return 0


def _load(options: argparse.Namespace, wanted: Sequence[str], is_divided: bool) -> Dataset:
    """The data set of a VOC folder or a description; of anything else by looking into it."""
    path = options.dataset
    is_known = any(all(os.path.exists(path / name) for name in names) for names in KNOWN) \
        if os.path.isdir(path) \
        else path.suffix.lower() not in (".json", ".csv", ".xml")
    if is_known or options.root is not None or not os.path.exists(path):
        data = description.load(path, options.root, is_divided, wanted)
        is_whole = os.path.isdir(path) and options.root is None and not wanted
        return recognition.with_unlisted(data, path) if is_whole else data
    found = recognition.recognise(path)
    print(f"{path}: {found.format}: {found.reason}")
    splits = found.data.splits
    if is_divided:
        return found.data
    if set(splits) == {UNDIVIDED}:
        raise DataError(f"{path}: the images are in no splits; --split trainval=0.8 divides them "
                        "at random")
    for name in wanted:
        if name not in splits:
            raise DataError(f"{path}: no split {shortened(name)}; it has {', '.join(splits)}")
    return found.data


def _wanted(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of splits, and the `NAME=SHARE`, of which only one kind may be given."""
    parts = [word for word in words if "=" in word]
    names = [word for word in dict.fromkeys(words) if "=" not in word]
    if parts and names:
        raise DataError(f"--split {' '.join(words)}: give names of splits, or NAME=SHARE to divide "
                        "all images anew, and not both")
    return names, parts


def _shuffled(options: argparse.Namespace, data: Dataset, chosen: Sequence[str]) -> list[str]:
    """The splits whose order is shuffled. DataError for one that is not there."""
    if options.no_shuffle and options.shuffle:
        raise DataError("--shuffle and --no-shuffle exclude each other")
    if options.no_shuffle:
        return []
    for name in options.shuffle or ():
        if name not in data.splits:
            raise DataError(f"{options.dataset}: no split {name}; it has {', '.join(data.splits)}")
    given = options.shuffle if options.shuffle is not None else data.shuffle
    if given is None:
        return [name for name in chosen if is_for_training(name)]
    return [name for name in chosen if name in given]


def _print(options: argparse.Namespace, accounts: Mapping[str, Account], shuffled: Sequence[str],
           shown: Mapping[str, str]) -> None:
    """The account of each split."""
    for split, account in accounts.items():
        account.show(str(options.out / split), shown)
        if split in shuffled:
            print(f"  the order is shuffled with seed {options.seed}; --no-shuffle keeps that of "
                  "the list")
        else:
            print("  the order is that of the list")


def _print_classes(path: Path, names: LabelMap, accounts: Mapping[str, Account]) -> None:
    """The classes of the label map, and what is odd about them."""
    shown = {item.name: item.display_name for item in names.item}
    print(f"{path}: {', '.join(map(shortened, shown.values()))}")
    objects = label_map.object_labels(names)
    unused = [shown[item.name] for item in names.item if item.label in objects
              and not any(account.classes[item.name] for account in accounts.values())]
    if unused:
        print(f"  these splits have nothing of: {', '.join(map(shortened, unused))}")
    like = [shown[item.name] for item in names.item if item.label in objects
            and item.label != 0 and shown[item.name].lower() in label_map.BACKGROUND_NAMES]
    if like:
        print(f"  {shortened(', '.join(like))}: a class of boxes has the name of the background, "
              "which is label 0; leave it out of the names if it means that")
    for sentence in label_map.notes_on_capitals(shown.values()):
        print(f"  {sentence}")


def _check_splits(splits: Sequence[str], place: Path) -> None:
    """DataError for a split whose folder would not be one of its own in OUT."""
    for split in splits:
        reason = wrong_name(split, SIZES)
        if not reason and (split in (LABEL_MAP, own_folders.MARK) or split.endswith(SIZES)):
            reason = "the name of a file that this program writes"
        if reason:
            raise DataError(f"{place}: the split {shortened(split)!r} is {reason}; its name "
                            "becomes that of a folder in OUT")


def _remove_others(folder: Path, splits: list[str]) -> None:
    """Clear away what an interrupted call left of splits that are not asked for now."""
    for path in folder.iterdir():
        if os.path.isdir(path):
            if path.name not in splits:
                own_folders.remove(path)
        elif path.name != own_folders.MARK:
            path.unlink()


def write_splits(data: Dataset, splits: Mapping[str, list[Entry]], folder: Path, jobs: int = 0
                 ) -> tuple[LabelMap, dict[str, Account]]:
    """Write the label map and a database of each split, with its journal, into a folder."""
    names = label_map.make(data.names)
    for item in names.item:
        item.display_name = data.display_names.get(item.name, item.display_name)
    (folder / LABEL_MAP).write_text(prototxt.to_text(names), encoding="utf-8")
    labels = label_map.labels_by_name(names)
    reports = {}
    for split, entries in splits.items():
        losses = [*data.losses.get(split, ()), *also_trained_on(splits, split)]
        if data.has_label_files:
            losses += repeats(entries, has_label_files=True)
        reports[split] = _convert_split(data, entries, labels, folder / split, losses, jobs)
    accounts = {split: report.account for split, report in reports.items()}
    note_copies(accounts, {split: report.digests for split, report in reports.items()})
    return names, accounts


def _convert_split(
    data: Dataset,
    entries: list[Entry],
    labels: dict[str, int],
    database: Path,
    losses: Sequence[Note],
    jobs: int,
) -> Report:
    def make(entry: Entry) -> Converted:
        where = str(data.root / entry.label)
        return make_record(data.root / entry.image, data.labels(entry), where, labels,
                           ImageOptions())

    identity = fingerprint(data.root, entries, (labels, data.skip_others))
    report = conversion.fill(database, entries, make, jobs=jobs, identity=identity,
                             shown=data.display_names, losses=losses)
    sizes = "".join(f"{Path(image).stem} {h} {w}\n" for image, h, w in report.sizes)
    database.with_name(database.name + SIZES).write_bytes(os.fsencode(sizes))
    return report
