"""Examples of types of forks for poses, faces, persons and edges; see tests/layer_examples.py."""

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

COSINES = noise(4, 5, seed=3).detach().tanh().requires_grad_()
OWN = whole(4, below=5)
MOVES = dict.fromkeys(("gradient", "values"), "what it has learned moves from forward to forward")
MARGINS = (
    of_sample("Arcface", bottoms=(COSINES, OWN), grows=BATCH),
    of_sample("CosinAddm", bottoms=(COSINES, OWN), grows=BATCH),
    of_sample("AdaCosAddmScale", bottoms=(COSINES, OWN), grows=BATCH, without=MOVES),
)
# bits 0 to 2 of each cell, and of some the mark
EDGES = torch.tensor([number % 8 - (1 << 31) * (number % 5 == 0) for number in range(3, 43)],
                     dtype=torch.int32).view(torch.float32).double().reshape(2, 1, 4, 5)
EDGE_LOSSES = (
    of_sample("MultiChannelSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
    of_sample("MultiChannelReweightedSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
)
PERSONS = fixed([2, -1, 2, 7]).reshape(4)
MATCHING = (
    of_sample("LabeledMatching", bottoms=((4, 3), PERSONS), blobs=((5, 3), (5,)), grows=BATCH,
              without=MOVES),
    Example("LabeledMatching", "num_classes: 5", ((4, 3), PERSONS), blobs=((5, 3), (5,)), tops=2,
            grows=BATCH, phase="TEST"),
    of_sample("UnlabeledMatching", bottoms=((4, 3), PERSONS), blobs=((5, 3),), grows=BATCH,
              without=MOVES),
    Example("UnlabeledMatching", "queue_size: 5", ((4, 3), PERSONS), blobs=((5, 3),), grows=BATCH,
            phase="TEST"),
)
GUIDANCE = noise(4, 5, seed=6, requires_grad=False)
TRANSFORMED = (
    of_sample("LocLoss", grows=BATCH), of_sample("STLoss", grows=BATCH),
    of_sample("PowerFile", grows=BATCH),
    of_sample("GuidedDropout", bottoms=((4, 5), GUIDANCE), without=DRAWS, grows=BATCH),
    Example("GuidedDropout", "", ((4, 5, 2, 3), GUIDANCE), grows=BATCH, phase="TEST"),
    Example("GuidedDropout", 'type: "deterministic"', ((4, 5), GUIDANCE), grows=BATCH),
    of_sample("CompactBilinear"),
    Example("CompactBilinear", "num_output: 7 sum_pool: false", ((2, 3, 5, 4), (2, 4, 5, 4))),
)
PEAKS = (
    of_sample("ImResize", grows=(), without=NO_GRADIENT),
    of_sample("Nms", grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Maximum", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
TURNED_REGIONS = fixed([0, 20.3, 16.2, 12.4, 24.7, 30], [1, 30.2, 14.1, 20.3, 16.6, -75.5],
                       [0, 2.3, 2.7, 9.9, 30.4, 10])
SIZE = fixed([34, 47, 1])
# x, y and item of the cell; the region as it is seen; the mapped one; class, subclass, offsets
BOXES = fixed([2, 1, 1, 1, 0, 1, 2, 1, 2, 0, 1, 1, 2, 3, 0.1, -0.2, 0.3, 0.4],
              [3, 4, 0, 0, 1, 2, 5, 1, 0, 1, 2, 5, 1, 6, 0.5, 0.1, 0.2, 0.3],
              [5, 5, 2, 2, 3, 4, 6, 3, 5, 2, 2, 6, 2, 5, 0.7, 0.1, 0.9, 0.3],
              [1, 2, 3, 3, 0, 0, 4, 3, 4, 0, 0, 4, 1, 4, 0.2, 0.6, 0.2, 0.1],
              [7, 0, 0, 0, 6, 0, 7, 1, 1, 3, 0, 4, 2, 1, 0.3, 0.8, 0.2, 0.3])
SCALES = fixed([2, 2, 1, 2, 1, 1, 3, 2, 1, 4]).reshape(1, 1, 1, 10)
SUBCATEGORIES = (
    of_sample("HeatmapGenerating"), of_sample("FeatureExtrapolating", grows=()),
    of_sample("ROIGenerating", bottoms=((4, 1, 6, 8), BOXES, SCALES), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING, **DRAWS,
                       **dict.fromkeys(("compile", "export"), "it draws regions on the CPU")}),
)
REGIONS = (
    of_sample("RotateROIPooling", bottoms=((2, 3, 9, 12), TURNED_REGIONS, SIZE), grows=BATCH),
)
STEPPED = {"gradient": NOT_DERIVATIVE + "it is not over the items"}
ORDERS = (
    of_sample("DotProductSimilarity", grows=BATCH), of_sample("EuclideanSimilarity", grows=BATCH),
    of_sample("PairwiseRankingLoss", grows=BATCH, without=STEPPED),
    of_sample("NaiveTripletLoss", grows=(), without={**STEPPED, **AFTER_ROUNDING}),
    of_sample("RankAccuracy", grows=BATCH, without=NO_GRADIENT),
)
WORDS = whole(6, 2, below=7)
STEPS = (
    of_sample("LSTMNode", blobs=((12, 7), (12,)), grows=BATCH),
    Example("LSTMNode", "lstmnode_param { num_cells: 3 bias_term: false }", (
        (4, 7), (4, 3), fixed([1, 0, 1, 1]).reshape(4)), blobs=((12, 7),), tops=2, grows=BATCH),
    of_sample("CropSimple"),
    of_sample("BeamSearchNode", bottoms=((6, 1), WORDS, (6, 7), (6, 4)), grows=(),
              without=AFTER_ROUNDING),
)

EXAMPLES = (*MARGINS, *EDGE_LOSSES, *MATCHING, *TRANSFORMED, *PEAKS, *SUBCATEGORIES, *REGIONS,
            *ORDERS, *STEPS)
