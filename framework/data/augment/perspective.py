"""Perspective warps and quarter turns of images and boxes (geometry_param, rotate).

Source: ApplyGeometry, getQuads, warpBBoxes and filterBBoxes in im_transforms.cpp, RotateImage in
data_transformer.cpp of jolibrain/caffe. There the boxes of each class are warped by a draw of their
own, and AnnotatedData's pixels a second time without their boxes; here one draw moves all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from framework.data.augment.draws import Draws
from framework.data.records.boxes import CORNERS
from framework.data.records.records import BadRecord, Pixels
from framework.proto import GeometryParameter
from framework.system.arrays import Floats

LEAST_SEEN = 0.75       # of a box's area, so that it is kept
BORDERS = {GeometryParameter.CONSTANT: cv2.BORDER_CONSTANT,
           GeometryParameter.MIRRORED: cv2.BORDER_REFLECT_101,
           GeometryParameter.REPEAT_NEAREST: cv2.BORDER_REPLICATE}


@dataclass(frozen=True)
class Warp:
    """A perspective view of an image.

    matrix      (3, 3) float64, pixels of the image to pixels of what is seen, of the same size
    border      OpenCV's number of how the image goes on outside of itself
    """

    matrix: np.ndarray
    border: int

    def pixels(self, pixels: Pixels) -> Pixels:
        """What is seen of the image."""
        height, width = pixels.shape[:2]
        try:
            warped = cv2.warpPerspective(np.ascontiguousarray(pixels), self.matrix, (width, height),
                                         borderMode=self.border)
        except cv2.error as error:
            raise BadRecord(f"the image of {width} x {height} cannot be warped: {error}") from None
        return warped.reshape(pixels.shape)

    def boxes(self, boxes: Floats, width: int, height: int) -> Floats:
        """The boxes around what is seen of each, and of its mirror images where there are any."""
        corners = boxes[:, CORNERS].astype(np.float64)
        rows = np.arange(len(boxes))
        if self.border == cv2.BORDER_REFLECT_101:
            corners, rows = _with_mirror_images(corners)
        low_x, low_y, high_x, high_y = corners.T * np.array([[width], [height], [width], [height]])
        points = np.stack([np.stack([x, y, np.ones_like(x)]) for x in (low_x, high_x)
                           for y in (low_y, high_y)])
        x, y, depth = np.einsum("ij,pjn->ipn", self.matrix, points)
        x, y = x / depth / width, y / depth / height
        warped = np.stack([x.min(0), y.min(0), x.max(0), y.max(0)], 1).astype(np.float32)
        shown = warped.clip(0, 1)
        kept = (depth > 0).all(0) & (_area(shown) > LEAST_SEEN * _area(warped))
        result = boxes[rows[kept]]
        result[:, CORNERS] = shown[kept]
        return result


def _area(corners: Floats) -> Floats:
    return (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])


def _with_mirror_images(corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(9 n, 4) corners of each box and its mirror images around the image, and whose they are."""
    across = [(-corners[:, 2], -corners[:, 0]), (corners[:, 0], corners[:, 2]),
              (2 - corners[:, 2], 2 - corners[:, 0])]
    down = [(-corners[:, 3], -corners[:, 1]), (corners[:, 1], corners[:, 3]),
            (2 - corners[:, 3], 2 - corners[:, 1])]
    copies = [np.stack([left, top, right, bottom], 1)
              for left, right in across for top, bottom in down]
    rows = np.tile(np.arange(len(corners)), len(copies))
    order = np.argsort(rows, kind="stable")     # the copies of a box one after the other
    return np.concatenate(copies)[order], rows[order]


def draw_warp(param: GeometryParameter, width: int, height: int, draws: Draws) -> Warp | None:
    """The warp that a geometry_param asks for; None with the probability that there is none."""
    if not draws.chance(param.prob):
        return None
    source = _draw_source(param, width, height, draws)
    target = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]],
                      np.float32)
    if param.persp_horizontal or param.all_effects:
        far, near = (0, 3) if draws.below(2) else (1, 2)
        target[far, 1] = draws.uniform(0, height * param.persp_factor)
        target[near, 1] = height - target[far, 1]
    if param.persp_vertical or param.all_effects:
        far, near = (3, 2) if draws.below(2) else (0, 1)
        target[far, 0] = draws.uniform(0, width * param.persp_factor)
        target[near, 0] = width - target[far, 0]
    return Warp(cv2.getPerspectiveTransform(source, target), BORDERS[param.pad_mode])


def _draw_source(param: GeometryParameter, width: int, height: int, draws: Draws) -> np.ndarray:
    """The four points of the image that become the corners, clockwise from the top left."""
    closer = param.zoom_in or param.all_effects
    farther = param.zoom_out or param.all_effects
    if not (closer or farther):
        return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]],
                        np.float32)
    if closer and farther:
        closer = bool(draws.below(2))
        farther = not closer
    sign = 1 if closer else -1
    x = sign * draws.uniform(0, width * param.zoom_factor)
    y = sign * draws.uniform(0, height * param.zoom_factor)
    return np.array([[x, y], [width - x, y], [width - x, height - y], [x, height - y]], np.float32)


def check_geometry(param: GeometryParameter, error: Callable[[str, str], Exception]) -> None:
    """Raise `error(field, message)` for settings that no image can be warped by."""
    closer = param.zoom_in or param.all_effects
    for name, most in (("prob", 1.0), ("zoom_factor", 0.5 if closer else 1.0),
                       ("persp_factor", 0.5)):
        value = getattr(param, name)
        if not 0 <= value <= most:
            raise error(f"transform_param.geometry_param.{name}",
                        f"is {value:g}; it must be from 0 to {most:g}")


def turn_pixels(pixels: Pixels, quarters: int) -> Pixels:
    """The image turned clockwise by quarters of a turn."""
    return np.ascontiguousarray(np.rot90(pixels, -quarters))


def turn_boxes(boxes: Floats, quarters: int) -> Floats:
    """The boxes of an image that is turned clockwise by quarters of a turn."""
    turned = boxes.copy()
    for _ in range(quarters):
        left, top, right, bottom = turned[:, CORNERS].T.copy()
        turned[:, CORNERS] = np.stack([1 - bottom, left, 1 - top, right], 1)
    return turned
