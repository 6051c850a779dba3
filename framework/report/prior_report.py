"""Print how the priors of a net match the boxes of a database, and sizes that would fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from framework.data.records.boxes import LABEL
from framework.errors import CaffeError
from framework.net.net import Net
from framework.net.reading import read_net
from framework.report.data_report import MAX_LISTED
from framework.report.data_survey import Survey
from framework.report.prior_choice import Origin, changed, propose
from framework.report.prior_makers import PriorMaker
from framework.report.prior_match import Match, match_boxes
from framework.system.arrays import Floats
from framework.system.wording import counted

LEAST_GAIN = 0.05       # of the boxes: each keeps its best prior in training, matched or not
WELL_MATCHED = 0.9      # of the boxes
KEPT_FOR = 0.01         # of the boxes: a layer that helps with fewer keeps its priors


def built_net(path: str, phase: str) -> tuple[Net | None, list[str]]:
    """The net without its data; None, and why, if it cannot be built."""
    try:
        return Net(path, phase, skip_data=True), []
    except CaffeError as error:
        return None, [f"the net cannot be built: {error}"]


def overlap_threshold(path: str) -> float:
    """From which overlap on a prior is matched: that of the loss, by default 0.5."""
    for layer in read_net(path, ignore_unknown_fields=True).message.layer:
        if layer.type == "MultiBoxLoss":
            return float(layer.multibox_loss_param.overlap_threshold)
        if layer.type == "RetinaNetLoss":
            return float(layer.retina_net_loss_param.foreground_overlap)
    return 0.5


def print_priors(found: Survey, makers: list[PriorMaker], size: tuple[int, int] | None,
                 threshold: float, names: Mapping[int, str]) -> None:
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
    list_unmatched(found, match, threshold, names)
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
    """Other sizes and aspect ratios, if they match many more boxes; or that these fit."""
    corners = np.clip(found.corners, 0, 1)
    share = float((match.overlaps >= threshold).mean())
    others = better_makers(corners, makers, size[::-1], threshold)
    other = match_boxes(corners, [maker.priors() for maker in others])
    gain = float((other.overlaps >= threshold).mean()) - share
    if gain < LEAST_GAIN:
        fit = "fit" if share >= WELL_MATCHED else "are as good as others that were tried"
        print(f"verdict: the priors {fit}: {share:.1%} of the boxes match, and others match less "
              f"than {LEAST_GAIN:.0%} more; leave them alone")
        return
    print(f"verdict: change these priors: {share + gain:.1%} of the boxes would match instead of "
          f"{share:.1%}")
    print(f"proposed, in pixels of {size[0]} x {size[1]}, with all else as it is:")
    for maker, now in zip(others, makers, strict=True):
        if maker is not now:
            print(f"  {maker.layer.spec.name}: {_fields(maker)}: {maker.num_priors} priors a cell "
                  f"instead of {now.num_priors}{_seen(maker)}")
    print(f"  with them: {other.text(threshold)}")
    print("  a MultiBoxHead counts its priors itself; convolutions written by hand need other "
          "num_output")


def _fields(maker: PriorMaker) -> str:
    """The sizes and aspect ratios of a layer, as its prototxt says them."""
    param = maker.layer.spec.proto.prior_box_param
    pairs = [f"min_size: {low:g} max_size: {high:g}"
             for low, high in zip(param.min_size, param.max_size, strict=True)]
    return " ".join([*pairs, *(f"aspect_ratio: {ratio:g}" for ratio in param.aspect_ratio)])


def better_makers(corners: Floats, makers: list[PriorMaker], size: tuple[int, int],
                  threshold: float) -> list[PriorMaker]:
    """The layers with the priors that `propose` finds, but those that do well without a change.

    corners  of the boxes, in parts of the image
    size     height and width of the input
    """
    if not all(len(maker.layer.spec.proto.prior_box_param.min_size) for maker in makers):
        return makers       # a dialect whose priors have other fields
    order = sorted(range(len(makers)), key=lambda index: makers[index].step)
    origins = [Origin(makers[index].layer.spec.bottoms[0], makers[index].step) for index in order]
    proposal = propose(corners, [makers[index] for index in order], origins, size, threshold)
    by_bottom = {priors.origin.bottom: priors for priors in proposal.priors}
    others = list(makers)
    for index, maker in enumerate(makers):
        priors = by_bottom.get(maker.layer.spec.bottoms[0])
        if priors is not None:
            others[index] = changed(maker, priors)
    own = np.array([match_boxes(corners, [maker.priors()]).overlaps for maker in makers])
    new = np.array([match_boxes(corners, [maker.priors()]).overlaps for maker in others])
    wanted = (new.max(0) >= threshold).mean() - KEPT_FOR
    for index, maker in enumerate(makers):
        kept = new.copy()
        kept[index] = own[index]
        if (kept.max(0) >= threshold).mean() >= wanted:
            new = kept
            others[index] = maker
    return others


def list_unmatched(found: Survey, match: Match, threshold: float, names: Mapping[int, str]
                   ) -> None:
    """Print the boxes whose overlap with every prior is below the threshold, the worst first.

    names  of the classes by their labels, as far as they are known
    """
    worst = np.argsort(match.overlaps, kind="stable")
    worst = worst[match.overlaps[worst] < threshold]
    if worst.size:
        print(f"  {counted(worst.size, 'box')} that no prior matches; the worst:")
    for index in worst[:MAX_LISTED]:
        corners = " ".join(f"{value:.3f}" for value in found.corners[index])
        label = int(found.boxes[index, LABEL])
        print(f"    {found.names[found.records[index]]}: {names.get(label, f'label {label}')}, "
              f"{corners}, overlap {match.overlaps[index]:.2f}")
