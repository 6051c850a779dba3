"""What many layers ask of their message: an axis the bottom has, no field of foreign meaning."""

from __future__ import annotations

from collections.abc import Collection

from framework.definition.spec import LayerSpec
from framework.layer import Shape


def canonical_axis(spec: LayerSpec, field: str, axis: int, shape: Shape) -> int:
    """`axis` counted from the front; -1 is the last axis of a bottom of `shape`.

    Raises SpecError for an axis the bottom does not have. Source: Blob::CanonicalAxisIndex.
    """
    if not -len(shape) <= axis < len(shape):
        raise spec.error(field, f"is {axis}; the bottom has the shape {tuple(shape)}, so it must "
                         f"be from {-len(shape)} to {len(shape) - 1}")
    return axis % len(shape)


def check_same_shape(spec: LayerSpec, shapes: Collection[Shape], axis: int | None = None) -> None:
    """Raise SpecError unless all `shapes` agree in number and size of axes, `axis` aside."""
    first, *others = (tuple(shape) for shape in shapes)
    for other in others:
        agree = len(other) == len(first) and all(
            size == expected for index, (size, expected)
            in enumerate(zip(other, first, strict=True)) if index != axis)
        if not agree:
            wanted = "be equal" if axis is None else f"differ only on axis {axis}"
            raise spec.error("bottom", f"has the shapes {first} and {other}; they must {wanted}")
