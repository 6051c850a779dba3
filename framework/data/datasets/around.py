"""Boxes around shapes that are not boxes, and objects that consist of several shapes."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Hashable, Sequence

import cv2
import numpy as np

from framework.data.datasets.coco_masks import Pixels, Segmentation, extent, runs_of
from framework.data.datasets.label_files import Box
from framework.data.records.account import Note
from framework.data.records.boxes import Corners, box_around

REASON = "a polygon, an ellipse or a mask became the box around it"
JOINED = "the parts of an object became one box"
MOST_BYTES = 1 << 28        # of a mask, unpacked


def noted(reason: str, where: str, count: int) -> tuple[Note, ...]:
    """A note for each of `count` objects, which are stored all the same."""
    return (Note(reason, where, is_loss=False),) * count


def of_polygon(name: str, points: Sequence[tuple[float, float]]) -> Box:
    """The box around a polygon in pixels, which is its mask. ValueError for too few points."""
    if len(points) < 3:
        raise ValueError(f"a polygon has {len(points)} points")
    xs, ys = zip(*points, strict=True)
    flat = tuple(number for point in points for number in point)
    return Box(name, box_around(xs, ys), mask=Segmentation((flat,)))


def of_ellipse(center: tuple[float, float], radii: tuple[float, float], angle: float) -> Corners:
    """The upright box around an ellipse that is turned clockwise about its centre, in radians."""
    half_width = math.hypot(radii[0] * math.cos(angle), radii[1] * math.sin(angle))
    half_height = math.hypot(radii[0] * math.sin(angle), radii[1] * math.cos(angle))
    x, y = center
    return x - half_width, y - half_height, x + half_width, y + half_height


def of_mask(name: str, inside: Pixels, origin: tuple[int, int], size: tuple[int, int]) -> Box:
    """The box around the pixels of a mask, which are kept as runs if the image's size is known.

    origin  x and y of the mask's first pixel;  size  width and height of the image, or 0, 0
    ValueError for a mask that covers nothing.
    """
    found = extent(inside)
    if found is None:
        raise ValueError("a mask covers nothing")
    left, top, right, bottom = found
    x, y = origin
    corners = (float(x + left), float(y + top), float(x + right), float(y + bottom))
    width, height = size
    if not width or min(corners) < 0 or corners[2] > width or corners[3] > height:
        return Box(name, corners)
    whole = np.zeros((height, width), np.uint8)
    whole[y + top:y + bottom, x + left:x + right] = inside[top:bottom, left:right]
    return Box(name, corners, mask=Segmentation(runs=runs_of(whole)))


def pixels_of_image(text: str, is_packed: bool = False) -> Pixels:
    """The mask in the base64 text of a PNG: where its alpha, or else its first channel, is not 0.

    is_packed  zlib's format is around the PNG
    ValueError for something else.
    """
    content = base64.b64decode(text)
    try:
        if is_packed:
            content = zlib.decompressobj().decompress(content, MOST_BYTES)
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    except (zlib.error, cv2.error):
        image = None
    if image is None:
        raise ValueError("a mask is not the text of a PNG")
    if image.ndim == 3:
        image = image[..., 3] if image.shape[2] == 4 else image.max(2)
    return (image != 0).astype(np.uint8)


def joined(parts: Sequence[tuple[Box, Hashable]]) -> tuple[list[Box], int]:
    """The objects of shapes that say which group they are of, and how many of them were joined.

    Shapes of one group and one class are one object: its box is around them all. Its mask has the
    polygons of all; it is not kept if one of them is another shape.
    """
    groups: dict[Hashable, list[Box]] = {}
    for index, (box, group) in enumerate(parts):
        key = (box.name, group) if group is not None else index
        groups.setdefault(key, []).append(box)
    objects = [own[0] if len(own) == 1 else _whole(own) for own in groups.values()]
    return objects, sum(len(own) > 1 for own in groups.values())


def _whole(parts: Sequence[Box]) -> Box:
    xs = [x for part in parts for x in part.corners[::2]]
    ys = [y for part in parts for y in part.corners[1::2]]
    polygons = tuple(polygon for part in parts for polygon in part.mask.polygons)
    has_all = all(part.mask.polygons for part in parts)
    return Box(parts[0].name, box_around(xs, ys), any(part.difficult for part in parts),
               Segmentation(polygons if has_all else ()))
