"""Examples of the layers of Faster and Mask R-CNN, for the common check of every layer."""

import torch

from tests.layer_examples import NO_GRADIENT, SIZES_FROM_DATA, Example, fixed, of_sample, positive
from tests.support import noise

AFTER_ROUNDING = {"autocast": "which rows are taken turns on near values"}
DRAWS = {"values": "it draws numbers, which compiled code does in another order"}
ROIS = fixed([0, 8, 4, 40, 30], [1, 0, 0, 20, 9], [1, 30, 20, 60, 63], [0, 5, 5, 6, 6])
REGIONS = fixed([0, 8, 4, 40, 30], [1, 0, 0, 20, 9], [1, 30, 20, 60, 63], [0, 5, 5, 6, 6],
                [0, 9, 5, 40, 30], [1, 2, 2, 20, 9])
INFO = fixed([24, 40, 1], [24, 36, 1])
LABELS = fixed([0, 1, 0, 0.1, 0.1, 0.6, 0.7, 0], [0, 2, 1, 0.3, 0.25, 0.9, 0.6, 1],
               [1, 2, 0, 0.2, 0.45, 0.55, 0.9, 0], [-1] * 8)
GT_BOXES = fixed([0, 2, 3, 18, 17, 1, 0, 0], [0, 20, 4, 36, 19, 2, 0, 0], [1, 1, 2, 9, 12, 1, 1, 1],
                 [-1, -1, -1, -1, -1, -1, 0, 0])
EXAMPLES = (
    of_sample("GroundTruthBoxes", bottoms=(LABELS.reshape(1, 1, 4, 8), INFO), grows=(),
              without=NO_GRADIENT),
    of_sample("AnchorTarget", bottoms=(noise(2, 4, 3, 5, requires_grad=False), GT_BOXES, INFO),
              grows=(), without={**NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    Example("AnchorTarget", "level_stride: 8 level_stride: 16 ratio: 1 scale: 2 allowed_border: -1 "
            "batch_size: 8", (noise(2, 1, 3, 5, requires_grad=False),
                              noise(2, 1, 2, 3, requires_grad=False), GT_BOXES, INFO),
            tops=4, grows=(), without={**NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    of_sample("FrcnnProposal", bottoms=((1, 4, 3, 5), (1, 8, 3, 5), INFO[:1]), grows=(), without={
              **SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("FrcnnAnchorTarget", bottoms=(noise(1, 4, 3, 5, requires_grad=False),
              GT_BOXES[:2, 1:6, None, None], INFO[:1]), grows=(), without={
              **NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    of_sample("FrcnnProposalTarget", bottoms=((REGIONS * fixed([0, 1, 1, 1, 1]))[..., None, None],
              GT_BOXES[:2, 1:6, None, None]), grows=(), without={
              **SIZES_FROM_DATA, **NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    Example("Proposal", "level_stride: 8 level_stride: 16 ratio: 1 scale: 2 min_size: 2 "
            "post_nms_topn: 5", ((2, 1, 3, 5), (2, 4, 3, 5), (2, 1, 2, 3), (2, 4, 2, 3), INFO),
            tops=2, phase="TEST", grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 "
            "sampling_ratio: 2 }", ((2, 3, 8, 9), ROIS), grows=(2, 3)),
    Example("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 sampling_ratio: 2 "
            "level_stride: 4 level_stride: 8 canonical_size: 24 canonical_level: 3 }",
            ((2, 3, 16, 18), (2, 3, 8, 9), ROIS), grows=()),
    of_sample("RegionOutput", bottoms=((6, 12), positive(6, 3), REGIONS,
              fixed([64, 64, 1], [64, 72, 1])), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("MaskTarget", bottoms=(fixed([0, 1, 1, 6, 5], [1, 2, 0, 7, 6], [0, 3, 2, 8, 7]),
              fixed([2], [0], [1]), fixed([0, 1, 1, 6, 6, 2, 0, 0], [0, 2, 2, 8, 7, 1, 0, 0],
                                          [1, 0, 0, 7, 6, 1, 0, 0]),
              (noise(3, 8, 9, requires_grad=False) > 0).double()), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("MaskOutput", bottoms=((3, 4, 2, 5), fixed([0, 2, 0.5, 0, 0, 1, 1],
              [0, -1, 0.5, 0, 0, 1, 1], [1, 3, 0.5, 0, 0, 1, 1]).reshape(1, 1, 3, 7)), grows=()),
    Example("DetectionEvaluate", "num_classes: 4 overlap_threshold: 0.5", (
        fixed([0, 1, 0.9, 0.1, 0.1, 0.6, 0.7], [0, 2, 0.8, 0.3, 0.2, 0.9, 0.6]).reshape(1, 1, 2, 7),
        LABELS.reshape(1, 1, 4, 8), (noise(2, 3, 5, requires_grad=False) > 0).double(),
        (noise(4, 24, 40, requires_grad=False) > 0).double(), INFO), grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("RankedBoxes", bottoms=((6, 4), noise(6, 12, requires_grad=False), positive(6, 3),
              REGIONS, fixed([64, 64, 1], [64, 72, 1])), grows=()),
    of_sample("DuplicateRemovalLoss", bottoms=(torch.linspace(0.1, 0.9, 12, dtype=torch.float64)
              .reshape(6, 2).requires_grad_(), fixed(
                  [0, 2, 3, 17, 17], [0, 2, 2, 18, 16], [-1, 0, 0, 0, 0], [1, 30, 20, 60, 63],
                  [1, 2, 2, 9, 13], [1, 1, 2, 9, 12]), GT_BOXES), grows=()),
    of_sample("DuplicateRemovalOutput", bottoms=(
        noise(12, 2, requires_grad=False).abs(), torch.cat([
            torch.arange(12, dtype=torch.float64)[:, None] // 3, REGIONS[:, 1:].repeat(2, 1)], 1),
        fixed([64, 64, 1], [64, 72, 1])), grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
)
