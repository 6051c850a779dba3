"""Examples of types that the census of public nets names; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    of_sample,
    whole,
)
from tests.support import noise

SHORT = {"gradient": NOT_DERIVATIVE + "that of the rounding is left out", **AFTER_ROUNDING}
MEASURED = {**NO_GRADIENT, **AFTER_ROUNDING}

EXAMPLES = (
    of_sample("LRNRistretto", without=SHORT),
    of_sample("SampleTriplet", grows=(), without=MEASURED),
    of_sample("MAE", bottoms=((4, 6), whole(4, below=3)), grows=BATCH, without=MEASURED),
    Example("MAE", "", ((4, 5), whole(4, below=5)), grows=BATCH, without=MEASURED),
    of_sample("PwAttend", grows=BATCH),
    of_sample("DataRandTransform", without={**NO_GRADIENT, **DRAWS}),
    Example("DataRandTransform", "apply_normalization: true", ((2, 3, 9, 7),),
            without=NO_GRADIENT),
    of_sample("SpatialPyramidPooling", grows=BATCH),
    Example("SpatialPyramidPooling", "spatial_pyramid_pooling_param { pool: AVE spatial_bin: 3 } "
            "pooling_param { pool: AVE }", ((2, 3, 13, 9),)),
    of_sample("BernoulliSample", bottoms=(torch.sigmoid(noise(2, 3).detach()),),
              without={**NO_GRADIENT, **DRAWS}),
    of_sample("RBMInnerProduct", blobs=((3, 6), (3,), (1, 6)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is that of contrastive divergence",
                       **DRAWS}),
)
