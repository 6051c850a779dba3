"""COCO's part of tools/test: results written, or read and scored without a net."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from framework.errors import CaffeError
from framework.system.wording import counted

if TYPE_CHECKING:
    # they would import torch before the flags are read
    from framework.evaluation.coco import CocoScores
    from framework.evaluation.coco_files import Instances
    from framework.logs.log import Log
    from framework.net.net import Net
    from framework.solver.collected_detections import CollectedDetections

METRICS = ("voc07", "voc12", "coco", "pairs")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Flags for the rule of evaluation and for COCO's files."""
    parser.add_argument("--metric", choices=METRICS,
                        help="rule of evaluation: voc07 is --ap-version 11point, voc12 is "
                             "--ap-version MaxIntegral, coco prints COCO's twelve figures too, "
                             "pairs verifies pairs of images by a net's features")
    parser.add_argument("--results", default="", metavar="FILE",
                        help="write the detections there as a results file of COCO (JSON)")
    parser.add_argument("--name-size-file", default="", metavar="FILE",
                        help="names and sizes of the images, in the order of the data, for "
                             "--results and --metric coco (default: that of DetectionEvaluate)")
    parser.add_argument("--detections", default="", metavar="FILE",
                        help="score this results file of COCO against --annotations, without a net")
    parser.add_argument("--annotations", default="", metavar="FILE",
                        help="instances file of COCO: with a net the ids for --results, and the "
                             "boxes for --metric coco instead of those in the net's data")


def check_flags(options: argparse.Namespace) -> None:
    """CaffeError for flags that exclude or need each other."""
    if options.metric and options.ap_version:
        raise CaffeError("--metric and --ap-version exclude each other: a metric has its version")
    if options.detections and (options.model or options.solver or options.results):
        raise CaffeError("--detections is scored without a net: --model, --solver and --results "
                         "cannot be given")
    if options.detections and not options.annotations:
        raise CaffeError("--annotations is missing: --detections needs boxes to be scored against")
    if options.annotations and not (options.detections or options.results
                                    or options.metric == "coco"):
        raise CaffeError("--annotations is given without --detections, --results or --metric "
                         "coco: nothing would read it")


def version(options: argparse.Namespace) -> str | None:
    """The version of average precision that the flags say, if they do."""
    # lazy: --help does without it
    from framework.evaluation.average_precision import METRICS as VERSIONS

    return VERSIONS[options.metric] if options.metric else options.ap_version


def score_file(options: argparse.Namespace) -> int:
    """Log the scores of a results file."""
    # lazy: --help does without it
    from framework.evaluation import coco, voc
    from framework.evaluation.coco_files import read_instances, read_results
    from framework.logs.log import Log, number

    log = Log(folder=options.log_dir)
    instances = read_instances(options.annotations)
    found, warnings = read_results(options.detections, instances)
    for warning in [*instances.warnings, *warnings]:
        log.warning(warning)
    log.info(f"{counted(len(found.scores), 'detection')}, "
             f"{counted(len(instances.truth.boxes), 'box')}, "
             f"{counted(len(instances.images), 'image')}, {counted(len(instances.names), 'class')}")
    if not options.metric and not options.ap_version or options.metric == "coco":
        log_figures(log, coco.evaluate(instances.truth, found, len(instances.names)), instances)
        return 0
    mean, precisions = voc.evaluate(instances.truth, found, len(instances.names),
                                    version(options) or "11point")
    for name, value in zip(instances.names, precisions, strict=True):
        log.info(f"{name}: {number(value)}")
    log.info(f"mAP = {number(mean)}")
    return 0


def log_figures(log: Log, scores: CocoScores, instances: Instances | None) -> None:
    """Log AP of each class, then the twelve lines as pycocotools prints them."""
    # lazy: --help does without it
    from framework.logs.log import number

    for index, name in enumerate(instances.names if instances else ()):
        log.info(f"{name}: {number(scores.class_figures(index)['AP'])}")
    for line in scores.lines():
        log.info(line)


class CocoOutput:
    """COCO's figures and results of a net, collected batch by batch if the flags ask for it."""

    def __init__(self, options: argparse.Namespace, log: Log):
        # lazy: --help does without it
        from framework.evaluation.coco_files import read_instances

        self.options = options
        self.log = log
        self.instances = read_instances(options.annotations) if options.annotations else None
        for warning in self.instances.warnings if self.instances else ():
            log.warning(warning)
        self.collected: CollectedDetections | None = None

    def begin(self, net: Net) -> None:
        """Collect the detections of this net."""
        # lazy: --help does without it
        from framework.solver.collected_detections import CollectedDetections

        if self.options.results or self.options.metric == "coco":
            self.collected = CollectedDetections(net, self.options.name_size_file)
            if self.options.results and not self.collected.names:
                raise CaffeError("--results needs the sizes of the images: layer "
                                 f"'{self.collected.layer.spec.name}' has no name_size_file, and "
                                 "--name-size-file is not given")

    def add(self) -> None:
        """Take the batch that the net has just run."""
        if self.collected is not None:
            self.collected.add()

    def after_batch(self, done: int, outputs: Any) -> None:
        """Advance the display, and add the batch. Any: as `score` calls it."""
        self.log.advance()
        self.add()

    def end(self) -> None:
        """Write the results and log the figures."""
        # lazy: --help does without it
        from framework.evaluation import coco
        from framework.evaluation.coco_files import write_results

        collected, instances = self.collected, self.instances
        if collected is None:
            return
        truth, found = collected.columns()
        if self.options.results:
            write_results(self.options.results, found, collected.image_ids(instances),
                          collected.category_ids(instances))
            self.log.info(f"{self.options.results}: {len(found.scores)} detections in "
                          f"{collected.images_seen} images")
        if self.options.metric != "coco":
            return
        if instances is not None:
            truth, found = instances.truth, collected.found_in(instances)
            if collected.images_seen != len(instances.images):
                self.log.warning(f"the net has seen {collected.images_seen} images, "
                                 f"{instances.path} has {len(instances.images)}: boxes of the "
                                 "others count as missed")
        elif not collected.names:
            size = " x ".join(map(str, collected.input_size))
            self.log.warning(f"sizes of objects are those in the net's input, {size}: "
                             f"layer '{collected.layer.spec.name}' has no name_size_file, and "
                             "--name-size-file is not given")
        num_classes = len(instances.names if instances else collected.layer.classes)
        log_figures(self.log, coco.evaluate(truth, found, num_classes), instances)
