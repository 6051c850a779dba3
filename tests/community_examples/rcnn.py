"""Examples of community types in framework/layers/rcnn; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

ROIS = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 40, 24], [1, 12, 12, 30, 14], [0, 40, 5, 63, 60])
MATCHED = fixed([1, 3, 2, 20, 33, 0.7], [2, 0, 9, 40, 24, 0.9], [0, 0, 0, 0, 0, 0],
                [1, 41, 5, 63, 61, 0.8])
REGRESSION = ("bbox_reg_param { bbox_mean: 0 bbox_mean: 0.1 bbox_mean: 0 bbox_mean: 0 "
              "bbox_std: 0.1 bbox_std: 0.2 bbox_std: 0.2 bbox_std: 0.4 }")
MAPS = ((4, 3, 3, 2), (4, 4, 3, 2))
ANCHOR_TRUTH = torch.cat([
    whole(4, 1, 3, 2, below=3), whole(4, 4, 3, 2, below=19, first=4) + 0.5,
    torch.linspace(0.05, 0.95, 24, dtype=torch.float64).reshape(4, 1, 3, 2)], 1)
SPATIAL = (2, 3)
SMALL_ROIS = fixed([1, 1.2, 0.8, 9.1, 11.3], [0, 0, 0, 5, 4], [1, 6.2, 2.9, 4.4, 8],
                   [0, -4, 3, 12, 14])
SCALED = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 43, 24], [1, 12, 12, 60, 90])
REGIONS = fixed([0, 8, 4, 40, 30], [1, 0, 0, 20, 9], [1, 30, 20, 60, 63], [0, 5, 5, 6, 6],
                [0, 9, 5, 40, 30], [1, 2, 2, 20, 9])
INFO = fixed([24, 40, 1], [24, 36, 1])
LABELS = fixed([0, 1, 0, 0.1, 0.1, 0.6, 0.7, 0], [0, 2, 1, 0.3, 0.25, 0.9, 0.6, 1],
               [1, 2, 0, 0.2, 0.45, 0.55, 0.9, 0], [-1] * 8)
GT_BOXES = fixed([0, 2, 3, 18, 17, 1, 0, 0], [0, 20, 4, 36, 19, 2, 0, 0], [1, 1, 2, 9, 12, 1, 1, 1],
                 [-1, -1, -1, -1, -1, -1, 0, 0])
OUTSIDE = {"gradient": NOT_DERIVATIVE + "cells outside of the regions have none"}
CENTRES = fixed([0, 0, 0, 9, 9], [0, 11, 1, 19, 9], [0, 1, 11, 9, 19], [0, 12, 12, 18, 18],
                [3, 0, 0, 9, 9], [3, 5, 5, 6, 6])
SCANS = torch.tensor([[[1., 2, 1, 14, 15, 10, 2, 1], [10, 3, 4, 28, 18, 20, 1, 1],
                       [20, 4, 2, 33, 16, 19, 3, 1]],
                      [[2, 2, 2, 12, 14, 12, 1, 1], [0, 0, 0, 9, 9, 9, 2, 0],
                       [18, 1, 3, 37, 15, 20, 3, 1]]], dtype=torch.float64)
ROWS_OF_DATA = dict.fromkeys(("shapes", "compile", "export"),
                             "the number of rows depends on data")
FOUND = torch.tensor([[0., 3, 2, 1, 16, 15, 11], [1, 2, 1, 2, 13, 14, 13],
                      [0, 24, 1, 2, 36, 16, 20], [1, 20, 5, 4, 30, 22, 23],
                      [-1, 0, 0, 0, 0, 0, 0]], dtype=torch.float64)
EXTENT = torch.tensor([[24., 24, 40, *[0] * 16]] * 2, dtype=torch.float64)
TURNED_REGIONS = fixed([0, 20.3, 16.2, 12.4, 24.7, 30], [1, 30.2, 14.1, 20.3, 16.6, -75.5],
                       [0, 2.3, 2.7, 9.9, 30.4, 10])
SIZE = fixed([34, 47, 1])
SHARES = (noise(2, 3, 4, 5).detach().sigmoid() / 4).requires_grad_()
# x, y and item of the cell; the region as it is seen; the mapped one; class, subclass, offsets
BOXES = fixed([2, 1, 1, 1, 0, 1, 2, 1, 2, 0, 1, 1, 2, 3, 0.1, -0.2, 0.3, 0.4],
              [3, 4, 0, 0, 1, 2, 5, 1, 0, 1, 2, 5, 1, 6, 0.5, 0.1, 0.2, 0.3],
              [5, 5, 2, 2, 3, 4, 6, 3, 5, 2, 2, 6, 2, 5, 0.7, 0.1, 0.9, 0.3],
              [1, 2, 3, 3, 0, 0, 4, 3, 4, 0, 0, 4, 1, 4, 0.2, 0.6, 0.2, 0.1],
              [7, 0, 0, 0, 6, 0, 7, 1, 1, 3, 0, 4, 2, 1, 0.3, 0.8, 0.2, 0.3])
SCALES = fixed([2, 2, 1, 2, 1, 1, 3, 2, 1, 4]).reshape(1, 1, 1, 10)

CELLS = fixed([0, 9, .1, .1, .4, .5, 1, 7, 2, 3, 1], [1, 9, .2, .1, .4, .5, 3, 7, 0, 4, 2],
              [0, 9, .3, .1, .4, .5, 0, 7, 1, 0, 0]).reshape(1, 1, 3, 11)

EXAMPLES = (
    of_sample("GroundTruthBoxes", bottoms=(LABELS.reshape(1, 1, 4, 8), INFO), grows=(),
              without=NO_GRADIENT),
    of_sample("AnchorTarget", bottoms=(noise(2, 4, 3, 5, requires_grad=False), GT_BOXES, INFO),
              grows=(), without={**NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    Example("AnchorTarget", "level_stride: 8 level_stride: 16 ratio: 1 scale: 2 allowed_border: -1 "
            "batch_size: 8", (noise(2, 1, 3, 5, requires_grad=False),
                              noise(2, 1, 2, 3, requires_grad=False), GT_BOXES, INFO),
            tops=4, grows=(), without={**NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    of_sample("BoxGroupOutput", without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("DecodeBBox", bottoms=((4, 8), ROIS), without=NO_GRADIENT),
    Example("DecodeBBox", REGRESSION, ((4, 8), ROIS, MATCHED), grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ScaleRoute", bottoms=(ROIS, (4, 3)), without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("DetectionGroupLoss", bottoms=(*MAPS, ANCHOR_TRUTH), grows=(),
              without={**AFTER_ROUNDING, "gradient": NOT_DERIVATIVE + "the 2nd top has none"}),
    of_sample("DetectionGroupAccuracy", bottoms=(*MAPS, ANCHOR_TRUTH), without=NO_GRADIENT),
    of_sample("FrcnnOutput", bottoms=(positive(4, 3), (4, 12), ROIS * fixed([0, 1, 1, 1, 1]),
              fixed([64, 72])), grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT,
              **AFTER_ROUNDING}),
    of_sample("ProposalTarget", bottoms=(ROIS, torch.cat([ROIS + fixed([0, 1, 2, 0, 1]), fixed([1,
              0, 0], [2, 0, 1], [1, 0, 0], [1, 1, 0])], 1)), grows=(), without={**SIZES_FROM_DATA,
              **NO_GRADIENT, **DRAWS}),
    of_sample("HardMining", bottoms=(noise(4, 1, requires_grad=False), ROIS, (4, 3)), grows=(),
              without=NO_GRADIENT),
    of_sample("BboxAccuracy", bottoms=((4, 12), ROIS, MATCHED), without=NO_GRADIENT),
    of_sample("DuplicateRemovalLoss", bottoms=(torch.linspace(0.1, 0.9, 12, dtype=torch.float64)
              .reshape(6, 2).requires_grad_(), fixed(
                  [0, 2, 3, 17, 17], [0, 2, 2, 18, 16], [-1, 0, 0, 0, 0], [1, 30, 20, 60, 63],
                  [1, 2, 2, 9, 13], [1, 1, 2, 9, 12]), GT_BOXES), grows=()),
    of_sample("DuplicateRemovalOutput", bottoms=(
        noise(12, 2, requires_grad=False).abs(), torch.cat([
            torch.arange(12, dtype=torch.float64)[:, None] // 3, REGIONS[:, 1:].repeat(2, 1)], 1),
        fixed([64, 64, 1], [64, 72, 1])), grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("FrcnnProposal", bottoms=((1, 4, 3, 5), (1, 8, 3, 5), INFO[:1]), grows=(), without={
              **SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("FrcnnAnchorTarget", bottoms=(noise(1, 4, 3, 5, requires_grad=False),
              GT_BOXES[:2, 1:6, None, None], INFO[:1]), grows=(), without={
              **NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    of_sample("FrcnnProposalTarget", bottoms=((REGIONS * fixed([0, 1, 1, 1, 1]))[..., None, None],
              GT_BOXES[:2, 1:6, None, None]), grows=(), without={
              **SIZES_FROM_DATA, **NO_GRADIENT, **DRAWS, **AFTER_ROUNDING}),
    of_sample("MIL", grows=()),
    of_sample("MapMIL", bottoms=(SHARES,)), Example("MapMIL", "", ((2, 3, 4, 5),)),
    of_sample("MaskTarget", bottoms=(fixed([0, 1, 1, 6, 5], [1, 2, 0, 7, 6], [0, 3, 2, 8, 7]),
              fixed([2], [0], [1]), fixed([0, 1, 1, 6, 6, 2, 0, 0], [0, 2, 2, 8, 7, 1, 0, 0],
                                          [1, 0, 0, 7, 6, 1, 0, 0]),
              (noise(3, 8, 9, requires_grad=False) > 0).double()), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("MaskOutput", bottoms=((3, 4, 2, 5), fixed([0, 2, 0.5, 0, 0, 1, 1],
              [0, -1, 0.5, 0, 0, 1, 1], [1, 3, 0.5, 0, 0, 1, 1]).reshape(1, 1, 3, 7)), grows=()),
    of_sample("ROIWarping", bottoms=((2, 3, 6, 5), SMALL_ROIS), grows=BATCH),
    of_sample("MaskPooling"), of_sample("MaskResize", grows=BATCH), of_sample("TileProduct"),
    of_sample("DetectionLoss", bottoms=((4, 7, 3, 2), ANCHOR_TRUTH), grows=(),
              without={**AFTER_ROUNDING, "gradient": NOT_DERIVATIVE + "the 2nd number has none"}),
    of_sample("DetectionAccuracy", bottoms=((4, 7, 3, 2), ANCHOR_TRUTH), without=NO_GRADIENT),
    of_sample("BoxOutput", without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("MultiROIPooling", bottoms=((2, 3, 8, 9), fixed(
        [20, 30, 70, 60, 0, 0], [3, 1, -40, 20, 0, 0]).reshape(2, 3, 2)), grows=()),
    of_sample("Proposal", bottoms=((2, 4, 3, 5), (2, 8, 3, 5), fixed([24, 40, 1], [24, 40, 1])),
              grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("Proposal", "feat_stride: 32 min_size: 90", ((2, 18, 3, 5), (2, 36, 3, 5), fixed(
        [96, 160, 1], [96, 150, 1])), tops=2, grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("Proposal", "level_stride: 8 level_stride: 16 ratio: 1 scale: 2 min_size: 2 "
            "post_nms_topn: 5", ((2, 1, 3, 5), (2, 4, 3, 5), (2, 1, 2, 3), (2, 4, 2, 3), INFO),
            tops=2, phase="TEST", grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("PSROIAlign", bottoms=((2, 12, 8, 9), SMALL_ROIS), grows=SPACE),
    of_sample("SPMMaxPooling", bottoms=((6, 3), fixed([20, 40], [20, 20]), CENTRES), grows=()),
    *(Example("SPMMaxPooling", f"spm_param {{ spm_type: {kind} }}",
              ((6, 3), fixed([20, 40], [20, 20]), CENTRES), grows=()) for kind in (0, 2)),
    of_sample("RankedBoxes", bottoms=((6, 4), noise(6, 12, requires_grad=False), positive(6, 3),
              REGIONS, fixed([64, 64, 1], [64, 72, 1])), grows=()),
    of_sample("RegionOutput", bottoms=((6, 12), positive(6, 3), REGIONS,
              fixed([64, 64, 1], [64, 72, 1])), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ROIPooling", bottoms=((2, 3, 8, 9), ROIS), grows=SPATIAL),
    of_sample("PSROIPooling", bottoms=((2, 12, 8, 9), ROIS), grows=SPATIAL),
    Example("PSROIPooling", "output_dim: 3 group_size: 2 spatial_scale: 0.125 pad_ratio: 0.25",
            ((2, 12, 8, 9), ROIS), grows=SPATIAL),
    of_sample("RelationModule", bottoms=((4, 6), ROIS), grows=(),
              blobs=((2, 8), (2,), (4, 6), (4,), (4, 6), (4,), (6, 6), (6,))),
    of_sample("ROIAlign", bottoms=((2, 3, 8, 9), ROIS), grows=SPATIAL),
    of_sample("ROIAlignment", bottoms=((2, 3, 8, 9), ROIS), grows=SPACE),
    Example("ROIAlign", "roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.125 "
            "sampling_ratio: 2 }",
            ((2, 3, 8, 9), ROIS), grows=SPACE),
    Example("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 "
            "sampling_ratio: 2 }", ((2, 3, 8, 9), REGIONS[:4]), grows=(2, 3)),
    Example("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 sampling_ratio: 2 "
            "level_stride: 4 level_stride: 8 canonical_size: 24 canonical_level: 3 }",
            ((2, 3, 16, 18), (2, 3, 8, 9), REGIONS[:4]), grows=()),
    of_sample("ROIConvolution", bottoms=((2, 3, 8, 9), ROIS), blobs=((4, 3, 3, 3), (4,)),
              grows=(), without=OUTSIDE),
    of_sample("RotateROIPooling", bottoms=((2, 3, 9, 12), TURNED_REGIONS, SIZE), grows=BATCH),
    of_sample("ROIMaskPooling", bottoms=((2, 3, 8, 9), SCALED), grows=SPACE),
    of_sample("SimplerNMS", bottoms=(positive(1, 6, 3, 5), (1, 12, 3, 5), fixed([48, 80, 1])),
              grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("FasterRcnnDetectionOutput", bottoms=((4, 12), positive(4, 3), fixed(
              [0, 1, 2, 9, 11], [0, 0, 0, 5, 4], [0, 6, 2, 14, 8], [0, 4, 3, 12, 14]),
              fixed([64, 72, 2])), grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT,
              **AFTER_ROUNDING}),
    of_sample("RPN", bottoms=(positive(1, 6, 3, 5), (1, 12, 3, 5), fixed([48, 80, 1])), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("HeatmapGenerating"), of_sample("FeatureExtrapolating", grows=()),
    of_sample("ROIGenerating", bottoms=((4, 1, 6, 8), BOXES, SCALES), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING, **DRAWS,
                       **dict.fromkeys(("compile", "export"), "it draws regions on the CPU")}),
    of_sample("AnchorTarget3D", bottoms=((2, 4, 4, 3, 5), SCANS, EXTENT), grows=(),
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ROIPooling3D", bottoms=((2, 3, 6, 4, 5), FOUND[:4]), grows=(0,)),
    of_sample("Proposal3D", bottoms=((2, 8, 4, 3, 5), (2, 24, 4, 3, 5), EXTENT),
              grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ProposalTarget3D", bottoms=(FOUND, SCANS), grows=(), without={
        **ROWS_OF_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("AnchorEmbeddingExtractor", bottoms=(CELLS, *[
        noise(2, 4, 3, 5, seed=seed) for seed in range(4, 8)]), grows=(), without=SIZES_FROM_DATA),
)
