"""Examples of community types in framework/layers/utility; see tests/layer_examples.py."""

from __future__ import annotations

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    FILES,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SPACE,
    Example,
    X,
    fixed,
    of_sample,
    whole,
)
from tests.support import noise

OBJECTS = fixed([4, 1, 0.5, 5, 3.5, 6, 4], [0, 0, 1, 3, 2, 3, 2])

SIGNS = whole(1, 1, 3, 7, below=5)

EXAMPLES = (
    of_sample("Mul", grows=()), of_sample("Add", grows=()),
    Example("Mul", "mul_shape: 3 mul_shape: 1 mul_shape: 1", blobs=((3, 1, 1),)),
    of_sample("CompressedBlob", without={
        "gradient": NOT_DERIVATIVE + "the top's goes on unchanged", **AFTER_ROUNDING}),
    of_sample("FLOWriter", without={**FILES, **NO_GRADIENT}),
    of_sample("FloatWriter", without={**FILES, **NO_GRADIENT}), of_sample("Sum", grows=BATCH),
    Example("Sum", bottoms=((2, 3), (2, 3, 1, 1), (2, 3)),
              grows=BATCH),
    Example("Eltwise", "coeff_blob: true", (X, X, noise(2, 2, 3, seed=9, requires_grad=False)),
            grows=(3,)),
    Example("Eltwise", "coeff_blob: true coeff: 3", (X, noise(1, 2, seed=9, requires_grad=False)),
            grows=(2, 3)),
    of_sample("MatWrite", without={**FILES, **NO_GRADIENT}), of_sample("MatMul", grows=(0, 1)),
    Example("MatMul", "transpose_a: true blob_shape: 5 blob_shape: 6", (X,), ((5, 6),),
            grows=BATCH),
    of_sample("MatrixMultiplication", grows=(0,)),
    Example("MatrixMultiplication", bottoms=((5, 6), (2, 3, 6, 4)), grows=()),
    of_sample("ReshapeVolume", grows=BATCH),
    of_sample("Gather", grows=(0, 1, 3)),
    Example("Gather", "axis: 1 indices: 2 indices: 0 indices: 1 indices: 1 shape: 2 shape: 2"),
    Example("Gather", "axis: 1 indices: 2 shape: 0"),
    Example("Gather", "", ((2, 3, 5, 4), (2, 3)), tops=2), of_sample("SimpleCrop"),
    of_sample("Im2Windows", bottoms=((2, 3, 6, 4), OBJECTS), grows=BATCH),
    Example("Im2Windows", "window_h: 2 window_w: 4 reversed: true", ((2, 3, 6, 4),)),
    of_sample("CornerCrop", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is a mean over the crops"}),
    Example("CornerCrop", 'crop_size: 3 position: "lowerleft"', ((2, 3, 5, 7),), grows=BATCH),
    of_sample("SplitData", grows=()), of_sample("CropSimple"),
    of_sample("ImResize", grows=(), without=NO_GRADIENT),
    of_sample("Nms", grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("Maximum", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ArgMaxC", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("ArgMaxC", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("VisualizedHeatMaps2", grows=BATCH, without=NO_GRADIENT),
    of_sample("VisualizedPoseCoords", grows=BATCH, without=NO_GRADIENT),
    of_sample("WriteDataIntoFile", without=FILES),
    of_sample("HeatmapVisualize", without=NO_GRADIENT), of_sample("Quantize", without=NO_GRADIENT),
    of_sample("Rescale", without=NO_GRADIENT), of_sample("ChannelReduce"),
    Example("ChannelReduce", "num_channels: 3", ((2, 6, 5, 4),)),
    Example("ChannelReduce", "num_channels: 3 operation: SUM", ((2, 6, 5, 4),)),
    of_sample("Squeeze", grows=BATCH), Example("Squeeze", bottoms=((2, 1, 5, 1),), grows=BATCH),
    of_sample("CropToSize"),
    of_sample("DetectionCcpdOutput", grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("LpEvaluate", bottoms=(SIGNS, SIGNS.reshape(3, 7)), grows=(), without=NO_GRADIENT),
    of_sample("FaceAttriEvaluate", bottoms=((3, 17), noise(3, 17, seed=9)), grows=BATCH,
              without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("OuterProduct", grows=BATCH),
    of_sample("MaskOutputs", bottoms=((2, 6, 5, 4), fixed([1, 0]).reshape(2)), grows=SPACE),
    of_sample("PS", grows=(0, 3), without={
        "gradient": NOT_DERIVATIVE + "it has none of the last part"}),
    of_sample("Param2Top", blobs=((5,),), grows=()),
    of_sample("Bottom2Param", blobs=((5,),), grows=(), without=NO_GRADIENT),
    of_sample("ClassLatch", bottoms=((5, 3), whole(5, below=10)), grows=(), without=NO_GRADIENT),
    of_sample("ImageOutput", without={**FILES, **NO_GRADIENT}),
    of_sample("CrossChannelEltwise", grows=()),
)
