"""Examples of community types in framework/layers/vision; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SPACE,
    Example,
    fixed,
    of_sample,
    positive,
)
from tests.support import noise

MASK = torch.arange(48, dtype=torch.float64).reshape(2, 3, 2, 4) % 8 * 4
STRAIGHT = {"gradient": NOT_DERIVATIVE + "it is straight-through"}
MOVED = (noise(2, 36, 3, 4, seed=6).detach() * 1.3 + 0.01).requires_grad_()
MOVED_BY_TWO = (noise(2, 12, 4, 5, seed=6).detach() * 1.3 + 0.01).requires_grad_()
GIVEN = {"gradient": NOT_DERIVATIVE + "the top's goes on unchanged"}
BYTES = torch.cat([positive(2, 3, 5, 4).detach() * 90, fixed(*[[0.] * 60]).reshape(1, 3, 5, 4)])
PHOTOS = noise(2, 3, 32, 32, seed=7, requires_grad=False) * 40
CELLS = (torch.arange(32)[:, None] // 8 * 4 + torch.arange(32) // 8).double().expand(2, 1, 32, 32)
ON_CPU = {**NO_GRADIENT, **AFTER_ROUNDING,
          **dict.fromkeys(("compile", "export"), "it goes through pixels on the CPU")}

EXAMPLES = (
    of_sample("ORPooling"),
    of_sample("ConvolutionSparse", blobs=((1, 1, 4, 2), (1, 4, 9, 9), (6, 2, 3, 3), (1, 1, 1, 6))),
    of_sample("ORConvolution", blobs=((4, 8, 3, 3), (4,))),
    Example("ORConvolution", "convolution_param { num_output: 8 kernel_size: 1 bias_term: false } "
            "orn_param { orientations: 8 }", ((2, 8, 5, 4),), ((8, 8, 1, 1),)),
    *(of_sample(f"{levels}Convolution", blobs=((4, 3, 3, 3), (4,)), without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    of_sample("Binary", without={**GIVEN, **AFTER_ROUNDING}, grows=BATCH),
    of_sample("Weighted", grows=BATCH),
    of_sample("FCWeighted", grows=BATCH),
    of_sample("BernoulliSample", bottoms=(torch.sigmoid(noise(2, 3).detach()),),
              without={**NO_GRADIENT, **DRAWS}),
    of_sample("RBMInnerProduct", blobs=((3, 6), (3,), (1, 6)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is that of contrastive divergence",
                       **DRAWS}),
    of_sample("Box", bottoms=((2, 3, 5, 7),), grows=()),
    of_sample("Axpy"),
    of_sample("BroadcastMul", grows=BATCH),
    of_sample("ColorConv", bottoms=(BYTES,), without=NO_GRADIENT),
    *(Example("ColorConv", f"input: {names[0]} output: {names[1]}", (BYTES,), grows=BATCH,
              without=NO_GRADIENT)
      for names in (("BGR", "RGB"), ("RGB", "Gray"), ("RGB", "XYZ"), ("Lab", "BGR"))),
    Example("ColorConv", "input: Gray output: BGR", ((2, 1, 3, 4),), grows=BATCH,
            without=NO_GRADIENT),
    of_sample("CompactBilinear"),
    of_sample("RandomMaclaurin", blobs=((4, 6), (5, 6)), grows=BATCH),
    of_sample("WordSum", blobs=((3, 5), (12,)), grows=BATCH),
    of_sample("InnerProductCLS", blobs=((5, 12), (5,)), grows=BATCH),
    of_sample("InnerProductWithRegularize", blobs=((3, 4), (3,), (5, 1, 1, 1)), grows=BATCH),
    Example("InnerProductWithRegularize", "inner_product_param { num_output: 3 bias_term: false }",
            ((2, 4),), ((3, 4),), tops=2, grows=BATCH),
    of_sample("RegularizeResult", grows=(), without={
        "gradient": NOT_DERIVATIVE + "it is that of the square"}),
    Example("CompactBilinear", "num_output: 7 sum_pool: false", ((2, 3, 5, 4), (2, 4, 5, 4))),
    of_sample("NdConvolution", blobs=((4, 3, 2, 3, 1), (4,)), grows=BATCH),
    of_sample("ConvolutionData", blobs=((4, 3, 3, 3), (4,))),
    of_sample("WinoConvolution", blobs=((4, 3, 3, 3), (4,))),
    of_sample("DataRandTransform", without={**NO_GRADIENT, **DRAWS}),
    Example("DataRandTransform", "apply_normalization: true", ((2, 3, 9, 7),),
            without=NO_GRADIENT),
    of_sample("DeformableConvolution", bottoms=((2, 6, 5, 7), MOVED),
              blobs=((4, 6, 3, 3), (4,)), grows=BATCH),
    of_sample("ModulatedDeformableConvolution", bottoms=((2, 6, 5, 7), MOVED_BY_TWO, (2, 6, 4, 5)),
              blobs=((4, 3, 2, 3),), grows=BATCH),
    of_sample("DenseBlock", blobs=((4, 3, 3, 3), (4, 7, 3, 3), *((1, 3, 1, 1), (1, 7, 1, 1)) * 4,
              (1,))),
    of_sample("ConvolutionDepthwise", blobs=((3, 1, 3, 3), (3,))),
    of_sample("DepthwiseConvolution", blobs=((3, 1, 3, 3), (3,))),
    of_sample("Im2colConvolution", blobs=((4, 2, 3, 3), (4,))),
    of_sample("PixelwiseSimilarity", grows=SPACE),
    of_sample("MappingBySimilarity", grows=SPACE),
    of_sample("SparseInnerProduct", blobs=((6, 60), (6,)), grows=BATCH),
    of_sample("ConvolutionSK", blobs=((4, 3, 3, 3), (4,))),
    of_sample("PoolingSK"),
    of_sample("PoolingND", grows=(0, 2, 3, 4)),
    Example("PoolingND", "pooling_param { kernel_size: 2 kstride: 2 }"),
    Example("PoolingSK", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }"),
    of_sample("LS", blobs=((4, 3),), grows=BATCH, without=NO_GRADIENT),
    of_sample("Local", blobs=((2, 1, 27, 6), (1, 1, 2, 6)), grows=BATCH),
    of_sample("Netvlad", blobs=((3, 4),)),
    of_sample("Pad"),
    Example("Pad", "pad: 2"),
    Example("Pad", "padtype: REPLICATE pad_t: 3"),
    Example("Pad", "padtype: REFLECT_101 pad_l: 3 pad: 1"),
    of_sample("PixelShuffle"),
    of_sample("AdaptivePooling"),
    Example("AdaptivePooling", "pool: MAX pooled_h: 3 pooled_w: 4", ((2, 3, 6, 8),)),
    Example("Pad", "paddings: 0 paddings: 0 paddings: 1 paddings: 0 paddings: 0 paddings: 2 "
            "paddings: 0 paddings: 3 constant_values: 1.5"),
    *(of_sample(f"{levels}InnerProduct", blobs=((4, 15), (4,)), grows=BATCH, without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    of_sample("BNConv", blobs=((1, 3, 1, 1),) * 4),
    Example("BNConv", "fix: true", blobs=((1, 3, 1, 1),) * 4),
    of_sample("BdctToSpatial", without=NO_GRADIENT),
    of_sample("QuantTruncAbs", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("QuantTruncAbs", "process: TRUNCABS", without=NO_GRADIENT),
    of_sample("GenSlicinfo", bottoms=(PHOTOS,), grows=BATCH, without=ON_CPU),
    of_sample("LowlevelDistance", bottoms=(PHOTOS, CELLS, fixed(*[[0.] * 16] * 2).reshape(
        2, 1, 4, 4)), grows=BATCH, without={**ON_CPU, **DRAWS}),
    *(Example(kind, f"scale_height: 0.7 scale_width: 2.3 {rule}: true", ((2, 6, 5, 3),),
              grows=BATCH)
      for kind, rule in (("ResizeBilinear", "align_corners"),
                         ("ResizeBilinear", "half_pixel_centers"),
                         ("ResizeNearestNeighbor", "align_corners"),
                         ("ResizeNearestNeighbor", "half_pixel_onnx"))),
    of_sample("TransformColor", bottoms=(noise(2, 3, 5, 4, requires_grad=False), (2, 12))),
    Example("TransformColor", "tc_param { theta_1_1: 0.5 theta_3_4: -2 to_compute_dU: false }",
            (noise(2, 3, 5, 4, requires_grad=False), (2, 10))),
    *(of_sample(kind, bottoms=((2, 3, 2, 4), MASK)) for kind in ("Unpooling", "UnPooling")),
    of_sample("Winograd", blobs=((6, 6, 4, 3), (4,))),
    of_sample("Padding"),
    Example("Padding", "pad_beg: -1 pad_end: -1"),
    of_sample("Gridding", blobs=((3, 3, 7), (2, 3, 3)), grows=BATCH),
    of_sample("CirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("SkewcirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("Degridding", blobs=((3, 6, 8), (5, 6, 8)), grows=BATCH),
)
