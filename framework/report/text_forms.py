"""Which form a net's text has, and whose layers are in it."""

from __future__ import annotations

from framework.definition.prototxt import Document
from framework.proto import NetParameter

BVLC_TYPES = frozenset(
    "AbsVal Accuracy ArgMax BatchNorm BatchReindex Bias BNLL Clip Concat ContrastiveLoss "
    "Convolution Crop Data Deconvolution Dropout DummyData Eltwise ELU Embed EuclideanLoss Exp "
    "Filter Flatten HDF5Data HDF5Output HingeLoss Im2col ImageData InfogainLoss InnerProduct Input "
    "Log LRN LSTM LSTMUnit MemoryData MultinomialLogisticLoss MVN Parameter Pooling Power PReLU "
    "Python Reduction ReLU Reshape RNN Scale Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax "
    "SoftmaxWithLoss Split SPP Swish TanH Threshold Tile WindowData".split())
SSD_TYPES = frozenset(
    "AnnotatedData DetectionEvaluate DetectionOutput MultiBoxLoss Normalize Permute PriorBox "
    "SmoothL1Loss VideoData".split())


def text_form(message: NetParameter) -> str:
    """`today's form`, `V1` (layers with enum types) or `V0`, of a net before its upgrade."""
    if not message.layers:
        return "inputs declared by fields" if message.input else "today's form"
    return "V0" if any(layer.HasField("layer") for layer in message.layers) else "V1"


def dialect_of(document: Document) -> str:
    """Whose layers the net has: BVLC's, the SSD branch's, or other projects' as well."""
    types = {layer.type for layer in document.message.layer}
    others = sorted(types - BVLC_TYPES - SSD_TYPES)
    if others:
        return f"other projects' layers ({', '.join(others)})"
    return "SSD branch" if types & SSD_TYPES else "BVLC"
