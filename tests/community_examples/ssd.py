"""Examples of community types in framework/layers/ssd; see tests/layer_examples.py."""

from __future__ import annotations

from tests.community_examples.rcnn import INFO, LABELS
from tests.layer_examples import (
    AFTER_ROUNDING,
    NO_GRADIENT,
    PRIOR,
    SIZES_FROM_DATA,
    TRUTH,
    Example,
    fixed,
    of_sample,
)
from tests.support import noise

EXAMPLES = (
    of_sample("SSDDetectionOutput", bottoms=((2, 12), (2, 12), PRIOR), grows=(),
              without={**NO_GRADIENT, "autocast": "the order of near scores changes"}),
    Example("DetectionEvaluate", "num_classes: 4 overlap_threshold: 0.5", (
        fixed([0, 1, 0.9, 0.1, 0.1, 0.6, 0.7], [0, 2, 0.8, 0.3, 0.2, 0.9, 0.6]).reshape(1, 1, 2, 7),
        LABELS.reshape(1, 1, 4, 8), (noise(2, 3, 5, requires_grad=False) > 0).double(),
        (noise(4, 24, 40, requires_grad=False) > 0).double(), INFO), grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("FcosLoss", bottoms=((2, 12), (2, 12), (2, 3), PRIOR, TRUTH), grows=()),
    of_sample("MultiBoxFocalLoss", bottoms=((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
    of_sample("PriorBoxClustered", without=NO_GRADIENT),
    of_sample("RetinaNetLoss", bottoms=((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
    of_sample("DetectionOutputExtended", grows=(), without={
        **NO_GRADIENT, **AFTER_ROUNDING, "shapes": "rows depend on data"}),
)
