"""Segmentation-aware convolution: mean-field iterations by distances of embeddings."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, check_same_shape, honour, within
from framework.layers.segmentation.embedding_distances import Cut, distances, windows_of
from framework.ops.windows import convolved_sizes
from framework.proto import FillerParameter

FIELD = "norm_conv_meanfield_param"
MOST_ITERATIONS = 1000
COLOURS, POSITIONS = 0, 1       # of each repeated field: by colours and positions, by positions


def normalized_sum(x: Tensor, embedding: Tensor, cut: Cut, scale: float, remove_center: bool,
                   remove_bounds: bool) -> Tensor:
    """The mean of each channel over windows (N, C, h, w), weighed by the softmax of -scale times
    the distances of embeddings to that of the center. Cells outside of the image are zeros."""
    away = distances(embedding, cut, True, remove_center, remove_bounds)
    weights = (-scale * away).flatten(3).softmax(3)
    cells = windows_of(x, cut)[0].flatten(4)
    return torch.einsum("nchwk,nhwk->nchw", cells, weights.to(x.dtype))


@layer
class NormConvMeanfield(Layer):
    """Mean-field iterations of a CRF whose filters are normalized convolutions over windows.

    Bottoms: unary scores and scores to begin with (N, C, H, W); embeddings of colours and
             positions, and of positions (N, any, H, W).
    Top:     (N, C, H, W), before a softmax. Each iteration takes the softmax p of the last scores;
             the mean of p over each window, weighed by exp(-scale d), d half of the squared
             distance of the embeddings to the center's, for each of the two embeddings; multiplies
             these by the two weight matrices, sums, multiplies by the compatibility matrix, and
             subtracts that from the unary scores.
    Blobs:   weights of positions, weights of colours, compatibility (1, 1, C, C): at first the
             identity, the identity and the identity times -1.
    kernel_size, pad, dilation, stride, scale, remove_center and remove_bounds are given twice, for
    colours and for positions; of those not given stride is 1, pad and scale are 0, and the center
    and cells outside of the image are left out.
    Errors:  SpecError for fewer than 2 iterations, other numbers of fields, no dilation (the
             original's is 0 then), bottoms that do not fit, and windows that change the size.
    Source:  NormConvMeanfieldParameter; norm_conv_meanfield_layer.cpp,
             norm_conv_meanfield_iteration.cpp and norm_conv_layer.cpp of aharley/segaware; Harley,
             Derpanis and Kokkinos 2017.
    """

    num_bottoms = (4, 4)
    no_onnx_form = UNWRITTEN
    needs_float32 = True
    blobs_learn = (True, True, True)
    spatial: Tensor
    bilateral: Tensor
    compatibility: Tensor

    def __init__(self, spec: LayerSpec, unary: Shape, start: Shape, *embeddings: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_iterations kernel_size pad stride dilation scale remove_center "
               "remove_bounds")
        param = spec.proto.norm_conv_meanfield_param
        self.num_iterations, = within(spec, f"{FIELD}.num_iterations", (param.num_iterations,), 2,
                                      MOST_ITERATIONS)
        check_same_shape(spec, (unary, start))
        for shape in (unary, *embeddings):
            if len(shape) != 4 or (shape[0], *shape[2:]) != (unary[0], *unary[2:]):
                raise spec.error("bottom", f"has the shapes {tuple(unary)} and {tuple(shape)}; all "
                                 "must be (N, any, H, W)")
        self.cuts = [self._cut(index, unary) for index in (COLOURS, POSITIONS)]
        self.scales = self._pair("scale", 0.0)
        self.without_center = self._pair("remove_center", 1.0)
        self.without_bounds = self._pair("remove_bounds", 1.0)
        for name in ("spatial", "bilateral", "compatibility"):
            self.add_blob(name, (1, 1, unary[1], unary[1]), FillerParameter())

    def _pair(self, name: str, default: float | None, least: float = -torch.inf) -> list[float]:
        values = [float(one) for one in getattr(self.spec.proto.norm_conv_meanfield_param, name)]
        if len(values) != 2 and (values or default is None):
            raise self.spec.error(f"{FIELD}.{name}", f"is given {len(values)} times; it must be "
                                  "twice, for colours and for positions")
        for value in values:
            if not least <= value <= LARGEST_STEP:
                raise self.spec.error(f"{FIELD}.{name}", f"is {value:g}; it must be from "
                                      f"{least:g} to {LARGEST_STEP}")
        return values or [float(default or 0)] * 2

    def _cut(self, index: int, unary: Shape) -> Cut:
        names = (("kernel_size", None, 1.0), ("stride", 1.0, 1.0), ("pad", 0.0, 0.0),
                 ("dilation", None, 1.0))
        cut = tuple((int(self._pair(name, default, least)[index]),) * 2
                    for name, default, least in names)
        sizes = convolved_sizes(unary[2:], *cut)
        if tuple(sizes) != tuple(unary[2:]):
            raise self.spec.error(f"{FIELD}.kernel_size", f"gives maps of {sizes[0]} x {sizes[1]}; "
                                  f"they must be of {unary[2]} x {unary[3]}")
        return cut

    def materialise(self, generator: torch.Generator) -> None:
        blank = self.spatial.is_meta
        super().materialise(generator)
        if not blank:
            return
        with torch.no_grad():
            for blob, value in zip(self.blobs, (1.0, 1.0, -1.0), strict=True):
                blob.copy_(torch.eye(blob.shape[-1]) * value)

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        cells = sum(math.prod(kernel) for kernel, *_ in self.cuts)
        each = 3 * bottoms[0][1] + cells
        return self.num_iterations * each * math.prod(bottoms[0])

    def forward(self, unary: Tensor, start: Tensor, colours: Tensor, positions: Tensor) -> Tensor:
        scores = start
        for _ in range(self.num_iterations):
            share = scores.softmax(1)
            by_colour, by_position = (
                normalized_sum(share, embedding, self.cuts[index], self.scales[index],
                               bool(self.without_center[index]), bool(self.without_bounds[index]))
                for index, embedding in ((COLOURS, colours), (POSITIONS, positions)))
            message = _mixed(self.spatial, by_position) + _mixed(self.bilateral, by_colour)
            scores = unary - _mixed(self.compatibility, message)
        return scores


def _mixed(matrix: Tensor, maps: Tensor) -> Tensor:
    """A matrix (1, 1, C, C) times the channels of maps (N, C, H, W)."""
    y: Tensor = torch.matmul(matrix[0, 0], maps.flatten(2)).view_as(maps)
    return y
