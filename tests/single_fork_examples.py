"""Examples of types of single forks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    FILES,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.one_project_examples import CELLS as GRID_LABELS
from tests.one_project_examples import SLOPES
from tests.support import noise

KINDS = whole(4, below=3)
TAGS = fixed([1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1])
OVER = {"gradient": NOT_DERIVATIVE + "it is over the margin or the items"}
GIVEN = {"gradient": NOT_DERIVATIVE + "the top's goes on unchanged"}
GRID = noise(2, 10, 3, 4, seed=5, requires_grad=False)
PLACES_AROUND = (noise(2, 2, 5, 4, seed=4).detach() * 2 + 1.7).requires_grad_()
UNIT_NORMALS = torch.nn.functional.normalize(noise(2, 3, 5, 4).detach(), dim=1).requires_grad_()
HASHING = (
    of_sample("HashingLoss", bottoms=((4, 5), KINDS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is half of it"}),
    of_sample("TripletRankLossLabel", bottoms=((4, 5), TAGS), grows=BATCH, without=OVER),
    of_sample("CrossModalLoss", bottoms=((4, 5), (8, 5), TAGS), grows=(), without=OVER),
    of_sample("TripleEuclideanMaxLoss", grows=BATCH, without=NO_GRADIENT),
    of_sample("Binary", without={**GIVEN, **AFTER_ROUNDING}, grows=BATCH),
    of_sample("Weighted", grows=BATCH), of_sample("FCWeighted", grows=BATCH),
)
CLASSES = (
    of_sample("SoftmaxPair", grows=BATCH),
    of_sample("SoftmaxPairWithLoss", bottoms=((4, 6), whole(4, below=6)), grows=BATCH),
    Example("SoftmaxPairWithLoss", "", ((4, 6), whole(4, below=6)), tops=2, grows=BATCH),
    of_sample("ClassDistance", bottoms=((4, 5), KINDS), blobs=((3, 5), (3,)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the term of the means is added to it"}),
    Example("ClassDistance", "class_distance_param { num_output: 3 metric: L1 margin_mul { value: "
            "0.2 } }", ((4, 5), KINDS), blobs=((3, 5), (3,)), grows=BATCH, without={
                "gradient": "nothing reads sigma"}),
    of_sample("MovingCenterLoss", bottoms=((4, 5), KINDS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is not over the items",
        "values": "the centres move in each forward"}),
    of_sample("CenterCosLoss", bottoms=((4, 5), KINDS), blobs=((3, 5),), grows=BATCH,
              without=OVER),
)
PAPERS = (2, 1, 5, 4)
SHARES = noise(PAPERS, seed=3).detach().sigmoid().requires_grad_()
INK = (noise(PAPERS, seed=4, requires_grad=False) > 0).double()
WEIGHTS = (noise(PAPERS, seed=5, requires_grad=False).abs(),
           noise(PAPERS, seed=6, requires_grad=False).abs())
DOCUMENTS = (
    of_sample("WeightedFmeasureLoss", bottoms=(SHARES, INK, *WEIGHTS), without={
        "gradient": NOT_DERIVATIVE + "the slope of the recall counts twice"}),
    of_sample("PR", bottoms=(SHARES, INK), without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
WRITERS = (
    of_sample("FLOWriter", without={**FILES, **NO_GRADIENT}),
    of_sample("FloatWriter", without={**FILES, **NO_GRADIENT}),
)
REGIONS = (
    of_sample("Duplicate", grows=BATCH), of_sample("MTranspose"),
    Example("MTranspose", "groups: 3 inverse: true channel: 6 height: 2 width: 4", ((32, 3),),
            grows=(), without=NO_GRADIENT),
    of_sample("Splice", grows=BATCH),
    of_sample("Region", grows=BATCH, without=NO_GRADIENT),
    Example("Region", "classes: 2 coords: 3 boxes_of_each_grid: 3", ((2, 18, 4, 3),), grows=BATCH,
            without=NO_GRADIENT),
    of_sample("RoiGen", bottoms=(GRID,), grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
)

SWITCHES = torch.cat([whole(2, 3, 3, 2, below=35),
                      noise(2, 3, 3, 2, seed=8, requires_grad=False)])
FOUND = {**GIVEN, **AFTER_ROUNDING}
COLOURS = (
    of_sample("TransformColor", bottoms=(noise(2, 3, 5, 4, requires_grad=False), (2, 12))),
    Example("TransformColor", "tc_param { theta_1_1: 0.5 theta_3_4: -2 to_compute_dU: false }",
            (noise(2, 3, 5, 4, requires_grad=False), (2, 10))),
)
BYTES = torch.cat([positive(2, 3, 5, 4).detach() * 90, fixed(*[[0.] * 60]).reshape(1, 3, 5, 4)])
CONVERTED = (
    of_sample("ColorConv", bottoms=(BYTES,), without=NO_GRADIENT),
    *(Example("ColorConv", f"input: {names[0]} output: {names[1]}", (BYTES,), grows=BATCH,
              without=NO_GRADIENT)
      for names in (("BGR", "RGB"), ("RGB", "Gray"), ("RGB", "XYZ"), ("Lab", "BGR"))),
    Example("ColorConv", "input: Gray output: BGR", ((2, 1, 3, 4),), grows=BATCH,
            without=NO_GRADIENT),
    of_sample("SplitData", grows=()),
)
UNPOOLED = (
    of_sample("PoolingSwitches", grows=()),
    of_sample("InvPooling", bottoms=(SWITCHES,), grows=(), without=NO_GRADIENT),
    of_sample("SliceHalf", grows=()),
)
PHOTOS = noise(2, 3, 32, 32, seed=7, requires_grad=False) * 40
CELLS = (torch.arange(32)[:, None] // 8 * 4 + torch.arange(32) // 8).double().expand(2, 1, 32, 32)
ON_CPU = {**NO_GRADIENT, **AFTER_ROUNDING,
          **dict.fromkeys(("compile", "export"), "it goes through pixels on the CPU")}
SUPERPIXELS = (
    of_sample("GenSlicinfo", bottoms=(PHOTOS,), grows=BATCH, without=ON_CPU),
    of_sample("LowlevelDistance", bottoms=(PHOTOS, CELLS, fixed(*[[0.] * 16] * 2).reshape(
        2, 1, 4, 4)), grows=BATCH, without={**ON_CPU, **DRAWS}),
)
OWN_COSINES = noise(4, 5, seed=3, requires_grad=False).tanh()
NOISY = (
    of_sample("NoiseTolerantFR", bottoms=((4, 5), OWN_COSINES, fixed([3, -1, 0, 4])[0]),
              grows=BATCH),
)
ENERGIES = (
    of_sample("DenseCRFLoss", bottoms=(noise(2, 3, 6, 5, seed=5, requires_grad=False) * 40,
                                       (2, 4, 6, 5)), grows=BATCH, without={
        "compile": "it runs compiled loops of its own", "export": "it has no graph",
        "gradient": NOT_DERIVATIVE + "it takes the filter for symmetric",
        "autocast": "the lattice is on the CPU"}),
)
SHORT = {"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}
LEVELS = (
    of_sample("FQActive", blobs=((4,),), without=FOUND),
    of_sample("FQConvolution", blobs=((4, 3, 3, 3), (4,), (4,)), without=FOUND),
    of_sample("FQInnerProduct", blobs=((4, 60), (4,), (4,)), grows=BATCH, without=FOUND),
    Example("FQInnerProduct", "num_output: 4 bias_term: false transpose: true",
            blobs=((60, 4), (4,)), grows=BATCH, without=FOUND, phase="TEST"),
    of_sample("FixedNeuron", blobs=((1,),), without=FOUND),
    of_sample("ConvolutionFixed", blobs=((4, 3, 3, 3), (4,)), without=SHORT),
    of_sample("InnerProductFixed", blobs=((4, 60), (4,)), grows=BATCH, without=SHORT),
    of_sample("ScaleFixed", blobs=((3,), (3,)), without=SHORT),
    of_sample("NormalizeFixed", blobs=((3,),), without=SHORT),
)

TARGETS = positive(2, 5, 3, seed=6).detach()
FACTORS = positive(2, 1, 3, seed=7).detach()
SEEN_FROM = torch.tensor([3.0, 7, 10017, 1], dtype=torch.float64)
VIEWPOINTS = (
    of_sample("SoftmaxKLDLoss", bottoms=((2, 5, 3), TARGETS / TARGETS.sum(1, keepdim=True),
                                         FACTORS)),
    Example("SoftmaxKLDLoss", "", ((2, 5, 3), TARGETS / TARGETS.sum(1, keepdim=True))),
    of_sample("SoftmaxWithViewLoss", bottoms=((4, 24), SEEN_FROM), grows=BATCH),
    of_sample("AccuracyView", bottoms=((4, 24), SEEN_FROM), grows=BATCH, without=NO_GRADIENT),
    of_sample("DetViewSplit", bottoms=(fixed([0, 1, 725, 10003, 14679])[0],), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("TripleViewSplit", bottoms=(fixed([0, 359, 46656000, 46785960, 606527936])[0],),
              grows=BATCH, without=NO_GRADIENT),
)
PARTS = fixed([0, 3, 0, 2, 4, 2, 0])[0]
CENTRES = fixed([0, 0, 0, 9, 9], [0, 11, 1, 19, 9], [0, 1, 11, 9, 19], [0, 12, 12, 18, 18],
                [3, 0, 0, 9, 9], [3, 5, 5, 6, 6])
PYRAMIDS = (
    of_sample("MulticlassSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "it is over the classes too"}),
    of_sample("IsomapManifoldLearningLoss", bottoms=((7, 3), PARTS), grows=BATCH),
    of_sample("IsomapSoftmaxWithLoss", bottoms=((4, 3), fixed([0, 5, 2, 1])[0]), grows=BATCH),
    Example("IsomapSoftmaxWithLoss", "loss_param { ignore_label: 1 } "
            "isomap_softmax_with_loss_param { class_k: 3 }",
            (((2, 4, 3, 5)), whole(2, 1, 3, 5, below=11)), tops=2, grows=BATCH),
    of_sample("SPMMaxPooling", bottoms=((6, 3), fixed([20, 40], [20, 20]), CENTRES), grows=()),
    of_sample("RPN", bottoms=(positive(1, 6, 3, 5), (1, 12, 3, 5), fixed([48, 80, 1])), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    *(Example("SPMMaxPooling", f"spm_param {{ spm_type: {kind} }}",
              ((6, 3), fixed([20, 40], [20, 20]), CENTRES), grows=()) for kind in (0, 2)),
)
NORMALS = (
    of_sample("MultiSoftmaxLoss", bottoms=((2, 4, 5, 3), whole(2, 1, 5, 3, below=5, first=1)),
              without={"gradient": NOT_DERIVATIVE + "it is 336 times that"}),
    of_sample("AngleLoss", bottoms=(UNIT_NORMALS, UNIT_NORMALS.detach().roll(1, 3)), without={
        "gradient": NOT_DERIVATIVE + "eps is in its divisor"}),
    of_sample("SigmoidLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=2))),
    of_sample("LabelDropout", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=3)), without={
        **DRAWS, "gradient": "it draws numbers", **AFTER_ROUNDING}),
    of_sample("NormOfChannels", without={"gradient": NOT_DERIVATIVE + "eps is in its divisor"}),
)
ROOMS = (
    of_sample("HeatmapVisualize", without=NO_GRADIENT),
    Example("EuclideanLossHeatmap", "", ((2, 48, 3, 2), (2, 48, 3, 2), fixed([3, 9]).reshape(2)),
            grows=SPACE, without={"gradient": NOT_DERIVATIVE + "it is the difference"}),
    Example("YoloV2Loss", "biaes: 0.3 biaes: 0.2 biaes: 0.1 biaes: 0.4 num_object: 2 "
            "num_classes: 3", ((2, 144), GRID_LABELS), grows=BATCH, without={
                **SLOPES, "values": "it counts the images"}),
)
LITE_FLOW = (
    of_sample("Grid", without=NO_GRADIENT), of_sample("NegSquare"),
    of_sample("CoordinateWarp", bottoms=((2, 3, 5, 4), PLACES_AROUND)),
    of_sample("ExpMax", without={"gradient": NOT_DERIVATIVE + "the maximum is fixed"}),
    Example("ExpMax", "base: 2 scale: 0.5 shift: 1", without={
        "gradient": NOT_DERIVATIVE + "the maximum is fixed"}),
)
CORNERS = (
    of_sample("CPP"), Example("CPP", 'cpp_param { type: "ReLU" }'),
    Example("CPP", 'cpp_param { type: "Upsample" param_str: "scale:2; upsample_h: 8" }'),
)

EXAMPLES = (*NORMALS, *ROOMS, *LITE_FLOW, *CORNERS, *HASHING, *CLASSES, *DOCUMENTS, *WRITERS,
            *REGIONS, *COLOURS, *CONVERTED, *UNPOOLED, *SUPERPIXELS, *LEVELS, *VIEWPOINTS,
            *PYRAMIDS, *NOISY, *ENERGIES)
