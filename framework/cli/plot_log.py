"""Plot losses, learning rates and scores of training logs over the iterations."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app
from framework.errors import DataError
from framework.logs.reader import columns, read_log
from framework.system.atomic import write_file
from framework.system.wording import counted, nearest

NO_VALUES = ("NumIters", "Seconds", "net")


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/plot_log", description=__doc__,
        epilog="example: tools/plot_log caffe.INFO --fields loss,LearningRate --out loss.png")
    parser.add_argument("logs", metavar="LOG", type=Path, nargs="+", help="logs of tools/train")
    parser.add_argument("--out", metavar="IMAGE", default="log.png",
                        help="file to write, .png or .jpg (default: %(default)s)")
    parser.add_argument("--fields", metavar="NAME,...", default="loss",
                        help="what to draw: loss, LearningRate, an output, class1, ...; several "
                             "share the axis (default: %(default)s)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return app.run(plot, make_parser(), arguments)


def plot(options: argparse.Namespace) -> int:
    """Draw the fields of all logs into one image. DataError if a log lacks one."""
    # lazy: --help does without it
    import cv2

    from framework.report.log_plot import draw

    lines = {}
    names = names_apart(options.logs)
    for path in options.logs:
        readings = read_log(path)
        rows = [*readings.train, *readings.test]
        known = [name for name in columns(rows) if name not in NO_VALUES]
        for name in options.fields.split(","):
            points = [(row["NumIters"], row[name]) for row in rows if name in row]
            if not points:
                raise DataError(f"{path}: has no values of '{name}'{nearest(name, known)}; it has "
                                f"{', '.join(known)}")
            if not any(math.isfinite(value) for _, value in points):
                raise DataError(f"{path}: not one value of '{name}' is finite")
            label = name if len(options.logs) == 1 else f"{names[path]} {name}"
            lines[label] = points
    title = ", ".join(names.values())
    try:
        done, content = cv2.imencode(Path(options.out).suffix, draw(lines, title))
    except cv2.error:
        done = False
    if not done:
        raise DataError(f"{options.out}: the name must end in .png or .jpg")
    write_file(Path(options.out), content.tobytes())
    print(f"{options.out}: {counted(len(lines), 'line')}")
    return 0


def names_apart(paths: Sequence[Path]) -> dict[Path, str]:
    """A short name for each path: its last parts, as many as tell all of them apart."""
    for count in range(1, 1 + max(len(path.parts) for path in paths)):
        names = {path: os.path.join(*path.parts[-count:]) for path in paths}
        if len(set(names.values())) == len(names):
            break
    return names


if __name__ == "__main__":
    sys.exit(main())
