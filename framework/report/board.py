"""What a training shows in TensorBoard: scalars, histograms, images, the graph, the settings."""

from __future__ import annotations

import re
from typing import Any

import cv2
import numpy as np
import torch
from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor
from torch import Tensor

from framework.evaluation.detection import Detection
from framework.inference.draw_boxes import draw_detections
from framework.layers.data.image_source import ImageSource
from framework.layers.ssd.detection_evaluate import DetectionEvaluate
from framework.logs import summaries
from framework.logs.event_file import EventFile
from framework.net.net import Net
from framework.net.params import gradient_of
from framework.proto import enum_name
from framework.report.data_sheet import class_names, draw_batch, visible
from framework.solver.solver import Solver

BUCKETS = 64
NUM_IMAGES = 4
LEAST_SCORE = 0.3
"""Detections from this score on are drawn."""


class Board:
    """Writes a training into a folder, as an event file of TensorBoard's.

    scalars     every number that is logged, as losses, rates and scores
    histograms  of weights, gradients and activations, every `every` iterations
    images      of the training batch with its boxes or labels, at the same time, and after a test
                of its last batch with the detections
    graph       the layers of the training net, with their prototxt
    settings    the solver's, as hyperparameters
    every       0: no histograms, and images of tests alone
    Raises WriteError if the folder cannot be written.
    """

    def __init__(self, folder: str, every: int):
        self.name = folder
        self.every = every
        self.file = EventFile(folder)
        self.solver: Solver | None = None

    def watch(self, solver: Solver) -> None:
        """Write the graph and settings of a training, and look at it while it runs."""
        self.solver = solver
        settings = settings_of(solver)
        metrics = ["train/smoothed_loss", *(f"test{index}/{name}" for index, net in
                                            enumerate(solver.test_nets) for name in net.outputs)]
        solver.log.record(self, lambda: self._begin(solver.net, settings, metrics))
        solver.gradients.when_ready.append(lambda: solver.log.record(self, self._look))

    def _begin(self, net: Net, settings: dict[str, summaries.Setting], metrics: list[str]) -> None:
        self.file.add(graph_def=summaries.graph(nodes_of(net)))
        self.file.add(summary=summaries.experiment(settings, metrics))
        self.file.add(summary=summaries.session_start(settings))

    def values(self, iteration: int, values: dict[str, float]) -> None:
        """Write scalars; after a test images too."""
        self.file.add(iteration, summary=summaries.scalars(values))
        for index, net in enumerate(self.solver.test_nets if self.solver else ()):
            if any(name.startswith(f"test{index}/") for name in values):
                self._show_detections(net, f"test{index}", iteration)

    def message(self, level: str, source: str, text: str) -> None:
        """The lines of the log are not for TensorBoard."""

    def close(self) -> None:
        """Mark the run as ended."""
        if self.solver is not None:
            self.file.add(summary=summaries.session_end())

    def _look(self) -> None:
        """The gradients of an iteration are ready."""
        assert self.solver is not None
        net, iteration = self.solver.net, self.solver.iter
        if not self.every or iteration % self.every:
            return
        blobs: dict[str, Tensor | None] = {}
        for layer, own in net.params.items():
            for index, blob in enumerate(own):
                blobs[f"weights/{layer}/{index}"] = blob
                blobs[f"gradients/{layer}/{index}"] = gradient_of(blob)
        blobs |= {f"activations/{name}": blob for name, blob in net.blobs.items()}
        found = {tag: measured(blob) for tag, blob in blobs.items() if blob is not None}
        self.file.add(iteration, summary=summaries.histograms(
            {tag: one for tag, one in found.items() if one is not None}))
        for source, tops in net.sources:
            if isinstance(source, ImageSource):
                batch = [net.blobs[top].detach().float().cpu().numpy() for top in tops]
                batch[0] = batch[0][:NUM_IMAGES]
                if len(batch) > 1 and len(batch[1]) == len(net.blobs[tops[0]]) > 1:
                    batch[1] = batch[1][:NUM_IMAGES]
                drawn = draw_batch(source, batch, class_names(source.spec))
                self._show(f"train/{source.spec.name}", drawn, iteration)

    def _show_detections(self, net: Net, tag: str, iteration: int) -> None:
        """The first images of the test's last batch, with what was found in them."""
        for step in net.layers:
            if not isinstance(step.layer, DetectionEvaluate):
                continue
            bottoms = [net.blobs[name] for name in step.bottoms]
            found = step.layer.columns(bottoms[0], bottoms[1])[0].float().cpu().numpy()
            found = found[(found[:, 1] != -1) & (found[:, 2] >= LEAST_SCORE)]
            for source, tops in net.sources:
                if isinstance(source, ImageSource) and step.bottoms[1] in tops:
                    planes = net.blobs[tops[0]][:NUM_IMAGES].float().cpu().numpy()
                    images = [visible(each, source.mean) for each in planes]
                    names = class_names(source.spec)
                    drawn = [draw_detections(image, detections(image, found[found[:, 0] == item]),
                                             names) for item, image in enumerate(images)]
                    self._show(f"{tag}/{step.layer.spec.name}", drawn, iteration)

    def _show(self, tag: str, images: list[np.ndarray], iteration: int) -> None:
        for index, image in enumerate(images):
            _, encoded = cv2.imencode(".png", image)
            height, width = image.shape[:2]
            self.file.add(iteration, summary=summaries.image(f"{tag}/{index}", height, width,
                                                             encoded.tobytes()))


def detections(image: np.ndarray, rows: np.ndarray) -> list[Detection]:
    """Rows of DetectionOutput, whose corners are fractions, as detections in pixels of an image."""
    height, width = image.shape[:2]
    found = []
    for row in rows:
        x1, y1, x2, y2 = (row[3:7] * [width, height, width, height]).tolist()
        found.append(Detection(int(row[1]), float(row[2]), (x1, y1, x2, y2)))
    return found


def measured(blob: Tensor) -> summaries.Histogram | None:
    """The histogram of the finite values of a blob; None if there are none. One wait for the
    device for the bounds, one for the counts."""
    values = blob.detach().flatten().float()
    values = values[torch.isfinite(values)]
    if not len(values):
        return None
    low, high = values.aminmax()
    doubles = values.double()
    bounds = torch.stack([low.double(), high.double(), doubles.sum(), doubles.square().sum()])
    least, most, total, squares = bounds.tolist()
    if least == most:
        return summaries.Histogram(np.array([len(values)]), least, most, total, squares)
    counts = torch.histc(values, BUCKETS, least, most).cpu().numpy()
    return summaries.Histogram(counts, least, most, total, squares)


def nodes_of(net: Net) -> list[summaries.Node]:
    """A node for each layer, under its name; a repeated name gets a number, and characters that
    TensorBoard reads as something else become `_`."""
    made_by: dict[str, str] = {}            # blob -> name of the node
    taken: set[str] = set()
    nodes = []
    for spec in net.spec.layers:
        name = _node_name(spec.name, taken)
        inputs = [made_by[bottom] for bottom in spec.bottoms if bottom in made_by]
        shapes = [net.shapes[top] for top in spec.tops if top in net.shapes]
        nodes.append(summaries.Node(name, spec.type, inputs, shapes,
                                    text_format.MessageToString(spec.proto)))
        made_by |= dict.fromkeys(spec.tops, name)
    return nodes


def _node_name(name: str, taken: set[str]) -> str:
    """A name that is not in `taken`, into which it is put."""
    base = re.sub("[:^ ]", "_", name)
    found = base
    number = 1
    while found in taken:
        found = f"{base}_{number}"
        number += 1
    taken.add(found)
    return found


def settings_of(solver: Solver) -> dict[str, summaries.Setting]:
    """The fields of the solver's file that are one number, text or word, and the seed and
    precision of the run."""
    param: Any = solver.param           # Any: fields are asked for by number
    settings: dict[str, summaries.Setting] = {}
    for field, value in param.ListFields():
        if field.is_repeated or field.type == FieldDescriptor.TYPE_MESSAGE:
            continue
        if field.type == FieldDescriptor.TYPE_ENUM:
            value = enum_name(param, field.name)
        elif field.type == FieldDescriptor.TYPE_FLOAT:
            value = float(str(np.float32(value)))       # 0.003, not 0.003000000026
        settings[field.name] = value
    return {**settings, "seed": solver.seed, "precision": solver.gradients.execution.precision}
