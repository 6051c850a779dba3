"""AttPooling: weighted sums of a map's cells, with weights from a second bottom (PiCANet)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.onnx_reasons import UNWRITTEN
from framework.layers.params import LARGEST_STEP, honour, within
from framework.proto import enum_name, has_field


@layer("PwAttend")
@layer
class AttPooling(Layer):
    """Attention pooling: sums of a map's cells, weighted for each position by an attention map.

    Bottoms: x (N, C, H, W); attention (N, kernel_size^2, h, w).
    Top:     (N, C, h, w). LOCAL: at each position the sum over the window of a convolution there,
             each cell times its attention. GLOBAL: the sum over one window, which covers x, for
             each position of the attention.
    Errors:  SpecError for LOCAL windows that are not h x w, or without kernel_size; for GLOBAL with
             a stride, a map that is not square, or more than one window; for an attention of other
             channels or items.
    PwAttend is its name in examples of the project, whose fields and shapes fit; code of that name
    is not public.
    Source:  AttPoolingParameter; att_pooling_layer.cpp and .cu of nian-liu/PiCANet; Liu et al.
             2018.
    """

    reads = ("att_pooling_param", "pw_attend_param")
    num_bottoms = (2, 2)
    no_onnx_form = UNWRITTEN

    def __init__(self, spec: LayerSpec, x: Shape, attention: Shape):
        super().__init__(spec)
        field = {"PwAttend": "pw_attend_param"}.get(spec.type, "att_pooling_param")
        honour(spec, field, "att_mode pad kernel_size stride dilation")
        param = getattr(spec.proto, field)
        if len(x) != 4 or len(attention) != 4 or x[0] != attention[0]:
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(attention)}; they "
                             "must be (N, C, H, W) and (N, K, h, w)")
        self.is_global = enum_name(param, "att_mode") == "GLOBAL"
        if not self.is_global and not has_field(param, "kernel_size"):
            raise spec.error(f"{field}.kernel_size", "is missing; a LOCAL att_mode takes it")
        if self.is_global and (param.stride != 1 or x[2] != x[3]):
            raise spec.error(f"{field}.att_mode", f"is GLOBAL with a stride of {param.stride} and "
                             f"a map of {x[2]} x {x[3]}; the stride must be 1 and the map square")
        self.kernel = param.kernel_size if has_field(param, "kernel_size") else x[3]
        self.pad, self.stride, self.dilation = param.pad, param.stride, param.dilation
        for name, least in (("pad", 0), ("stride", 1), ("dilation", 1)):
            within(spec, f"{field}.{name}", (getattr(param, name),), least, LARGEST_STEP)
        within(spec, f"{field}.kernel_size", (self.kernel,), 1, LARGEST_STEP)
        extent = self.dilation * (self.kernel - 1) + 1
        windows = tuple((size + 2 * self.pad - extent) // self.stride + 1 for size in x[2:])
        wanted = (1, 1) if self.is_global else tuple(attention[2:])
        if windows != wanted:
            raise spec.error(f"{field}.kernel_size", f"makes {windows[0]} x {windows[1]} windows; "
                             f"there must be {wanted[0]} x {wanted[1]}")
        if attention[1] != self.kernel**2:
            raise spec.error("bottom[1]", f"has {attention[1]} channels; there must be one for "
                             f"each of {self.kernel} x {self.kernel} cells of a window")

    def forward(self, x: Tensor, attention: Tensor) -> Tensor:
        cells = F.unfold(x, self.kernel, self.dilation, self.pad, self.stride)
        cells = cells.reshape(*x.shape[:2], self.kernel**2, cells.shape[2])
        weights = attention.flatten(2)
        if self.is_global:
            top = cells[..., 0] @ weights
        else:
            top = (cells * weights[:, None]).sum(2)
        return top.reshape(*x.shape[:2], *attention.shape[2:])
