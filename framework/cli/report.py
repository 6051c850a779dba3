"""Write a report on a trained net: an HTML page and PNGs, in a folder.

    caffe report FOLDER                    a folder of `caffe new`
    caffe report --model NET --weights W   any net with test data; with --log, its training too

The page has the curves of the training, a batch as the net sees it, confusion and the worst images;
of detectors precision and recall, calibration and best thresholds, errors by kind and by size, and
the labels; of classifiers top-k and calibration; of segmenters intersection over union by class.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, devices, gflags
from framework.errors import CaffeError

if TYPE_CHECKING:       # it would import torch before the flags are read
    from framework.net.net import Net
    from framework.system.arrays import Array

VERSIONS = ("11point", "101point", "MaxIntegral", "Integral")
NUM_TIMED = 20


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/report", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/report --model net.prototxt --weights net.caffemodel --log "
               "caffe.INFO")
    parser.add_argument("file", nargs="?", default="", metavar="NET", help="the net's prototxt")
    parser.add_argument("--model", default="", metavar="FILE",
                        help="the same by a flag")
    parser.add_argument("--weights", default="", metavar="FILE,...", help="weights, by layer name")
    parser.add_argument("--log", metavar="FILE|DIR", type=Path,
                        help="log of the training, or the folder of its logs")
    parser.add_argument("--deploy", default="", metavar="FILE",
                        help="the net without data, to measure the speed of one image with")
    parser.add_argument("--labelmap", "--label_map_file", default="", metavar="FILE",
                        help="names of the classes (default: the net's): a label map, or a text "
                             "file (.txt) with a name in each line, from class 0 on")
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("report"),
                        help="folder to write (default: %(default)s)")
    parser.add_argument("--iterations", type=int, metavar="N",
                        help="batches to test (default: those that take all data once)")
    parser.add_argument("--ap-version", choices=VERSIONS, default="11point",
                        help="rule of average precision (default: %(default)s)")
    app.add_state_flags(parser)
    devices.add_flags(parser, "a CUDA device; of several, the first")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    return app.run(report, make_parser(), arguments)


def main_after_training(arguments: Sequence[str]) -> int:
    """Write the report, or say in a line why there is none."""
    def written_or_told(options: argparse.Namespace) -> int:
        try:
            return report(options)
        except (CaffeError, OSError) as error:
            app.complain(f"no report: {app.describe(error)}")
            return 0

    return app.run(written_or_told, make_parser(), arguments)


def report(options: argparse.Namespace) -> int:
    """Write the report. CaffeError for what cannot be reported on."""
    options.model = options.model or options.file
    if options.model and not os.path.lexists(options.model) and ":" not in options.model:
        raise CaffeError(f"{options.model}: there is no such folder or file")
    if not options.model or not options.weights:
        raise CaffeError("a folder of `caffe new` must be given, or a net and --weights")
    if options.log and not options.log.exists():
        raise CaffeError(f"--log {options.log}: there is no such file or folder")
    gflags.check_count("--iterations", options.iterations)
    check_matplotlib()
    # lazy: --help does without them
    from framework.net.trained import class_names
    from framework.report.training_report import Request, write_report
    from framework.solver.silent_settings import records_repeated

    place = devices.prepare(options)
    net = tested_net(options, place.device)
    try:
        names = given_names(net, options.labelmap) if options.labelmap else class_names(net)
        batches = options.iterations or _batches(net)
        if repeated := records_repeated(net, batches):
            app.complain(f"note: {repeated}")
        request = Request(net, names, options.weights, options.log, batches,
                          options.ap_version, options.seed or 0,
                          lambda images: speed(options, place.device, images))
        page, lines = write_report(request, options.out)
    finally:
        net.close()
    for line in lines:
        print(line)
    print(f"report: {os.path.abspath(page)}")
    return 0


def check_matplotlib() -> None:
    """CaffeError where the package that draws is not installed."""
    try:
        # lazy: a package that need not be there
        import matplotlib  # noqa: F401
    except ImportError:
        raise CaffeError("reports need the package matplotlib: pip install "
                         "'caffe-on-torch[report]', or pip install matplotlib") from None


def given_names(net: Net, path: str) -> dict[int, str]:
    """The names of the classes in a file. CaffeError if it is that of another net."""
    # lazy: --help does without them
    from framework.data.records.label_map import names_in_file
    from framework.net.class_counts import check_labels, check_scored_labels
    from framework.report.training_report import judged_step

    names = names_in_file(path)
    check_labels(net.spec, path, names)
    step = judged_step(net)
    if step is not None:
        scores = step.bottoms[0]
        check_scored_labels(step.layer.spec, scores, net.shapes[scores][1], path, names)
    return names


def tested_net(options: argparse.Namespace, device: str) -> Net:
    """The TEST net with its weights, on data. CaffeError without data or with other weights."""
    # lazy: --help does without it
    from framework.layers.base import DataOptions
    from framework.net.net import Net
    from framework.net.trained import load_all_weights

    net = Net(options.model, "TEST", level=options.level,
              stages=app.stages([options.stage]),
              data=DataOptions(options.seed or 0, options.workers), device=device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    if not net.sources:
        raise CaffeError(f"{options.model}: has no data layer in the phase TEST; a report needs "
                         "test data")
    load_all_weights(net, options.weights)
    return net


def _batches(net: Net) -> int:
    """The batches that take all test data once; 50 where their number is not known."""
    # lazy: both programs count alike
    from framework.cli.test import default_batches

    return default_batches(net, "tools/test")


def speed(options: argparse.Namespace, device: str, images: Sequence[Array]) -> list[str]:
    """A sentence on the time of single images in the deploy net, if there is one."""
    if not options.deploy or not images:
        return []
    # lazy: --help does without it
    import torch

    from framework.inference.detector import Detector

    detector = Detector(options.deploy, options.weights, device)
    times = []
    detector.detect(images[0])
    for index in range(NUM_TIMED):
        start = time.perf_counter()
        detector.detect(images[index % len(images)])
        times.append(1000 * (time.perf_counter() - start))
    where = device
    if device == "cpu":
        count = torch.get_num_threads()
        where = f"the CPU with {count} thread{'s' if count != 1 else ''}"
    return [f"One image at a time, from pixels to boxes: {statistics.median(times):.1f} ms (median "
            f"of {NUM_TIMED}; the fastest {min(times):.1f} ms) on {where}."]


if __name__ == "__main__":
    sys.exit(main())
