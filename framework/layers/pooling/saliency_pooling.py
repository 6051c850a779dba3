"""SaliencyPooling: average pooling of what is salient."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour


@layer
class SaliencyPooling(Layer):
    """Average pooling, 0 in windows that a saliency map leaves out.

    Bottoms: x (N, C, H, W); the saliency map (N, C, H, W), which gets no gradient.
    Top:     (N, C, h, w), sizes rounded up: the mean of a window's cells inside of the bottom, or
             0 if its saliencies sum to 0.
    The gradient is the original's: that of average pooling, also where the top is 0.
    Errors:  SpecError for a kernel_size or stride of 0, a stride above the kernel (a window could
             be empty), a kernel above the bottom, or shapes that differ.
    Source:  SaliencyPoolingParameter, which has no defaults: both sizes must be given;
             saliency_pooling_layer.cu of montoyaobeso/bvlc-caffe, commit ae2d04c, the one of its
             versions that averages (others take maxima, or weigh by the map); Montoya Obeso et
             al. 2018.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (1,)
    no_onnx_form = "no operator of ONNX leaves out windows by a map"

    def __init__(self, spec: LayerSpec, x: Shape, saliency: Shape):
        super().__init__(spec)
        name = "saliency_pooling_param"
        honour(spec, name, "kernel_size stride")
        param = spec.proto.saliency_pooling_param
        self.kernel = param.kernel_size
        self.stride = param.stride
        if len(x) != 4 or tuple(x) != tuple(saliency):
            raise spec.error("bottom", f"has the shapes {tuple(x)} and {tuple(saliency)}; both "
                             "must be (N, C, H, W)")
        if not 0 < self.kernel <= min(x[2:]):
            raise spec.error(f"{name}.kernel_size", f"is {self.kernel}; it must be from 1 to "
                             f"{min(x[2:])}")
        if not 0 < self.stride <= self.kernel:
            raise spec.error(f"{name}.stride", f"is {self.stride}; it must be from 1 to "
                             f"kernel_size, {self.kernel}")

    def forward(self, x: Tensor, saliency: Tensor) -> Tensor:
        mean = self._pool(x)
        salient = self._pool(saliency.detach()) != 0
        return mean - mean.detach().where(~salient, 0)

    def _pool(self, x: Tensor) -> Tensor:
        top: Tensor = F.avg_pool2d(x, self.kernel, self.stride, ceil_mode=True)
        return top
