"""Bottoms without any values: no image, no region, no box."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.definition.spec import LayerSpec
from framework.errors import first_line
from framework.layers.base import Shape


def refuse_empty(spec: LayerSpec, bottoms: Sequence[Shape], error: Exception) -> None:
    """SpecError that names the bottoms without values, if there are any; else nothing.

    error  what the layer's arithmetic raised with them
    """
    empty = [f"'{name}' {tuple(shape)}" for name, shape in zip(spec.bottoms, bottoms, strict=False)
             if math.prod(shape) == 0]
    if empty:
        raise spec.error("bottom", f"has no values in {', '.join(empty)}; {spec.type} needs one at "
                         f"least: {first_line(error)}") from error
