"""WordSum: sums of an item's rows by learned weights."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour
from framework.layers.weighted import Weighted


@layer
class WordSum(Weighted):
    """Matrix product along the second axis: weighted sums of the words of a sentence.

    Bottom: x (N, M, L), or with further axes of 1: M rows of L numbers in each item.
    Top:    y, num_output rows for the M, y[n] = weight @ x[n] + bias.
    Blobs:  weight (num_output, M); bias (num_output * L,) unless `bias_term: false`.
    Errors: SpecError if num_output is 0, or for a bottom of other axes.
    Source: WordSumParameter; word_sum_layer.cpp of VisionLearningGroup/Ask_Attend_and_Answer; Xu
            and Saenko 2016.
    """

    weights_in = "word_sum_param"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "word_sum_param", "num_output bias_term weight_filler bias_filler")
        check_sizes(spec, "word_sum_param", "num_output")
        if len(x) < 3 or any(size != 1 for size in x[3:]):
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, M, L), any "
                             "further axes of 1")
        num_output = spec.proto.word_sum_param.num_output
        self.num_output = num_output
        self.add_weights((num_output, x[1]), (num_output * x[2],))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        return math.prod(tops[0]) * bottoms[0][1]

    def forward(self, x: Tensor) -> Tensor:
        y = self.weight @ x.flatten(2)
        if self.bias is not None:
            y = y + self.bias.view(self.num_output, -1)
        return y.reshape(x.shape[0], self.num_output, *x.shape[2:])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        shape = graph.shape(bottoms[0])
        rows = graph.reshape(bottoms[0], [0, *shape[1:3]])
        y = graph.add("MatMul", graph.floats(self.weight, "weight"), rows)
        if self.bias is not None:
            bias = self.bias.view(1, self.num_output, -1)
            y = graph.add("Add", y, graph.floats(bias, "bias"))
        return [graph.reshape(y, [0, self.num_output, *shape[2:]])]
