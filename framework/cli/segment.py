"""Tell of which class each pixel of images is: label images, and images with them in colour.

    caffe segment FOLDER IMAGE...                      a folder of `caffe new segmenter`
    caffe segment --model NET --weights W IMAGE...     any net whose output scores each pixel

IMAGE is an image, a folder of them, or a pattern in quotes ('photos/**/*.jpg'). Of each, NAME.png
holds the classes, as numbers and in the colours of PASCAL VOC, and NAME_overlay.jpg shows them on
the image. Size, mean and scale are those of the transform_param of the net's input, or of --size,
--mean and --scale.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from framework.cli import app, devices
from framework.data.records.label_image import encode, overlay, voc_palette
from framework.errors import CaffeError, DataError
from framework.system.atomic import write_file
from framework.system.unique_names import unique_name

if TYPE_CHECKING:       # it would import torch before the flags are read
    from framework.inference.segmenter import Segmenter
    from framework.inference.sources import Source


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/segment", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/segment photo.jpg --model deploy.prototxt --weights "
               "net.caffemodel --out segmentations")
    parser.add_argument("images", metavar="IMAGE", nargs="+",
                        help="images, folders, patterns in quotes")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt of a net with one image input and scores of each pixel")
    parser.add_argument("--weights", required=True, metavar="FILE,...",
                        help="weights, by layer name")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="names of the classes: a label map, or a text file (.txt) with a name "
                             "in each line, from class 0 on")
    parser.add_argument("--out", type=Path, default=Path("segmentations"), metavar="DIR",
                        help="folder to write into (default: %(default)s)")
    app.add_transform_flags(parser)
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(segment, make_parser(), arguments)


def segment(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read. DataError if none could be."""
    # lazy: --help does without it
    from framework.inference.sources import find_sources

    sources = find_sources(options.images)
    for source in sources:
        if source.kind != "image":
            raise DataError(f"{source.name}: is not an image; this program takes images only")
    segmenter, names = _load(options)
    options.out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    skipped = []
    for source in sources:
        try:
            print(_written(source, segmenter, names, options.out, taken))
        except DataError as error:
            app.complain(f"left out: {error}")
            skipped.append(str(error))
    if len(skipped) == len(sources):
        raise DataError(f"none of {len(sources)} images could be read; the first: {skipped[0]}")
    return int(bool(skipped))


def _written(source: Source, segmenter: Segmenter, names: Mapping[int, str], out: Path,
             taken: set[str]) -> str:
    """Write the label image and the overlay; returns a line on the image's classes."""
    # lazy: --help does without it
    from framework.inference.segmenter import colours_of

    path = Path(str(source.word))
    pixels = colours_of(path)
    labels = segmenter(pixels)
    palette = voc_palette()
    name = unique_name(path.stem, taken)
    write_file(out / f"{name}.png", encode(labels, palette))
    drawn = overlay(pixels, labels, np.array(palette, np.uint8))
    write_file(out / f"{name}_overlay.jpg", cv2.imencode(".jpg", drawn)[1].tobytes())
    counts = np.bincount(labels.ravel(), minlength=segmenter.num_classes)
    shares = [f"{names.get(label, f'class {label}')} {counts[label] / labels.size:.1%}"
              for label in np.argsort(-counts, kind="stable").tolist() if counts[label]]
    return f"{source.name}: {', '.join(shares)}"


def _load(options: argparse.Namespace) -> tuple[Segmenter, Mapping[int, str]]:
    """The net with its weights, and the names of its classes. CaffeError for another net."""
    # lazy: torch comes with them, and --help does without it
    from framework.data.records.label_map import names_in_file
    from framework.inference.segmenter import Segmenter, is_segmenter
    from framework.net.reading import read_net
    from framework.net.trained import class_names, trained_net

    device = devices.prepare(options).device
    document = read_net(options.model, options.ignore_unknown_fields)
    net = trained_net(document, options.weights, device).optimize_for_inference()
    if not is_segmenter(net):
        raise CaffeError(f"{options.model}: is not a segmenter: it must have one input, for "
                         "images, and one output, the scores of up to 255 classes for each pixel")
    names = names_in_file(options.labelmap) if options.labelmap else class_names(net)
    return Segmenter(net, app.mean_of(options.mean), options.scale, options.size), names


if __name__ == "__main__":
    sys.exit(main())
