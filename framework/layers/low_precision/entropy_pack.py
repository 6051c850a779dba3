"""Codes and the codes before them, as training data of an entropy coder (EntropyPack)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import honour, within

NEARLY = 0.001      # added to the kept item before it is cut to a whole number
KEPT = 0.5          # importance from which on a code has a context
MOST = 1 << 12      # largest kernel, channels or samples


@layer
class EntropyPack(Layer):
    """The context of each code of a learned compression: the codes before it in raster order.

    Bottoms: codes (N, C, H, W); if wanted the importance of each, in the same shape.
    Tops:    contexts (samples * C * H * W, channels, kernel, kernel) of the codes of `samples`
             items: the code at (c + i - channels + 1, y + j - kernel / 2, x + k - kernel / 2) plus
             1, of the last channel only those before the middle; 0 outside of the map, where the
             importance is not above 0, and all of it for a code of importance below 0.5. Targets
             (samples * C * H * W, 1, 1, 1): each code plus its importance, or plus 1.
    Blob:    the item to begin with (1, 1, 1, 1), which is not learned; each forward moves it on by
             `samples`, around the N items.
    The gradient of the contexts goes to the codes, that of the targets nowhere.
    Errors:  SpecError for fields below 1, and samples that do not divide N.
    Source:  EntropyPackParameter; entropy_pack_layer.cpp of satchelwu/my_caffe; Li et al. 2018.
    """

    num_bottoms = (1, 2)
    num_tops = (2, 2)
    no_gradient_bottoms = (1,)
    needs_float32 = True
    no_onnx_form = "it makes training data of an entropy coder"
    blobs_learn = (False,)
    first: Tensor

    def __init__(self, spec: LayerSpec, codes: Shape, *importance: Shape):
        super().__init__(spec)
        honour(spec, "entropy_pack_param", "kernel channels samples")
        param = spec.proto.entropy_pack_param
        for field in ("kernel", "channels", "samples"):
            within(spec, f"entropy_pack_param.{field}", (getattr(param, field),), 1, MOST)
        self.kernel = param.kernel
        self.channels = param.channels
        self.samples = param.samples
        if len(codes) != 4 or any(tuple(shape) != tuple(codes) for shape in importance):
            raise spec.error("bottom", f"has the shapes {[tuple(codes), *map(tuple, importance)]}; "
                             "codes and importance must be (N, C, H, W), alike")
        if codes[0] % self.samples:
            raise spec.error("entropy_pack_param.samples", f"is {self.samples}; it must divide the "
                             f"{codes[0]} items of '{spec.bottoms[0]}'")
        self.add_blob("first", (1, 1, 1, 1), learned=False)

    def forward(self, codes: Tensor, *importance: Tensor) -> tuple[Tensor, ...]:
        items = self._items(codes)
        chosen = codes.index_select(0, items)
        before = self._windows(chosen + 1)
        if not importance:
            return before, (chosen.detach() + 1).reshape(-1, 1, 1, 1)
        worth = importance[0].detach().index_select(0, items)
        known = self._windows((worth > 0).to(codes.dtype)) > 0
        has_context = (worth >= KEPT).reshape(-1, 1, 1, 1)
        before = torch.where(known & has_context, before, 0)
        return before, (chosen.detach() + worth).reshape(-1, 1, 1, 1)

    def _items(self, codes: Tensor) -> Tensor:
        """The items of this forward; the blob moves on to those of the next."""
        num = codes.shape[0]
        first = (self.first.reshape(()) + NEARLY).trunc().long()
        if not (codes.is_meta or self.first.is_meta or torch.compiler.is_exporting()):
            with torch.no_grad():
                self.first.fill_(1).mul_((first + self.samples) % num)
        return (first + torch.arange(self.samples, device=codes.device)) % num

    def _windows(self, x: Tensor) -> Tensor:
        """(S * C * H * W, channels, kernel, kernel): what is before each code, 0 elsewhere."""
        half = self.kernel // 2
        sides = (half, self.kernel - 1 - half)
        padded = F.pad(x, (*sides, *sides, self.channels - 1, 0))
        windows = padded.unfold(1, self.channels, 1).unfold(2, self.kernel, 1)
        windows = windows.unfold(3, self.kernel, 1)
        index = torch.arange(self.kernel * self.kernel, device=x.device)
        before = (index < half * self.kernel + half).reshape(self.kernel, self.kernel)
        return torch.cat([windows[..., :-1, :, :], windows[..., -1:, :, :] * before], 4).reshape(
            -1, self.channels, self.kernel, self.kernel)
