"""tools/upgrade_solver: convert solver files of old Caffe versions to today's form."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from framework.cli.app import complain, run
from framework.cli.upgrade_net import is_binary, make_parser, read_document, write_message

DESCRIPTION = """Write a solver of any age in today's form: the enum solver_type becomes the string
type, and nets inside it are upgraded as tools/upgrade_net does. A file is binary if its
name ends in .binaryproto or .pb, else text; --input and --output say otherwise."""


def upgrade(arguments: argparse.Namespace) -> None:
    """Read, upgrade and write a solver file."""
    # lazy: --help does without it
    from framework.definition.upgrade import upgrade_solver

    document = read_document(arguments.source, "SolverParameter",
                             is_binary(arguments.source, arguments.input),
                             arguments.ignore_unknown_fields)
    if not upgrade_solver(document):
        complain(f"{arguments.source}: is in today's form already")
    write_message(document.message, arguments.target,
                  is_binary(arguments.target, arguments.output))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return run(upgrade, make_parser("tools/upgrade_solver", DESCRIPTION, "solver"), argv)
