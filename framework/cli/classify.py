"""Say of which class each image is: the best classes with their probabilities.

    caffe classify FOLDER IMAGE...                       a folder of `caffe new classifier`
    caffe classify --model NET --weights W IMAGE...      any net that ends in a Softmax

IMAGE is an image, a folder of them, or a pattern in quotes ('photos/**/*.jpg'). With --json each
image is a line of JSON. Size, mean and scale are those of the transform_param of the net's input,
or of --size, --mean and --scale; an image is turned as its EXIF orientation says.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, gflags, image_nets

if TYPE_CHECKING:       # it would import torch before the flags are read
    from framework.inference.sources import Source


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/classify", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/classify photo.jpg --model deploy.prototxt --weights "
               "net.caffemodel --labelmap labels.txt")
    image_nets.add_flags(parser, "a net with one image input and one Softmax output")
    parser.add_argument("--top", type=gflags.whole_number(1, 1 << 20), default=5, metavar="N",
                        help="classes that are shown of each image (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each image")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(classify, make_parser(), arguments)


def classify(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read. DataError if none could be."""
    return image_nets.for_each_image(
        options, "`caffe detect` reads videos and cameras, this program images",
        lambda: _start(options))


def _start(options: argparse.Namespace) -> Callable[[Source], str]:
    """Load the net; returns what gives the line of an image. CaffeError for another net."""
    # lazy: torch comes with it, and --help does without it
    from framework.inference.classifier import Classifier, is_classifier

    net, names = image_nets.load(
        options, is_classifier, "is not a classifier: it must have one input, for images, and one "
        "output, a Softmax's; `caffe detect` is for detectors")
    classifier = Classifier(net, app.mean_of(options.mean), options.scale, options.size)

    def line_of(source: Source) -> str:
        scores = classifier(Path(str(source.word)))
        best = sorted(range(len(scores)), key=lambda label: -scores[label])[:options.top]
        found = [(label, names.get(label, f"class {label}"), float(scores[label]))
                 for label in best]
        return _json(source.name, found) if options.json else _line(source.name, found)

    return line_of


def _line(name: str, found: Sequence[tuple[int, str, float]]) -> str:
    return f"{name}: " + ", ".join(f"{shown} {score:.3f}" for _, shown, score in found)


def _json(name: str, found: Sequence[tuple[int, str, float]]) -> str:
    return json.dumps({"image": name, "classes": [
        {"label": label, "name": shown, "score": round(score, 6)}
        for label, shown, score in found]}, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
