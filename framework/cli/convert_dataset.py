"""Convert a data set to an LMDB for each split, labelmap.prototxt, <split>_name_size.txt.

DATASET is a folder in VOC's layout (JPEGImages, Annotations, ImageSets/Main) or a YAML file
that describes data in the format of VOC, COCO, Open Images or YOLO. OUT appears when all of it
is written; after an interruption the same command resumes.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app, gflags
from framework.data.convert import conversion
from framework.data.convert.datum import Converted, ImageOptions, make_record
from framework.data.convert.journal import Report, fingerprint
from framework.data.datasets import description
from framework.data.datasets.dataset import Dataset
from framework.data.datasets.splits import divide, shares
from framework.data.records import label_map
from framework.data.records.list_file import Entry
from framework.definition import prototxt
from framework.definition.values import shortened
from framework.errors import DataError
from framework.system import own_folders
from framework.system.atomic import resumed_folder
from framework.system.file_names import wrong_name

LABEL_MAP = "labelmap.prototxt"     # these two are in OUT beside the splits
SIZES = "_name_size.txt"


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/convert_dataset", description=__doc__,
        epilog="example: tools/convert_dataset VOC2007 data/voc --splits trainval test "
               "--shuffle trainval")
    parser.add_argument("dataset", metavar="DATASET", type=Path, help="folder or YAML file")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--root", type=Path, help="where the data are, instead of the YAML's root")
    parser.add_argument("--splits", nargs="+", metavar="NAME", help="convert only these splits")
    parser.add_argument("--split", nargs="+", metavar="NAME=SHARE", help="divide all images "
                        "anew, at random by --seed: `trainval=0.8` leaves the rest to `test`")
    parser.add_argument("--shuffle", nargs="+", metavar="NAME", help="shuffle these splits")
    parser.add_argument("--seed", type=int, default=0, help="seed of --shuffle and --split")
    parser.add_argument("--redo", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--jobs", type=gflags.whole_number(0, 1024), default=0,
                        help="threads (default: one a core)")
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(convert, make_parser(), arguments)


def convert(options: argparse.Namespace) -> int:
    """Write everything into OUT. DataError for what the user can put right."""
    if os.path.lexists(options.out) and not options.redo:
        raise DataError(f"{options.out}: exists; remove it, name another folder, or give --redo")
    data = description.load(options.dataset, options.root, is_divided=bool(options.split))
    if options.split:
        data = divide(data, shares(options.split), options.seed)
    chosen = list(dict.fromkeys(options.splits or data.splits))
    mixed = options.shuffle or data.shuffle
    for name in (*chosen, *mixed):
        if name not in data.splits:
            raise DataError(f"{options.dataset}: no split {name}; it has {', '.join(data.splits)}")
    _check_splits(chosen, options.dataset)
    names = label_map.make(data.names)
    for item in names.item:
        item.display_name = data.display_names.get(item.name, item.display_name)
    labels = label_map.labels_by_name(names)
    inputs = [options.dataset, data.root]
    with resumed_folder(options.out, options.redo, inputs) as folder:
        _remove_others(folder, chosen)
        (folder / LABEL_MAP).write_text(prototxt.to_text(names), encoding="utf-8")
        for split in chosen:
            entries = list(data.splits[split])
            if split in mixed:
                random.Random(options.seed).shuffle(entries)
            report = _convert_split(data, entries, labels, folder / split, options.jobs)
            print(f"{options.out / split}: {report.text()}")
        for split in chosen:
            conversion.forget(folder / split)
    shown = ", ".join(shortened(item.display_name) for item in names.item)
    print(f"{options.out / LABEL_MAP}: {shown}")
    return 0


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
        if path.is_dir():
            if path.name not in splits:
                own_folders.remove(path)
        elif path.name != own_folders.MARK:
            path.unlink()


def _convert_split(
    data: Dataset,
    entries: list[Entry],
    labels: dict[str, int],
    database: Path,
    jobs: int,
) -> Report:
    def make(entry: Entry) -> Converted:
        found, num_others = data.labels(entry)
        place = str(data.root / entry.label)
        made = make_record(data.root / entry.image, found, place, labels, ImageOptions())
        made.skipped_boxes += num_others
        return made

    identity = fingerprint(data.root, entries, (labels, data.skip_others))
    report = conversion.fill(database, entries, make, jobs=jobs, identity=identity)
    sizes = "".join(f"{Path(image).stem} {h} {w}\n" for image, h, w in report.sizes)
    database.with_name(database.name + SIZES).write_bytes(os.fsencode(sizes))
    return report
