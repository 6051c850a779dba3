"""Examples of community types in framework/layers/metric; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.community_examples.loss import LABELS, MEASURED
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

COSINES = (noise(4, 5).detach().tanh() * 0.6).requires_grad_()
STEP = {"gradient": NOT_DERIVATIVE + "it is a step of fixed size"}
SMALL = noise(4, 6, seed=8).detach().mul(3).requires_grad_()
STATISTICS = {"compile": "it moves the running averages", "export": "the same"}
TWO_SETS = ("pairwise_param { l_threshold: 15 sigmoid_param: 0.2 continous_similarity: true "
            "class_num: 2 }")
GROUPS = torch.tensor([7, 7, 2, 2, 5, 5], dtype=torch.float64)
KINDS = whole(4, below=3)
TAGS = fixed([1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1])
OVER = {"gradient": NOT_DERIVATIVE + "it is over the margin or the items"}
OWN_COSINES = noise(4, 5, seed=3, requires_grad=False).tanh()
PARTS = fixed([0, 3, 0, 2, 4, 2, 0])[0]
FACE_COSINES = noise(4, 5, seed=3).detach().tanh().requires_grad_()
MOVES = dict.fromkeys(("gradient", "values"), "what it has learned moves from forward to forward")
PERSONS = fixed([2, -1, 2, 7]).reshape(4)
STEPPED = {"gradient": NOT_DERIVATIVE + "it is not over the items"}
PAIRED = torch.tensor([1, 1, 1, 2, 1, 3, 4, 4, 4, 5, 4, 6], dtype=torch.float64)
OF_SIX = whole(6, below=2)
OF_CLASSES = (
    of_sample("TripletRankLoss", bottoms=((6, 5), OF_SIX), grows=BATCH, without=OVER),
    of_sample("CrossTripletLoss", bottoms=((6, 5), torch.cat([OF_SIX[:3], OF_SIX[:3]])),
              grows=BATCH, without=OVER),
    of_sample("BinomialLoss", bottoms=((4, 5), (4, 3), whole(4, below=3)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of each embedding alone"}),
    of_sample("ActLoss", grows=BATCH),
)

EXAMPLES = (
    *OF_CLASSES,
    of_sample("BatchTripletLoss", bottoms=((6, 5), fixed([0, 0, 1, 1, 1, 2])[0]), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is of some of the triplets"}),
    of_sample("K1_EuclideanLoss"),
    of_sample("K2_EuclideanLoss"),
    of_sample("HashingLoss", bottoms=((4, 5), KINDS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is half of it"}),
    of_sample("CenterLoss", bottoms=((4, 3, 2), LABELS), blobs=((5, 6),), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the centres take the mean step"}),
    of_sample("MovingCenterLoss", bottoms=((4, 5), KINDS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is not over the items",
        "values": "the centres move in each forward"}),
    of_sample("CenterCosLoss", bottoms=((4, 5), KINDS), blobs=((3, 5),), grows=BATCH,
              without=OVER),
    of_sample("ClassDistance", bottoms=((4, 5), KINDS), blobs=((3, 5), (3,)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the term of the means is added to it"}),
    Example("ClassDistance", "class_distance_param { num_output: 3 metric: L1 margin_mul { value: "
            "0.2 } }", ((4, 5), KINDS), blobs=((3, 5), (3,)), grows=BATCH, without={
                "gradient": "nothing reads sigma"}),
    of_sample("CombinedMargin", bottoms=(COSINES, LABELS), grows=BATCH),
    of_sample("GeneralContrastiveLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH),
    Example("GeneralContrastiveLoss", "exp_negative_weight: true max_negative_only: true",
            (positive(4, 5), LABELS), grows=BATCH, tops=2, without=STEP),
    of_sample("GeneralTripletLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH, without=STEP),
    of_sample("GlobalLSEMargin", bottoms=(COSINES, LABELS), blobs=((1,), (1,)), grows=BATCH,
              without={**STATISTICS, **dict.fromkeys(
                  ("gradient", "values"), "the margin moves from forward to forward")}),
    of_sample("IsomapManifoldLearningLoss", bottoms=((7, 3), PARTS), grows=BATCH),
    of_sample("IsomapSoftmaxWithLoss", bottoms=((4, 3), fixed([0, 5, 2, 1])[0]), grows=BATCH),
    Example("IsomapSoftmaxWithLoss", "loss_param { ignore_label: 1 } "
            "isomap_softmax_with_loss_param { class_k: 3 }",
            (((2, 4, 3, 5)), whole(2, 1, 3, 5, below=11)), tops=2, grows=BATCH),
    of_sample("LargeMarginInnerProduct", bottoms=((4, 3), LABELS), blobs=((5, 3),), grows=BATCH),
    Example("LargeMarginInnerProduct", "type: QUADRUPLE", ((4, 3), LABELS, (5, 3)), grows=BATCH),
    of_sample("LabelSpecificAdd", bottoms=((4, 5), LABELS), grows=BATCH),
    of_sample("MarginSoftmaxLoss", bottoms=((4, 5), whole(4, below=3)), blobs=((3, 5),),
              grows=BATCH),
    of_sample("LiftedStructSimilaritySoftmaxLoss", bottoms=((6, 5), whole(6, below=3)), grows=()),
    of_sample("Arcface", bottoms=(FACE_COSINES, LABELS), grows=BATCH),
    of_sample("CosinAddm", bottoms=(FACE_COSINES, LABELS), grows=BATCH),
    of_sample("AdaCosAddmScale", bottoms=(FACE_COSINES, LABELS), grows=BATCH, without=MOVES),
    of_sample("MMDLoss", grows=(), without={**DRAWS, "gradient": NOT_DERIVATIVE + "a part of it"}),
    of_sample("TripletLoss"),
    of_sample("MarginInnerProduct", bottoms=((4, 3), LABELS), blobs=((5, 3),), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the step along the angle is cut to length 1"}),
    of_sample("InnerDistance", blobs=((5, 6),), grows=BATCH),
    of_sample("NoiseTolerantFR", bottoms=((4, 5), OWN_COSINES, fixed([3, -1, 0, 4])[0]),
              grows=BATCH),
    of_sample("LabeledMatching", bottoms=((4, 3), PERSONS), blobs=((5, 3), (5,)), grows=BATCH,
              without=MOVES),
    Example("LabeledMatching", "num_classes: 5", ((4, 3), PERSONS), blobs=((5, 3), (5,)), tops=2,
            grows=BATCH, phase="TEST"),
    of_sample("UnlabeledMatching", bottoms=((4, 3), PERSONS), blobs=((5, 3),), grows=BATCH,
              without=MOVES),
    Example("UnlabeledMatching", "queue_size: 5", ((4, 3), PERSONS), blobs=((5, 3),), grows=BATCH,
            phase="TEST"),
    of_sample("XCovLoss"),
    of_sample("PairwiseLoss", bottoms=((4, 6), fixed([1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1])),
              grows=BATCH),
    of_sample("KernelLoss", bottoms=((5, 3), noise(5, 3, seed=11), fixed([0], [1], [2], [1], [3])
              .flatten(), fixed([0], [2], [2], [0], [1]).flatten()), grows=BATCH),
    of_sample("QuantizationLoss", bottoms=(SMALL,), without={
        "gradient": NOT_DERIVATIVE + "it is over N"}),
    Example("PairwiseLoss", TWO_SETS, ((4, 6), LABELS, (4, 6), LABELS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is twice that, and parts lack a factor"}),
    of_sample("LinearTransform", blobs=((4, 15),), grows=BATCH),
    of_sample("Similarity", grows=BATCH),
    of_sample("RankingLoss", bottoms=((4, 6), whole(4, below=6)), grows=BATCH),
    of_sample("TripletRankLossLabel", bottoms=((4, 5), TAGS), grows=BATCH, without=OVER),
    of_sample("CrossModalLoss", bottoms=((4, 5), (8, 5), TAGS), grows=(), without=OVER),
    of_sample("TripleEuclideanMaxLoss", grows=BATCH, without=NO_GRADIENT),
    of_sample("VarLoss", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("SetLoss2", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("OrdinalRegressionLoss", bottoms=((4, 6), whole(4, below=3)), grows=BATCH),
    of_sample("RelevantLoss", grows=BATCH),
    of_sample("DotProductSimilarity", grows=BATCH),
    of_sample("EuclideanSimilarity", grows=BATCH),
    of_sample("CosineDis", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "an item has none of the other's row"}),
    of_sample("PairwiseRankingLoss", grows=BATCH, without=STEPPED),
    of_sample("NaiveTripletLoss", grows=(), without={**STEPPED, **AFTER_ROUNDING}),
    of_sample("RankAccuracy", grows=BATCH, without=NO_GRADIENT),
    of_sample("SampleTriplet", grows=(), without=MEASURED),
    of_sample("CosinL2Normalize", bottoms=((4, 5), whole(4, below=3)), blobs=((3, 5),),
              grows=BATCH),
    of_sample("Identity2Verify", bottoms=((4, 5), whole(4, below=3)), grows=()),
    of_sample("RandomTriplets", bottoms=((6, 4), fixed([3, 3])[0]), grows=(), without={
        **dict.fromkeys(("shapes", "compile", "export"), "sizes depend on data"), **DRAWS,
        **NO_GRADIENT}),
    of_sample("IndexedTripletLoss", bottoms=((6, 4), fixed([0, 1, 3], [1, 2, 4], [3, 4, 0])),
              grows=(), without={"gradient": NOT_DERIVATIVE + "the last triplet's alone is kept"}),
    of_sample("P2SLoss", bottoms=((12, 5), PAIRED), grows=(), without={
        "gradient": NOT_DERIVATIVE + "a drawn row gets a part of it only", **DRAWS,
        **AFTER_ROUNDING}),
    of_sample("MMDXLoss", bottoms=((6, 3), (4, 3), whole(6, below=2), whole(4, below=3)), grows=(),
              without={**DRAWS, **SIZES_FROM_DATA, "gradient": NOT_DERIVATIVE + "a part of it"}),
    of_sample("HomoMeanLoss", bottoms=((6, 5), whole(6, below=3)), blobs=((1, 3), (1, 3, 5)),
              grows=(), without={"gradient": NOT_DERIVATIVE + "slopes of its own are added",
                                 **AFTER_ROUNDING}),
    Example("HomoMeanLoss", 'ovalize_regular: "expsubsqr-sqroots-sqroots" ovalize_interval: 1 '
            "ovalize_duration: 1 ovalize_activate: true label_nmax: 3 average_initmode: false",
            ((6, 5), fixed([0, -1, 2, 0, -1, 1])[0]), ((1, 3), (1, 3, 5)), tops=2, grows=(),
            without={**DRAWS, "gradient": NOT_DERIVATIVE + "slopes of its own are added",
                     **dict.fromkeys(("compile", "export"), "pairs depend on labels")}),
    of_sample("RankHardLoss", bottoms=((8, 6), whole(8, below=4)), grows=(), without={
        **DRAWS, **AFTER_ROUNDING, "gradient": "it draws anew at each forward"}),
)
