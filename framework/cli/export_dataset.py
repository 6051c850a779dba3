"""Export an LMDB of images with boxes to files in the layout of VOC or COCO.

VOC: OUT/JPEGImages, OUT/Annotations, OUT/ImageSets/Main/SPLIT.txt. COCO: OUT/SPLIT and
OUT/annotations/instances_SPLIT.json. Encoded images are written as they are stored.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app

if TYPE_CHECKING:
    from framework.proto import LabelMap


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/export_dataset", description=__doc__,
        epilog="example: tools/export_dataset trainval_lmdb out --format coco "
               "--label_map_file labelmap.prototxt")
    parser.add_argument("database", metavar="LMDB", type=Path, help="folder of the database")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to make")
    parser.add_argument("--format", choices=("voc", "coco"), default="voc",
                        help="layout of the files (default: %(default)s)")
    parser.add_argument("--labelmap", "--label_map_file", required=True, metavar="FILE",
                        help="the classes of the labels")
    parser.add_argument("--split", "--splits", default="", metavar="NAME",
                        help="name of the split (default: that of the LMDB)")
    parser.add_argument("--redo", action="store_true", help="replace OUT if it exists")
    app.add_image_flags(parser)
    parser.add_argument("--strict", action="store_true",
                        help="write nothing if an image or a box would be left out")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(export, make_parser(), arguments)


def written_names(message: LabelMap, layout: str) -> dict[int, str]:
    """What files call the classes of a label map, by label, without the background.

    COCO's files have the display names, but for those that several classes have (ILSVRC has two
    cranes). VOC's have the names, but for numbers, as COCO's label maps have: they tell a reader
    nothing.
    """
    # lazy: --help does without it
    from framework.data.records.label_map import names_by_label, object_labels

    labels = object_labels(message)
    shown = names_by_label(message)
    counts = Counter(shown.values())
    return {item.label: shown[item.label] if counts[shown[item.label]] == 1
            and (layout == "coco" or item.name.isdecimal()) else item.name
            for item in message.item if item.label in labels}


def export(options: argparse.Namespace) -> int:
    """Write everything into OUT. DataError for what the user can put right."""
    # lazy: --help does without it
    from framework.data.convert.export import export_coco, export_voc
    from framework.data.records.database import open_database
    from framework.data.records.label_map import names_by_label, read
    from framework.data.records.records import holds_annotated
    from framework.errors import DataError
    from framework.system.atomic import new_folder
    from framework.system.file_names import wrong_name
    from framework.system.wording import counted

    message = read(options.labelmap)
    written = written_names(message, options.format)
    shown = names_by_label(message)
    classes = {name: shown[label] for label, name in written.items()}
    database = open_database(options.database)
    if holds_annotated(database) is False:
        raise DataError(f"{options.database}: the records are Datum, which have no boxes; those "
                        "that tools/convert_annoset and tools/convert_dataset make can be exported")
    split = options.split or options.database.resolve().name.removesuffix("_lmdb")
    reason = wrong_name(split, "instances_.json")
    if not reason and options.format == "coco" and split == "annotations":
        reason = "the name of a folder that COCO's layout has"
    if reason:
        raise DataError(f"--split: {split!r} is {reason}; it becomes the name of a file in OUT")
    inputs = [options.database, Path(options.labelmap)]
    with new_folder(options.out, options.redo, inputs) as folder:
        write = export_voc if options.format == "voc" else export_coco
        account = write(database, split, written, folder)
        for note in account.notes:
            app.complain(f"left out: {note.text()}")
        account.check_strict(options.strict, str(options.out), classes)
        if not account.stored_images:
            raise DataError(f"{options.database}: not one of the records can be exported; nothing "
                            f"was written. The first: {account.notes[0].text()}")
        if account.boxes and not account.stored_boxes:
            boxes = counted(account.boxes, "box")
            raise DataError(f"{options.database}: not one of {boxes} can be exported with "
                            f"{options.labelmap}; nothing was written. The first: "
                            f"{account.notes[0].text()}")
    account.show(str(options.out), classes)
    return 0
