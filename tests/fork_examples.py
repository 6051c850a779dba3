"""Examples of types of one fork each; see tests/layer_examples.py."""

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

FLOWS = (
    of_sample("Correlation1D", grows=(0, 2)),
    Example("Correlation1D", "correlation_param { kernel_size: 1 max_displacement: 1 "
            "single_direction: 1 correlation_type: SUBTRACT }", ((2, 3, 6, 5),) * 2),
    of_sample("Resample"), Example("Resample", "height: 8 width: 3 type: NEAREST"),
    Example("Resample", "type: LINEAR antialias: false", ((2, 3, 5, 4), (2, 1, 3, 3)), grows=BATCH),
    of_sample("Downsample"), of_sample("Accum", grows=BATCH),
    Example("Accum", "have_reference: true", ((2, 3, 5, 4), (2, 2, 3, 6), (2, 1, 7, 3)),
            grows=BATCH),
    of_sample("Mean"), of_sample("NegReLU"), of_sample("LpqLoss"),
    Example("LpqLoss", "p: 1.5 q: 2 p_epsilon: 0.1 l2_prescale_by_channels: true "
            "normalize_by_num_entries: true"),
)

ONCE = {"gradient": NOT_DERIVATIVE + "it has the weight once"}
CUT = fixed([1, 20, 3, 2], [0, 20, 1, 4])
PLACES = fixed([2, 1, 3, 5, 4])
ITEMS = (4, 6)
CLASSES = torch.zeros(1, 1, 5, 6, dtype=torch.float64)
CLASSES[0, 0, 0, :2] = fixed([3, 1])
POINTS = torch.cat([whole(1, 1, 5, 6, below=4).where(whole(1, 1, 5, 6, below=3) > 0, 255.0),
                    whole(1, 1, 5, 6, below=200), CLASSES], 1)
WEIGHED = torch.cat([POINTS, whole(1, 1, 5, 6, below=250) + 1], 1)
FACES = (
    of_sample("AlignDataTransform", bottoms=((2, 10), CUT, PLACES), grows=()),
    of_sample("EuclideanLoss2", bottoms=(ITEMS, ITEMS, positive(4, 1)), grows=BATCH),
    of_sample("EuclideanLoss3", bottoms=(ITEMS, ITEMS, positive(4, 1), positive(4, 6, seed=2)),
              grows=BATCH, without=ONCE),
    of_sample("EuclideanLoss4", grows=BATCH, without=ONCE),
    of_sample("EuclideanLoss6", grows=BATCH, without=ONCE),
    of_sample("CosineSimilarityLoss", grows=BATCH), of_sample("EuclideanLossWithTV", grows=BATCH),
    of_sample("MultiStageMeanfieldAU3", bottoms=((2, 3, 6, 5), (2, 3, 6, 5), noise(
        2, 4, 6, 5, seed=5, requires_grad=False)), blobs=((1, 1, 3, 3),) * 3, grows=BATCH,
        without={"compile": "it runs compiled loops of its own", "export": "it has no graph",
                 "gradient": "the lattice is in float32", "autocast": "the lattice is on the CPU"}),
)
ATTENTION = (
    of_sample("AttPooling", grows=BATCH),
    Example("AttPooling", "att_mode: GLOBAL", ((2, 3, 4, 4), (2, 16, 5, 2)), grows=BATCH),
    of_sample("ReNetLSTM", blobs=(*((3, 9),) * 4, *((3, 3),) * 3, *((3,),) * 4) * 2, grows=BATCH),
    Example("ReNetLSTM", "renet_lstm_param { num_output: 2 peephole: false general_weight_filler { "
            'type: "gaussian" std: 0.3 } }', ((2, 3, 2, 4),),
            blobs=(*((2, 5),) * 4, *((2, 2),) * 3, *((2,),) * 4) * 2, grows=(0, 2)),
    of_sample("Netvlad", blobs=((3, 4),)),
    of_sample("SoftmaxWithLossExpectation", bottoms=((1, 4, 5, 6), POINTS), grows=()),
    Example("SoftmaxWithLossExpectation", "loss_param { ignore_label: 255 ignore_rank: false "
            "ignore_classes: true normalize_objectness: false }",
            (noise(1, 4, 5, 6, seed=3), WEIGHED), grows=()),
)
IMAGES = fixed([0, 30, 20, 1.5, 0], [1, 25, 40, 0.5, 1]).reshape(2, 5, 1, 1)
POSES = (
    of_sample("Resize", grows=BATCH), Example("Resize", "", ((2, 3, 5, 4), (2, 1, 7, 3))),
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
)
COEFFICIENTS = noise(3, 42, 1, 1, requires_grad=False) * 0.1
COEFFICIENTS[:, -1] = 0         # no noise
MOVES = {**DRAWS, **NO_GRADIENT}
AUGMENTED = (
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
)
SHARES = (noise(3, 4).detach().tanh() * 0.4 + 0.5).requires_grad_()
REGIONS = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 40, 24], [1, 12, 12, 30, 14], [0, 40, 5, 63, 60])
REGIONAL = (
    of_sample("GlobalSumPooling", grows=BATCH),
    Example("GlobalSumPooling", "num_proposal: 3 num_classes: 4 include_background: true",
            ((2, 3, 4),), grows=BATCH),
    of_sample("MulticlassCrossEntropyLoss", bottoms=(SHARES, whole(3, 4, below=2)), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "it is over C once more"}),
    Example("MulticlassCrossEntropyLoss", "multiclass_cross_entropy_loss_param { "
            "include_background: true }", (SHARES, whole(3, 3, below=2)), grows=BATCH),
    of_sample("ROIAlignment", bottoms=((2, 3, 8, 9), REGIONS), grows=SPACE),
    Example("ROIAlign", "roi_align_param { pooled_h: 3 pooled_w: 2 spatial_scale: 0.125 "
            "sampling_ratio: 2 }",
            ((2, 3, 8, 9), REGIONS), grows=SPACE),
)
MOVED = (noise(2, 36, 3, 4, seed=6).detach() * 1.3 + 0.01).requires_grad_()
MOVED_BY_TWO = (noise(2, 12, 4, 5, seed=6).detach() * 1.3 + 0.01).requires_grad_()
DEFORMED = (
    of_sample("DeformableConvolution", bottoms=((2, 6, 5, 7), MOVED),
              blobs=((4, 6, 3, 3), (4,)), grows=BATCH),
    of_sample("ModulatedDeformableConvolution", bottoms=((2, 6, 5, 7), MOVED_BY_TWO, (2, 6, 4, 5)),
              blobs=((4, 3, 2, 3),), grows=BATCH),
    of_sample("LiftedStructSimilaritySoftmaxLoss", bottoms=((6, 5), whole(6, below=3)), grows=()),
)
HIDDEN = (
    of_sample("BNConv", blobs=((1, 3, 1, 1),) * 4),
    Example("BNConv", "fix: true", blobs=((1, 3, 1, 1),) * 4),
    of_sample("BdctToSpatial", without=NO_GRADIENT), of_sample("ReLURecover"),
    of_sample("QuantTruncAbs", without={**NO_GRADIENT, **AFTER_ROUNDING}),
    Example("QuantTruncAbs", "process: TRUNCABS", without=NO_GRADIENT),
)
GROUPS = torch.tensor([7, 7, 2, 2, 5, 5], dtype=torch.float64)
SETS = (
    of_sample("VarLoss", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("SetLoss2", bottoms=((6, 5), GROUPS), grows=()),
    of_sample("OrdinalRegressionLoss", bottoms=((4, 6), whole(4, below=3)), grows=BATCH),
    of_sample("RelevantLoss", grows=BATCH),
)
FLAGS = fixed([0, 1, 0, 0, 1, 1, 0]).reshape(1, 1, 1, 7)
CORNERS = (torch.arange(30) % 7 == 2).double().reshape(1, 1, 1, 30)
FROM_DATA = {**NO_GRADIENT, **SIZES_FROM_DATA}
WINDOWS = (
    of_sample("CheckAtt", grows=(), without={**NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("SplitIndices", grows=(), without=NO_GRADIENT),
    of_sample("ConvertIndices", bottoms=(fixed([4, 0, 6]).reshape(1, 1, 1, 3), (1, 1, 1, 7)),
              grows=(), without=NO_GRADIENT),
    of_sample("FlagsToIndices", bottoms=(FLAGS,), grows=(), without=FROM_DATA),
    of_sample("ArgMaxMy", grows=(), without={**FROM_DATA, **AFTER_ROUNDING}),
    of_sample("ArgMaxAll", grows=(), without={**FROM_DATA, **AFTER_ROUNDING}),
    of_sample("SlidingWindowIndex", bottoms=((1, 3, 4, 5), CORNERS), grows=(),
              without=SIZES_FROM_DATA),
    of_sample("TileProduct"),
    of_sample("TopKOld", bottoms=((5, 3, 2), fixed([3], [5], [1], [4], [2]), (3, 1)), grows=()),
    of_sample("NormalizedSigmoidCrossEntropyLoss", bottoms=((2, 3, 5, 4),
              whole(2, 3, 5, 4, below=2))),
)

MOLECULES = (
    of_sample("Im2dist", grows=BATCH),
    Example("Im2dist", "convolution_param { kernel_size: 2 pad: 2 stride: 2 } im2dist_param { "
            "norm: L1 remove_center: true remove_bounds: true }", without={
                "autocast": "numbers out of the range of half precision"}),
    of_sample("Im2parity", bottoms=(whole(2, 1, 5, 4, below=3),), without=NO_GRADIENT),
    of_sample("DistLoss", bottoms=((2, 9, 5, 4), whole(2, 9, 5, 4, below=2)), without={
        "gradient": NOT_DERIVATIVE + "that of half the squares"}),
    of_sample("AffinityLoss", bottoms=((5, 1), fixed([2], [-1], [0.5], [0], [-0.25]))),
    Example("AffinityLoss", "ranklossmult: 0.5 ranklossneg: true",
            ((5, 1), fixed([2], [-2], [0.5], [0], [3]))),
    of_sample("MultiSigmoidCrossEntropyLoss", bottoms=((4, 3), whole(4, 3, below=2, first=-1))),
    of_sample("SSIMLoss", bottoms=((2, 3, 10, 9), (2, 3, 10, 9))),
)

EXAMPLES = (*WINDOWS, *SETS, *DEFORMED, *HIDDEN, *REGIONAL, *AUGMENTED, *POSES, *FLOWS, *FACES,
            *ATTENTION, *MOLECULES)
