"""Detect objects in images, videos and cameras; writes them with boxes, and detections.json.

detections.jsonl gets one line of JSON for each image or frame as soon as it is done, so that
nothing is lost if the run ends early; detections.json holds the same, all together, when all are
done. An image becomes NAME.jpg with its boxes, a video NAME.mp4.
IMAGE is an image, a video, a folder of them, a pattern in quotes ('photos/**/*.jpg'), the number
of a camera (0), a URL (rtsp://...), or - for standard input: an image (curl URL | caffe detect -),
or paths of images, one in each line, detected as they come (find . -name '*.jpg' | caffe detect -).
A camera or a stream ends with Ctrl-C, or with q in the window of --show. With a test net as
--model, size, mean and scale are those of its data layer; a deploy net says them in a
transform_param of its Input layer, or they come from --size, --mean and --scale.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, devices
from framework.cli.signals import termination_as_interrupt
from framework.data.records.image_size import FLAG, max_pixels
from framework.errors import DataError
from framework.system.wording import counted

if TYPE_CHECKING:
    from framework.cli.detect_output import Output
    from framework.inference.detector import Detector
    from framework.inference.sources import Source
    from framework.inference.stream import Options
    from framework.inference.tiles import Tiles
    from framework.system.progress import Progress


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/detect", description=__doc__,
        epilog="example: tools/detect photo.jpg --model deploy.prototxt --weights ssd.caffemodel "
               "--out results")
    parser.add_argument("images", metavar="IMAGE", nargs="+",
                        help="images, videos, folders, patterns, numbers of cameras, rtsp:// URLs, "
                             "or - for standard input")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt of a deploy net or a test net")
    parser.add_argument("--weights", required=True, metavar="FILE,...",
                        help="weights, by layer name")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR",
                        help="folder for the results")
    parser.add_argument("--labelmap", "--label_map_file", metavar="FILE",
                        help="names of the classes: a label map, or a text file (.txt) with a name "
                             "in each line, from class 0, the background, on (default: the net's)")
    parser.add_argument("--threshold", type=float, metavar="N", default=0.4,
                        help="lowest score of a box (default: %(default)s)")
    parser.add_argument("--upright", action="store_true",
                        help="turn the drawn images as their EXIF orientation says; the boxes of "
                             "detections.json are of the stored pixels all the same")
    parser.add_argument("--batch", type=int, metavar="N", default=8,
                        help="images or frames in a batch (default: %(default)s)")
    _add_stream_flags(parser)
    app.add_transform_flags(parser)
    parser.add_argument("--engine", choices=("torch", "onnxruntime", "openvino"), default="torch",
                        help="what computes the net; the last two run its ONNX export, which is "
                             "made at the first use and kept in the user's cache folder, on the "
                             "CPU (default: %(default)s)")
    parser.add_argument("--gpu", default="", metavar="0|none",
                        help="a CUDA device; none: the CPU (default: the CPU)")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def _add_stream_flags(parser: argparse.ArgumentParser) -> None:
    """What else is made of images and frames."""
    parser.add_argument("--track", action="store_true",
                        help="number the objects over the frames of a video, or over images in "
                             "their order: `track` in detections.json")
    parser.add_argument("--tiles", default="", metavar="N|WIDTHxHEIGHT",
                        help="detect in N x N tiles of each image, or in tiles of that many "
                             "pixels, and in the whole, and merge the boxes: small objects of "
                             "large images are found")
    parser.add_argument("--overlap", type=float, default=0.2, metavar="N",
                        help="part of a tile that the next one covers too (default: %(default)s)")
    parser.add_argument("--crops", action="store_true",
                        help="write the pixels of each box to DIR/crops, too")
    parser.add_argument("--show", action="store_true",
                        help="show the drawings in a window; q or Esc ends the run, another key "
                             "goes on to the next image (needs opencv-python in place of "
                             "opencv-python-headless)")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS",
                        help="time that a stream may take to answer (default: %(default)s)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(detect, make_parser(), arguments)


def detect(options: argparse.Namespace) -> int:
    """Work through the images; 1 if one could not be read or drawn.

    DataError if not one of them could be read.
    """
    # lazy: --help does without them
    from framework.cli.detect_output import Output, Targets, window
    from framework.inference.sources import find_sources
    from framework.inference.stream import Options
    from framework.system.progress import Progress

    sources = find_sources(options.images)
    _check(options)
    how = Options(options.threshold, options.batch, options.track, _tiles(options),
                  options.timeout)
    with window(options.show):
        detector, names = _load(options)
        options.out.mkdir(parents=True, exist_ok=True)
        report = options.out / "detections.json"
        if os.path.isdir(report):
            raise DataError(f"{report}: is a folder; the results have to go there")
        has_frames = any(source.kind not in ("image", "stdin") for source in sources)
        with Progress(_total(sources), "frames" if has_frames else "detect") as progress, \
                Output(Targets(sources, options.out), names, progress.write,
                       upright=options.upright, crops=options.crops, show=options.show) as output:
            skipped = _run(detector, sources, how, output, progress)
            if not output.counts["results"]:
                what = "images" if all(one.kind == "image" for one in sources) else "sources"
                first = f"; the first: {skipped[0]}" if skipped else ""
                raise DataError(f"none of {len(sources)} {what} could be read{first}")
    output.join(options.model, options.weights)
    print(_summary(options, output, len(skipped), "frame" if has_frames else "image"))
    return int(bool(skipped or output.counts["undrawn"]))


def _check(options: argparse.Namespace) -> None:
    """DataError for numbers that no run can have."""
    if options.batch < 1:
        raise DataError(f"--batch is {options.batch}; it must be at least 1")
    if not 0 < options.timeout <= 1e6:
        raise DataError(f"--timeout is {options.timeout:g}; it must be above 0")
    if options.size and math.prod(options.size) > max_pixels():
        raise DataError("--size is {}x{}: more than {} pixels, which {} allows".format(
            *options.size, max_pixels(), FLAG))


def _tiles(options: argparse.Namespace) -> Tiles | None:
    """The tiles of --tiles and --overlap. DataError for other text."""
    if not options.tiles:
        return None
    # lazy: --help does without it
    from framework.inference.tiles import parse

    try:
        return parse(options.tiles, options.overlap)
    except ValueError as error:
        raise DataError(f"--tiles {error}") from None


def _summary(options: argparse.Namespace, output: Output, num_skipped: int, what: str) -> str:
    counts = output.counts
    folder = os.fsencode(options.out).decode(errors="replace")
    return (f"{folder}: {counted(counts['results'], what)}, "
            f"{counted(counts['boxes'], 'box')} of at least {options.threshold:g}"
            + (f", {num_skipped} skipped" if num_skipped else "")
            + (f", {counts['undrawn']} not drawn" if counts["undrawn"] else "")
            + (f", {counts['left out']} left out: they came faster than they could be computed"
               if counts["left out"] else ""))  # fmt: skip


def _total(sources: Sequence[Source]) -> int:
    """How many images and frames there are; 0 if nobody knows."""
    # lazy: --help does without it
    from framework.inference.videos import num_frames

    if any(source.is_live or source.kind == "stdin" for source in sources):
        return 0
    counts = [num_frames(str(source.word)) if source.kind == "video" else 1 for source in sources]
    return sum(counts) if all(counts) else 0


def _load(options: argparse.Namespace) -> tuple[Detector, dict[int, str]]:
    """The detector (torch comes in only here) and the names of its classes."""
    # lazy: --help does without it
    from framework.data.records.label_map import names_in_file
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
        names = names_in_file(options.labelmap)
        check_labels(detector.net.spec, options.labelmap, names)
    return detector, names


def _run(
    detector: Detector, sources: list[Source], options: Options, output: Output,
    progress: Progress
) -> list[str]:
    """Detect and write; what was skipped. A camera's run ends well when it is interrupted."""
    # lazy: --help does without it
    from framework.cli.detect_output import Stopped
    from framework.inference.stream import stream

    skipped: list[str] = []
    untold: list[str] = []      # of the only source: if it gives nothing, the error of the run
    live = {source.name for source in sources if source.is_live}

    def skip(error: DataError) -> None:
        skipped.append(str(error))
        untold.append(str(error))
        if len(sources) > 1 or output.counts["results"]:
            tell()

    def tell() -> None:
        while untold:
            progress.write(f"skipped: {untold.pop(0)}")

    try:
        with termination_as_interrupt(), \
                contextlib.closing(stream(detector.detect, detector.nms_threshold, sources,
                                           options, skip)) as results:
            for found in results:
                origin, image = found.origin, found.image
                assert origin is not None and image is not None
                if origin.has_more:
                    progress.write(f"note: {origin.file}: has several images (pages or frames); "
                                   "the first is detected")
                if origin.orientation != 1:
                    height, width = image.shape[:2]
                    progress.write(f"note: {origin.file}: its EXIF orientation is "
                                   f"{origin.orientation}; it is detected as it is stored, and "
                                   f"boxes are of the stored {width} x {height} pixels")
                output.add(found, origin.file in live)
                tell()
                progress.advance()
    except Stopped:
        pass
    except KeyboardInterrupt:
        if not live or not output.counts["results"]:
            raise
    return skipped
