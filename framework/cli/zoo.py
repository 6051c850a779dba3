"""tools/zoo: the nets that come with the program, and their files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from framework.cli.app import run
from framework.definition import zoo
from framework.errors import CaffeError
from framework.report.zoo_figures import Figures, recorded
from framework.system.wording import aligned, human, nearest, shortened

HEADS = ("net", "kind", "parameters", "multiply-adds", "input")
DESCRIPTION = """List the nets that come with the program: what each is for, its parameters, the
multiply-adds of one image, and its input. With NAME: the text of its files. Anywhere that a
prototxt is read, zoo:NAME/deploy.prototxt is its path."""


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="tools/zoo", description=DESCRIPTION,
                                     epilog="example: tools/zoo ssd300_vgg16")
    parser.add_argument("names", metavar="NAME", nargs="*", help="nets whose files are printed")
    return parser


def show(arguments: argparse.Namespace) -> None:
    """Print the list, or the files of the nets that are asked for."""
    if not arguments.names:
        print("\n".join(table(recorded())))
        print("\n`caffe zoo NAME` prints a net's files; zoo:NAME/deploy.prototxt is a path")
    known = zoo.names()
    for name in arguments.names:
        if name not in known:
            raise CaffeError(f"the zoo has no '{shortened(name)}'"
                             f"{nearest(name, known) or '; it has ' + ', '.join(known)}")
    for name in arguments.names:
        for file in zoo.files(name):
            print(f"# {zoo.PREFIX}{name}/{file}")
            print((zoo.FOLDER / name / file).read_text(encoding="utf-8"))


def table(rows: Sequence[Figures]) -> list[str]:
    """A line of heads, and a line for each net."""
    cells = [HEADS, *((row.name, row.kind, human(row.parameters), human(row.multiply_adds),
                       " x ".join(map(str, row.input))) for row in rows)]
    return aligned(cells, right=(2, 3))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return run(show, make_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
