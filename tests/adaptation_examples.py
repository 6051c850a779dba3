"""Examples of types for domain adaptation, and for several labels; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)

SIGNS = whole(4, 5, below=3) - 1
MULTI_LABEL = (
    of_sample("MultiLabelAccuracy", bottoms=((4, 5), SIGNS), grows=BATCH, without=NO_GRADIENT),
    of_sample("MultilogisticWithLoss", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=3))),
    of_sample("WeightedSigmoidCrossEntropyLoss", bottoms=((4, 5), whole(4, 5, below=2)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "its shares are another's"}),
    of_sample("WeightedGanLoss", bottoms=((4, 1), fixed([0], [1], [1], [0]), (4, 1)),
              grows=BATCH),
    of_sample("LsePooling", grows=BATCH),
)
DOMAINS = (
    of_sample("EntropyLoss"),
    Example("EntropyLoss", "entropy_param { threshold: 0.001 prob_pow: 1.5 }",
            (positive(4, 5),), grows=BATCH,
            without={"gradient": NOT_DERIVATIVE + "it is of the other sign"}),
    of_sample("OuterProduct", grows=BATCH),
)
POINTS = fixed([1, 2], [5.5, 9], [-3, 4], [40, 50], [2, 7], [0, 0], [8, 3.5], [6, 30])
WINDOWS = (
    of_sample("MaskOutputs", bottoms=((2, 6, 5, 4), fixed([1, 0]).reshape(2)), grows=SPACE),
    of_sample("EuclideanWeightedLoss", bottoms=((4, 3, 2), whole(4, 3, 2, below=2)), grows=BATCH),
    of_sample("SparseHypercolumnExtractor", bottoms=(
        POINTS.reshape(2, 4, 2), (2, 3, 5, 6), (2, 2, 3, 4)), grows=(), without=AFTER_ROUNDING),
    of_sample("StripDecimals", without=NO_GRADIENT),
)
CLASSES = fixed([0, 2, 1, 1, 0, 2]).reshape(6)
GENES = (
    of_sample("Gridding", blobs=((3, 3, 7), (2, 3, 3)), grows=BATCH),
    of_sample("AUC", bottoms=((6, 3), CLASSES), grows=(), without=NO_GRADIENT),
    of_sample("PrecisionRecall", bottoms=((6, 3), CLASSES), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("LogScaler"),
)

EXAMPLES = (*MULTI_LABEL, *DOMAINS, *WINDOWS, *GENES)
