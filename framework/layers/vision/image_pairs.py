"""Layers of image pairs, the items 2 n and 2 n + 1: their similarity, and mixing them by it."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, honour, within


def _check_pairs(spec: LayerSpec, x: Shape) -> None:
    if len(x) != 4 or x[0] % 2:
        raise spec.error("bottom[0]", f"has the shape {tuple(x)}; it must be (N, C, H, W), with "
                         "two items for each pair")


@layer
class PixelwiseSimilarity(Layer):
    """Products of each cell of the second image of a pair with the cells around it in the first.

    Bottom: x (N, C, H, W), images 2 n and 2 n + 1 being a pair.
    Top:    (N / 2, H * W, 1, roi * roi): the sum over channels of the products with each cell of a
            window, row by row, that begins (roi - 1) / 2 cells before, rounded up; 0 outside.
    Errors: SpecError for an odd number of images, and a roi below 1.
    Source: PixelwiseSimilarityParameter; pixelwise_similarity_layer.cpp of
            goodluckcwl/custom-caffe.
    """

    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "pixelwise_similarity_param", "roi")
        self.window = spec.proto.pixelwise_similarity_param.roi
        within(spec, "pixelwise_similarity_param.roi", (self.window,), 1, LARGEST_STEP)
        _check_pairs(spec, x)

    def forward(self, x: Tensor) -> Tensor:
        images, kernels = x.unflatten(0, (-1, 2)).unbind(1)
        before, after = self.window // 2, (self.window - 1) // 2
        padded = F.pad(images, (before, after, before, after))
        cells = padded.unfold(2, self.window, 1).unfold(3, self.window, 1)  # (N/2, C, H, W, r, r)
        top = (cells * kernels[..., None, None]).sum(1)
        return top.flatten(3).flatten(1, 2).unsqueeze(2)


@layer
class MappingBySimilarity(Layer):
    """Mixing of image pairs where they differ: each becomes more like the other.

    Bottoms: x (N, C, H, W), images 2 n and 2 n + 1 being a pair; similarity (N / 2, 1, H, W).
    Top:     as x: (x1 + k x2) / (1 + k) and (x2 + k x1) / (1 + k), k = alpha (1 - similarity).
    Errors:  SpecError for alpha outside of 0 to 1, and bottoms that do not fit.
    Source:  MappingBySimilarityParameter; mapping_by_similarity_layer.cpp of
             goodluckcwl/custom-caffe.
    """

    num_bottoms = (2, 2)

    def __init__(self, spec: LayerSpec, x: Shape, similarity: Shape):
        super().__init__(spec)
        honour(spec, "mapping_by_similarity_param", "alpha")
        self.alpha = spec.proto.mapping_by_similarity_param.alpha
        if not 0 <= self.alpha <= 1:
            raise spec.error("mapping_by_similarity_param.alpha", f"is {self.alpha:g}; it must be "
                             "from 0 to 1")
        _check_pairs(spec, x)
        wanted = (x[0] // 2, 1, *x[2:])
        if tuple(similarity) != wanted:
            raise spec.error("bottom[1]", f"has the shape {tuple(similarity)}; it must be {wanted}")

    def forward(self, x: Tensor, similarity: Tensor) -> Tensor:
        pairs = x.unflatten(0, (-1, 2))
        share = (self.alpha * (1 - similarity)).unsqueeze(1)
        return ((pairs + share * pairs.flip(1)) / (1 + share)).flatten(0, 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        _, *item = graph.shape(bottoms[0])
        pairs = graph.reshape(bottoms[0], [-1, 2, *item])
        others = graph.add("Gather", pairs, graph.integers([1, 0]), axis=1)
        less = graph.add("Sub", graph.floats(1.0), bottoms[1])
        share = graph.reshape(graph.add("Mul", less, graph.floats(self.alpha)),
                              [-1, 1, 1, *item[1:]])
        mixed = graph.add("Add", pairs, graph.add("Mul", share, others))
        top = graph.add("Div", mixed, graph.add("Add", share, graph.floats(1.0)))
        return [graph.reshape(top, [-1, *item])]
