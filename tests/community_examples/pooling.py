"""Examples of community types in framework/layers/pooling; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    BATCH,
    BOTH,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    Example,
    X,
    of_sample,
    whole,
)
from tests.support import noise

SWITCHES = torch.cat([whole(2, 3, 3, 2, below=35),
                      noise(2, 3, 3, 2, seed=8, requires_grad=False)])
POOLED = whole(2, 3, 3, 4, below=35)

EXAMPLES = (
    of_sample("AttPooling", grows=BATCH),
    Example("AttPooling", "att_mode: GLOBAL", ((2, 3, 4, 4), (2, 16, 5, 2)), grows=BATCH),
    of_sample("PwAttend", grows=BATCH),
    of_sample("CPP"),
    Example("CPP", 'cpp_param { type: "ReLU" }'),
    Example("CPP", 'cpp_param { type: "Upsample" param_str: "scale:2; upsample_h: 8" }'),
    of_sample("GatedMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolKernel1L", blobs=((1, 1, 3, 3),) * 3),
    of_sample("SumPooling"),
    Example("SumPooling", "pool: SUM global_pooling: true"),
    Example("SumPooling", "pool: AVE kernel_size: 3 pad: 1"),
    of_sample("GRIDPooling"),
    of_sample("NdPooling", grows=BATCH),
    of_sample("PoolingSwitches", grows=()),
    of_sample("InvPooling", bottoms=(SWITCHES,), grows=(), without=NO_GRADIENT),
    of_sample("SliceHalf", grows=()),
    of_sample("SpatialPyramidPooling", grows=BATCH),
    Example("SpatialPyramidPooling", "spatial_pyramid_pooling_param { pool: AVE spatial_bin: 3 } "
            "pooling_param { pool: AVE }", ((2, 3, 13, 9),)),
    of_sample("SaliencyPooling", bottoms=((2, 3, 5, 4), (noise(2, 3, 5, 4, seed=10,
              requires_grad=False) - 1).relu()), without={
        "gradient": NOT_DERIVATIVE + "it is that of average pooling"}),
    Example("Unpooling", "unpool: AVE kernel_size: 3 stride: 2"),
    Example("Unpooling", "unpool: TILE kernel_size: 2 stride: 3 unpool_h: 9 unpool_w: 19"),
    of_sample("LsePooling", grows=BATCH),
    of_sample("Depooling", grows=BOTH),
    Example("Depooling", "kernel_size: 3 stride: 2 pad: 1", ((2, 3, 3, 4), POOLED), tops=2,
            grows=BATCH),
    of_sample("SmoothPooling", blobs=((1, 3, 1, 1),), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "a smoothness below its least has one"}),
    Example("SmoothPooling", "has_smooth_blobs: false max_value: 0.5", (
        X, noise(2, 1, 1, 1, seed=9).detach().abs().add(0.5).requires_grad_()), tops=2, grows=()),
    of_sample("SpatialWta", grows=BATCH),
    Example("SpatialWta", "global_wta: true", tops=2),
    of_sample("Rearrange"),
    of_sample("SpreadUnpooling"),
    Example("SpreadUnpooling", "unpool: DIV", ((2, 3, 3, 4), (2, 1, 7, 6)), grows=BATCH),
    Example("SpreadUnpooling", "out_kernel_size: 4 out_stride: 2 out_pad: 1", ((2, 3, 3, 4),)),
)
