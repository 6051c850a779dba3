"""LS: the output weights of an extreme learning machine, solved and not learned."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer
from framework.ops.losses import precise


@layer
class LS(Layer):
    """Linear least squares: each forward solves its blob, min |x @ blob - target|, smallest norm.

    Bottoms: x (N, K), the hidden features; target (N, M). No gradient goes to either.
    Tops:    none.
    Blobs:   the solution (K, M), which no solver touches. It is that of the last batch.
    Errors:  SpecError for bottoms that are not two matrices with as many rows; DataError for x
             with NaN or infinite values.
    Source:  ls_layer.cpp in BVLC/caffe's pull requests, commit 98ae3b6 (LAPACK's gelss); Huang et
             al. 2006.
    """

    num_bottoms = (2, 2)
    num_tops = (0, 0)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it solves a system of equations, for which ONNX has no operator"
    blobs_learn = (False,)
    solution: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, target: Shape):
        super().__init__(spec)
        if len(x) != 2 or len(target) != 2 or x[0] != target[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(target)}; they must "
                             "be (N, K) and (N, M)")
        self.add_blob("solution", (x[1], target[1]), learned=False)

    def forward(self, x: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        if not x.is_meta:
            with torch.no_grad():
                try:
                    solved = torch.linalg.pinv(precise(x)) @ precise(target)
                except torch.linalg.LinAlgError:
                    raise DataError(f"{self.spec.place()}: blob '{self.spec.bottoms[0]}' has "
                                    "values that are not finite") from None
                self.solution.copy_(solved)
        return ()
