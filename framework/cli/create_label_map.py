"""Create a label map (prototxt) from class names, one a line.

Each line of MAPFILE is `name`, `name label` or `name label display_name`; without labels they
are numbered in their order.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app, gflags
from framework.data.records import label_map
from framework.definition import prototxt
from framework.errors import DataError
from framework.system.atomic import write_file
from framework.system.text import is_there, read_lines
from framework.system.wording import counted


def make_parser() -> argparse.ArgumentParser:
    """The original's flags."""
    parser = argparse.ArgumentParser(
        prog="tools/create_label_map", description=__doc__,
        epilog="example: tools/create_label_map --include_background names.txt labelmap.prototxt")
    parser.add_argument("map_path", metavar="MAPFILE", type=Path, help="class names")
    parser.add_argument("out_path", metavar="OUTFILE", type=Path, help="label map to write")
    parser.add_argument("--delimiter", default=" ", metavar="SIGNS",
                        help="characters that separate the fields (default: a space)")
    gflags.add_flag(parser, "include_background", "add the class none_of_the_above as label 0")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(create, make_parser(), arguments)


def create(options: argparse.Namespace) -> int:
    """Write the label map. DataError names the line that cannot be taken."""
    if not is_there(options.map_path):
        raise DataError(f"{options.map_path}: no such file of class names")
    lines = read_lines(options.map_path)
    if not options.delimiter:
        raise DataError("--delimiter is empty; it must have a character that parts the fields")
    names = label_map.parse_lines(lines, options.delimiter, options.include_background,
                                  str(options.map_path))
    if not names.item:
        raise DataError(f"{options.map_path}: has no class name")
    write_file(options.out_path, prototxt.to_text(names))
    for sentence in label_map.notes(names):
        app.complain(f"{options.out_path}: {sentence}")
    print(f"{options.out_path}: {counted(len(names.item), 'label')}")
    return 0
