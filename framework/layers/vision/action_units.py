"""Attention masks of facial action units around landmarks: AUMaskBasedLand."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour
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
    no_onnx_form = "no form of it is written"

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
        self.side = math.floor(param.img_size * param.spatial_scale + 0.5)
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
