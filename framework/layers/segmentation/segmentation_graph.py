"""Affinity graphs of segmentations: MALIS loss, affinities, connected components."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import IndexCheck
from framework.layers.params import check_four_axes

LARGEST_LABEL = 2**31


@layer
class Affinity(Layer):
    """Affinity graph: the smaller value of each pixel and its lower, and its right, neighbour.

    Bottoms: maps (1, C, H, W); the channel `offset` of each counts (0 if not given).
    Tops:    for each (1, 2, H, W): the smaller value of a pixel and the one below; of a pixel and
             the one to its right; 0 in the last row and column, which the original leaves
             uninitialised. The gradient goes to the smaller value (of equal ones to the
             neighbour), and with the other sign to the same pixel of the channel offset + 1 (of
             two: the other one), as in the original, where it is a channel of two classes.
    Errors:  SpecError for an offset without a channel.
    Source:  affinity_layer.cpp in BVLC's branch opencl. Its backward reads which value was
             smaller from memory that it never wrote; here it reads what forward found.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True
    no_onnx_form = "it makes the edges that MalisLoss is trained on"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        stated = list(spec.proto.affinity_param.offset)
        self.channels = [stated[index] if index < len(stated) else 0
                         for index in range(len(bottoms))]
        for channel, shape in zip(self.channels, bottoms, strict=True):
            if len(shape) != 4 or shape[0] != 1 or not 0 <= channel < shape[1]:
                raise spec.error("affinity_param.offset", f"is {channel}; the bottom has the shape "
                                 f"{tuple(shape)}; it must be (1, C, H, W) with that channel")

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        return tuple(_edges(_with_opposite(bottom, channel))
                     for bottom, channel in zip(bottoms, self.channels, strict=True))


def _with_opposite(x: Tensor, channel: int) -> Tensor:
    """The channel (H, W); the other one of the first two takes its gradient with the other sign."""
    plane = x[0, channel]
    other = (channel + 1) % 2
    if other >= x.shape[1]:
        return plane
    opposite = x[0, other]
    return plane + (opposite.detach() - opposite)


def _edges(plane: Tensor) -> Tensor:
    own = plane[:-1, :-1]
    edges = [torch.where(own < other, own, other) for other in (plane[1:, :-1], plane[:-1, 1:])]
    return torch.nn.functional.pad(torch.stack(edges), (0, 1, 0, 1))[None]


@layer
class ConnectedComponent(Layer):
    """Connected component labelling of equal values of a map.

    Bottom: labels (N, C, H, W), whole numbers from 0 to 127; 0 is background.
    Top:    the same shape: 0 in the background; the parts (4 neighbours) are numbered row by row,
            from the largest label + 1 on. No gradient. Runs on the CPU by OpenCV.
    Errors: SpecError for a bottom without 4 axes.
    Source: connected_component_layer.cpp in BVLC's branch opencl.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = "ONNX has no operator that labels connected components"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        check_four_axes(spec, x)
        self.check = IndexCheck(spec, 0, x, LARGEST_LABEL, why="labels are integers of 32 bits")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [tuple(bottoms[0])]

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        labels = x.detach().cpu()
        self.check.require(labels, labels.abs() < LARGEST_LABEL)
        maps = labels.numpy().astype(np.int32)
        out = np.stack([_components(plane) for plane in maps.reshape(-1, *maps.shape[2:])])
        return torch.from_numpy(out.reshape(maps.shape)).to(x)


def _components(plane: np.ndarray) -> np.ndarray:
    """The parts of one map (H, W) numbered in the order of their first pixels."""
    offset = max(int(plane.max(initial=0)), 0)
    numbers = np.zeros_like(plane)
    count = 0
    for value in np.unique(plane[plane > 0]):
        parts, found = cv2.connectedComponents((plane == value).astype(np.uint8), connectivity=4)
        numbers += np.where(found > 0, found + count, 0)
        count += parts - 1
    labels, first = np.unique(numbers, return_index=True)
    rank = np.zeros(count + 1, plane.dtype)
    real = labels > 0
    rank[labels[real][first[real].argsort()]] = np.arange(1, count + 1)
    return np.where(numbers > 0, rank[numbers] + offset, 0)


@layer
class MalisLoss(Layer):
    """MALIS loss: how wrongly the weakest links of an affinity graph merge or split segments.

    Bottoms: predicted affinities (N, E, [Z, [Y,]] X) from 0 to 1, true ones of the same shape;
             segments (N, 1 or 2, ...), 0 outside of them (with two channels the first counts for
             pairs that must be apart, the second for those that must hold together); perhaps the
             E edges' steps along Z, Y, X. Without them the steps are +1 along the last E axes.
    Tops:    the loss (): for pairs of the same segment, whose affinity is the least of predicted
             and true, the squares of 1 - the link that joins them (the weakest on the best way);
             for pairs of different ones, whose affinity is the larger, of the link itself; each
             over the number of pairs, half of both, over N. If wanted the predictions again.
    The gradient at a link is -(1 - affinity) or the affinity, per pair, half of both: half the
    derivative's slope and not over N, as in the original, which takes loss_weight as 1 as well.
    Runs on the CPU, link by link: it breaks a compiled graph and cannot be exported.
    Errors:  SpecError for shapes that do not fit.
    Source:  malis_loss_layer.cpp in BVLC's branch opencl; Turaga et al. 2009.
    """

    num_bottoms = (3, 4)
    num_tops = (1, 2)
    loss = True
    no_gradient_bottoms = (1, 2, 3)

    def __init__(self, spec: LayerSpec, affinity: Shape, truth: Shape, segments: Shape,
                 *steps: Shape):
        super().__init__(spec)
        fits = affinity == truth and 3 <= len(affinity) <= 5 and segments[0] == affinity[0] \
            and segments[1] in (1, 2) and segments[2:] == affinity[2:]
        if not fits:
            found = ", ".join(str(tuple(shape)) for shape in (affinity, truth, segments))
            raise spec.error("bottom", f"has the shapes {found}; they must be (N, E, Z, Y, X) "
                             "twice and (N, 1 or 2, Z, Y, X)")
        if steps and int(np.prod(steps[0])) != 3 * affinity[1]:
            raise spec.error("bottom", f"'{spec.bottoms[3]}' has the shape {tuple(steps[0])}; it "
                             f"must hold 3 numbers for each of the {affinity[1]} edges")
        if not steps and affinity[1] > 3:
            raise spec.error("bottom", f"has {affinity[1]} edges; more than 3 need a bottom with "
                             "their steps")
        self.check = IndexCheck(spec, 2, segments, LARGEST_LABEL,
                                why="segments are integers of 32 bits")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        shapes: list[Shape] = [(), tuple(bottoms[0])]
        return shapes[:len(self.spec.tops)]

    @uncompiled
    def forward(self, affinity: Tensor, truth: Tensor, segments: Tensor, *steps: Tensor
                ) -> tuple[Tensor, ...]:
        num_edges = affinity.shape[1]
        if steps:
            offsets = steps[0].detach().reshape(-1, 3).long().cpu().numpy()
        else:
            offsets = np.eye(3, dtype=np.int64)[3 - num_edges:]
        segments = segments.detach().cpu()
        self.check.require(segments, segments.abs() < LARGEST_LABEL)
        loss = _Malis.apply(affinity, truth, segments, offsets)
        return (loss, affinity.detach())[:len(self.spec.tops)]


class _Malis(torch.autograd.Function):
    """MALIS loss, with the gradient that the original computes."""

    @staticmethod
    def forward(ctx: Any, affinity: Tensor, truth: Tensor, segments: Tensor,  # Any: torch
                offsets: np.ndarray) -> Tensor:
        predicted, real = (part.detach().cpu().double().numpy() for part in (affinity, truth))
        labels = segments.detach().cpu().numpy().astype(np.int64)
        slopes = np.zeros_like(predicted)
        total = 0.0
        for item in range(len(predicted)):
            for together, links in ((False, np.maximum), (True, np.minimum)):
                plane = labels[item, -1 if together else 0]
                found, slope = malis(links(predicted[item], real[item]), plane, offsets, together)
                total += 0.5 * found
                slopes[item] -= 0.5 * slope
        ctx.save_for_backward(torch.from_numpy(slopes).to(affinity))
        return affinity.new_tensor(total / len(predicted))

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (slopes,) = ctx.saved_tensors
        return gradient * slopes, None, None, None


def malis(links: np.ndarray, labels: np.ndarray, offsets: np.ndarray, together: bool
          ) -> tuple[float, np.ndarray]:
    """MALIS loss of one graph by a maximal spanning tree, and minus its slope at each link.

    links     (E, ...) affinities from 0 to 1
    labels    (...) segments, 0 for none
    offsets   (E, 3) steps of the E edges along Z, Y, X
    together  count pairs of one segment; else pairs of different ones
    Kruskal's algorithm: the link that joins two parts decides all pairs between them.
    Source: Turaga et al. 2009; malis_loss_layer.cpp in BVLC's branch opencl.
    """
    num_edges = len(links)
    shape = (1,) * (4 - links.ndim) + links.shape[1:]
    order, starts, ends = _sorted_links(links.reshape(num_edges, *shape), offsets)
    flat = links.ravel()
    parent = list(range(labels.size))
    counts = [{label: 1} if label else {} for label in labels.ravel().tolist()]
    sizes = np.unique(labels[labels != 0], return_counts=True)[1].astype(np.float64)
    same = float((sizes * (sizes - 1) / 2).sum())
    pairs = same if together else sizes.sum() * (sizes.sum() - 1) / 2 - same
    loss = 0.0
    slope = np.zeros(flat.shape)
    for edge, start, end in zip(order.tolist(), starts.tolist(), ends.tolist(), strict=True):
        first, second = _root(parent, start), _root(parent, end)
        if first == second:
            continue
        if len(counts[first]) < len(counts[second]):
            first, second = second, first           # the smaller part joins the larger one
        one, two = counts[first], counts[second]
        equal = sum(number * one.get(label, 0) for label, number in two.items())
        number = equal if together else sum(one.values()) * sum(two.values()) - equal
        distance = (1.0 if together else 0.0) - flat[edge]
        loss += distance * distance * number
        slope[edge] = distance * number / pairs if pairs else 0.0
        parent[second] = first
        for label, amount in two.items():
            one[label] = one.get(label, 0) + amount
        counts[second] = {}
    return loss / pairs if pairs else 0.0, slope.reshape(links.shape)


def _sorted_links(links: np.ndarray, offsets: np.ndarray
                  ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The links that stay inside, strongest first, and the pixels that each joins."""
    index = np.indices(links.shape).reshape(4, -1)          # edge, z, y, x of every link
    target = index[1:] + offsets[index[0]].T
    size = np.array(links.shape[1:])[:, None]
    inside = ((target >= 0) & (target < size)).all(0).nonzero()[0]
    order = inside[np.argsort(-links.ravel()[inside], kind="stable")]
    start = np.ravel_multi_index(tuple(index[1:, order]), links.shape[1:])
    end = np.ravel_multi_index(tuple(target[:, order]), links.shape[1:])
    return order, start, end


def _root(parent: list[int], node: int) -> int:
    """Union-find with path halving: the root of the part that `node` belongs to."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node
