"""ROIConvolution: a convolution that is made in regions of interest only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import honour
from framework.layers.rcnn.regions import check_regions
from framework.layers.vision.filters import FIELDS, convolved, read_geometry
from framework.layers.weighted import Weighted
from framework.ops.regions import round_half_away


@layer
class ROIConvolution(Weighted):
    """Convolution whose cells outside of all regions are the bias.

    Bottoms: x (N, C, H, W); regions (R, 5): item, x1, y1, x2, y2 in pixels, no gradient.
    Tops:    y (N, num_output, h, w); if wanted the regions in cells, rounded.
    Blobs:   weight (num_output, C / group, kernel_h, kernel_w); bias (num_output,) unless
             `bias_term: false`.
    A cell of y counts if the first cell of its window is in one of the regions, whatever their
    item; corners are times spatial_scale, rounded, and both included. A kernel of 1 without pad and
    stride counts everywhere. As in the original cells of x outside of all regions get no gradient,
    and cells of y on the last row or column of a region give x none.
    Errors:  SpecError as of Convolution, and for other regions.
    Source:  ROIConvolutionParameter; roi_conv_layer.cu and im2col_roi.cu of vincentzhang/caffe-roi,
             whose older version changes the second bottom in place; here it stays.
    """

    num_bottoms = (2, 2)
    num_tops = (1, 2)
    no_gradient_bottoms = (1,)
    reads = ("convolution_param",)
    fork_fields = frozenset(["convolution_param.is_roi"])
    no_onnx_form = UNWRITTEN
    needs_float32 = True
    weights_in = "convolution_param"

    @classmethod
    def assumed_bottom(cls, spec: LayerSpec, index: int, bottoms: Sequence[Shape]
                       ) -> Shape | None:
        return (1, 5) if index else None

    def __init__(self, spec: LayerSpec, x: Shape, rois: Shape):
        super().__init__(spec)
        honour(spec, "convolution_param", f"{FIELDS} is_roi")
        honour(spec, "roi_convolution_param", "spatial_scale")
        self.check = check_regions(spec, x, rois)
        self.geometry = at = read_geometry(spec, x)
        self.scale = spec.proto.roi_convolution_param.spatial_scale
        self.everywhere = set(at.kernel) | set(at.stride) == {1} and set(at.pad) == {0}
        shape = (at.num_output, at.channels // at.group, *at.kernel)
        self.add_weights(shape, (at.num_output,))

    def multiply_adds(self, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        num, _, height, width = tops[0]
        return self.weight.numel() * num * height * width

    def example_bottom(self, index: int, shapes: Sequence[Shape]) -> Tensor | None:
        if index != 1:
            return None
        far = float(min(shapes[0][2:])) / max(self.scale, 1e-6)
        return torch.tensor([0, 0, 0, far, far]).expand(*shapes[1][:1], -1).contiguous()

    def forward(self, x: Tensor, rois: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        flat = rois.detach().reshape(len(rois), 5)
        corners = round_half_away(flat[:, 1:] * self.scale)
        y = self._in_regions(x, corners)
        if self.bias is not None:
            y = y + self.bias[:, None, None]
        if len(self.spec.tops) == 1:
            return y
        return y, torch.cat([flat[:, :1], corners], 1).reshape(rois.shape)

    def _in_regions(self, x: Tensor, corners: Tensor) -> Tensor:
        at = self.geometry
        y = convolved(x.detach(), self.weight, None, at)
        sizes = y.shape[2:]
        counted = torch.ones((), device=x.device, dtype=torch.bool)
        if not self.everywhere:
            rows, columns = (torch.arange(size, device=x.device) * stride - pad for
                             size, stride, pad in zip(sizes, at.stride, at.pad, strict=True))
            counted = _any(corners, rows, columns)
        y = y * counted
        if not (x.requires_grad and torch.is_grad_enabled()):
            return y
        rows, columns = (torch.arange(size, device=x.device) for size in sizes)
        passed = _any(corners, rows, columns, last=False)
        within = x
        if not self.everywhere:
            rows, columns = (torch.arange(size, device=x.device) + pad for
                             size, pad in zip(x.shape[2:], at.pad, strict=True))
            within = x * _any(corners, rows, columns)
        of_x = convolved(within, self.weight.detach(), None, at) * passed
        return y + of_x - of_x.detach()


def _any(corners: Tensor, rows: Tensor, columns: Tensor, last: bool = True) -> Tensor:
    """Whether a cell (rows, columns) is in a region; `last`: also on its last row or column."""
    x1, y1, x2, y2 = corners[:, :, None].unbind(1)
    below, right = (rows <= y2, columns <= x2) if last else (rows < y2, columns < x2)
    down, along = (rows >= y1) & below, (columns >= x1) & right
    return (down[:, :, None] & along[:, None, :]).any(0)
