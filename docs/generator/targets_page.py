"""docs/export_targets.md: what becomes of each layer type for each target of tools/export."""

from __future__ import annotations

from functools import cache

from docs.generator.markdown import GENERATED, code, escape, table
from framework.definition.prototxt import Document
from framework.errors import CaffeError
from framework.export.caffe.dialect_net import to_dialect
from framework.export.caffe.dialects import DIALECTS
from framework.export.ncnn import to_ncnn
from framework.export.onnx_model import Options, to_model
from framework.export.source import layer_error, set_batch
from framework.layers import LAYERS
from framework.layers.base import Layer
from framework.net.net import Net
from framework.net.reading import parse_net
from framework.report.layer_samples import NOT_BUILT, file_name, sample_document, sample_text

YES, REFUSED = "yes", "refused"
SIGNS = {YES: "●", "as it is": "●", "rewritten": "○", "on the CPU": "◐", "cut": "✂",
         "left out": "·", "unknown": "?", REFUSED: ""}
# the end of an SSD, which is cut off as a whole
TAIL = """
layer { name: "data" type: "Input" top: "data"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 6 } } }
layer { name: "loc" type: "Convolution" bottom: "data" top: "loc"
  convolution_param { num_output: 8 kernel_size: 1 } }
layer { name: "loc_flat" type: "Flatten" bottom: "loc" top: "loc_flat" }
layer { name: "conf" type: "Convolution" bottom: "data" top: "conf"
  convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "conf_flat" type: "Flatten" bottom: "conf" top: "conf_flat" }
layer { name: "prior" type: "PriorBox" bottom: "data" bottom: "data" top: "prior"
  prior_box_param { min_size: 3 max_size: 5 } }
layer { name: "out" type: "DetectionOutput" bottom: "loc_flat" bottom: "conf_flat" bottom: "prior"
  top: "out" detection_output_param { num_classes: 2 keep_top_k: 5 code_type: CENTER_SIZE
  nms_param { nms_threshold: 0.45 top_k: 4 } } }
"""
IN_TAIL = ("PriorBox", "DetectionOutput")
TARGETS = ("to onnx", "to ncnn", *DIALECTS)
PAGE = """# Layers and targets

What `tools/export` makes of each layer type, for `--to onnx`, `--to ncnn`, and `--to caffe --for`
each reader. It was tried with the sample of the layer's page when this page was made: other
fields of the same layer may be refused, and are then named.

{legend}

**to onnx** is standard operators, for ONNX Runtime, OpenVINO, OpenCV 5 and others. **`--to
torch`** is not in the table: torch.export runs the layers themselves, and refuses the net as a
whole. Nor is `--to darknet`, whose sections are in [Darknet's nets](from_darknet.md). Data layers
become inputs; composites (MultiBoxHead, NetFile) are expanded before. Losses and layers that read
labels are left out of a net with data layers; in a deploy net `--to onnx` refuses them.

For `common`, a chip without a public list, every layer that is written is *unknown*.

{rows}

## Where the lists are from

{sources}
"""


def targets_page() -> dict[str, str]:
    """The page, by its path below docs/."""
    rows = [(f"[{kind}](layers/{file_name(kind)}.md)", *(SIGNS[word] for word in words(kind)))
            for kind, cls in sorted(LAYERS.items())
            if issubclass(cls, Layer) and kind not in NOT_BUILT]
    legend = table(("", ""), [("●", "as it is: an operator, or operators, of the target"),
                              ("○", "rewritten exactly into other layers"),
                              ("◐", "as it is, on the CPU beside the chip"),
                              ("✂", "cut off with the end of an SSD; a decoder in numpy comes with "
                               "it"),
                              ("·", "left out: a copy in TEST, or for training alone"),
                              ("?", "written, but unknown: the reader publishes no list"),
                              ("", "refused, with layer, line and reason")])
    sources = table(("`--for`", "source"), [(code(name), escape(dialect.source))
                                            for name, dialect in DIALECTS.items()])
    return {"export_targets.md": GENERATED + "\n" + PAGE.format(
        legend=legend, rows=table(("type", *TARGETS), rows), sources=sources)}


@cache
def words(kind: str) -> list[str]:
    """What becomes of a type: for ONNX, for ncnn, and for each reader of Caffe files."""
    net = sample_net(kind, sample_document(kind))
    found = [_onnx(net), _ncnn(kind)]
    if kind in IN_TAIL:
        net = sample_net(kind, parse_net(TAIL))
    return found + [_dialect(net, kind, name) for name in DIALECTS]


def sample_net(kind: str, document: Document) -> Net:
    """The sample in TEST, without tops that its layer need not have, as the mask of Pooling."""
    least, most = LAYERS[kind].num_tops
    if most == 2:
        del document.message.layer[-1].top[max(least, 1):]
    return Net(document, "TEST", skip_data=True)


def _onnx(net: Net) -> str:
    if not net.outputs:
        return "left out" if net.layers[-1].layer.spec.type == "Silence" else REFUSED
    try:
        to_model(net, Options())
    except CaffeError:
        return REFUSED
    return YES


def _ncnn(kind: str) -> str:
    """ncnn takes one item at a time, so the sample's batch is one where it can be."""
    document = parse_net(sample_text(kind))
    try:
        set_batch(document.message, 1)
        net = sample_net(kind, document)
    except CaffeError:      # priors are one item too, or the batch axis is lost
        net = sample_net(kind, sample_document(kind))
    if not net.outputs:
        return _onnx(net)
    try:
        model = to_model(net, Options(detection_op=True))
        to_ncnn(model, lambda name, reason: layer_error(net, name, reason))
    except CaffeError:
        return REFUSED
    return YES


def _dialect(net: Net, kind: str, reader: str) -> str:
    try:
        made = to_dialect(net, DIALECTS[reader])
    except CaffeError:
        return REFUSED
    return next((verdict.word for verdict in reversed(made.verdicts) if verdict.kind == kind),
                "left out")
