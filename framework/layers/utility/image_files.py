"""ImageOutput: the items of a blob as PNG files."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import check_four_axes, honour
from framework.proto import enum_name
from framework.system.arrays import Array
from framework.system.atomic import write_file


@layer
class ImageOutput(Layer):
    """Write each item of x to a PNG file, whose levels are floor(256 v) from 0 to 255.

    Bottom: x (N, C, H, W). No tops.
    SCALE:  v = scale * x + offset. AutoSCALE: v is 0 at the item's least value and 1 at its
            largest.
    Three channels are blue, green and red of one image; of other numbers, and with
    `force_slice_channels`, each channel is a file of its own. The name is output_prefix, the
    number of the forward from 1 on in `print_iter` digits and "-" if that is above 0, the number
    of the item over all forwards, from base_idx on, in `filename_padding` digits, "-" and the
    channel if there are several files, ".png". It cannot be part of a compiled or exported graph:
    writing a file breaks it.
    Errors: SpecError for less or more than 4 axes; CaffeError if a file cannot be written.
    Source: ImageOutputParameter; image_output_layer.cpp and io.cpp of YutingZhang/caffe-recon-dec.
    """

    num_tops = (0, 0)
    no_onnx_form = "it writes a file, which no runtime does"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        honour(spec, "image_output_param", "output_prefix base_idx filename_padding print_iter "
               "normalization scale offset force_slice_channels")
        check_four_axes(spec, x)
        self.param = spec.proto.image_output_param
        self.stretches = enum_name(self.param, "normalization") == "AutoSCALE"
        self.num_forwards = 0
        self.num_items = self.param.base_idx

    @uncompiled
    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        if x.is_meta:
            return ()
        self.num_forwards += 1
        for item in x.detach().float().cpu().numpy():
            self._write(self._levels(item))
            self.num_items += 1
        return ()

    def _levels(self, item: Array) -> Array:
        """The levels (C, H, W) of an item (C, H, W)."""
        if self.stretches:
            least = item.min()
            item = (item - least) / (item.max() - least or 1)
        else:
            item = self.param.scale * item + self.param.offset
        return np.clip(np.floor(item * 256), 0, 255).astype(np.uint8)

    def _write(self, levels: Array) -> None:
        param = self.param
        forward = f"{self.num_forwards:0{param.print_iter}d}-" if param.print_iter else ""
        name = f"{param.output_prefix}{forward}{self.num_items:0{param.filename_padding}d}"
        images = list(levels)
        if len(levels) == 3 and not param.force_slice_channels:
            images = [np.ascontiguousarray(levels.transpose(1, 2, 0))]
        digits = math.ceil(math.log(len(images) + 1))
        for index, image in enumerate(images):
            part = f"-{index:0{digits}d}" if len(images) > 1 else ""
            path = Path(f"{name}{part}.png")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, cv2.imencode(".png", image)[1].tobytes())
