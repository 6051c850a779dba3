"""DataRandTransform: images that are normalized, turned, blurred and brightened at random."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer
from framework.layers.params import LARGEST_STEP, within

FIXED = 1024                    # OpenCV's parts of a pixel in warpAffine
# OpenCV's Gaussian kernels without a deviation, until 4.x added one of 9
SMALL_KERNELS = {1: (1.0,), 3: (0.25, 0.5, 0.25), 5: (0.0625, 0.25, 0.375, 0.25, 0.0625),
                 7: (0.03125, 0.109375, 0.21875, 0.28125, 0.21875, 0.109375, 0.03125)}


@layer
class DataRandTransform(Layer):
    """Random transformation of images, in TRAIN and TEST: by default none.

    Bottom: images (N, C, H, W), C at most 3. No gradient.
    Top:    the same shape. For each image, in this order:
            apply_normalization: (x - mean) / deviation of each channel;
            apply_mirroring: with the chance prob_mirroring the image turned by half, y[h, w] =
            x[H - h, W - w], whose first row and column are grey;
            apply_rot: turned by rot_min to rot_max degrees around (W / 2, H / 2), rounded down, by
            the nearest pixel, grey from outside;
            apply_blur: Gaussian of blur_size pixels and a deviation of 0 to blur_max_var;
            apply_contrast_brightness: times 1 - alpha_c to 1 + alpha_c, plus -beta_c to beta_c.
            Grey is 0.5, or 0 with apply_normalization.
    Errors: SpecError for more channels, which the original writes outside of its image, and an
            even blur_size.
    Source: datarandtransform_layer.cpp of naibaf7/caffe (ce506c81, April 2015), whose nets are in
            naibaf7/caffe_neural_models; OpenCV's remap, warpAffine and GaussianBlur.
    """

    fork_fields = frozenset(["apply_normalization", "apply_mirroring", "prob_mirroring",
                             "apply_rot", "rot_min", "rot_max", "apply_blur", "blur_size",
                             "blur_max_var", "apply_contrast_brightness", "alpha_c", "beta_c"])
    no_gradient_bottoms = (0,)
    keeps_shape = True
    needs_float32 = True
    no_onnx_form = "it changes images at random"

    def __init__(self, spec: LayerSpec, x: Shape):
        super().__init__(spec)
        proto = spec.proto
        if len(x) != 4 or x[1] > 3:
            raise spec.error("bottom", f"has the shape {tuple(x)}; DataRandTransform takes "
                             "(N, C, H, W) of at most 3 channels")
        self.normalizes = proto.apply_normalization
        self.mirrors = proto.apply_mirroring
        self.chance = proto.prob_mirroring
        self.turns = proto.apply_rot
        self.angles = proto.rot_min, proto.rot_max
        self.blurs = proto.apply_blur
        self.blur_size = proto.blur_size
        self.deviation = proto.blur_max_var
        self.brightens = proto.apply_contrast_brightness
        self.contrast, self.brightness = proto.alpha_c, proto.beta_c
        if self.blurs:
            within(spec, "blur_size", (self.blur_size,), 1, LARGEST_STEP)
        if self.blurs and self.blur_size % 2 == 0:
            raise spec.error("blur_size", f"is {self.blur_size}; it must be odd")
        self.grey = 0.0 if self.normalizes else 0.5

    def forward(self, x: Tensor) -> Tensor:
        x = x.detach()
        if self.normalizes:
            mean = x.mean((2, 3), keepdim=True)
            x = (x - mean) / (x - mean).square().mean((2, 3), keepdim=True).sqrt()
        if self.mirrors:
            chosen = _draws(x) < self.chance
            x = torch.where(chosen[:, None, None, None], half_turned(x, self.grey), x)
        if self.turns:
            low, high = self.angles
            x = turned(x, low + (high - low) * _draws(x), self.grey)
        if self.blurs:
            x = blurred(x, self.blur_size, self.deviation * _draws(x))
        if self.brightens:
            factor = 1 - self.contrast + 2 * self.contrast * _draws(x)
            summand = 2 * self.brightness * _draws(x) - self.brightness
            x = factor[:, None, None, None] * x + summand[:, None, None, None]
        return x.clone()


def _draws(x: Tensor) -> Tensor:
    """A number from 0 to 1 for each image."""
    return torch.rand(len(x), dtype=x.dtype, device=x.device)


def half_turned(x: Tensor, grey: float) -> Tensor:
    """y[h, w] = x[H - h, W - w]; grey where that is outside."""
    return F.pad(x[:, :, 1:, 1:].flip(2, 3), (1, 0, 1, 0), value=grey)


def turned(x: Tensor, degrees: Tensor, grey: float) -> Tensor:
    """Images turned by `degrees` (N,), each pixel from the nearest one of the image.

    Source: getRotationMatrix2D and warpAffine with WARP_INVERSE_MAP alone, which is INTER_NEAREST,
    in OpenCV: positions are whole 1024ths of a pixel.
    """
    height, width = x.shape[2:]
    angle = degrees.double() * (math.pi / 180)
    cosine, sine = angle.cos()[:, None, None], angle.sin()[:, None, None]
    across, down = width // 2, height // 2
    columns = torch.arange(width, device=x.device, dtype=torch.float64)
    rows = torch.arange(height, device=x.device, dtype=torch.float64)[:, None]
    start_x = (1 - cosine) * across - sine * down
    start_y = sine * across + (1 - cosine) * down
    from_x = _whole(cosine * columns) + _whole(sine * rows + start_x)
    from_y = _whole(-sine * columns) + _whole(cosine * rows + start_y)
    column = torch.div(from_x + FIXED // 2, FIXED, rounding_mode="floor").long()
    row = torch.div(from_y + FIXED // 2, FIXED, rounding_mode="floor").long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    places = row.clamp(0, height - 1) * width + column.clamp(0, width - 1)
    flat = places.flatten(1)[:, None].expand(-1, x.shape[1], -1)
    found = x.flatten(2).gather(2, flat).view_as(x)
    return torch.where(inside[:, None], found, grey)


def _whole(position: Tensor) -> Tensor:
    return (position * FIXED).round()


def blurred(x: Tensor, size: int, deviations: Tensor) -> Tensor:
    """Images blurred by Gaussians of `size` pixels and deviations (N,); borders are mirrored
    without the border pixel itself. Source: GaussianBlur and getGaussianKernel in OpenCV."""
    kernels = gaussian_kernels(size, deviations)
    for axis in (2, 3):
        length = x.shape[axis]
        places = torch.arange(length, device=x.device)[:, None] \
            + torch.arange(size, device=x.device) - size // 2
        period = max(2 * length - 2, 1)
        places = places % period
        places = torch.minimum(places, period - places).clamp(max=length - 1)
        taken = x.index_select(axis, places.flatten()).unflatten(axis, places.shape)
        shape: Sequence[int] = [len(x), 1, 1, size, 1] if axis == 2 else [len(x), 1, 1, 1, size]
        x = (taken * kernels.view(shape)).sum(axis + 1)
    return x


def gaussian_kernels(size: int, deviations: Tensor) -> Tensor:
    """Kernels (N, size) whose sum is 1; OpenCV's own one for a deviation of 0."""
    places = torch.arange(size, device=deviations.device, dtype=deviations.dtype)
    usual = 0.3 * ((size - 1) * 0.5 - 1) + 0.8
    own = torch.where(deviations > 0, deviations, usual)
    values = (-0.5 * ((places - (size - 1) / 2) / own[:, None]).square()).exp()
    values = values / values.sum(1, keepdim=True)
    if size not in SMALL_KERNELS:
        return values
    return torch.where(deviations[:, None] > 0, values, values.new_tensor(SMALL_KERNELS[size]))
