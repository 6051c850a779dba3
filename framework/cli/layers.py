"""tools/layers: the layer types, by Caffe's catalogue, and what there is to know of each."""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from framework.cli.app import run

if TYPE_CHECKING:
    from framework.report.layer_reference import Field
    from framework.report.layer_samples import Outcome

WIDTH = 100
DESCRIPTION = """Without TYPE: every layer type with its first sentence, by the headings of Caffe's
catalogue. With TYPE: what the layer takes and gives, its fields with their defaults, and a sample
that is built and run for the shapes that are printed."""


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="tools/layers", description=DESCRIPTION,
                                     epilog="example: tools/layers Convolution")
    parser.add_argument("types", metavar="TYPE", nargs="*",
                        help="layer types as a prototxt writes them: Convolution")
    return parser


def layers(arguments: argparse.Namespace) -> None:
    """Print the catalogue, or the types asked for."""
    if not arguments.types:
        print_catalogue()
    for index, kind in enumerate(arguments.types):
        print(describe(kind) if index == 0 else f"\n{describe(kind)}")


def print_catalogue() -> None:
    from framework.report.layer_reference import HEADINGS, headings, summary  # lazy: torch

    for heading, kinds in headings().items():
        print(f"{HEADINGS[heading]}\n")
        width = max(map(len, kinds))
        for kind in kinds:
            print(f"  {kind.ljust(width)}  {summary(kind)}")
        print()


def describe(kind: str) -> str:
    """All that there is to know of a type, as text for a terminal."""
    from framework.report import layer_reference as reference  # lazy: torch
    from framework.report.layer_samples import run_sample, sample_text  # lazy: torch

    heading = reference.HEADINGS[reference.heading_of(kind)]
    outcome = run_sample(kind)
    parts = [f"{kind} ({heading})", reference.docstring(kind)]
    for param in reference.params(kind, outcome):
        if param.fields:
            parts.append(f"{param.name} {{ ... }}  {param.message}\n{table(param.fields)}")
    parts += ["A sample:", textwrap.indent(sample_text(kind).rstrip(), "  "), shapes(outcome)]
    return "\n\n".join(parts)


def table(fields: Sequence[Field]) -> str:
    """A line for each field: name, type, default, and below it the comment."""
    name_width = max(len(field.name) for field in fields)
    lines = []
    for field in fields:
        default = f" = {field.default}" if field.default else ""
        lines.append(f"  {field.name.ljust(name_width)}  {field.type}{default}")
        lines += textwrap.wrap(field.comment, WIDTH, initial_indent=" " * (name_width + 6),
                               subsequent_indent=" " * (name_width + 6))
    return "\n".join(lines)


def shapes(outcome: Outcome) -> str:
    """What became of the sample: a line for each blob."""
    rows = [("bottom", *named) for named in outcome.bottoms]
    rows += [("top", *named) for named in outcome.tops]
    rows += [("blob", *named) for named in outcome.stored]
    width = max((len(name) for _, name, _ in rows), default=0)
    lines = [f"  {what.ljust(6)}  {name.ljust(width)}  {' x '.join(map(str, shape)) or 'scalar'}"
             for what, name, shape in rows]
    return "\n".join([outcome.sentence(), *lines])


def main(argv: Sequence[str] | None = None) -> int:
    return run(layers, make_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
