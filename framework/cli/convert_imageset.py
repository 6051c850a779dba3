"""Convert images and their class numbers to an LMDB of Datum, for Data layers.

Each line of LISTFILE is `image number`, the image relative to ROOTFOLDER. Flags may be
written as the original's: --shuffle, --shuffle=true, --noshuffle.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from framework.cli import app, image_flags
from framework.data.convert.datum import Converted, classified_image
from framework.data.records import list_file


def make_parser() -> argparse.ArgumentParser:
    """The original's flags, and --redo, --seed, --jobs."""
    parser = argparse.ArgumentParser(
        prog="tools/convert_imageset", description=__doc__,
        epilog="example: tools/convert_imageset --shuffle --resize_width=256 --resize_height=256 "
               "images/ train.txt train_lmdb")
    image_flags.add(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(convert, make_parser(), arguments)


def convert(options: argparse.Namespace) -> int:
    """Convert as the flags say. DataError for what the user can put right."""
    image_flags.check(options)
    entries = list_file.read(options.listfile, options.rootfolder)
    list_file.check_numbers(entries, options.listfile)
    settings = image_flags.image_options(options)

    def classified(entry: list_file.Entry) -> Converted:
        number = list_file.class_number(entry)
        return classified_image(options.rootfolder / entry.image, settings, number, entry.label)

    return image_flags.convert(options, entries, classified)
