"""Compute the mean image of an LMDB: writes a mean file, prints the mean of each channel."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.data.convert import mean_image
from framework.errors import DataError
from framework.system.atomic import write_file


def make_parser() -> argparse.ArgumentParser:
    """The original's flags."""
    parser = argparse.ArgumentParser(
        prog="tools/compute_image_mean", description=__doc__,
        epilog="example: tools/compute_image_mean train_lmdb mean.binaryproto")
    parser.add_argument("database", metavar="INPUT_DB", type=Path, help="folder of the database")
    parser.add_argument("out_path", metavar="OUTPUT_FILE", type=Path, nargs="?",
                        help="mean file to write")
    parser.add_argument("--backend", default="lmdb", metavar="lmdb", help="only lmdb is read")
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(compute, make_parser(), arguments)


def compute(options: argparse.Namespace) -> int:
    """Write the mean and print each channel's. DataError for images of different sizes."""
    if options.backend != "lmdb":
        raise DataError(f"--backend is {options.backend}; only lmdb is read")
    values = mean_image.mean_image(options.database)
    if options.out_path:
        write_file(options.out_path, mean_image.to_blob(values).SerializeToString())
        print(f"{options.out_path}: mean of {options.database}")
    for channel, value in enumerate(values.mean(axis=(1, 2))):
        print(f"mean_value channel [{channel}]: {value:.6g}")
    return 0
