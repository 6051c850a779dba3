"""Examples of community types in framework/layers/data; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    NO_GRADIENT,
    fixed,
    of_sample,
    positive,
)

ON_CPU = dict.fromkeys(("compile", "export"), "it runs in numpy")
KITTI = fixed([2, 16] + [0] * 14, [10, 8, 20, 16, 0, 1] + [0] * 10, [30, 20, 30, 24, 0, 1]
              + [0] * 10, [0] * 16)

EXAMPLES = (
    of_sample("DetectNetTransformation", bottoms=(positive(2, 3, 40, 56).detach() * 60,
              torch.stack([KITTI, KITTI])[:, None]), grows=(), without={**ON_CPU, **NO_GRADIENT}),
)
