"""An example or two of every layer type of BVLC Caffe and the SSD branch, for the common check.

The first of each type is its sample, framework/report/samples/TYPE.prototxt, which users see too.
Sizes differ on every axis. Blob shapes are those that the original has, in its order: see the
`LayerSetUp` of each type. Other projects' types are in tests/community_examples, a file for each
folder of framework/layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from framework.definition import prototxt
from framework.layers.base import Shape
from framework.report.layer_samples import sample_document, sample_phase
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


def of_sample(kind: str, bottoms: tuple[Shape | Tensor, ...] = (), **checks: Any) -> Example:
    """The example that is the type's sample, with values for the bottoms if noise will not do.

    checks  further fields of Example. Any: each has a type of its own
    """
    document = sample_document(kind)
    *inputs, layer = document.message.layer
    shapes = [tuple(one.input_param.shape[0].dim) for one in inputs]
    given = [tuple(one.shape) if isinstance(one, Tensor) else one for one in bottoms]
    assert given in ([], shapes), f"the sample of {kind} has other bottoms"
    fields = type(layer)()
    fields.CopyFrom(layer)
    for field_name in ("name", "type", "bottom", "top", "include"):
        fields.ClearField(field_name)
    return Example(kind, prototxt.to_text(fields).replace("\n", " "), bottoms or tuple(shapes),
                   tops=len(layer.top), phase=sample_phase(document), **checks)


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
AFTER_ROUNDING = {"autocast": "which rows are taken turns on near values"}
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
    of_sample("Convolution", blobs=((4, 3, 3, 3), (4,))),
    Example("Convolution", "num_output: 4 kernel_h: 1 kernel_w: 2 group: 2 bias_term: false "
            "dilation: 2", ((2, 6, 5, 4), (2, 6, 5, 4)), ((4, 3, 1, 2),), tops=2),
    of_sample("Deconvolution", blobs=((3, 4, 3, 3), (4,))),
    Example("Deconvolution", "num_output: 4 kernel_size: 2 group: 2 bias_term: false",
            ((1, 6, 2, 4, 3),), ((6, 2, 2, 2, 2),)),
    of_sample("Im2col"),
    of_sample("Pooling"),
    Example("Pooling", "pool: AVE kernel_size: 3 stride: 2 pad: 2"),
    Example("Pooling", "pool: AVE global_pooling: true"),
    Example("Pooling", "pool: STOCHASTIC kernel_size: 2 stride: 2", (positive(*X),),
            without=DRAWS),
    of_sample("SPP"),
    of_sample("LRN"),
    Example("LRN", "local_size: 3 alpha: 0.5 norm_region: WITHIN_CHANNEL", ((2, 3, 5, 4),)),
    of_sample("InnerProduct", blobs=((6, 60), (6,)), grows=BATCH),
    Example("InnerProduct", "num_output: 6 axis: -1 transpose: true", (X,), ((4, 6), (6,)),
            grows=(0, 2)),
    of_sample("Embed", bottoms=(whole(2, 4, below=6),), blobs=((6, 3), (3,))),
)
NORMALISATION = (
    of_sample("BatchNorm", blobs=((3,), (3,), (1,))),
    Example("BatchNorm", "", (X,), ((3,), (3,), (1,)), phase="TEST"),
    of_sample("MVN", without={"gradient": NOT_DERIVATIVE + "eps"}),
    Example("MVN", "normalize_variance: false across_channels: true"),
    of_sample("Normalize", blobs=((),)),
    Example("Normalize", "channel_shared: false", (X,), ((3,),),
            without={"gradient": NOT_DERIVATIVE + "the scale comes last"}),
    of_sample("Scale", blobs=((3,), (3,))),
    Example("Scale", "axis: 0", (X, (2, 3)), grows=(0, 2)),
    of_sample("Bias", blobs=((3, 5),), grows=(0, 3)),
)
NEURON = (
    of_sample("ReLU"), Example("ReLU", "negative_slope: 0.1"),
    of_sample("PReLU", blobs=((3,),)), Example("PReLU", "channel_shared: true", (X,), ((),)),
    of_sample("ELU"), of_sample("Sigmoid"), of_sample("TanH"), of_sample("AbsVal"),
    of_sample("BNLL"), of_sample("Exp"),
    of_sample("Log", bottoms=(positive(*X),)),
    of_sample("Power"), Example("Power", "power: 0"),
    of_sample("Threshold", without=NO_GRADIENT),
    of_sample("Dropout", without=DRAWS), Example("Dropout", phase="TEST"),
    of_sample("Clip"), of_sample("BReLU"), of_sample("Swish"),
)
SHAPES = (
    of_sample("Concat", grows=(0, 1, 2, 3)),
    of_sample("Slice"),
    Example("Slice", "axis: -1", tops=2, grows=(0, 1, 2, 3)),
    of_sample("Split"), of_sample("Silence", without=NO_GRADIENT),
    of_sample("Eltwise"),
    Example("Eltwise", "operation: PROD", (X, X, X)),
    Example("Eltwise", "operation: MAX", (X, X, X)),
    of_sample("Permute"),
    of_sample("Flatten"), Example("Flatten", "axis: -3 end_axis: 2"),
    of_sample("Reshape"),
    Example("Reshape", "reshape_param { axis: -1 num_axes: 0 shape { dim: 1 } }"),
    of_sample("Tile"),
    of_sample("Crop", bottoms=(X, noise(2, 7, 3, 2, requires_grad=False)), grows=BATCH),
    of_sample("Filter", bottoms=((4, 3, 2), (4, 5), fixed([1], [0], [-2], [0])), grows=BATCH,
              without=SIZES_FROM_DATA),
    of_sample("BatchReindex", bottoms=((4, 3, 2), torch.tensor([2.0, 0, 2], dtype=torch.float64))),
    of_sample("Parameter", blobs=((3, 2),), grows=()),
    of_sample("Reduction"), Example("Reduction", "axis: 0"),
    of_sample("ArgMax", without={"gradient": "the original has none, not even for values"}),
    Example("ArgMax", "top_k: 2", without=NO_GRADIENT),
)
LOSSES = (
    of_sample("Softmax"), Example("Softmax", "", ((3, 5), whole(3, 1, below=6)), grows=BATCH),
    of_sample("SoftmaxWithLoss", bottoms=(SCORES, PLACES)),
    Example("SoftmaxWithLoss", "softmax_param { axis: -1 }", (SCORES, whole(2, 4, 3, below=5)),
            tops=2),
    of_sample("EuclideanLoss"), of_sample("SmoothL1Loss"),
    Example("SmoothL1Loss", "sigma: 3", (*PAIR, *(noise(4, 3, 2, seed=seed, requires_grad=False)
                                                  for seed in (8, 9)))),
    of_sample("SigmoidCrossEntropyLoss", bottoms=((4, 3, 2), whole(4, 6,
              below=3).clamp(max=1) * 0.75), grows=BATCH),
    of_sample("HingeLoss", bottoms=((3, 5), whole(3, below=5))),
    Example("HingeLoss", "", ((3, 5), whole(3, 1, below=5))),
    of_sample("MultinomialLogisticLoss", bottoms=(positive(3, 5), whole(3, below=5))),
    of_sample("InfogainLoss", bottoms=(positive(3, 5), whole(3, below=5), noise(1, 1, 5, 5,
              requires_grad=False)), grows=()),
    Example("InfogainLoss", "axis: -2", (SCORES, whole(2, 4, 5, below=3), noise(
        3, 3, requires_grad=False)), tops=2, grows=()),
    of_sample("ContrastiveLoss", bottoms=((4, 3), (4, 3), whole(4, below=2)),
              without={"gradient": NOT_DERIVATIVE + "1e-4 in the denominator"}),
    Example("ContrastiveLoss", "legacy_version: true margin: 3", (
        (4, 3), (4, 3), whole(4, below=2)), tops=3),
    of_sample("Accuracy", bottoms=(SCORES, PLACES), without=NO_GRADIENT),
)
RECURRENT = (
    of_sample("LSTM", bottoms=(SEQUENCE, CONT), blobs=((16, 5), (16,), (16, 4)), grows=(0, 1)),
    Example("LSTM", "recurrent_param { num_output: 4 expose_hidden: true }",
            (SEQUENCE, CONT, (2, 3), *(noise(STATE, requires_grad=False) for _ in "hc")),
            ((16, 5), (16,), (16, 3), (16, 4)), tops=3, grows=()),
    of_sample("RNN", bottoms=(SEQUENCE, CONT, (2, 3)), blobs=((4, 5), (4,), (4, 3), (4, 4), (4, 4),
              (4,)), grows=()),
    Example("RNN", "recurrent_param { num_output: 4 expose_hidden: true }",
            (SEQUENCE, CONT, noise(STATE, requires_grad=False)),
            ((4, 5), (4,), (4, 4), (4, 4), (4,)), tops=2, grows=()),
    Example("RNN", "recurrent_param { num_output: 4 expose_hidden: true hidden_output: true "
            "state_gradient: true activation: RELU }", (SEQUENCE, CONT, noise(STATE)),
            ((4, 5), (4,), (4, 4)), tops=2, grows=()),
    of_sample("LSTMUnit", bottoms=((1, 3, 4), (1, 3, 16), fixed([1, 0, 1])), grows=()),
)
SSD = (
    of_sample("PriorBox", without=NO_GRADIENT),
    of_sample("MultiBoxLoss", bottoms=((2, 12), (2, 12), PRIOR, TRUTH), grows=()),
    Example("MultiBoxLoss", "num_classes: 4 code_type: CORNER mining_type: NONE loc_loss_type: L2 "
            "share_location: false", ((2, 48), (2, 12), PRIOR, TRUTH), grows=()),
    of_sample("DetectionOutput", bottoms=((2, 12), (2, 12), PRIOR), grows=(),
              without={"shapes": "the number of rows depends on data", **NO_GRADIENT,
              "autocast": "the order of near scores changes"}),
    of_sample("DetectionEvaluate", bottoms=(DETECTIONS.reshape(1, 1, 4, 7), TRUTH), grows=(),
              without={**SIZES_FROM_DATA, **NO_GRADIENT}),
)
OUTPUT = (
    of_sample("HDF5Output", without={**FILES, **NO_GRADIENT}),
)

EXAMPLES = (*VISION, *NORMALISATION, *NEURON, *SHAPES, *LOSSES, *RECURRENT, *SSD, *OUTPUT)

# Data layers: the shapes of the tops that the text of the sample alone declares. What they read is
# tested in tests/data and tests/layers.
DATA_LAYERS: dict[str, list[Shape]] = {
    "Input": [(2, 3), (4,)],
    "DummyData": [(2, 4, 5, 6), (3, 4, 5, 6)],
    "Data": [(2, 3, 7, 7), (2,)],
    "ImageData": [(2, 3, 7, 9), (2,)], "LabelData": [(2, 3, 7, 9), (2,)],
    "MemoryData": [(2, 3, 5, 4), (2, 1, 1, 1)],
    "MultiLabelImageData": [(2, 3, 7, 9), (2, 1)],
    "MultilabelImageData": [(2, 3, 7, 9), (2, 3, 1, 1)],
    "FormatImageData": [(2, 3, 7, 9), (2, 1)],
    "ImageDataMultiLabel": [(2, 3, 7, 9), (2, 1)],
    "BboxData": [(2, 3, 416, 416), (2, 100, 1, 1)],
    "ccpdData": [(8, 3, 64, 128), (8, 7)],
    "DrawnClassesData": [(12, 3, 32, 32), (4,), (12,)],
    "FaceBoxData": [(8, 3, 64, 64), (8, 1, 1, 19)],
    "ImageFloatData": [(2, 3, 64, 64), (2, 136)],
    "MaskBoxData": [(2, 3, 24, 32), (2, 60 + 24 * 32)],
    "DocData": [(2, 3, 32, 48), (2,)],
    "KpsBoxData": [(2, 3, 24, 32), (2, 410 + 24 * 32)],
    "WindowData": [(2, 3, 7, 7), (2,)],
    "GenericWindowData": [(2, 3, 7, 7), (2, 1, 1, 1)],
    "WindowSegData": [(2, 3, 7, 7), (2, 1, 7, 7)],
    "SelectSegBinary": [(2, 3, 7, 7), (2, 1, 7, 7), (2, 4, 1, 1)],
    "HDF5Data": [(2, 3, 224, 224), (2,)],
    "AnnotatedData": [(2, 3, 30, 40), (1, 1, 2, 8)],
    "LaneData": [(2, 3, 30, 40), (2, 5, 64, 3), (2, 1, 3, 5)],
    "MultiLabelData": [(2, 3, 7, 7), (2, 1)],
    "CPMData": [(2, 6, 40, 48), (2, 114, 5, 6)],
    "VideoData": [(2, 3, 30, 40)],
    "ImageLabelmapData": [(2, 3, 7, 7), (2, 1, 7, 7)],
    "DenseImageData": [(2, 3, 7, 7), (2, 1, 7, 7)],
    "ImageSegData": [(2, 3, 7, 7), (2, 1, 7, 7)], "TripletImageData": [(6, 3, 7, 7)],
    "DetectionData": [(2, 3, 48, 64), (2, 6, 6, 8), (1, 8, 1, 1)],
    "CoSData": [(2, 3, 32, 56), (21, 2)],
    "OPData": [(2, 3, 48, 64), (2, 156, 6, 8)],
    "ClipData": [(12, 3, 20, 20), (12, 2, 1, 1)],
    "ImageLabelData": [(2, 3, 24, 24), (2, 1, 12, 16)],
    "ImageLabelEdgeData": [(2, 3, 24, 24), *[(2, 1, 24, 24)] * 4],
    "PicPac": [(4, 3, 48, 64), (4,)],
    "ListedClassesData": [(2, 3, 24, 24), (2, 12, 1, 1)],
    "ImageLabelDataClass": [(2, 3, 24, 24), (2, 1, 12, 16), (2, 1, 1, 19)],
    "ImageLabelDataIndex": [(2, 3, 24, 24), (2, 1, 12, 16), (2, 1, 1, 1)],
    "ImageLabelDataIndexDet": [(2, 3, 24, 24), (2, 1, 12, 16), (2, 1, 1, 1), (2, 5, 1, 6)],
    "DriveData": [(2, 3, 96, 128), (2, 8, 24, 32), (2, 1, 6, 8)],
    "ImageDataSteganalysisJpegDct": [(4, 64, 64, 64), (4,)],
    "MolGridData": [(3, 35, 24, 24, 24), (3,), (3,)], "NDimData": [(3, 4, 6, 6, 6), (3,)],
    "CustomData": [(2, 3, 384, 512), (2, 3, 384, 512), (2, 2, 384, 512)],
    "BoxData": [(16, 3, 224, 224), (16, 343)],
    "ROIData": [(2, 3, 224, 224), (128, 5, 1, 1), (128, 1, 1, 1), *[(128, 84, 1, 1)] * 2],
    "FrcnnRoiData": [(1, 3, 600, 1000), (1, 3, 1, 1), (1, 5, 1, 1)],
    "SegData": [(1, 3, 224, 224), (1, 1, 224, 224)],
    "DataHeatmap": [(2, 3, 64, 64), (2, 1, 16, 16)],
    "faceAttributeData": [(2, 3, 32, 28), (2, 15)],
    "WindowPoseData": [(2, 3, 24, 24), *[(2, 1, 1, 1)] * 7],
    "WindowMulticlassKeypointData": [(2, 3, 24, 24), *[(2, 1, 1, 1)] * 2],
    "ImageNormalData": [(5, 3, 224, 240)] * 2,
    "CarcontImageData": [(68, 3, 224, 224), *[(68,)] * 4],
    "ImageGtData": [(2, 3, 48, 64), (2, 6, 6, 8), (2, 6, 3, 4), (1, 7, 1, 1)],
    "EvalData": [(2, 3, 48, 64), (1, 8, 1, 1), (2, 2, 1, 1)],
    "RandVec": [(4, 100)],
    "RandomImageData2": [(12, 3, 256, 256), (12, 28, 1, 1), (12, 5, 1, 1)],
    "MultiSourcesImagesData": [(8, 4, 320, 320), (8, 38, 1, 1), (8, 5, 1, 1)],
    "OctreeDataBase": [(1, 3, 8, 1), (32,)], "ImageDataModify": [(4, 3, 176, 176)],
    "MHDData": [(2, 1, 8, 10, 12), (2, 1, 8, 10, 12)],
    "MHDDataWithDense": [(2, 1, 8, 10, 12), (2, 1, 8, 10, 12), (2, 2, 8, 10, 12)],
    "FaceImage": [(6, 1, 40, 30), (6,)], "MILData": [(6, 3, 48, 48), (2, 7, 1, 1)],
    "VideoDataSeg": [(2, 3, 8, 32, 24), (2, 1, 8, 32, 24)],
    "DataHeatmapTest": [(1, 3, 320, 320)],
    "PoseImageData": [(2, 3, 32, 24), (2, 5, 16, 12)],
    "SquareBoxData": [(5, 3, 27, 27), (5, 1, 1, 1)],
    "HeatmapData": [(4, 3, 32, 24), (4, 6, 16, 16)],
    "MHDRoiData": [(2, 3, 8, 10, 12), (2, 19), (2, 1, 16), (2, 1, 20), (2, 1, 24)],
    "MultiChannelData": [(2, 2, 8, 10, 12), (2, 1, 8, 10, 12)],
    "TwoImageData": [(20, 3, 161, 161), (20, 1, 161, 161)],
    "LoadDataFromFile": [(4, 3, 40, 60), (4, 1, 40, 60)],
    "SparseData": [(64, 1000), (64,)],
    "SpatialPyramidPoolingData": [(10, 256, 13, 13), (10,)],
    "RemoteData": [(8, 3, 16, 12), (8,)],
    "BinaryData": [(10, 3, 31, 31), (10,)],
    "DatumData": [(4, 3, 41, 41), (4,)],
    "MCWindowData": [(16, 3, 227, 227), (16, 1, 64, 64), (16, 1, 1, 1)],
    "NAMCWindowData": [(16, 3, 227, 227), (16, 3, 227, 227), (16, 1, 1, 1)],
    "VideoSegmentationData": [(2, 3, 16, 112, 112), (2, 1, 16, 112, 112)],
    "VideoWithVoxelTruthData": [(2, 3, 16, 112, 112), (2, 1, 16, 112, 112)],
}
