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
EXAMPLES = (
    *FPGA,
    of_sample("CirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("SkewcirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("PS", grows=(0, 3), without={
        "gradient": NOT_DERIVATIVE + "it has none of the last part"}),
    of_sample("P2SLoss", bottoms=((12, 5), PERSONS), grows=(), without={
        "gradient": NOT_DERIVATIVE + "a drawn row gets a part of it only", **DRAWS,
        **AFTER_ROUNDING}),
)
