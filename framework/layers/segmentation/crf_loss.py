"""DenseCRFLoss: energy of a fully connected CRF as a loss without labels."""

from __future__ import annotations

import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.params import check_positive, honour
from framework.ops.losses import GivenSlopes, precise
from framework.ops.permutohedral import LatticeFilter, bilateral_features, make_lattice


@layer
class DenseCRFLoss(Layer):
    """Dense CRF loss (regularized loss of weakly supervised segmentation): minus the agreement of
    each class's shares with themselves, filtered by position and colour.

    Bottoms: image (N, 3, H, W), in levels as the net has it; shares (N, C, H, W) of the classes.
    Top:     the loss (): minus the sum over classes of s . A s, over N. s are a class's shares, 0
             where all levels of a pixel are within -1 ... 1 without the ends, as in the border
             around a small image; A is the Gaussian filter of bi_xy_std pixels and bi_rgb_std
             levels on a permutohedral lattice, not normalised.
    The gradient of the shares is -2 A s over N, 0 in that border: A is taken for symmetric, which
    the lattice is nearly. The image has none. It runs on the CPU, and cannot be part of a compiled
    or exported graph.
    Errors:  SpecError for deviations that are not above 0, or bottoms that do not fit; DataError
             for images of NaN or far-off levels.
    Source:  DenseCRFLossParameter; densecrf_loss_layer.cpp and filterrgbxy.cpp of meng-tang/rloss;
             Tang et al. 2018, On Regularized Losses for Weakly-supervised CNN Segmentation.
    """

    reads = ("densecrf_loss_param",)
    num_bottoms = (2, 2)
    no_gradient_bottoms = (0,)
    no_onnx_form = "ONNX has no operator that filters on a permutohedral lattice"

    def __init__(self, spec: LayerSpec, image: Shape, shares: Shape):
        super().__init__(spec)
        honour(spec, "densecrf_loss_param", "bi_xy_std bi_rgb_std")
        param = spec.proto.densecrf_loss_param
        check_positive(spec, "densecrf_loss_param", "bi_xy_std bi_rgb_std")
        if len(shares) != 4 or tuple(image) != (shares[0], 3, *shares[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(image)} and {tuple(shares)}; they "
                             "must be (N, 3, H, W) and (N, C, H, W)")
        self.deviations = (param.bi_xy_std, param.bi_rgb_std)

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [()]

    @uncompiled
    def forward(self, image: Tensor, shares: Tensor) -> Tensor:
        pixels = image.detach()
        is_inside = (pixels.trunc() != 0).any(1).flatten(1)[:, None]
        values = precise(shares)
        kept = values.detach().flatten(2) * is_inside
        filtered = torch.stack([self._filtered(pixels[item], kept[item])
                                for item in range(len(kept))])
        loss = -(kept * filtered).sum() / len(kept)
        slopes = (filtered * is_inside).reshape(values.shape) * (-2 / len(kept))
        top: Tensor = GivenSlopes.apply(values, slopes, loss)
        return top

    def _filtered(self, image: Tensor, planes: Tensor) -> Tensor:
        """The shares (C, P) of one item, filtered by its image."""
        try:
            lattice = make_lattice(bilateral_features(image, *self.deviations))
        except ValueError as error:
            raise DataError(f"{self.spec.place()}: the levels of the image in blob "
                            f"'{self.spec.bottoms[0]}', over bi_rgb_std, {error}") from None
        result: Tensor = LatticeFilter.apply(planes, lattice)
        return result
