"""Examples of types for an FPGA and of single papers' forks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NOT_DERIVATIVE,
    Example,
    of_sample,
)
from tests.support import noise

IMAGES = (3,)
FPGA = (
    of_sample("HWCN"), Example("HWCN", "convert_to: false", ((5, 4, 3, 2),)),
    of_sample("CPFPConversion", without={
        "gradient": NOT_DERIVATIVE + "it is that of exact numbers", **AFTER_ROUNDING}),
    of_sample("OCLCRHWCN", blobs=((6, 3, 3, 3), (6,)), grows=IMAGES),
    of_sample("OCLPoolingHWCN", grows=IMAGES),
    of_sample("OCLHWCNInnerProduct", blobs=((6, 60), (6,)), grows=IMAGES),
    of_sample("AxisPad", grows=(0, 1, 3)),
)
PERSONS = torch.tensor([1, 1, 1, 2, 1, 3, 4, 4, 4, 5, 4, 6], dtype=torch.float64)
TRUTH = torch.tensor([[20, 30, 120, 190, 2, 200, 100, 380, 300, 0, 90, 210, 170, 330, 1],
                      [150, 40, 330, 180, 1, *[-1] * 10]], dtype=torch.float64)
CELLS = (noise(2, 24, 3).detach().softmax(2).requires_grad_(),
         noise(2, 3, 4, 2, seed=2).detach().sigmoid().requires_grad_(),
         (noise(2, 3, 4, 8, seed=3).detach() / 4).requires_grad_(), TRUTH.reshape(2, 15, 1, 1))
EXAMPLES = (
    *FPGA,
    of_sample("CirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("SkewcirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("PS", grows=(0, 3), without={
        "gradient": NOT_DERIVATIVE + "it has none of the last part"}),
    of_sample("P2SLoss", bottoms=((12, 5), PERSONS), grows=(), without={
        "gradient": NOT_DERIVATIVE + "a drawn row gets a part of it only", **DRAWS,
        **AFTER_ROUNDING}),
    of_sample("SqueezeDetLoss", bottoms=CELLS, grows=(), without={
        "gradient": NOT_DERIVATIVE + "that of a class lacks its factors", **AFTER_ROUNDING}),
)
