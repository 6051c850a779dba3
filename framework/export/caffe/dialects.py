"""Which layers the readers of Caffe files take: compilers of chips, and other programs.

Source of each list: its `source`. Where a maker publishes no list there is no entry to be made:
`common` has what every list has.
"""

from __future__ import annotations

from dataclasses import dataclass, field

COMMON = frozenset(
    "Convolution Pooling ReLU PReLU BatchNorm Scale InnerProduct Eltwise Concat Sigmoid TanH "
    "Softmax".split())
# accepted by all of the four importers that were tried with one layer each
TRIED = COMMON | frozenset(
    "Crop Deconvolution Flatten LRN Normalize Permute PriorBox Reshape Slice".split())


@dataclass(frozen=True)
class Dialect:
    """What one reader takes.

    layers         types that it takes as they are
    processor      types that it computes on the CPU beside the chip
    source         where the lists are from
    known          False: no public list, so that nothing is sure
    folds          BatchNorm and Scale go into the convolution before them
    name_length    of layers and blobs at most
    tail           of an SSD: keep or cut
    cuts_softmax   with the tail the Reshape, Softmax and Flatten before it are cut off
    silence        whether unread tops may go into a Silence layer
    in_place       ReLU, BatchNorm and Scale write into their bottoms
    maximum_from_zero  MAX pooling gives 0 where all of a window is below 0
    conditions     names of functions in `conditions`, beside those for everyone
    """

    layers: frozenset[str]
    source: str
    processor: frozenset[str] = frozenset()
    known: bool = True
    folds: bool = True
    name_length: int | None = None
    tail: str = "cut"
    cuts_softmax: bool = False
    silence: bool = False
    in_place: bool = True
    maximum_from_zero: bool = False
    conditions: tuple[str, ...] = field(default=())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SSD = _words("PriorBox DetectionOutput")
BVLC = _words(
    "AbsVal ArgMax BatchNorm BatchReindex Bias BNLL Concat Convolution Crop Deconvolution Eltwise "
    "ELU Embed Exp Filter Flatten Im2col InnerProduct Log LRN LSTM LSTMUnit MVN Parameter Pooling "
    "Power PReLU Python Reduction ReLU Reshape RNN Scale Sigmoid Silence Slice Softmax Split SPP "
    "TanH Threshold Tile")

DIALECTS: dict[str, Dialect] = {
    "plain": Dialect(
        BVLC | SSD | _words("Permute Normalize"), "BVLC Caffe 1.0; Permute, Normalize, PriorBox "
        "and DetectionOutput of the SSD branch", folds=False, tail="keep", silence=True),
    "sophgo": Dialect(
        _words("AbsVal ArgMax BatchNorm BN Concat Convolution ConvolutionDepthwise Crop "
               "Deconvolution DetectionOutput Eltwise Flatten InnerProduct Interp Lstm LRN LSTM "
               "Mish Normalize Permute Pooling PReLU PriorBox Proposal Reduction ReLU ReLU6 Reorg "
               "Reshape Reverse ROIPooling Scale ShuffleChannel Sigmoid Silence Slice Softmax TanH "
               "Upsample"),
        "layers of TPU-MLIR's Caffe converter", folds=False, tail="keep", silence=True,
        conditions=("sophgo",)),
    "nnie": Dialect(
        COMMON | _words("AbsVal Bias BNLL Crop Deconvolution ELU Exp Flatten Log LRN LSTM MVN "
                        "Normalize Permute Power PSROIPooling Reduction Reshape ROIPooling RNN "
                        "Slice Split SPP Threshold Tile Upsample"),
        "NNIE's standard and extended layers (Hi3516CV500, Hi3519A, Hi3559A)", name_length=32,
        cuts_softmax=True, conditions=("nnie",)),
    "ascend": Dialect(
        _words("AbsVal ArgMax BatchNorm Bias BNLL Clip Concat Convolution ConvolutionDepthwise "
               "Crop Deconvolution Eltwise ELU Exp Flatten InnerProduct Interp Log LRN LSTM MVN "
               "Normalize Permute Pooling Power PReLU PriorBox Proposal PSROIPooling "
               "Reduction ReLU ReLU6 Reshape Reverse RNN ROIAlign ROIPooling Scale ShuffleChannel "
               "Sigmoid Slice Softmax Split SPP SSDDetectionOutput TanH Threshold Tile Upsample"),
        "ATC's list of Caffe operators (Atlas 200I/500 A2 inference, training products)",
        folds=False, tail="keep"),
    "rknn": Dialect(
        TRIED - SSD | _words("ArgMax BNLL Power Reduction ReLU6 Reorg ROIPooling Split Tile "
                             "Upsample"),
        "RKNN-Toolkit2 2.5.0, tried with one layer each"),
    "rknn1": Dialect(
        _words("AbsVal Axpy BatchNorm BN Concat Convolution ConvolutionDepthwise Deconvolution "
               "Eltwise Flatten InnerProduct LRN LSTM Normalize Permute Pooling PReLU Proposal "
               "ReLU ReLU6 Reorg Reshape Reverse ROIPooling Scale ShuffleChannel Sigmoid Slice "
               "Softmax Split TanH Upsample"),
        "RKNN-Toolkit 1.7.5's list of Caffe layers"),
    "acuity": Dialect(
        TRIED | _words("AbsVal ArgMax Axpy Clip DepthwiseConvolution DetectionOutput ELU Exp Log "
                       "LSTM Mish ROIPooling ShuffleChannel Swish Upsample"),
        "acuitylite 6.51, tried with one layer each", tail="keep", conditions=("one_bottom",)),
    "horizon": Dialect(
        COMMON | _words("ArgMax Bias Deconvolution Exp LSTM Power Slice Split Upsample"),
        "Horizon's list for X3's BPU, Caffe 1.0",
        processor=_words("AbsVal BNLL Crop ELU Flatten Log LRN MVN Normalize Permute PSROIPooling "
                         "Reduction Reshape ROIPooling SPP Threshold"),
        conditions=("horizon",)),
    "sigmastar": Dialect(
        COMMON | _words("ArgMax Axpy ConvolutionDepthwise Crop Flatten Permute PriorBox Power "
                        "Reshape Reverse ROIPooling Slice Split Threshold Tile Upsample "
                        "Deconvolution"),
        "SigmaStar IPU's list of Caffe layers", conditions=("sigmastar",)),
    "nncase": Dialect(
        _words("Concat Convolution Eltwise Permute ReLU Reshape Slice Softmax Split Pooling "
               "BatchNorm Scale Reverse LSTM InnerProduct"),
        "nncase 1.x's Caffe importer (K210, K510)", in_place=False, maximum_from_zero=True,
        conditions=("nncase",)),
    "ncnn": Dialect(
        COMMON | _words("BN Crop Deconvolution DetectionOutput ELU Interp LRN LSTM MVN Normalize "
                        "Permute Power PriorBox PSROIPooling ROIPooling Reorg Reshape Flatten "
                        "ShuffleChannel Slice Threshold"),
        "ncnn's caffe2ncnn", tail="keep", conditions=("one_dilation",)),
    "mnn": Dialect(
        TRIED | _words("AbsVal ArgMax Bias BNLL DetectionOutput ELU Embed Exp Interp Log MVN Power "
                       "Reduction ReLU6 ROIPooling ShuffleChannel Silence Threshold Upsample"),
        "MNN 3.6.1, tried with one layer each", tail="keep", silence=True,
        conditions=("one_bottom",)),
    "opencv4": Dialect(
        TRIED | _words("AbsVal Axpy BNLL DetectionOutput ELU Exp HardSwish Interp Log Mish MVN "
                       "Power ReLU6 Reorg ShuffleChannel Silence Swish"),
        "OpenCV 4.14's Caffe reader, tried with one layer each", folds=False, tail="keep",
        silence=True, conditions=("opencv4",)),
    "mindspore": Dialect(
        COMMON | _words("ArgMax Crop Deconvolution ELU Exp Flatten Interp Permute Power Reduction "
                        "ReLU6 Reshape Slice Tile"),
        "MindSpore Lite's list of Caffe operators"),
    "common": Dialect(
        COMMON, "what all public lists have; this chip has none", known=False,
        conditions=("common",)),
}
