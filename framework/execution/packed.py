"""Prepacked convolution: weights in the memory layout of oneDNN's kernels or of Winograd's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.execution.winograd import Winograd, pays
from framework.layers.base import Layer
from framework.layers.vision.filters import Geometry


class Packed:
    """A convolution of x (N, C, H, W), float32 on a CPU, followed by a ReLU if `relu`.

    3 x 3 filters run as `Winograd` on sizes for which that `pays`, the others in oneDNN with
    channels last. Tops have channels last.

    at      a padding that differs on both sides is added to x before
    layers  those whose blobs it was made from: `is_current` says whether they are the same and
            were not written to since, as far as autograd's counters tell
    """

    # The packed copies are made at the first forward and reused as long as `is_current`: each
    # blob must be the same object, and its `_version`, which autograd raises at every in-place
    # write, unchanged. Writes through `.data` or numpy do not raise it.

    def __init__(self, weight: Tensor, bias: Tensor | None, at: Geometry, relu: bool,
                 layers: Sequence[Layer]):
        self.weight = weight.detach()
        self.bias = bias
        self.outer = at
        self.at = at = at.inner
        self.relu = relu
        self.sources = [(_holder(layer, name), name, blob, _version(blob)) for layer in layers
                        for name, blob in zip(layer.blob_names, layer.blobs, strict=True)]
        self.geometry = (list(at.pad), list(at.stride), list(at.dilation), at.group)
        self.onednn = torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
        self.reordered: Tensor | None = None
        self.winograd: Winograd | None = None
        self.has_tiles = (at.kernel == (3, 3) and at.stride == at.dilation == (1, 1)
                          and at.group == 1)

    def is_current(self) -> bool:
        """Whether the blobs are still those that were packed."""
        for holder, name, blob, version in self.sources:
            found = holder.get(name)
            if not (found is blob or _is_same_view(found, blob)) \
                    or (version >= 0 and blob._version != version):
                return False
        return True

    def __call__(self, x: Tensor) -> Tensor:
        x = self.outer.padded(x)
        if self.has_tiles and self._pays(x):
            return self._tiled(x)
        y = self._direct(channels_last(x))
        return y.relu_() if self.relu else y        # in place: y is new, and not referenced yet

    def added(self, x: Tensor, other: Tensor) -> Tensor:
        """The convolution's top and other, which has its shape, in new memory. No ReLU."""
        x = self.outer.padded(x)
        if self.has_tiles and self._pays(x):
            return self._tiled(x).add_(other)
        return self._direct(channels_last(x), channels_last(other))

    def _tiled(self, x: Tensor) -> Tensor:
        if self.winograd is None:
            self.winograd = Winograd(self.weight, self.bias, self.at.pad, self.relu)
        return self.winograd(x)

    def _pays(self, x: Tensor) -> bool:
        batch, channels, height, width = x.shape
        pad_h, pad_w = self.at.pad
        tops = batch, height + 2 * pad_h - 2, width + 2 * pad_w - 2
        return pays(channels, self.at.num_output, tops, torch.get_num_threads())

    def _direct(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        at = self.at
        weight = self.reordered
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
    """x (N, C, H, W) in the memory format channels_last; by a compiled loop for few channels."""
    is_last = x.is_contiguous(memory_format=torch.channels_last)
    if x.shape[1] > 4 or not x.is_contiguous() or is_last:
        return x.contiguous(memory_format=torch.channels_last)
    # torch's copy is slow for few channels
    # lazy: numba costs 0.2 s
    from framework.execution.winograd_loops import interleave
    batch, channels, height, width = x.shape
    y = torch.empty(batch, height * width, channels)
    interleave(x.detach().view(batch, channels, -1).numpy(), y.numpy())
    return y.view(batch, height, width, channels).permute(0, 3, 1, 2)


def _holder(layer: Layer, name: str) -> dict[str, Any]:      # Any: a module's fields
    """The dict in which the layer has the blob: ten times faster than nn.Module.__getattr__."""
    for holder in (layer._parameters, layer._buffers):
        if name in holder:
            return holder
    return layer.__dict__


def _is_same_view(found: object, blob: Tensor) -> bool:
    """Whether two views are of the same values: a net makes those of shared blobs anew at every
    forward. `blob` is kept, so that nothing else can have its address."""
    return (isinstance(found, Tensor) and found._is_view() and blob._is_view()
            and found.data_ptr() == blob.data_ptr() and found.shape == blob.shape
            and found.dtype == blob.dtype and _version(found) == _version(blob))


def _version(blob: Tensor) -> int:
    """Autograd's count of in-place writes; -1 for inference tensors, which are not counted."""
    return -1 if blob.is_inference() else blob._version


def must_run_singly(layers: Sequence[Layer], *bottoms: Tensor) -> bool:
    """Whether the layers must run one by one: with gradients, hooks, or bottoms not `is_plain`."""
    return torch.is_grad_enabled() or has_hooks(layers) or not all(map(is_plain, bottoms))


def has_hooks(layers: Sequence[Layer]) -> bool:
    """Whether a layer has hooks, which must see its own bottoms, tops or gradients."""
    return any(layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks
               or layer._backward_pre_hooks for layer in layers)


def is_plain(x: Tensor) -> bool:
    """Whether x is (N, C, H, W) in float32 on a CPU, without autocast or tracing."""
    return (x.dtype == torch.float32 and x.device.type == "cpu" and x.dim() == 4
            and x.numel() > 0 and not torch.is_autocast_enabled("cpu")
            and not torch.jit.is_tracing())
