"""Examples of layers of clips, fields in volumes and further forks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

OVER = {"gradient": NOT_DERIVATIVE + "it is over the margin"}
NUMBERED = fixed([4, 1], [4, 1], [4, 1], [4, 9], [2, 7], [2, 7], [2, 3], [5, 5], [5, 5])
RUNS = fixed([0, 1], [2, 6])
OF_SIX = whole(6, below=2)
CLIPS = (
    of_sample("Submean", bottoms=((9, 3, 2), NUMBERED), grows=()),
    Example("Submean", "clips_num: 3", ((9, 3, 2), NUMBERED), tops=3, grows=()),
    of_sample("Covlogm", bottoms=((7, 4), RUNS), grows=()),
    of_sample("TripletRankLoss", bottoms=((6, 5), OF_SIX), grows=BATCH, without=OVER),
    of_sample("CrossTripletLoss", bottoms=((6, 5), torch.cat([OF_SIX[:3], OF_SIX[:3]])),
              grows=BATCH, without=OVER),
)

SHARED = {"gradient": NOT_DERIVATIVE + "it is over the number of windows or tops"}
FIELDS = (
    of_sample("Gaussian"),
    of_sample("GradientField", grows=BATCH, without=NO_GRADIENT),
    Example("GradientField", "", ((2, 4, 4, 4, 2),), grows=BATCH, without=NO_GRADIENT),
    of_sample("Transform3D", bottoms=((2, 5, 5, 5), (2, 5, 5, 5, 3), whole(2, below=3)),
              grows=(), without={**DRAWS, **NO_GRADIENT}),
    of_sample("FieldProbing", blobs=((3, 4, 3),), grows=BATCH, without=SHARED),
    of_sample("DotProduct", blobs=((2, 2, 2, 3, 4, 5), (2, 2, 2, 3)), grows=BATCH),
    Example("DotProduct", "share_weights: true", ((2, 2, 2, 2, 3, 4, 5),) * 2,
            blobs=((3, 4, 5), (3,)), tops=2, grows=BATCH, without=SHARED),
)

ON_CPU = {**NO_GRADIENT, **AFTER_ROUNDING,
          **dict.fromkeys(("compile", "export"), "it goes through pixels on the CPU")}
LEARNERS = (
    of_sample("BinomialLoss", bottoms=((4, 5), (4, 3), whole(4, below=3)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of each embedding alone"}),
    of_sample("ActLoss", grows=BATCH),
    of_sample("ProposalCrop", bottoms=(noise(2, 3, 32, 32, requires_grad=False) * 40,
                                       noise(2, 4, 6, 6, seed=2, requires_grad=False)),
              grows=BATCH, without=ON_CPU),
)

SHARES = noise(2, 4, 5, 6, requires_grad=False).softmax(1).requires_grad_()
OF_FILTERS = noise(2, 3, 5, 6, seed=2, requires_grad=False).softmax(1).requires_grad_()
REPORTS = {**NO_GRADIENT, **dict.fromkeys(("compile", "export"), "it reports")}
SEGMENTS = (
    of_sample("CrfFilterbankEd", bottoms=(SHARES, OF_FILTERS), blobs=((1, 1, 1, 1), (4, 12, 3, 3)),
              without={"gradient": NOT_DERIVATIVE + "the middle of the filters does not learn"}),
    Example("CrfFilterbankEd", "num_iterations: 2 kernel_size: 3 keep_mid_ind_zero: false",
            (SHARES, OF_FILTERS), blobs=((1, 1, 1, 1), (4, 12, 3, 3))),
    of_sample("EdgeLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=9) * 30)),
    of_sample("IOUAccuracy", bottoms=((2, 4, 3, 5), whole(2, 1, 3, 5, below=4)), without=REPORTS),
    Example("IOUAccuracy", "test_iterations: 9", ((2, 4, 3, 5), whole(2, 1, 3, 5, below=4)),
            tops=0, without=REPORTS),
)

EXAMPLES = (*CLIPS, *FIELDS, *LEARNERS, *SEGMENTS)
