"""Stand-ins for `Python` layers of unknown modules, whose code a look at a net does not run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection
from typing import ClassVar

from torch import Tensor

from framework.definition.spec import LayerSpec, NetSpec
from framework.errors import SpecError
from framework.layers.base import LAYERS, Layer, Shape, Source
from framework.layers.data.assumed_shapes import ASSUMED_SIZES, Size, images_and_labels
from framework.layers.python.python_layer import Python, check_named
from framework.net.python_shapes import (
    STATED_SIZE,
    DeclaredPython,
    DeclaredPythonOfStatedSize,
    is_known,
)

SHAPE_TEXT = r"\s*[\[(]?\s*[1-9]\d{0,5}(\s*,\s*[1-9]\d{0,5}){2,4}\s*,?\s*[\])]?\s*"
SOME_MAPS = (1, 4, 8, 8)    # a shape that bottoms can have


class PythonData(Source):
    """A `Python` layer without bottoms, looked at as a data layer: images, then labels.

    If it has one top and its param_str is three to five numbers, as "2,3,16,112,112", these are the
    top's shape (sunnycia/scripts).
    """

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        return list(spec.tops)

    @classmethod
    def assumed_shapes(cls, spec: LayerSpec, size: Size = ASSUMED_SIZES[0]) -> list[Shape]:
        text = spec.proto.python_param.param_str
        if len(spec.tops) == 1 and re.fullmatch(SHAPE_TEXT, text):
            return [tuple(int(size) for size in re.findall(r"\d+", text))]
        stated = re.search(r"batch_?size['\"]?\s*:\s*(\d+)", text)
        batch = int(stated[1]) if stated else 1
        return [(batch, *shape[1:]) for shape in images_and_labels(spec, size)]


class PythonOutput(Layer):
    """A `Python` layer with bottoms, looked at: tops that no layer reads are one number each.

    The others are as large as the bottom of their index, or the last one, unless `assumed` has what
    the layers that read them need.
    """

    num_bottoms = (0, None)
    num_tops = (0, None)
    blobs_unknown = True
    read: ClassVar[frozenset[str]] = frozenset()
    assumed: ClassVar[dict[str, Shape]] = {}

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)

    @classmethod
    def tops_of_files(cls, spec: LayerSpec) -> list[str]:
        """The tops whose shapes are open, as a data layer names those of its files."""
        return [top for top in spec.tops if top in cls.read]

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [self.assumed.get(top, bottoms[min(index, len(bottoms) - 1)])
                if top in self.read else (1,) for index, top in enumerate(self.spec.tops)]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        """Always raises SpecError: only the module itself can compute values."""
        raise self.spec.error("python_param.module", "is not run by a look at a net")


def take_stand_ins(spec: NetSpec, modules: Collection[str], with_known: bool = False) -> str:
    """Replace the `Python` layers of unknown modules; names these modules, in words.

    modules     those that may run
    with_known  replace data of known modules too, for a project that reads other data by them
    The shapes of data are those that a file or a deploy net states or other layers need. The tops
    of the other layers are assumed as PythonOutput says. SpecError for one that names no class.
    """
    taken: dict[str, None] = {}
    read = frozenset(name for layer in spec.layers for name in layer.bottoms)
    for index, layer in enumerate(spec.layers):
        module = layer.proto.python_param.module
        if not issubclass(LAYERS[layer.type], Python) or module in modules:
            continue
        if layer.stand_in is None and _fits(layer) and not (with_known and _makes_data(layer)):
            continue
        check_named(layer)
        stand_in: type[Layer] | type[Source] = PythonData
        if layer.bottoms:
            stand_in = type("PythonOutput", (PythonOutput,), {"read": read})
        spec.layers[index] = dataclasses.replace(layer, stand_in=stand_in)
        taken[f"'{module}'"] = None
    return f"modules not run: {' '.join(taken)}" if taken else ""


def take_stated_size(spec: NetSpec, modules: Collection[str]) -> str:
    """Let the known modules that make images of R-CNN make those of 600 x 1000; in words.

    modules  those that may run. Empty if there is none.
    """
    taken = False
    for index, layer in enumerate(spec.layers):
        if not issubclass(LAYERS[layer.type], Python) or layer.stand_in is not None \
                or layer.proto.python_param.module in modules or not _makes_data(layer):
            continue
        taken = True
        spec.layers[index] = dataclasses.replace(layer, stand_in=DeclaredPythonOfStatedSize)
    return f"images of {STATED_SIZE[0]} x {STATED_SIZE[1]} assumed" if taken else ""


def note_assumed(spec: NetSpec, assumed: dict[str, Shape]) -> None:
    """Let the stand-ins take the shapes in `assumed`, also those that it gets later."""
    for layer in spec.layers:
        if layer.stand_in is not None and issubclass(layer.stand_in, PythonOutput):
            layer.stand_in.assumed = assumed


def _fits(layer: LayerSpec) -> bool:
    """Whether it is a known layer, with the tops and the parameters that the known one has."""
    if not is_known(layer):
        return False
    try:
        return bool(DeclaredPython(layer).top_shapes(*[SOME_MAPS] * len(layer.bottoms)))
    except SpecError:
        return False
    except Exception:       # of any kind: it came from what the file says, and building it says so
        return True


def _makes_data(layer: LayerSpec) -> bool:
    """Whether a known layer makes blobs of nothing."""
    if layer.bottoms:
        return False
    try:
        return bool(DeclaredPython(layer).top_shapes())
    except Exception:       # of any kind: it came from what the file says
        return False
