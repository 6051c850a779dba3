"""PatchReshape: channels become patches of a finer plane (V1's RESHAPE of two projects)."""

from __future__ import annotations

import math

from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_graph import Names, OnnxGraph
from framework.layers.params import check_sizes, honour


@layer
class PatchReshape(Layer):
    """Depth to space with patches of any size, whose columns come first in the channels.

    Bottom: x (N, p * q * C, H, W), or without the last axes if they are 1.
    Top:    y (N, C, H * q, W * p), p new_patch_width, q new_patch_height, C new_channel: the cell
            of row i and column j in a patch is channel (j * q + i) * C + c of its position.
    Errors: SpecError for a size of 0, for channels that are not p * q * C, and unless new_height
            and new_width are those of the top.
    Source: PatchReshapeParameter; RESHAPE, reshape_layer.cpp of Arroosh/optical_flow_prediction
            and of caomw/caffe-3dnormal_joint_past.
    """

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        sizes = "new_channel new_height new_width new_patch_width new_patch_height"
        honour(spec, "patch_reshape_param", sizes)
        check_sizes(spec, "patch_reshape_param", sizes)
        param = spec.proto.patch_reshape_param
        self.channels = param.new_channel
        self.patch = (param.new_patch_width, param.new_patch_height)
        if not 2 <= len(x) <= 4 or x[1] != math.prod(self.patch) * self.channels:
            raise spec.error("bottom", f"has the shape {tuple(x)}; it must have "
                             f"{self.patch[0]} x {self.patch[1]} x {self.channels} channels")
        height, width = (*x[2:], 1, 1)[:2]
        plane = (height * self.patch[1], width * self.patch[0])
        if plane != (param.new_height, param.new_width):
            raise spec.error("patch_reshape_param", f"has new_height {param.new_height} and "
                             f"new_width {param.new_width}; the patches make {plane[0]} x "
                             f"{plane[1]}")

    def forward(self, x: Tensor) -> Tensor:
        height, width = (*x.shape[2:], 1, 1)[:2]
        parts = x.reshape(len(x), *self.patch, self.channels, height, width)
        plane = (height * self.patch[1], width * self.patch[0])
        return parts.permute(0, 3, 4, 2, 5, 1).reshape(len(x), self.channels, *plane)

    def to_onnx(self, graph: OnnxGraph, bottoms: Names) -> Names:
        param = self.spec.proto.patch_reshape_param
        width, height = self.patch
        rows, columns = param.new_height // height, param.new_width // width
        parts = graph.reshape(bottoms[0], [0, width, height, self.channels, rows, columns])
        parts = graph.add("Transpose", parts, perm=[0, 3, 4, 2, 5, 1])
        return [graph.reshape(parts, [0, self.channels, param.new_height, param.new_width])]
