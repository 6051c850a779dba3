"""Examples of the layer types that community projects added; see tests/layer_examples.py."""

from __future__ import annotations

import torch

from tests.layer_examples import (
    BATCH,
    CONT,
    DRAWS,
    NO_GRADIENT,
    NOT_DERIVATIVE,
    PLACES,
    SCORES,
    SEQUENCE,
    SIZES_FROM_DATA,
    Example,
    X,
    fixed,
    positive,
    whole,
)
from tests.support import noise

LABELS = whole(4, below=5)
TARGETS = (noise(4, 3, 2, seed=9, requires_grad=False) > 0).double()
MASK = torch.arange(48, dtype=torch.float64).reshape(2, 3, 2, 4) % 8 * 4
ROIS = fixed([0, 3.5, 2, 20, 30], [1, 0, 10, 40, 24], [1, 12, 12, 30, 14], [0, 40, 5, 63, 60])
MATCHED = fixed([1, 3, 2, 20, 33, 0.7], [2, 0, 9, 40, 24, 0.9], [0, 0, 0, 0, 0, 0],
                [1, 41, 5, 63, 61, 0.8])
REGRESSION = ("bbox_reg_param { bbox_mean: 0 bbox_mean: 0.1 bbox_mean: 0 bbox_mean: 0 "
              "bbox_std: 0.1 bbox_std: 0.2 bbox_std: 0.2 bbox_std: 0.4 }")
ANCHORS = "field_w: 24 field_w: 12 field_h: 16 field_h: 40 stride: 8"
MAPS = ((4, 3, 3, 2), (4, 4, 3, 2))
ANCHOR_TRUTH = torch.cat([
    whole(4, 1, 3, 2, below=3), whole(4, 4, 3, 2, below=19, first=4) + 0.5,
    torch.linspace(0.05, 0.95, 24, dtype=torch.float64).reshape(4, 1, 3, 2)], 1)
SPATIAL = (2, 3)
AFTER_ROUNDING = {"autocast": "which rows are taken turns on near values"}

ACTIVATIONS = (
    Example("ReLU6", "", (positive(*X),)), Example("ReLU6", "negative_slope: 0.1"),
    Example("SeLu"), Example("SeLU"), Example("Mish"), Example("HardSwish"), Example("HSwish"),
    Example("HardSigmoid"), Example("SeLuDropout", without=DRAWS),
    Example("Insanity", without=DRAWS), Example("Insanity", phase="TEST"),
)
CONVOLUTIONS = (
    *(Example(kind, "convolution_param { kernel_size: 3 pad: 1 }", (X,), ((3, 1, 3, 3), (3,)))
      for kind in ("ConvolutionDepthwise", "DepthwiseConvolution")),
    Example("Convolution3D", "convolution3d_param { num_output: 4 kernel_depth: 2 kernel_size: 3 "
            "pad: 1 }", ((2, 3, 4, 5, 3),), ((4, 3, 2, 3, 3), (4,))),
    Example("Deconvolution3D", "convolution3d_param { num_output: 4 kernel_depth: 2 kernel_size: 3 "
            "stride: 2 bias_term: false }", ((2, 3, 4, 3, 2),), ((3, 4, 2, 3, 3),)),
    Example("Pooling3D", "pool: AVE kernel_depth: 2 kernel_size: 3 stride: 2 pad: 1",
            ((2, 3, 4, 5, 6),)),
    Example("DenseBlock", "denseblock_param { numTransition: 2 growthRate: 4 }", (X,),
            ((4, 3, 3, 3), (4, 7, 3, 3), *((1, 3, 1, 1), (1, 7, 1, 1)) * 4, (1,)), phase="TEST"),
)
NORMALISATION = (
    Example("BN", "bn_param { slope_filler { value: 1 } }", (X,), ((1, 3, 1, 1),) * 4),
    Example("BN", "bn_mode: LEARN", (X,), ((1, 3, 1, 1),) * 2),
    Example("MyNormalize", "my_norm_param { channel_shared: true }", (X,), ((),)),
    Example("Normalize", "normalize_param { normalize_type: 'L1' bp_norm: true }", tops=2),
    Example("Axpy", "", ((2, 3), X, X)), Example("BroadcastMul", "", (X, (2, 3, 1, 1)),
                                                 grows=BATCH),
)
PLANES = (
    Example("Interp", "zoom_factor: 2 pad_beg: -1"),
    Example("Interp", "height: 7 width: 9 mode: NEAREST", grows=BATCH),
    Example("Upsample", "scale: 3"),
    Example("Upsample", "", ((2, 3, 2, 4), MASK)),
    Example("Unpooling", "kernel_size: 2 stride: 2", ((2, 3, 2, 4), MASK)),
    Example("Reorg", "stride: 2", ((2, 4, 6, 2),)), Example("ShuffleChannel", "group: 2",
                                                            ((2, 6, 5, 4),)),
    Example("Flip", "flip_height: true"), Example("MergeCrop", "", (X, noise(
        2, 4, 7, 6, requires_grad=False))),
    Example("Reverse", "axis: 1"), Example("Transpose", "dim: 2 dim: 0 dim: 1", ((2, 3, 5),)),
    Example("EltwiseAccuracy", "ignore_label: 2 top_k: 2", (SCORES, PLACES), without=NO_GRADIENT),
    Example("SegAccuracy", "ignore_label: 2", (SCORES, PLACES), without=NO_GRADIENT),
)
SEQUENCES = (
    Example("ContinuationIndicator", "time_step: 4 axis: 1", without=NO_GRADIENT),
    Example("Lstm", "num_output: 4", (SEQUENCE,), ((16, 5), (16, 4), (16,)), grows=(0, 1)),
    Example("Lstm", "num_output: 4 clipping_threshold: 100", (SEQUENCE, CONT),
            ((16, 5), (16, 4), (16,)), grows=(0, 1)),
)
LOSSES = (
    Example("L1Loss", "", ((4, 3, 2), (4, 3, 2))),
    Example("FocalLoss", "focal_loss_param { gamma: 2 alpha: 0.25 }", (SCORES, PLACES), tops=2),
    Example("FocalLoss", "focal_loss_param { gamma: 2 }", ((4, 3, 2), TARGETS)),
    Example("TripletLoss", "margin: 3", ((4, 3), (4, 3), (4, 3))),
    Example("CenterLoss", "num_output: 5", ((4, 3, 2), LABELS), ((5, 6),), grows=BATCH, without={
        "gradient": NOT_DERIVATIVE + "the centres take the mean step"}),
    Example("MarginInnerProduct", "num_output: 5 type: TRIPLE", ((4, 3), LABELS), ((5, 3),),
            phase="TEST", grows=BATCH, without={
                "gradient": NOT_DERIVATIVE + "the step along the angle is cut to length 1"}),
    Example("InnerDistance", "num_output: 5", ((4, 3, 2),), ((5, 6),), grows=BATCH),
    Example("SoftmaxWithLossOHEM", "loss_param { ignore_label: 2 }", (SCORES, PLACES), tops=3),
    Example("SmoothL1LossOHEM", "", ((4, 3, 2), (4, 3, 2), TARGETS), tops=2, without={
        "gradient": NOT_DERIVATIVE + "it leaves out the factor weight"}),
    Example("BoxAnnotatorOHEM", "roi_per_img: 1 ignore_label: -1",
            (ROIS, noise(4, 1, requires_grad=False), whole(4, 1, below=3), noise(4, 8)), tops=2,
            grows=(), without=NO_GRADIENT),
)
REGIONS = (
    Example("ROIPooling", "pooled_h: 2 pooled_w: 3 spatial_scale: 0.125",
            ((2, 3, 8, 9), ROIS), grows=SPATIAL),
    Example("PSROIPooling", "psroi_pooling_param { output_dim: 3 group_size: 2 spatial_scale: "
            "0.125 }", ((2, 12, 8, 9), ROIS), grows=SPATIAL),
    Example("ROIAlign", "roi_pooling_param { pooled_h: 2 pooled_w: 3 spatial_scale: 0.125 }",
            ((2, 3, 8, 9), ROIS), grows=SPATIAL),
    Example("Proposal", "ratio: 1 ratio: 0.5 scale: 2 feat_stride: 8 base_size: 8 min_size: 4 "
            "post_nms_topn: 5", ((2, 4, 3, 5), (2, 8, 3, 5), fixed([24, 40, 1], [24, 40, 1])),
            tops=2, grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("YoloDetectionOutput", "num_classes: 3 num_box: 2 biases: 1 biases: 2 biases: 2 "
            "biases: 1", ((2, 16, 3, 4),), without={
                "shapes": "the number of rows depends on data", **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("RegionLoss", "num_class: 3 num: 2 biases: 1 biases: 2 biases: 2 biases: 1",
            ((2, 16, 3, 3), fixed([1, 0.3, 0.4, 0.5, 0.2, 2, 0.7, 0.9, 0.2, 0.1],
                                  [0, 0.1, 0.6, 0.3, 0.7, 0, 0, 0, 0, 0])), grows=BATCH,
            without={"compile": "it picks the boxes that are there", "export": "likewise",
                     "gradient": NOT_DERIVATIVE + "it is the slopes that the loss is made of"}),
    Example("Yolov3DetectionOutput", "num_classes: 3 num_box: 2 mask_group_num: 1 mask: 1 mask: 0 "
            "anchors_scale: 32 biases: 30 biases: 60 biases: 70 biases: 40", ((2, 16, 3, 4),),
            without={"shapes": "the number of rows depends on data", **NO_GRADIENT,
                     **AFTER_ROUNDING}),
)
CASCADE = (
    Example("BoxGroupOutput", "box_group_output_param { fg_thr: 0.1 box_group_param { "
            f"{ANCHORS} }} }} {REGRESSION}", MAPS, tops=2,
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("DecodeBBox", REGRESSION, ((4, 8), ROIS), phase="TEST", without=NO_GRADIENT),
    Example("DecodeBBox", REGRESSION, ((4, 8), ROIS, MATCHED), grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("ScaleRoute", "high_scale: 25", (ROIS, (4, 3)), tops=2,
            without={**SIZES_FROM_DATA, **NO_GRADIENT}),
    Example("DetectionGroupLoss", f"detection_group_loss_param {{ cls_num: 3 {ANCHORS} "
            f"neg_mining_type: 'bootstrap' batch_size: 4 }} {REGRESSION}",
            (*MAPS, ANCHOR_TRUTH), grows=(), without={
                **AFTER_ROUNDING, "gradient": NOT_DERIVATIVE + "the 2nd top has none"}),
    Example("DetectionGroupAccuracy", f"detection_group_accuracy_param {{ cls_num: 3 {ANCHORS} }} "
            f"{REGRESSION}", (*MAPS, ANCHOR_TRUTH), tops=2, without=NO_GRADIENT),
    Example("FrcnnOutput", f"frcnn_output_param {{ conf_thr: 0.3 }} {REGRESSION}",
            (positive(4, 3), (4, 12), ROIS * fixed([0, 1, 1, 1, 1]), fixed([64, 72])), grows=(),
            without={**SIZES_FROM_DATA, **NO_GRADIENT, **AFTER_ROUNDING}),
    Example("ProposalTarget", "proposal_target_param { cls_num: 3 batch_size: 6 img_width: 64 "
            f"img_height: 64 }} {REGRESSION}", (ROIS, torch.cat([
                ROIS + fixed([0, 1, 2, 0, 1]), fixed([1, 0, 0], [2, 0, 1], [1, 0, 0], [1, 1, 0]),
            ], 1)), tops=7, grows=(), without={
                **SIZES_FROM_DATA, **NO_GRADIENT, **DRAWS}),
    Example("HardMining", "num_roi_per_image: 1 num_image: 2",
            (noise(4, 1, requires_grad=False), ROIS, (4, 3)), tops=2, grows=(),
            without=NO_GRADIENT),
    Example("BboxAccuracy", REGRESSION, ((4, 12), ROIS, MATCHED), tops=2, without=NO_GRADIENT),
)
NO_META = {"compile": "torch's CTC loss knows no meta tensors",
           "export": "torch's CTC loss knows no meta tensors",
           "gradient": NOT_DERIVATIVE + "it is that of the sum"}
READING = (
    Example("WarpCTCLoss", "", ((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    Example("CtcLoss", "ctc_loss_param { alphabet_size: 4 time_step: 5 blank_label: 3 }",
            ((5, 3, 4), whole(3, 2, below=4)), grows=(), without=NO_META),
    Example("CTCGreedyDecoder", "", ((5, 3, 4),), grows=(0, 1), without=NO_GRADIENT),
    Example("LabelsequenceAccuracy", "", ((3, 5, 4), whole(3, 2, below=4)), grows=BATCH,
            without=NO_GRADIENT),
)
ON_CPU = dict.fromkeys(("compile", "export"), "it runs in numpy")
GRAPHS = (
    Example("Affinity", "offset: 1", ((1, 2, 3, 5),), grows=(2, 3), without={
        "gradient": NOT_DERIVATIVE + "the other channel takes it with the other sign"}),
    Example("ConnectedComponent", "", (whole(2, 3, 4, 5, below=3),),
            without={**ON_CPU, **NO_GRADIENT}),
    Example("MalisLoss", "", (positive(2, 3, 2, 3, 4), (2, 3, 2, 3, 4), whole(
        2, 1, 2, 3, 4, below=3)), tops=2, grows=(), without={
            **ON_CPU, "gradient": NOT_DERIVATIVE + "it is half of that, and not over N"}),
)

EXAMPLES = (*ACTIVATIONS, *CONVOLUTIONS, *NORMALISATION, *PLANES, *SEQUENCES, *LOSSES, *REGIONS,
            *CASCADE, *READING, *GRAPHS)
