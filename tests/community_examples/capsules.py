"""Examples of community types in framework/layers/capsules; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    of_sample,
    whole,
)

EXAMPLES = (
    of_sample("Cap", blobs=((6, 4, 15), (15,)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of plain sums"}),
    of_sample("CapsuleRelu", grows=BATCH, without=AFTER_ROUNDING),
    of_sample("Tensor", blobs=((3, 4, 2, 3, 2, 20), (720,)), grows=BATCH),
    of_sample("CapsuleConvTransform", blobs=((18, 2, 4), (1944,)), grows=BATCH),
    of_sample("CapsuleConvRouting", blobs=((27, 6),), grows=BATCH),
    of_sample("Squash", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "each number's is of itself alone"}),
    of_sample("CapsuleReshape"),
    of_sample("CapsuleTransform", blobs=((3, 4, 10), (30,)), grows=BATCH),
    of_sample("CapsuleRouting", blobs=((2, 3),), grows=BATCH),
    of_sample("CapsuleMask", grows=BATCH),
    of_sample("CapsuleLen", grows=BATCH, without=NO_GRADIENT),
    of_sample("MarginLoss", bottoms=((4, 5, 3), whole(4, below=5)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is not over N"}),
)
