"""Padding of each side apart: pad_t, pad_l, pad_b, pad_r, and pad_type 1, TensorFlow's SAME."""

from __future__ import annotations

from typing import NamedTuple

from framework.definition.spec import LayerSpec
from framework.layers.params import LARGEST_STEP, is_set, message_at, within

BEFORE = ("pad_t", "pad_l")
AFTER = ("pad_b", "pad_r")
SIDES = (*BEFORE, *AFTER)


class Padding(NamedTuple):
    """Cells of padding before and after each axis. `same`: ops/windows.same_padding says how
    many, by the bottom's sizes."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    same: bool = False


def side_fields(param_name: str, *others: str) -> frozenset[str]:
    """The paths of these fields, and of `others`, for a layer's `fork_fields`."""
    return frozenset(f"{param_name}.{name}" for name in (*SIDES, *others))


def read_padding(spec: LayerSpec, path: str, pad: tuple[int, ...], least: int = 0) -> Padding:
    """The padding of the message at `path`: that of the four sides, if one is not 0; else `pad`.

    pad    by pad, pad_h and pad_w, one number for each axis
    least  of each side: Deconvolution takes negative ones
    SpecError where base_conv_layer.cpp and pooling_layer.cpp of the source abort: the four sides,
    pad_type and pad exclude each other, and the sides need two axes.
    Source: foss-for-synopsys-dwc-arc-processors/synopsys-caffe, both files, LayerSetUp.
    """
    param = message_at(spec, path)
    sides = [name for name in SIDES if getattr(param, name)]
    kind = param.pad_type
    if kind > 1:
        raise spec.error(f"{path}.pad_type", f"is {kind}; it must be 0, or 1 for TensorFlow's SAME")
    if not sides and not kind:
        return Padding(pad, pad)
    given = sides[0] if sides else "pad_type"
    others = [name for name in ("pad", "pad_h", "pad_w") if is_set(param, name)
              and (name == "pad" or getattr(param, name))] + (["pad_type"] if kind else [])
    others = [name for name in others if name != given]
    if others:
        raise spec.error(f"{path}.{given}", f"is given together with {others[0]}; give one of the "
                         "two")
    if len(pad) != 2:
        raise spec.error(f"{path}.{given}", f"needs 2 spatial axes; here are {len(pad)}")
    for name in sides:
        within(spec, f"{path}.{name}", (getattr(param, name),), least, LARGEST_STEP)
    before, after = (tuple(int(getattr(param, name)) for name in names)
                     for names in (BEFORE, AFTER))
    return Padding(before, after, kind == 1)
