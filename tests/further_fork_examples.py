"""More examples of types of single forks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SPACE,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

WORTH = noise(2, 3, 5, 4, seed=9, requires_grad=False)
OF_POINTS = (
    of_sample("GradientSilent", without=NO_GRADIENT),
    of_sample("GradientSilent", without=NO_GRADIENT),
    of_sample("PointBilinear", bottoms=((2, 3, 5, 4), fixed(
        [1, 2], [9, 13], [-3, 7], [40, 5], [6.5, 50], [14, 1]).requires_grad_(),
        whole(6, below=2)), grows=()),
    of_sample("FlowWarping", grows=()),
)
CODERS = (
    of_sample("EntropyPack", bottoms=((2, 3, 5, 4), WORTH), blobs=((1, 1, 1, 1),), grows=(2, 3),
              without=AFTER_ROUNDING),
)
TEXTS = (
    of_sample("AttLstm", bottoms=((1, 2, 5, 6), fixed([0, 0])), blobs=(
        (4, 4), (4,), (4, 5), (4,), (1, 4), (16, 5), (16,), (16, 4)), grows=(1, 3),
        without={"gradient": "three blobs change nothing"}),
)
MARGINS = (
    of_sample("MarginSoftmaxLoss", bottoms=((4, 5), whole(4, below=3)), blobs=((3, 5),),
              grows=BATCH),
)
SCANS = torch.tensor([[[1., 2, 1, 14, 15, 10, 2, 1], [10, 3, 4, 28, 18, 20, 1, 1],
                       [20, 4, 2, 33, 16, 19, 3, 1]],
                      [[2, 2, 2, 12, 14, 12, 1, 1], [0, 0, 0, 9, 9, 9, 2, 0],
                       [18, 1, 3, 37, 15, 20, 3, 1]]], dtype=torch.float64)
ROWS_OF_DATA = dict.fromkeys(("shapes", "compile", "export"),
                             "the number of rows depends on data")
FOUND = torch.tensor([[0., 3, 2, 1, 16, 15, 11], [1, 2, 1, 2, 13, 14, 13],
                      [0, 24, 1, 2, 36, 16, 20], [1, 20, 5, 4, 30, 22, 23],
                      [-1, 0, 0, 0, 0, 0, 0]], dtype=torch.float64)
EXTENT = torch.tensor([[24., 24, 40, *[0] * 16]] * 2, dtype=torch.float64)
VOLUMES = (
    of_sample("MultiSlicePredict", grows=(), without=NO_GRADIENT),
    of_sample("RPNOutput", grows=(), without=NO_GRADIENT),
    of_sample("AnchorTarget3D", bottoms=((2, 4, 4, 3, 5), SCANS, EXTENT), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Proposal3D", bottoms=((2, 8, 4, 3, 5), (2, 24, 4, 3, 5), EXTENT),
              grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ProposalTarget3D", bottoms=(FOUND, SCANS), grows=(), without={
        **ROWS_OF_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ROIPooling3D", bottoms=((2, 3, 6, 4, 5), FOUND[:4]), grows=(0,)),
    of_sample("BBoxOutput", grows=(), without=NO_GRADIENT),
)
CAPSULES = (
    of_sample("Cap", blobs=((6, 4, 15), (15,)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of plain sums"}),
    of_sample("CapsuleRelu", grows=BATCH, without=AFTER_ROUNDING),
    of_sample("Tensor", blobs=((3, 4, 2, 3, 2, 20), (720,)), grows=BATCH),
)
PAIRS = (
    of_sample("PixelwiseSimilarity", grows=SPACE),
    of_sample("MappingBySimilarity", grows=SPACE),
)
RANKS = (
    of_sample("LinearTransform", blobs=((4, 15),), grows=BATCH),
    of_sample("Similarity", grows=BATCH),
    of_sample("RankingLoss", bottoms=((4, 6), whole(4, below=6)), grows=BATCH),
)
REGIONS = (
    of_sample("SoftmaxWithLossROI", bottoms=((2, 3, 5, 4), whole(2, 1, 5, 4, below=3), fixed(
        [0, 1, 1, 2, 3], [1, 0, 2, 1, 4])), grows=(), without={
            "gradient": NOT_DERIVATIVE + "it is over all pixels"}),
)
NORMS = (
    Example("BN", "bn_param { decay: 0.1 scale_filler { value: 1 } }", blobs=((1, 3, 1, 1),) * 4),
    Example("BN", "decay: 0.1 var_eps: 0.001", blobs=((1, 3, 1, 1),) * 4, phase="TEST"),
)
KEYPOINTS = (
    of_sample("KeypointL2Loss", bottoms=((2, 3, 5, 4), WORTH), grows=BATCH),
    of_sample("KeypointAcc", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
)

EXAMPLES = (*OF_POINTS, *CODERS, *TEXTS, *MARGINS, *VOLUMES,
            *CAPSULES, *PAIRS, *RANKS, *REGIONS, *NORMS,
            *KEYPOINTS)
