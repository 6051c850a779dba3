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
STRAIGHT = {"gradient": NOT_DERIVATIVE + "masked weights have one too"}
MASKED = {**STRAIGHT, **DRAWS}
SIGNS = whole(2, 1, 5, 4, below=2) * 2 - 1
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
TRACKING = (
    of_sample("CrossCorrelation", blobs=((1, 3, 3, 3), (1,)), grows=BATCH),
    Example("CrossCorrelation", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 2 "
            "group: 2 stride: 2 pad: 1 bias_term: false }", ((3, 4, 7, 6), (2, 2, 3, 2)),
            blobs=((2, 2, 3, 2),), grows=BATCH),
    of_sample("SiameseLogisticLoss", bottoms=((2, 1, 5, 4), SIGNS, SIGNS.abs() / 3)),
    of_sample("WinoConvolution", blobs=((4, 3, 3, 3), (4,))),
)
SPARSE = (
    of_sample("Sparsify", without={"gradient": NOT_DERIVATIVE + "the top is drawn to 0"}),
    Example("Sparsify", "coef: 0.25", without={"gradient": NOT_DERIVATIVE + "it is drawn to 0"}),
    of_sample("CConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 group: 2 pad: 1 }",
            ((2, 6, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, phase="TEST", without=STRAIGHT),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 axis: 2 }",
            ((2, 2, 3, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, grows=(3, 4), phase="TEST",
            without=STRAIGHT),
    of_sample("CInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    Example("CInnerProduct", "inner_product_param { num_output: 5 }", ((4, 3, 2),),
            blobs=((5, 6), (5,)) * 2, grows=BATCH, phase="TEST", without=STRAIGHT),
    of_sample("DNSConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    of_sample("DNSInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    of_sample("INQConvolution", blobs=((4, 3, 3, 3), (4,)) * 2),
    of_sample("INQInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH),
    Example("INQInnerProduct", "inner_product_param { num_output: 5 transpose: true axis: 2 } "
            "inq_inner_product_param { portion: 0 portion: 1 }", ((4, 3, 2),),
            blobs=((2, 5), (5,)) * 2, grows=(0, 1)),
    of_sample("Random", without={"gradient": NOT_DERIVATIVE + "it has no factor", **DRAWS}),
    of_sample("ClassificationStats", bottoms=((4, 5), whole(4, below=5)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
)
CAPSULES = (
    of_sample("Squash", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "each number's is of itself alone"}),
    of_sample("CapsuleReshape"),
    of_sample("CapsuleTransform", blobs=((3, 4, 10), (30,)), grows=BATCH),
    of_sample("CapsuleRouting", blobs=((2, 3),), grows=BATCH),
    of_sample("CapsuleMask", grows=BATCH),
    of_sample("CapsuleLen", grows=BATCH, without=NO_GRADIENT),
    of_sample("CapsuleConvTransform", blobs=((18, 2, 4), (1944,)), grows=BATCH),
    of_sample("CapsuleConvRouting", blobs=((27, 6),), grows=BATCH),
    of_sample("MarginLoss", bottoms=((4, 5, 3), whole(4, below=5)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is not over N"}),
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
SHARES = [torch.sigmoid(noise(4, width, seed=seed).detach()) for width in (6, 10)
          for seed in (1, 2)]
DISTRIBUTIONS = (
    of_sample("JSDLoss", bottoms=(SHARES[0].requires_grad_(), SHARES[1])),
    of_sample("RSJSDLoss", bottoms=(SHARES[2].requires_grad_(), SHARES[3]), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is over the sum of weights"}),
    of_sample("WeightedEuclideanLoss"),
)
PICTURES = (noise(2, 3, 12, 16, seed=3, requires_grad=False) * 9, whole(2, 1, 12, 16, below=4))
BY_GRAPH = {**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING, **DRAWS}
BOXES_OF_SEGMENTS = (
    of_sample("Segmentation", bottoms=PICTURES, grows=BATCH, without=BY_GRAPH),
    Example("Segmentation", "seg_param { k: 3 }", PICTURES[:1], grows=BATCH, tops=2,
            without=BY_GRAPH),
)
X = (2, 3, 5, 4)
FACTORS = (
    Example("Eltwise", "coeff_blob: true", (X, X, noise(2, 2, 3, seed=9, requires_grad=False)),
            grows=(3,)),
    Example("Eltwise", "coeff_blob: true coeff: 3", (X, noise(1, 2, seed=9, requires_grad=False)),
            grows=(2, 3)),
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

EXAMPLES = (*BOXED, *FACIAL_POINTS, *POSES, *SEGMENTS, *IN_REGIONS, *TRACKING, *SPARSE, *CAPSULES,
            *ANCHOR_MAPS, *FEW_BITS, *VOLUMES, *DISTRIBUTIONS, *FACTORS, *BOXES_OF_SEGMENTS)
