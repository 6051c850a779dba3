"""Examples of community types in framework/layers/vision; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.community_examples.loss import WORTH
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    BOTH,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    SIZES_FROM_DATA,
    SPACE,
    Example,
    X,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.support import noise

MASK = torch.arange(48, dtype=torch.float64).reshape(2, 3, 2, 4) % 8 * 4
POINTS = noise(2, 6, seed=6, requires_grad=False) * 5
PLACES_OF_GRID = (noise(2, 6, 7, 2, seed=8) * 0.9).detach().requires_grad_()
STRAIGHT = {"gradient": NOT_DERIVATIVE + "it is straight-through"}
FLOW = (noise(2, 2, 5, 4, seed=12) * 1.3).detach().requires_grad_()
CUT = fixed([1, 20, 3, 2], [0, 20, 1, 4])
PLACES = fixed([2, 1, 3, 5, 4])
IMAGES = fixed([0, 30, 20, 1.5, 0], [1, 25, 40, 0.5, 1]).reshape(2, 5, 1, 1)
COEFFICIENTS = noise(3, 42, 1, 1, requires_grad=False) * 0.1
COEFFICIENTS[:, -1] = 0         # no noise
MOVES = {**DRAWS, **NO_GRADIENT}
MOVED = (noise(2, 36, 3, 4, seed=6).detach() * 1.3 + 0.01).requires_grad_()
MOVED_BY_TWO = (noise(2, 12, 4, 5, seed=6).detach() * 1.3 + 0.01).requires_grad_()
JOINTS = fixed([3, 4, 12, 9.5, 8, 2], [2, 3, 40, 12, 15, 11]).reshape(2, 6, 1, 1)
OF_IMAGES = {**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}
PRUNED = {"gradient": NOT_DERIVATIVE + "masked weights have one too"}
MASKED = {**PRUNED, **DRAWS}
GIVEN = {"gradient": NOT_DERIVATIVE + "the top's goes on unchanged"}
PLACES_AROUND = (noise(2, 2, 5, 4, seed=4).detach() * 2 + 1.7).requires_grad_()
SWITCHES = torch.cat([whole(2, 3, 3, 2, below=35),
                      noise(2, 3, 3, 2, seed=8, requires_grad=False)])
FOUND = {**GIVEN, **AFTER_ROUNDING}
BYTES = torch.cat([positive(2, 3, 5, 4).detach() * 90, fixed(*[[0.] * 60]).reshape(1, 3, 5, 4)])
PHOTOS = noise(2, 3, 32, 32, seed=7, requires_grad=False) * 40
CELLS = (torch.arange(32)[:, None] // 8 * 4 + torch.arange(32) // 8).double().expand(2, 1, 32, 32)
ON_CPU = {**NO_GRADIENT, **AFTER_ROUNDING,
          **dict.fromkeys(("compile", "export"), "it goes through pixels on the CPU")}
SHORT = {"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}

NUMBERED = fixed([4, 1], [4, 1], [4, 1], [4, 9], [2, 7], [2, 7], [2, 3], [5, 5], [5, 5])
CLIPS = (
    of_sample("Submean", bottoms=((9, 3, 2), NUMBERED), grows=()),
    Example("Submean", "clips_num: 3", ((9, 3, 2), NUMBERED), tops=3, grows=()),
    of_sample("Covlogm", bottoms=((7, 4), fixed([0, 1], [2, 6])), grows=()),
    of_sample("ProposalCrop", bottoms=(noise(2, 3, 32, 32, requires_grad=False) * 40,
                                       noise(2, 4, 6, 6, seed=2, requires_grad=False)),
              grows=BATCH, without=ON_CPU),
)
OF_MANY = {"gradient": NOT_DERIVATIVE + "it is over the number of windows or tops"}
FIELDS = (
    of_sample("GradientField", grows=BATCH, without=NO_GRADIENT),
    Example("GradientField", "", ((2, 4, 4, 4, 2),), grows=BATCH, without=NO_GRADIENT),
    of_sample("Transform3D", bottoms=((2, 5, 5, 5), (2, 5, 5, 5, 3), whole(2, below=3)),
              grows=(), without={**DRAWS, **NO_GRADIENT}),
    of_sample("FieldProbing", blobs=((3, 4, 3),), grows=BATCH, without=OF_MANY),
    of_sample("DotProduct", blobs=((2, 2, 2, 3, 4, 5), (2, 2, 2, 3)), grows=BATCH),
    Example("DotProduct", "share_weights: true", ((2, 2, 2, 2, 3, 4, 5),) * 2,
            blobs=((3, 4, 5), (3,)), tops=2, grows=BATCH, without=OF_MANY),
)
PLACES_OF_COLUMNS = fixed([1, 2], [5.5, 9], [-3, 4], [40, 50], [2, 7], [0, 0], [8, 3.5],
                          [6, 30])

POOLED = whole(2, 3, 3, 4, below=35)

EXAMPLES = (
    *CLIPS, *FIELDS,
    of_sample("ORPooling"),
    of_sample("ConvolutionSparse", blobs=((1, 1, 4, 2), (1, 4, 9, 9), (6, 2, 3, 3), (1, 1, 1, 6))),
    of_sample("ORConvolution", blobs=((4, 8, 3, 3), (4,))),
    Example("ORConvolution", "convolution_param { num_output: 8 kernel_size: 1 bias_term: false } "
            "orn_param { orientations: 8 }", ((2, 8, 5, 4),), ((8, 8, 1, 1),)),
    of_sample("AUMaskBasedLand", bottoms=(noise(2, 98, requires_grad=False) * 12 + 22,),
              grows=BATCH, without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("AlignDataTransform", bottoms=((2, 10), CUT, PLACES), grows=()),
    *(of_sample(f"{levels}Convolution", blobs=((4, 3, 3, 3), (4,)), without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    of_sample("Binary", without={**GIVEN, **AFTER_ROUNDING}, grows=BATCH),
    of_sample("Weighted", grows=BATCH), of_sample("FCWeighted", grows=BATCH),
    of_sample("AttPooling", grows=BATCH),
    Example("AttPooling", "att_mode: GLOBAL", ((2, 3, 4, 4), (2, 16, 5, 2)), grows=BATCH),
    of_sample("PwAttend", grows=BATCH), of_sample("FixedNeuron", blobs=((1,),), without=FOUND),
    of_sample("ConvolutionFixed", blobs=((4, 3, 3, 3), (4,)), without=SHORT),
    of_sample("InnerProductFixed", blobs=((4, 60), (4,)), grows=BATCH, without=SHORT),
    of_sample("ScaleFixed", blobs=((3,), (3,)), without=SHORT),
    of_sample("NormalizeFixed", blobs=((3,),), without=SHORT), of_sample("Tiling"),
    of_sample("Dtow"), Example("Dtow", "method: MWTOD", ((2, 3, 4, 6),)),
    Example("Dtow", "method: LWTOD psize: 3 ngroup: 2", ((2, 4, 6, 9),), grows=BATCH),
    Example("Dtow", "", ((2, 8, 5, 3),)), of_sample("DepthToSpace"),
    of_sample("SpaceToDepth", grows=BATCH),
    Example("DepthToSpace", 'block_size: 2 data_format: "NCHW"', ((2, 8, 5, 3),)),
    Example("DepthToSpace", 'block_size: 2 data_format: "CRD"', ((2, 8, 5, 3),)),
    Example("SpaceToDepth", 'block_size: 2 data_format: "NCHW"', ((2, 3, 4, 6),), grows=BATCH),
    of_sample("MTranspose"),
    Example("MTranspose", "groups: 3 inverse: true channel: 6 height: 2 width: 4", ((32, 3),),
            grows=(), without=NO_GRADIENT),
    of_sample("BernoulliSample", bottoms=(torch.sigmoid(noise(2, 3).detach()),),
              without={**NO_GRADIENT, **DRAWS}),
    of_sample("RBMInnerProduct", blobs=((3, 6), (3,), (1, 6)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is that of contrastive divergence",
                       **DRAWS}),
    of_sample("Box", bottoms=((2, 3, 5, 7),), grows=()),
    of_sample("Convolution3D", blobs=((4, 3, 2, 3, 3), (4,))),
    of_sample("Deconvolution3D", blobs=((3, 4, 2, 3, 3), (4,))), of_sample("Pooling3D"),
    of_sample("Cap", blobs=((6, 4, 15), (15,)), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "it is that of plain sums"}),
    of_sample("CapsuleRelu", grows=BATCH, without=AFTER_ROUNDING),
    of_sample("Tensor", blobs=((3, 4, 2, 3, 2, 20), (720,)), grows=BATCH),
    of_sample("CapsuleConvTransform", blobs=((18, 2, 4), (1944,)), grows=BATCH),
    of_sample("CapsuleConvRouting", blobs=((27, 6),), grows=BATCH),
    of_sample("Squash", grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "each number's is of itself alone"}),
    of_sample("CapsuleReshape"),
    of_sample("CapsuleTransform", blobs=((3, 4, 10), (30,)), grows=BATCH),
    of_sample("CapsuleRouting", blobs=((2, 3),), grows=BATCH),
    of_sample("CapsuleMask", grows=BATCH),
    of_sample("CapsuleLen", grows=BATCH, without=NO_GRADIENT), of_sample("Axpy"),
    of_sample("BroadcastMul", grows=BATCH),
    of_sample("ColorConv", bottoms=(BYTES,), without=NO_GRADIENT),
    *(Example("ColorConv", f"input: {names[0]} output: {names[1]}", (BYTES,), grows=BATCH,
              without=NO_GRADIENT)
      for names in (("BGR", "RGB"), ("RGB", "Gray"), ("RGB", "XYZ"), ("Lab", "BGR"))),
    Example("ColorConv", "input: Gray output: BGR", ((2, 1, 3, 4),), grows=BATCH,
            without=NO_GRADIENT),
    of_sample("CompactBilinear"),
    of_sample("RandomMaclaurin", blobs=((4, 6), (5, 6)), grows=BATCH),
    of_sample("Enlarge"), of_sample("WordSum", blobs=((3, 5), (12,)), grows=BATCH),
    of_sample("InnerProductCLS", blobs=((5, 12), (5,)), grows=BATCH),
    of_sample("InnerProductWithRegularize", blobs=((3, 4), (3,), (5, 1, 1, 1)), grows=BATCH),
    Example("InnerProductWithRegularize", "inner_product_param { num_output: 3 bias_term: false }",
            ((2, 4),), ((3, 4),), tops=2, grows=BATCH),
    of_sample("RegularizeResult", grows=(), without={
        "gradient": NOT_DERIVATIVE + "it is that of the square"}),
    Example("CompactBilinear", "num_output: 7 sum_pool: false", ((2, 3, 5, 4), (2, 4, 5, 4))),
    of_sample("NdConvolution", blobs=((4, 3, 2, 3, 1), (4,)), grows=BATCH),
    of_sample("ConvolutionData", blobs=((4, 3, 3, 3), (4,))),
    of_sample("WinoConvolution", blobs=((4, 3, 3, 3), (4,))), of_sample("CPP"),
    Example("CPP", 'cpp_param { type: "ReLU" }'),
    Example("CPP", 'cpp_param { type: "Upsample" param_str: "scale:2; upsample_h: 8" }'),
    of_sample("CrossCorrelation", blobs=((1, 3, 3, 3), (1,)), grows=BATCH),
    Example("CrossCorrelation", "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 2 "
            "group: 2 stride: 2 pad: 1 bias_term: false }", ((3, 4, 7, 6), (2, 2, 3, 2)),
            blobs=((2, 2, 3, 2),), grows=BATCH),
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
    of_sample("EntropyPack", bottoms=((2, 3, 5, 4), WORTH), blobs=((1, 1, 1, 1),), grows=(2, 3),
              without=AFTER_ROUNDING),
    of_sample("FQActive", blobs=((4,),), without=FOUND),
    of_sample("FQConvolution", blobs=((4, 3, 3, 3), (4,), (4,)), without=FOUND),
    of_sample("FQInnerProduct", blobs=((4, 60), (4,), (4,)), grows=BATCH, without=FOUND),
    Example("FQInnerProduct", "num_output: 4 bias_term: false transpose: true",
            blobs=((60, 4), (4,)), grows=BATCH, without=FOUND, phase="TEST"),
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
    of_sample("CoordinateWarp", bottoms=((2, 3, 5, 4), PLACES_AROUND)), of_sample("Resample"),
    Example("Resample", "height: 8 width: 3 type: NEAREST"),
    Example("Resample", "type: LINEAR antialias: false", ((2, 3, 5, 4), (2, 1, 3, 3)), grows=BATCH),
    of_sample("Downsample"), of_sample("Accum", grows=BATCH),
    Example("Accum", "have_reference: true", ((2, 3, 5, 4), (2, 2, 3, 6), (2, 1, 7, 3)),
            grows=BATCH),
    of_sample("GatedMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolMaxAve", blobs=((1, 1, 3, 3),)),
    of_sample("TreepoolKernel1L", blobs=((1, 1, 3, 3),) * 3), of_sample("SumPooling"),
    Example("SumPooling", "pool: SUM global_pooling: true"),
    Example("SumPooling", "pool: AVE kernel_size: 3 pad: 1"), of_sample("GRIDPooling"),
    of_sample("GridSample", bottoms=(X, PLACES_OF_GRID), grows=(0, 2)),
    *(Example("GridSample", f"mode: {mode} padding: {padding} align_corners: {corners}",
              (X, PLACES_OF_GRID), grows=(0, 2))
      for mode, padding, corners in (("NEAREST", "ZEROS", "true"), ("BILINEAR", "BORDER", "true"),
                                     ("BILINEAR", "REFLECTION", "false"),
                                     ("BILINEAR", "REFLECTION", "true"),
                                     ("NEAREST", "REFLECTION", "false"))),
    of_sample("HyperColumns", grows=()), of_sample("Im2colConvolution", blobs=((4, 2, 3, 3), (4,))),
    of_sample("PixelwiseSimilarity", grows=SPACE), of_sample("MappingBySimilarity", grows=SPACE),
    of_sample("Round", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("Round", "method: MULTI", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    of_sample("ImpMap", blobs=((1, 1, 1, 1),), without=STRAIGHT),
    Example("ImpMap", "groups: 2 lquantize: false", ((2, 1, 5, 4),), blobs=((1, 1, 1, 1),),
            without=STRAIGHT),
    of_sample("INQConvolution", blobs=((4, 3, 3, 3), (4,)) * 2),
    of_sample("INQInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH),
    Example("INQInnerProduct", "inner_product_param { num_output: 5 transpose: true axis: 2 } "
            "inq_inner_product_param { portion: 0 portion: 1 }", ((4, 3, 2),),
            blobs=((2, 5), (5,)) * 2, grows=(0, 1)),
    of_sample("SparseInnerProduct", blobs=((6, 60), (6,)), grows=BATCH), of_sample("Interp"),
    Example("Interp", "height: 7 width: 9 mode: NEAREST", grows=BATCH),
    of_sample("BilinearInterpolation", grows=BATCH),
    of_sample("ConvolutionSK", blobs=((4, 3, 3, 3), (4,))), of_sample("PoolingSK"),
    of_sample("PoolingND", grows=(0, 2, 3, 4)),
    Example("PoolingND", "pooling_param { kernel_size: 2 kstride: 2 }"),
    Example("PoolingSK", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }"),
    of_sample("LS", blobs=((4, 3),), grows=BATCH, without=NO_GRADIENT),
    of_sample("Local", blobs=((2, 1, 27, 6), (1, 1, 2, 6)), grows=BATCH),
    of_sample("Netvlad", blobs=((3, 4),)), of_sample("Correlation", grows=(0, 2)),
    Example("Correlation", "kernel_size: 1 max_displacement: 1 correlation_type: SUBTRACT",
            ((2, 3, 6, 5),) * 2),
    of_sample("FlowWarp", bottoms=((2, 3, 5, 4), FLOW)),
    of_sample("Warp", bottoms=((2, 3, 5, 4), FLOW)), of_sample("ChannelNorm"),
    of_sample("Correlation1D", grows=(0, 2)),
    Example("Correlation1D", "correlation_param { kernel_size: 1 max_displacement: 1 "
            "single_direction: 1 correlation_type: SUBTRACT }", ((2, 3, 6, 5),) * 2),
    of_sample("Pad"), Example("Pad", "pad: 2"), Example("Pad", "padtype: REPLICATE pad_t: 3"),
    Example("Pad", "padtype: REFLECT_101 pad_l: 3 pad: 1"), of_sample("PixelShuffle"),
    of_sample("AdaptivePooling"),
    Example("AdaptivePooling", "pool: MAX pooled_h: 3 pooled_w: 4", ((2, 3, 6, 8),)),
    Example("Pad", "paddings: 0 paddings: 0 paddings: 1 paddings: 0 paddings: 0 paddings: 2 "
            "paddings: 0 paddings: 3 constant_values: 1.5"),
    of_sample("Division", grows=BATCH), of_sample("Combination", grows=BATCH),
    of_sample("SubRegion", bottoms=((2, 3, 5, 4), POINTS, POINTS + 1), grows=BATCH),
    of_sample("Hotspot", bottoms=(POINTS,), grows=BATCH, without=NO_GRADIENT),
    of_sample("NdPooling", grows=BATCH), of_sample("PoolingSwitches", grows=()),
    of_sample("InvPooling", bottoms=(SWITCHES,), grows=(), without=NO_GRADIENT),
    of_sample("SliceHalf", grows=()), of_sample("Resize", grows=BATCH),
    Example("Resize", "", ((2, 3, 5, 4), (2, 1, 7, 3))),
    Example("Resize", "resize_param { height: 3 width: 7 }"),
    Example("Resize", "resize_param { height: 3 width: 7 nearest: true }"),
    of_sample("SpatialDropout", without=DRAWS),
    Example("SpatialDropout", "dropout_ratio: 0.25", phase="TEST"),
    of_sample("CoordsFromHeatMaps", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("CoordsFromHeatMaps", "pose_coords_from_heat_maps_param { top_k: 3 }",
            without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("RescaledPoseCoords", bottoms=(noise(2, 6, 1, 1, requires_grad=False) * 40, IMAGES),
              grows=BATCH, without=NO_GRADIENT),
    of_sample("CrossBlobsSum"), of_sample("SecondaryRegionsOpScores", grows=()),
    Example("SecondaryRegionsOpScores", "n_secondary_regions: 4 op_scores: AVE has_scene_branch: "
            "true", ((6, 2, 3),), grows=()),
    of_sample("ExtractPrimary", grows=()), of_sample("ScenePooling", grows=BATCH),
    of_sample("HeatMapsFromCoordsOrigin", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without=OF_IMAGES),
    of_sample("CoordsToBboxesMasks", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("TorsoMaskFromCoords", bottoms=(JOINTS, IMAGES), grows=BATCH,
              without={**OF_IMAGES, **DRAWS}),
    of_sample("SpatialPyramidPooling", grows=BATCH),
    Example("SpatialPyramidPooling", "spatial_pyramid_pooling_param { pool: AVE spatial_bin: 3 } "
            "pooling_param { pool: AVE }", ((2, 3, 13, 9),)),
    *(of_sample(f"{levels}InnerProduct", blobs=((4, 15), (4,)), grows=BATCH, without=STRAIGHT)
      for levels in ("Binary", "Ternary")),
    of_sample("Upsample"), Example("Upsample", "", ((2, 3, 2, 4), MASK)), of_sample("Reorg"),
    of_sample("ShuffleChannel"), of_sample("Flip"),
    of_sample("ConvolutionRistretto", blobs=((4, 3, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    Example("ConvolutionRistretto", "convolution_param { num_output: 4 kernel_size: 3 } "
            "quantization_param { bw_layer_in: 10 fl_layer_in: 6 fl_params: 9 }", ((2, 3, 5, 4),),
            blobs=((4, 3, 3, 3), (4,)), phase="TEST", without=STRAIGHT),
    of_sample("DeconvolutionRistretto", blobs=((3, 4, 3, 3), (4,)), without={**STRAIGHT, **DRAWS}),
    of_sample("FcRistretto", blobs=((4, 15), (4,)), grows=BATCH, without={**STRAIGHT, **DRAWS}),
    Example("FcRistretto", "inner_product_param { num_output: 4 transpose: true } "
            "quantization_param { precision: MINIFLOAT mant_bits: 9 exp_bits: 6 }", ((2, 3, 5),),
            blobs=((15, 4), (4,)), grows=BATCH, phase="TEST", without=STRAIGHT),
    of_sample("SaliencyPooling", bottoms=((2, 3, 5, 4), (noise(2, 3, 5, 4, seed=10,
              requires_grad=False) - 1).relu()), without={
        "gradient": NOT_DERIVATIVE + "it is that of average pooling"}),
    of_sample("PointBilinear", bottoms=((2, 3, 5, 4), fixed(
        [1, 2], [9, 13], [-3, 7], [40, 5], [6.5, 50], [14, 1]).requires_grad_(),
        whole(6, below=2)), grows=()),
    of_sample("FlowWarping", grows=()), of_sample("SpaceToBatchND", grows=BATCH),
    of_sample("BatchToSpaceND", grows=()), of_sample("SpatialTransformer", grows=BATCH),
    Example("SpatialTransformer", "st_param { transform_type: 'projective' output_H: 3 }",
            ((2, 3, 5, 4), (noise(2, 8, seed=2) * 0.3).detach().requires_grad_()), grows=BATCH),
    of_sample("BNConv", blobs=((1, 3, 1, 1),) * 4),
    Example("BNConv", "fix: true", blobs=((1, 3, 1, 1),) * 4),
    of_sample("BdctToSpatial", without=NO_GRADIENT),
    of_sample("QuantTruncAbs", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("QuantTruncAbs", "process: TRUNCABS", without=NO_GRADIENT),
    of_sample("GenSlicinfo", bottoms=(PHOTOS,), grows=BATCH, without=ON_CPU),
    of_sample("LowlevelDistance", bottoms=(PHOTOS, CELLS, fixed(*[[0.] * 16] * 2).reshape(
        2, 1, 4, 4)), grows=BATCH, without={**ON_CPU, **DRAWS}),
    of_sample("CConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 group: 2 pad: 1 }",
            ((2, 6, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, phase="TEST", without=PRUNED),
    Example("CConvolution", "convolution_param { num_output: 4 kernel_size: 3 pad: 1 axis: 2 }",
            ((2, 2, 3, 5, 4),), blobs=((4, 3, 3, 3), (4,)) * 2, grows=(3, 4), phase="TEST",
            without=PRUNED),
    of_sample("CInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    Example("CInnerProduct", "inner_product_param { num_output: 5 }", ((4, 3, 2),),
            blobs=((5, 6), (5,)) * 2, grows=BATCH, phase="TEST", without=PRUNED),
    of_sample("DNSConvolution", blobs=((4, 3, 3, 3), (4,)) * 2, without=MASKED),
    of_sample("DNSInnerProduct", blobs=((5, 6), (5,)) * 2, grows=BATCH, without=MASKED),
    of_sample("ResizeBilinear", grows=BATCH), of_sample("ResizeNearestNeighbor", grows=BATCH),
    *(Example(kind, f"scale_height: 0.7 scale_width: 2.3 {rule}: true", ((2, 6, 5, 3),),
              grows=BATCH)
      for kind, rule in (("ResizeBilinear", "align_corners"),
                         ("ResizeBilinear", "half_pixel_centers"),
                         ("ResizeNearestNeighbor", "align_corners"),
                         ("ResizeNearestNeighbor", "half_pixel_onnx"))),
    of_sample("Duplicate", grows=BATCH), of_sample("Splice", grows=BATCH),
    of_sample("TransformColor", bottoms=(noise(2, 3, 5, 4, requires_grad=False), (2, 12))),
    Example("TransformColor", "tc_param { theta_1_1: 0.5 theta_3_4: -2 to_compute_dU: false }",
            (noise(2, 3, 5, 4, requires_grad=False), (2, 10))),
    *(of_sample(kind, bottoms=((2, 3, 2, 4), MASK)) for kind in ("Unpooling", "UnPooling")),
    Example("Unpooling", "unpool: AVE kernel_size: 3 stride: 2"),
    Example("Unpooling", "unpool: TILE kernel_size: 2 stride: 3 unpool_h: 9 unpool_w: 19"),
    of_sample("Winograd", blobs=((6, 6, 4, 3), (4,))),
    of_sample("Padding"), Example("Padding", "pad_beg: -1 pad_end: -1"),
    of_sample("GSTiling"), Example("GSTiling", "stride: 2 reverse: true", ((2, 8, 3, 5),)),
    of_sample("ConvolutionBNFixed", blobs=((4, 3, 3, 3), *[(4,)] * 4, (1,)),
              without={"gradient": NOT_DERIVATIVE + "it is that of exact numbers"}),
    of_sample("LsePooling", grows=BATCH),
    of_sample("SparseHypercolumnExtractor", bottoms=(
        PLACES_OF_COLUMNS.reshape(2, 4, 2), (2, 3, 5, 6), (2, 2, 3, 4)), grows=(),
        without=AFTER_ROUNDING),
    of_sample("StripDecimals", without=NO_GRADIENT),
    of_sample("Gridding", blobs=((3, 3, 7), (2, 3, 3)), grows=BATCH),
    of_sample("HWCN"), Example("HWCN", "convert_to: false", ((5, 4, 3, 2),)),
    of_sample("CPFPConversion", without={**SHORT, **AFTER_ROUNDING}),
    of_sample("OCLCRHWCN", blobs=((6, 3, 3, 3), (6,)), grows=(3,)),
    of_sample("OCLPoolingHWCN", grows=(3,)),
    of_sample("OCLHWCNInnerProduct", blobs=((6, 60), (6,)), grows=(3,)),
    of_sample("AxisPad", grows=(0, 1, 3)),
    of_sample("CirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("SkewcirculantProjection", blobs=((6,), (5,), (6,)), grows=BATCH),
    of_sample("Degridding", blobs=((3, 6, 8), (5, 6, 8)), grows=BATCH),
    of_sample("PatchReshape", grows=BATCH),
    of_sample("Depooling", grows=BOTH),
    Example("Depooling", "kernel_size: 3 stride: 2 pad: 1", ((2, 3, 3, 4), POOLED), tops=2,
            grows=BATCH),
    of_sample("SmoothPooling", blobs=((1, 3, 1, 1),), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "a smoothness below its least has one"}),
    Example("SmoothPooling", "has_smooth_blobs: false max_value: 0.5", (
        X, noise(2, 1, 1, 1, seed=9).detach().abs().add(0.5).requires_grad_()), tops=2, grows=()),
    of_sample("SpatialWta", grows=BATCH),
    Example("SpatialWta", "global_wta: true", tops=2), of_sample("Rearrange"),
    of_sample("SpreadUnpooling"),
    Example("SpreadUnpooling", "unpool: DIV", ((2, 3, 3, 4), (2, 1, 7, 6)), grows=BATCH),
    Example("SpreadUnpooling", "out_kernel_size: 4 out_stride: 2 out_pad: 1", ((2, 3, 3, 4),)),
)
