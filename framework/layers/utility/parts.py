"""Parts of blobs: Gather, SimpleCrop, CornerCrop, Im2Windows, SplitData."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.index_check import IndexCheck
from framework.layers.onnx_graph import END, Names, OnnxGraph
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import canonical_axis, check_four_axes, honour, is_set
from framework.ops.losses import GivenSlopes
from framework.system.wording import counted


@layer
class Gather(Layer):
    """Take the entries of an axis that `indices` names, in their order.

    Bottom: x (d0, ..., dn).
    Top:    the same with d[axis] replaced by `shape`, the shape of the indices; by their number
            without one, and by nothing with `shape: 0` and one index.
    Without gather_param it is another project's layer (yjxiong/caffe), of any number of bottoms:
    there it joins the parts that several processes have, and with one process, as here, each top
    is its bottom.
    Errors: SpecError for indices beyond the axis, or another number than `shape` holds, or for
            several bottoms with gather_param.
    Source: GatherParameter; gather_layer.cpp of Intel's OpenVINO fork, and of yjxiong/caffe.
    """

    num_bottoms = (1, None)
    num_tops = (1, None)
    same_number = True

    def __init__(self, spec: LayerSpec, x: Shape, *others: Shape):
        super().__init__(spec)
        honour(spec, "gather_param", "axis indices shape")
        param = spec.proto.gather_param
        self.copies = not spec.proto.HasField("gather_param")
        if self.copies:
            return
        if others:
            raise spec.error("bottom", f"is given {1 + len(others)} times; with gather_param there "
                             "must be 1")
        self.axis = canonical_axis(spec, "gather_param.axis", param.axis, x)
        self.indices = list(param.indices)
        shape = list(param.shape) or [len(self.indices)]
        self.shape = [] if shape == [0] else shape
        if not self.indices or len(self.indices) != math.prod(self.shape):
            raise spec.error("gather_param.indices", f"are {len(self.indices)}; the shape "
                             f"{shape} holds {math.prod(self.shape)}, and there must be one")
        for index in self.indices:
            if not 0 <= index < x[self.axis]:
                raise spec.error("gather_param.indices", f"has {index}; the axis {self.axis} of "
                                 f"the bottom {tuple(x)} has 0 to {x[self.axis] - 1}")

    def forward(self, x: Tensor, *others: Tensor) -> Tensor | tuple[Tensor, ...]:
        if self.copies:
            return (x, *others)
        found = x.index_select(self.axis, torch.tensor(self.indices, device=x.device))
        return found.reshape(*x.shape[:self.axis], *self.shape, *x.shape[self.axis + 1:])

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        if self.copies:
            return list(bottoms)
        if not self.shape:
            return [graph.add("Gather", bottoms[0], graph.integers(self.indices[0]),
                              axis=self.axis)]
        found = graph.add("Gather", bottoms[0], graph.integers(self.indices), axis=self.axis)
        if len(self.shape) == 1:
            return [found]
        if self.axis == 0:
            return [graph.reshape(found, [*self.shape, *graph.shape(bottoms[0])[1:]])]
        rest = graph.shape(bottoms[0])[self.axis + 1:]
        return [graph.reshape(found, [*[0] * self.axis, *self.shape, *rest])]


@layer
class SimpleCrop(Layer):
    """Crop the rows and columns at the end of the first bottom to the size of the second.

    Bottoms: x (N, C, H, W); a blob (..., h, w), which gets no gradient.
    Top:     x[:, :, :h, :w].
    Errors:  SpecError if the second is larger.
    Source:  simple_crop_layer.cpp of two public forks of 2015.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, like: Shape):
        super().__init__(spec)
        if len(x) != 4 or len(like) != 4 or like[2] > x[2] or like[3] > x[3]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(like)}; both must "
                             "have 4 axes, and the second no larger height and width")

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        return x[:, :, :like.shape[2], :like.shape[3]].clone()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        height, width = graph.shape(bottoms[1])[2:]
        return [graph.cut(graph.cut(bottoms[0], 2, 0, height), 3, 0, width)]


@layer
class CropSimple(Layer):
    """Crop the middle of the bottom to a stated size.

    Bottom: x (N, C, H, W). Top: (N, C, crop_height, crop_width), from row (H - crop_height) / 2 and
            column (W - crop_width) / 2 on, without their fractions.
    Errors: SpecError for a size of 0, or one that is larger than the bottom.
    Source: crop_param; crop_simple_layer.cu of a fork that DCGAN's nets in intel/caffe are for.
    """

    reads = ("crop_param",)
    fork_fields = frozenset({"crop_param.crop_height", "crop_param.crop_width"})

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "crop_param", "crop_height crop_width")
        self.size = (spec.proto.crop_param.crop_height, spec.proto.crop_param.crop_width)
        check_four_axes(spec, x)
        for name, size, most in zip(("height", "width"), self.size, x[2:], strict=True):
            if not 0 < size <= most:
                raise spec.error(f"crop_param.crop_{name}", f"is {size}; it must be from 1 to "
                                 f"{most}, the {name} of the bottom")

    def _first(self, sizes: Sequence[int]) -> list[int]:
        return [(size - mine) // 2 for size, mine in zip(sizes, self.size, strict=True)]

    def forward(self, x: Tensor) -> Tensor:
        (row, column), (height, width) = self._first(x.shape[2:]), self.size
        return x[:, :, row:row + height, column:column + width].clone()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        top = bottoms[0]
        first = self._first(graph.shape(top)[2:])
        for axis, (start, size) in enumerate(zip(first, self.size, strict=True), 2):
            top = graph.cut(top, axis, start, start + size)
        return [top]


CORNERS = {"upperleft": (0, 0), "upperright": (0, 1), "lowerleft": (1, 0), "lowerright": (1, 1),
           "center": (0.5, 0.5)}


@layer
class CornerCrop(Layer):
    """Crops of one size at corners, or the centre, of the bottom; one top for each `position`.

    Bottom: x (N, C, H, W), larger than the crops by an even number of cells.
    Tops:   (N, C, crop_h, crop_w), crop_size for both.
    A cell gets the mean of the gradients of the crops that it is in, as in the original, not
    their sum.
    Errors: SpecError for another number of positions than tops, unknown ones, or sizes that do
            not fit.
    Source: CornerCropParameter; corner_crop_layer.cpp of ZJULearning/SplitNet.
    """

    num_tops = (1, None)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "corner_crop_param", "crop_size crop_h crop_w position")
        param = spec.proto.corner_crop_param
        whole = is_set(param, "crop_size")
        self.size = (param.crop_size, param.crop_size) if whole else (param.crop_h, param.crop_w)
        positions = list(param.position)
        if len(positions) != len(spec.tops):
            raise spec.error("corner_crop_param.position", f"is given {len(positions)} times; the "
                             f"layer has {counted(len(spec.tops), 'top')}")
        spare = [total - part for total, part in zip(x[2:], self.size, strict=False)]
        if len(x) != 4 or min(self.size) < 1 or any(gap < 1 or gap % 2 for gap in spare):
            raise spec.error("corner_crop_param.crop_size", f"asks for {self.size[0]} x "
                             f"{self.size[1]}; the bottom has the shape {tuple(x)}, and both sides "
                             "must be larger by an even number")
        self.starts = []
        for position in positions:
            if position not in CORNERS:
                raise spec.error("corner_crop_param.position", f"is '{position}'; it must be one "
                                 f"of {', '.join(CORNERS)}")
            down, along = CORNERS[position]
            self.starts.append((int(down * spare[0]), int(along * spare[1])))

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        height, width = self.size
        times = x.new_zeros(x.shape[2:])
        for top, left in self.starts:
            times[top:top + height, left:left + width] += 1
        x = GivenSlopes.apply(x, 1 / times.clamp(min=1), x)
        crops = tuple(x[:, :, top:top + height, left:left + width].clone()
                      for top, left in self.starts)
        return crops if len(crops) > 1 else crops[0]

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        height, width = self.size
        return [graph.cut(graph.cut(bottoms[0], 2, top, top + height), 3, left, left + width)
                for top, left in self.starts]


@layer
class Im2Windows(Layer):
    """Cut each image into windows that do not overlap, as items of their own.

    Bottoms: x (N, C, H, W); if given, an object for each item (N, 7): label, y1, x1, y2, x2, and
             the height and width of the image within x.
    Tops:    (K * N, C, window_h, window_w), K windows row by row, the items of the first window
             first, or of the last with `reversed`. With objects also: (K * N, labels_count) with
             the part of the window that the object covers, at its label; (K * N,) and (K * N,)
             with 1 where a window has one before it in its row, or in its column, and is inside
             of the image.
    Objects have no gradient.
    Errors:  SpecError for windows that do not divide the image, or bottoms and tops that do not
             fit; DataError for a label beyond labels_count.
    Source:  Im2WindowsParameter; im2windows_layer.cpp of a public fork of 2015.
    """

    num_bottoms = (1, 2)
    num_tops = (1, 4)
    no_gradient_bottoms = (1,)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, *objects: Shape):
        super().__init__(spec)
        honour(spec, "im2windows_param", "window_h window_w labels_count reversed")
        param = spec.proto.im2windows_param
        self.window = (param.window_h, param.window_w)
        self.num_labels = param.labels_count
        self.reversed = param.reversed
        if len(x) != 4 or min(self.window) < 1 or x[2] % param.window_h or x[3] % param.window_w:
            raise spec.error("im2windows_param.window_h", f"and window_w are {param.window_h} and "
                             f"{param.window_w}; they must divide the height and width of the "
                             f"bottom, {tuple(x)}")
        if len(spec.tops) != (4 if objects else 1):
            raise spec.error("top", f"has {len(spec.tops)} blobs; it must have "
                             f"{'four with' if objects else 'one without'} a second bottom")
        if objects and (math.prod(objects[0]) != 7 * x[0] or param.labels_count < 1):
            raise spec.error("bottom[1]", f"has the shape {tuple(objects[0])}; it must hold 7 "
                             f"numbers for each of {x[0]} items, and labels_count be at least 1")
        self.check = IndexCheck(spec, 1, (x[0],), param.labels_count, what="labels",
                                hint="im2windows_param.labels_count is too small")

    def forward(self, x: Tensor, *objects: Tensor) -> Tensor | tuple[Tensor, ...]:
        num, channels, height, width = x.shape
        rows, columns = height // self.window[0], width // self.window[1]
        parts = x.reshape(num, channels, rows, self.window[0], columns, self.window[1])
        parts = parts.permute(2, 4, 0, 1, 3, 5)
        if self.reversed:
            parts = parts.flip(0, 1)
        windows = parts.reshape(-1, channels, *self.window)
        if not objects:
            return windows
        row, column = torch.meshgrid(torch.arange(rows, device=x.device),
                                     torch.arange(columns, device=x.device), indexing="ij")
        return windows, *self._of_objects(row.reshape(-1, 1), column.reshape(-1, 1),
                                          objects[0].detach().reshape(num, 7))

    def _of_objects(self, row: Tensor, column: Tensor, objects: Tensor) -> tuple[Tensor, ...]:
        """The three tops beside the windows; row and column (K, 1)."""
        label = self.check(objects[:, 0])
        y1, x1, y2, x2, height, width = objects[:, 1:].trunc().T
        top, left = row * self.window[0], column * self.window[1]
        below, right = top + self.window[0], left + self.window[1]
        common = (torch.minimum(below, y2) - torch.maximum(top, y1)).clamp(min=0) \
            * (torch.minimum(right, x2) - torch.maximum(left, x1)).clamp(min=0)
        share = common / (self.window[0] * self.window[1])                  # (K, N)
        own = torch.nn.functional.one_hot(label, self.num_labels)
        labels = (share[..., None] * own).flatten(0, 1)
        inside = (right <= width) & (below <= height)
        clips = [(inside & (place > 0)).to(objects.dtype).flatten() for place in (column, row)]
        return labels, *clips


@layer
class SplitData(Layer):
    """Items of even and of odd number apart, and another blob's items in that order.

    Bottoms: x (2 N, C, H, W); y (2 N, ...), which gets no gradient.
    Tops:    x's items 0, 2, 4, ... (N, C, H, W), its items 1, 3, 5, ...; y's items in the order of
             both, (2 N, ...).
    The original finds the items of y by the size of those of x, so that it gives these values if
    both have one size; else it mixes parts of items, or reads beyond the end. `frame` has no
    effect, as in the original.
    Errors:  SpecError for an odd number of items, another number of them in y, or x without 4 axes.
    Source:  split_data_layer.cpp of tonyyangToBeNo1/colorization_flow_caffe.
    """

    num_bottoms = (2, 2)
    num_tops = (3, 3)
    no_gradient_bottoms = (1,)

    def __init__(self, spec: LayerSpec, x: Shape, y: Shape):
        super().__init__(spec)
        if len(x) != 4 or x[0] % 2 or not y or y[0] != x[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(y)}; they must be "
                             "(2 N, C, H, W) and (2 N, ...)")

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return x[::2], x[1::2], torch.cat([y[::2], y[1::2]]).detach()

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        x, y = bottoms
        end, axis, step = (graph.integers([one]) for one in (END, 0, 2))
        halves = [graph.add("Slice", name, graph.integers([start]), end, axis, step)
                  for name in (x, y) for start in (0, 1)]
        return [*halves[:2], graph.add("Concat", *halves[2:], axis=0)]
