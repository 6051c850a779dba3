"""A convolution with its weights in the order that its arithmetic reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.execution.winograd import Winograd, pays
from framework.layers.base import Layer
from framework.layers.vision.convolution import Geometry


class Packed:
    """A convolution of x (N, C, H, W), float32 on a CPU, and a ReLU behind it if there is one.

    3 x 3 filters run as `Winograd` on sizes for which that `pays`, the others in oneDNN with
    channels last. Tops have channels last.

    layers  those whose blobs it was made from: `is_current` says whether they are the same and
            were not written to since, as far as autograd's counters tell
    """

    def __init__(self, weight: Tensor, bias: Tensor | None, at: Geometry, relu: bool,
                 layers: Sequence[Layer]):
        self.weight, self.bias, self.at, self.relu = weight.detach(), bias, at, relu
        self.sources = [(_place(layer, name), name, blob, _version(blob)) for layer in layers
                        for name, blob in zip(layer.blob_names, layer.blobs, strict=True)]
        self.geometry = (list(at.pad), list(at.stride), list(at.dilation), at.group)
        self.onednn = torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
        self.reordered: Tensor | None = None
        self.winograd: Winograd | None = None
        self.has_tiles = (at.kernel == (3, 3) and at.stride == at.dilation == (1, 1)
                          and at.group == 1)

    def is_current(self) -> bool:
        for place, name, blob, version in self.sources:
            if place.get(name) is not blob or (version >= 0 and blob._version != version):
                return False
        return True

    def __call__(self, x: Tensor) -> Tensor:
        if self.has_tiles and self._pays(x):
            return self._tiled(x)
        y = self._direct(channels_last(x))
        return y.relu_() if self.relu else y        # this memory is ours: nobody has seen it

    def added(self, x: Tensor, other: Tensor) -> Tensor:
        """The convolution's top and other, which has its shape, in new memory. No ReLU."""
        if self.has_tiles and self._pays(x):
            return self._tiled(x).add_(other)
        return self._direct(channels_last(x), channels_last(other))

    def _tiled(self, x: Tensor) -> Tensor:
        if self.winograd is None:
            self.winograd = Winograd(self.weight, self.bias, self.at.pad, self.relu)
        return self.winograd(x)

    def _pays(self, x: Tensor) -> bool:
        (batch, channels, height, width), (pad_h, pad_w) = x.shape, self.at.pad
        tops = batch, height + 2 * pad_h - 2, width + 2 * pad_w - 2
        return pays(channels, self.at.num_output, tops, torch.get_num_threads())

    def _direct(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        weight, at = self.reordered, self.at
        if weight is None:
            weight = self.weight.contiguous(memory_format=torch.channels_last)
            if self.onednn:
                weight = torch.ops.mkldnn._reorder_convolution_weight(
                    weight, *self.geometry, list(x.shape))
            self.reordered = weight
        if not self.onednn:
            y = F.conv2d(x, weight, self.bias, at.stride, at.pad, at.dilation, at.group)
            return y if other is None else y.add_(other)
        made: Tensor            # its own ReLU is not used: it turns NaN into 0
        if other is None:
            made = torch.ops.mkldnn._convolution_pointwise(
                x, weight, self.bias, *self.geometry, "none", [], "")
        else:
            made = torch.ops.mkldnn._convolution_pointwise.binary(
                x, other, weight, self.bias, *self.geometry, "add", None, None, [], None)
        return made


def channels_last(x: Tensor) -> Tensor:
    """x (N, C, H, W) with the channels of a pixel side by side; torch's copy is slow for few."""
    if x.shape[1] > 4 or not x.is_contiguous() or x.is_contiguous(
            memory_format=torch.channels_last):
        return x.contiguous(memory_format=torch.channels_last)
    # lazy: numba costs 0.2 s
    from framework.execution.winograd_loops import interleave
    batch, channels, height, width = x.shape
    y = torch.empty(batch, height * width, channels)
    interleave(x.detach().view(batch, channels, -1).numpy(), y.numpy())
    return y.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _place(layer: Layer, name: str) -> dict[str, Any]:      # Any: a module's fields
    """The dict in which the layer has the blob: looking there is a tenth of nn.Module's way."""
    for place in (layer._parameters, layer._buffers):
        if name in place:
            return place
    return layer.__dict__


def _version(blob: Tensor) -> int:
    """How often it was written to; -1 where nobody counts."""
    return -1 if blob.is_inference() else blob._version


def must_run_singly(layers: Sequence[Layer], *bottoms: Tensor) -> bool:
    """Whether the layers must run one by one: with gradients, hooks, or bottoms not `is_plain`."""
    return torch.is_grad_enabled() or has_hooks(layers) or not all(map(is_plain, bottoms))


def has_hooks(layers: Sequence[Layer]) -> bool:
    """Whether somebody looks at what goes into one of the layers, or comes out."""
    return any(layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks
               or layer._backward_pre_hooks for layer in layers)


def is_plain(x: Tensor) -> bool:
    """float32 on a CPU, with no other precision asked for, and nobody writing down the graph."""
    return (x.dtype == torch.float32 and x.device.type == "cpu" and x.dim() == 4
            and x.numel() > 0 and not torch.is_autocast_enabled("cpu")
            and not torch.jit.is_tracing())
