"""Examples of the layer types that community projects added; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.census_examples import EXAMPLES as OF_CENSUS
from tests.fork_examples import EXAMPLES as OF_ONE_FORK
from tests.further_fork_examples import EXAMPLES as OF_FURTHER_FORKS
from tests.layer_examples import (
    AFTER_ROUNDING,
    BATCH,
    CONT,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    PRIOR,
    SCORES,
    SEQUENCE,
    SIZES_FROM_DATA,
    TRUTH,
    Example,
    X,
    fixed,
    of_sample,
    positive,
    whole,
)
from tests.new_community_examples import EXAMPLES as NEW
from tests.one_project_examples import EXAMPLES as OF_ONE_PROJECT
from tests.pose_and_face_examples import EXAMPLES as OF_POSES_AND_FACES
from tests.public_fork_examples import EXAMPLES as OF_PUBLIC_FORKS
from tests.single_fork_examples import EXAMPLES as OF_SINGLE_FORKS
from tests.support import noise
from tests.two_stage_examples import EXAMPLES as TWO_STAGES
from tests.unusual_machine_examples import EXAMPLES as OF_UNUSUAL_MACHINES

LABELS = whole(4, below=5)
TARGETS = (noise(4, 3, 2, seed=9, requires_grad=False) > 0).double()
MASK = torch.arange(48, dtype=torch.float64).reshape(2, 3, 2, 4) % 8 * 4
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

ACTIVATIONS = (
    of_sample("ReLU6", bottoms=(positive(*X),)), Example("ReLU6", "negative_slope: 0.1"),
    of_sample("SeLu"), of_sample("SeLU"), of_sample("Mish"), of_sample("HardSwish"),
              of_sample("HSwish"),
    of_sample("HardSigmoid"), of_sample("SeLuDropout", without=DRAWS),
    of_sample("Insanity", without=DRAWS), Example("Insanity", phase="TEST"),
)
CONVOLUTIONS = (
    of_sample("ConvolutionDepthwise", blobs=((3, 1, 3, 3), (3,))),
    of_sample("DepthwiseConvolution", blobs=((3, 1, 3, 3), (3,))),
    of_sample("Convolution3D", blobs=((4, 3, 2, 3, 3), (4,))),
    of_sample("Deconvolution3D", blobs=((3, 4, 2, 3, 3), (4,))),
    of_sample("Pooling3D"),
    of_sample("DenseBlock", blobs=((4, 3, 3, 3), (4, 7, 3, 3), *((1, 3, 1, 1), (1, 7, 1, 1)) * 4,
              (1,))),
)
NORMALISATION = (
    of_sample("BN", blobs=((1, 3, 1, 1),) * 4),
    Example("BN", "bn_mode: LEARN", (X,), ((1, 3, 1, 1),) * 2),
    of_sample("MyNormalize", blobs=((),)),
    Example("Normalize", "normalize_param { normalize_type: 'L1' bp_norm: true }", tops=2),
    of_sample("Axpy"), of_sample("BroadcastMul", grows=BATCH),
)
PLANES = (
    of_sample("Interp"),
    Example("Interp", "height: 7 width: 9 mode: NEAREST", grows=BATCH),
    of_sample("Upsample"),
    Example("Upsample", "", ((2, 3, 2, 4), MASK)),
    *(of_sample(kind, bottoms=((2, 3, 2, 4), MASK)) for kind in ("Unpooling", "UnPooling")),
    of_sample("Reorg"), of_sample("ShuffleChannel"),
    of_sample("Flip"), of_sample("MergeCrop", bottoms=(X, noise(2, 4, 7, 6, requires_grad=False))),
    of_sample("Reverse"), of_sample("Transpose"), of_sample("TensorTranspose"),
    of_sample("EltwiseAccuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("SegAccuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("MeanIoU", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
    of_sample("BoundaryF", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
)
SEQUENCES = (
    of_sample("ContinuationIndicator", without=NO_GRADIENT),
    of_sample("Lstm", blobs=((16, 5), (16, 4), (16,)), grows=(0, 1)),
    Example("Lstm", "num_output: 4 clipping_threshold: 100", (SEQUENCE, CONT),
            ((16, 5), (16, 4), (16,)), grows=(0, 1)),
)
LOSSES = (
    of_sample("L1Loss"),
    of_sample("FocalLoss", bottoms=(SCORES, PLACES)),
    Example("FocalLoss", "focal_loss_param { gamma: 2 }", ((4, 3, 2), TARGETS)),
    of_sample("TripletLoss"),
    of_sample("CenterLoss", bottoms=((4, 3, 2), LABELS), blobs=((5, 6),), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the centres take the mean step"}),
    of_sample("MarginInnerProduct", bottoms=((4, 3), LABELS), blobs=((5, 3),), grows=BATCH,
              without={"gradient": NOT_DERIVATIVE + "the step along the angle is cut to length 1"}),
    of_sample("InnerDistance", blobs=((5, 6),), grows=BATCH),
    of_sample("SoftmaxWithLossOHEM", bottoms=(SCORES, PLACES)),
    of_sample("SmoothL1LossOHEM", bottoms=((4, 3, 2), (4, 3, 2), TARGETS),
              without={"gradient": NOT_DERIVATIVE + "it leaves out the factor weight"}),
    of_sample("BoxAnnotatorOHEM", bottoms=(ROIS, noise(4, 1, requires_grad=False), whole(4, 1,
              below=3), noise(4, 8)), grows=(), without=NO_GRADIENT),
)
REGIONS = (
    of_sample("ROIPooling", bottoms=((2, 3, 8, 9), ROIS), grows=SPATIAL),
    of_sample("PSROIPooling", bottoms=((2, 12, 8, 9), ROIS), grows=SPATIAL),
    of_sample("ROIAlign", bottoms=((2, 3, 8, 9), ROIS), grows=SPATIAL),
    of_sample("Proposal", bottoms=((2, 4, 3, 5), (2, 8, 3, 5), fixed([24, 40, 1], [24, 40, 1])),
              grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("Proposal", "feat_stride: 32 min_size: 90", ((2, 18, 3, 5), (2, 36, 3, 5), fixed(
        [96, 160, 1], [96, 150, 1])), tops=2, grows=(),
        without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("YoloDetectionOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("RegionLoss", bottoms=((2, 16, 3, 3), fixed([1, 0.3, 0.4, 0.5, 0.2, 2, 0.7, 0.9, 0.2,
              0.1], [0, 0.1, 0.6, 0.3, 0.7, 0, 0, 0, 0, 0])), grows=BATCH,
              without={"compile": "it picks the boxes that are there", "export": "likewise",
              "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("Yolov3DetectionOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
)
CASCADE = (
    of_sample("BoxGroupOutput", without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("DecodeBBox", bottoms=((4, 8), ROIS), without=NO_GRADIENT),
    Example("DecodeBBox", REGRESSION, ((4, 8), ROIS, MATCHED), grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("ScaleRoute", bottoms=(ROIS, (4, 3)), without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    of_sample("DetectionGroupLoss", bottoms=(*MAPS, ANCHOR_TRUTH), grows=(),
              without={**AFTER_ROUNDING, "gradient": NOT_DERIVATIVE + "the 2nd top has none"}),
    of_sample("DetectionGroupAccuracy", bottoms=(*MAPS, ANCHOR_TRUTH), without=NO_GRADIENT),
    of_sample("BoxOutput", without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    of_sample("DetectionLoss", bottoms=((4, 7, 3, 2), ANCHOR_TRUTH), grows=(),
              without={**AFTER_ROUNDING, "gradient": NOT_DERIVATIVE + "the 2nd number has none"}),
    of_sample("DetectionAccuracy", bottoms=((4, 7, 3, 2), ANCHOR_TRUTH), without=NO_GRADIENT),
    of_sample("FrcnnOutput", bottoms=(positive(4, 3), (4, 12), ROIS * fixed([0, 1, 1, 1, 1]),
              fixed([64, 72])), grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT,
              **AFTER_ROUNDING}),
    of_sample("ProposalTarget", bottoms=(ROIS, torch.cat([ROIS + fixed([0, 1, 2, 0, 1]), fixed([1,
              0, 0], [2, 0, 1], [1, 0, 0], [1, 1, 0])], 1)), grows=(), without={**SIZES_FROM_DATA,
              **NO_GRADIENT, **DRAWS}),
    of_sample("HardMining", bottoms=(noise(4, 1, requires_grad=False), ROIS, (4, 3)), grows=(),
              without=NO_GRADIENT),
    of_sample("BboxAccuracy", bottoms=((4, 12), ROIS, MATCHED), without=NO_GRADIENT),
)
NO_META = {"compile": "torch's CTC loss knows no meta tensors",
           "export": "torch's CTC loss knows no meta tensors",
           "gradient": NOT_DERIVATIVE + "it is that of the sum"}
READING = (
    of_sample("WarpCTCLoss", bottoms=((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    of_sample("CtcLoss", bottoms=((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    of_sample("CTCGreedyDecoder", grows=(0, 1), without=NO_GRADIENT),
    of_sample("LabelsequenceAccuracy", bottoms=((3, 5, 4), whole(3, 2, below=4)), grows=BATCH,
              without=NO_GRADIENT),
)
ON_CPU = dict.fromkeys(("compile", "export"), "it runs in numpy")
GRAPHS = (
    of_sample("Affinity", grows=(2, 3), without={
                  "gradient": NOT_DERIVATIVE + "the other channel takes it with the other sign"}),
    of_sample("ConnectedComponent", bottoms=(whole(2, 3, 4, 5, below=3),), without={**ON_CPU,
              **NO_GRADIENT}),
    of_sample("MalisLoss", bottoms=(positive(2, 3, 2, 3, 4), (2, 3, 2, 3, 4), whole(2, 1, 2, 3, 4,
              below=3)), grows=(), without={**ON_CPU,
              "gradient": NOT_DERIVATIVE + "it is half of that, and not over N"}),
)

ONE_STAGE = (
    of_sample("RetinaNetLoss", bottoms=((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
    of_sample("RelationModule", bottoms=((4, 6), ROIS), grows=(),
              blobs=((2, 8), (2,), (4, 6), (4,), (4, 6), (4,), (6, 6), (6,))),
    of_sample("FcosLoss", bottoms=((2, 12), (2, 12), (2, 3), PRIOR, TRUTH), grows=()),
    of_sample("YoloGridLoss", bottoms=((2, 117), TRUTH), grows=(),
              without={"gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    of_sample("HyperColumns", grows=()),
    of_sample("YoloGridOutput", without={"shapes": "the number of rows depends on data",
              **NO_GRADIENT, **AFTER_ROUNDING}),
)

EXAMPLES = (*ACTIVATIONS, *CONVOLUTIONS, *NORMALISATION, *PLANES, *SEQUENCES, *LOSSES, *REGIONS,
            *CASCADE, *READING, *GRAPHS, *ONE_STAGE, *OF_ONE_PROJECT, *OF_ONE_FORK,
             *TWO_STAGES, *OF_PUBLIC_FORKS, *OF_SINGLE_FORKS, *OF_FURTHER_FORKS, *OF_CENSUS,
             *OF_POSES_AND_FACES, *NEW, *OF_UNUSUAL_MACHINES)
