"""Layers of SubCNN: maps at scales in between, a map of the best class, and regions from it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.params import LARGEST_STEP, check_sizes, honour, within
from framework.system.arrays import Array

BOX_VALUES = 18         # x and y of the cell, two regions of 5, class, subclass, 4 offsets


@layer
class HeatmapGenerating(Layer):
    """The highest value of each cell over all channels but the first, and at least -1.

    Bottom: x (N, C, H, W), probabilities, of which channel 0 is the background. Top: (N, 1, H, W).
    Errors: SpecError for less than two channels.
    Source: heatmap_generating_layer.cpp of the Caffe of tanshen/SubCNN; Xiang et al. 2017.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        if len(x) != 4 or x[1] < 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W) with "
                             "two channels or more")

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 1:].max(1, keepdim=True).values.clamp(min=-1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        largest = graph.reduce("ReduceMax", graph.cut(bottoms[0], 1, 1, END), [1], True)
        return [graph.add("Max", largest, graph.floats(-1.0))]


def _stretched(size: int, factor: float) -> Array:
    """The matrix (size, size) that reads position i at i / factor, linearly, 0 outside."""
    matrix = np.zeros((size, size))
    for cell in range(size):
        at = cell / factor
        first = math.floor(at)
        if at >= size:
            break
        matrix[cell, first] = first + 1 - at
        if first + 1 < size:
            matrix[cell, first + 1] = at - first
    return matrix


@layer
class FeatureExtrapolating(Layer):
    """Maps at scales between those of the images, from the nearest of them, by bilinear sampling.

    Bottom: x (N * num_scale_base, C, H, W): each image at the scales of scale_string, on a canvas
            of one size. Items past the last whole image are not read.
    Top:    (N * S, C, H, W) with S = (num_scale_base - 1) * num_per_octave + 1: each image at the
            scales of the bottom and num_per_octave - 1 between two of them, at equal steps. A scale
            in between is sampled from the nearest one, the larger of two; 0 beyond its canvas.
    A net may be made with fewer items than scales, as scripts give the batch its size.
    Errors: SpecError for a size of 0, fewer scales than num_scale_base or one that is not above 0,
            or, when it runs, fewer items than scales.
    Source: feature_extrapolating_layer.cpp of the Caffe of tanshen/SubCNN; Xiang et al. 2017.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "feature_extrapolating_param", "num_per_octave scale_string num_scale_base")
        check_sizes(spec, "feature_extrapolating_param", "num_per_octave num_scale_base")
        param = spec.proto.feature_extrapolating_param
        self.num_base = param.num_scale_base
        within(spec, "feature_extrapolating_param.num_per_octave", [param.num_per_octave], 1,
               LARGEST_STEP)
        steps = param.num_per_octave
        base = self._scales(param.scale_string)
        self._check(x)
        self.nearest: list[int] = []
        self.factors: list[float] = []
        for number in range((self.num_base - 1) * steps + 1):
            lower, part = divmod(number, steps)
            scale = base[lower]
            if part:
                scale += part * (base[lower + 1] - base[lower]) / steps
            self.nearest.append((2 * number + steps) // (2 * steps))
            self.factors.append(scale / base[self.nearest[-1]])

    def _check(self, x: Shape, least: int = 1) -> None:
        if len(x) != 4 or x[0] < least:
            raise self.spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, C, H, W), N "
                                  f"at least {least}" + (", num_scale_base" if least > 1 else ""))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        items, *sizes = bottoms[0]
        return [(max(items // self.num_base, 1) * len(self.factors), *sizes)]

    def _scales(self, text: str) -> list[float]:
        try:
            scales = [float(word) for word in text.split()[:self.num_base]]
        except ValueError:
            scales = []
        if len(scales) < self.num_base or not all(0 < scale < math.inf for scale in scales):
            raise self.spec.error("feature_extrapolating_param.scale_string", f"is '{text}'; it "
                                  f"must hold {self.num_base} numbers above 0, as num_scale_base "
                                  "says")
        return scales

    def forward(self, x: Tensor) -> Tensor:
        self._check(tuple(x.shape), self.num_base)
        rows, columns = (matrices.to(x) for matrices in self._matrices(*x.shape[2:]))
        images = x[:len(x) // self.num_base * self.num_base].unflatten(0, (-1, self.num_base))
        images = images[:, self.nearest]
        return (rows @ images @ columns).flatten(0, 1)

    def _matrices(self, height: int, width: int) -> tuple[Tensor, Tensor]:
        """What maps (S, C, H, W) are multiplied by, from the left and from the right."""
        rows, columns = (
            torch.as_tensor(np.stack([_stretched(size, factor) for factor in self.factors]))
            for size in (height, width))
        return rows[:, None], columns[:, None].transpose(2, 3)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        items, channels, height, width = graph.shape(bottoms[0])
        whole = items // self.num_base * self.num_base
        images = graph.cut(bottoms[0], 0, 0, whole) if 0 < whole < items else bottoms[0]
        images = graph.reshape(images, [-1, self.num_base, channels, height, width])
        images = graph.add("Gather", images, graph.integers(self.nearest), axis=1)
        rows, columns = (graph.floats(matrices) for matrices in self._matrices(height, width))
        top = graph.add("MatMul", graph.add("MatMul", rows, images), columns)
        return [graph.reshape(top, [-1, channels, height, width])]


@layer
class ROIGenerating(Layer):
    """Draw the regions of a batch: hard positives of the truth, hard negatives of a heat map.

    Bottoms: heat map (N * S, 1, H, W), each image at S scales; boxes (P, 18): x and y of the cell,
             a region of item and corners as it is seen, one at its mapped scale, class, subclass
             and four offsets; parameters: S, the number of aspects, the S scales, the number of the
             scale each is mapped to, the heights and the widths of the aspects in cells.
    Tops:    B regions (B, 5), B subclasses, offsets (B, 4 * num_classes) and twice their weights;
             without flag_proposal_only B mapped regions and B classes. B is batch_size, the same
             number for each image: of its boxes those with the lowest score, fg_fraction of them at
             most, then boxes of a drawn aspect around the cells with the highest scores, whose
             other values are 0. First come the boxes of all images. No gradient.
    The original mixes up images of which one has no boxes; here each has its own.
    Errors:  SpecError for other shapes or a size of 0; DataError for a cell or class that is not
             there.
    Source:  roi_generating_layer.cpp of the Caffe of tanshen/SubCNN; Xiang et al. 2017.
    """

    num_bottoms = (3, 3)
    num_tops = (5, 7)
    no_gradient_bottoms = (0, 1, 2)
    needs_float32 = True
    no_onnx_form = "it draws regions to train on"

    def __init__(self, spec: LayerSpec, heat: Shape, boxes: Shape, parameters: Shape):
        super().__init__(spec)
        field = "roi_generating_param"
        honour(spec, field, "batch_size num_classes fg_fraction spatial_scale flag_proposal_only")
        check_sizes(spec, field, "batch_size num_classes")
        self.param = spec.proto.roi_generating_param
        if not self.param.spatial_scale > 0:
            raise spec.error(f"{field}.spatial_scale", f"is {self.param.spatial_scale:g}; it must "
                             "be more than 0")
        wanted = 5 if self.param.flag_proposal_only else 7
        if len(spec.tops) != wanted:
            raise spec.error("top", f"is given {len(spec.tops)} times; with flag_proposal_only "
                             f"{self.param.flag_proposal_only} it must be {wanted}")
        if len(heat) != 4 or heat[1] != 1 or math.prod(boxes[1:]) < BOX_VALUES:
            raise spec.error("bottom", f"has the shapes {tuple(heat)} and {tuple(boxes)}; they "
                             f"must be (N, 1, H, W) and (P, {BOX_VALUES})")
        self.cell = IndexCheck(spec, 1, boxes[:1], what="cells of the heat map", unit="box")
        self.kind = IndexCheck(spec, 1, boxes[:1], self.param.num_classes, unit="box")

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: object) -> Shape | None:
        return (1, BOX_VALUES) if index == 1 else (1, 8) if index == 2 else None

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        """Of the parameters: one scale, and one aspect of 3 x 3 cells."""
        if index != 2:
            return None
        values = torch.zeros(math.prod(shapes[2]))
        values[:6] = values.new_tensor([1, 1, 1, 0, 3, 3])
        return values.reshape(shapes[2])

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        size, offsets = self.param.batch_size, 4 * self.param.num_classes
        shapes = [(size, 5), (size, 1), *[(size, offsets)] * 3, (size, 5), (size, 1)]
        return [(*shape, 1, 1) for shape in shapes[:len(self.spec.tops)]]

    @uncompiled
    def forward(self, heat: Tensor, boxes: Tensor, parameters: Tensor) -> tuple[Tensor, ...]:
        rows = boxes.detach().reshape(len(boxes), -1).cpu().double()
        size = heat.shape[2:]
        cell = self.cell((rows[:, 2].long() * size[0] + rows[:, 1].long()) * size[1]
                         + rows[:, 0].long(), heat.numel()).numpy()
        kinds = self.kind(rows[:, 12]).numpy()
        scores = heat.detach().flatten().cpu().double().numpy().copy()
        values = parameters.detach().flatten().cpu().double().numpy()
        self._check_parameters(values)
        positives, negatives = self._chosen(scores, cell, int(values[0]), heat[0].numel())
        shapes = self.top_shapes()
        tops = [np.zeros((shape[0], shape[1])) for shape in shapes]
        self._put_boxes(tops, rows.numpy()[positives], kinds[positives])
        self._put_cells(tops, negatives, len(positives), values, (size[0], size[1]))
        return tuple(torch.as_tensor(top).to(heat).reshape(shape)
                     for top, shape in zip(tops, shapes, strict=True))

    def _check_parameters(self, values: Array) -> None:
        """DataError unless there are as many scales and aspects as the first two numbers say."""
        scales, aspects = (int(value) if 0 < value < len(values) else 0 for value in values[:2])
        mapped = values[2 + scales:2 + 2 * scales]
        if not scales or not aspects or len(values) < 2 + 2 * (scales + aspects) \
                or not ((mapped >= 0) & (mapped < scales)).all() \
                or not (values[2:2 + scales] > 0).all() or not np.isfinite(values).all():
            raise DataError(f"{self.spec.place()}: blob '{self.spec.bottoms[2]}' has the values "
                            f"{values[:8].tolist()} ...; it must be the number of scales and of "
                            "aspects, the scales, the number of the scale each is mapped to, the "
                            "aspects' heights and widths")

    def _chosen(self, scores: Array, cell: Array, scales: int, area: int) -> tuple[Array, Array]:
        """The numbers of the boxes, and of the cells, that are taken."""
        if scales < 1 or len(scores) % (scales * area):
            raise DataError(f"{self.spec.place()}: blob '{self.spec.bottoms[2]}' states {scales} "
                            f"scales; the heat map has {len(scores) // area} items")
        images = len(scores) // (scales * area)
        each = self.param.batch_size // images
        most = int(self.param.fg_fraction * each)
        positive_scores = np.empty(len(cell))
        for number, place in enumerate(cell):       # one cell may have two boxes
            positive_scores[number] = scores[place]
            scores[place] = -1
        boxes, cells = [], []
        for image in range(images):
            own = np.flatnonzero(cell // (scales * area) == image)
            if len(own) > most:
                own = own[np.lexsort((own, positive_scores[own]))][:most]
            boxes.append(own)
            first = image * scales * area
            part = scores[first:first + scales * area]
            order = np.lexsort((-np.arange(len(part)), -part))
            cells.append(first + order[:each - len(own)])
        return np.concatenate(boxes), np.concatenate(cells)

    def _put_boxes(self, tops: list[Array], rows: Array, kinds: Array) -> None:
        count = len(rows)
        tops[0][:count] = rows[:, 2:7]
        tops[1][:count, 0] = rows[:, 13]
        for number in range(4):
            place = (np.arange(count), 4 * kinds + number)
            tops[2][place] = rows[:, 14 + number]
            tops[3][place] = tops[4][place] = 1
        if len(tops) > 5:
            tops[5][:count] = rows[:, 7:12]
            tops[6][:count, 0] = rows[:, 12]

    def _put_cells(self, tops: list[Array], cells: Array, first: int, values: Array,
                   size: tuple[int, int]) -> None:
        scales, aspects = int(values[0]), int(values[1])
        scale, mapped = values[2:2 + scales], values[2 + scales:2 + 2 * scales].astype(int)
        heights, widths = values[2 + 2 * scales:][:aspects], values[2 + 2 * scales + aspects:]
        batch, place = np.divmod(cells, size[0] * size[1])
        y, x = np.divmod(place, size[1])
        drawn = torch.randint(aspects, (len(cells),)).numpy()
        half_height, half_width = heights[drawn] / 2, widths[drawn] / 2
        corners = np.stack([x - half_width, y - half_height, x + half_width, y + half_height], 1)
        corners /= self.param.spatial_scale
        own = batch % scales
        part = scale[own] / scale[-1]
        inside = (x < size[1] * part) & (y < size[0] * part)
        target = np.where(inside, mapped[own], own)
        rows = slice(first, first + len(cells))
        tops[0][rows] = np.column_stack([batch, corners])
        if len(tops) > 5:
            moved = corners * (scale[target] / scale[own])[:, None]
            tops[5][rows] = np.column_stack([batch - own + target, moved])
