"""DummyData: tops filled with constant or random values by fillers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers import fillers
from framework.layers.base import DataOptions, Shape, Source, layer
from framework.proto import FillerParameter

MOST_AT_ONCE = 2**24        # values that are filled when the net is built, to check them: 64 MB
OLD_FIELDS = ("num", "channels", "height", "width")


@layer
class DummyData(Source):
    """Tops of given shapes, filled anew in each batch, or once if the filler is constant.

    Tops:   one of each `shape`, or all of the one shape; the old form gives num, channels,
            height and width. `data_filler` is absent (zeros), one, or one for each top.
    Random values depend on the seed and the number of the batch alone; with several ranks each
    has values of its own.
    Errors: SpecError for wrong numbers of shapes or fillers, both forms at once, or a filler
            that does not fit.
    Source: DummyDataParameter in caffe.proto; BVLC dummy_data_layer.cpp.
    """

    reads_files = False

    def __init__(self, spec: LayerSpec, options: DataOptions):
        super().__init__(spec, options)
        self.top_shapes = self.declared_shapes(spec)
        given = list(spec.proto.dummy_data_param.data_filler)
        if len(given) not in (0, 1, len(spec.tops)):
            raise _wrong_count(spec, "data_filler", len(given))
        given = given or [FillerParameter(type="constant", value=0)]
        self.fillers = given * len(spec.tops) if len(given) == 1 else given
        if sum(math.prod(shape) for shape in self.top_shapes) <= MOST_AT_ONCE:
            self.constant       # noqa: B018  tells a filler that does not fit at once

    @cached_property
    def constant(self) -> list[Tensor]:
        """The tops whose filler is constant, filled; the others hold values that are not used."""
        return [self._fill(shape, filler, torch.Generator())
                for shape, filler in zip(self.top_shapes, self.fillers, strict=True)]

    @staticmethod
    def declared_shapes(spec: LayerSpec) -> list[Shape]:
        """The shapes of the tops as the text gives them."""
        param = spec.proto.dummy_data_param
        num_tops = len(spec.tops)
        old = [list(getattr(param, name)) for name in OLD_FIELDS]
        if not any(old):
            shapes = [tuple(shape.dim) for shape in param.shape]
            if len(shapes) not in (1, num_tops):
                raise _wrong_count(spec, "shape", len(shapes))
            return shapes * num_tops if len(shapes) == 1 else shapes
        if param.shape:
            raise spec.error("dummy_data_param.shape", "is given together with num, channels, "
                             "height or width, its old form; keep one of them")
        for name, sizes in zip(OLD_FIELDS, old, strict=True):
            if len(sizes) not in (1, num_tops):
                raise _wrong_count(spec, name, len(sizes))
        columns = [sizes * num_tops if len(sizes) == 1 else sizes for sizes in old]
        return list(zip(*columns, strict=True))

    def _fill(self, shape: Shape, filler: FillerParameter, generator: torch.Generator) -> Tensor:
        top = torch.zeros(shape)
        try:
            fillers.fill_(top, filler, generator)
        except ValueError as error:
            raise self.spec.error("dummy_data_param.data_filler", str(error)) from None
        return top

    def batches(self, start: int = 0) -> Iterator[tuple[Tensor, ...]]:
        number = start
        while True:
            position = number * self.options.world_size + self.options.rank
            key = np.random.SeedSequence([self.options.seed % 2**32, position])
            generator = torch.Generator().manual_seed(int(key.generate_state(1)[0]))
            yield tuple(
                fixed if filler.type == "constant" else self._fill(shape, filler, generator)
                for fixed, shape, filler
                in zip(self.constant, self.top_shapes, self.fillers, strict=True))
            number += 1


def _wrong_count(spec: LayerSpec, name: str, count: int) -> Exception:
    return spec.error(f"dummy_data_param.{name}", f"is given {count} times; it must be once, or "
                      f"once for each of the {len(spec.tops)} tops")
