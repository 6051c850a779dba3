"""Write an ONNX model, a PyTorch module or a Darknet net as a prototxt and a caffemodel.

The source is an ONNX file, or `package.module:callable`, whose module is imported and whose
callable gives a torch.nn.Module. Both run on the same noise before the files are written: ONNX
Runtime and the net read back; if an output differs, nothing is written (exit code 1). Or it is
Darknet's .cfg file, with its .weights file as --weights.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from framework.cli import app, gflags
from framework.cli.signals import termination_as_interrupt
from framework.errors import CaffeError
from framework.system.wording import counted

if TYPE_CHECKING:
    import onnx

Shape = tuple[int, ...]


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/import", description=__doc__,
        epilog="example: tools/import torchvision.models:resnet18 --weights resnet18.pth "
               "--shape 1,3,224,224 --out resnet18")
    parser.add_argument("source", metavar="SOURCE",
                        help="an ONNX file, a .cfg file of Darknet, or MODULE:CALLABLE")
    parser.add_argument("--out", required=True, type=Path, metavar="PREFIX",
                        help="PREFIX.prototxt and PREFIX.caffemodel are written")
    parser.add_argument("--shape", action="append", default=[], type=input_shape,
                        metavar="[NAME:]N,C,H,W[:int]", help="sizes of an input: for a module once "
                        "for each input in order, for ONNX where the file does not say them; :int: "
                        "a module's input of whole numbers, which an embedding reads")
    parser.add_argument("--weights", type=Path, metavar="FILE",
                        help="state dict of the module, of torch.save or safetensors; or the "
                             ".weights file of a .cfg file")
    parser.add_argument("--train", type=Path, metavar="LMDB", help="of a .cfg file: write "
                        "PREFIX.train_test.prototxt and PREFIX.solver.prototxt too, which train "
                        "the net on this database of boxes (with --labelmap)")
    parser.add_argument("--test", type=Path, metavar="LMDB", help="the database of TEST")
    parser.add_argument("--labelmap", "--label_map_file", type=Path, metavar="FILE",
                        help="the classes of the databases of --train and --test")
    parser.add_argument("--name", metavar="NAME", help="name of the net (default: that of PREFIX)")
    parser.add_argument("--plain", action="store_true",
                        help="only layers' fields of BVLC's Caffe 1.0: sizes of pooling are "
                             "rounded down by cutting the last row and column off")
    parser.add_argument("--tolerance", type=gflags.tolerance, metavar="N", default=1e-4,
                        help="difference allowed, as a part of an output's largest value (default: "
                             "%(default)s)")
    return parser


class InputShape(NamedTuple):
    """The sizes of an input, and whether it holds whole numbers."""

    name: str
    sizes: Shape
    whole: bool


def input_shape(text: str) -> InputShape:
    """`data:1,3,224,224` or `1,3,224,224` or with x, maybe with `:int` after it."""
    given = text.removesuffix(":int")
    name, _, sizes = given.rpartition(":")
    try:
        shape = tuple(int(word) for word in sizes.replace("x", ",").split(","))
    except ValueError:
        shape = ()
    if not shape or min(shape) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' must be sizes by commas, 1,3,224,224, maybe "
                                         "after the name of an input: data:1,3,224,224")
    return InputShape(name, shape, given != text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    with termination_as_interrupt():
        return app.run(import_net, make_parser(), arguments)


def import_net(options: argparse.Namespace) -> None:
    """Write both files."""
    if options.source.endswith(".cfg"):
        import_darknet_net(options)
        return
    for flag in ("train", "test", "labelmap"):
        if getattr(options, flag) is not None:
            raise CaffeError(f"--{flag} is for a .cfg file, which says how it is trained")
    if options.source.startswith("torchvision:"):
        import_pretrained(options)
        return
    for package in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            raise CaffeError(f"this Python ({sys.executable}) has no {package}: "
                             "`pip install 'caffe-on-torch[import]'`")
    # lazy: --help does without it
    from framework.importing.convert import import_model
    from framework.importing.onnx_file import input_shapes

    is_module = ":" in options.source and not os.path.exists(options.source)
    model = _model_of_module(options) if is_module else _model_of_file(options)
    given = {} if is_module else {one.name: one.sizes for one in options.shape}
    sizes = input_shapes(model, options.source, given)
    made = import_model(model, options.source, sizes, options.out,
                        options.name or options.out.name, options.plain, options.tolerance)
    for tensor, blob in made.outputs.items():
        print(f"output {tensor}: blob {blob}")
    print(f"{options.out}.prototxt, {options.out}.caffemodel: {len(made.message.layer)} layers; "
          f"largest difference from ONNX Runtime {made.largest:.1e} of an output's largest value")


def _model_of_module(options: argparse.Namespace) -> onnx.ModelProto:
    from framework.export.module_onnx import to_onnx  # lazy: --help does without it
    from framework.importing.torch_module import find_module
    from framework.weights.state_dict import load_state_dict

    shapes = [one.sizes for one in options.shape]
    whole = [index for index, one in enumerate(options.shape) if one.whole]
    if not shapes:
        raise CaffeError(f"{options.source}: give the sizes of its input: --shape 1,3,224,224")
    module = find_module(options.source, options.weights is not None)
    if options.weights:
        load_state_dict(module, options.weights)
    return to_onnx(module, options.source, shapes, whole=whole)


def _model_of_file(options: argparse.Namespace) -> onnx.ModelProto:
    from framework.importing.onnx_file import read_onnx  # lazy: --help does without it

    if options.weights:
        raise CaffeError("--weights is for a module; an ONNX file has its own")
    if any(one.whole for one in options.shape):
        raise CaffeError("--shape with :int is for a module; an ONNX file says which of its "
                         "inputs hold whole numbers")
    return read_onnx(Path(options.source))


def check_flags(options: argparse.Namespace, weights: str, source: str) -> None:
    """CaffeError without weights, and for flags of sources that are run to be imported."""
    if options.weights is None:
        raise CaffeError(f"{options.source}: give its {weights}: --weights FILE")
    for flag, given in (("shape", options.shape), ("plain", options.plain)):
        if given:
            raise CaffeError(f"--{flag} does not go with {source}")


def import_darknet_net(options: argparse.Namespace) -> None:
    """Write both files of a Darknet net."""
    # lazy: --help does without it
    from framework.importing.darknet.convert import import_darknet
    from framework.importing.darknet.training import data_of_flags

    check_flags(options, ".weights file", "a .cfg file")
    data = data_of_flags(options.train, options.test, options.labelmap)
    made = import_darknet(Path(options.source), options.weights, options.out,
                          options.name or options.out.name, data)
    print(f"output: blob {', '.join(made.outputs)}")
    print(f"{options.out}.prototxt, {options.out}.caffemodel: {len(made.message.layer)} layers, "
          f"{made.num_numbers} numbers of {options.weights}")
    if made.absent:
        print(f"not in {options.weights}, so filled when training begins: "
              f"{counted(len(made.absent), 'layer')}")
    if data is not None:
        print(f"{options.out}.train_test.prototxt, {options.out}.solver.prototxt: train with "
              f"tools/train --solver {options.out}.solver.prototxt "
              f"--weights {options.out}.caffemodel")


def import_pretrained(options: argparse.Namespace) -> None:
    """Write both files of a net of the zoo, with the weights of torchvision's model."""
    from framework.importing.backbones import import_backbone  # lazy: --help does without it

    check_flags(options, "state dict", "torchvision:NAME")
    made = import_backbone(options.source.partition(":")[2], options.weights, options.out)
    print(f"{options.out}.prototxt, {options.out}.caffemodel: {made.num_layers} layers with "
          f"weights, named as in the zoo's {made.net}; BGR from 0 to 255, mean in transform_param")
    if made.said:
        print(f"differs from the zoo's file: {made.said}")
