"""Compare two runs of a net blob by blob, and say where they begin to differ.

A and B are each one of
  NET.prototxt,NET.caffemodel            the net here, in float32
  float16:NET.prototxt,NET.caffemodel    the same in mixed precision; also bfloat16:
  optimised:NET.prototxt,...             the same after optimize_for_inference
  opencv:NET.prototxt,NET.caffemodel     OpenCV 4 (--opencv-python, a Python that has it)
  FILE.onnx                              ONNX Runtime
  FILE.npz, or a folder of .npy files    arrays that a script wrote under the blobs' names
  PACKAGE.MODULE:CALLABLE[,STATE_DICT]   a torch.nn.Module that the callable gives, by forward hooks
A module, and an ONNX file that torch.onnx made, name values by submodules, layer1.0.conv1: each is
compared with the last layer of that name or within it, layer1.0.conv1.scale.
Both get the same inputs: those of --inputs, those among the arrays, or seeded noise. The exit code
is 1 if a blob differs.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, gflags
from framework.errors import DataError
from framework.system.wording import counted

if TYPE_CHECKING:
    from framework.export.blob_sources import Arrays, Source
    from framework.export.comparison import Difference


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/compare", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: tools/compare deploy.prototxt,net.caffemodel net.onnx")
    parser.add_argument("a", metavar="A", help="the reference")
    parser.add_argument("b", metavar="B", nargs="?", help="what is compared with it")
    parser.add_argument("--inputs", metavar="FILE|DIR",
                        help="the inputs: an .npz, or a folder of .npy files")
    parser.add_argument("--seed", type=gflags.whole_number(0, 2**63 - 1), metavar="N", default=0,
                        help="seed of inputs of noise (default: %(default)s)")
    parser.add_argument("--tolerance", type=gflags.tolerance, metavar="N", default=1e-4,
                        help="difference allowed, as a part of a blob's largest value (default: "
                             "%(default)s)")
    parser.add_argument("--map", action="append", default=[], metavar="NAME_IN_A=NAME_IN_B",
                        help="a blob, or an input, that B calls otherwise; may be repeated")
    parser.add_argument("--plot", type=Path, metavar="FILE.png",
                        help="draw the differences into this PNG")
    parser.add_argument("--int8", action="store_true",
                        help="without B: how far the outputs of A, a net or a module, move when "
                             "one layer at a time computes in 8 bits")
    parser.add_argument("--opencv-python", default=sys.executable, metavar="PYTHON",
                        help="the Python of opencv: (default: this one)")
    app.add_net_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(compare, make_parser(), arguments)


def compare(options: argparse.Namespace) -> int:
    """Print the table; 1 if a blob differs."""
    # lazy: --help does without it
    from framework.export.blob_sources import ArrayFiles
    from framework.export.comparison import compare_blobs, first_divergence, table

    if options.int8 == (options.b is not None):
        raise DataError("give A and B, or A and --int8")
    first = _open(options.a, options.opencv_python)
    given = ArrayFiles(Path(options.inputs)).known if options.inputs else first.known
    if options.int8:
        return _sensitivity(options, first, dict(given) or first.inputs(options.seed))
    second = _open(options.b, options.opencv_python)
    names = _names(options.map)
    blobs, others = _run_both(first, second, given, names, options.seed)
    for name, other in names.items():
        for side, blob, known in (("A", name, blobs), ("B", other, others)):
            if blob not in known:
                raise DataError(f"--map is '{name}={other}'; {side} has no blob '{blob}'")
    pairs = _pairs(first, second, blobs, others) | names
    rows = compare_blobs({name: blobs[name] for name in blobs if name in pairs}, others, pairs)
    if not rows:
        raise DataError("A and B have no blob of the same name; --map NAME_IN_A=NAME_IN_B")
    print(table(rows, options.tolerance))
    if options.plot is not None:
        _write_plot(options, rows)
    found = first_divergence(rows, options.tolerance)
    if found is None:
        print(f"{counted(len(rows), 'blob')} agree to {options.tolerance:g} of their largest value")
        return 0
    print(f"the first blob that differs is '{found.blob}': {found.part:.2g} of its largest value"
          + (f" ({found.note})" if found.note else ""))
    return 1


def _open(text: str, opencv_python: str) -> Source:
    """The source of blobs that the command line names."""
    # lazy: --help does without it
    from framework.export.blob_sources import NETS, open_source
    from framework.export.module_blobs import ModuleRun
    from framework.importing.torch_module import find_module
    from framework.weights.state_dict import load_state_dict

    source, comma, weights = text.partition(",")
    found = re.fullmatch(r"([\w.]+):[\w.]+", source)
    is_file = source.endswith((".prototxt", ".onnx", ".npz", ".npy")) or os.path.exists(source)
    if found is None or is_file or found[1] in (*NETS, "opencv"):
        return open_source(text, opencv_python)
    module = find_module(source, bool(comma))
    if comma:
        load_state_dict(module, weights)
    return ModuleRun(module, source)


def _run_both(first: Source, second: Source, given: Arrays, names: Mapping[str, str], seed: int
              ) -> tuple[Arrays, Arrays]:
    """The blobs of both for the same inputs, which either knows or can draw."""
    from framework.export.module_blobs import ModuleRun  # lazy: --help does without it

    drawer = second if isinstance(first, ModuleRun) else first
    inputs = dict(given or second.known) or drawer.inputs(seed)
    back = {other: name for name, other in names.items()}
    by_layer = first.has_modules or second.has_modules
    found = []
    for source, renamed in ((first, back), (second, names)):
        own = {**inputs, **{renamed[name]: array for name, array in inputs.items()
                            if name in renamed}}
        found.append((source.by_layer if by_layer else source.run)(own))
    return found[0], found[1]


def _pairs(first: Source, second: Source, blobs: Arrays, others: Arrays) -> dict[str, str]:
    """Names in B by those in A: the same ones, or of modules and of layers."""
    from framework.export.module_blobs import pair_modules  # lazy: as above

    if first.has_modules:
        return pair_modules(blobs, others)
    if second.has_modules:
        pairs = pair_modules(others, blobs)
        return {layer: module for module, layer in reversed(pairs.items())}
    return {name: name for name in blobs if name in others}


def _names(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise DataError(f"--map is '{wrong[0]}'; it must be NAME_IN_A=NAME_IN_B")
    names = dict(pair.split("=", 1) for pair in pairs)
    if len(names) < len(pairs):
        raise DataError("--map names a blob of A twice")
    return names


def _write_plot(options: argparse.Namespace, rows: Sequence[Difference]) -> None:
    # lazy: --help does without it
    import cv2

    from framework.export.comparison import draw
    from framework.system.atomic import write_file

    image = draw(rows, options.tolerance, f"{options.a}  and  {options.b or 'int8'}")
    done, content = cv2.imencode(".png", image)
    if not done:
        raise DataError(f"{options.plot}: OpenCV cannot encode the image")
    write_file(options.plot, content.tobytes())


def _sensitivity(options: argparse.Namespace, source: Source, inputs: Arrays) -> int:
    # lazy: --help does without it
    from framework.export.blob_sources import OurNet
    from framework.export.comparison import table
    from framework.export.module_blobs import ModuleRun
    from framework.export.sensitivity import sensitivity

    if not isinstance(source, OurNet | ModuleRun):
        raise DataError(f"--int8 needs a net of ours or a module as A, not '{options.a}'")
    rows = sensitivity(source, inputs)
    print("outputs, with one layer at a time in int8; the most sensitive first")
    print(table(rows, float("inf")))
    if options.plot is not None:
        _write_plot(options, rows)
    return 0
