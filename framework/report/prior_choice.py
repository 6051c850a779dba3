"""Prior sizes and aspect ratios for each source of a detector, from the boxes of its data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from framework.report.prior_makers import PriorMaker
from framework.report.prior_match import match_boxes
from framework.system.arrays import Floats

THRESHOLD = 0.5         # overlap from which a box matches a prior, as in the loss
WANTED = 0.98           # of the boxes that shall match one
STEPS_IN_A_SIZE = 2.25  # the smallest objects of a source are as many of its cells wide
SEEN_WELL = 0.75        # of a receptive field: what is at its edge has little weight
LARGE = 0.8             # of the input's shorter side: belongs to the coarsest source that there is
FEWEST = 0.005          # of the boxes: a source with fewer is left out
GROWTH = 1.6            # max_size over min_size, at most
MOST_TRIED = 600        # boxes on which additions are tried
MOST_ROUNDS = 12
LEAST_ADDITION = 0.01   # of the boxes: what an addition must match,
LEAST_WORTH = 0.0025    # and for each prior that it adds to a cell
MOST_SIZES = 6          # min_sizes of one source
# With 7 and 10 too 86 instead of 82 % of the boxes of a set of formulas matched; its mAP was lower
RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0)


@dataclass(frozen=True)
class Origin:
    """A blob that boxes are predicted from. step: pixels of the input between its cells.

    normalization  first scale of a Normalize layer before it; 0: no such layer
    """

    bottom: str
    step: float
    normalization: float = 0


@dataclass(frozen=True)
class Priors:
    """The priors of a source: `count` min_sizes from `low` to `high`, in pixels of the input.

    share, typical  of all boxes the part that has its sizes, and their median side
    """

    origin: Origin
    low: float
    high: float
    count: int
    ratios: tuple[float, ...] = ()
    share: float = 0
    typical: float = 0

    def sizes(self) -> tuple[list[int], list[int]]:
        """min_size and max_size: each size grows into the next."""
        edges = [max(round(float(edge)), 1)
                 for edge in np.geomspace(self.low, self.high, self.count + 1)]
        for index in range(1, len(edges)):
            edges[index] = max(edges[index], edges[index - 1] + 1)
        return edges[:-1], edges[1:]

    def priors_a_cell(self) -> int:
        """One of each size, one of each size and the next, and each ratio both ways."""
        return self.count * (2 + 2 * len(self.ratios))


@dataclass(frozen=True)
class Proposal:
    """Priors for the sources that are used, and the share of the boxes that match one."""

    priors: tuple[Priors, ...]
    matched: float
    left_out: tuple[str, ...] = ()


def propose(corners: Floats, makers: Sequence[PriorMaker], origins: Sequence[Origin],
            size: tuple[int, int], threshold: float = THRESHOLD) -> Proposal:
    """Sizes for each source, then aspect ratios and more sizes until WANTED of the boxes match.

    corners  (n, 4) of the boxes, in parts of the image
    makers   the PriorBox layers of the net, in the order of `origins`: fine cells first
    size     height and width of the input
    threshold  overlap from which a box matches
    """
    corners = np.clip(corners, 0, 1)
    extents = (corners[:, 2:] - corners[:, :2]) * np.array(size[::-1], np.float32)
    sides = np.sqrt(np.maximum(extents.prod(1), 1e-6))
    owners = _owners(sides, makers, origins, min(size))
    used = [index for index in range(len(origins)) if (owners == index).mean() >= FEWEST]
    chosen = [_start(origins[index], sides[owners == index], float((owners == index).mean()))
              for index in used]
    makers = [makers[index] for index in used]
    some = np.linspace(0, len(corners) - 1, min(len(corners), MOST_TRIED)).astype(int)
    chosen = _grown(chosen, makers, corners[some], extents[some], owners[some], used,
                    threshold)
    overlaps = np.max([_overlaps(corners, maker, priors)
                       for maker, priors in zip(makers, chosen, strict=True)], axis=0)
    left_out = tuple(origin.bottom for index, origin in enumerate(origins) if index not in used)
    return Proposal(tuple(chosen), float((overlaps >= threshold).mean()), left_out)


def _owners(sides: Floats, makers: Sequence[PriorMaker], origins: Sequence[Origin],
            shorter: int) -> Floats:
    """Which source each box belongs to: the coarsest one whose cells are small enough for it,
    and which none of those before it sees better.

    Source: Zhang et al. 2017, "S3FD", section 3.1: anchors are smaller than the receptive field.
    """
    owners = np.zeros(len(sides), np.int64)
    for index, (maker, origin) in enumerate(zip(makers, origins, strict=True)):
        step = origin.step or maker.step
        smallest = min(STEPS_IN_A_SIZE * step, LARGE * shorter)
        before = makers[index - 1].field if index else None
        seen_before = SEEN_WELL * min(before) if before is not None else math.inf
        if index:
            owners[(sides >= smallest) | (sides > seen_before)] = index
    return np.asarray(owners)


def _start(origin: Origin, sides: Floats, share: float) -> Priors:
    """Sizes from the 2nd to the 98th percentile of a source's boxes."""
    low, high = (float(value) for value in np.quantile(sides, (0.02, 0.98)))
    middle = math.sqrt(low * high)
    low = max(min(low, middle / 1.2), 1)
    high = max(high, middle * 1.2, low + 1)
    count = min(max(math.ceil(math.log(high / low) / math.log(GROWTH)), 1), MOST_SIZES)
    return Priors(origin, low, high, count, (), share, float(np.median(sides)))


def _overlaps(corners: Floats, maker: PriorMaker, priors: Priors) -> Floats:
    return match_boxes(corners, [changed(maker, priors).priors()]).overlaps


def changed(maker: PriorMaker, priors: Priors) -> PriorMaker:
    """The layer with the sizes and aspect ratios of `priors`."""
    lows, highs = priors.sizes()
    return maker.changed(min_size=lows, max_size=highs, aspect_ratio=priors.ratios)


def _grown(chosen: list[Priors], makers: Sequence[PriorMaker], corners: Floats, extents: Floats,
           owners: Floats, used: Sequence[int], threshold: float) -> list[Priors]:
    """The priors with the additions that match most boxes for each prior of a cell, one after
    the other."""
    found = [_overlaps(corners, maker, priors)
             for maker, priors in zip(makers, chosen, strict=True)]
    for _ in range(MOST_ROUNDS):
        best = np.max(found, axis=0)
        missed = best < threshold
        if 1 - missed.mean() >= WANTED:
            break
        options: list[tuple[float, float, int, Priors]] = []
        for index, priors in enumerate(chosen):
            own = missed & (owners == used[index])
            if not own.any():
                continue
            for other in _additions(priors, extents[own]):
                overlaps = _overlaps(corners[missed], makers[index], other)
                gain = float((overlaps >= threshold).sum()) / len(corners)
                worth = gain / (other.priors_a_cell() - priors.priors_a_cell() or 1)
                if gain >= LEAST_ADDITION and worth >= LEAST_WORTH:
                    options.append((worth, gain, index, other))
        if not options:
            break
        _, _, index, chosen[index] = max(options, key=lambda option: option[:2])
        found[index] = _overlaps(corners, makers[index], chosen[index])
    return chosen


def _additions(priors: Priors, missed: Floats) -> list[Priors]:
    """What may be added to a source: an aspect ratio, one more size, or smaller ones, if it misses
    smaller boxes."""
    found = [replace(priors, ratios=tuple(sorted((*priors.ratios, ratio))))
             for ratio in RATIOS if ratio not in priors.ratios]
    if priors.count < MOST_SIZES:
        found.append(replace(priors, count=priors.count + 1))
    side = np.sqrt(missed.prod(1))
    if side.min() < priors.low:
        found.append(replace(priors, low=max(float(np.quantile(side, 0.1)), 1)))
    return found
