"""Examples of types that the census of public nets names; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    of_sample,
    whole,
)

SHORT = {"gradient": NOT_DERIVATIVE + "that of the rounding is left out", **AFTER_ROUNDING}
MEASURED = {**NO_GRADIENT, **AFTER_ROUNDING}

EXAMPLES = (
    of_sample("LRNRistretto", without=SHORT),
    of_sample("SampleTriplet", grows=(), without=MEASURED),
    of_sample("MAE", bottoms=((4, 6), whole(4, below=3)), grows=BATCH, without=MEASURED),
    Example("MAE", "", ((4, 5), whole(4, below=5)), grows=BATCH, without=MEASURED),
    of_sample("PwAttend", grows=BATCH),
)
