"""Flags and conversion that convert_annoset and convert_imageset share."""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

from framework.cli import app, gflags
from framework.data.convert import conversion
from framework.data.convert.datum import Converted, ImageOptions, can_encode
from framework.data.convert.journal import fingerprint
from framework.data.records.image_size import max_pixels
from framework.data.records.list_file import Entry
from framework.errors import DataError
from framework.system.wording import shortened

SIZES = ("resize_width", "resize_height", "min_dim", "max_dim")


def add(parser: argparse.ArgumentParser) -> None:
    """Positional arguments and flags, the original's and ours."""
    parser.add_argument("rootfolder", metavar="ROOTFOLDER", type=Path,
                        help="folder that the paths in LISTFILE are relative to")
    parser.add_argument("listfile", metavar="LISTFILE", type=Path,
                        help="the images and their labels, one a line")
    parser.add_argument("database", metavar="DB_NAME", type=Path, help="folder to make")
    gflags.add_flag(parser, "gray", "store one channel; files that --encoded keeps as they are "
                    "keep their colours, as with the original")
    gflags.add_flag(parser, "shuffle", "shuffle the list first")
    parser.add_argument("--backend", default="lmdb", metavar="lmdb", help="only lmdb is written")
    parser.add_argument("--resize_width", type=int, metavar="N", default=0,
                        help="resize all images to this width")
    parser.add_argument("--resize_height", type=int, metavar="N", default=0,
                        help="resize all images to this height")
    gflags.add_flag(parser, "check_size", "refuse records whose data differ in size")
    gflags.add_flag(parser, "encoded", "store encoded files, not plain pixels")
    parser.add_argument("--encode_type", default="", metavar="jpg|png|...",
                        help="format of encoded files, jpg or png say; implies --encoded")
    gflags.add_flag(parser, "redo", "replace DB_NAME if it exists")
    gflags.add_flag(parser, "strict", "write nothing if an image or a box would be left out")
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="seed of --shuffle "
                        "(default: %(default)s)")
    app.add_jobs_flag(parser)
    app.add_image_flags(parser)


def check(options: argparse.Namespace) -> None:
    """DataError for a folder that is not there, and a flag that cannot be what it says."""
    if options.backend != "lmdb":
        raise DataError(f"--backend is {options.backend}; only lmdb is written")
    for name in SIZES:
        if getattr(options, name, 0) < 0:
            raise DataError(f"--{name} is {getattr(options, name)}; it must be at least 0, which "
                            "keeps the sizes")
    if options.encode_type and not can_encode(options.encode_type):
        raise DataError(f"--encode_type is '{shortened(options.encode_type)}'; images can be "
                        "written as jpg, png, webp, bmp, ...")
    if (options.resize_width > 0) != (options.resize_height > 0):
        print("warning: --resize_width and --resize_height resize only together, as with the "
              "original; the images keep their sizes", file=sys.stderr)
    width, height = options.resize_width, options.resize_height
    if min(width, height) > 0 and width * height > max_pixels():
        raise DataError(f"--resize_width {width} and --resize_height {height} make images of "
                        f"{width * height} pixels; --max-pixels allows {max_pixels()}")
    if getattr(options, "min_dim", 0) > max_pixels():
        raise DataError(f"--min_dim is {options.min_dim}; --max-pixels allows {max_pixels()} "
                        "pixels")
    if not os.path.isdir(options.rootfolder):
        raise DataError(f"{options.rootfolder}: no such folder (ROOTFOLDER)")


def image_options(options: argparse.Namespace) -> ImageOptions:
    """How images are stored."""
    return ImageOptions(
        height=options.resize_height,
        width=options.resize_width,
        min_dim=getattr(options, "min_dim", 0),
        max_dim=getattr(options, "max_dim", 0),
        color=not options.gray,
        encoded=options.encoded or bool(options.encode_type),
        encode_type=options.encode_type,
    )


def convert(
    options: argparse.Namespace, entries: list[Entry], make: Callable[[Entry], Converted],
    flags: object = None,
) -> int:
    """Shuffle if asked, write the database, say what was done. Returns the exit code.

    flags  what the records depend on beside the images and the flags of `add`; its repr counts
    """
    if options.shuffle:
        random.Random(options.seed).shuffle(entries)
    report = conversion.convert(
        entries,
        make,
        options.database,
        redo=options.redo,
        inputs=[options.rootfolder, options.listfile],
        check_size=options.check_size,
        jobs=options.jobs,
        identity=fingerprint(options.rootfolder, entries, (image_options(options), flags)),
        is_strict=options.strict,
    )
    account = report.account
    account.show(str(options.database))
    if options.gray and set(account.kinds) - {"grey"}:
        print("  --gray did not change the files that --encoded keeps as they are; "
              "transform_param.force_gray: true in the net makes 1 channel of each")
    if options.shuffle:
        print(f"  the order is shuffled with seed {options.seed}")
    else:
        print("  the order is that of the list; --shuffle changes it")
    return 0
