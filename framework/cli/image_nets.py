"""Programs that run a net over images, one after the other: flags, loading, the loop."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from framework.cli import app, devices
from framework.errors import CaffeError, DataError

if TYPE_CHECKING:       # they would import torch before the flags are read
    from framework.inference.sources import Source
    from framework.net.net import Net


def add_flags(parser: argparse.ArgumentParser, net: str) -> None:
    """The images, and what says the net; `net` describes it."""
    parser.add_argument("images", metavar="IMAGE", nargs="+",
                        help="images, folders, patterns in quotes")
    parser.add_argument("--model", required=True, metavar="FILE", help=f"prototxt of {net}")
    parser.add_argument("--weights", required=True, metavar="FILE,...",
                        help="weights, by layer name")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="names of the classes: a label map, or a text file (.txt) with a name "
                             "in each line, from class 0 on")
    app.add_transform_flags(parser)
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    app.add_net_flags(parser)
    app.add_image_flags(parser)


def load(options: argparse.Namespace, is_right: Callable[[Net], bool], needed: str
         ) -> tuple[Net, Mapping[int, str]]:
    """The net with its weights, and the names of its classes. CaffeError for another net."""
    # lazy: torch comes with them, and --help does without it
    from framework.data.records.label_map import names_in_file
    from framework.net.reading import read_net
    from framework.net.trained import check_output_labels, class_names, trained_net

    device = devices.prepare(options).device
    document = read_net(options.model, options.ignore_unknown_fields)
    net = trained_net(document, options.weights, device).optimize_for_inference()
    if not is_right(net):
        raise CaffeError(f"{options.model}: {needed}")
    if not options.labelmap:
        return net, class_names(net)
    names = names_in_file(options.labelmap)
    check_output_labels(net, options.labelmap, names)
    return net, names


def for_each_image(options: argparse.Namespace, only: str,
                   start: Callable[[], Callable[[Source], str]]) -> int:
    """Print what is found in each image; 1 if one could not be read. DataError if none could be.

    only   what is said of a video or a camera
    start  loads the net, and returns what gives the line of an image
    """
    # lazy: --help does without it
    from framework.inference.sources import find_sources

    sources = find_sources(options.images)
    for source in sources:
        if source.kind != "image":
            raise DataError(f"{source.name}: is not an image; {only}")
    line_of = start()
    skipped = []
    for source in sources:
        try:
            print(line_of(source))
        except DataError as error:
            app.complain(f"left out: {error}")
            skipped.append(str(error))
    if len(skipped) == len(sources):
        raise DataError(f"none of {len(sources)} images could be read; the first: {skipped[0]}")
    return int(bool(skipped))
