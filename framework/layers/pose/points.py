"""Layers of facial points: regions around them (SubRegion), heat maps of them (Hotspot)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import check_four_axes, honour
from framework.ops.by_item import by_item

SMALLEST = 1e-4             # heat below it is 0


def _num_points(spec: LayerSpec, index: int, points: Shape, num_items: int) -> int:
    if len(points) < 2 or points[0] != num_items or points[1] % 2 \
            or math.prod(points) != num_items * points[1]:
        raise spec.error(f"bottom[{index}]", f"has the shape {tuple(points)}; it must be "
                         f"({num_items}, 2 P): x and y of each point")
    return points[1] // 2


@layer
class SubRegion(Layer):
    """Crop a region of fixed size around each point.

    Bottoms: x (N, C, H, W); points (N, 2 P), x and y, in an image of data_width x data_height
             whose middle is (0, 0); the true points (N, 2 P).
    Tops:    regions (N, P * C, region_height, region_width), those of point 0 first, or with
             `as_dim: 0` (P * N, C, ...), the items of point 0 first; 0 outside of the bottom. If
             wanted, all true points relative to the middles of their regions, and the middles, from
             the image's corner: (N, 2 P) each.
    The gradient goes to x alone; the original writes it into the top.
    Errors:  SpecError for missing sizes, or bottoms that do not fit.
    Source:  SubRegionParameter; subregion_layer.cpp of happynear/caffe-windows.
    """

    num_bottoms = (3, 3)
    num_tops = (1, 3)
    no_gradient_bottoms = (1, 2)
    no_onnx_form = "it takes true points, which a deploy net does not have"

    def __init__(self, spec: LayerSpec, x: Shape, points: Shape, truth: Shape):
        super().__init__(spec)
        honour(spec, "sub_region_param", "region_height region_width data_height data_width as_dim")
        param = spec.proto.sub_region_param
        for field in ("region_height", "region_width", "data_height", "data_width"):
            if getattr(param, field) == 0:
                raise spec.error(f"sub_region_param.{field}", "is missing or 0; it must be at "
                                 "least 1")
        if len(spec.tops) == 2:
            raise spec.error("top", "has two blobs; it must be one or three")
        check_four_axes(spec, x)
        if _num_points(spec, 1, points, x[0]) != _num_points(spec, 2, truth, x[0]):
            raise spec.error("bottom[2]", f"has the shape {tuple(truth)}; it must be that of the "
                             f"points, {tuple(points)}")
        self.region = (param.region_height, param.region_width)
        self.data = (param.data_height, param.data_width)
        self.as_channels = param.as_dim != 0

    def forward(self, x: Tensor, points: Tensor, truth: Tensor) -> Tensor | tuple[Tensor, ...]:
        num, channels, height, width = x.shape
        spots = by_item(points.detach(), -1, 2)
        left, top = (((spots[..., axis] / data + 0.5) * size - region // 2).floor()
                     for axis, data, size, region in zip(
                         (0, 1), self.data[::-1], (width, height), self.region[::-1], strict=True))
        columns = left[..., None].long() + torch.arange(self.region[1], device=x.device)
        rows = top[..., None].long() + torch.arange(self.region[0], device=x.device)
        inside = ((rows >= 0) & (rows < height))[..., None] \
            & ((columns >= 0) & (columns < width))[..., None, :]            # (N, P, h, w)
        cell = rows.clamp(0, height - 1)[..., None] * width \
            + columns.clamp(0, width - 1)[..., None, :]
        cells = by_item(cell, 1, -1).expand(-1, channels, -1)
        found = x.flatten(2).gather(2, cells).reshape(num, channels, *cell.shape[1:])
        found = torch.where(inside[:, None], found, 0).transpose(1, 2)     # (N, P, C, h, w)
        regions = found.flatten(1, 2) if self.as_channels else found.transpose(0, 1).flatten(0, 1)
        if len(self.spec.tops) == 1:
            return regions
        middles = torch.stack([(left + self.region[1] / 2 + 0.5) / width * self.data[1],
                               (top + self.region[0] / 2 + 0.5) / height * self.data[0]], -1)
        half = middles.new_tensor([self.data[1] // 2, self.data[0] // 2])
        near = truth.detach().reshape(middles.shape) + half - middles
        return regions, near.reshape(truth.shape), middles.reshape(points.shape)


@layer
class Hotspot(Layer):
    """Heat maps: a Gaussian around each point.

    Bottoms: points (N, 2 P), x and y, in an image of data_width x data_height, from its middle, or
             from its corner with `mean_removed: false`; perhaps a blob (N, C, h, w) whose size is
             that of the top.
    Top:     (N, P, output_height, output_width): exp(-d^2 / (2 s^2)) / (2 pi s^2), where d is the
             distance in cells and s gaussian_std; values up to 0.0001 are 0. No gradient.
    Errors:  SpecError for missing sizes, a gaussian_std that is not above 0, or points that are not
             pairs.
    Source:  HotspotParameter; hotspot_layer.cpp of happynear/caffe-windows.
    """

    num_bottoms = (1, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it draws the maps that a net is trained on"

    def __init__(self, spec: LayerSpec, points: Shape, *like: Shape):
        super().__init__(spec)
        honour(spec, "hotspot_param", "gaussian_std output_height output_width data_height "
               "data_width mean_removed")
        param = spec.proto.hotspot_param
        self.num_points = _num_points(spec, 0, points, points[0])
        if param.data_height * param.data_width == 0:
            raise spec.error("hotspot_param.data_width", "and data_height must be given: the size "
                             "of the image that the points are in")
        self.fixed = param.output_height * param.output_width != 0
        if not self.fixed and (not like or len(like[0]) != 4):
            raise spec.error("hotspot_param.output_width", "and output_height are not given; then "
                             "a second bottom (N, C, h, w) must have the size")
        if not param.gaussian_std > 0:
            raise spec.error("hotspot_param.gaussian_std", f"is {param.gaussian_std:g}; it must be "
                             "above 0")
        self.sizes = (param.output_height, param.output_width)
        self.data = (param.data_height, param.data_width)
        self.std = param.gaussian_std
        self.shift = 0.5 if param.mean_removed else 0.0

    def forward(self, points: Tensor, *like: Tensor) -> Tensor:
        height, width = self.sizes if self.fixed else like[0].shape[2:]
        spots = by_item(points.detach(), -1, 2, 1)
        x = (spots[:, :, 0] / self.data[1] + self.shift) * width            # (N, P, 1)
        y = (spots[:, :, 1] / self.data[0] + self.shift) * height
        across = (x - torch.arange(width, device=points.device)).square()
        down = (y - torch.arange(height, device=points.device)).square()
        power = -0.5 * (down[..., None] + across[..., None, :]) / self.std**2
        heat = power.exp() * (0.5 / math.pi / self.std**2)
        return torch.where(heat > SMALLEST, heat, 0)
