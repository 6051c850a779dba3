"""Superpixels of images, and how they differ from the cells of a grid."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import at_least, honour, within
from framework.ops import superpixels

NO_LABEL = 255
CHANNELS = {0: 164, 1: 2, 2: 20, 3: 29}     # of the top, by feature_option
LEAST_CELL = 6                              # whose 3 x 3 cells hold a block of 16 x 16


@layer
class GenSlicinfo(Layer):
    """Superpixels (SLIC): which one each pixel belongs to, and which ones are left without.

    Bottom: images (N, 3, image_size, image_size): blue, green, red less 104, 117, 123.
    Tops:   the superpixel of each pixel (N, 1, image_size, image_size), row by row of the grid;
            (N, 1, S, S) 1 for each dead superpixel, else 0, S = image_size / slic_size.
    framework/ops/superpixels says how. No gradient.
    Runs on the CPU, in the float32 of the original's GPU code: it breaks a compiled graph and
    cannot be exported.
    Errors: SpecError for images of another size, and a slic_size below 6 or above the images.
    Source: GenSlicinfoParameter; gen_slicinfo_layer.cu of gylee1103/ELDNet, after gSLICr; Achanta
            et al. 2012.
    """

    reads = ("gen_slicinfo_param",)
    num_tops = (2, 2)
    no_gradient_bottoms = (0,)
    no_onnx_form = "it assigns pixels one after the other"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        name = "gen_slicinfo_param"
        honour(spec, name, "image_size slic_size coh_weight cielab min_pixel_num")
        param = spec.proto.gen_slicinfo_param
        if len(x) != 4 or x[1] != 3 or tuple(x[2:]) != (param.image_size,) * 2:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, 3, "
                             f"{param.image_size}, {param.image_size}) for the image_size")
        within(spec, f"{name}.slic_size", (param.slic_size,), LEAST_CELL, param.image_size)
        self.grid = superpixels.Grid(param.slic_size, param.coh_weight, param.cielab,
                                     param.min_pixel_num)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num, _, height, width = bottoms[0]
        return [(num, 1, height, width), (num, 1, height // self.grid.cell,
                                          width // self.grid.cell)]

    @uncompiled
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        images = x.detach().cpu().float().numpy()
        found = [self.grid.superpixels(image) for image in images]
        index, dead = (np.stack(one)[:, None] for one in zip(*found, strict=True))
        return torch.from_numpy(index).to(x), torch.from_numpy(dead).to(x)


@layer
class LowlevelDistance(Layer):
    """How superpixels differ from the cells of a grid in colours, histograms and position.

    Bottoms: images (N, 3, H, W): blue, green, red less 104, 117, 123; the superpixel of each pixel
             (N, 1, H, W) and the dead ones (N, 1, S, T), both from GenSlicinfo; if given, a label
             of each pixel (N, 1, H, W).
    Tops:    (N R, C, grid_size, grid_size) for R superpixels of each image; (N R,) the mean label
             of each, 255 of an empty one, and without labels 0.
    R is train_region_per_image, drawn of those that live, anew once all are taken (the original
    reads beyond them); of 0, all S T. For each of nine channels (BGR, HSV, Lab as OpenCV's bytes)
    the means of superpixel and cell, value / 256 - 0.5, and by `feature_option` 0 the 8 bins of
    both histograms (cell first), 3 their distance; then how far the cell is below the superpixel,
    and right of it, over half the image. Option 1 has these two alone. A superpixel is looked for
    from 2 cells before its own to 2 from its start on. No gradient.
    Runs on the CPU: it breaks a compiled graph and cannot be exported.
    Errors:  SpecError for other shapes, options and for a grid finer than the images.
    Source:  LowlevelDistanceParameter; lowlevel_distance_layer.cu of gylee1103/ELDNet; Lee et al.
             2016.
    """

    reads = ("lowlevel_distance_param",)
    num_bottoms = (3, 4)
    num_tops = (2, 2)
    no_gradient_bottoms = (0, 1, 2, 3)
    no_onnx_form = "it draws superpixels and counts their colours"

    def __init__(self, spec: LayerSpec, x: Shape, index: Shape, dead: Shape, *labels: Shape):
        super().__init__(spec)
        name = "lowlevel_distance_param"
        honour(spec, name, "grid_size train_region_per_image spixel_size feature_option")
        param = spec.proto.lowlevel_distance_param
        if len(x) != 4 or x[1] != 3 or len(dead) != 4 or dead[1] != 1:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(dead)}; images must "
                             "be (N, 3, H, W), dead superpixels (N, 1, S, T)")
        for number, shape in enumerate((index, *labels), 1):
            if tuple(shape) != (x[0], 1, *x[2:]):
                raise spec.error(f"bottom[{number if number < 2 else 3}]", f"has the shape "
                                 f"{tuple(shape)}; it must be {(x[0], 1, *x[2:])}")
        if param.feature_option not in CHANNELS:
            raise spec.error(f"{name}.feature_option", f"is {param.feature_option}; it must be 0, "
                             "1, 2 or 3")
        within(spec, f"{name}.grid_size", (param.grid_size,), 1, min(x[2:]))
        at_least(spec, f"{name}.spixel_size", (param.spixel_size,), 1)
        self.param = param
        self.option = param.feature_option

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        num = bottoms[0][0]
        regions = self.param.train_region_per_image or bottoms[2][2] * bottoms[2][3]
        size = self.param.grid_size
        return [(num * regions, CHANNELS[self.option], size, size), (num * regions,)]

    @uncompiled
    def forward(self, x: Tensor, index: Tensor, dead: Tensor, *labels: Tensor
                ) -> tuple[Tensor, Tensor]:
        rows, means = [], []
        images, numbers = x.detach().cpu().float().numpy(), index.detach().cpu().long().numpy()
        given = labels[0].detach().cpu().double().numpy() if labels else None
        for item, image in enumerate(images):
            pixels = superpixels.nine_colours(image)
            cells = superpixels.cells_of(pixels, self.param.grid_size)
            for region in self._chosen(dead[item, 0]):
                inside = self._pixels_of(numbers[item, 0], region, dead.shape[3])
                rows.append(self._row(pixels, inside, cells))
                means.append(self._label(None if given is None else given[item, 0], inside))
        size = self.param.grid_size
        top = torch.from_numpy(np.stack(rows)).to(x)
        return top.reshape(len(rows), size, size, -1).permute(0, 3, 1, 2).contiguous(), \
            x.new_tensor(means)

    def _chosen(self, dead: Tensor) -> list[int]:
        number = self.param.train_region_per_image
        if not number:
            return list(range(dead.numel()))
        living = (dead.detach().cpu().flatten() != 1).nonzero()[:, 0]
        if not len(living):
            living = torch.arange(dead.numel())
        drawn = living[torch.randperm(len(living))]
        return [int(one) for one in drawn.repeat(-(-number // len(drawn)))[:number]]

    def _pixels_of(self, numbers: superpixels.Ints, region: int, width: int
                   ) -> tuple[superpixels.Ints, superpixels.Ints]:
        """Rows and columns of the pixels of a superpixel."""
        row, column = (superpixels.window(cell, self.param.spixel_size, 2)
                       for cell in divmod(region, width))
        rows, columns = np.nonzero(numbers[row, column] == region)
        return rows + row.start, columns + column.start

    def _row(self, pixels: superpixels.Bytes, inside: tuple[superpixels.Ints, superpixels.Ints],
             cells: list[superpixels.Described]) -> superpixels.Floats:
        """The top of a superpixel: (grid_size^2, channels)."""
        number = max(len(inside[0]), 1)
        middle = (inside[0].sum() / number, inside[1].sum() / number)
        region = superpixels.described(pixels[inside], number, middle)
        halves = pixels.shape[0] // 2, pixels.shape[1] // 2
        found = []
        for cell in cells:
            apart = [(one - other) / half for one, other, half in
                     zip(cell.middle, region.middle, halves, strict=True)]
            if self.option != 1:
                apart = [*superpixels.distances(region, cell, self.option), *apart]
            found.append(apart)
        return np.array(found, np.float32)

    def _label(self, labels: superpixels.Doubles | None,
               inside: tuple[superpixels.Ints, superpixels.Ints]) -> float:
        if labels is None:
            return 0.0
        return float(labels[inside].mean()) if len(inside[0]) else NO_LABEL
