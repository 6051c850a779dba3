"""Examples of community types in framework/layers/volumes; see tests/layer_examples.py."""

from __future__ import annotations

from tests.community_examples.vision import ON_CPU
from tests.layer_examples import (
    BATCH,
    BOTH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

NUMBERED = fixed([4, 1], [4, 1], [4, 1], [4, 9], [2, 7], [2, 7], [2, 3], [5, 5], [5, 5])
CLIPS = (
    of_sample("Submean", bottoms=((9, 3, 2), NUMBERED), grows=()),
    Example("Submean", "clips_num: 3", ((9, 3, 2), NUMBERED), tops=3, grows=()),
    of_sample("Covlogm", bottoms=((7, 4), fixed([0, 1], [2, 6])), grows=()),
    of_sample("ProposalCrop", bottoms=(noise(2, 3, 32, 32, requires_grad=False) * 40,
                                       noise(2, 4, 6, 6, seed=2, requires_grad=False)),
              grows=BATCH, without=ON_CPU),
)
OF_MANY = {"gradient": NOT_DERIVATIVE + "it is over the number of windows or tops"}
FIELDS = (
    of_sample("GradientField", grows=BATCH, without=NO_GRADIENT),
    Example("GradientField", "", ((2, 4, 4, 4, 2),), grows=BATCH, without=NO_GRADIENT),
    of_sample("Transform3D", bottoms=((2, 5, 5, 5), (2, 5, 5, 5, 3), whole(2, below=3)),
              grows=(), without={**DRAWS, **NO_GRADIENT}),
    of_sample("FieldProbing", blobs=((3, 4, 3),), grows=BATCH, without=OF_MANY),
    of_sample("DotProduct", blobs=((2, 2, 2, 3, 4, 5), (2, 2, 2, 3)), grows=BATCH),
    Example("DotProduct", "share_weights: true", ((2, 2, 2, 2, 3, 4, 5),) * 2,
            blobs=((3, 4, 5), (3,)), tops=2, grows=BATCH, without=OF_MANY),
)

EXAMPLES = (
    *CLIPS,
    *FIELDS,
    of_sample("Convolution3D", blobs=((4, 3, 2, 3, 3), (4,))),
    of_sample("Deconvolution3D", blobs=((3, 4, 2, 3, 3), (4,))),
    of_sample("Pooling3D"),
    of_sample("TridimSpatialTransformer", grows=BATCH),
    of_sample("MultiConvolution", blobs=((2, 3, 3, 3), (1, 1, 1, 2)), grows=BOTH),
    of_sample("TemporalConvolution", blobs=((1, 3, 3, 2), (1, 1, 1, 3)), grows=BOTH),
    of_sample("TemporalPooling", grows=BOTH),
    of_sample("RecursiveOnce", blobs=((3, 2, 2, 2), (1, 1, 3, 2)), grows=BOTH),
)
