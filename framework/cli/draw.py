"""tools/draw: a net as one HTML page, as SVG or PNG, or as the original's draw_net.py draws it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli.app import add_net_flags, run, stages
from framework.errors import CaffeError
from framework.system.wording import counted

if TYPE_CHECKING:
    from framework.report.net_page.graph import Graph
    from framework.report.net_page.groups import Group

DESCRIPTION = """Draw a net: --out net.html is one page that needs no network, with groups of layers
that fold, search, shapes, parameters, multiply-adds and receptive fields; --out net.svg and net.png
are what it shows at first. With IMAGE instead, the flags and drawings are those of the original's
draw_net.py, by Graphviz. No code that the net names runs."""
ENDINGS = (".html", ".svg", ".png")
PHASES = ("TRAIN", "TEST", "ALL")


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/draw", description=DESCRIPTION,
        epilog="example: tools/draw net.prototxt --out net.html --weights net.caffemodel")
    parser.add_argument("net", metavar="NET", help="the net's prototxt")
    parser.add_argument("image", metavar="IMAGE", nargs="?",
                        help="file that Graphviz draws, as draw_net.py: .png, .pdf, .svg, ..., or "
                             ".dot for its text, which needs no Graphviz")
    parser.add_argument("--out", metavar="FILE", help="file to write: .html, .svg or .png")
    parser.add_argument("--weights", default="", metavar="FILE,...",
                        help="with --out net.html: show histograms of these weights")
    parser.add_argument("--diff", metavar="OTHER",
                        help="mark what is added, removed and changed from NET to this net")
    parser.add_argument("--unfold", action="store_true", help="fold no group at first")
    parser.add_argument("--phase", type=str.upper, choices=PHASES,
                        help="the phase (default: with --out the first that the file declares, "
                             "with IMAGE the layers of both)")
    parser.add_argument("--stage", action="append", default=[], metavar="NAME,...",
                        help="stages that rules see; may be given several times")
    parser.add_argument("--level", type=int, metavar="N", help="the level that rules see")
    parser.add_argument("--rankdir", choices=("TB", "LR", "BT", "RL"),
                        help="with IMAGE: from top to bottom, ... (default: LR)")
    parser.add_argument("--display_lrm", action="store_true",
                        help="with IMAGE: show learning rate multipliers")
    add_net_flags(parser)
    return parser


def draw(options: argparse.Namespace) -> int:
    """Write the drawing that is asked for."""
    if (options.image is None) == (options.out is None):
        raise CaffeError("say where to draw to: IMAGE as the original's draw_net.py, or --out "
                         "with a name that ends in .html, .svg or .png")
    if options.image is not None:
        draw_as_original(options)
    else:
        draw_own(options)
    return 0


def draw_as_original(options: argparse.Namespace) -> None:
    """Write Graphviz's drawing of layers and blobs."""
    # lazy: --help does without it
    from framework.definition.spec import PHASES as NUMBERED
    from framework.net.reading import read_net
    from framework.report.net_graph import draw_net_to_file

    for flag in ("weights", "diff", "unfold", "stage", "level"):
        if getattr(options, flag) not in (None, "", False, []):
            raise CaffeError(f"--{flag} is for --out, and {options.image} is given as IMAGE")
    if "." not in Path(options.image).name:
        raise CaffeError(f"{options.image}: has no ending that says how to draw: .png, .pdf, .dot")
    message = read_net(options.net, options.ignore_unknown_fields).message
    phase = NUMBERED.index(options.phase) if options.phase in NUMBERED else None
    try:
        draw_net_to_file(message, options.image, options.rankdir or "LR", phase,
                         options.display_lrm)
    except ValueError as error:
        raise CaffeError(f"{options.net}: {error}") from None
    print(f"{options.image}: {len(message.layer)} layers")


def draw_own(options: argparse.Namespace) -> None:
    """Write the page, or what it shows at first."""
    check_own(options)
    # lazy: --help does without it
    from framework.report.net_page.compare import compare, counts
    from framework.report.net_page.graph import read_graph
    from framework.report.net_page.groups import find_groups
    from framework.report.net_page.histograms import add_weights
    from framework.report.net_summary import Selection
    from framework.system.atomic import write_file

    selection = Selection(options.phase, options.level, stages(options.stage), True,
                          options.ignore_unknown_fields, tuple(options.modules))
    graph = read_graph(options.net, selection)
    said = f"{counted(len(graph.nodes), 'layer')}, phase {graph.phase}"
    if options.diff is not None:
        other = read_graph(options.diff, selection)
        graph = compare(graph, other)
        said = f"{counts(graph)} from {options.net} to {options.diff}, phase {graph.phase}"
    if options.weights:
        missing = add_weights(graph, options.weights.split(","))
        if missing:
            said += f"; {len(missing)} layers have no weights in the file: {_few(missing)}"
    write_file(Path(options.out), _content(options, graph, find_groups(graph.nodes)))
    print(f"{options.out}: {said}" + (f"; {graph.note}" if graph.note else ""))


def check_own(options: argparse.Namespace) -> None:
    """Raise CaffeError for flags that do not go with --out."""
    ending = Path(options.out).suffix.lower()
    if ending not in ENDINGS:
        raise CaffeError(f"--out is {options.out}; it must end in {', '.join(ENDINGS[:-1])} or "
                         f"{ENDINGS[-1]}; other images are drawn by Graphviz: tools/draw NET "
                         "IMAGE")
    if options.weights and ending != ".html":
        raise CaffeError(f"--weights shows histograms on a page; --out is {options.out}, and must "
                         "end in .html for it")
    if options.phase == "ALL":
        raise CaffeError("--phase is ALL; the layers of both phases have shapes together only "
                         "with IMAGE; with --out it must be TRAIN or TEST")
    if options.rankdir or options.display_lrm:
        flag = "rankdir" if options.rankdir else "display_lrm"
        raise CaffeError(f"--{flag} is for IMAGE, which Graphviz draws, and --out is given")


def _content(options: argparse.Namespace, graph: Graph, groups: list[Group]) -> str | bytes:
    # lazy: --help does without it
    from framework.report.net_page import drawing, page

    ending = Path(options.out).suffix.lower()
    if ending == ".html":
        return page.to_page(graph, groups, options.unfold)
    if ending == ".svg":
        return drawing.to_svg(graph, groups, options.unfold)
    return drawing.to_png(graph, groups, options.unfold)


def _few(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return run(draw, make_parser(), argv)


if __name__ == "__main__":
    sys.exit(main())
