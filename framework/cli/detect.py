"""Detect objects in images; writes each image with its boxes, and detections.json.

detections.jsonl gets one line of JSON for each image as soon as it is done, so that nothing is
lost if the run ends early; detections.json holds the same, all together, when all are done.
IMAGE is an image or a folder of images. With a test net as --model, size, mean and scale are
those of its data layer; a deploy net says them in a transform_param of its Input layer, or they
come from --size, --mean and --scale.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.cli import app, devices
from framework.data.records.image_size import FLAG, max_pixels
from framework.definition.values import counted
from framework.errors import CaffeError, DataError
from framework.system.atomic import naming, write_file

if TYPE_CHECKING:
    from framework.evaluation.detection import Detection
    from framework.inference.detector import Detector
    from framework.inference.draw_boxes import Image

MAX_STEM_BYTES = 200            # of a drawn image's name: a suffix, a number and more must fit
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/detect", description=__doc__,
        epilog="example: tools/detect photo.jpg --model deploy.prototxt --weights ssd.caffemodel "
               "--out results")
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path,
                        help="images, or folders of images")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt of a deploy net or a test net")
    parser.add_argument("--weights", required=True, metavar="FILE,...",
                        help="weights, by layer name")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR",
                        help="folder for the results")
    parser.add_argument("--labelmap", "--label_map_file", metavar="FILE",
                        help="names of the classes (default: the net's)")
    parser.add_argument("--threshold", type=float, metavar="N", default=0.4,
                        help="lowest score of a box (default: %(default)s)")
    parser.add_argument("--upright", action="store_true",
                        help="turn the drawn images as their EXIF orientation says; the boxes of "
                             "detections.json are of the stored pixels all the same")
    parser.add_argument("--batch", type=int, metavar="N", default=8,
                        help="images in a batch (default: %(default)s)")
    parser.add_argument("--mean", metavar="VALUES|FILE",
                        help="values with commas, 104,117,123 say, or a mean file")
    parser.add_argument("--scale", type=float, metavar="N",
                        help="factor after the subtraction of the mean, 0.017 say")
    parser.add_argument("--size", type=image_size, metavar="HEIGHTxWIDTH",
                        help="size of the net's input (default: that of the net)")
    parser.add_argument("--engine", choices=("torch", "onnxruntime", "openvino"), default="torch",
                        help="what computes the net; the last two run its ONNX export, which is "
                             "made at the first use and kept in the user's cache folder, on the "
                             "CPU (default: %(default)s)")
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def image_size(text: str) -> tuple[int, int]:
    """`300x300` or `300`: height and width."""
    parts = text.lower().split("x")
    if not all(part.isascii() and part.isdecimal() for part in parts) or len(parts) > 2:
        raise argparse.ArgumentTypeError(f"'{text}' must be HEIGHTxWIDTH, 300x300 say")
    height = int(parts[0])
    width = int(parts[-1])
    if height * width == 0:
        raise argparse.ArgumentTypeError(f"'{text}' has no pixels")
    return height, width


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(detect, make_parser(), arguments)


def detect(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read or drawn.

    DataError if not one of them could be read.
    """
    paths = list_images(options.images)
    if options.batch < 1:
        raise DataError(f"--batch is {options.batch}; it must be at least 1")
    if options.size and math.prod(options.size) > max_pixels():
        raise DataError("--size is {}x{}: more than {} pixels, which {} allows".format(
            *options.size, max_pixels(), FLAG))
    detector, names = _load(options)
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / "detections.json"
    if os.path.isdir(report):
        raise DataError(f"{report}: is a folder; the results have to go there")
    results, skipped = _run(options, detector, names, paths)
    if not results:
        raise DataError(f"none of {len(paths)} images could be read; the first: {skipped[0]}")
    content = {"model": options.model, "weights": options.weights, "images": results}
    write_file(report, json.dumps(content, indent=1) + "\n")
    num_boxes = sum(len(result["detections"]) for result in results)
    num_undrawn = sum(result["drawn"] is None for result in results)
    print(f"{os.fsencode(options.out).decode(errors='replace')}: {counted(len(results), 'image')}, "
          f"{counted(num_boxes, 'box')} of at least {options.threshold:g}"
          + (f", {len(skipped)} skipped" if skipped else "")
          + (f", {num_undrawn} not drawn" if num_undrawn else ""))  # fmt: skip
    return int(bool(skipped or num_undrawn))


def list_images(images: Sequence[Path]) -> list[Path]:
    """The files among the arguments, folders replaced by their images, sorted."""
    paths: list[Path] = []
    for image in images:
        if os.path.isdir(image):
            found = sorted(path for path in image.iterdir() if path.suffix.lower() in SUFFIXES)
            if not found:
                raise DataError(f"{image}: the folder has no image ({', '.join(SUFFIXES)})")
            paths += found
        else:
            paths.append(image)
    return paths


def _load(options: argparse.Namespace) -> tuple[Detector, dict[int, str]]:
    """The detector (torch comes in only here) and the names of its classes."""
    # lazy: --help does without it
    from framework.data.records import label_map
    from framework.inference.detector import Detector
    from framework.net.class_counts import check_labels
    from framework.net.reading import read_net
    from framework.system.malloc import keep_freed_memory

    keep_freed_memory()
    device = devices.prepare(options).device
    mean = app.mean_of(options.mean)
    model = read_net(options.model, options.ignore_unknown_fields)
    detector = Detector(model, options.weights, device, mean, options.scale, options.size,
                        engine=options.engine)
    if not detector.transform.is_given and options.mean is None and options.scale is None:
        print("note: the net says nothing of mean and scale; pixels from 0 to 255 go in as they "
              "are (--mean, --scale)", file=sys.stderr)  # fmt: skip
    names = detector.names
    if options.labelmap:
        names = label_map.names_by_label(label_map.read(options.labelmap))
        check_labels(detector.net.spec, options.labelmap, names)
    return detector, names


def _run(
    options: argparse.Namespace, detector: Detector, names: dict[int, str], paths: list[Path]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Detect, draw and write, batch by batch. Any: what JSON holds."""
    # lazy: --help does without it
    from framework.data.convert.datum import read_image
    from framework.data.records.exif import orientation_of
    from framework.system.progress import Progress

    results: list[dict[str, Any]] = []
    skipped: list[str] = []
    targets = _targets(paths, options.out)
    report = options.out / "detections.jsonl"
    with naming(report), report.open("w") as lines, Progress(len(paths), "detect") as progress:
        for batch in _batches(paths, options.batch):
            images: list[tuple[Path, Image]] = []
            orientations: dict[Path, int] = {}
            for path in batch:
                try:
                    content, image = read_image(path)
                    images.append((path, image))
                    orientation = orientation_of(content)
                    orientations[path] = orientation if options.upright else 1
                    if orientation != 1:
                        height, width = image.shape[:2]
                        progress.write(f"note: {path}: its EXIF orientation is {orientation}; it "
                                       "is detected as it is stored, and boxes are of the stored "
                                       f"{width} x {height} pixels")
                except DataError as error:
                    skipped.append(str(error))
                    progress.write(f"skipped: {error}")
            found = detector.detect([image for _, image in images], options.threshold)
            for (path, image), detections in zip(images, found, strict=True):
                target: Path | None = targets[path]
                try:
                    _draw(targets[path], image, detections, names, orientations[path])
                except CaffeError as error:
                    target = None
                    progress.write(f"not drawn: {error}")
                results.append(_entry(path, target, image, detections, names))
                lines.write(json.dumps(results[-1]) + "\n")
                lines.flush()
            progress.advance(len(batch))
    return results, skipped


def _draw(
    target: Path, image: Image, detections: Sequence[Detection], names: dict[int, str],
    orientation: int
) -> None:
    """Write the image with its boxes, as EXIF's `orientation` shows it. CaffeError if it cannot be
    encoded or written."""
    # lazy: --help does without it
    import cv2

    from framework.data.records.exif import as_shown, pixels_as_shown
    from framework.inference.draw_boxes import draw_detections

    height, width = image.shape[:2]
    detections = [dataclasses.replace(found, corners=as_shown(found.corners, orientation,
                                                              (width, height)))
                  for found in detections]
    image = pixels_as_shown(image, orientation)
    try:
        done, content = cv2.imencode(".jpg", draw_detections(image, detections, names))
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise DataError(f"{target}: {width} x {height} pixels cannot be written as a JPEG")
    write_file(target, content.tobytes())


def _batches(paths: list[Path], size: int) -> Iterator[list[Path]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]


def _targets(paths: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Where each image goes: its name in `out`, numbered if it is taken, never onto itself."""
    sources = {path.resolve() for path in paths}
    folder = out.resolve()
    taken: set[str] = set()
    counts: Counter[str] = Counter()
    targets: dict[Path, Path] = {}
    for path in dict.fromkeys(paths):
        stem = os.fsdecode(os.fsencode(path.stem)[:MAX_STEM_BYTES])
        name = f"{stem}.jpg"
        while not counts[stem] or name in taken or folder / name in sources:
            counts[stem] += 1
            name = f"{stem}.jpg" if counts[stem] == 1 else f"{stem}_{counts[stem]}.jpg"
        taken.add(name)
        targets[path] = out / name
    return targets


def _entry(
    path: Path,
    target: Path | None,
    image: Image,
    detections: Sequence[Detection],
    names: dict[int, str],
) -> dict[str, Any]:
    """What detections.json says of one image; boxes x1 y1 x2 y2 in its pixels.

    target  the drawn image; None if it could not be drawn
    """
    return {
        "file": str(path),
        "drawn": None if target is None else target.name,
        "width": image.shape[1],
        "height": image.shape[0],
        "detections": [
            {
                "label": entry.label,
                "name": names.get(entry.label, str(entry.label)),
                "score": round(entry.score, 6),
                "box": [round(value, 2) for value in entry.corners],
            }
            for entry in detections
        ],
    }
