"""Examples of community types in framework/layers/loss; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.community_examples.rcnn import ROIS
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    SCORES,
    SIZES_FROM_DATA,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

LABELS = whole(4, below=5)
BITS = (noise(4, 3, 2, seed=9, requires_grad=False) > 0).double()
COSINES = (noise(4, 5).detach().tanh() * 0.6).requires_grad_()
STEP = {"gradient": NOT_DERIVATIVE + "it is a step of fixed size"}
SMALL = noise(4, 6, seed=8).detach().mul(3).requires_grad_()
STATISTICS = {"compile": "it moves the running averages", "export": "the same"}
TWO_SETS = ("pairwise_param { l_threshold: 15 sigmoid_param: 0.2 continous_similarity: true "
            "class_num: 2 }")
WEIGHTS = (noise(2, 1, 3, 5, seed=4, requires_grad=False) + 1).abs()
SHARES = positive(4, 5, seed=6).detach()
QUARTERS = fixed([0.5], [1], [0.25], [0.75])
ONCE = {"gradient": NOT_DERIVATIVE + "it has the weight once"}
ITEMS = (4, 6)
CLASSES = torch.zeros(1, 1, 5, 6, dtype=torch.float64)
CLASSES[0, 0, 0, :2] = fixed([3, 1])
POINTS = torch.cat([whole(1, 1, 5, 6, below=4).where(whole(1, 1, 5, 6, below=3) > 0, 255.0),
                    whole(1, 1, 5, 6, below=200), CLASSES], 1)
WEIGHED = torch.cat([POINTS, whole(1, 1, 5, 6, below=250) + 1], 1)
CHANCES = (noise(3, 4).detach().tanh() * 0.4 + 0.5).requires_grad_()
GROUPS = torch.tensor([7, 7, 2, 2, 5, 5], dtype=torch.float64)
HALF = {"gradient": NOT_DERIVATIVE + "half of it, and what is left out has none"}
HEAT = (noise(2, 3, 5, 4, seed=8, requires_grad=False) > 0.8).double()
SAME = whole(2, below=2)
POSES = (noise(4, 6, requires_grad=False).abs() * 9, noise(4, 6, requires_grad=False).abs() * 8)
MEASURE = {**NO_GRADIENT, **dict.fromkeys(("compile", "export"), "it reports")}
GAZES = (noise(2, 1, 5, 4, seed=4, requires_grad=False) > 0.5).double()
KNOWN = whole(4, 3, below=2, first=-1)
SIGNS = whole(2, 1, 5, 4, below=2) * 2 - 1
CELLS = whole(2, 1, 5, 4, below=3)
MAPS = [torch.sigmoid(noise(4, width, seed=seed).detach()) for width in (6, 10)
        for seed in (1, 2)]
MARKED = torch.cat([noise(4, 6, seed=5), torch.tensor([[1.0], [0.0], [1.0], [1.0]])], 1).detach()
KINDS = whole(4, below=3)
TAGS = fixed([1, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1])
OVER = {"gradient": NOT_DERIVATIVE + "it is over the margin or the items"}
UNIT_NORMALS = torch.nn.functional.normalize(noise(2, 3, 5, 4).detach(), dim=1).requires_grad_()
PAPERS = (2, 1, 5, 4)
INK_SHARES = noise(PAPERS, seed=3).detach().sigmoid().requires_grad_()
INK = (noise(PAPERS, seed=4, requires_grad=False) > 0).double()
INK_WEIGHTS = (noise(PAPERS, seed=5, requires_grad=False).abs(),
               noise(PAPERS, seed=6, requires_grad=False).abs())
OWN_COSINES = noise(4, 5, seed=3, requires_grad=False).tanh()
TARGETS = positive(2, 5, 3, seed=6).detach()
FACTORS = positive(2, 1, 3, seed=7).detach()
SEEN_FROM = torch.tensor([3.0, 7, 10017, 1], dtype=torch.float64)
PARTS = fixed([0, 3, 0, 2, 4, 2, 0])[0]
WORTH = noise(2, 3, 5, 4, seed=9, requires_grad=False)
MEASURED = {**NO_GRADIENT, **AFTER_ROUNDING}
FACE_COSINES = noise(4, 5, seed=3).detach().tanh().requires_grad_()
MOVES = dict.fromkeys(("gradient", "values"), "what it has learned moves from forward to forward")
# bits 0 to 2 of each cell, and of some the mark
EDGES = torch.tensor([number % 8 - (1 << 31) * (number % 5 == 0) for number in range(3, 43)],
                     dtype=torch.int32).view(torch.float32).double().reshape(2, 1, 4, 5)
PERSONS = fixed([2, -1, 2, 7]).reshape(4)
STEPPED = {"gradient": NOT_DERIVATIVE + "it is not over the items"}
PAIRED = torch.tensor([1, 1, 1, 2, 1, 3, 4, 4, 4, 5, 4, 6], dtype=torch.float64)
TRUE_BOXES = torch.tensor([[20, 30, 120, 190, 2, 200, 100, 380, 300, 0, 90, 210, 170, 330, 1],
                           [150, 40, 330, 180, 1, *[-1] * 10]], dtype=torch.float64)
ANCHORED = (noise(2, 24, 3).detach().softmax(2).requires_grad_(),
            noise(2, 3, 4, 2, seed=2).detach().sigmoid().requires_grad_(),
            (noise(2, 3, 4, 8, seed=3).detach() / 4).requires_grad_(),
            TRUE_BOXES.reshape(2, 15, 1, 1))

OF_SIX = whole(6, below=2)
OF_CLASSES = (
    of_sample("TripletRankLoss", bottoms=((6, 5), OF_SIX), grows=BATCH, without=OVER),
    of_sample("CrossTripletLoss", bottoms=((6, 5), torch.cat([OF_SIX[:3], OF_SIX[:3]])),
              grows=BATCH, without=OVER),
    of_sample("BinomialLoss", bottoms=((4, 5), (4, 3), whole(4, below=3)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of each embedding alone"}),
    of_sample("ActLoss", grows=BATCH),
)
SIX_CLASSES = fixed([0, 2, 1, 1, 0, 2]).reshape(6)

LISTED = whole(4, 3, 1, 1, below=6)

EXAMPLES = (
    *OF_CLASSES,
    of_sample("SVRLoss", bottoms=((4, 3, 2), noise(4, 3, 2, seed=9, requires_grad=False))),
    of_sample("AccuracyRegression", without=NO_GRADIENT),
    of_sample("ManhattanLoss", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it fades near 0"}),
    of_sample("AbsLoss"),
    of_sample("EltwiseAccuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("AffinityLoss", bottoms=((5, 1), fixed([2], [-1], [0.5], [0], [-0.25]))),
    Example("AffinityLoss", "ranklossmult: 0.5 ranklossneg: true",
            ((5, 1), fixed([2], [-2], [0.5], [0], [3]))),
    of_sample("SigmoidCrossEntropyBalanceLoss", bottoms=((4, 3, 2), whole(4, 6, below=2)),
              grows=BATCH),
    of_sample("BatchTripletLoss", bottoms=((6, 5), fixed([0, 0, 1, 1, 1, 2])[0]), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is of some of the triplets"}),
    of_sample("K1_EuclideanLoss"), of_sample("K2_EuclideanLoss"),
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
    of_sample("ClassificationStats", bottoms=((4, 5), whole(4, below=5)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("CombinedMargin", bottoms=(COSINES, LABELS), grows=BATCH),
    of_sample("ConfusionMatrix", bottoms=((6, 4), whole(6, below=4)), grows=BATCH, without={
        **dict.fromkeys(("compile", "export"), "it reports"), **NO_GRADIENT}),
    of_sample("DiceCoefLoss", bottoms=(positive(4, 1, 3, 5), positive(4, 1, 3, 5, seed=2)),
              grows=BATCH),
    of_sample("DiceLoss", bottoms=((2, 3, 5, 4), CELLS), without={
        "gradient": NOT_DERIVATIVE + "it is that of a loss of shares", **AFTER_ROUNDING}),
    of_sample("GeneralContrastiveLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH),
    Example("GeneralContrastiveLoss", "exp_negative_weight: true max_negative_only: true",
            (positive(4, 5), LABELS), grows=BATCH, tops=2, without=STEP),
    of_sample("GeneralTripletLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH, without=STEP),
    of_sample("KnowledgeDistillation",
              without={"gradient": NOT_DERIVATIVE + "it is that times the temperature squared"}),
    of_sample("WeightedFmeasureLoss", bottoms=(INK_SHARES, INK, *INK_WEIGHTS), without={
        "gradient": NOT_DERIVATIVE + "the slope of the recall counts twice"}),
    of_sample("PR", bottoms=(INK_SHARES, INK), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("MultiChannelSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
    of_sample("MultiChannelReweightedSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
    of_sample("ConsistencyLoss", bottoms=((noise(4, 8, 1, 1) * 3 + 2).detach().requires_grad_(),
              (4, 2, 6, 5)), grows=(0,)),
    of_sample("L1Loss"), of_sample("FocalLoss", bottoms=(SCORES, PLACES)),
    Example("FocalLoss", "focal_loss_param { gamma: 2 }", ((4, 3, 2), BITS)),
    of_sample("GlobalLSEMargin", bottoms=(COSINES, LABELS), blobs=((1,), (1,)), grows=BATCH,
              without={**STATISTICS, **dict.fromkeys(
                  ("gradient", "values"), "the margin moves from forward to forward")}),
    of_sample("SoftmaxWithLossOHEM", bottoms=(SCORES, PLACES)),
    of_sample("SmoothL1LossOHEM", bottoms=((4, 3, 2), (4, 3, 2), BITS),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the factor weight"}),
    of_sample("BoxAnnotatorOHEM", bottoms=(ROIS, noise(4, 1, requires_grad=False), whole(4, 1,
              below=3), noise(4, 8)), grows=(), without=NO_GRADIENT),
    of_sample("EuclideanLossHeatmap", without={
        "gradient": NOT_DERIVATIVE + "it is the difference"}),
    Example("EuclideanLossHeatmap", "", ((2, 48, 3, 2), (2, 48, 3, 2), fixed([3, 9]).reshape(2)),
            grows=SPACE, without={"gradient": NOT_DERIVATIVE + "it is the difference"}),
    of_sample("IsomapManifoldLearningLoss", bottoms=((7, 3), PARTS), grows=BATCH),
    of_sample("IsomapSoftmaxWithLoss", bottoms=((4, 3), fixed([0, 5, 2, 1])[0]), grows=BATCH),
    Example("IsomapSoftmaxWithLoss", "loss_param { ignore_label: 1 } "
            "isomap_softmax_with_loss_param { class_k: 3 }",
            (((2, 4, 3, 5)), whole(2, 1, 3, 5, below=11)), tops=2, grows=BATCH),
    of_sample("KeypointL2Loss", bottoms=((2, 3, 5, 4), WORTH), grows=BATCH),
    of_sample("KeypointAcc", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("MultiLabelLoss", bottoms=((4, 3), whole(4, 3, below=2, first=-1))),
    of_sample("MultiSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2, first=-1))),
    of_sample("SiameseLogisticLoss", bottoms=((2, 1, 5, 4), SIGNS, SIGNS.abs() / 3)),
    of_sample("SigmoidCrossEntropyWeightedLoss", bottoms=((4, 3), KNOWN)),
    of_sample("MulticlassSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "it is over the classes too"}),
    of_sample("LabelSpecificRescale", bottoms=((4, 5), LABELS), grows=BATCH),
    of_sample("LargeMarginInnerProduct", bottoms=((4, 3), LABELS), blobs=((5, 3),), grows=BATCH),
    Example("LargeMarginInnerProduct", "type: QUADRUPLE", ((4, 3), LABELS, (5, 3)), grows=BATCH),
    of_sample("LabelSpecificAdd", bottoms=((4, 5), LABELS), grows=BATCH),
    of_sample("MarginSoftmaxLoss", bottoms=((4, 5), whole(4, below=3)), blobs=((3, 5),),
              grows=BATCH),
    of_sample("LiftedStructSimilaritySoftmaxLoss", bottoms=((6, 5), whole(6, below=3)), grows=()),
    of_sample("Arcface", bottoms=(FACE_COSINES, LABELS), grows=BATCH),
    of_sample("CosinAddm", bottoms=(FACE_COSINES, LABELS), grows=BATCH),
    of_sample("AdaCosAddmScale", bottoms=(FACE_COSINES, LABELS), grows=BATCH, without=MOVES),
    of_sample("MarginLoss", bottoms=((4, 5, 3), whole(4, below=5)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is not over N"}),
    of_sample("MAE", bottoms=((4, 6), whole(4, below=3)), grows=BATCH, without=MEASURED),
    Example("MAE", "", ((4, 5), whole(4, below=5)), grows=BATCH, without=MEASURED),
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
    of_sample("WeightEuclideanLoss", bottoms=((4, 136), noise(4, 136, requires_grad=False)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "the size of a face is left out"}),
    of_sample("EuclideanLossWithIgnore", bottoms=((4, 6), MARKED), grows=BATCH),
    of_sample("SoftmaxWithLossExpectation", bottoms=((1, 4, 5, 6), POINTS), grows=()),
    Example("SoftmaxWithLossExpectation", "loss_param { ignore_label: 255 ignore_rank: false "
            "ignore_classes: true normalize_objectness: false }",
            (noise(1, 4, 5, 6, seed=3), WEIGHED), grows=()),
    of_sample("PoseHeatMapLoss", bottoms=((2, 3, 5, 4), HEAT, noise(
        2, 3, 1, 1, requires_grad=False)), grows=BATCH, without=HALF),
    Example("PoseHeatMapLoss", "loss_emphase_type: 4 bg_num: 5 heat_score_thres: 0.1",
            ((2, 3, 5, 4), HEAT), grows=(), without={**HALF, **DRAWS}),
    Example("PoseHeatMapLoss", "loss_emphase_type: 5 ratio: 0.25 heat_score_thres: 0.1",
            ((2, 3, 5, 4), HEAT), grows=(), without={**HALF, **DRAWS}),
    of_sample("PosePDJAccuracy", bottoms=POSES, grows=BATCH, without=MEASURE),
    of_sample("PoseEuDistAccuracy", bottoms=POSES, grows=BATCH, without=MEASURE),
    of_sample("SimilaryEuclideanLoss", bottoms=((2, 5), SAME), grows=(), without=HALF),
    of_sample("LpqLoss"),
    Example("LpqLoss", "p: 1.5 q: 2 p_epsilon: 0.1 l2_prescale_by_channels: true "
            "normalize_by_num_entries: true"),
    of_sample("LinearTransform", blobs=((4, 15),), grows=BATCH),
    of_sample("Similarity", grows=BATCH),
    of_sample("RankingLoss", bottoms=((4, 6), whole(4, below=6)), grows=BATCH),
    of_sample("TripletRankLossLabel", bottoms=((4, 5), TAGS), grows=BATCH, without=OVER),
    of_sample("CrossModalLoss", bottoms=((4, 5), (8, 5), TAGS), grows=(), without=OVER),
    of_sample("TripleEuclideanMaxLoss", grows=BATCH, without=NO_GRADIENT),
    of_sample("SoftmaxWithLossROI", bottoms=((2, 3, 5, 4), whole(2, 1, 5, 4, below=3), fixed(
        [0, 1, 1, 2, 3], [1, 0, 2, 1, 4])), grows=(), without={
            "gradient": NOT_DERIVATIVE + "it is over all pixels"}),
    of_sample("KLDivLoss", bottoms=(noise(2, 1, 5, 4).detach().abs().requires_grad_(), GAZES),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the small numbers"}),
    of_sample("NSSLoss", bottoms=((2, 1, 5, 4), GAZES)),
    of_sample("JSDLoss", bottoms=(MAPS[0].requires_grad_(), MAPS[1])),
    of_sample("RSJSDLoss", bottoms=(MAPS[2].requires_grad_(), MAPS[3]), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is over the sum of weights"}),
    of_sample("VarLoss", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("SetLoss2", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("OrdinalRegressionLoss", bottoms=((4, 6), whole(4, below=3)), grows=BATCH),
    of_sample("RelevantLoss", grows=BATCH), of_sample("DotProductSimilarity", grows=BATCH),
    of_sample("EuclideanSimilarity", grows=BATCH),
    of_sample("CosineDis", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "an item has none of the other's row"}),
    of_sample("PairwiseRankingLoss", grows=BATCH, without=STEPPED),
    of_sample("NaiveTripletLoss", grows=(), without={**STEPPED, **AFTER_ROUNDING}),
    of_sample("RankAccuracy", grows=BATCH, without=NO_GRADIENT),
    of_sample("Mixup", bottoms=((4, 3, 5, 6), LABELS), grows=BATCH,
              without={**DRAWS, **NO_GRADIENT}),
    Example("Mixup", "alpha: 1", ((4, 3, 5), (4, 2)), tops=2, grows=BATCH,
            without={**DRAWS, **NO_GRADIENT}),
    of_sample("SoftmaxCrossEntropyLoss", grows=BATCH, bottoms=(
              (4, 5), SHARES / SHARES.sum(1, keepdim=True))),
    of_sample("SoftmaxKLDLoss", bottoms=((2, 5, 3), TARGETS / TARGETS.sum(1, keepdim=True),
                                         FACTORS)),
    Example("SoftmaxKLDLoss", "", ((2, 5, 3), TARGETS / TARGETS.sum(1, keepdim=True))),
    of_sample("SoftmaxPair", grows=BATCH),
    of_sample("SoftmaxPairWithLoss", bottoms=((4, 6), whole(4, below=6)), grows=BATCH),
    Example("SoftmaxPairWithLoss", "", ((4, 6), whole(4, below=6)), tops=2, grows=BATCH),
    of_sample("SSIMLoss", bottoms=((2, 3, 10, 9), (2, 3, 10, 9))),
    of_sample("MultiSoftmaxLoss", bottoms=((2, 4, 5, 3), whole(2, 1, 5, 3, below=5, first=1)),
              without={"gradient": NOT_DERIVATIVE + "it is 336 times that"}),
    of_sample("AngleLoss", bottoms=(UNIT_NORMALS, UNIT_NORMALS.detach().roll(1, 3)), without={
        "gradient": NOT_DERIVATIVE + "eps is in its divisor"}),
    of_sample("SigmoidLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=2))),
    of_sample("LabelDropout", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=3)), without={
        **DRAWS, "gradient": "it draws numbers", **AFTER_ROUNDING}),
    of_sample("LocLoss", grows=BATCH), of_sample("STLoss", grows=BATCH),
    of_sample("SampleTriplet", grows=(), without=MEASURED),
    of_sample("SoftmaxWithViewLoss", bottoms=((4, 24), SEEN_FROM), grows=BATCH),
    of_sample("AccuracyView", bottoms=((4, 24), SEEN_FROM), grows=BATCH, without=NO_GRADIENT),
    of_sample("DetViewSplit", bottoms=(fixed([0, 1, 725, 10003, 14679])[0],), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("TripleViewSplit", bottoms=(fixed([0, 359, 46656000, 46785960, 606527936])[0],),
              grows=BATCH, without=NO_GRADIENT),
    of_sample("VoxelSoftmaxLoss", bottoms=((2, 4, 3, 5, 6), whole(2, 1, 3, 5, 6, below=4))),
    of_sample("GlobalSumPooling", grows=BATCH),
    Example("GlobalSumPooling", "num_proposal: 3 num_classes: 4 include_background: true",
            ((2, 3, 4),), grows=BATCH),
    of_sample("CrossEntropyLoss", bottoms=(CHANCES, whole(3, 4, below=2)), grows=BATCH),
    of_sample("MulticlassCrossEntropyLoss", bottoms=(CHANCES, whole(3, 4, below=2)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is over C once more"}),
    Example("MulticlassCrossEntropyLoss", "multiclass_cross_entropy_loss_param { "
            "include_background: true }", (CHANCES, whole(3, 3, below=2)), grows=BATCH),
    of_sample("WeightedSoftmaxWithLoss", bottoms=((2, 4, 3, 5), PLACES)),
    Example("WeightedSoftmaxWithLoss", "", ((2, 4, 3, 5), PLACES, WEIGHTS), tops=2),
    Example("WeightedSoftmaxWithLoss", "", ((4, 5), LABELS, QUARTERS, QUARTERS, fixed([2]),
            fixed([1], [0], [1], [0]), fixed([0.5])), grows=(), without={
                "gradient": NOT_DERIVATIVE + "some regions are taught more, some the contrary"}),
    Example("WeightedSoftmaxWithLoss", "weighted_softmax_loss_param { gamma: 1.5 }",
            ((2, 4, 3, 5), PLACES)),
    of_sample("EuclideanLoss2", bottoms=(ITEMS, ITEMS, positive(4, 1)), grows=BATCH),
    of_sample("EuclideanLoss3", bottoms=(ITEMS, ITEMS, positive(4, 1), positive(4, 6, seed=2)),
              grows=BATCH, without=ONCE),
    of_sample("EuclideanLoss4", grows=BATCH, without=ONCE),
    of_sample("EuclideanLoss6", grows=BATCH, without=ONCE),
    of_sample("CosineSimilarityLoss", grows=BATCH), of_sample("EuclideanLossWithTV", grows=BATCH),
    of_sample("WeightedEuclideanLoss"),
    of_sample("Recall", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("CosinL2Normalize", bottoms=((4, 5), whole(4, below=3)), blobs=((3, 5),),
              grows=BATCH),
    of_sample("Identity2Verify", bottoms=((4, 5), whole(4, below=3)), grows=()),
    of_sample("AdaptiveSoftmaxWithLoss", bottoms=((4, 3), whole(4, below=3)), grows=BATCH,
              without=dict.fromkeys(("values", "gradient"), "frequencies move in each forward")),
    of_sample("SuperCategory", grows=BATCH), of_sample("SuperCategoryFM"),
    of_sample("SuperCategoryInverse", grows=BATCH),
    of_sample("SuperCategoryLabel", bottoms=(whole(5, below=4),), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("RandomTriplets", bottoms=((6, 4), fixed([3, 3])[0]), grows=(), without={
        **dict.fromkeys(("shapes", "compile", "export"), "sizes depend on data"), **DRAWS,
        **NO_GRADIENT}),
    of_sample("IndexedTripletLoss", bottoms=((6, 4), fixed([0, 1, 3], [1, 2, 4], [3, 4, 0])),
              grows=(), without={"gradient": NOT_DERIVATIVE + "the last triplet's alone is kept"}),
    of_sample("MultiLabelAccuracy", bottoms=((4, 5), whole(4, 5, below=3) - 1), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("MultilogisticWithLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=3))),
    of_sample("WeightedSigmoidCrossEntropyLoss", bottoms=((4, 5), whole(4, 5, below=2)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "its shares are another's"}),
    of_sample("WeightedGanLoss", bottoms=((4, 1), fixed([0], [1], [1], [0]), (4, 1)),
              grows=BATCH),
    of_sample("EntropyLoss"),
    Example("EntropyLoss", "entropy_param { threshold: 0.001 prob_pow: 1.5 }",
            (positive(4, 5),), grows=BATCH,
            without={"gradient": NOT_DERIVATIVE + "it is of the other sign"}),
    of_sample("EuclideanWeightedLoss", bottoms=((4, 3, 2), whole(4, 3, 2, below=2)), grows=BATCH),
    of_sample("AUC", bottoms=((6, 3), SIX_CLASSES), grows=(), without=NO_GRADIENT),
    of_sample("PrecisionRecall", bottoms=((6, 3), SIX_CLASSES), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("P2SLoss", bottoms=((12, 5), PAIRED), grows=(), without={
        "gradient": NOT_DERIVATIVE + "a drawn row gets a part of it only", **DRAWS,
        **AFTER_ROUNDING}),
    of_sample("SqueezeDetLoss", bottoms=ANCHORED, grows=(), without={
        "gradient": NOT_DERIVATIVE + "that of a class lacks its factors", **AFTER_ROUNDING}),
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
    of_sample("SoftmaxWithHardBoostrapLoss", bottoms=((4, 5), fixed(2, 0, 4, 1)), grows=()),
    of_sample("SigmoidMultiLabelLoss", bottoms=((4, 5), LISTED), grows=()),
    of_sample("OverlapAccuracy", grows=(), without=NO_GRADIENT),
    *(of_sample(f"Triplet{kind}", bottoms=((4, 6), *[noise(4, 6, seed=seed) for seed in (8, 9)]),
                grows=(), without={"gradient": NOT_DERIVATIVE + "it has another factor"})
      for kind in ("RankingHingeLoss", "sRankLoss")),
    of_sample("PosenetAccuracy", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
