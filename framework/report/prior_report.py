"""Print how the priors of a net match the boxes of a database, and sizes that would fit."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
import torch

from framework.data.records.boxes import LABEL
from framework.errors import CaffeError
from framework.layers.base import Shape
from framework.layers.ssd.prior_box import PriorBox
from framework.net.net import Net
from framework.net.reading import read_net
from framework.report.data_report import MAX_LISTED
from framework.report.data_survey import Survey
from framework.report.prior_match import Match, PriorLayer, candidate_sizes, choose, match_boxes

MAX_TRIED = 300         # boxes on which sizes are tried out


@dataclass(frozen=True)
class PriorMaker:
    """A PriorBox layer of a net and the shapes of its bottoms."""

    layer: PriorBox
    shapes: tuple[Shape, ...]

    def priors(self, sizes: tuple[int, int] | None = None) -> PriorLayer:
        """Its priors; with other `sizes` (min_size, max_size) in place of its own."""
        layer = self.layer
        spec = layer.spec
        if sizes is not None:
            proto = type(spec.proto)()
            proto.CopyFrom(spec.proto)
            proto.prior_box_param.min_size[:] = [sizes[0]]
            proto.prior_box_param.max_size[:] = [sizes[1]]
            spec = dataclasses.replace(spec, proto=proto)
            layer = PriorBox(spec, *self.shapes)
        corners = layer(*(torch.empty(shape) for shape in self.shapes))[0, 0].reshape(-1, 4)
        param = spec.proto.prior_box_param
        return PriorLayer(spec.name, corners.numpy(), tuple(param.min_size), tuple(param.max_size))


def prior_makers(path: str, phase: str) -> list[PriorMaker]:
    """The PriorBox layers of a net; an empty list if it cannot be built."""
    try:
        net = Net(path, phase, skip_data=True)
    except CaffeError as error:
        print(f"the priors are not checked: {error}")
        return []
    return [PriorMaker(step.layer, tuple(net.shapes[bottom] for bottom in step.bottoms))
            for step in net.layers if isinstance(step.layer, PriorBox)]


def overlap_threshold(path: str) -> float:
    """From which overlap on a prior is matched: MultiBoxLoss's, by default 0.5."""
    for layer in read_net(path, ignore_unknown_fields=True).message.layer:
        if layer.type == "MultiBoxLoss":
            return float(layer.multibox_loss_param.overlap_threshold)
    return 0.5


def print_priors(found: Survey, makers: list[PriorMaker], size: tuple[int, int] | None,
                 threshold: float) -> None:
    """What the priors match, what they miss, sizes that would fit."""
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
    """Print the boxes whose overlap with every prior is below the threshold, the worst first."""
    worst = np.argsort(match.overlaps, kind="stable")
    worst = worst[match.overlaps[worst] < threshold]
    if worst.size:
        print(f"  {worst.size} boxes that no prior matches; the worst:")
    for index in worst[:MAX_LISTED]:
        corners = " ".join(f"{value:.3f}" for value in found.corners[index])
        print(f"    {found.names[found.records[index]]}: label "
              f"{int(found.boxes[index, LABEL])}, {corners}, overlap "
              f"{match.overlaps[index]:.2f}")
