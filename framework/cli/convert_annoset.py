"""Convert images and their boxes (or class numbers) to an LMDB of AnnotatedDatum.

Each line of LISTFILE is `image label`, relative to ROOTFOLDER: the label is an annotation
file (--anno_type=detection) or a number (classification). Flags may be written as the
original's: --shuffle, --shuffle=true, --noshuffle.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from framework.cli import app, gflags, image_flags
from framework.data.convert.datum import Converted, ImageOptions, annotated_datum, classified_image
from framework.data.records import label_map, list_file
from framework.errors import DataError
from framework.proto import AnnotatedDatum, Datum


def make_parser() -> argparse.ArgumentParser:
    """The original's flags, and --redo, --seed, --jobs."""
    parser = argparse.ArgumentParser(
        prog="tools/convert_annoset", description=__doc__,
        epilog="example: tools/convert_annoset --anno_type=detection "
               "--label_map_file=labelmap.prototxt VOCdevkit/ trainval.txt trainval_lmdb")
    kinds = ("classification", "detection")
    parser.add_argument("--anno_type", choices=kinds, default="classification",
                        help="what the labels are (default: %(default)s)")
    parser.add_argument("--label_type", choices=("xml", "json", "txt"), default="xml",
                        help="format of annotation files (default: %(default)s)")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="label map (prototxt), for detection")
    gflags.add_flag(parser, "check_label", "taken for the original's sake: a label map that has a "
                    "name twice is always refused")
    parser.add_argument("--min_dim", type=int, metavar="N", default=0,
                        help="enlarge images whose shorter side is below this")
    parser.add_argument("--max_dim", type=int, metavar="N", default=0,
                        help="shrink images whose longer side is above this")
    image_flags.add(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(convert, make_parser(), arguments)


def convert(options: argparse.Namespace) -> int:
    """Convert as the flags say. DataError for what the user can put right."""
    image_flags.check(options)
    entries = list_file.read(options.listfile, options.rootfolder)
    settings = image_flags.image_options(options)
    if options.anno_type == "classification":
        list_file.check_numbers(entries, options.listfile)
        make = partial(_classified, options.rootfolder, settings)
        return image_flags.convert(options, entries, make, options.anno_type)
    if not options.labelmap:
        raise DataError("--anno_type=detection needs --label_map_file")
    names = label_map.read(options.labelmap, may_share=True)
    for sentence in label_map.notes(names):
        app.complain(f"{options.labelmap}: {sentence}")
    labels = label_map.labels_by_name(names)
    _check_label_files(entries, options)

    def detected(entry: list_file.Entry) -> Converted:
        image_path = options.rootfolder / entry.image
        label_path = options.rootfolder / entry.label
        return annotated_datum(image_path, label_path, labels, settings, options.label_type)

    return image_flags.convert(options, entries, detected, (options.label_type, labels))


def _check_label_files(entries: Sequence[list_file.Entry], options: argparse.Namespace) -> None:
    """DataError if the list names no label file that exists: then its paths are wrong.

    One that is missing makes an image without boxes, as in the original.
    """
    if not any((options.rootfolder / entry.label).exists() for entry in entries):
        path = options.rootfolder / entries[0].label
        raise DataError(f"{options.listfile}: none of its {len(entries)} label files exists; the "
                        f"first is {path}; the paths are relative to ROOTFOLDER, "
                        f"{options.rootfolder}")


def _classified(root: Path, settings: ImageOptions, entry: list_file.Entry) -> Converted:
    number = list_file.class_number(entry)
    converted = classified_image(root / entry.image, settings, number, entry.label)
    assert isinstance(converted.record, Datum)
    converted.record = AnnotatedDatum(datum=converted.record)
    return converted
