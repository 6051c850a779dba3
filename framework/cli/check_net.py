"""The part of check_data that needs nets: their data layers and their priors."""

from __future__ import annotations

import argparse
import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from framework.cli.check_data import MAX_LISTED, report
from framework.data.pictures import failing_as_bad
from framework.data.prior_match import Match, PriorLayer, candidate_sizes, choose, match_boxes
from framework.data.random import Draws
from framework.data.records import LABEL, BadRecord
from framework.data.survey import Survey
from framework.errors import CaffeError, DataError
from framework.layer import DataOptions, Shape
from framework.layers import LAYERS
from framework.layers.picture_source import PictureSource, color_of
from framework.layers.prior_box import PriorBox
from framework.net import Net
from framework.progress import Progress
from framework.prototxt import Document
from framework.spec import LayerSpec, NetSpec, read_net

MAX_TRIED = 300         # boxes on which sizes are tried out


def check_files(paths: list[Path], options: argparse.Namespace) -> int:
    """Check the data layers of net files, each database once; 1 if one is of no use."""
    seen: set[tuple[str, str]] = set()
    worst = 0
    for path in paths:
        document = read_net(path, options.ignore_unknown_fields)
        for phase, net in phases(document, options.phase):
            for spec in net.layers:
                key = (spec.type, data_source(spec))
                if not key[1] or key in seen:
                    continue
                seen.add(key)
                print(f"\n{path}, {phase}, layer '{spec.name}' ({spec.type}):")
                try:
                    worst = max(worst, check_layer(spec, str(path), phase,
                                                   plot_path(options.plot, len(seen))))
                except CaffeError as error:
                    print(f"error: {error}")
                    worst = 1
    if not seen:
        raise DataError(f"{', '.join(map(str, paths))}: no data layer reads from files")
    return worst


def plot_path(path: Path | None, number: int) -> Path | None:
    """FILE.png for the first database, FILE_2.png for the second."""
    if path is None or number == 1:
        return path
    return path.with_name(f"{path.stem}_{number}{path.suffix}")


def phases(document: Document, wanted: str | None) -> list[tuple[str, NetSpec]]:
    """The phases that the net file is made for: those whose layers fit together."""
    found: list[tuple[str, NetSpec]] = []
    errors: list[CaffeError] = []
    for phase in [wanted] if wanted else ["TRAIN", "TEST"]:
        try:
            found.append((phase, NetSpec(document, phase)))
        except CaffeError as error:
            errors.append(error)
    if not found:
        raise errors[0]
    return found


def data_source(spec: LayerSpec) -> str:
    """What a data layer reads from; "" for other layers."""
    if not issubclass(LAYERS.get(spec.type, object), PictureSource):
        return ""
    params = (spec.proto.data_param, spec.proto.image_data_param, spec.proto.window_data_param,
              spec.proto.dense_image_data_param, spec.proto.video_data_param)
    return next((str(param.source) for param in params if param.source), "")


def check_layer(spec: LayerSpec, path: str, phase: str, plot: Path | None) -> int:
    """Check what a data layer reads; 1 if too much of it is bad. `plot`: where to draw it."""
    if spec.type not in ("AnnotatedData", "Data"):
        return check_items(spec)
    makers = prior_makers(path, phase) if spec.type == "AnnotatedData" else []
    size = input_size(spec)

    def priors(found: Survey) -> None:
        if makers:
            print_priors(found, makers, size, overlap_threshold(path))

    return report(spec.proto.data_param.source, spec.proto.annotated_data_param.label_map_file,
                  color_of(spec), phase == "TRAIN" and spec.type == "AnnotatedData", priors,
                  size, plot)


def check_items(spec: LayerSpec) -> int:
    """Read every file of a list and put it through the transformation."""
    kind: Any = LAYERS[spec.type]        # Any: a PictureSource, whose __init__ takes options
    items = kind(spec, DataOptions()).maker.source
    bad: dict[int, str] = {}
    for index in Progress(items.size(), "check").over(range(items.size())):
        try:
            with failing_as_bad():
                items.item(index, Draws(0, index))
        except BadRecord as error:
            bad[index] = str(error)
    bad |= items.found_bad()          # some find them on their own, some do both
    print(f"{data_source(spec)}: {items.size()} entries, {len(bad)} of them bad")
    for index, reason in bad.items():
        print(f"  bad: {items.name(index)}: {reason}")
    return 0


@dataclass(frozen=True)
class PriorMaker:
    """A PriorBox layer of a net and the shapes of its bottoms."""

    layer: PriorBox
    shapes: tuple[Shape, ...]

    def priors(self, sizes: tuple[int, int] | None = None) -> PriorLayer:
        """Its priors; with other `sizes` (min_size, max_size) in place of its own."""
        layer, spec = self.layer, self.layer.spec
        if sizes is not None:
            proto = type(spec.proto)()
            proto.CopyFrom(spec.proto)
            proto.prior_box_param.min_size[:], proto.prior_box_param.max_size[:] = (
                [size] for size in sizes)
            spec = dataclasses.replace(spec, proto=proto)
            layer = PriorBox(spec, *self.shapes)
        corners = layer(*(torch.empty(shape) for shape in self.shapes))[0, 0].reshape(-1, 4)
        param = spec.proto.prior_box_param
        return PriorLayer(spec.name, corners.numpy(), tuple(param.min_size), tuple(param.max_size))


def prior_makers(path: str, phase: str) -> list[PriorMaker]:
    """The PriorBox layers of a net; none if it cannot be built."""
    try:
        net = Net(path, phase, skip_data=True)
    except CaffeError as error:
        print(f"the priors are not checked: {error}")
        return []
    return [PriorMaker(step.layer, tuple(net.shapes[bottom] for bottom in step.bottoms))
            for step in net.layers if isinstance(step.layer, PriorBox)]


def input_size(spec: LayerSpec) -> tuple[int, int] | None:
    """(width, height) to which the pictures are resized; None if they are not, or keep their form.
    """
    param = spec.proto.transform_param.resize_param
    is_warp = spec.proto.transform_param.HasField("resize_param") \
        and param.resize_mode == param.WARP
    return (param.width, param.height) if is_warp else None


def overlap_threshold(path: str) -> float:
    """From which overlap on a prior is matched: MultiBoxLoss's, by default 0.5."""
    for layer in read_net(path, ignore_unknown_fields=True).message.layer:
        if layer.type == "MultiBoxLoss":
            return float(layer.multibox_loss_param.overlap_threshold)
    return 0.5


def print_priors(found: Survey, makers: list[PriorMaker], size: tuple[int, int] | None,
                 threshold: float) -> None:
    """What the priors match, what they miss, and sizes that would fit."""
    corners = np.clip(found.corners, 0, 1)
    layers = [maker.priors() for maker in makers]
    match = match_boxes(corners, layers)
    matched = match.overlaps >= threshold
    print(f"priors, matched from an overlap of {threshold:g}:")
    for index, layer in enumerate(layers):
        own = match.layers == index
        share = f"{matched[own].mean():.1%} of them matched" if own.any() else "none to match"
        sizes = ", ".join(f"{value:g}" for value in (*layer.min_sizes, *layer.max_sizes))
        print(f"  {layer.name}: {len(layer.corners)} priors of sizes {sizes}: best for "
              f"{own.mean():.1%} of the boxes, {share}")
    print(f"  all: {match.text(threshold)}")
    list_unmatched(found, match, threshold)
    if size is None:
        return
    print(f"proposed sizes, in pixels of {size[0]} x {size[1]}, with all else as it is:")
    proposals = proposed_sizes(found, makers, math.sqrt(size[0] * size[1]), threshold)
    for layer, (low, high) in zip(layers, proposals, strict=True):
        print(f"  {layer.name}: min_size: {low} max_size: {high}")
    proposed = [maker.priors(sizes) for maker, sizes in zip(makers, proposals, strict=True)]
    print(f"  with them: {match_boxes(corners, proposed).text(threshold)}")


def proposed_sizes(found: Survey, makers: list[PriorMaker], size: float, threshold: float
                   ) -> list[tuple[int, int]]:
    """(min_size, max_size) for each layer, tried out on some of the boxes."""
    candidates = candidate_sizes(found.sides(), size)
    some = np.clip(found.corners, 0, 1)[::-(-len(found.corners) // MAX_TRIED)]
    overlaps = np.array([[match_boxes(some, [maker.priors(sizes)]).overlaps
                          for sizes in candidates] for maker in makers])
    return [candidates[index] for index in choose(overlaps, threshold)]


def list_unmatched(found: Survey, match: Match, threshold: float) -> None:
    worst = np.argsort(match.overlaps, kind="stable")
    worst = worst[match.overlaps[worst] < threshold]
    if worst.size:
        print(f"  {worst.size} boxes that no prior matches; the worst:")
    for index in worst[:MAX_LISTED]:
        corners = " ".join(f"{value:.3f}" for value in found.corners[index])
        print(f"    {found.names[found.records[index]]}: label "
              f"{int(found.boxes[index, LABEL])}, {corners}, overlap "
              f"{match.overlaps[index]:.2f}")
