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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from framework.cli import app, image_nets
from framework.data.records.label_image import encode, overlay, voc_palette
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
    image_nets.add_flags(parser, "a net with one image input and scores of each pixel")
    parser.add_argument("--out", type=Path, default=Path("segmentations"), metavar="DIR",
                        help="folder to write into (default: %(default)s)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(segment, make_parser(), arguments)


def segment(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read. DataError if none could be."""
    return image_nets.for_each_image(options, "this program takes images only",
                                     lambda: _start(options))


def _start(options: argparse.Namespace) -> Callable[[Source], str]:
    """Load the net; returns what writes an image's files. CaffeError for another net."""
    # lazy: torch comes with it, and --help does without it
    from framework.inference.segmenter import Segmenter, is_segmenter

    net, names = image_nets.load(
        options, is_segmenter, "is not a segmenter: it must have one input, for images, and one "
        "output, the scores of up to 255 classes for each pixel")
    segmenter = Segmenter(net, app.mean_of(options.mean), options.scale, options.size)
    options.out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    return lambda source: _written(source, segmenter, names, options.out, taken)


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


if __name__ == "__main__":
    sys.exit(main())
