"""Convert a training log to two CSV tables, NAME.train and NAME.test, in a folder."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.logs.reader import read_log, write_csv
from framework.system.wording import counted


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="tools/parse_log", description=__doc__,
                                     epilog="example: tools/parse_log caffe.INFO tables")
    parser.add_argument("logfile_path", metavar="LOG", type=Path, help="log of tools/train")
    parser.add_argument("output_dir", metavar="DIR", type=Path, nargs="?", default=Path("."),
                        help="where the tables go (default: here)")
    parser.add_argument("--delimiter", default=",", type=one_sign, metavar="SIGN",
                        help="between columns (default: a comma)")
    parser.add_argument("--verbose", action="store_true", help="say what was written")
    return parser


def one_sign(text: str) -> str:
    """What can part the columns of a CSV."""
    if len(text) != 1 or text in "\r\n\"":
        raise argparse.ArgumentTypeError(f"'{text}' is not one sign, as ; is")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return app.run(parse, make_parser(), arguments)


def parse(options: argparse.Namespace) -> int:
    """Write the tables. DataError for a log without iterations."""
    readings = read_log(options.logfile_path)
    options.output_dir.mkdir(parents=True, exist_ok=True)
    for kind, rows in (("train", readings.train), ("test", readings.test)):
        path = options.output_dir / f"{options.logfile_path.name}.{kind}"
        write_csv(path, rows, options.delimiter)
        if options.verbose:
            print(f"{path}: {counted(len(rows), 'row')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
