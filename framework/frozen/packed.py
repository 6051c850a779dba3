"""A convolution with its weights in the order that its arithmetic reads them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.frozen.winograd import Winograd, pays
from framework.layers.convolution import Geometry


class Packed:
    """A convolution of x (N, C, H, W), float32 on a CPU, and a ReLU behind it if there is one.

    3 x 3 filters run as `Winograd` on sizes for which that `pays`, the others in oneDNN with
    channels last. Tops have channels last.

    blobs   those it was made from: `is_of` says whether they are the same and were not written
            to since, as far as autograd's counters tell
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, at: Geometry, relu: bool,
                 blobs: Sequence[Tensor]):
        self.weight, self.bias, self.at, self.relu = weight.detach(), bias, at, relu
        self.blobs, self.versions = list(blobs), [_version(blob) for blob in blobs]
        self.geometry = (list(at.pad), list(at.stride), list(at.dilation), at.group)
        self.onednn = torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
        self.reordered: Tensor | None = None
        self.winograd: Winograd | None = None
        self.has_tiles = (at.kernel == (3, 3) and at.stride == at.dilation == (1, 1)
                          and at.group == 1)

    def is_of(self, blobs: Sequence[Tensor]) -> bool:
        return all(old is new and _version(new) == version for old, new, version in
                   zip(self.blobs, blobs, self.versions, strict=True))

    def __call__(self, x: Tensor) -> Tensor:
        if self.has_tiles and self._pays(x):
            if self.winograd is None:
                self.winograd = Winograd(self.weight, self.bias, self.at.pad, self.relu)
            return self.winograd(x)
        y = self._direct(x.contiguous(memory_format=torch.channels_last))
        return y.relu_() if self.relu else y        # this memory is ours: nobody has seen it

    def _pays(self, x: Tensor) -> bool:
        (batch, channels, height, width), (pad_h, pad_w) = x.shape, self.at.pad
        tops = batch, height + 2 * pad_h - 2, width + 2 * pad_w - 2
        return pays(channels, self.at.num_output, tops, torch.get_num_threads())

    def _direct(self, x: Tensor) -> Tensor:
        weight, at = self.reordered, self.at
        if weight is None:
            weight = self.weight.contiguous(memory_format=torch.channels_last)
            if self.onednn:
                weight = torch.ops.mkldnn._reorder_convolution_weight(
                    weight, *self.geometry, list(x.shape))
            self.reordered = weight
        if self.onednn:     # its own ReLU is not used: it turns NaN into 0
            made: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x, weight, self.bias, *self.geometry, "none", [], "")
            return made
        return F.conv2d(x, weight, self.bias, at.stride, at.pad, at.dilation, at.group)


def _version(blob: Tensor) -> int:
    return -1 if blob.is_inference() else blob._version
