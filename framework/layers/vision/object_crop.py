"""ProposalCrop: crop each image to the region whose features differ most from the others."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import LARGEST_STEP, honour, within
from framework.system.arrays import Array

STEPS = 10          # of the random walk
WIDTH = 0.15        # of the Gaussian around a cell, in parts of the map


@layer
class ProposalCrop(Layer):
    """Crop images to the object that a random walk over feature maps finds (graph saliency).

    Bottoms: images (N, 3, H, H), blue, green and red less mean_value1 to 3; maps (N, C, S, S).
    Top:     (N, 3, out_size, out_size): the crops, resized as bytes, less the mean values.
    From each cell of a map the walk goes to others by how much their features differ, times a
    Gaussian of their distance, 0.15 S wide; after ten steps a cell's share is its saliency. As
    bytes of the size of the image, cut at their mean, it has regions, of the largest of which the
    bounding box becomes a square of its mean side, as far as it is in the image. Without any region
    the whole image counts, where the original ends. No gradient.
    Runs on the CPU: it breaks a compiled graph and cannot be exported.
    Errors:  SpecError for bottoms of other shapes.
    Source:  ProposalCropParameter; proposal_crop_layer.cpp of
             chenbinghui1/Hybrid-Attention-based-Decoupled-Metric-Learning; OpenCV's resize,
             threshold and findContours.
    """

    num_bottoms = (2, 2)
    no_gradient_bottoms = (0, 1)
    no_onnx_form = "it looks for regions of pixels"

    def __init__(self, spec: LayerSpec, images: Shape, maps: Shape):
        super().__init__(spec)
        honour(spec, "proposal_crop_param", "out_size mean_value1 mean_value2 mean_value3")
        param = spec.proto.proposal_crop_param
        if len(images) != 4 or images[1] != 3 or images[2] != images[3]:
            raise spec.error("bottom[0]", f"has the shape {tuple(images)}; it must be (N, 3, H, H)")
        if len(maps) != 4 or maps[0] != images[0] or maps[2] != maps[3]:
            raise spec.error("bottom[1]", f"has the shape {tuple(maps)}; it must be "
                             f"({images[0]}, C, S, S)")
        self.size, = within(spec, "proposal_crop_param.out_size", (param.out_size,), 1,
                            LARGEST_STEP)
        self.means = np.array([param.mean_value1, param.mean_value2, param.mean_value3],
                              np.float32)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [(bottoms[0][0], 3, self.size, self.size)]

    @uncompiled
    def forward(self, images: Tensor, maps: Tensor) -> Tensor:
        pixels = images.detach().cpu().float().permute(0, 2, 3, 1).numpy() + self.means
        values = maps.detach().cpu().float().numpy()
        crops = []
        for image, features in zip(pixels, values, strict=True):
            image = np.ascontiguousarray(np.nan_to_num(image).clip(0, 255).astype(np.uint8))
            x, y, width, height = region(saliency(features), image.shape[0])
            crop = cv2.resize(image[y:y + height, x:x + width], (self.size,) * 2,
                              interpolation=cv2.INTER_LINEAR)
            crops.append((crop.astype(np.float32) - self.means).transpose(2, 0, 1))
        return torch.from_numpy(np.stack(crops)).to(images)


@np.errstate(over="ignore", invalid="ignore")
def saliency(features: Array) -> Array:
    """How often the walk is at each cell (S, S) of a map (C, S, S); NaN of a map with one."""
    size = features.shape[1]
    rows = features.reshape(features.shape[0], -1).T
    squares = (rows * rows).sum(1)
    apart = np.sqrt((squares[:, None] + squares - 2 * rows @ rows.T).clip(min=0))
    cells = np.indices((size, size)).reshape(2, -1)
    far = ((cells[:, :, None] - cells[:, None]) ** 2).sum(0)
    moves = apart * np.exp(-far / (2 * (WIDTH * size) ** 2))
    np.fill_diagonal(moves, 0)
    moves /= np.maximum(moves.sum(0), np.finfo(np.float32).tiny)
    shares = np.full(size * size, 1 / size**2)
    for _ in range(STEPS):
        shares = moves @ shares
    return np.asarray(shares.reshape(size, size))


def region(shares: Array, size: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of the square around the largest region, in an image of `size`.
    """
    whole = (0, 0, size, size)
    span = shares.max() - shares.min()
    if not span > 0:
        return whole
    levels = (255 * (shares - shares.min()) / span).astype(np.uint8)
    levels = cv2.resize(levels, (size, size), interpolation=cv2.INTER_LINEAR)
    _, mask = cv2.threshold(levels, cv2.mean(levels)[0], 255, cv2.THRESH_BINARY)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    areas = [cv2.contourArea(contour) for contour in contours]
    if not areas or max(areas) <= 0:
        return whole
    x, y, width, height = cv2.boundingRect(contours[int(np.argmax(areas))])
    x, y = x + round((width - height) / 4), y + round((height - width) / 4)
    side = round((width + height) / 2)
    left, top = max(x, 0), max(y, 0)
    return left, top, min(x + side, size) - left, min(y + side, size) - top
