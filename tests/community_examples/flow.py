"""Examples of community types in framework/layers/flow; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    Example,
    of_sample,
)
from tests.support import noise

FLOW = (noise(2, 2, 5, 4, seed=12) * 1.3).detach().requires_grad_()
COEFFICIENTS = noise(3, 42, 1, 1, requires_grad=False) * 0.1
COEFFICIENTS[:, -1] = 0         # no noise
MOVES = {**DRAWS, **NO_GRADIENT}
PLACES_AROUND = (noise(2, 2, 5, 4, seed=4).detach() * 2 + 1.7).requires_grad_()

EXAMPLES = (
    of_sample("CrossCorrelation", blobs=((1, 3, 3, 3), (1,)), grows=BATCH),
    Example("CrossCorrelation", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 2 "
            "group: 2 stride: 2 pad: 1 bias_term: false }", ((3, 4, 7, 6), (2, 2, 3, 2)),
            blobs=((2, 2, 3, 2),), grows=BATCH),
    of_sample("GenerateAugmentationParameters", grows=(), without=MOVES),
    Example("GenerateAugmentationParameters", 'augmentation_param { mode: "replace" mirror { '
            'rand_type: "bernoulli" } col_rotate { spread: 0.3 } }',
            (COEFFICIENTS, (3, 3, 10, 12), (3, 3, 5, 6)), grows=(), without=MOVES),
    of_sample("DataAugmentation", blobs=((1, 1, 1, 1), (1, 3, 5, 6), (1, 3, 1, 1)), grows=(),
              without=MOVES),
    Example("DataAugmentation", "augmentation_param { crop_width: 6 crop_height: 5 mean: 1 mean: 2 "
            "mean: 3 mean_per_pixel: false }", ((3, 3, 10, 12), COEFFICIENTS),
            blobs=((1, 1, 1, 1),), grows=(), phase="TEST", without=NO_GRADIENT),
    of_sample("FlowAugmentation", bottoms=((3, 2, 10, 12), COEFFICIENTS, -COEFFICIENTS), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Grid", without=NO_GRADIENT),
    of_sample("CoordinateWarp", bottoms=((2, 3, 5, 4), PLACES_AROUND)),
    of_sample("Resample"),
    Example("Resample", "height: 8 width: 3 type: NEAREST"),
    Example("Resample", "type: LINEAR antialias: false", ((2, 3, 5, 4), (2, 1, 3, 3)), grows=BATCH),
    of_sample("Downsample"),
    of_sample("Accum", grows=BATCH),
    Example("Accum", "have_reference: true", ((2, 3, 5, 4), (2, 2, 3, 6), (2, 1, 7, 3)),
            grows=BATCH),
    of_sample("Correlation", grows=(0, 2)),
    Example("Correlation", "kernel_size: 1 max_displacement: 1 correlation_type: SUBTRACT",
            ((2, 3, 6, 5),) * 2),
    of_sample("FlowWarp", bottoms=((2, 3, 5, 4), FLOW)),
    of_sample("Warp", bottoms=((2, 3, 5, 4), FLOW)),
    of_sample("ChannelNorm"),
    of_sample("Correlation1D", grows=(0, 2)),
    Example("Correlation1D", "correlation_param { kernel_size: 1 max_displacement: 1 "
            "single_direction: 1 correlation_type: SUBTRACT }", ((2, 3, 6, 5),) * 2),
    of_sample("ConsistencyLoss", bottoms=((noise(4, 8, 1, 1) * 3 + 2).detach().requires_grad_(),
              (4, 2, 6, 5)), grows=(0,)),
    of_sample("LpqLoss"),
    Example("LpqLoss", "p: 1.5 q: 2 p_epsilon: 0.1 l2_prescale_by_channels: true "
            "normalize_by_num_entries: true"),
)
