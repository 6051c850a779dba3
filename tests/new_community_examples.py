"""Examples of layer types that nets of public projects name; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    SCORES,
    SIZES_FROM_DATA,
    Example,
    X,
    of_sample,
    positive,
)

EXAMPLES = (
    of_sample("Padding"), Example("Padding", "pad_beg: -1 pad_end: -1"),
    of_sample("CropToSize"), of_sample("ReLUWithMask", bottoms=(positive(*X),)),
    of_sample("RegionDetectionOutput", grows=(),
              without=SIZES_FROM_DATA | NO_GRADIENT | AFTER_ROUNDING),
    of_sample("GSTiling"), Example("GSTiling", "stride: 2 reverse: true", ((2, 8, 3, 5),)),
    of_sample("Recall", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("ConvolutionBNFixed", blobs=((4, 3, 3, 3), *[(4,)] * 4, (1,)),
              without={"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}),
)
