"""An example or two of every layer type of BVLC Caffe and the SSD branch, for the common check.

Sizes differ on every axis. Blob shapes are those that the original has, in its order: see the
`LayerSetUp` of each type. Other projects' types stand in tests/community_examples.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from framework.layers.base import Shape
from tests.support import noise

BATCH, SPACE, BOTH = (0,), (2, 3, 4), (0, 2, 3, 4)


@dataclass(frozen=True)
class Example:
    """A layer as a user writes it.

    param     the inside of its param message, or whole fields
    bottoms   shapes, to be filled with noise, or tensors; those that need no gradient are labels
              and the like
    blobs     their shapes in Caffe's order
    grows     the axes that may be of another size in a forward than at construction
    without   checks of `check_layer` that cannot hold, and why
    """

    kind: str
    param: str = ""
    bottoms: tuple[Shape | Tensor, ...] = ((2, 3, 5, 4),)
    blobs: tuple[Shape, ...] = ()
    tops: int = 1
    phase: str = "TRAIN"
    grows: tuple[int, ...] = BOTH
    without: Mapping[str, str] = field(default_factory=dict)

    def tensors(self) -> list[Tensor]:
        """The bottoms: noise from a seed of its own for each shape."""
        return [bottom if isinstance(bottom, Tensor) else noise(bottom, seed=3 + index)
                for index, bottom in enumerate(self.bottoms)]


def whole(*shape: int, below: int, first: int = 0) -> Tensor:
    """Whole numbers from `first` to `below` - 1 in turn: labels, indices."""
    count = torch.Size(shape).numel()
    numbers = torch.arange(count) * 7 % 11 % (below - first) + first
    return numbers.double().reshape(shape)


def positive(*shape: int, seed: int = 1) -> Tensor:
    """Noise above 0.5, with a gradient."""
    return (noise(shape, seed=seed).detach().abs() + 0.5).requires_grad_()


def fixed(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


NOT_DERIVATIVE = "the original's backward is not the derivative: "
NO_GRADIENT = {"gradient": "it has none"}
SIZES_FROM_DATA = dict.fromkeys(("shapes", "compile", "export"), "sizes depend on data")
DRAWS = {"values": "it draws numbers, which compiled code does in another order"}
FILES = {"compile": "writes a file", "export": "writes a file"}
X = (2, 3, 5, 4)
CONT = fixed([0, 0], [1, 1], [1, 0])
SEQUENCE = (3, 2, 5)
STATE = (1, 2, 4)
PAIR = ((4, 3, 2), (4, 3, 2))
SCORES, PLACES = (2, 4, 3, 5), whole(2, 1, 3, 5, below=4)

PRIORS = fixed([0.1, 0.1, 0.4, 0.5], [0.3, 0.2, 0.9, 0.6], [0.2, 0.5, 0.5, 0.9])
PRIOR = torch.stack([PRIORS, torch.full((3, 4), 0.1, dtype=torch.float64)]).reshape(1, 2, 12)
TRUTH = fixed([0, 1, 0, 0.1, 0.1, 0.45, 0.5, 0], [0, 2, 0, 0.3, 0.25, 0.9, 0.6, 1],
              [1, 3, 0, 0.2, 0.45, 0.55, 0.9, 0]).reshape(1, 1, 3, 8)
DETECTIONS = fixed([0, 1, 0.9, 0.1, 0.1, 0.4, 0.5], [0, 2, 0.8, 0.3, 0.2, 0.9, 0.6],
                   [0, 1, 0.7, 0.1, 0.15, 0.4, 0.5], [1, 3, 0.6, 0.7, 0.1, 0.8, 0.2])

VISION = (
    Example("Convolution", "num_output: 4 kernel_size: 3 pad: 1 stride: 2", (X,),
            ((4, 3, 3, 3), (4,))),
    Example("Convolution", "num_output: 4 kernel_h: 1 kernel_w: 2 group: 2 bias_term: false "
            "dilation: 2", ((2, 6, 5, 4), (2, 6, 5, 4)), ((4, 3, 1, 2),), tops=2),
    Example("Deconvolution", "num_output: 4 kernel_size: 3 pad: 1 stride: 2", (X,),
            ((3, 4, 3, 3), (4,))),
    Example("Deconvolution", "num_output: 4 kernel_size: 2 group: 2 bias_term: false",
            ((1, 6, 2, 4, 3),), ((6, 2, 2, 2, 2),)),
    Example("Im2col", "kernel_size: 3 pad: 1 stride: 2"),
    Example("Pooling", "pool: MAX kernel_size: 3 stride: 2", tops=2),
    Example("Pooling", "pool: AVE kernel_size: 3 stride: 2 pad: 2"),
    Example("Pooling", "pool: AVE global_pooling: true"),
    Example("Pooling", "pool: STOCHASTIC kernel_size: 2 stride: 2", (positive(*X),),
            without=DRAWS),
    Example("SPP", "pyramid_height: 2 pool: AVE", ((2, 3, 7, 5),)),
    Example("LRN", "local_size: 3 alpha: 0.5", ((2, 6, 3, 4),)),
    Example("LRN", "local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL", ((2, 3, 5, 4),)),
    Example("InnerProduct", "num_output: 6", (X,), ((6, 60), (6,)), grows=BATCH),
    Example("InnerProduct", "num_output: 6 axis: -1 transpose: true", (X,), ((4, 6), (6,)),
            grows=(0, 2)),
    Example("Embed", "num_output: 3 input_dim: 6", (whole(2, 4, below=6),), ((6, 3), (3,))),
)
NORMALISATION = (
    Example("BatchNorm", "", (X,), ((3,), (3,), (1,))),
    Example("BatchNorm", "", (X,), ((3,), (3,), (1,)), phase="TEST"),
    Example("MVN", "", without={"gradient": NOT_DERIVATIVE + "eps"}),
    Example("MVN", "normalize_variance: false across_channels: true"),
    Example("Normalize", "channel_shared: true across_spatial: false", (X,), ((),)),
    Example("Normalize", "channel_shared: false", (X,), ((3,),),
            without={"gradient": NOT_DERIVATIVE + "the scale comes last"}),
    Example("Scale", "bias_term: true", (X,), ((3,), (3,))),
    Example("Scale", "axis: 0", (X, (2, 3)), grows=(0, 2)),
    Example("Bias", "axis: 1 num_axes: 2", (X,), ((3, 5),), grows=(0, 3)),
)
NEURON = (
    Example("ReLU"), Example("ReLU", "negative_slope: 0.1"),
    Example("PReLU", "", (X,), ((3,),)), Example("PReLU", "channel_shared: true", (X,), ((),)),
    Example("ELU", "alpha: 0.5"), Example("Sigmoid"), Example("TanH"), Example("AbsVal"),
    Example("BNLL"), Example("Exp", "base: 2 scale: 0.5 shift: 1"),
    Example("Log", "base: 2 shift: 1", (positive(*X),)),
    Example("Power", "power: 3 scale: 0.5 shift: 2"), Example("Power", "power: 0"),
    Example("Threshold", "threshold: 0.5", without=NO_GRADIENT),
    Example("Dropout", "dropout_ratio: 0.3", without=DRAWS), Example("Dropout", phase="TEST"),
    Example("Clip", "min: -0.5 max: 0.75"), Example("Swish", "beta: 2"),
)
SHAPES = (
    Example("Concat", "axis: 2", ((2, 3, 5, 4), (2, 3, 2, 4)), grows=(0, 1, 2, 3)),
    Example("Slice", "slice_point: 1 slice_point: 3", ((2, 6, 5, 4),), tops=3),
    Example("Slice", "axis: -1", tops=2, grows=(0, 1, 2, 3)),
    Example("Split", tops=3), Example("Silence", tops=0, without=NO_GRADIENT),
    Example("Eltwise", "coeff: 1 coeff: -2", (X, X)),
    Example("Eltwise", "operation: PROD", (X, X, X)),
    Example("Eltwise", "operation: MAX", (X, X, X)),
    Example("Permute", "order: 0 order: 2 order: 3 order: 1"),
    Example("Flatten"), Example("Flatten", "axis: -3 end_axis: 2"),
    Example("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 2 } }"),
    Example("Reshape", "reshape_param { axis: -1 num_axes: 0 shape { dim: 1 } }"),
    Example("Tile", "axis: 2 tiles: 3"),
    Example("Crop", "axis: 2 offset: 1 offset: 2", (X, noise(2, 7, 3, 2, requires_grad=False)),
            grows=BATCH),
    Example("Filter", "", ((4, 3, 2), (4, 5), fixed([1], [0], [-2], [0])), tops=2, grows=BATCH,
            without=SIZES_FROM_DATA),
    Example("BatchReindex", "", ((4, 3, 2), torch.tensor([2.0, 0, 2], dtype=torch.float64))),
    Example("Parameter", "parameter_param { shape { dim: 3 dim: 2 } }", (), ((3, 2),), grows=()),
    Example("Reduction", "operation: ASUM axis: 2 coeff: 0.5"), Example("Reduction", "axis: 0"),
    Example("ArgMax", "axis: 1 top_k: 2 out_max_val: true", without={
        "gradient": "the original has none, not even for values"}),
    Example("ArgMax", "top_k: 2", without=NO_GRADIENT),
)
LOSSES = (
    Example("Softmax", "axis: 2"),
    Example("SoftmaxWithLoss", "loss_param { ignore_label: 2 }", (SCORES, PLACES)),
    Example("SoftmaxWithLoss", "softmax_param { axis: -1 }", (SCORES, whole(2, 4, 3, below=5)),
            tops=2),
    Example("EuclideanLoss", "", PAIR), Example("SmoothL1Loss", "", PAIR),
    Example("SmoothL1Loss", "sigma: 3", (*PAIR, *(noise(4, 3, 2, seed=seed, requires_grad=False)
                                                  for seed in (8, 9)))),
    Example("SigmoidCrossEntropyLoss", "loss_param { ignore_label: 2 normalization: VALID }",
            ((4, 3, 2), whole(4, 6, below=3).clamp(max=1) * 0.75), grows=BATCH),
    Example("HingeLoss", "norm: L2", ((3, 5), whole(3, below=5))),
    Example("HingeLoss", "", ((3, 5), whole(3, 1, below=5))),
    Example("MultinomialLogisticLoss", "", (positive(3, 5), whole(3, below=5))),
    Example("InfogainLoss", "", (positive(3, 5), whole(3, below=5), noise(
        1, 1, 5, 5, requires_grad=False)), grows=()),
    Example("InfogainLoss", "axis: -2", (SCORES, whole(2, 4, 5, below=3), noise(
        3, 3, requires_grad=False)), tops=2, grows=()),
    Example("ContrastiveLoss", "margin: 3", ((4, 3), (4, 3), whole(4, below=2)), without={
        "gradient": NOT_DERIVATIVE + "1e-4 in the denominator"}),
    Example("ContrastiveLoss", "legacy_version: true margin: 3", (
        (4, 3), (4, 3), whole(4, below=2))),
    Example("Accuracy", "top_k: 2", (SCORES, PLACES), tops=2, without=NO_GRADIENT),
)
RECURRENT = (
    Example("LSTM", "num_output: 4", (SEQUENCE, CONT), ((16, 5), (16,), (16, 4)), grows=(0, 1)),
    Example("LSTM", "recurrent_param { num_output: 4 expose_hidden: true }",
            (SEQUENCE, CONT, (2, 3), *(noise(STATE, requires_grad=False) for _ in "hc")),
            ((16, 5), (16,), (16, 3), (16, 4)), tops=3, grows=()),
    Example("RNN", "num_output: 4", (SEQUENCE, CONT, (2, 3)),
            ((4, 5), (4,), (4, 3), (4, 4), (4, 4), (4,)), grows=()),
    Example("RNN", "recurrent_param { num_output: 4 expose_hidden: true }",
            (SEQUENCE, CONT, noise(STATE, requires_grad=False)),
            ((4, 5), (4,), (4, 4), (4, 4), (4,)), tops=2, grows=()),
    Example("LSTMUnit", "", ((1, 3, 4), (1, 3, 16), fixed([1, 0, 1])), tops=2, grows=()),
)
SSD = (
    Example("PriorBox", "min_size: 20 max_size: 37 aspect_ratio: 2 variance: 0.1",
            ((2, 3, 4, 5), (2, 3, 40, 60)), without=NO_GRADIENT),
    Example("MultiBoxLoss", "num_classes: 4 code_type: CENTER_SIZE",
            ((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
    Example("MultiBoxLoss", "num_classes: 4 code_type: CORNER mining_type: NONE loc_loss_type: L2 "
            "share_location: false", ((2, 48), (2, 12), PRIOR, TRUTH), grows=()),
    Example("DetectionOutput", "detection_output_param { num_classes: 4 keep_top_k: 5 code_type: "
            "CENTER_SIZE nms_param { nms_threshold: 0.45 top_k: 4 } }",
            ((2, 12), (2, 12), PRIOR), grows=(), without={
                "shapes": "the number of rows depends on data", **NO_GRADIENT,
                "autocast": "the order of near scores changes"}),
    Example("DetectionEvaluate", "num_classes: 4", (DETECTIONS.reshape(1, 1, 4, 7), TRUTH),
            grows=(), without={**SIZES_FROM_DATA, **NO_GRADIENT}),
)
OUTPUT = (
    Example("HDF5Output", "file_name: 'out.h5'", ((4, 3), (4, 1)), tops=0,
            without={**FILES, **NO_GRADIENT}),
)

EXAMPLES = (*VISION, *NORMALISATION, *NEURON, *SHAPES, *LOSSES, *RECURRENT, *SSD, *OUTPUT)

# Data layers: fields, and the shapes of the tops that the text alone declares. What they read is
# tested in tests/data and tests/layers.
DATA_LAYERS = {
    "Input": ("input_param { shape { dim: 2 dim: 3 } shape { dim: 4 } }", [(2, 3), (4,)]),
    "DummyData": ("dummy_data_param { num: 2 num: 3 channels: 4 height: 5 width: 6 }",
                  [(2, 4, 5, 6), (3, 4, 5, 6)]),
    "Data": ("data_param { batch_size: 2 } transform_param { crop_size: 7 }", [(2, 3, 7, 7), (2,)]),
    "ImageData": ("image_data_param { batch_size: 2 new_height: 7 new_width: 9 }",
                  [(2, 3, 7, 9), (2,)]),
    "MemoryData": ("memory_data_param { batch_size: 2 channels: 3 height: 5 width: 4 }",
                   [(2, 3, 5, 4), (2, 1, 1, 1)]),
    "WindowData": ("window_data_param { batch_size: 2 } transform_param { crop_size: 7 }",
                   [(2, 3, 7, 7), (2,)]),
    "WindowSegData": ("image_data_param { batch_size: 2 } transform_param { crop_size: 7 }",
                      [(2, 3, 7, 7), (2, 1, 7, 7)]),
    "HDF5Data": ("hdf5_data_param { batch_size: 2 }", [(2, 3, 224, 224), (2,)]),
    "AnnotatedData": ("data_param { batch_size: 2 } transform_param { resize_param { height: 30 "
                      "width: 40 } }", [(2, 3, 30, 40), (1, 1, 2, 8)]),
    "VideoData": ("data_param { batch_size: 2 } transform_param { resize_param { height: 30 "
                  "width: 40 } }", [(2, 3, 30, 40)]),
    **dict.fromkeys(("ImageLabelmapData", "DenseImageData", "ImageSegData"), (
        "dense_image_data_param { batch_size: 2 } image_data_param { batch_size: 2 } "
        "transform_param { crop_size: 7 }", [(2, 3, 7, 7), (2, 1, 7, 7)])),
    "DetectionData": ("detection_data_param { batch_size: 2 resize_width: 64 resize_height: 48 "
                      "stride: 8 output_gt_boxes: true }",
                      [(2, 3, 48, 64), (2, 6, 6, 8), (1, 8, 1, 1)]),
    "EvalData": ("eval_data_param { batch_size: 2 resize_width: 64 resize_height: 48 }",
                 [(2, 3, 48, 64), (1, 8, 1, 1), (2, 2, 1, 1)]),
}
