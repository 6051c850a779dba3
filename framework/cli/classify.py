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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, devices, gflags
from framework.errors import CaffeError, DataError

if TYPE_CHECKING:       # it would import torch before the flags are read
    from framework.inference.classifier import Classifier


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/classify", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/classify photo.jpg --model deploy.prototxt --weights "
               "net.caffemodel --labelmap labels.txt")
    parser.add_argument("images", metavar="IMAGE", nargs="+",
                        help="images, folders, patterns in quotes")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt of a net with one image input and one Softmax output")
    parser.add_argument("--weights", required=True, metavar="FILE,...",
                        help="weights, by layer name")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="names of the classes: a label map, or a text file (.txt) with a name "
                             "in each line, from class 0 on")
    parser.add_argument("--top", type=gflags.whole_number(1, 1 << 20), default=5, metavar="N",
                        help="classes that are shown of each image (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each image")
    app.add_transform_flags(parser)
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(classify, make_parser(), arguments)


def classify(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read. DataError if none could be."""
    # lazy: --help does without it
    from framework.inference.sources import find_sources

    sources = find_sources(options.images)
    for source in sources:
        if source.kind != "image":
            raise DataError(f"{source.name}: is not an image; `caffe detect` reads videos and "
                            "cameras, this program images")
    classifier, names = _load(options)
    skipped = []
    for source in sources:
        try:
            scores = classifier(Path(str(source.word)))
        except DataError as error:
            app.complain(f"left out: {error}")
            skipped.append(str(error))
            continue
        best = sorted(range(len(scores)), key=lambda label: -scores[label])[:options.top]
        found = [(label, names.get(label, f"class {label}"), float(scores[label]))
                 for label in best]
        print(_json(source.name, found) if options.json else _line(source.name, found))
    if len(skipped) == len(sources):
        raise DataError(f"none of {len(sources)} images could be read; the first: {skipped[0]}")
    return int(bool(skipped))


def _load(options: argparse.Namespace) -> tuple[Classifier, Mapping[int, str]]:
    """The net with its weights, and the names of its classes. CaffeError for another net."""
    # lazy: torch comes with them, and --help does without it
    from framework.data.records.label_map import names_in_file
    from framework.inference.classifier import Classifier, is_classifier
    from framework.net.reading import read_net
    from framework.net.trained import class_names, trained_net

    device = devices.prepare(options).device
    document = read_net(options.model, options.ignore_unknown_fields)
    net = trained_net(document, options.weights, device).optimize_for_inference()
    if not is_classifier(net):
        raise CaffeError(f"{options.model}: is not a classifier: it must have one input, for "
                         "images, and one output, a Softmax's; `caffe detect` is for detectors")
    names = names_in_file(options.labelmap) if options.labelmap else class_names(net)
    return Classifier(net, app.mean_of(options.mean), options.scale, options.size), names


def _line(name: str, found: Sequence[tuple[int, str, float]]) -> str:
    return f"{name}: " + ", ".join(f"{shown} {score:.3f}" for _, shown, score in found)


def _json(name: str, found: Sequence[tuple[int, str, float]]) -> str:
    return json.dumps({"image": name, "classes": [
        {"label": label, "name": shown, "score": round(score, 6)}
        for label, shown, score in found]}, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
