"""Check the records of a database, or of all databases of a net or solver.

Lists every bad record, counts the classes, shows sizes and aspect ratios of the boxes, and, for a
net with PriorBox layers, which boxes no prior matches and which sizes would.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.definition import zoo
from framework.errors import DataError
from framework.system.regular import read_regular
from framework.system.text import encoding_of


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/check_data", description=__doc__,
        epilog="example: tools/check_data train.prototxt --phase TRAIN --plot counts.png")
    parser.add_argument("path", metavar="SOLVER|NET|LMDB", type=Path,
                        help="prototxt of a solver or net, or the folder of a database")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="label map of an LMDB given by itself (default: labelmap.prototxt "
                        "beside it)")
    parser.add_argument("--phase", type=str.upper, choices=("TRAIN", "TEST"),
                        help="only this phase of a net (default: both)")
    parser.add_argument("--plot", metavar="FILE.png", type=Path, help="draw the counts, one "
                        "image for each database: FILE.png, FILE_2.png, ...")
    parser.add_argument("--show", metavar="DIR", type=Path, help="write images as the net gets "
                        "them, with their boxes, and check nothing")
    parser.add_argument("--count", type=int, metavar="N", default=16,
                        help="images of --show for each layer (default: %(default)s)")
    parser.add_argument("--seed", type=int, metavar="N", default=0,
                        help="seed of the augmentation of --show (default: %(default)s)")
    parser.add_argument("--anchors", type=int, metavar="N", help="print N anchors for YOLO: "
                        "k-means of the boxes with the distance 1 - IoU")
    parser.add_argument("--anchor-size", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"),
                        help="input of the net that --anchors are for (default: what the net "
                        "resizes to; of an LMDB the images' own sizes)")
    parser.add_argument("--strict", action="store_true",
                        help="exit with 1 if even one record is bad")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code: 1 if a database has too many bad records to train."""
    return app.run(check, make_parser(), arguments)


def check(options: argparse.Namespace) -> int:
    """Check what `path` names. DataError or SpecError for what cannot be opened."""
    path = Path(zoo.located(options.path))
    check_anchors(options)
    if os.path.isdir(path) or path.name == "data.mdb":
        if options.show:
            raise DataError(f"--show needs a net or solver, whose data layer {path} is read by")
        if options.labelmap:
            # lazy: --help does without it
            from framework.data.records import label_map

            label_map.read(options.labelmap)        # DataError if it is not there
        beside = path.absolute().parent / "labelmap.prototxt"
        if not options.labelmap and os.path.isfile(beside):
            print(f"labels as in {beside}")
            options.labelmap = str(beside)
        return check_database(path, options)
    if not os.path.exists(path):
        raise DataError(f"{path}: there is no such file or database; {how_to_make()}")
    if options.show:
        # lazy: --help does without it
        from framework.cli import show_data

        return show_data.show_files(net_paths(path), options)
    # lazy: --help does without it
    from framework.cli import check_net

    return check_net.check_files(net_paths(path), options)


def check_anchors(options: argparse.Namespace) -> None:
    """DataError for numbers that mean no anchors."""
    if options.anchors is not None and options.anchors < 1:
        raise DataError(f"--anchors is {options.anchors}; it must be at least 1")
    if options.anchor_size is not None:
        if options.anchors is None:
            raise DataError("--anchor-size needs --anchors")
        if min(options.anchor_size) < 1:
            raise DataError(f"--anchor-size is {options.anchor_size[0]} "
                            f"{options.anchor_size[1]}; both must be at least 1")


def check_database(path: Path, options: argparse.Namespace) -> int:
    """Check an LMDB given by itself."""
    # lazy: --help does without them
    from framework.report.anchor_choice import print_anchors
    from framework.report.data_report import report
    from framework.report.data_survey import Survey

    def anchors(found: Survey, names: dict[int, str]) -> None:
        if options.anchors:
            print_anchors(found, options.anchors, options.anchor_size)

    return report(str(path), options.labelmap, priors=anchors, plot=options.plot,
                  is_strict=options.strict)


def how_to_make() -> str:
    """How a database is made, for the error about a missing one."""
    # lazy: --help does without it
    from framework.data.records.database import HOW_TO_MAKE

    return HOW_TO_MAKE


def net_paths(path: Path) -> list[Path]:
    """The nets that a solver names, or the net itself. DataError for one that is not there."""
    content = read_regular(path)
    text = re.sub(r"#.*", "", content.decode(encoding_of(content), errors="replace"))
    named: dict[str, None] = {}
    for match in re.finditer(r"\b((?:train_|test_)?net)\s*:\s*[\"']([^\"']+)[\"']", text):
        field, name = match.groups()
        if not zoo.is_in_zoo(name) and not os.path.exists(name):
            # lazy: --help does without it
            from framework.solver.nets import not_a_file

            line = text.count("\n", 0, match.start()) + 1
            raise DataError(f"{path}:{line}: {field} is {not_a_file(name, path)}")
        named[name] = None
    return [Path(name) for name in named] or [path]
