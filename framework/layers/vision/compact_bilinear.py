"""Outer products of two vectors in few numbers: CompactBilinear, RandomMaclaurin."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import check_sizes, honour
from framework.ops.c_random import glibc_rand
from framework.ops.losses import precise
from framework.proto import FillerParameter

FIELD = "random_maclaurin_param"
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


@layer
class RandomMaclaurin(Layer):
    """Random Maclaurin features: the products of two vectors' random projections.

    Bottoms: x (N, ...) and y (N, ...), each item flattened. No gradient goes to x, as in the
             original, which multiplies it by 0.
    Top:     (N, num_output), (x @ first) * (y @ second) / f.
    Blobs:   first (K1, num_output) and second (K2, num_output), not learned. distribution_type
             "bernoulli": 0 or 1 alike, f is num_output; "gaussian": of the deviations std1 and
             std2, f is num_output * std1 * std2; "uniform": from a1 to b1 and from a2 to b2, f is
             num_output * b1 * b2 / 3.
    In TRAIN both are drawn anew after each epoch_size + 1 forwards; those of a weights file last as
    long. random_every_epoch and fixed_matrix have no effect, as there.
    Errors:  SpecError if num_output is 0, for another distribution, and unless f is above 0.
    Source:  RandomMaclaurionParameter; random_maclaurin_layer.cpp and .cu of He-Zhenwei/MAF; Kar
             and Karnick 2012.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0,)
    blobs_learn = (False, False)
    unread = frozenset([f"{FIELD}.random_every_epoch", f"{FIELD}.fixed_matrix"])
    no_onnx_form = UNWRITTEN
    first: Tensor
    second: Tensor

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        honour(spec, FIELD, "num_output epoch_size std1 std2 distribution_type a1 b1 a2 b2 "
               "random_every_epoch fixed_matrix")
        param = spec.proto.random_maclaurin_param
        check_sizes(spec, FIELD, "num_output")
        if x[0] != y[0]:
            raise spec.error("bottom", f"has {x[0]} and {y[0]} items; both must have as many")
        kind = param.distribution_type
        factors = {"bernoulli": 1.0, "gaussian": param.std1 * param.std2,
                   "uniform": param.b1 * param.b2 / 3}
        if kind not in factors:
            raise spec.error(f"{FIELD}.distribution_type", f"is '{kind}'; it must be one of "
                             f"{', '.join(factors)}")
        if not factors[kind] > 0:
            raise spec.error(FIELD, f"gives the divisor {factors[kind]:g} times num_output; it "
                             "must be above 0")
        self.divisor = param.num_output * factors[kind]
        self.forwards_left = param.epoch_size + 1 if spec.phase == "TRAIN" else -1
        self.fillers = [
            FillerParameter(type="uniform" if kind == "bernoulli" else kind, std=std,
                            min=0 if kind == "bernoulli" else low,
                            max=1 if kind == "bernoulli" else high)
            for std, low, high in ((param.std1, param.a1, param.b1),
                                   (param.std2, param.a2, param.b2))]
        for name, shape, filler in zip(("first", "second"), (x, y), self.fillers, strict=True):
            self.add_blob(name, (math.prod(shape[1:]), param.num_output), filler, learned=False)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.first.shape[1])]

    def _fill(self, name: str, values: Tensor, filler: FillerParameter,
              generator: torch.Generator) -> None:
        super()._fill(name, values, filler, generator)
        if self.spec.proto.random_maclaurin_param.distribution_type == "bernoulli":
            values.round_()

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        if self.forwards_left == 0:
            self._draw_anew()
        self.forwards_left -= 1
        return (x.detach().flatten(1) @ self.first) * (y.flatten(1) @ self.second) / self.divisor

    def _draw_anew(self) -> None:
        self.forwards_left = self.spec.proto.random_maclaurin_param.epoch_size + 1
        generator = torch.Generator().manual_seed(int(torch.randint(1 << 62, ())))
        for name, filler in zip(self.blob_names, self.fillers, strict=True):
            blob = getattr(self, name)
            values = torch.empty(blob.shape)
            self._fill(name, values, filler, generator)
            blob.copy_(values)
