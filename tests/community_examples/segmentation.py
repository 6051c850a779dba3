"""Examples of community types in framework/layers/segmentation; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    SCORES,
    SIZES_FROM_DATA,
    Example,
    X,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

ON_CPU = dict.fromkeys(("compile", "export"), "it runs in numpy")
FLAGS = fixed([0, 1, 0, 0, 1, 1, 0]).reshape(1, 1, 1, 7)
CORNERS = (torch.arange(30) % 7 == 2).double().reshape(1, 1, 1, 30)
FROM_DATA = {**NO_GRADIENT, **SIZES_FROM_DATA}
PICTURES = (noise(2, 3, 12, 16, seed=3, requires_grad=False) * 9, whole(2, 1, 12, 16, below=4))
BY_GRAPH = {**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING, **DRAWS}

BEFORE = noise(2, 4, 5, 6, requires_grad=False).softmax(1).requires_grad_()
OF_FILTERS = noise(2, 3, 5, 6, seed=2, requires_grad=False).softmax(1).requires_grad_()
OF_PIXELS = noise(2, 5, 5, 6, seed=2, requires_grad=False)
REPORTS = {**NO_GRADIENT, **dict.fromkeys(("compile", "export"), "it reports")}
OF_EDGES = (
    of_sample("CrfFilterbankEd", bottoms=(BEFORE, OF_FILTERS), blobs=((1, 1, 1, 1), (4, 12, 3, 3)),
              without={"gradient": NOT_DERIVATIVE + "the middle of the filters does not learn"}),
    Example("CrfFilterbankEd", "num_iterations: 2 kernel_size: 3 keep_mid_ind_zero: false",
            (BEFORE, OF_FILTERS), blobs=((1, 1, 1, 1), (4, 12, 3, 3))),
    *(of_sample(kind, bottoms=(BEFORE, OF_PIXELS),
                blobs=((1, 1, 1, 1), (4, 4, 3, 3), (4, 4, 1, 63)), grows=(), without=ON_CPU)
      for kind in ("CrfEd", "CrfGrad")),
    of_sample("PixelFeature", without=NO_GRADIENT),
    of_sample("EdgeLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=9) * 30)),
    of_sample("IOUAccuracy", bottoms=((2, 4, 3, 5), whole(2, 1, 3, 5, below=4)), without=REPORTS),
    Example("IOUAccuracy", "test_iterations: 9", ((2, 4, 3, 5), whole(2, 1, 3, 5, below=4)),
            tops=0, without=REPORTS),
)

EXAMPLES = (
    *OF_EDGES,
    of_sample("CheckAtt", grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("SplitIndices", grows=(), without=NO_GRADIENT),
    of_sample("ConvertIndices", bottoms=(fixed([4, 0, 6]).reshape(1, 1, 1, 3), (1, 1, 1, 7)),
              grows=(), without=NO_GRADIENT),
    of_sample("FlagsToIndices", bottoms=(FLAGS,), grows=(), without=FROM_DATA),
    of_sample("ArgMaxMy", grows=(), without={**FROM_DATA, **AFTER_ROUNDING}),
    of_sample("ArgMaxAll", grows=(), without={**FROM_DATA, **AFTER_ROUNDING}),
    of_sample("SlidingWindowIndex", bottoms=((1, 3, 4, 5), CORNERS), grows=(),
              without=SIZES_FROM_DATA),
    of_sample("TopKOld", bottoms=((5, 3, 2), fixed([3], [5], [1], [4], [2]), (3, 1)), grows=()),
    of_sample("NormalizedSigmoidCrossEntropyLoss", bottoms=((2, 3, 5, 4),
              whole(2, 3, 5, 4, below=2))),
    of_sample("DenseCRFLoss", bottoms=(noise(2, 3, 6, 5, seed=5, requires_grad=False) * 40,
                                       (2, 4, 6, 5)), grows=BATCH, without={
        "compile": "it runs compiled loops of its own", "export": "it has no graph",
        "gradient": NOT_DERIVATIVE + "it takes the filter for symmetric",
        "autocast": "the lattice is on the CPU"}),
    of_sample("Im2dist", grows=BATCH),
    Example("Im2dist", "convolution_param { kernel_size: 2 pad: 2 stride: 2 } im2dist_param { "
            "norm: L1 remove_center: true remove_bounds: true }", without={
                "autocast": "numbers out of the range of half precision"}),
    of_sample("Im2parity", bottoms=(whole(2, 1, 5, 4, below=3),), without=NO_GRADIENT),
    of_sample("DistLoss", bottoms=((2, 9, 5, 4), whole(2, 9, 5, 4, below=2)), without={
        "gradient": NOT_DERIVATIVE + "that of half the squares"}),
    of_sample("Segmentation", bottoms=PICTURES, grows=BATCH, without=BY_GRAPH),
    Example("Segmentation", "seg_param { k: 3 }", PICTURES[:1], grows=BATCH, tops=2,
            without=BY_GRAPH),
    of_sample("MultiStageMeanfield", bottoms=((2, 4, 6, 5), (2, 4, 6, 5), noise(2, 3, 6, 5, seed=5,
              requires_grad=False)), blobs=((1, 1, 4, 4),) * 3, without=ON_CPU),
    of_sample("MultiStageMeanfieldAU3", bottoms=((2, 3, 6, 5), (2, 3, 6, 5), noise(
        2, 4, 6, 5, seed=5, requires_grad=False)), blobs=((1, 1, 3, 3),) * 3, grows=BATCH,
        without={"compile": "it runs compiled loops of its own", "export": "it has no graph",
                 "gradient": "the lattice is in float32", "autocast": "the lattice is on the CPU"}),
    of_sample("MergeCrop", bottoms=(X, noise(2, 4, 7, 6, requires_grad=False))),
    of_sample("Mergecrop", bottoms=((2, 3, 5, 4), noise(2, 4, 7, 6, requires_grad=False))),
    of_sample("NormConvMeanfield", blobs=((1, 1, 3, 3),) * 3, grows=BATCH),
    of_sample("MeanIoU", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("BoundaryF", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("ICNetSubgraph", grows=BATCH), of_sample("SegmentOutput", without=NO_GRADIENT),
    of_sample("MultiSlicePredict", grows=(), without=NO_GRADIENT),
    of_sample("RPNOutput", grows=(), without=NO_GRADIENT),
    of_sample("BBoxOutput", grows=(), without=NO_GRADIENT),
    of_sample("SegAccuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("Affinity", grows=(2, 3), without={
                  "gradient": NOT_DERIVATIVE + "the other channel takes it with the other sign"}),
    of_sample("ConnectedComponent", bottoms=(whole(2, 3, 4, 5, below=3),), without={**ON_CPU,
              **NO_GRADIENT}),
    of_sample("MalisLoss", bottoms=(positive(2, 3, 2, 3, 4), (2, 3, 2, 3, 4), whole(2, 1, 2, 3, 4,
              below=3)), grows=(), without={**ON_CPU,
              "gradient": NOT_DERIVATIVE + "it is half of that, and not over N"}),
    of_sample("PointwiseSpatialAttention", grows=()), of_sample("MaskCreate", without=NO_GRADIENT),
    of_sample("CreateMaskVector", bottoms=(whole(3, 1, 2, 4, below=6),), without=NO_GRADIENT),
)
