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
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

LABELS = whole(4, below=5)
BITS = (noise(4, 3, 2, seed=9, requires_grad=False) > 0).double()
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
GAZES = (noise(2, 1, 5, 4, seed=4, requires_grad=False) > 0.5).double()
KNOWN = whole(4, 3, below=2, first=-1)
SIGNS = whole(2, 1, 5, 4, below=2) * 2 - 1
CELLS = whole(2, 1, 5, 4, below=3)
MAPS = [torch.sigmoid(noise(4, width, seed=seed).detach()) for width in (6, 10)
        for seed in (1, 2)]
UNIT_NORMALS = torch.nn.functional.normalize(noise(2, 3, 5, 4).detach(), dim=1).requires_grad_()
TARGETS = positive(2, 5, 3, seed=6).detach()
FACTORS = positive(2, 1, 3, seed=7).detach()
SEEN_FROM = torch.tensor([3.0, 7, 10017, 1], dtype=torch.float64)
MEASURED = {**NO_GRADIENT, **AFTER_ROUNDING}
# bits 0 to 2 of each cell, and of some the mark
EDGES = torch.tensor([number % 8 - (1 << 31) * (number % 5 == 0) for number in range(3, 43)],
                     dtype=torch.int32).view(torch.float32).double().reshape(2, 1, 4, 5)
TRUE_BOXES = torch.tensor([[20, 30, 120, 190, 2, 200, 100, 380, 300, 0, 90, 210, 170, 330, 1],
                           [150, 40, 330, 180, 1, *[-1] * 10]], dtype=torch.float64)
ANCHORED = (noise(2, 24, 3).detach().softmax(2).requires_grad_(),
            noise(2, 3, 4, 2, seed=2).detach().sigmoid().requires_grad_(),
            (noise(2, 3, 4, 8, seed=3).detach() / 4).requires_grad_(),
            TRUE_BOXES.reshape(2, 15, 1, 1))
BOXES = fixed([0, 1, 0, 0.1, 0.3, 0.6, 0.7, 0], [1, 2, 0, 0.2, 0.1, 0.5, 0.4, 0],
              [1, 1, 0, 0.3, 0.2, 0.7, 0.9, 0]).reshape(1, 1, 3, 8)
LISTED = whole(4, 3, 1, 1, below=6)

EXAMPLES = (
    of_sample("SVRLoss", bottoms=((4, 3, 2), noise(4, 3, 2, seed=9, requires_grad=False))),
    of_sample("AccuracyRegression", without=NO_GRADIENT),
    of_sample("ManhattanLoss", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it fades near 0"}),
    of_sample("AbsLoss"),
    of_sample("AffinityLoss", bottoms=((5, 1), fixed([2], [-1], [0.5], [0], [-0.25]))),
    Example("AffinityLoss", "ranklossmult: 0.5 ranklossneg: true",
            ((5, 1), fixed([2], [-2], [0.5], [0], [3]))),
    of_sample("SigmoidCrossEntropyBalanceLoss", bottoms=((4, 3, 2), whole(4, 6, below=2)),
              grows=BATCH),
    of_sample("DiceCoefLoss", bottoms=(positive(4, 1, 3, 5), positive(4, 1, 3, 5, seed=2)),
              grows=BATCH),
    of_sample("DiceLoss", bottoms=((2, 3, 5, 4), CELLS), without={
        "gradient": NOT_DERIVATIVE + "it is that of a loss of shares", **AFTER_ROUNDING}),
    of_sample("KnowledgeDistillation",
              without={"gradient": NOT_DERIVATIVE + "it is that times the temperature squared"}),
    of_sample("MultiChannelSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
    of_sample("MultiChannelReweightedSigmoidCrossEntropyLoss", bottoms=((2, 3, 4, 5), EDGES)),
    of_sample("L1Loss"),
    of_sample("FocalLoss", bottoms=(SCORES, PLACES)),
    Example("FocalLoss", "focal_loss_param { gamma: 2 }", ((4, 3, 2), BITS)),
    of_sample("SoftmaxWithLossOHEM", bottoms=(SCORES, PLACES)),
    of_sample("SmoothL1LossOHEM", bottoms=((4, 3, 2), (4, 3, 2), BITS),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the factor weight"}),
    of_sample("BoxAnnotatorOHEM", bottoms=(ROIS, noise(4, 1, requires_grad=False), whole(4, 1,
              below=3), noise(4, 8)), grows=(), without=NO_GRADIENT),
    of_sample("MultiLabelLoss", bottoms=((4, 3), whole(4, 3, below=2, first=-1))),
    of_sample("MultiSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2, first=-1))),
    of_sample("SiameseLogisticLoss", bottoms=((2, 1, 5, 4), SIGNS, SIGNS.abs() / 3)),
    of_sample("SigmoidCrossEntropyWeightedLoss", bottoms=((4, 3), KNOWN)),
    of_sample("MulticlassSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "it is over the classes too"}),
    of_sample("LabelSpecificRescale", bottoms=((4, 5), LABELS), grows=BATCH),
    of_sample("MAE", bottoms=((4, 6), whole(4, below=3)), grows=BATCH, without=MEASURED),
    Example("MAE", "", ((4, 5), whole(4, below=5)), grows=BATCH, without=MEASURED),
    of_sample("SoftmaxWithLossExpectation", bottoms=((1, 4, 5, 6), POINTS), grows=()),
    Example("SoftmaxWithLossExpectation", "loss_param { ignore_label: 255 ignore_rank: false "
            "ignore_classes: true normalize_objectness: false }",
            (noise(1, 4, 5, 6, seed=3), WEIGHED), grows=()),
    of_sample("SoftmaxWithLossROI", bottoms=((2, 3, 5, 4), whole(2, 1, 5, 4, below=3), fixed(
        [0, 1, 1, 2, 3], [1, 0, 2, 1, 4])), grows=(), without={
            "gradient": NOT_DERIVATIVE + "it is over all pixels"}),
    of_sample("KLDivLoss", bottoms=(noise(2, 1, 5, 4).detach().abs().requires_grad_(), GAZES),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the small numbers"}),
    of_sample("NSSLoss", bottoms=((2, 1, 5, 4), GAZES)),
    of_sample("JSDLoss", bottoms=(MAPS[0].requires_grad_(), MAPS[1])),
    of_sample("RSJSDLoss", bottoms=(MAPS[2].requires_grad_(), MAPS[3]), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is over the sum of weights"}),
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
    of_sample("LocLoss", grows=BATCH),
    of_sample("STLoss", grows=BATCH),
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
    of_sample("CosineSimilarityLoss", grows=BATCH),
    of_sample("EuclideanLossWithTV", grows=BATCH),
    of_sample("WeightedEuclideanLoss"),
    of_sample("AdaptiveSoftmaxWithLoss", bottoms=((4, 3), whole(4, below=3)), grows=BATCH,
              without=dict.fromkeys(("values", "gradient"), "frequencies move in each forward")),
    of_sample("SuperCategory", grows=BATCH),
    of_sample("SuperCategoryFM"),
    of_sample("SuperCategoryInverse", grows=BATCH),
    of_sample("SuperCategoryLabel", bottoms=(whole(5, below=4),), grows=BATCH,
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
    of_sample("SqueezeDetLoss", bottoms=ANCHORED, grows=(), without={
        "gradient": NOT_DERIVATIVE + "that of a class lacks its factors", **AFTER_ROUNDING}),
    of_sample("RestrainLoss", bottoms=((2, 3, 6, 5), BOXES), grows=()),
    of_sample("SoftmaxWithCrossEntropyLoss"),
    of_sample("SoftmaxWithHardBoostrapLoss", bottoms=((4, 5), fixed(2, 0, 4, 1)), grows=()),
    of_sample("SigmoidMultiLabelLoss", bottoms=((4, 5), LISTED), grows=()),
    of_sample("OverlapAccuracy", grows=(), without=NO_GRADIENT),
    *(of_sample(f"Triplet{kind}", bottoms=((4, 6), *[noise(4, 6, seed=seed) for seed in (8, 9)]),
                grows=(), without={"gradient": NOT_DERIVATIVE + "it has another factor"})
      for kind in ("RankingHingeLoss", "sRankLoss")),
)
