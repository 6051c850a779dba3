"""Examples of types of public forks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    FILES,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    Example,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

IMAGES = fixed([0, 30, 20, 1.5, 0], [1, 25, 40, 0.5, 1]).reshape(2, 5, 1, 1)
JOINTS = fixed([3, 4, 12, 9.5, 8, 2], [2, 3, 40, 12, 15, 11]).reshape(2, 6, 1, 1)
OF_IMAGES = {**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}
HALF = {"gradient": NOT_DERIVATIVE + "half of it, and what is left out has none"}
TARGETS = (noise(2, 3, 5, 4, seed=8, requires_grad=False) > 0.8).double()
SAME = whole(2, below=2)
POINTS = (noise(4, 6, requires_grad=False).abs() * 9, noise(4, 6, requires_grad=False).abs() * 8)
MEASURE = {**NO_GRADIENT, **dict.fromkeys(("compile", "export"), "it reports")}
POSES = (
    of_sample("HeatMapsFromCoordsOrigin", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without=OF_IMAGES),
    of_sample("CoordsToBboxesMasks", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("TorsoMaskFromCoords", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("PoseHeatMapLoss", bottoms=((2, 3, 5, 4), TARGETS, noise(
        2, 3, 1, 1, requires_grad=False)), grows=BATCH, without=HALF),
    Example("PoseHeatMapLoss", "loss_emphase_type: 4 bg_num: 5 heat_score_thres: 0.1",
            ((2, 3, 5, 4), TARGETS), grows=(), without={**HALF, **DRAWS}),
    Example("PoseHeatMapLoss", "loss_emphase_type: 5 ratio: 0.25 heat_score_thres: 0.1",
            ((2, 3, 5, 4), TARGETS), grows=(), without={**HALF, **DRAWS}),
    of_sample("PosePDJAccuracy", bottoms=POINTS, grows=BATCH, without=MEASURE),
    of_sample("PoseEuDistAccuracy", bottoms=POINTS, grows=BATCH, without=MEASURE),
    of_sample("SimilaryEuclideanLoss", bottoms=((2, 5), SAME), grows=(), without=HALF),
    of_sample("ArgMaxC", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("ArgMaxC", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("VisualizedHeatMaps2", grows=BATCH, without=NO_GRADIENT),
    of_sample("VisualizedPoseCoords", grows=BATCH, without=NO_GRADIENT),
    of_sample("WriteDataIntoFile", without=FILES),
    of_sample("ExtractPrimary", grows=()), of_sample("ScenePooling", grows=BATCH),
)
REGIONS = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 40, 24], [1, 12, 12, 30, 14], [0, 40, 5, 63, 60])
GAZES = (noise(2, 1, 5, 4, seed=4, requires_grad=False) > 0.5).double()
KNOWN = whole(4, 3, below=2, first=-1)
PLACES = noise(2, 2, 6, 5, seed=6, requires_grad=False)
OUTSIDE = {"gradient": NOT_DERIVATIVE + "cells outside of the regions have none"}
SEGMENTS = (
    of_sample("ChannelReduce"), Example("ChannelReduce", "num_channels: 3", ((2, 6, 5, 4),)),
    Example("ChannelReduce", "num_channels: 3 operation: SUM", ((2, 6, 5, 4),)),
    of_sample("NormConvMeanfield", blobs=((1, 1, 3, 3),) * 3, grows=BATCH),
    of_sample("KLDivLoss", bottoms=(noise(2, 1, 5, 4).detach().abs().requires_grad_(), GAZES),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the small numbers"}),
    of_sample("NSSLoss", bottoms=((2, 1, 5, 4), GAZES)),
)
IN_REGIONS = (
    of_sample("ROIConvolution", bottoms=((2, 3, 8, 9), REGIONS), blobs=((4, 3, 3, 3), (4,)),
              grows=(), without=OUTSIDE),
    of_sample("SigmoidCrossEntropyWeightedLoss", bottoms=((4, 3), KNOWN)),
)
BOXES = fixed([1, 0.4, 0.3, 0.25, 0.5, 0, 0.45, 0.35, 0.3, 0.4, 0, 0.9, 0.8, 0.1, 0.15],
              [0, 0.7, 0.1, 0.9, 0.6, -1, 0, 0, 0, 0, 1, 0.5, 0.5, 0.5, 0.5])
ONE_BOX = torch.cat([BOXES[:, :5], torch.full((2, 10), -1.0, dtype=torch.float64)], 1)
ANCHOR_MAPS = (
    of_sample("YoloDetectionLoss", bottoms=((2, 14, 3, 4), (2, 7, 5, 8), BOXES), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is not over N", **AFTER_ROUNDING}),
    of_sample("YoloAccuracy", bottoms=((2, 14, 3, 4), (2, 7, 5, 8), ONE_BOX), grows=(),
              without={**MEASURE, **AFTER_ROUNDING}),
)
FEW_BITS = (
    of_sample("CompressedBlob", without={
        "gradient": NOT_DERIVATIVE + "the top's goes on unchanged", **AFTER_ROUNDING}),
)
CELLS = whole(2, 1, 5, 4, below=3)
VOLUMES = (
    of_sample("DiceLoss", bottoms=((2, 3, 5, 4), CELLS), without={
        "gradient": NOT_DERIVATIVE + "it is that of a loss of shares", **AFTER_ROUNDING}),
    of_sample("SegmentOutput", without=NO_GRADIENT),
)
MARKED = torch.cat([noise(4, 6, seed=5), torch.tensor([[1.0], [0.0], [1.0], [1.0]])], 1).detach()
FACIAL_POINTS = (
    of_sample("WeightEuclideanLoss", bottoms=((4, 136), noise(4, 136, requires_grad=False)),
              grows=BATCH, without={"gradient": NOT_DERIVATIVE + "the size of a face is left out"}),
    of_sample("EuclideanLossWithIgnore", bottoms=((4, 6), MARKED), grows=BATCH),
    of_sample("Noise", without=DRAWS), of_sample("RandomNoise", without=DRAWS),
)

BOXED = (
    of_sample("Box", bottoms=((2, 3, 5, 7),), grows=()),
    of_sample("Winograd", blobs=((6, 6, 4, 3), (4,))),
)

EXAMPLES = (*BOXED, *FACIAL_POINTS, *POSES, *SEGMENTS, *IN_REGIONS, *ANCHOR_MAPS, *FEW_BITS,
            *VOLUMES)
