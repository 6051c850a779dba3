"""Write `name height width` of each listed image, for DetectionEvaluate and result files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.data.convert import sizes
from framework.data.records import list_file
from framework.errors import DataError
from framework.system.atomic import write_file
from framework.system.wording import counted


def make_parser() -> argparse.ArgumentParser:
    """The original's flags."""
    parser = argparse.ArgumentParser(
        prog="tools/get_image_size", description=__doc__,
        epilog="example: tools/get_image_size VOCdevkit/ test.txt test_name_size.txt")
    parser.add_argument("rootfolder", metavar="ROOTFOLDER", type=Path,
                        help="folder that the paths in LISTFILE are relative to")
    parser.add_argument("listfile", metavar="LISTFILE", type=Path, help="lines of `image label`")
    parser.add_argument("out_path", metavar="OUTFILE", type=Path, help="file to write")
    parser.add_argument("--name_id_file", default="", metavar="FILE",
                        help="lines of `name id`; the ids are written instead of the names")
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(measure, make_parser(), arguments)


def measure(options: argparse.Namespace) -> int:
    """Write the sizes. DataError for an image that cannot be read: nothing is written then."""
    if not os.path.isdir(options.rootfolder):
        raise DataError(f"{options.rootfolder}: no such folder (ROOTFOLDER)")
    entries = list_file.read(options.listfile, options.rootfolder)
    ids = sizes.read_ids(Path(options.name_id_file)) if options.name_id_file else {}
    lines = sizes.size_lines(options.rootfolder, [entry.image for entry in entries], ids)
    write_file(options.out_path, "".join(f"{line}\n" for line in lines))
    print(f"{options.out_path}: {counted(len(lines), 'size')}")
    return 0
