"""Print how the priors of a net match the boxes of a database, and sizes that would fit."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
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
from framework.report.prior_match import (
    Match,
    PriorLayer,
    candidate_sizes,
    choose,
    limited,
    match_boxes,
)
from framework.report.receptive_field import receptive_fields

MAX_TRIED = 300         # boxes on which sizes are tried out
LEAST_GAIN = 0.05       # of the boxes: each keeps its best prior in training, matched or not


@dataclass(frozen=True)
class PriorMaker:
    """A PriorBox layer of a net and the shapes of its bottoms.

    field  (width, height) in pixels of the input that a cell of its bottom sees; None: unknown
    """

    layer: PriorBox
    shapes: tuple[Shape, ...]
    field: tuple[float, float] | None = None

    def changed(self, **fields: Sequence[float]) -> PriorMaker:
        """The same layer with other values of these fields: min_size, max_size, aspect_ratio."""
        spec = self.layer.spec
        proto = type(spec.proto)()
        proto.CopyFrom(spec.proto)
        for name, values in fields.items():
            getattr(proto.prior_box_param, name)[:] = values
        layer = PriorBox(dataclasses.replace(spec, proto=proto), *self.shapes)
        return dataclasses.replace(self, layer=layer)

    def priors(self, sizes: tuple[int, int] | None = None) -> PriorLayer:
        """Its priors; with other `sizes` (min_size, max_size) in place of its own."""
        if sizes is not None:
            return self.changed(min_size=[sizes[0]], max_size=[sizes[1]]).priors()
        shapes = (torch.empty(shape) for shape in self.shapes)
        corners = self.layer(*shapes)[0, 0].reshape(-1, 4)
        param = self.layer.spec.proto.prior_box_param
        return PriorLayer(self.layer.spec.name, corners.numpy(), tuple(param.min_size),
                          tuple(param.max_size))


def built_net(path: str, phase: str) -> tuple[Net | None, list[str]]:
    """The net without its data; None, and why, if it cannot be built."""
    try:
        return Net(path, phase, skip_data=True), []
    except CaffeError as error:
        return None, [f"the net cannot be built: {error}"]


def prior_makers(net: Net) -> list[PriorMaker]:
    """The PriorBox layers of a net."""
    makers = []
    for step in net.layers:
        if isinstance(step.layer, PriorBox):
            shapes = tuple(net.shapes[bottom] for bottom in step.bottoms)
            fields = receptive_fields(net, step.bottoms[1])
            makers.append(PriorMaker(step.layer, shapes, fields.get(step.bottoms[0])))
    return makers


def overlap_threshold(path: str) -> float:
    """From which overlap on a prior is matched: MultiBoxLoss's, by default 0.5."""
    for layer in read_net(path, ignore_unknown_fields=True).message.layer:
        if layer.type == "MultiBoxLoss":
            return float(layer.multibox_loss_param.overlap_threshold)
    return 0.5


def print_priors(found: Survey, makers: list[PriorMaker], size: tuple[int, int] | None,
                 threshold: float) -> None:
    """What the priors match, what they miss, and whether other sizes would match more."""
    corners = np.clip(found.corners, 0, 1)
    layers = [maker.priors() for maker in makers]
    match = match_boxes(corners, layers)
    matched = match.overlaps >= threshold
    print(f"priors, matched from an overlap of {threshold:g}:")
    for index, (layer, maker) in enumerate(zip(layers, makers, strict=True)):
        own = match.layers == index
        share = f"{matched[own].mean():.1%} of them matched" if own.any() else "none to match"
        sizes = ", ".join(f"{value:g}" for value in (*layer.min_sizes, *layer.max_sizes))
        print(f"  {layer.name}: {len(layer.corners)} priors of sizes {sizes}: best for "
              f"{own.mean():.1%} of the boxes, {share}{_seen(maker)}")
        for value in layer.min_sizes:
            if maker.field is not None and value > max(maker.field):
                print(f"  {layer.name}: a cell sees less than a prior of size {value:g}; large "
                      "objects belong to a deeper layer")
    print(f"  all: {match.text(threshold)}")
    list_unmatched(found, match, threshold)
    if size is not None:
        _print_verdict(found, makers, size, match, threshold)


def _seen(maker: PriorMaker) -> str:
    """What a cell of a layer sees, in words."""
    if maker.field is None:
        return ""
    width, height = maker.field
    return f"; a cell sees {width:.0f} x {height:.0f} pixels"


def _print_verdict(found: Survey, makers: list[PriorMaker], size: tuple[int, int], match: Match,
                   threshold: float) -> None:
    """Other sizes, if they match more boxes; or that these fit."""
    corners = np.clip(found.corners, 0, 1)
    sizes = proposed_sizes(found, makers, math.sqrt(size[0] * size[1]), threshold)
    proposed = [maker.priors(pair) for maker, pair in zip(makers, sizes, strict=True)]
    other = match_boxes(corners, proposed)
    share = float((match.overlaps >= threshold).mean())
    gain = float((other.overlaps >= threshold).mean()) - share
    if gain < LEAST_GAIN:
        print(f"verdict: the sizes of the priors fit: {share:.1%} of the boxes match, and other "
              f"sizes that were tried match less than {LEAST_GAIN:.0%} more; leave them alone")
        return
    print(f"verdict: change these sizes: {share + gain:.1%} of the boxes would match instead of "
          f"{share:.1%}")
    print(f"proposed sizes, in pixels of {size[0]} x {size[1]}, with all else as it is:")
    for layer, maker, (low, high) in zip(proposed, makers, sizes, strict=True):
        print(f"  {layer.name}: min_size: {low} max_size: {high}{_seen(maker)}")
    print(f"  with them: {other.text(threshold)}")


def proposed_sizes(found: Survey, makers: list[PriorMaker], size: float, threshold: float
                   ) -> list[tuple[int, int]]:
    """(min_size, max_size) for each layer, tried out on some of the boxes.

    None is larger than what a cell of its layer sees well: such priors match boxes that the cell
    cannot tell from others.
    """
    candidates = candidate_sizes(found.sides(), size)
    some = np.clip(found.corners, 0, 1)[::-(-len(found.corners) // MAX_TRIED)]
    tried = [[limited(sizes, maker.field) for sizes in candidates] for maker in makers]
    overlaps = np.array([[match_boxes(some, [maker.priors(sizes)]).overlaps for sizes in of_maker]
                         for maker, of_maker in zip(makers, tried, strict=True)])
    return [tried[layer][index] for layer, index in enumerate(choose(overlaps, threshold))]


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
