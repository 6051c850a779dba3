"""Export a net and its weights as a file of another runtime.

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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.cli import app, gflags
from framework.cli.export_caffe import add_flags, export_caffe
from framework.cli.export_darknet import export_darknet
from framework.cli.signals import termination_as_interrupt
from framework.errors import CaffeError
from framework.system.wording import counted

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
    parser.add_argument("--model", required=True, metavar="FILE", help="deploy net, or test net")
    parser.add_argument("--weights", required=True, metavar="FILE", help="caffemodel")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the file to write")
    parser.add_argument("--to", default="onnx", choices=tuple(TARGETS),
                        help="its format: onnx; torch, a program (.pt2) or the blobs "
                             "(.safetensors); ncnn, a .param and a .bin file; caffe, a prototxt "
                             "and a caffemodel for --for; darknet, a .cfg and a .weights file "
                             "(default: %(default)s)")
    add_flags(parser)
    parser.add_argument("--opset", type=int, default=13, choices=(13, 17, 21),
                        help="version of ONNX's operators (default: %(default)s)")
    parser.add_argument("--batch", type=batch_size, metavar="N|dynamic",
                        help="items in a batch, or 'dynamic' for any "
                        "number (default: that of the net)")
    parser.add_argument("--keep-batch-norm", action="store_true",
                        help="do not fold BatchNorm and Scale into the convolution before them")
    parser.add_argument("--detection-output", default="graph", choices=("graph", "op"),
                        help="DetectionOutput as standard operators, or as one node of its own "
                             "(default: %(default)s)")
    _add_number_flags(parser)
    parser.add_argument("--preprocessing", choices=("bgr", "rgb"), nargs="?", const="bgr",
                        help="take uint8 images (N, H, W, C) whose channels are in this order: "
                             "channel order, mean and scale go into the graph")
    parser.add_argument("--mean", metavar="VALUES|FILE",
                        help="values by commas, 104,117,123, or a mean file (default: "
                        "the net's)")
    parser.add_argument("--scale", type=gflags.tolerance, metavar="N",
                        help="factor after the mean (default: the net's)")
    parser.add_argument("--labelmap", "--label_map_file", metavar="FILE",
                        help="names of the classes (default: the net's)")
    _add_check_flags(parser)
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def _add_number_flags(parser: argparse.ArgumentParser) -> None:
    """The kind of numbers that the file computes in."""
    parser.add_argument("--half", choices=("weights", "io"), nargs="?", const="weights", default="",
                        help="weights and arithmetic in float16, but for boxes and what needs "
                             "float32; `io`: inputs and outputs in float16 as well")
    parser.add_argument("--int8", action="store_true",
                        help="convolutions and matrix products in 8 bits (QDQ), calibrated with "
                             "the data layers of --data; scores before and after are printed")
    parser.add_argument("--data", metavar="FILE",
                        help="a net with data layers for --int8 (default: --model)")
    parser.add_argument("--images", type=int, metavar="N",
                        help="images to calibrate --int8 with (default: 100)")
    parser.add_argument("--iterations", type=int, metavar="N",
                        help="batches that --int8 is scored on (default: one pass over the data)")


def _add_check_flags(parser: argparse.ArgumentParser) -> None:
    """How the file is compared with the net."""
    parser.add_argument("--check", action=argparse.BooleanOptionalAction, default=None,
                        help="compare the file with the net in every runtime at hand: ONNX "
                             "Runtime, OpenCV 5, OpenVINO, MNN (default: in ONNX Runtime, if it is "
                             "installed)")
    parser.add_argument("--runtime-python", default=sys.executable, metavar="PYTHON",
                        help="another Python, whose runtimes --check uses as well")
    parser.add_argument("--tolerance", type=gflags.tolerance, metavar="N",
                        help="difference allowed, as a part of a blob's largest value (default: "
                             "1e-4; 0.02 with --half)")


def batch_size(text: str) -> int | str:
    """A number from 1, or `dynamic`."""
    if text == "dynamic":
        return text
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"'{text}' must be a number from 1, or dynamic")
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    with termination_as_interrupt():
        return app.run(export, make_parser(), arguments)


def export(options: argparse.Namespace) -> int:
    """Write the file; 1 if it would not agree with the net."""
    parser = make_parser()
    for name, targets in GOES_WITH.items():
        if options.to not in targets:
            refuse(options, name, parser.get_default(name))
    if not options.int8:
        for name in ("data", "images", "iterations"):
            if getattr(options, name) is not None:
                raise CaffeError(f"--{name} is for --int8")
    return TARGETS[options.to](options)


def export_torch(options: argparse.Namespace) -> int:
    """Write a .pt2 or .safetensors file."""
    # lazy: --help does without it
    from framework.export.source import load, read_transform
    from framework.export.torch_program import program_bytes, safetensors_bytes
    from framework.system.atomic import write_file

    if options.out.suffix not in (".pt2", ".safetensors"):
        raise CaffeError(f"--out is '{options.out}'; --to torch writes a .pt2 or .safetensors file")
    net = load(options.model, options.weights, options.batch, options.ignore_unknown_fields)
    metadata = read_transform(net, app.mean_of(options.mean), options.scale, options.labelmap, None
                              ).metadata(options.model, options.weights)
    if options.out.suffix == ".safetensors":
        content = safetensors_bytes(net, {key: json.dumps(value)
                                          for key, value in metadata.items()})
        said = counted(sum(len(step.layer.blobs) for step in net.layers), "blob")
    else:
        content, largest = program_bytes(net, options.batch == "dynamic",
                                         allowed(options), metadata)
        said = f"torch.export program, read back: largest difference {largest:.1e}"
    write_file(options.out, content)
    print(f"{options.out}: {said}, {len(content) / 1e6:.1f} MB")
    return 0


def export_ncnn(options: argparse.Namespace) -> int:
    """Write a .param file, and the .bin file beside it."""
    # lazy: --help does without it
    from framework.export.ncnn import MOST_BYTES, Writer
    from framework.export.onnx_model import Options, to_model
    from framework.export.source import layer_error, load
    from framework.system.atomic import replacing_together

    need_onnx(options)
    if options.out.suffix != ".param":
        raise CaffeError(f"--out is '{options.out}'; --to ncnn writes a .param file, and the .bin "
                         "file beside it")
    if options.batch not in (None, 1):
        raise CaffeError(f"--batch is {options.batch}; ncnn takes one item at a time")
    net = load(options.model, options.weights, 1, options.ignore_unknown_fields)
    model = to_model(net, Options(keep_batch_norm=options.keep_batch_norm, detection_op=True))
    writer = Writer(model, lambda name, reason: layer_error(net, name, reason))
    param, weights = writer.run()
    checked = "not checked: ncnn is not installed" if options.check is not False else "not checked"
    if options.check is not False:
        found = agrees_in_ncnn(net, param, weights, writer.words, options)
        if found == "":
            return 1
        checked = found or checked
    with replacing_together(options.out, options.out.with_suffix(".bin")) as (text, binary):
        text.write_text(param)
        binary.write_bytes(weights)
    for name in [*net.given_names, *net.outputs]:
        if writer.words.get(name, name) != name:
            print(f"the blob {name!r} is called {writer.words[name]} in ncnn, whose names are "
                  f"words of up to {MOST_BYTES} bytes")
    print(f"{options.out}: {param.splitlines()[1].split()[0]} layers, "
          f"{len(weights) / 1e6:.1f} MB of weights, {checked}")
    return 0


def agrees_in_ncnn(net: Net, param: str, weights: bytes, words: Mapping[str, str],
                   options: argparse.Namespace) -> str | None:
    """What the check says; "" if an output differs, None where no Python has ncnn.

    words  what blobs are called in ncnn
    """
    # lazy: --help does without it
    from framework.export.check import check_ncnn
    from framework.export.runtimes import modules_at_hand

    for python in dict.fromkeys((options.runtime_python, sys.executable)):
        if not modules_at_hand(python, ["ncnn"]):
            continue
        name, found = check_ncnn(net, param, weights, words, allowed(options), python)
        if found.first is not None:
            print(f"error: {name}: the output '{found.first.blob}' {found.first.reason}; nothing "
                  "is written (--tolerance, --no-check)", file=sys.stderr)
            return ""
        return f"{name}: {found.num_blobs} outputs agree, largest difference {found.largest:.1e}"
    if options.check:
        raise CaffeError("--check: ncnn is not installed: `pip install ncnn`, or give "
                         "--runtime-python a Python that has it")
    return None


def need_onnx(options: argparse.Namespace) -> None:
    """CaffeError where the package onnx is not installed."""
    if importlib.util.find_spec("onnx") is None:
        raise CaffeError(f"--to {options.to}: this Python ({sys.executable}) has no onnx: "
                         "`pip install 'caffe-on-torch[export]'`, or `pip install onnx`")


def refuse(options: argparse.Namespace, name: str, default: object) -> None:
    """CaffeError if this flag is given. `--check` is what --to torch and caffe do anyway."""
    value = getattr(options, name)
    if value == default or (name == "check" and value):
        return
    flag = {"check": "no-check", "reader": "for"}.get(name, name.replace("_", "-"))
    raise CaffeError(f"--{flag} does not go with --to {options.to}")


def export_onnx(options: argparse.Namespace) -> int:
    """Write an ONNX file; 1 if it would not agree with the net."""
    need_onnx(options)
    has_runtime = importlib.util.find_spec("onnxruntime") is not None
    if (options.check or options.int8) and not has_runtime:
        raise CaffeError(f"--{'check' if options.check else 'int8'}: onnxruntime is not installed: "
                         "`pip install onnxruntime`")
    if options.int8 and (options.half or options.preprocessing):
        raise CaffeError("--int8 does not go with --half or --preprocessing")
    images = 100 if options.images is None else options.images
    gflags.check_count("--images", images)
    gflags.check_count("--iterations", options.iterations)
    # lazy: --help does without it
    from framework.export.onnx_model import to_model_and_float_nodes
    from framework.export.source import load, read_transform
    from framework.system.atomic import write_file

    net = load(options.model, options.weights, options.batch, options.ignore_unknown_fields)
    transform = read_transform(net, app.mean_of(options.mean), options.scale, options.labelmap,
                               options.preprocessing)
    settings = export_options(options, transform.preprocessing,
                              transform.metadata(options.model, options.weights))
    model, float_nodes = to_model_and_float_nodes(net, settings)
    checks = options.check is not False and has_runtime and not settings.detection_op
    if checks and not agrees(net, model, settings, allowed(options)):
        return 1
    if options.check and checks and not agrees_elsewhere(net, model, settings, options):
        return 1
    if options.int8:
        model = quantized(options, images, model, float_nodes)
    try:
        content = model.SerializeToString()
    except ValueError:
        raise CaffeError(f"{options.out}: the model has over 2 GB, more than an ONNX file "
                         "holds") from None
    write_file(options.out, content)
    print(f"{options.out}: ONNX opset {options.opset}, {len(model.graph.node)} operators, "
          f"{len(content) / 1e6:.1f} MB" + ("" if checks else ", not checked"))
    return 0


def export_options(options: argparse.Namespace, preprocessing: Preprocessing | None,
                   metadata: dict[str, Any]) -> Options:
    """What to_model takes. Any: what JSON holds."""
    from framework.export.onnx_model import Options  # lazy: --help does without it

    texts = {key: value if isinstance(value, str) else json.dumps(value)
             for key, value in metadata.items()}
    return Options(options.opset, options.batch == "dynamic", options.keep_batch_norm,
                   options.detection_output == "op", options.half, preprocessing, texts)


def quantized(options: argparse.Namespace, images: int, model: onnx.ModelProto,
              float_nodes: list[str]) -> onnx.ModelProto:
    """The model in 8 bits. Prints the scores of both on the data, where there are labels."""
    # lazy: --help does without it
    from framework.export import quantization
    from framework.export.deploy import deployed
    from framework.net.net import Net
    from framework.weights.weights import load_weights

    data = Net(options.data or options.model, "TEST",
               ignore_unknown_fields=options.ignore_unknown_fields)
    try:
        if not data.sources:
            raise CaffeError(f"{data.spec.path}: --int8 calibrates with data layers, and the net "
                             "has none; give --data a net that has")
        batches = quantization.calibration_batches(data, model, images)
        made = quantization.quantize(model, batches, float_nodes)
        part = deployed(data)
        number = options.iterations or quantization.batches_of_a_pass(data) or 50
        if part.training:
            load_weights(data, options.weights)
            before = quantization.scores(data, number, part.run)
            after = quantization.scores(data, number, quantization.runtime(made, part))
            for name, value in before.items():
                print(f"{name} over {number} batches: {value:.4f} in float32, {after[name]:.4f} "
                      f"in 8 bits ({after[name] - value:+.4f})")
    finally:
        data.close()
    return made


def allowed(options: argparse.Namespace) -> float:
    """The difference that the checks allow: --tolerance, which may be 0, or its default."""
    # lazy: --help does without it
    from framework.export.check import HALF_TOLERANCE, TOLERANCE

    if options.tolerance is not None:
        return float(options.tolerance)
    return HALF_TOLERANCE if options.half else TOLERANCE


def agrees(net: Net, model: onnx.ModelProto, settings: Options, tolerance: float) -> bool:
    """Print what the check finds: whether no blob differs."""
    from framework.export.check import check  # lazy: --help does without it
    from framework.export.deploy import deployed

    sizes: list[int | None] = [None]
    if settings.dynamic:
        sizes.append(net.shapes[deployed(net).inputs[0]][0] + 1)
    for size in sizes:
        found = check(net, model, settings.preprocessing, tolerance, num_images=size,
                      rows=not settings.half)
        batch = f" with a batch of {size}" if size else ""
        if found.first is not None:
            print(f"error: ONNX Runtime{batch}: the first blob that differs is "
                  f"'{found.first.blob}': it {found.first.reason}; nothing is written "
                  "(--tolerance, --no-check)", file=sys.stderr)
            return False
        print(f"ONNX Runtime{batch}: {counted(found.num_blobs, 'blob')} agree, largest difference "
              f"{found.largest:.1e} of a blob's largest value")
        if found.rounding is not None:
            print(f"  each layer by itself; of the whole net '{found.rounding.blob}' "
                  f"{found.rounding.reason}: rounding adds up over the layers. This net differs "
                  f"from itself by {found.own:.2g} there if its layers round otherwise")
    return True


def agrees_elsewhere(net: Net, model: onnx.ModelProto, settings: Options,
                     options: argparse.Namespace) -> bool:
    """The same in the other runtimes at hand. One that cannot run the model is told, no more."""
    # lazy: --help does without it
    from framework.export.check import check_elsewhere
    from framework.export.runtimes import modules_at_hand

    tolerance = allowed(options)
    pythons = {module: python for python in (options.runtime_python, sys.executable)
               for module in modules_at_hand(python)}
    for module, python in pythons.items():
        try:
            name, found = check_elsewhere(net, model, settings.preprocessing, tolerance,
                                          not settings.half, module, python)
        except CaffeError as error:
            print(f"{module}: cannot run the model: {error}")
            continue
        if found.first is not None:
            print(f"error: {name}: the output '{found.first.blob}' {found.first.reason}; nothing "
                  "is written (--tolerance, --no-check)", file=sys.stderr)
            return False
        if found.num_blobs:
            print(f"{name}: {found.num_blobs} outputs agree, largest difference "
                  f"{found.largest:.1e}")
        else:
            print(f"{name}: runs the model; detections in float16 are not compared")
    return True


# the targets that each of these flags is for
GOES_WITH = {
    **dict.fromkeys(("opset", "preprocessing", "detection_output", "half", "int8"), ("onnx",)),
    **dict.fromkeys(("mean", "scale", "labelmap"), ("onnx", "torch")),
    **dict.fromkeys(("check", "runtime_python"), ("onnx", "ncnn")),
    "keep_batch_norm": ("onnx", "ncnn", "caffe"), "reader": ("caffe",),
}
TARGETS = {"onnx": export_onnx, "torch": export_torch, "ncnn": export_ncnn, "caffe": export_caffe,
           "darknet": export_darknet}
