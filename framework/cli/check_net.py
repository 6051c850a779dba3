"""The part of check_data that needs nets: their data layers and their priors."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch

from framework.cli.check_data import MAX_LISTED, report
from framework.data.prior_match import Match, PriorLayer, match_boxes, proposed_sizes
from framework.data.random import Draws
from framework.data.records import LABEL, BadRecord
from framework.data.survey import Survey
from framework.errors import CaffeError, DataError
from framework.layer import DataOptions
from framework.layers import LAYERS
from framework.layers.picture_source import PictureSource, color_of
from framework.layers.prior_box import PriorBox
from framework.net import Net
from framework.progress import Progress
from framework.prototxt import Document
from framework.spec import LayerSpec, NetSpec, read_net


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
                    worst = max(worst, check_layer(spec, str(path), phase))
                except CaffeError as error:
                    print(f"error: {error}")
                    worst = 1
    if not seen:
        raise DataError(f"{', '.join(map(str, paths))}: no data layer reads from files")
    return worst


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
              spec.proto.dense_image_data_param)
    return next((str(param.source) for param in params if param.source), "")


def check_layer(spec: LayerSpec, path: str, phase: str) -> int:
    if spec.type not in ("AnnotatedData", "Data"):
        return check_items(spec)
    layers = prior_layers(path, phase) if spec.type == "AnnotatedData" else []

    def priors(found: Survey) -> None:
        if layers:
            print_priors(found, layers, *input_size(spec), overlap_threshold(path))

    return report(spec.proto.data_param.source, spec.proto.annotated_data_param.label_map_file,
                  color_of(spec), phase == "TRAIN" and spec.type == "AnnotatedData", priors)


def check_items(spec: LayerSpec) -> int:
    """Read every file of a list and put it through the transformation."""
    kind: Any = LAYERS[spec.type]        # Any: a PictureSource, whose __init__ takes options
    items = kind(spec, DataOptions()).maker.source
    bad = []
    for index in Progress(items.size(), "check").over(range(items.size())):
        try:
            items.item(index, Draws(0, index))
        except BadRecord as error:
            bad.append((items.name(index), str(error)))
    bad += [(items.name(index), reason) for index, reason in items.found_bad().items()]
    print(f"{data_source(spec)}: {items.size()} entries, {len(bad)} of them bad")
    for name, reason in bad:
        print(f"  bad: {name}: {reason}")
    return 0


def prior_layers(path: str, phase: str) -> list[PriorLayer]:
    """The priors of a net, by its PriorBox layers; none if the net cannot be built."""
    try:
        net = Net(path, phase, skip_data=True)
    except CaffeError as error:
        print(f"the priors are not checked: {error}")
        return []
    layers = []
    for step in net.layers:
        if isinstance(step.layer, PriorBox):
            shapes = [torch.empty(net.shapes[bottom]) for bottom in step.bottoms]
            corners = step.layer(*shapes)[0, 0].reshape(-1, 4).numpy()
            param = step.layer.spec.proto.prior_box_param
            layers.append(PriorLayer(step.layer.spec.name, corners, tuple(param.min_size),
                                     tuple(param.max_size)))
    return layers


def input_size(spec: LayerSpec) -> tuple[int, int]:
    """(width, height) of the pictures as the net sees them, (0, 0) if they differ."""
    param = spec.proto.transform_param.resize_param
    return param.width, param.height


def overlap_threshold(path: str) -> float:
    """From which overlap on a prior is matched: MultiBoxLoss's, by default 0.5."""
    for layer in read_net(path, ignore_unknown_fields=True).message.layer:
        if layer.type == "MultiBoxLoss":
            return float(layer.multibox_loss_param.overlap_threshold)
    return 0.5


def print_priors(found: Survey, layers: list[PriorLayer], width: int, height: int,
                 threshold: float) -> None:
    """What the priors match, what they miss, and sizes that would fit."""
    match = match_boxes(np.clip(found.corners, 0, 1), layers)
    matched = match.overlaps >= threshold
    size = min(width, height)
    print(f"priors, matched from an overlap of {threshold:g}:")
    for index, layer in enumerate(layers):
        own = match.layers == index
        share = f"{matched[own].mean():.1%} of them matched" if own.any() else "none to match"
        sizes = ", ".join(f"{value:g}" for value in (*layer.min_sizes, *layer.max_sizes))
        print(f"  {layer.name}: {len(layer.corners)} priors of sizes {sizes}: best for "
              f"{own.mean():.1%} of the boxes, {share}")
    print(f"  all: {matched.mean():.1%} of {len(matched)} boxes matched, mean overlap "
          f"{match.overlaps.mean():.2f}")
    list_unmatched(found, match, threshold)
    if size:
        print("proposed sizes, growing by the same factor:")
        proposals = proposed_sizes(found.sides(), len(layers), size)
        for layer, (low, high) in zip(layers, proposals, strict=True):
            print(f"  {layer.name}: min_size: {low} max_size: {high}")


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
