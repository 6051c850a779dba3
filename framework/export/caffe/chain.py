"""Layers that are written one after the other in place of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from framework.export.caffe.parts import Floats, Part, Parts
from framework.layers.base import Shape


@dataclass
class Chain:
    """Layers that are being written in place of one; the last has its top."""

    parts: Parts
    part: Part
    made: list[Part] = field(default_factory=list)

    def add(self, kind: str, *bottoms: str, blobs: list[Floats] | None = None, top: str = "",
            **params: Any) -> str:      # Any: what fields hold
        made = self.parts.make(self.part.proto.name, kind, bottoms, f"/{len(self.made)}",
                               blobs or [], top=top, **params)
        self.made.append(made)
        return made.top

    def several(self, kind: str, num_tops: int, *bottoms: str, **params: Any) -> list[str]:
        """A layer with several tops. Any: as above."""
        made = self.parts.make(self.part.proto.name, kind, bottoms, f"/{len(self.made)}",
                               num_tops=num_tops, **params)
        self.made.append(made)
        return list(made.proto.top)

    def affine(self, x: str, scale: float, shift: float) -> str:
        """scale * x + shift."""
        return self.add("Power", x, power_param={"scale": scale, "shift": shift})

    def within(self, x: str, low: float, high: float) -> str:
        """x clamped, by two ReLU: high - relu(high - low - relu(x - low))."""
        y = x if low == 0 else self.affine(x, 1, -low)
        y = self.add("ReLU", y)
        y = self.affine(y, -1, high - low)
        return self.affine(self.add("ReLU", y), -1, high)

    def product(self, *bottoms: str) -> str:
        return self.add("Eltwise", *bottoms, eltwise_param={"operation": "PROD"})

    def finish(self) -> list[Part]:
        """The layers, the last one with the name and the top of the layer they stand for."""
        last = self.made[-1]
        self.parts.shapes[self.part.top] = self.parts.shapes[last.top]
        last.proto.top[0] = self.part.top
        last.proto.name = self.part.proto.name
        return self.made

    def shape(self, name: str) -> Shape:
        return self.parts.shapes[name]


Rewrite = Callable[[Parts, Part], "list[Part] | None"]


def square_or_not(name: str, sizes: Sequence[int], square: str = "") -> dict[str, Any]:
    """A field for both axes, `square` or `name`, or name_h and name_w. Any: what fields hold."""
    high, wide = sizes
    if high == wide:
        return {square or name: [high]}
    return {f"{name}_h": high, f"{name}_w": wide}
