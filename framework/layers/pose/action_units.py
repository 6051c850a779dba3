"""Facial action units: masks around landmarks (AUMaskBasedLand), landmarks of a crop."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour, times
from framework.ops.by_item import by_item
from framework.ops.regions import round_half_away

# For each action unit the landmarks of its two centers, of 49, and how far below them the centers
# are, in distances between the inner corners of the eyes.
CENTERS = ((4, 5), (1, 8), (2, 7), (24, 29), (21, 26), (43, 45), *((31, 37),) * 3, (39, 41),
           *((34, 40),) * 2)
BELOW = (-1 / 2, -1 / 3, 1 / 3, 1, 0, 0, 0, 0, 0, 1 / 2, 0, 0)
EYES = (22, 25)
LEAST_POINTS = 1 + max(map(max, CENTERS))
UNIT = 100.0            # the side of the mask to which fill_coeff refers


@layer
class AUMaskBasedLand(Layer):
    """Masks of 12 facial action units: windows around two centers each, by Manhattan distance.

    Bottom: landmarks (N, 2 P, ...), x and y of at least 46 points in pixels of the face.
    Tops:   12 masks (N, 1, S, S), S = round(img_size * spatial_scale), and the maximum of all their
            windows. In a window of spatial_ratio * img_size a pixel is
            max(1 - fill_coeff * 100 / (img_size * spatial_scale) * distance, fill_value), outside
            fill_value; where the two windows of a unit overlap, that of the second center counts.
    No gradient goes to the landmarks.
    Errors: SpecError for fewer landmarks, sizes that are not above 0, another fill_type.
    Source: au_mask_based_land_layer.cpp of ZhiwenShao/JAANet; Shao et al. 2018.
    """

    num_tops = (13, 13)
    no_gradient_bottoms = (0,)
    needs_float32 = True
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, landmarks: Shape):
        super().__init__(spec)
        field = "au_mask_based_land_param"
        honour(spec, field, "img_size spatial_ratio spatial_scale fill_type fill_coeff fill_value")
        param = spec.proto.au_mask_based_land_param
        for name in ("img_size", "spatial_ratio", "spatial_scale"):
            if not 0 < getattr(param, name) < math.inf:
                raise spec.error(f"{field}.{name}", f"is {getattr(param, name):g}; it must be "
                                 "above 0 and finite")
        if param.fill_type != "manhattan":
            raise spec.error(f"{field}.fill_type", f"is '{param.fill_type}'; it must be "
                             "'manhattan'")
        if math.prod(landmarks[1:]) < 2 * LEAST_POINTS:
            raise spec.error("bottom", f"has the shape {tuple(landmarks)}; it must hold x and y of "
                             f"{LEAST_POINTS} landmarks for each face")
        self.scale = param.spatial_scale
        self.reach = (param.img_size - 1) / 2 * param.spatial_ratio
        self.side = math.floor(times(param.img_size, param.spatial_scale) + 0.5)
        self.slope = param.fill_coeff * UNIT / (param.img_size * param.spatial_scale)
        self.fill = param.fill_value

    def forward(self, landmarks: Tensor) -> tuple[Tensor, ...]:
        points = landmarks.detach().flatten(1)
        ruler = (points[:, 2 * EYES[0]] - points[:, 2 * EYES[1]]).abs()[:, None]
        below = points.new_tensor(BELOW) * ruler
        each = [self._window(points, [one[which] for one in CENTERS], below) for which in (0, 1)]
        inside, values = (torch.stack(parts) for parts in zip(*each, strict=True))
        masks = values[0].where(inside[0], self.fill)
        masks = values[1].where(inside[1], masks)
        highest = values.where(inside, self.fill).amax((0, 2))
        return (*masks.unsqueeze(2).unbind(1), highest.unsqueeze(1))

    def _window(self, points: Tensor, numbers: list[int], below: Tensor) -> tuple[Tensor, Tensor]:
        """Where the windows of a center of each unit are, and their values: (N, 12, S, S)."""
        index = torch.tensor(numbers, device=points.device)
        centers = points[:, 2 * index], points[:, 2 * index + 1] + below
        cells = torch.arange(self.side, device=points.device, dtype=points.dtype)
        inside = []
        distance = []
        for center in centers:
            first, last = (
                round_half_away((center + move) * self.scale).clamp(0, self.side - 1)[..., None]
                for move in (-self.reach, self.reach))
            inside.append((cells >= first) & (cells <= last))
            distance.append((cells - (center * self.scale)[..., None]).abs())
        across, down = distance
        values = 1 - (down[..., None] + across[..., None, :]) * self.slope
        return inside[1][..., None] & inside[0][..., None, :], values.clamp(min=self.fill)


@layer
class AlignDataTransform(Layer):
    """Landmarks of a face as its crop and mirroring move them.

    Bottoms: landmarks (N, 2 P, ...), x and y in turn; how each face was cut (N, 4): whether
             mirrored, the crop's width, its first row and column; the number that each landmark has
             in a mirrored face, from 1 on: the first P numbers of the third bottom.
    Top:     as the landmarks: less the crop's corner; in a mirrored face x from the other side, and
             the landmarks in their other order.
    The gradient is the original's: that of the turned x is turned, and the landmarks are reordered
    as in the forward pass.
    Errors:  SpecError for other sizes, DataError for numbers beyond P.
    Source:  align_data_transform_layer.cpp of ZhiwenShao/JAANet; Shao et al. 2018.
    """

    num_bottoms = (3, 3)
    keeps_shape = True
    no_gradient_bottoms = (1, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, landmarks: Shape, cuts: Shape, numbers: Shape):
        super().__init__(spec)
        self.num_points = math.prod(landmarks[1:]) // 2
        if math.prod(landmarks[1:]) % 2 or cuts[0] != landmarks[0] or math.prod(cuts[1:]) != 4 \
                or math.prod(numbers) < self.num_points:
            raise spec.error("bottom", f"has the shapes {tuple(landmarks)}, {tuple(cuts)} and "
                             f"{tuple(numbers)}; they must hold x and y of P landmarks, 4 numbers "
                             "for each face, and at least P numbers")
        self.check = IndexCheck(spec, 2, numbers, self.num_points, what="landmarks", first=1)

    def forward(self, landmarks: Tensor, cuts: Tensor, numbers: Tensor) -> Tensor:
        mirrored, width, top, left = cuts.detach().flatten(1).unbind(1)
        corner = torch.stack([left, top], 1)[:, None]
        moved = by_item(landmarks, -1, 2) - corner
        turned = torch.stack([width[:, None] - 1 - moved[..., 0], moved[..., 1]], 2)
        numbers = numbers.detach().flatten()[:self.num_points]
        inside = (numbers >= 1) & (numbers < self.num_points + 1)
        order = self.check.require(numbers, inside).long() - 1
        other = _Permuted.apply(turned, order)
        return torch.where((mirrored != 0)[:, None, None], other, moved).reshape(landmarks.shape)


class _Permuted(torch.autograd.Function):
    """x[:, order], whose gradient is permuted likewise and not back."""

    @staticmethod
    def forward(x: Tensor, order: Tensor) -> Tensor:
        return x[:, order]

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Tensor) -> None:
        # Any: the context and the tuple of arguments are autograd's
        ctx.save_for_backward(inputs[1])

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (order,) = ctx.saved_tensors
        return grad[:, order], None
