"""MultiStageMeanfield: the fully connected CRF of CRF-RNN, as iterations of its mean field."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framework.definition.spec import LayerSpec
from framework.errors import DataError
from framework.layers.base import Layer, Shape, layer, uncompiled
from framework.layers.number_files import read_numbers
from framework.layers.params import check_positive, honour, is_set
from framework.ops.losses import precise
from framework.ops.permutohedral import (
    Lattice,
    LatticeFilter,
    bilateral_features,
    make_lattice,
    pixel_positions,
)
from framework.proto import FillerParameter
from framework.system.arrays import Floats

MOST_ITERATIONS = 1000      # CRF-RNN trains with 5 and tests with 10
AU_FIELD = "multi_stage_meanfield_au3_param"
TINY = 1e-20                # beside the filters' norms, as in the original


@layer
@layer("MultiStageMeanfieldAU3")
class MultiStageMeanfield(Layer):
    """Mean-field iterations of a fully connected CRF (CRF-RNN) over the classes of each pixel.

    Bottoms: unary scores (N, C, H, W); the scores to begin with, in the same shape; the image
             (N, 3, H, W), in levels as the net has it.
    Top:     (N, C, H, W), before a softmax. Each iteration takes the softmax of the last scores,
             filters it by position (Gaussian over theta_gamma pixels) and by position and colour
             (theta_alpha pixels, theta_beta levels), each divided by the filter of ones, multiplies
             by the two weight matrices, sums, multiplies by the compatibility matrix and subtracts
             that from the unary scores. The filters are permutohedral lattices.
    Blobs:   spatial weights, bilateral weights, compatibility (1, 1, C, C). At first the diagonals
             of the two are the numbers in the files spatial.par and bilateral.par of the current
             folder, as in the original, or, without such a file, spatial_filter_weight and
             bilateral_filter_weight; or, in the later version, those of the texts
             spatial_filter_weights_str and bilateral_filter_weights_str. The compatibility is
             -1 on its diagonal.
    MultiStageMeanfieldAU3 takes any number of feature maps (N, F, H, W) in place of the image, and
    multi_stage_meanfield_au3_param, without the texts.
    The image has no gradient. It runs on the CPU, and cannot be part of a compiled or exported
    graph.
    Errors:  SpecError for fewer than 2 or more than 1000 iterations, thetas that are not above 0,
             bottoms that do not fit, or a file with too few numbers; DataError for images of NaN
             or far-off levels.
    Source:  MultiStageMeanfieldParameter; multi_stage_meanfield.cpp and meanfield_iteration.cpp of
             torrvision/caffe; multi_stage_meanfield_au3.cpp of ZhiwenShao/ARL, which must have
             both files; Zheng et al. 2015.
    """

    num_bottoms = (3, 3)
    no_gradient_bottoms = (2,)
    no_onnx_form = "ONNX has no operator that filters on a permutohedral lattice"
    blobs_learn = (True, True, True)
    spatial: Tensor
    bilateral: Tensor
    compatibility: Tensor

    def __init__(self, spec: LayerSpec, unary: Shape, start: Shape, image: Shape):
        super().__init__(spec)
        wide = is_set(spec.proto, AU_FIELD)
        self.field = field = AU_FIELD if wide else "multi_stage_meanfield_param"
        texts = "" if wide else "spatial_filter_weights_str bilateral_filter_weights_str"
        honour(spec, field, "theta_alpha theta_beta theta_gamma num_iterations "
               f"spatial_filter_weight bilateral_filter_weight {texts}")
        param = getattr(spec.proto, field)
        if not 2 <= param.num_iterations <= MOST_ITERATIONS:
            bound = "at least 2" if param.num_iterations < 2 else f"at most {MOST_ITERATIONS}"
            raise spec.error(f"{field}.num_iterations", f"is {param.num_iterations}; it must be "
                             f"{bound}")
        check_positive(spec, field, "theta_alpha theta_beta theta_gamma")
        if len(unary) != 4 or tuple(start) != tuple(unary) or len(image) != 4 \
                or tuple(image) != (unary[0], image[1] if wide else 3, *unary[2:]):
            raise spec.error("bottom", f"has the shapes {tuple(unary)}, {tuple(start)} and "
                             f"{tuple(image)}; they must be (N, C, H, W) twice and (N, "
                             f"{'F' if wide else 3}, H, W)")
        self.num_iterations = param.num_iterations
        self.thetas = (param.theta_alpha, param.theta_beta, param.theta_gamma)
        self.channels = unary[1]
        self._given = {"spatial": self._numbers("spatial_filter_weights_str"),
                       "bilateral": self._numbers("bilateral_filter_weights_str")}
        self._by_position: dict[tuple[int, int], tuple[Lattice, Floats]] = {}
        for name in ("spatial", "bilateral", "compatibility"):
            self.add_blob(name, (1, 1, unary[1], unary[1]), FillerParameter(type="constant"))

    def materialise(self, generator: torch.Generator) -> None:
        fresh = [blob.is_meta for blob in self.blobs]
        super().materialise(generator)
        param = getattr(self.spec.proto, self.field)
        diagonals = [self._diagonal("spatial", param.spatial_filter_weight),
                     self._diagonal("bilateral", param.bilateral_filter_weight),
                     torch.full((self.channels,), -1.0)]
        with torch.no_grad():
            for blob, diagonal, is_fresh in zip(self.blobs, diagonals, fresh, strict=True):
                if is_fresh:
                    blob.copy_(torch.diag(diagonal))

    def _numbers(self, name: str) -> Tensor | None:
        """The weights in the field `name`, one for each class; None if it is not given."""
        text = getattr(getattr(self.spec.proto, self.field), name)
        if not text:
            return None
        try:
            numbers = [float(word) for word in text.split()]
        except ValueError:
            numbers = []
        if len(numbers) < self.channels:
            raise self.spec.error(f"{self.field}.{name}", f"is '{text}'; it must be "
                                  f"a number for each of the {self.channels} classes, with blanks "
                                  "between them")
        return torch.tensor(numbers[:self.channels])

    def _diagonal(self, name: str, weight: float) -> Tensor:
        given = self._given[name]
        if given is not None:
            return given
        path = f"{name}.par"
        if not os.path.exists(path):
            return torch.full((self.channels,), weight)
        try:
            return torch.tensor(read_numbers(path, self.channels, "classes"))
        except ValueError as error:
            raise self.spec.error(self.field, f"begins with the weights in '{path}', "
                                  f"{error}") from None

    def multiply_adds(self, bottoms: Any, tops: Any) -> int:  # Any: shapes
        pixels = bottoms[0][0] * bottoms[0][2] * bottoms[0][3]
        return 3 * self.num_iterations * self.channels**2 * pixels

    def top_shapes(self, *bottoms: Shape) -> list[Shape]:
        return [bottoms[0]]

    @uncompiled
    def forward(self, unary: Tensor, start: Tensor, image: Tensor) -> Tensor:
        tops = [self._item(precise(unary[item]).flatten(1), precise(start[item]).flatten(1),
                           image[item].detach()) for item in range(len(unary))]
        return torch.stack(tops).reshape(unary.shape)

    def _item(self, unary: Tensor, scores: Tensor, image: Tensor) -> Tensor:
        """The scores (C, P) of one item after all iterations."""
        filters = [self._spatial(image.shape[1:]), self._bilateral(image)]
        norms = [torch.from_numpy(norm).to(unary) for _, norm in filters]
        spatial, bilateral, compatibility = (blob[0, 0].to(unary.dtype) for blob in self.blobs)
        for _ in range(self.num_iterations):
            share = scores.softmax(0)
            near, alike = (LatticeFilter.apply(share, lattice) * norm
                           for (lattice, _), norm in zip(filters, norms, strict=True))
            scores = unary - compatibility @ (spatial @ near + bilateral @ alike)
        return scores

    def _spatial(self, sizes: torch.Size) -> tuple[Lattice, Floats]:
        """The filter by position and its norm: one for each size of images."""
        height, width = sizes
        if (height, width) not in self._by_position:
            features = pixel_positions(sizes) / self.thetas[2]
            self._by_position = {(height, width): _with_norm(features)}
        return self._by_position[height, width]

    def _bilateral(self, image: Tensor) -> tuple[Lattice, Floats]:
        alpha, beta, _ = self.thetas
        try:
            return _with_norm(bilateral_features(image, alpha, beta))
        except ValueError as error:
            raise DataError(f"{self.spec.place()}: the levels of the image in blob "
                            f"'{self.spec.bottoms[2]}', over theta_beta, {error}") from None


def _with_norm(features: Floats) -> tuple[Lattice, Floats]:
    """A lattice, and one over its filter of ones (P,)."""
    lattice = make_lattice(features.astype(np.float32))
    ones = lattice.filter(np.ones((len(features), 1), np.float32))
    return lattice, (1 / (ones[:, 0] + np.float32(TINY))).astype(np.float32)
