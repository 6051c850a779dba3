"""tools/export: a net and its weights as a file of another runtime.

--to onnx writes an ONNX model whose nodes are named as the layers and whose tensors are named as
the blobs; DetectionOutput becomes standard operators. Where onnxruntime is installed, net and model
are run on the same inputs before it is written; the first blob that differs is named, and
nothing is written (exit code 1).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.cli import app
from framework.cli.export_caffe import add_flags, export_caffe
from framework.errors import CaffeError, DataError

if TYPE_CHECKING:
    import onnx

    from framework.export.onnx_model import Options
    from framework.export.preprocessing import Preprocessing
    from framework.net.net import Net


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/export", description=__doc__,
        epilog="example: tools/export --model deploy.prototxt --weights ssd.caffemodel "
               "--out ssd.onnx")
    parser.add_argument("--model", required=True, help="deploy net, or test net")
    parser.add_argument("--weights", required=True, help="caffemodel")
    parser.add_argument("--out", required=True, type=Path, help="the file to write")
    parser.add_argument("--to", default="onnx", choices=("onnx", "caffe"),
                        help="its format (onnx)")
    add_flags(parser)
    parser.add_argument("--opset", type=int, default=13, choices=(13, 17, 21),
                        help="version of ONNX's operators (13)")
    parser.add_argument("--batch", type=batch_size, help="items in a batch, or 'dynamic' for any "
                        "number (default: that of the net)")
    parser.add_argument("--keep-batch-norm", action="store_true",
                        help="do not fold BatchNorm and Scale into the convolution before them")
    parser.add_argument("--detection-output", default="graph", choices=("graph", "op"),
                        help="DetectionOutput as standard operators, or as one node of its own "
                             "(graph)")
    parser.add_argument("--preprocessing", choices=("bgr", "rgb"), nargs="?", const="bgr",
                        help="take uint8 images (N, H, W, C) whose channels are in this order: "
                             "channel order, mean and scale go into the graph")
    parser.add_argument("--mean", help="values by commas, 104,117,123, or a mean file (default: "
                        "the net's)")
    parser.add_argument("--scale", type=float, help="factor after the mean (default: the net's)")
    parser.add_argument("--labelmap", help="names of the classes (default: the net's)")
    parser.add_argument("--check", action=argparse.BooleanOptionalAction, default=None,
                        help="compare the file with the net (default: where onnxruntime is "
                             "installed)")
    parser.add_argument("--tolerance", type=float, default=1e-4,
                        help="difference allowed, as a part of a blob's largest value (1e-4)")
    app.add_net_flags(parser)
    return parser


def batch_size(text: str) -> int | str:
    """A number from 1, or `dynamic`."""
    if text == "dynamic":
        return text
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"'{text}' must be a number from 1, or dynamic")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(export, make_parser(), arguments)


def export(options: argparse.Namespace) -> int:
    """Write the file; 1 if it would not agree with the net."""
    if options.to == "caffe":
        return export_caffe(options)
    if options.reader:
        raise CaffeError("--for is for --to caffe")
    if importlib.util.find_spec("onnx") is None:
        raise CaffeError(f"--to onnx: this Python ({sys.executable}) has no onnx: "
                         "`pip install 'caffe-on-torch[export]'`, or `pip install onnx`")
    has_runtime = importlib.util.find_spec("onnxruntime") is not None
    if options.check and not has_runtime:
        raise CaffeError("--check: onnxruntime is not installed: `pip install onnxruntime`")
    # lazy: --help does without it
    from framework.export.onnx_model import to_model
    from framework.export.source import load, read_transform
    from framework.system.atomic import write_file

    net = load(options.model, options.weights, options.batch, options.ignore_unknown_fields)
    transform = read_transform(net, mean_of(options.mean), options.scale, options.labelmap,
                               options.preprocessing)
    settings = export_options(options, transform.preprocessing,
                              transform.metadata(options.model, options.weights))
    model = to_model(net, settings)
    checks = options.check is not False and has_runtime and not settings.detection_op
    if checks and not agrees(net, model, settings, options.tolerance):
        return 1
    try:
        content = model.SerializeToString()
    except ValueError:
        raise CaffeError(f"{options.out}: the model has over 2 GB, more than an ONNX file "
                         "holds") from None
    write_file(options.out, content)
    print(f"{options.out}: ONNX opset {options.opset}, {len(model.graph.node)} operators, "
          f"{len(content) / 1e6:.1f} MB" + ("" if checks else ", not checked"))
    return 0


def mean_of(text: str | None) -> Any:   # Any: numbers, a path, or None
    if text is None or Path(text).is_file():
        return text
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise DataError(f"--mean is '{text}'; give numbers by commas, or a file") from None


def export_options(options: argparse.Namespace, preprocessing: Preprocessing | None,
                   metadata: dict[str, Any]) -> Options:
    """What to_model takes. Any: what JSON holds."""
    from framework.export.onnx_model import Options  # lazy: --help does without it

    texts = {key: value if isinstance(value, str) else json.dumps(value)
             for key, value in metadata.items()}
    return Options(options.opset, options.batch == "dynamic", options.keep_batch_norm,
                   options.detection_output == "op", preprocessing, texts)


def agrees(net: Net, model: onnx.ModelProto, settings: Options, tolerance: float) -> bool:
    """Print what the check finds: whether no blob differs."""
    from framework.export.check import check  # lazy: --help does without it

    sizes: list[int | None] = [None]
    if settings.dynamic:
        sizes.append(net.shapes[net.given_names[0]][0] + 1)
    for size in sizes:
        found = check(net, model, settings.preprocessing, tolerance, num_images=size)
        batch = f" with a batch of {size}" if size else ""
        if found.first is not None:
            print(f"error: ONNX Runtime{batch}: the first blob that differs is "
                  f"'{found.first.blob}': it {found.first.reason}; nothing is written "
                  "(--tolerance, --no-check)", file=sys.stderr)
            return False
        print(f"ONNX Runtime{batch}: {found.num_blobs} blobs agree, largest difference "
              f"{found.largest:.1e} of a blob's largest value")
    return True
