"""Examples of community types in framework/layers/accuracy; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    SCORES,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

PAPERS = (2, 1, 5, 4)
INK_SHARES = noise(PAPERS, seed=3).detach().sigmoid().requires_grad_()
INK = (noise(PAPERS, seed=4, requires_grad=False) > 0).double()
INK_WEIGHTS = (noise(PAPERS, seed=5, requires_grad=False).abs(),
               noise(PAPERS, seed=6, requires_grad=False).abs())
SIX_CLASSES = fixed([0, 2, 1, 1, 0, 2]).reshape(6)

EXAMPLES = (
    of_sample("EltwiseAccuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("ClassificationStats", bottoms=((4, 5), whole(4, below=5)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ConfusionMatrix", bottoms=((6, 4), whole(6, below=4)), grows=BATCH, without={
        **dict.fromkeys(("compile", "export"), "it reports"), **NO_GRADIENT}),
    of_sample("WeightedFmeasureLoss", bottoms=(INK_SHARES, INK, *INK_WEIGHTS), without={
        "gradient": NOT_DERIVATIVE + "the slope of the recall counts twice"}),
    of_sample("PR", bottoms=(INK_SHARES, INK), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Recall", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("MultiLabelAccuracy", bottoms=((4, 5), whole(4, 5, below=3) - 1), grows=BATCH,
              without=NO_GRADIENT),
    of_sample("AUC", bottoms=((6, 3), SIX_CLASSES), grows=(), without=NO_GRADIENT),
    of_sample("PrecisionRecall", bottoms=((6, 3), SIX_CLASSES), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
