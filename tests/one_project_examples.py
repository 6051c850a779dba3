"""Examples of types of one project each, and of newer networks; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    CONT,
    DRAWS,
    FILES,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PRIOR,
    SEQUENCE,
    SIZES_FROM_DATA,
    SPACE,
    STATE,
    TRUTH,
    Example,
    X,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

LABELS = whole(4, below=5)
COSINES = (noise(4, 5).detach().tanh() * 0.6).requires_grad_()
STEP = {"gradient": NOT_DERIVATIVE + "it is a step of fixed size"}

ACTIVATIONS = (
    of_sample("RReLU", without=DRAWS), Example("RReLU", "lb: 10 ub: 30", phase="TEST"),
    of_sample("APL", blobs=((1, 1, 3, 60),) * 2, grows=BATCH),
    of_sample("DropPath", without=DRAWS), Example("DropPath", "drop_ratio: 0.5", phase="TEST"),
    of_sample("GELU"), Example("GELU", "approximate: TANH"),
    of_sample("SiLU"), of_sample("Softplus"),
)
NORMALISATION = (
    of_sample("LayerNorm", blobs=((4,),) * 2, grows=(0, 2)),
    Example("LayerNorm", "elementwise_affine: false eps: 0.01"),
    of_sample("GroupNorm", blobs=((1, 6, 1, 1),) * 2),
    of_sample("InstanceNorm", blobs=((3,),) * 2),
    Example("InstanceNorm", "eps: 0.01"),
    of_sample("EltwiseAffine", blobs=((3,),) * 2),
    Example("EltwiseAffine", "channel_shared: true", (X,), ((),) * 2),
    of_sample("ChannelScale"),
    Example("ChannelScale", "do_forward: false", (X, (2, 5, 4)), grows=(), without={
        "gradient": NOT_DERIVATIVE + "it is that of the product"}),
)
LOSSES = (
    of_sample("GeneralContrastiveLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH),
    Example("GeneralContrastiveLoss", "exp_negative_weight: true max_negative_only: true",
            (positive(4, 5), LABELS), grows=BATCH, tops=2, without=STEP),
    of_sample("GeneralTripletLoss", bottoms=(positive(4, 5), LABELS), grows=BATCH, without=STEP),
    of_sample("SigmoidCrossEntropyBalanceLoss", bottoms=((4, 3, 2), whole(4, 6, below=2)),
              grows=BATCH),
    of_sample("LabelSpecificRescale", bottoms=((4, 5), LABELS), grows=BATCH),
)

SPOKEN = fixed([0, 2], [1, 3], [3, -1], [-1, 0], [-1, 1], [-1, 4])
SMALL = noise(4, 6, seed=8).detach().mul(3).requires_grad_()
DIFFERENCES = (
    of_sample("XCovLoss"),
    of_sample("PairwiseLoss", bottoms=((4, 6), fixed([1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1])),
              grows=BATCH),
    of_sample("KernelLoss", bottoms=((5, 3), noise(5, 3, seed=11), fixed([0], [1], [2], [1], [3])
              .flatten(), fixed([0], [2], [2], [0], [1]).flatten()), grows=BATCH),
    of_sample("QuantizationLoss", bottoms=(SMALL,), without={
        "gradient": NOT_DERIVATIVE + "it is over N"}),
    of_sample("SVRLoss", bottoms=((4, 3, 2), noise(4, 3, 2, seed=9, requires_grad=False))),
    of_sample("AccuracyRegression", without=NO_GRADIENT),
    of_sample("VoxelSoftmaxLoss", bottoms=((2, 4, 3, 5, 6), whole(2, 1, 3, 5, 6, below=4))),
    of_sample("CTCLoss", bottoms=((6, 2, 5), fixed([0, 0], [1, 1], [1, 1], [1, 1], [1, 0], [1, 1]),
                                  SPOKEN), grows=(), without={
        "compile": "torch's ctc_loss has no meta kernel",
        "export": "torch's ctc_loss has no meta kernel",
        "gradient": NOT_DERIVATIVE + "it is that of the sum"}),
    of_sample("SaliencyPooling", bottoms=((2, 3, 5, 4), (noise(2, 3, 5, 4, seed=10,
              requires_grad=False) - 1).relu()), without={
        "gradient": NOT_DERIVATIVE + "it is that of average pooling"}),
    of_sample("Mergecrop", bottoms=((2, 3, 5, 4), noise(2, 4, 7, 6, requires_grad=False))),
    of_sample("ConfusionMatrix", bottoms=((6, 4), whole(6, below=4)), grows=BATCH, without={
        **dict.fromkeys(("compile", "export"), "it reports"), **NO_GRADIENT}),
    of_sample("LS", blobs=((4, 3),), grows=BATCH, without=NO_GRADIENT),
    of_sample("SparseInnerProduct", blobs=((6, 60), (6,)), grows=BATCH),
)

YOLO_BOXES = fixed([1, 0.3, 0.4, 0.5, 0.2], [2, 0.7, 0.9, 0.2, 0.1], [0, 0, 0, 0, 0],
                   [0, 0.1, 0.6, 0.3, 0.7], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0])
YOLO_LABELS = torch.stack([YOLO_BOXES, YOLO_BOXES.flip(0).roll(-2, 0)])[:, None]
PICKS = dict.fromkeys(("compile", "export"), "it picks the boxes that are there")
SLOPES = {**PICKS, "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}
# of 3 x 3 cells: difficult, object, class, then the boxes
CELLS = fixed([0] * 9 + [0, 1, 0, 0, 0, 0, 0, 0, 1] + [-1, 2, -1, -1, -1, -1, -1, -1, 0] + [0] * 4
              + [0.4, 0.2, 0.3, 0.7] + [0] * 24 + [0.9, 0.7, 0.6, 0.4]).roll(1, 0).expand(2, 63)
CENTRES = fixed([0.3, 0.4, 0.5, 0.2, 1, 0.7, 0.9, 0.2, 0.1, 2, 0, 0, 0, 0, 0],
                [0.1, 0.6, 0.3, 0.7, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5, 1])
YOLO = (
    of_sample("YoloV2Loss", bottoms=((2, 16, 3, 3), CELLS), grows=BATCH, without={
        **SLOPES, "values": "it counts the images"}),
    of_sample("YoloV3Loss", bottoms=((2, 16, 3, 3), CELLS), grows=BATCH, without=SLOPES),
    of_sample("YoloLoss", bottoms=((2, 16, 4, 5), CENTRES), grows=BATCH, without=SLOPES),
    Example("RegionLoss", "num_object: 2 num_class: 3 anchor_x: 1 anchor_x: 2 anchor_y: 2 "
            "anchor_y: 1", ((2, 16, 4, 5), CENTRES), grows=BATCH, without=SLOPES),
    of_sample("Yolov3", bottoms=((2, 16, 4, 5), YOLO_LABELS), grows=BATCH, without={**PICKS,
              "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("AssistedExcitation", bottoms=((2, 3, 5, 4), YOLO_LABELS, (2, 1, 5, 4)),
              grows=BATCH),
    of_sample("YoloSeg", bottoms=((2, 3, 5, 4), whole(2, 3, 5, 4, below=2)), grows=(0, 2, 3),
              without={"gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("SegmentationEvaluate", bottoms=(torch.linspace(0, 1, 120, dtype=torch.float64)
              .reshape(2, 3, 5, 4), whole(2, 3, 10, 12, below=2)), grows=(0, 2, 3), without={
              **dict.fromkeys(("compile", "export"), "it runs in OpenCV"), **NO_GRADIENT}),
    of_sample("EvalDetection", bottoms=((2, 16, 3, 3), fixed([0, 1, 0, 0.1, 0.1, 0.45, 0.5, 0],
              [1, 3, 0, 0.3, 0.25, 0.9, 0.6, 1], [0, 2, 0, 0.2, 0.45, 0.55, 0.9, 0])
              .reshape(1, 1, 3, 8)), grows=(), without={**PICKS, **NO_GRADIENT,
              "autocast": "which rows are taken turns on near values"}),
)
ON_CPU = dict.fromkeys(("compile", "export"), "it runs in numpy")
PIXELS = (
    of_sample("MultiStageMeanfield", bottoms=((2, 4, 6, 5), (2, 4, 6, 5), noise(2, 3, 6, 5, seed=5,
              requires_grad=False)), blobs=((1, 1, 4, 4),) * 3, without=ON_CPU),
)
POINTS = noise(2, 6, seed=6, requires_grad=False) * 5
OBJECTS = fixed([4, 1, 0.5, 5, 3.5, 6, 4], [0, 0, 1, 3, 2, 3, 2])
PLANES = (
    of_sample("Local", blobs=((2, 1, 27, 6), (1, 1, 2, 6)), grows=BATCH),
    of_sample("GatedMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolKernel1L", blobs=((1, 1, 3, 3),) * 3),
    of_sample("SubRegion", bottoms=((2, 3, 5, 4), POINTS, POINTS + 1), grows=BATCH),
    of_sample("Hotspot", bottoms=(POINTS,), grows=BATCH, without=NO_GRADIENT),
    of_sample("Pad"), Example("Pad", "pad: 2"), Example("Pad", "padtype: REPLICATE pad_t: 3"),
    Example("Pad", "padtype: REFLECT_101 pad_l: 3 pad: 1"),
    of_sample("PixelShuffle"),
    of_sample("AdaptivePooling"),
    Example("AdaptivePooling", "pool: MAX pooled_h: 3 pooled_w: 4", ((2, 3, 6, 8),)),
)
SPREAD = (
    of_sample("ConvolutionSK", blobs=((4, 3, 3, 3), (4,))),
    of_sample("PoolingSK"), of_sample("PoolingND", grows=(0, 2, 3, 4)),
    Example("PoolingND", "pooling_param { kernel_size: 2 kstride: 2 }"),
    Example("PoolingSK", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }"),
)
KITTI = fixed([2, 16] + [0] * 14, [10, 8, 20, 16, 0, 1] + [0] * 10, [30, 20, 30, 24, 0, 1]
              + [0] * 10, [0] * 16)
PARTS = (
    of_sample("DetectNetTransformation", bottoms=(positive(2, 3, 40, 56).detach() * 60,
              torch.stack([KITTI, KITTI])[:, None]), grows=(), without={**ON_CPU, **NO_GRADIENT}),
    of_sample("MatMul", grows=(0, 1)),
    Example("MatMul", "transpose_a: true blob_shape: 5 blob_shape: 6", (X,), ((5, 6),),
            grows=BATCH),
    of_sample("Gather", grows=(0, 1, 3)),
    Example("Gather", "axis: 1 indices: 2 indices: 0 indices: 1 indices: 1 shape: 2 shape: 2"),
    Example("Gather", "axis: 1 indices: 2 shape: 0"),
    Example("Gather", "", ((2, 3, 5, 4), (2, 3)), tops=2),
    of_sample("SimpleCrop"),
    of_sample("Im2Windows", bottoms=((2, 3, 6, 4), OBJECTS), grows=BATCH),
    Example("Im2Windows", "window_h: 2 window_w: 4 reversed: true", ((2, 3, 6, 4),)),
    of_sample("Quantize", without=NO_GRADIENT), of_sample("Rescale", without=NO_GRADIENT),
    of_sample("MatWrite", without={**FILES, **NO_GRADIENT}),
)

PROJECTIONS = ((6, 6), (6,)) * 4
SEEN = torch.ones(2, 4, 5, dtype=torch.float64).tril(1)
SEQUENCES = (
    of_sample("GRU", bottoms=(SEQUENCE, CONT), blobs=((12, 5), (12,), *((4, 4),) * 3),
              grows=(0, 1)),
    Example("GRU", "recurrent_param { num_output: 4 expose_hidden: true linear_before_reset: 1 }",
            (SEQUENCE, CONT, (2, 3), noise(STATE, requires_grad=False)),
            ((12, 5), (12,), (12, 3), *((4, 4),) * 3, (4,)), tops=2, grows=()),
    of_sample("Attention", blobs=PROJECTIONS, grows=(0, 1)),
    Example("Attention", "num_heads: 2 causal: true bias_term: false num_hidden: 8 num_output: 5",
            ((2, 4, 6),), ((8, 6),) * 3 + ((5, 8),), grows=(0, 1)),
    Example("Attention", "num_heads: 2 mask: true num_hidden: 4 num_output: 3",
            ((2, 4, 6), (2, 5, 7), (2, 5, 8), SEEN),
            ((4, 6), (4,), (4, 7), (4,), (4, 8), (4,), (3, 4), (3,)), grows=BATCH),
    Example("Attention", "mask: true causal: true", ((2, 4, 6), fixed([1, 1, 0, 1], [0, 0, 1, 1])),
            PROJECTIONS, grows=BATCH),
    of_sample("PositionEmbedding", blobs=((6,), (6, 6)), grows=BATCH),
    Example("PositionEmbedding", "kind: SINUSOIDAL", ((2, 5, 7),), grows=(0, 1)),
    Example("PositionEmbedding", "max_length: 12", ((2, 5, 6),), ((12, 6),), grows=(0, 1)),
)
PLACES_OF_GRID = (noise(2, 6, 7, 2, seed=8) * 0.9).detach().requires_grad_()
SAMPLED = (
    of_sample("GridSample", bottoms=(X, PLACES_OF_GRID), grows=(0, 2)),
    *(Example("GridSample", f"mode: {mode} padding: {padding} align_corners: {corners}",
              (X, PLACES_OF_GRID), grows=(0, 2))
      for mode, padding, corners in (("NEAREST", "ZEROS", "true"), ("BILINEAR", "BORDER", "true"),
                                     ("BILINEAR", "REFLECTION", "false"),
                                     ("BILINEAR", "REFLECTION", "true"),
                                     ("NEAREST", "REFLECTION", "false"))),
)

REGIONS = fixed([1, 1.2, 0.8, 9.1, 11.3], [0, 0, 0, 5, 4], [1, 6.2, 2.9, 4.4, 8],
                [0, -4, 3, 12, 14])
STATISTICS = {"compile": "it moves the running averages", "export": "the same"}
CASCADES = (
    of_sample("ROIWarping", bottoms=((2, 3, 6, 5), REGIONS), grows=BATCH),
    of_sample("MaskPooling"), of_sample("MaskResize", grows=BATCH),
)
MARGINS = (
    of_sample("LargeMarginInnerProduct", bottoms=((4, 3), LABELS), blobs=((5, 3),), grows=BATCH),
    Example("LargeMarginInnerProduct", "type: QUADRUPLE", ((4, 3), LABELS, (5, 3)), grows=BATCH),
    of_sample("LabelSpecificAdd", bottoms=((4, 5), LABELS), grows=BATCH),
    of_sample("CombinedMargin", bottoms=(COSINES, LABELS), grows=BATCH),
    of_sample("BatchTripletLoss", bottoms=((6, 5), fixed([0, 0, 1, 1, 1, 2])[0]), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is of some of the triplets"}),
    of_sample("KnowledgeDistillation",
              without={"gradient": NOT_DERIVATIVE + "it is that times the temperature squared"}),
    of_sample("K1_EuclideanLoss"), of_sample("K2_EuclideanLoss"),
)
SPARSE = (
    of_sample("TopK", grows=BATCH), Example("TopK", "k: 2 across_channels: true"),
    of_sample("CuDNNBatchNorm", blobs=((1, 3, 1, 1),) * 4),
    Example("CuDNNBatchNorm", "frozen: true eps: 0.01", blobs=((1, 3, 1, 1),) * 4),
)

TWO_SETS = ("pairwise_param { l_threshold: 15 sigmoid_param: 0.2 continous_similarity: true "
            "class_num: 2 }")
HASHNET = (
    of_sample("ScaleTanH"), Example("ScaleTanH", "step_size: 2 power: 0.5", without={
        "gradient": "the scale grows from forward to forward"}),
    Example("PairwiseLoss", TWO_SETS, ((4, 6), LABELS, (4, 6), LABELS), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is twice that, and parts lack a factor"}),
)
ON_ONE_IMAGE = (
    of_sample("SimplerNMS", bottoms=(positive(1, 6, 3, 5), (1, 12, 3, 5), fixed([48, 80, 1])),
              grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("FasterRcnnDetectionOutput", bottoms=((4, 12), positive(4, 3), fixed(
              [0, 1, 2, 9, 11], [0, 0, 0, 5, 4], [0, 6, 2, 14, 8], [0, 4, 3, 12, 14]),
              fixed([64, 72, 2])), grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT,
              **AFTER_ROUNDING}),
)

FOR_A_CHIP = (
    of_sample("SSDDetectionOutput", bottoms=((2, 12), (2, 12), PRIOR), grows=(),
              without={**NO_GRADIENT, "autocast": "the order of near scores changes"}),
)
SCALARS = (
    of_sample("Cos"), of_sample("Cosine"), of_sample("ConstScale"),
    of_sample("SignedSqrt", without={"gradient": NOT_DERIVATIVE + "its divisor has a summand"}),
    of_sample("Truncation"),
    Example("Truncation", "truncation_min: -0.5", without={
        "gradient": NOT_DERIVATIVE + "values beyond a bound may come back"}),
    of_sample("GradientScaler", without={"gradient": NOT_DERIVATIVE + "it is turned round"}),
)
ITEMS = (
    of_sample("Sum", grows=BATCH), Example("Sum", bottoms=((2, 3), (2, 3, 1, 1), (2, 3)),
                                             grows=BATCH),
    of_sample("MIL", grows=()),
    of_sample("Normalization", grows=BATCH),
    of_sample("NormalizationL2", grows=BATCH), of_sample("NormL2", grows=BATCH),
    of_sample("L2Normalize", grows=BATCH), Example("NormL2", bottoms=((2, 3, 5, 4),), grows=BATCH),
)
BLOCKS = (
    of_sample("Tiling"), of_sample("Dtow"), Example("Dtow", "method: MWTOD", ((2, 3, 4, 6),)),
    Example("Dtow", "method: LWTOD psize: 3 ngroup: 2", ((2, 4, 6, 9),), grows=BATCH),
    Example("Dtow", "", ((2, 8, 5, 3),)),
    of_sample("CornerCrop", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is a mean over the crops"}),
    Example("CornerCrop", 'crop_size: 3 position: "lowerleft"', ((2, 3, 5, 7),), grows=BATCH),
    of_sample("Convert", grows=BATCH), Example("Convert", bottoms=((2, 3, 5),), grows=BATCH),
    of_sample("SumPooling"), Example("SumPooling", "pool: SUM global_pooling: true"),
    Example("SumPooling", "pool: AVE kernel_size: 3 pad: 1"),
    of_sample("GRIDPooling"),
    of_sample("NdConvolution", blobs=((4, 3, 2, 3, 1), (4,)), grows=BATCH),
    of_sample("NdPooling", grows=BATCH),
    of_sample("Im2colConvolution", blobs=((4, 2, 3, 3), (4,))),
)
CONVERTED = (       # from TensorFlow
    of_sample("Mul", grows=()), of_sample("Add", grows=()),
    Example("Mul", "mul_shape: 3 mul_shape: 1 mul_shape: 1", blobs=((3, 1, 1),)),
    of_sample("Squeeze", grows=BATCH), Example("Squeeze", bottoms=((2, 1, 5, 1),), grows=BATCH),
    of_sample("DepthToSpace"), of_sample("SpaceToDepth", grows=BATCH),
    Example("DepthToSpace", 'block_size: 2 data_format: "NCHW"', ((2, 8, 5, 3),)),
    Example("DepthToSpace", 'block_size: 2 data_format: "CRD"', ((2, 8, 5, 3),)),
    Example("SpaceToDepth", 'block_size: 2 data_format: "NCHW"', ((2, 3, 4, 6),), grows=BATCH),
    of_sample("SpaceToBatchND", grows=BATCH), of_sample("BatchToSpaceND", grows=()),
    of_sample("ResizeBilinear", grows=BATCH), of_sample("ResizeNearestNeighbor", grows=BATCH),
    *(Example(kind, f"scale_height: 0.7 scale_width: 2.3 {rule}: true", ((2, 6, 5, 3),),
              grows=BATCH)
      for kind, rule in (("ResizeBilinear", "align_corners"),
                         ("ResizeBilinear", "half_pixel_centers"),
                         ("ResizeNearestNeighbor", "align_corners"),
                         ("ResizeNearestNeighbor", "half_pixel_onnx"))),
    of_sample("ICNetSubgraph", grows=BATCH),
    Example("Pad", "paddings: 0 paddings: 0 paddings: 1 paddings: 0 paddings: 0 paddings: 2 "
            "paddings: 0 paddings: 3 constant_values: 1.5"),
    Example("BN", "icnet: true", ((2, 3, 5, 4),), ((1, 3, 1, 1),) * 4, phase="TEST"),
    Example("BatchNorm", "add_eps_before_sqrt: false eps: 0.3", (X,), ((3,), (3,), (1,)),
            phase="TEST"),
)
STRAIGHT = {"gradient": NOT_DERIVATIVE + "it is straight-through"}
QUANTIZED = (
    *(of_sample(f"{levels}Convolution", blobs=((4, 3, 3, 3), (4,)), without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    *(of_sample(f"{levels}InnerProduct", blobs=((4, 15), (4,)), grows=BATCH, without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    of_sample("ConvolutionRistretto", blobs=((4, 3, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    Example("ConvolutionRistretto", "convolution_param { num_output: 4 kernel_size: 3 } "
            "quantization_param { bw_layer_in: 10 fl_layer_in: 6 fl_params: 9 }", ((2, 3, 5, 4),),
            blobs=((4, 3, 3, 3), (4,)), phase="TEST", without=STRAIGHT),
    of_sample("DeconvolutionRistretto", blobs=((3, 4, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    of_sample("FcRistretto", blobs=((4, 15), (4,)), grows=BATCH, without={**STRAIGHT, **DRAWS}),
    Example("FcRistretto", "inner_product_param { num_output: 4 transpose: true } "
            "quantization_param { precision: MINIFLOAT mant_bits: 9 exp_bits: 6 }", ((2, 3, 5),),
            blobs=((15, 4), (4,)), grows=BATCH, phase="TEST", without=STRAIGHT),
)
CODED = (
    of_sample("Round", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("Round", "method: MULTI", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    of_sample("ImpMap", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("ImpMap", "groups: 2 lquantize: false", ((2, 1, 5, 4),), blobs=((1, 1, 1, 1),),
            without=STRAIGHT),
)
FLOW = (noise(2, 2, 5, 4, seed=12) * 1.3).detach().requires_grad_()
FLOWS = (
    of_sample("Correlation", grows=(0, 2)),
    Example("Correlation", "kernel_size: 1 max_displacement: 1 correlation_type: SUBTRACT",
            ((2, 3, 6, 5),) * 2),
    of_sample("FlowWarp", bottoms=((2, 3, 5, 4), FLOW)),
    of_sample("Warp", bottoms=((2, 3, 5, 4), FLOW)),
    of_sample("ChannelNorm"),
    of_sample("SpatialTransformer", grows=BATCH),
    Example("SpatialTransformer", "st_param { transform_type: 'projective' output_H: 3 }",
            ((2, 3, 5, 4), (noise(2, 8, seed=2) * 0.3).detach().requires_grad_()), grows=BATCH),
    of_sample("MMDLoss", grows=(), without={**DRAWS, "gradient": NOT_DERIVATIVE + "a part of it"}),
)

CARRIED = "the peepholes see the cell of the forward before, whatever cont says"
MAP_STATES = ((1, 2, 3, 5, 6),) * 2
SCALED = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 43, 24], [1, 12, 12, 60, 90])
SINGLE = (
    of_sample("Division", grows=BATCH), of_sample("Combination", grows=BATCH),
    of_sample("DiceCoefLoss", bottoms=(positive(4, 1, 3, 5), positive(4, 1, 3, 5, seed=2)),
              grows=BATCH),
    of_sample("ManhattanLoss", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it fades near 0"}),
    of_sample("OutputDecay", without={"gradient": NOT_DERIVATIVE + "a decay is added"}),
    of_sample("PSROIAlign", bottoms=((2, 12, 8, 9), REGIONS), grows=SPACE),
    of_sample("ROIMaskPooling", bottoms=((2, 3, 8, 9), SCALED), grows=SPACE),
    of_sample("MultiROIPooling", bottoms=((2, 3, 8, 9), fixed(
        [20, 30, 70, 60, 0, 0], [3, 1, -40, 20, 0, 0]).reshape(2, 3, 2)), grows=()),
    of_sample("GlobalLSEMargin", bottoms=(COSINES, LABELS), blobs=((1,), (1,)), grows=BATCH,
              without={**STATISTICS, **dict.fromkeys(
                  ("gradient", "values"), "the margin moves from forward to forward")}),
    of_sample("ConvLSTM", bottoms=((3, 2, 4, 5, 6), CONT),
              blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,), *((5, 6),) * 3), grows=(),
              without=dict.fromkeys(("values", "gradient"), CARRIED)),
    Example("ConvLSTM", "recurrent_param { expose_hidden: true } lstm_debug_param { "
            "disable_hadamard: true } lstm_conv_param { num_output: 3 kernel_size: 3 pad: 1 }",
            ((3, 2, 4, 5, 6), CONT, *MAP_STATES), blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,)),
            tops=3, grows=()),
    of_sample("BilinearInterpolation", grows=BATCH),
    Example("GroupNorm", "group_num: 2", ((2, 6, 5, 4),)),
    Example("ContinuationIndicator", "time_step: 3 batch_size: 2", (), grows=(),
            without=NO_GRADIENT),
)

WEIGHTS = (noise(2, 1, 3, 5, seed=4, requires_grad=False) + 1).abs()
PLACES = whole(2, 1, 3, 5, below=4)
SHARES = positive(4, 5, seed=6).detach()
SOFT_LABELS = (
    of_sample("Mixup", bottoms=((4, 3, 5, 6), LABELS), grows=BATCH,
              without={**DRAWS, **NO_GRADIENT}),
    Example("Mixup", "alpha: 1", ((4, 3, 5), (4, 2)), tops=2, grows=BATCH,
            without={**DRAWS, **NO_GRADIENT}),
    of_sample("SoftmaxCrossEntropyLoss", grows=BATCH, bottoms=(
              (4, 5), SHARES / SHARES.sum(1, keepdim=True))),
)
QUARTERS = fixed([0.5], [1], [0.25], [0.75])
WEIGHTED = (
    of_sample("WeightedSoftmaxWithLoss", bottoms=((2, 4, 3, 5), PLACES)),
    Example("WeightedSoftmaxWithLoss", "", ((2, 4, 3, 5), PLACES, WEIGHTS), tops=2),
    Example("WeightedSoftmaxWithLoss", "", ((4, 5), LABELS, QUARTERS, QUARTERS, fixed([2]),
            fixed([1], [0], [1], [0]), fixed([0.5])), grows=(), without={
                "gradient": NOT_DERIVATIVE + "some regions are taught more, some the contrary"}),
    Example("WeightedSoftmaxWithLoss", "weighted_softmax_loss_param { gamma: 1.5 }",
            ((2, 4, 3, 5), PLACES)),
    of_sample("MultiBoxFocalLoss", bottoms=((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
)
FIELD = (
    of_sample("AbsLoss"), of_sample("ReLUPlus"),
    of_sample("AUMaskBasedLand", bottoms=(noise(2, 98, requires_grad=False) * 12 + 22,),
              grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ConvolutionData", blobs=((4, 3, 3, 3), (4,))),
    of_sample("EuclideanLossHeatmap", without={
        "gradient": NOT_DERIVATIVE + "it is the difference"}),
    of_sample("ConsistencyLoss", bottoms=((noise(4, 8, 1, 1) * 3 + 2).detach().requires_grad_(),
              (4, 2, 6, 5)), grows=(0,)),
    of_sample("L2Norm", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "eps is in its norm"}),
    of_sample("PriorBoxClustered", without=NO_GRADIENT),
    of_sample("ConvLSTMReLU", bottoms=((3, 2, 4, 5, 6), CONT),
              blobs=((12, 4, 3, 3), (12, 3, 3, 3), (12,), *((5, 6),) * 3), grows=(),
              without=dict.fromkeys(("values", "gradient"), CARRIED)),
)

EXAMPLES = (*WEIGHTED, *SOFT_LABELS, *FIELD, *SINGLE, *ACTIVATIONS, *NORMALISATION, *LOSSES,
            *DIFFERENCES, *YOLO, *PIXELS, *PLANES, *SPREAD, *PARTS, *SEQUENCES, *SAMPLED, *CASCADES,
            *MARGINS, *SPARSE, *HASHNET, *ON_ONE_IMAGE, *FOR_A_CHIP, *SCALARS, *ITEMS, *BLOCKS,
            *CONVERTED, *QUANTIZED, *CODED, *FLOWS)
