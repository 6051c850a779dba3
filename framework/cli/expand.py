"""tools/expand: print a net as plain Caffe prototxt, its composite layers written out."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from framework.cli import app

DESCRIPTION = """Print a net file as plain prototxt that the original Caffe reads: old forms
upgraded, composite layers (NetFile, MultiBoxHead) replaced by the layers they stand for. Layers
keep their include and exclude rules."""


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/expand", description=DESCRIPTION,
        epilog="example: tools/expand ssd.prototxt --phase TEST > flat.prototxt")
    parser.add_argument("net", metavar="NET", help="the net's prototxt")
    parser.add_argument("--phase", type=str.upper, choices=("TRAIN", "TEST"),
                        help="print only the layers of this phase")
    parser.add_argument("--stage", action="append", default=[], metavar="NAME,...",
                        help="with --phase: stages that rules see; may be given several times")
    parser.add_argument("--level", type=int, metavar="N", default=None,
                        help="with --phase: the level that rules see")
    app.add_net_flags(parser)
    return parser


def expanded_text(arguments: argparse.Namespace) -> str:
    """The text to print. Raises SpecError for a file that cannot be read or wired."""
    # lazy: --help does without it
    from framework.definition.prototxt import to_text
    from framework.definition.spec import NetSpec
    from framework.net.reading import read_net

    document = read_net(arguments.net, arguments.ignore_unknown_fields)
    for problem in document.problems:
        place = document.place(problem.line, problem.owner)
        app.complain(f"warning: {place}: {problem.field} {problem.text}")
    message = document.message
    if arguments.phase:
        spec = NetSpec(document, arguments.phase, arguments.level, app.stages(arguments.stage))
        layers = [type(layer.proto).FromString(layer.proto.SerializeToString())
                  for layer in spec.layers]
        del message.layer[:]
        message.layer.extend(layers)
    return to_text(message)


def print_expanded(arguments: argparse.Namespace) -> None:
    """Print the expanded net."""
    print(expanded_text(arguments), end="")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(print_expanded, make_parser(), argv)
