"""Stubs: shapes in place of a layer type that is not known, so that the rest of a net is built."""

from __future__ import annotations

import re
from typing import ClassVar

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError
from framework.layers.base import LAYERS, Layer, Shape
from framework.system.arguments import TEXT, checked

AS_BOTTOM = "as_bottom"


class Stub(Layer):
    """Placeholder of an unknown type: the shapes that the user gave, and no forward.

    Bottoms: any. Tops: of the stated shapes, in order, the last one for all that follow; or each
    of the shape of its bottom, the last bottom's for all that follow.
    Blobs:   none; `param` fields are not looked at.
    """

    num_bottoms = (0, None)
    num_tops = (0, None)
    blobs_unknown = True
    shapes: ClassVar[tuple[Shape, ...]] = ()    # none: as the bottoms
    is_met: ClassVar[bool] = False      # whether a net has had a layer of the type

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        type(self).is_met = True
        if not self.shapes and not bottoms and spec.tops:
            raise spec.error("bottom", f"is not given, so that the stub of '{spec.type}' has no "
                             f"shape; give one: --stub {spec.type}=1x3x8x8")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        known = self.shapes or bottoms
        return [known[min(index, len(known) - 1)] for index in range(len(self.spec.tops))]

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        """Always raises SpecError: the type is not known."""
        raise self.spec.error("type", f"'{self.spec.type}' is a stub, whose shapes are known and "
                              "whose values are not; docs/python_api.md shows how to write the "
                              "layer")


def is_stub(kind: str) -> bool:
    """Whether a layer type is stubbed."""
    return issubclass(LAYERS.get(kind, object), Stub)


def note_met(kind: str) -> None:
    """Note that a net has had a layer of a stubbed type."""
    cls = LAYERS[kind]
    assert issubclass(cls, Stub)
    cls.is_met = True


def unmet_stubs() -> list[str]:
    """The stubbed types that no net has had."""
    return [kind for kind, cls in LAYERS.items() if issubclass(cls, Stub) and not cls.is_met]


@checked(kind=TEXT, shape=TEXT)
def stub_layer(kind: str, shape: str) -> None:
    """Let nets have layers of an unknown type, whose tops have the shapes that `shape` says.

    shape   "as_bottom": that of the bottom; "8x3x16x16": a shape; "8x21;8x84": one for each top
    Raises CaffeError for a type that is known, and for another `shape`.
    """
    if not kind:
        raise CaffeError(f"--stub ={shape}: TYPE is empty; it must be TYPE=as_bottom or TYPE=SHAPE")
    if kind in LAYERS and not is_stub(kind):
        raise CaffeError(f"--stub {kind}: the type is known here; only unknown types are stubbed")
    if shape != AS_BOTTOM and not re.fullmatch(r"\d+(x\d+)*(;\d+(x\d+)*)*", shape):
        raise CaffeError(f"--stub {kind}={shape}: '{shape}' is not a shape; it must be "
                         f"{AS_BOTTOM}, sizes like 8x3x16x16, or such for each top, separated by "
                         "semicolons")
    shapes = () if shape == AS_BOTTOM else tuple(
        tuple(int(size) for size in one.split("x")) for one in shape.split(";"))
    LAYERS[kind] = type(kind, (Stub,), {"shapes": shapes, "__module__": __name__})
