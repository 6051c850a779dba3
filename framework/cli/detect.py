"""Find objects in pictures: writes each picture with its boxes, and detections.json.

IMAGE is a picture or a folder of pictures. With a test net as --model, size, mean and scale are
those of its data layer; a deploy net says them in a transform_param of its Input layer, or they
come from --size, --mean and --scale.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.cli import app, devices
from framework.errors import DataError

if TYPE_CHECKING:
    from framework.evaluation.detection import Detection
    from framework.inference.detector import Detector
    from framework.report.draw_boxes import Picture

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(prog="detect", description=__doc__)
    parser.add_argument("images", metavar="IMAGE", nargs="+", type=Path)
    parser.add_argument("--model", required=True, help="deploy net, or test net")
    parser.add_argument("--weights", required=True, help="caffemodel")
    parser.add_argument("--out", required=True, type=Path, help="folder for the results")
    parser.add_argument("--labelmap", help="names of the classes (default: the net's)")
    parser.add_argument("--threshold", type=float, default=0.4, help="lowest score (0.4)")
    parser.add_argument("--batch", type=int, default=8, help="pictures at once (8)")
    parser.add_argument("--mean", help="values by commas, 104,117,123, or a mean file")
    parser.add_argument("--scale", type=float, help="factor behind the mean, 0.017 say")
    parser.add_argument("--size", type=picture_size, help="HEIGHTxWIDTH of the net's input")
    parser.add_argument("--gpu", default="", help="number of a CUDA device (default: the CPU)")
    app.add_net_flags(parser)
    return parser


def picture_size(text: str) -> tuple[int, int]:
    """`300x300` or `300`: height and width."""
    parts = text.lower().split("x")
    if not all(part.isdigit() and int(part) > 0 for part in parts) or len(parts) > 2:
        raise argparse.ArgumentTypeError(f"'{text}' must be HEIGHTxWIDTH, 300x300 say")
    return int(parts[0]), int(parts[-1])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(detect, make_parser(), arguments)


def detect(options: argparse.Namespace) -> int:
    """Work through the pictures. DataError if not one of them could be read."""
    paths = list_pictures(options.images)
    if options.batch < 1:
        raise DataError(f"--batch is {options.batch}; it must be at least 1")
    detector, names = _load(options)
    options.out.mkdir(parents=True, exist_ok=True)
    results, skipped = _run(options, detector, names, paths)
    if not results:
        raise DataError(f"none of {len(paths)} pictures could be read; the first: {skipped[0]}")
    content = {"model": options.model, "weights": options.weights, "images": results}
    # lazy: --help does without it
    from framework.system.atomic import write_file

    write_file(options.out / "detections.json", json.dumps(content, indent=1) + "\n")
    num_boxes = sum(len(result["detections"]) for result in results)
    print(f"{options.out}: {len(results)} pictures, {num_boxes} boxes of at least "
          f"{options.threshold:g}" + (f", {len(skipped)} skipped" if skipped else ""))  # fmt: skip
    return 0


def list_pictures(images: Sequence[Path]) -> list[Path]:
    """The files among the arguments, folders replaced by their pictures, sorted."""
    paths: list[Path] = []
    for image in images:
        if image.is_dir():
            found = sorted(path for path in image.iterdir() if path.suffix.lower() in SUFFIXES)
            if not found:
                raise DataError(f"{image}: the folder has no picture ({', '.join(SUFFIXES)})")
            paths += found
        else:
            paths.append(image)
    return paths


def _load(options: argparse.Namespace) -> tuple[Detector, dict[int, str]]:
    """The detector (torch comes in only here) and the names of its classes."""
    # lazy: --help does without it
    from framework.data.records import label_map
    from framework.inference.detector import Detector
    from framework.net.reading import read_net
    from framework.system.malloc import keep_freed_memory

    keep_freed_memory()
    device = devices.prepare(options).device
    mean: Any = options.mean  # numbers, a path, or None
    if mean and not Path(mean).is_file():
        try:
            mean = [float(word) for word in mean.split(",")]
        except ValueError:
            raise DataError(f"--mean is '{mean}'; give numbers by commas, or a file") from None
    model = read_net(options.model, options.ignore_unknown_fields)
    detector = Detector(model, options.weights, device, mean, options.scale, options.size)
    if not detector.says_transform and options.mean is None and options.scale is None:
        print("note: the net says nothing of mean and scale; pixels from 0 to 255 go in as they "
              "are (--mean, --scale)", file=sys.stderr)  # fmt: skip
    names = detector.names
    if options.labelmap:
        names = label_map.names_by_label(label_map.read(options.labelmap))
    return detector, names


def _run(
    options: argparse.Namespace, detector: Detector, names: dict[int, str], paths: list[Path]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Detect, draw and write, batch by batch. Any: what JSON holds."""
    # lazy: --help does without it
    import cv2

    from framework.data.convert.datum import read_picture
    from framework.report.draw_boxes import draw_detections
    from framework.system.progress import Progress

    results: list[dict[str, Any]] = []
    skipped: list[str] = []
    targets = _targets(paths, options.out)
    with Progress(len(paths), "detect") as progress:
        for batch in _batches(paths, options.batch):
            pictures: list[tuple[Path, Picture]] = []
            for path in batch:
                try:
                    pictures.append((path, read_picture(path)[1]))
                except DataError as error:
                    skipped.append(str(error))
                    progress.write(f"skipped: {error}")
            found = detector.detect([picture for _, picture in pictures], options.threshold)
            for (path, picture), detections in zip(pictures, found, strict=True):
                cv2.imwrite(str(targets[path]), draw_detections(picture, detections, names))
                results.append(_entry(path, targets[path], picture, detections, names))
            progress.advance(len(batch))
    return results, skipped


def _batches(paths: list[Path], size: int) -> Iterator[list[Path]]:
    for start in range(0, len(paths), size):
        yield paths[start : start + size]


def _targets(paths: Sequence[Path], out: Path) -> dict[Path, Path]:
    """Where each picture goes: its name in `out`, numbered if it is taken, never onto itself."""
    sources = {path.resolve() for path in paths}
    taken: set[Path] = set()
    targets = {}
    for path in paths:
        target, number = out / f"{path.stem}.jpg", 1
        while target in taken or target.resolve() in sources:
            number += 1
            target = out / f"{path.stem}_{number}.jpg"
        taken.add(target)
        targets[path] = target
    return targets


def _entry(
    path: Path,
    target: Path,
    picture: Picture,
    detections: Sequence[Detection],
    names: dict[int, str],
) -> dict[str, Any]:
    """What detections.json says of one picture; boxes x1 y1 x2 y2 in its pixels."""
    return {
        "file": str(path),
        "drawn": target.name,
        "width": picture.shape[1],
        "height": picture.shape[0],
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
