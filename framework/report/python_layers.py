"""Stand-ins for `Python` layers of unknown modules, whose code a look at a net does not run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection

from torch import Tensor

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import SpecError
from framework.layers.base import LAYERS, Layer, Shape, Source
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.python.python_layer import Python
from framework.net.python_shapes import DeclaredPython, is_known


class PythonData(Source):
    """A `Python` layer without bottoms, looked at as a data layer: images, then labels."""

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        stated = re.search(r"batch_?size['\"]?\s*:\s*(\d+)", spec.proto.python_param.param_str)
        batch = int(stated[1]) if stated else 1
        return [(batch, *shape[1:]) for shape in images_and_labels(spec, size)]


class PythonOutput(Layer):
    """A `Python` layer whose tops no layer reads, looked at as one number each."""

    num_bottoms = (0, None)
    num_tops = (0, None)
    blobs_unknown = True

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(1,)] * len(self.spec.tops)

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        """Always raises SpecError: only the module itself can compute values."""
        raise self.spec.error("python_param.module", "is not run by a look at a net")


def take_stand_ins(spec: NetSpec, modules: Collection[str]) -> str:
    """Replace the `Python` layers of unknown modules whose shapes are free; names these modules.

    modules   those that may run
    Free are the shapes of data, which a file or a deploy net states or other layers need, and of
    what no layer reads.
    """
    taken: dict[str, None] = {}
    read = {name for layer in spec.layers for name in layer.bottoms}
    for index, layer in enumerate(spec.layers):
        module = layer.proto.python_param.module
        if not issubclass(LAYERS[layer.type], Python) or module in modules or _fits(layer):
            continue
        stand_in = PythonOutput if layer.bottoms else PythonData
        if layer.bottoms and read.intersection(layer.tops):
            continue
        spec.layers[index] = dataclasses.replace(layer, stand_in=stand_in)
        taken[f"'{module}'"] = None
    return f"modules not run: {' '.join(taken)}" if taken else ""


def _fits(layer: LayerSpec) -> bool:
    """Whether it is a known layer with as many tops as that has."""
    if not is_known(layer):
        return False
    try:
        return bool(layer.bottoms or DeclaredPython(layer).top_shapes())
    except SpecError:
        return False
    except Exception:       # of any kind: it came from what the file says, and building it says so
        return True
