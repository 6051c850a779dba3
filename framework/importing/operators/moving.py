"""Operators that only move values: other shapes, other orders of axes, repetition."""

from __future__ import annotations

import math
from collections.abc import Sequence

from framework.importing.draft import Draft, Node, Shape


def reshaped(draft: Draft, x: str, shape: Shape, suffix: str = "") -> str:
    """x in another shape: by Flatten where that says it, else by Reshape; x itself if it has it.

    A batch that stays is not written as a number, so that the net takes any.
    """
    old = draft.shapes[x]
    if old == shape:
        return x
    if len(shape) == 2 and len(old) > 2 and shape[0] == old[0]:
        return draft.add("Flatten", x, suffix=suffix)
    dims = list(shape)
    if old and shape and old[0] == shape[0]:
        dims[0] = 0
    if 0 in shape:
        raise draft.node.refuse(f"gives an empty blob, {shape}")
    return draft.add("Reshape", x, suffix=suffix, reshape_param={"shape": {"dim": dims}})


def without_first(draft: Draft, x: str, suffix: str = "") -> str:
    """x without its first axis, of size 1: what is the batch then may have any size."""
    if len(draft.shapes[x]) == 1:
        return reshaped(draft, x, (), suffix)
    return draft.add("Flatten", x, suffix=suffix, flatten_param={"axis": 0, "end_axis": 1})


def permuted(draft: Draft, x: str, order: Sequence[int], suffix: str = "") -> str:
    """x with its axes in another order; a Reshape where only axes of size 1 move, unless the batch
    is among them, which may have another size some day."""
    old = draft.shapes[x]
    shape = tuple(old[axis] for axis in order)
    if list(order) == list(range(len(old))):
        return x
    wide = [axis for axis in order if old[axis] > 1]
    if order[0] == 0 and wide == sorted(wide):
        return reshaped(draft, x, shape, suffix)
    return draft.add("Permute", x, suffix=suffix, permute_param={"order": list(order)})


def squeeze(draft: Draft, node: Node) -> str:
    """An axis of size 1 less, or several."""
    x = draft.blob()
    axes = list(node.get("axes", ())) or (draft.integers(1, "axes") if node.has(1) else [])
    if len(axes) == 1 and axes[0] % len(draft.shapes[x]) == 0:
        return without_first(draft, x)
    return to_result_shape(draft, node)


def to_result_shape(draft: Draft, node: Node) -> str:
    """Reshape, Flatten, Squeeze, Unsqueeze: the sizes are known."""
    return shuffled(draft) or reshaped(draft, draft.blob(), draft.top_shape())


def shuffled(draft: Draft) -> str:
    """ShuffleChannel for the Reshape and Permute before this Reshape, which are taken back; "" if
    they are not there. More programs take it than blobs of 5 axes."""
    layers = draft.message.layer
    if draft.plain or len(layers) < 2 or not (layers[-2].HasField("reshape_param")
                                              and layers[-1].HasField("permute_param")):
        return ""
    first, second = layers[-2:]
    groups, turned = first.top[0], second.top[0]
    if second.bottom[0] != groups or draft.blob() != turned \
            or not (draft.is_read_once(groups) and draft.is_read_once(turned)):
        return ""
    x = first.bottom[0]
    shape, middle = draft.shapes[x], draft.shapes[groups]
    order = [0, 2, 1, *range(3, len(middle))]
    if list(second.permute_param.order) != order or draft.top_shape() != shape \
            or (middle[0], *middle[3:]) != (shape[0], *shape[2:]):
        return ""
    del layers[-2:]
    return draft.add("ShuffleChannel", x, shuffle_channel_param={"group": middle[1]})


def transpose(draft: Draft, node: Node) -> str:
    num_axes = len(draft.shapes[draft.blob()])
    return permuted(draft, draft.blob(), node.get("perm", list(reversed(range(num_axes)))))


def depth_to_space(draft: Draft, node: Node) -> str:
    """Channels into blocks of cells, in the order DCR or CRD."""
    x = draft.blob()
    num, channels, height, width = draft.shapes[x]
    block = node.attributes["blocksize"]
    fewer = channels // block**2
    if node.get("mode", "DCR") == "DCR":
        split, order = (num, block, block, fewer, height, width), [0, 3, 4, 1, 5, 2]
    else:
        split, order = (num, fewer, block, block, height, width), [0, 1, 4, 2, 5, 3]
    y = permuted(draft, reshaped(draft, x, split, ".blocks"), order, ".order")
    return reshaped(draft, y, draft.top_shape())


def space_to_depth(draft: Draft, node: Node) -> str:
    """Blocks of cells into channels."""
    x = draft.blob()
    num, channels, height, width = draft.shapes[x]
    block = node.attributes["blocksize"]
    split = (num, channels, height // block, block, width // block, block)
    y = permuted(draft, reshaped(draft, x, split, ".blocks"), [0, 3, 5, 1, 2, 4], ".order")
    return reshaped(draft, y, draft.top_shape())


def expand(draft: Draft, node: Node) -> str:
    """Expand and Tile: to the sizes of the result."""
    return tiled(draft, draft.blob(), draft.top_shape())


def tiled(draft: Draft, x: str, shape: Shape, suffix: str = "") -> str:
    """x repeated along each axis until it has `shape`; missing first axes have size 1."""
    old = (1,) * (len(shape) - len(draft.shapes[x])) + draft.shapes[x]
    assert all(size % own == 0 for size, own in zip(shape, old, strict=True))
    x = reshaped(draft, x, old, suffix + ".axes")
    for axis, (size, own) in enumerate(zip(shape, old, strict=True)):
        if size != own:
            x = draft.add("Tile", x, suffix=suffix + f".axis{axis}",
                          tile_param={"axis": axis, "tiles": size // own})
    assert math.prod(draft.shapes[x]) == math.prod(shape)
    return x
