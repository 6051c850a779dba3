"""Examples of types of a few small projects; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import AFTER_ROUNDING, BATCH, NO_GRADIENT, of_sample, whole
from tests.support import noise

KINDS = whole(4, below=3)
SIGNS = whole(1, 1, 3, 7, below=5)
PLATES = ((3, 4), (3, 5), *((3, 6),) * 5)
FACES = (of_sample("SimpleNormalize", grows=BATCH),
    of_sample("CosinL2Normalize", bottoms=((4, 5), KINDS), blobs=((3, 5),), grows=BATCH),
    of_sample("Identity2Verify", bottoms=((4, 5), KINDS), grows=()),
    of_sample("DetectionCcpdOutput", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("LpEvaluate", bottoms=(SIGNS, SIGNS.reshape(3, 7)), grows=(), without=NO_GRADIENT),
    of_sample("FaceAttriEvaluate", bottoms=((3, 17), noise(3, 17, seed=9)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
)

EXAMPLES = (*FACES,)
