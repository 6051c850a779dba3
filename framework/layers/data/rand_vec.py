"""RandVec: random vectors, the input of a generator."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.layers.params import honour

STEPS = 10_000      # of the values in a unit


@layer
class RandVec(Source):
    """Uniform random vectors: lower + k / 10000, k from 0 below (upper - lower) * 10000.

    Top:    (batch_size, dim), or (batch_size, dim, height, width) if both are above 0. The values
            stay for `repeat` batches.
    They depend on the seed and the number of the batch alone; with several ranks each has values
    of its own.
    Errors: SpecError for a batch_size, dim or repeat of 0, or an upper not above lower.
    Source: `rand_vec_param`: RandVecParameter and rand_vec_layer.cpp of godisboy/caffe_InfoGAN.
            `randvec_param`: RandVecPlaneParameter, whose defaults are those of AtlantixJJ/caffe in
            2019, where the values had become Gaussian; randvec_layer.cpp of its author's pull
            request to BVLC/caffe, commit 1a688af, whose values are uniform and never stay.
    """

    reads_files = False
    num_tops = (1, 1)
    fork_fields = frozenset(["randvec_param.repeat"])

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        name = _param_name(spec)
        honour(spec, name, "batch_size dim lower upper repeat height width")
        self.param = param = getattr(spec.proto, name)
        for field in ("batch_size", "dim", "repeat"):
            if getattr(param, field) == 0:
                raise spec.error(f"{name}.{field}", "is missing or 0; it must be at least 1")
        self.num_values = int((param.upper - param.lower) * STEPS)
        if self.num_values < 1:
            raise spec.error(f"{name}.upper", f"is {param.upper:g}; it must be above lower, "
                             f"{param.lower:g}")
        self.top_shapes = self.declared_shapes(spec)

    @staticmethod
    def declared_shapes(spec: LayerSpec) -> list[Shape]:
        """The shape of the top as the text gives it."""
        param = getattr(spec.proto, _param_name(spec))
        plane = (param.height, param.width)
        return [(param.batch_size, param.dim, *(plane if all(plane) else ()))]

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        number = start
        while True:
            position = number // self.param.repeat * self.options.world_size + self.options.rank
            generator = np.random.default_rng([self.options.seed % 2**32, position])
            steps = generator.integers(0, self.num_values, self.top_shapes[0])
            yield (torch.from_numpy(steps / STEPS + self.param.lower).float(),)
            number += 1


def _param_name(spec: LayerSpec) -> str:
    """Under which of its two names the message is given."""
    return "rand_vec_param" if spec.proto.HasField("rand_vec_param") else "randvec_param"
