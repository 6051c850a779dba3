"""Make a folder that trains a net on DATA: databases, nets, solver, and a README.

DATA is a folder, or a file that describes one. For a detector: PASCAL VOC with or without lists,
XML files beside the images, COCO's JSON, YOLO with a data.yaml or classes.txt, CSV tables (of
makesense and AutoML too), exports of Label Studio, CVAT (for images 1.1), labelme, VIA, Create ML,
KITTI, Datumaro, Supervisely and VoTT, and VisDrone, DOTA and WIDER FACE. For a classifier: a folder
for each class, below train/ and val/ or not, a CSV table with an image and its class in each row,
or list files with `image number` in each line. For a segmenter: the folders of VOC 2012, Cityscapes
or ADE20K, CVAT's segmentation masks, or images and label images of their names in folders images
and masks. The format is found by looking into it. Every number is chosen from the data, and
README.md in the folder says why. Then: caffe train FOLDER, caffe test FOLDER, and caffe detect,
classify or segment FOLDER IMAGE...
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from framework.cli import app
from framework.cli.new_classifier import new_classifier
from framework.cli.new_detector import new_detector
from framework.cli.new_segmenter import new_segmenter

KINDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "detector": new_detector, "classifier": new_classifier, "segmenter": new_segmenter}


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/new", description=__doc__,
        epilog="example: tools/new detector photos --out birds")
    parser.add_argument("kind", choices=tuple(KINDS), help="what to train")
    parser.add_argument("data", metavar="DATA", type=Path, help="folder or file of the data")
    parser.add_argument("--out", metavar="FOLDER", type=Path,
                        help="folder to make (default: DATA's name and _KIND)")
    parser.add_argument("--backbone", default="", metavar="NAME",
                        help="detector: ssd_small, which learns from nothing (default); vgg16, "
                        "mobilenet_v1, mobilenet_v2, mobilenet_v3, efficientnet_b0, resnet50 or "
                        "squeezenet, which need published weights. Classifier: small, which learns "
                        "from nothing (default); resnet18, resnet50, mobilenet_v1, mobilenet_v2, "
                        "mobilenet_v3_small, mobilenet_v3_large, efficientnet_b0, densenet121, "
                        "shufflenet_v2 or regnet_y_400mf, which do. Segmenter: unet (default) or "
                        "deeplab_small, which learn from nothing")
    parser.add_argument("--size", type=app.input_size, metavar="N|HEIGHTxWIDTH",
                        help="of the net's input (default: by the images and objects)")
    parser.add_argument("--leave-out", nargs="+", metavar="CLASS", default=[],
                        help="classes that are not learned")
    parser.add_argument("--seed", type=int, metavar="N", default=0,
                        help="of the division into splits and the order of the images")
    parser.add_argument("--redo", action="store_true",
                        help="replace FOLDER if it exists and nothing was added to it")
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return app.run(new, make_parser(), arguments)


def new(options: argparse.Namespace) -> int:
    """Write the folder, or nothing. DataError for data that the net cannot learn from."""
    if options.out is None:
        options.out = Path(f"{options.data.resolve().stem}_{options.kind}")
    return KINDS[options.kind](options)
