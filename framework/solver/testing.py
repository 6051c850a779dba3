"""Score a test net over many batches: means of its outputs, and average precision.

Source: Solver::TestClassification and TestDetection in solver.cpp of weiliu89/caffe (branch ssd).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from framework.data.records import label_map
from framework.definition.prototxt import Document
from framework.errors import CaffeError
from framework.evaluation.average_precision import class_average_precisions
from framework.layers.index_check import raise_noted
from framework.layers.left_out import left_out_lines
from framework.layers.segmentation.pixel_scores import PixelScore
from framework.layers.ssd.detection_evaluate import DetectionEvaluate
from framework.logs.log import Log, number, output_lines
from framework.net.net import Net
from framework.net.trained import class_names
from framework.system.arrays import Array


@dataclass
class Scores:
    """The scores of one test.

    loss        mean of the sum of weighted losses over the batches
    outputs     name, mean value, loss weight, for every value of every output, in their order
    per_class   for an output of DetectionEvaluate, MeanIoU or BoundaryF, whose value is the mean of
                these: average precision, or what `measures` says, by label
    measures    of the outputs of MeanIoU and BoundaryF
    names       of the classes, by label, where a label map says them
    left_out    a line for each layer whose loss left items out
    """

    loss: float
    outputs: list[tuple[str, float, float]] = field(default_factory=list)
    per_class: dict[str, dict[int, float]] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def add(self, name: str, layer: PixelScore, total: Array) -> None:
        """Add the score of a segmentation, whose sum over the batches is given."""
        if os.path.isfile(layer.label_map):
            self.names = label_map.names_by_label(label_map.read(layer.label_map))
        self.per_class[name] = layer.by_class(total)
        self.measures[name] = layer.measure
        values = self.per_class[name].values()
        self.outputs.append((name, sum(values) / max(len(values), 1), 0.0))

    def log(self, log: Log, with_loss: bool, with_classes: bool) -> None:
        """The original's lines."""
        if with_loss:
            log.info(f"Test loss: {number(self.loss)}")
        if with_classes:
            self.log_classes(log)
        for line in output_lines("Test", self.outputs):
            log.info(line)
        for line in self.left_out:
            log.warning(line)

    def log_classes(self, log: Log) -> None:
        """The original's line of each class, and one with its name, which parsers pass over."""
        for output, precisions in self.per_class.items():
            for label, value in precisions.items():
                if output in self.measures:
                    name = self.names.get(label, f"class{label}")
                    log.info(f"    {self.measures[output]} of {name}: {number(value)}")
                    continue
                log.info(f"class{label}: {number(value)}")
                if label in self.names:
                    log.info(f"    average precision of {self.names[label]}: {number(value)}")

    def values(self, prefix: str) -> dict[str, float]:
        """Every number under a name, for plots."""
        found = {f"{prefix}/{name}": value for name, value, _ in self.outputs}
        for output, precisions in self.per_class.items():
            place = f"{prefix}/{output}" if output in self.measures else prefix
            found |= {f"{place}/{self.names.get(label, f'class{label}')}": value
                      for label, value in precisions.items()}
        return found


@torch.no_grad()
def score(net: Net, batches: int, version: str,
          before_batch: Callable[[int], bool] = lambda index: True,
          after_batch: Callable[[int, dict[str, Tensor]], None] | None = None) -> Scores | None:
    """Run the net over its next `batches` batches.

    version       of average precision: 11point, 101point, MaxIntegral or Integral
    before_batch  asked with the number of each batch; False ends the test, which gives None
    after_batch   given the number and the outputs of each batch
    """
    sums: dict[str, Tensor] = {}
    rows: dict[str, list[Tensor]] = {name: [] for name in evaluations(net)}
    loss = torch.zeros((), dtype=torch.float64, device=net.device)
    for index in range(batches):
        if not before_batch(index):
            return None
        with net.naming_records():
            outputs = net()
        if after_batch is not None:
            after_batch(index, outputs)
        for name, blob in outputs.items():
            if name in rows:
                rows[name].append(blob.reshape(-1, 5))
            else:
                sums[name] = _add(net, name, sums.get(name), blob)
        if net.loss_weights:
            loss += net.objective(net.blobs)
    raise_noted(net)
    scored = pixel_scores(net)
    totals = {name: sums.pop(name).cpu().numpy() for name in scored if name in sums}
    means = {name: (total / batches).flatten().tolist() for name, total in sums.items()}
    scores = _summary(net, loss.item() / max(batches, 1), means,
                      {name: torch.cat(parts).cpu().numpy() for name, parts in rows.items()
                       if parts}, version)
    scores.left_out = left_out_lines(net)
    for name, total in totals.items():
        scores.add(name, scored[name], total)
    return scores


def _add(net: Net, name: str, total: Tensor | None, blob: Tensor) -> Tensor:
    if total is not None and total.shape != blob.shape:
        raise CaffeError(f"{net.spec.path}: the output '{name}' has shape {tuple(blob.shape)} in "
                         f"this batch and {tuple(total.shape)} in those before; only outputs of "
                         "one shape have a mean, and DetectionEvaluate scores detections")
    return blob.detach().double() if total is None else total + blob


def _summary(net: Net, loss: float, means: dict[str, list[float]], tables: dict[str, np.ndarray],
             version: str) -> Scores:
    scores = Scores(loss, names=class_names(net) if tables else {})
    for name in net.outputs:
        if name in tables:
            mean, found = class_average_precisions(tables[name], version)
            counts = tables[name][tables[name][:, 0] == -1]
            scores.per_class[name] = {label: found.get(label, 0.0)
                                      for label in sorted(set(counts[:, 1].astype(int).tolist()))}
            scores.outputs.append((name, mean, 0.0))
        weight = net.loss_weights.get(name, 0.0)
        scores.outputs += [(name, value, weight) for value in means.get(name, [])]
    return scores


def pixel_scores(net: Net) -> dict[str, PixelScore]:
    """The outputs whose sum over the batches is the score of a segmentation, and their layers."""
    made = {top: step.layer for step in net.layers if isinstance(step.layer, PixelScore)
            for top in step.tops}
    return {name: made[name] for name in net.outputs if name in made}


def check_evaluation(document: Document, net: Net, index: int) -> None:
    """SpecError if the solver file wants detections evaluated that test net `index` lacks.

    `detection_segmentation` of eric612/MobileNet-YOLO wants an output beside them, of which the
    mean of each value is reported: the overlap of each class.
    """
    kind = document.message.eval_type
    detections = evaluations(net)
    if kind.startswith("detection") and not detections:
        raise document.error("eval_type", f"is {kind}, but no output of test net #{index} "
                             "comes from a DetectionEvaluate layer")
    if kind == "segmentation" and not pixel_scores(net):
        raise document.error("eval_type", f"is {kind}, but no output of test net #{index} "
                             "comes from a MeanIoU or BoundaryF layer")
    if kind == "detection_segmentation" and len(net.outputs) == len(detections):
        raise document.error("eval_type", f"is {kind}, but test net #{index} has no output beside "
                             "its detections")


def evaluations(net: Net) -> list[str]:
    """The outputs that a DetectionEvaluate layer makes."""
    made = {top for step in net.layers if isinstance(step.layer, DetectionEvaluate)
            for top in step.tops}
    return [name for name in net.outputs if name in made]
