"""tools/inspect: print tables of the layers of net files, and all errors in them."""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from framework.cli import app
from framework.system.wording import counted, human

if TYPE_CHECKING:
    from framework.report.net_summary import Census

MANY = 8        # files from which on a process a core pays
DESCRIPTION = """Say for each net file: its dialect, layers, output shapes, parameters,
multiply-adds and memory, and every unknown field or type with its line. Exit code 1 if a file
cannot be built. The module of a Python layer runs only if --import names it."""


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/inspect", description=DESCRIPTION,
        epilog="example: tools/inspect --no-data --summary prototxt/ssd_bccd/*.prototxt")
    parser.add_argument("nets", metavar="NET", nargs="+", help="net prototxt files")
    parser.add_argument("--phase", type=str.upper, choices=("TRAIN", "TEST"),
                        help="only this phase (default: those that the file declares)")
    parser.add_argument("--stage", action="append", default=[], metavar="NAME,...",
                        help="stages that rules see; may be given several times")
    parser.add_argument("--level", type=int, metavar="N", default=None,
                        help="the level that rules see")
    parser.add_argument("--no-data", action="store_true",
                        help="do not open databases: take the shapes that data layers declare")
    parser.add_argument("--summary", action="store_true", help="one line for each file and phase")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def inspect(arguments: argparse.Namespace) -> int:
    """Print the tables; 1 if any file cannot be built."""
    failed = 0
    for found in take_all(arguments):
        for census in found:
            print(summary(census) if arguments.summary else table(census))
            for problem in census.problems:
                app.complain(problem)
            for note in census.notes:
                app.complain(f"note: {note}")
            failed += not census.built
    if len(arguments.nets) > 1:
        print(f"{counted(len(arguments.nets), 'file')}, {failed} that cannot be built in "
              "a phase they declare")
    return int(failed > 0)


def take_all(arguments: argparse.Namespace) -> Iterator[list[Census]]:
    """The census of each file in turn; many files are divided over the cores."""
    # lazy: --help does without it
    import torch

    from framework.report.net_summary import Selection, take_census

    selection = Selection(arguments.phase, arguments.level, app.stages(arguments.stage),
                          arguments.no_data, arguments.ignore_unknown_fields,
                          tuple(arguments.modules))
    take = functools.partial(take_census, selection=selection)
    processes = len(os.sched_getaffinity(0))
    if len(arguments.nets) < MANY or processes == 1:
        yield from map(take, arguments.nets)
        return
    # forked: what is imported by now, --import's modules too, need not be imported again
    with multiprocessing.get_context("fork").Pool(
            processes, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.imap(take, arguments.nets, chunksize=2)


def summary(census: Census) -> str:
    """One line: path, phase and stages, dialect, numbers."""
    phase = ", stage ".join([census.phase, *census.stages])
    if not census.built:
        return f"{census.path}: {phase}: cannot be built"
    if census.without_data:
        return f"{census.path}: {phase}: no layer makes data in this phase, which is left out"
    assumed = f"; {census.assumed}" if census.assumed else ""
    return (f"{census.path}: {phase}: {census.dialect}; {counted(len(census.rows), 'layer')}, "
            f"{human(census.parameters)} parameters, {human(census.multiply_adds)} multiply-adds, "
            f"{human(census.blob_bytes)}B of blobs{assumed}")


def table(census: Census) -> str:
    """The summary, then a row for each layer."""
    from framework.net import summary as net_summary  # lazy: --help does without it

    lines = net_summary.table(census.rows) if census.rows else []
    return "\n".join([summary(census), *lines])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(inspect, make_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
