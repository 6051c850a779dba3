"""Layers at the end of pose nets: the best map, and files and drawings of what was found."""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_four_axes, check_sizes, honour
from framework.layers.pose.pose_truth import check_images
from framework.system.arrays import Array
from framework.system.atomic import write_file

LOG = logging.getLogger(__name__)


@layer
class ArgMaxC(Layer):
    """The channel of the highest value of each cell.

    Bottom: x (N, C, H, W). Top: (N, 1, H, W), the first of equal channels; with out_max_val
            (N, 2, H, W), the value after it. No gradient.
    Errors: SpecError for another number of axes.
    Source: ArgMaxCParameter; argmaxc_layer.cpp of zimenglan-sysu-512/pose_action_caffe.
    """

    no_gradient_bottoms = (0,)

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "arg_max_c_param", "out_max_val")
        check_four_axes(spec, x)
        self.with_value = spec.proto.arg_max_c_param.out_max_val

    def forward(self, x: Tensor) -> Tensor:
        channel = x.argmax(1, keepdim=True)
        if not self.with_value:
            return channel.to(x.dtype)
        return torch.cat([channel.to(x.dtype), x.detach().gather(1, channel)], 1)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        place = graph.add("ArgMax", bottoms[0], axis=1, keepdims=1)
        channel = graph.add("Cast", place, to=1)
        if not self.with_value:
            return [channel]
        value = graph.reduce("ReduceMax", bottoms[0], [1], True)
        return [graph.add("Concat", channel, value, axis=1)]


@layer
class WriteDataIntoFile(Layer):
    """Times a number, and each item as a matrix in a text file.

    Bottom: x (N, 1, H, W). Top: x * scale.
    Files are visual_dire + test_1 + file_ext and so on to test_N of n_images, then from 1 again: a
    line for each row, values with six digits. It cannot be part of a compiled or exported graph.
    Errors: SpecError for other shapes, and an n_images below 1.
    Source: WriteDataIntoFileParameter; write_data_into_file_layer.cpp of
            zimenglan-sysu-512/pose_action_caffe.
    """

    keeps_shape = True
    no_onnx_form = "it writes files, which no runtime does"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        field = "write_data_into_file_param"
        honour(spec, field, "scale visual_dire n_images file_ext")
        param = spec.proto.write_data_into_file_param
        if len(x) != 4 or x[1] != 1:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must be (N, 1, H, W)")
        check_sizes(spec, field, "n_images")
        self.factor, self.num_images = param.scale, param.n_images
        self.folder, self.ending = param.visual_dire, param.file_ext
        self.written = 0

    @uncompiled
    def forward(self, x: Tensor) -> Tensor:
        top = x * self.factor
        if not top.is_meta:
            for matrix in top.detach().double().cpu().numpy()[:, 0]:
                self._write(matrix)
        return top

    def _write(self, matrix: Array) -> None:
        number = self.written % self.num_images + 1
        self.written = number
        lines = [" ".join(f"{value:g}" for value in row) for row in matrix]
        path = Path(f"{self.folder}test_{number}{self.ending}")
        write_file(path, "".join(f"{line}\n" for line in lines).encode())


class Drawing(Layer):
    """What the two layers below share: they take what they would draw, and say that they do not.

    The original does not compare the shapes of what it draws.
    """

    num_bottoms = (2, 3)
    num_tops = (0, 0)
    no_onnx_form = "it writes files, which no runtime does"

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec)
        check_images(spec, len(bottoms) - 1, bottoms[-1], bottoms[0][0])
        if not spec.without_files:
            LOG.warning("%s: draws on images whose names its project's data layers alone know; "
                        "nothing is drawn here", spec.place())

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return []

    def forward(self, *bottoms: Tensor) -> tuple[Tensor, ...]:
        return ()


@layer
class VisualizedHeatMaps2(Drawing):
    """Drawing of maps on the images they are of: nothing is drawn here.

    Bottoms: one or two maps (N, K, H, W); of each image its number, width, height, scale and
             whether it is mirrored (N, 5, 1, 1). No tops.
    Errors:  SpecError for other shapes, a visual_type that is not 0 to 2, and a threshold that is
             not from 0 to 1.
    Source:  VisualHeatMapsParameter; visualized_heat_maps2_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    reads = ("visual_heat_maps_param",)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec, *bottoms)
        field = "visual_heat_maps_param"
        honour(spec, field, "visual_type threshold")
        param = spec.proto.visual_heat_maps_param
        if not 0 <= param.visual_type <= 2:
            raise spec.error(f"{field}.visual_type", f"is {param.visual_type}; it must be 0, 1 or "
                             "2")
        if not 0 <= param.threshold <= 1:
            raise spec.error(f"{field}.threshold", f"is {param.threshold:g}; it must be from 0 to "
                             "1")


@layer
class HeatmapVisualize(Layer):
    """Drawing of maps as images: nothing is drawn here.

    Bottom: maps (N, C, H, W). Top: 0 (), without gradient.
    Errors: SpecError for another number of axes.
    Source: heatmap_visualize_layer.cpp of FengyangZhang/caffe_roomnet, which writes each map into
            the folder `test`, its largest value white.
    """

    no_gradient_bottoms = (0,)
    no_onnx_form = Drawing.no_onnx_form

    def __init__(self, spec: LayerSpec, maps: Shape):
        super().__init__(spec)
        check_four_axes(spec, maps)
        if not spec.without_files:
            LOG.warning("%s: writes maps as images into a folder 'test' in its project; nothing is "
                        "drawn here", spec.place())

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    def forward(self, maps: Tensor) -> Tensor:
        return maps.new_zeros(())


@layer
class VisualizedPoseCoords(Drawing):
    """Drawing of joints on the images they are of: nothing is drawn here.

    Bottoms: one or two sets of points, x and y in turn (N, 2 K, ...); of each image its number,
             width, height, scale and whether it is mirrored (N, 5, 1, 1). No tops.
    Errors:  SpecError for other shapes, and another number of phase_name than 1 or 3.
    Source:  VisualPoseCoordsParameter; visualized_pose_coords_layer.cpp of
             zimenglan-sysu-512/pose_action_caffe.
    """

    reads = ("visual_pose_coords_param",)

    def __init__(self, spec: LayerSpec, *bottoms: Shape):
        super().__init__(spec, *bottoms)
        field = "visual_pose_coords_param"
        honour(spec, field, "phase_name")
        num = len(spec.proto.visual_pose_coords_param.phase_name)
        if num not in (1, 3):
            raise spec.error(f"{field}.phase_name", f"is given {num} times; it must be 1 or 3")
