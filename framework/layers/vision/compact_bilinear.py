"""CompactBilinear: the outer product of two vectors at each cell, sketched in few numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_sizes, honour
from framework.ops.c_random import glibc_rand
from framework.ops.losses import precise

SEED = 1        # of the indices and signs, which no blob holds


@layer
class CompactBilinear(Layer):
    """Compact bilinear pooling: count sketches of two maps, convolved, and summed over the map.

    Bottoms: x (N, C1, H, W) and y (N, C2, H, W), which may be one blob.
    Top:     (N, num_output, 1, 1), or without sum_pool (N, num_output, H, W): num_output times the
             circular convolution of the sketches of x and y, the sum over cells. A sketch adds each
             channel, times its sign, to one of num_output sums. The factor is that of Fourier
             transforms that the original does not normalise.
    Indices and signs are those of rand() of glibc after srand(1), in the order indices of x, signs
    of x, indices of y, signs of y: nets that were trained with the original go on with theirs.
    Errors:  SpecError if num_output is 0, or the maps differ in another axis than channels.
    Source:  CompactBilinearParameter; compact_bilinear_layer.cpp of
             gy20073/compact_bilinear_pooling; Gao et al. 2016.
    """

    num_bottoms = (2, 2)
    no_onnx_form = "it convolves by Fourier transforms"

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        honour(spec, "compact_bilinear_param", "num_output sum_pool")
        param = spec.proto.compact_bilinear_param
        check_sizes(spec, "compact_bilinear_param", "num_output")
        if len(x) != 4 or len(y) != 4 or (x[0], *x[2:]) != (y[0], *y[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(y)}; they must be "
                             "(N, C1, H, W) and (N, C2, H, W)")
        self.num = param.num_output
        self.pools = param.sum_pool
        draws = glibc_rand(SEED)
        for name, channels in (("x", x[1]), ("y", y[1])):
            indices = [next(draws) % self.num for _ in range(channels)]
            signs = [2 * (next(draws) % 2) - 1 for _ in range(channels)]
            self.register_buffer(f"{name}_indices", torch.tensor(indices), persistent=False)
            self.register_buffer(f"{name}_signs", torch.tensor(signs), persistent=False)

    def _sketch(self, x: Tensor, name: str) -> Tensor:
        """The Fourier transform, along channels, of the sketch of (N, C, P)."""
        signed = x * getattr(self, f"{name}_signs").to(x.dtype)[:, None]
        sketch = x.new_zeros(x.shape[0], self.num, x.shape[2])
        return torch.fft.rfft(sketch.index_add(1, getattr(self, f"{name}_indices"), signed), dim=1)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        cells = (1, 1) if self.pools else x.shape[2:]
        if x.shape[0] == 0:     # of which there is no Fourier transform
            return x.new_zeros(0, self.num, *cells)
        product = self._sketch(precise(x).flatten(2), "x") * self._sketch(
            precise(y).flatten(2), "y")
        if self.pools:      # before the transform back, which is linear
            product = product.sum(2, keepdim=True)
        top = torch.fft.irfft(product, n=self.num, dim=1) * self.num
        return top.reshape(x.shape[0], self.num, *cells).to(x.dtype)
