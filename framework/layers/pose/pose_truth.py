"""Layers that make maps of an image's size from its joints: targets and masks of pose nets."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import CaffeError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import LARGEST_STEP, check_positive, honour, within
from framework.layers.pose.pose_maps import SOURCE_NUMBERS
from framework.ops.by_item import by_item

SMALLEST_IMAGE = (100, 100)     # what the original begins with
MOVES = 20      # kinds of changes of a box, of which these change something
FIRST, SECOND, THIRD, FOURTH, STAYS = range(5)
CORNER_MOVES = {
    1: (FIRST, STAYS, STAYS, STAYS), 3: (STAYS, FIRST, STAYS, STAYS),
    5: (STAYS, STAYS, FIRST, STAYS), 7: (STAYS, STAYS, STAYS, FIRST),
    11: (FIRST, FIRST, STAYS, STAYS), 13: (STAYS, STAYS, FIRST, FIRST),
    15: (FIRST, FIRST, SECOND, SECOND), 17: (FIRST, SECOND, THIRD, FOURTH)}


def check_images(spec: LayerSpec, index: int, images: Shape, num: int) -> None:
    """SpecError unless a bottom holds the five numbers of each of `num` images."""
    if images[0] != num or math.prod(images[1:]) != SOURCE_NUMBERS:
        raise spec.error(f"bottom[{index}]", f"has the shape {tuple(images)}; it must be ({num}, "
                         f"{SOURCE_NUMBERS}, 1, 1)")


def scaled_sizes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Width and height (N,) of each scaled image, from its five numbers."""
    _, width, height, scale, _ = by_item(images.detach(), -1).unbind(1)
    return width * scale, height * scale


def map_size(spec: LayerSpec, images: Tensor) -> tuple[int, int]:
    """Height and width of the largest scaled image of the batch, rounded down.

    Raises CaffeError where that is nothing. Waits for the device.
    """
    width, height = scaled_sizes(images)
    largest = [float(side.max()) for side in (height, width)]
    if not all(1 <= side <= LARGEST_STEP for side in largest):
        raise CaffeError(f"{spec.place()}: blob '{spec.bottoms[-1]}' says images of {largest[0]:g} "
                         f"x {largest[1]:g}; each side must be from 1 to {LARGEST_STEP}")
    return int(largest[0]), int(largest[1])


class OfImageSize(Layer):
    """What these layers share: maps of the size of the largest image of a batch."""

    no_onnx_form = "the sizes of its tops depend on numbers of its bottom"

    def assumed_size(self) -> tuple[int, int]:
        """Height and width of the net's images, where the numbers are not at hand."""
        return next(((shape[2], shape[3]) for shape in self.spec.data_shapes
                     if len(shape) == 4 and shape[3] > 1), SMALLEST_IMAGE)

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if math.prod(shapes[index][1:]) != SOURCE_NUMBERS:
            return None
        images = torch.tensor([0, 12.0, 9, 1, 0])
        return images.expand(shapes[index][0], -1).reshape(tuple(shapes[index])).contiguous()


@layer
class HeatMapsFromCoordsOrigin(OfImageSize):
    """Target maps of joints: a disc around each, in an image's own size.

    Bottoms: x and y in turn (N, 2 K, ...); of each image its number, width, height, scale and
             whether it is mirrored (N, 5, 1, 1).
    Tops:    maps (N, K, H, W), H and W of the largest image; whether a joint is in its image
             (N, K, 1, 1); if wanted W, H, 1 and 0 (4, 1, 1, 1). They have no gradient.
    A cell within radius of the joint's cell, and of the image, is 1 with is_binary, else
    exp(+d / (2 gau_stds^2)), d = (dx - gau_mean)^2 + (dy - gau_mean)^2: the sign is the original's.
    Errors:  SpecError for both or none of radius and radius_str, another number of radii, one
             below 0 (for all: 1), a gau_stds of 0; CaffeError for an empty image.
    Source:  heat_maps_from_coords_origin_layer.cpp of zimenglan-sysu-512/pose_action_caffe, which
             writes what is beyond the right end of the maps into the next row; here it is left out.
    """

    num_bottoms = (2, 2)
    num_tops = (2, 3)
    no_gradient_bottoms = (0, 1)

    def __init__(self, spec: LayerSpec, points: Shape, images: Shape):
        super().__init__(spec)
        field = "heat_maps_from_coords_origin_param"
        honour(spec, field, "radius radius_str is_binary gau_mean gau_stds")
        param = spec.proto.heat_maps_from_coords_origin_param
        if math.prod(points[1:]) % 2:
            raise spec.error("bottom", f"has the shape {tuple(points)}; it must hold x and y")
        check_images(spec, 1, images, points[0])
        self.num_joints = math.prod(points[1:]) // 2
        if param.HasField("radius") == param.HasField("radius_str"):
            raise spec.error(field, "must have radius or radius_str, one of the two")
        check_positive(spec, field, "gau_stds")
        self.binary = param.is_binary
        self.mean, self.deviation = param.gau_mean, param.gau_stds
        if param.HasField("radius"):
            self.radii = [param.radius] * self.num_joints
            within(spec, f"{field}.radius", self.radii, 1, LARGEST_STEP)
        else:
            self.radii = self._read_radii(param.radius_str)

    def _read_radii(self, text: str) -> list[int]:
        field = "heat_maps_from_coords_origin_param.radius_str"
        words = text.split(",")
        if len(words) != self.num_joints:
            raise self.spec.error(field, f"has {len(words)} numbers; there are {self.num_joints} "
                                  "joints")
        try:
            radii = [int(word) for word in words]
        except ValueError:
            raise self.spec.error(field, f"is '{text}'; it must be whole numbers with commas "
                                  "between them") from None
        return list(within(self.spec, field, radii, 0, LARGEST_STEP))

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num = bottoms[0][0]
        shapes: list[Shape] = [(num, self.num_joints, *self.assumed_size()),
                               (num, self.num_joints, 1, 1), (4, 1, 1, 1)]
        return shapes[:len(self.spec.tops)]

    @uncompiled
    def forward(self, points: Tensor, images: Tensor) -> tuple[Tensor, ...]:
        height, width = map_size(self.spec, images)
        limits = scaled_sizes(images)
        given = by_item(points.detach(), -1, 2).unbind(2)
        there = torch.stack([(at >= 0) & (at < limit[:, None])
                             for at, limit in zip(given, limits, strict=True)]).all(0)
        radii = torch.tensor(self.radii, device=points.device)[:, None]
        along, inside_x = self._steps(given[0], limits[0], width, radii)
        down, inside_y = self._steps(given[1], limits[1], height, radii)
        square = along.square()[:, :, None, :] + down.square()[:, :, :, None]
        disc = ((square <= radii.square()[:, :, None]) & inside_x[:, :, None, :]
                & inside_y[:, :, :, None] & there[:, :, None, None])
        values = torch.ones_like(square) if self.binary else self._bell(along, down)
        maps = torch.where(disc, values, 0.0).to(points.dtype)
        mask = there.to(points.dtype)[..., None, None]
        size = torch.tensor([width, height, 1, 0], device=points.device, dtype=points.dtype)
        return (maps, mask, size.reshape(4, 1, 1, 1))[:len(self.spec.tops)]

    def _steps(self, points: Tensor, limits: Tensor, cells: int, radii: Tensor
               ) -> tuple[Tensor, Tensor]:
        """Steps from each point's cell to every cell (N, K, cells), and whether the point moved by
        them is in the image and within the radius."""
        index = torch.arange(cells, device=points.device, dtype=points.dtype)
        steps = index - points.floor()[..., None]
        inside = (points[..., None] + steps < limits[:, None, None]) & (steps.abs() <= radii)
        return steps, inside

    def _bell(self, along: Tensor, down: Tensor) -> Tensor:
        squares = ((along - self.mean).square()[:, :, None, :]
                   + (down - self.mean).square()[:, :, :, None])
        return (squares / (2 * self.deviation ** 2)).clamp(max=700).exp()


class BoxMask(OfImageSize):
    """What the two layers below share: a box of joints, filled with `value`."""

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)

    def __init__(self, spec: LayerSpec, field: str, points: Shape, images: Shape):
        super().__init__(spec)
        honour(spec, field, "top_id bottom_id top_id2 bottom_id2 value perturb_num perb_num")
        param = getattr(spec.proto, field)
        self.value = param.value
        check_images(spec, 1, images, points[0])
        num_joints = math.prod(points[1:]) // 2
        if math.prod(points[1:]) % 2:
            raise spec.error("bottom", f"has the shape {tuple(points)}; it must hold x and y")
        self.pairs: list[tuple[int, int]] = [(param.top_id2, param.bottom_id2),
                                             (param.top_id, param.bottom_id)]
        if any(top < 0 or bottom < 0 or top == bottom for top, bottom in self.pairs):
            self.pairs = []         # of all joints
        for name in ("top_id", "bottom_id", "top_id2", "bottom_id2") if self.pairs else ():
            if getattr(param, name) >= num_joints:
                raise spec.error(f"{field}.{name}", f"is {getattr(param, name)}; there are "
                                 f"{num_joints} joints")

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], 1, *self.assumed_size())]

    def corners(self, points: Tensor) -> Tensor:
        """Two points (N, 4) of each item: of one of the pairs, or around all joints."""
        joints = by_item(points.detach(), -1, 2)
        if not self.pairs:
            return torch.cat([joints.amin(1), joints.amax(1)], 1)
        drawn = torch.randint(2, (len(joints),), device=points.device)
        chosen = torch.tensor(self.pairs, device=points.device)[drawn]
        rows = torch.arange(len(joints), device=points.device)[:, None]
        return joints[rows, chosen].flatten(1)

    def draws(self, points: Tensor, most: int) -> Tensor:
        """Whole numbers from -most to most (N, 4)."""
        return torch.randint(-most, most + 1, (len(points), 4), device=points.device)

    def filled(self, corners: Tensor, images: Tensor, wanted: Tensor) -> Tensor:
        """The masks (N, 1, H, W) of boxes that are in the maps; others are left out."""
        height, width = map_size(self.spec, images)
        first, second = corners[:, :2], corners[:, 2:]
        low, high = torch.minimum(first, second), torch.maximum(first, second)
        limit = torch.tensor([width, height], device=corners.device)
        wanted = wanted & ((low >= 0) & (high < limit)).all(1)
        sides = [torch.arange(cells, device=corners.device) for cells in (width, height)]
        x, y = ((side >= low[:, axis, None].floor()) & (side <= high[:, axis, None])
                for axis, side in enumerate(sides))
        box = x[:, None, :] & y[:, :, None] & wanted[:, None, None]
        return torch.where(box, float(self.value), 0.0).to(corners.dtype)[:, None]


@layer
class CoordsToBboxesMasks(BoxMask):
    """Mask of a person's torso: the box between two joints, or around all of them.

    Bottoms: x and y in turn (N, 2 K, ...); of each image its number, width, height, scale and
             whether it is mirrored (N, 5, 1, 1).
    Top:     (N, 1, H, W), H and W of the largest image: `value` in the box, 0 outside. No gradient.
    The box is that of top_id and bottom_id or of top_id2 and bottom_id2, drawn for each item; of
    all joints if an id is below 0, or the two of a pair are one. With perturb_num two fifths of the
    boxes are moved, by up to that many pixels. A box that is not in the maps leaves 0.
    Errors:  SpecError for joints that are not there; CaffeError for an empty image.
    Source:  CoordsToBboxMasksParameter; coords_to_bboxes_masks_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    reads = ("coord_to_bbox_masks_param",)
    moves: Tensor

    def __init__(self, spec: LayerSpec, points: Shape, images: Shape):
        super().__init__(spec, "coord_to_bbox_masks_param", points, images)
        self.most = spec.proto.coord_to_bbox_masks_param.perturb_num
        within(spec, "coord_to_bbox_masks_param.perturb_num", (self.most,), 0, LARGEST_STEP)
        table = [CORNER_MOVES.get(index - 1 + index % 2, (STAYS,) * 4) if index else (STAYS,) * 4
                 for index in range(MOVES)]
        self.register_buffer("moves", torch.tensor(table), persistent=False)

    @uncompiled
    def forward(self, points: Tensor, images: Tensor) -> Tensor:
        height, width = map_size(self.spec, images)
        corners = self.corners(points)
        limit = torch.tensor([width, height] * 2, device=points.device)
        wanted = ~((corners <= 0).all(1) | (corners >= limit).all(1))
        if self.most > 0:
            draws = self.draws(points, self.most)
            draws = torch.cat([draws, torch.zeros_like(draws[:, :1])], 1)
            kind = torch.randint(MOVES, (len(points),), device=points.device)
            corners = corners + draws.gather(1, self.moves[kind])
        return self.filled(corners, images, wanted)


@layer
class TorsoMaskFromCoords(BoxMask):
    """Mask of a person's torso: the box between two joints, each number of which is moved.

    Bottoms, top, errors: as of the mask by coord_to_bbox_masks. The four numbers of a box move by
    up to perb_num, if it is given and above 1.
    Source: TorsoMaskFromCoordsParameter; torso_mask_from_coords.cpp of
            zimenglan-sysu-512/pose_action_caffe.
    """

    def __init__(self, spec: LayerSpec, points: Shape, images: Shape):
        super().__init__(spec, "torso_mask_from_coords_param", points, images)
        param = spec.proto.torso_mask_from_coords_param
        self.most = param.perb_num if param.HasField("perb_num") and param.perb_num > 1 else 0
        within(spec, "torso_mask_from_coords_param.perb_num", (self.most,), 0, LARGEST_STEP)

    @uncompiled
    def forward(self, points: Tensor, images: Tensor) -> Tensor:
        corners = self.corners(points)
        if self.most:
            corners = corners + self.draws(points, self.most)
        return self.filled(corners, images, torch.ones_like(corners[:, 0], dtype=torch.bool))


@layer
class LoadImageData(OfImageSize):
    """Further images of a batch, found by the names of its first ones: known by shape only.

    Bottom: of each image its number, width, height, scale and whether it is mirrored (N, 5, 1, 1).
    Top:    (N, 3, H, W), or one channel without is_color or with is_rgb2gray. H and W are those of
            the largest image.
    Errors: SpecError at a forward: the names of the images are known to its project's data layers
            only, which are not read here.
    Source: LoadDataImageParameter; load_image_data_layer.cpp of
            zimenglan-sysu-512/pose_action_caffe.
    """

    no_gradient_bottoms = (0,)
    reads = ("load_data_image_param",)

    def __init__(self, spec: LayerSpec, images: Shape):
        super().__init__(spec)
        honour(spec, "load_data_image_param", "is_color is_rgb2gray")
        param = spec.proto.load_data_image_param
        check_images(spec, 0, images, images[0])
        self.channels = 3 if param.is_color and not param.is_rgb2gray else 1

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], self.channels, *self.assumed_size())]

    @uncompiled
    def forward(self, images: Tensor) -> Tensor:
        raise self.spec.error("type", "'LoadImageData' is known by the shape of its top only; its "
                              "images are not read here")
