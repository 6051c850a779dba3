"""Examples of types of a few small projects; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    SIZES_FROM_DATA,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

KINDS = whole(4, below=3)
SIGNS = whole(1, 1, 3, 7, below=5)
PLATES = ((3, 4), (3, 5), *((3, 6),) * 5)
FACES = (of_sample("SimpleNormalize", grows=BATCH),
    of_sample("CosinL2Normalize", bottoms=((4, 5), KINDS), blobs=((3, 5),), grows=BATCH),
    of_sample("Identity2Verify", bottoms=((4, 5), KINDS), grows=()),
    of_sample("DetectionCcpdOutput", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("LpEvaluate", bottoms=(SIGNS, SIGNS.reshape(3, 7)), grows=(), without=NO_GRADIENT),
    of_sample("FaceAttriEvaluate", bottoms=((3, 17), noise(3, 17, seed=9)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
)

DETECTIONS = fixed([0, 9, .1, .1, .4, .5, 1, 7, 2, 3, 1], [1, 9, .2, .1, .4, .5, 3, 7, 0, 4, 2],
                   [0, 9, .3, .1, .4, .5, 0, 7, 1, 0, 0]).reshape(1, 1, 3, 11)
MAPS = tuple(noise(2, 4, 3, 5, seed=seed) for seed in range(4, 8))
ATTENTION = (
    of_sample("PointwiseSpatialAttention", grows=()),
    of_sample("GRN"), of_sample("ScaleFilter", without=DRAWS),
    of_sample("AnchorEmbeddingExtractor", bottoms=(DETECTIONS, *MAPS), grows=(),
              without=SIZES_FROM_DATA),
    of_sample("DetectionOutputExtended", grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING, "shapes": "rows depend on data"}),
    of_sample("AdaptiveSoftmaxWithLoss", bottoms=((4, 3), KINDS), grows=BATCH,
              without={"values": "the frequencies move in each forward",
                       "gradient": "the weights of classes move in each forward"}),
)
GROUND = torch.cat([fixed([0, 1, 0, .1, .1, .5, .6, 0], [0, 1, 0, .4, .3, .8, .9, 0], [-1] * 8,
                          [1, 1, 0, .3, .2, .7, .7, 0], [-1] * 8, [-1] * 8), torch.cat([
    torch.ones(6, 1, dtype=torch.float64),
    noise(6, 10, seed=3, requires_grad=False).sigmoid()], 1)], 1).reshape(2, 1, 3, 19)
CENTRES = (
    of_sample("CenterGridLoss", bottoms=((2, 16, 5, 6), GROUND), grows=()),
    of_sample("CenterGridOutput", grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("CenternetDetectionOutput", grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
)
TREES = (
    of_sample("SuperCategory", grows=BATCH), of_sample("SuperCategoryFM"),
    of_sample("SuperCategoryInverse", grows=BATCH),
    of_sample("SuperCategoryLabel", bottoms=(whole(5, below=4),), grows=BATCH,
              without=NO_GRADIENT),
)
EXAMPLES = (*FACES, *ATTENTION, *CENTRES, *TREES)
