"""Merge BatchNorm and Scale into the convolutions before them.

Writes a prototxt and a caffemodel without BatchNorm, Scale, BN and Bias layers where the layer
before is a convolution whose top nobody else reads. Both nets are run on seeded noise first;
nothing is written if they differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from framework.cli import app, gflags
from framework.system.wording import counted


def make_parser() -> argparse.ArgumentParser:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="tools/merge_bn", description=__doc__,
        epilog="example: tools/merge_bn --model deploy.prototxt --weights net.caffemodel "
               "--out-model merged.prototxt --out-weights merged.caffemodel")
    parser.add_argument("--model", required=True, metavar="FILE",
                        help="prototxt")
    parser.add_argument("--weights", required=True, metavar="FILE",
                        help="caffemodel")
    parser.add_argument("--out-model", required=True, type=Path, metavar="FILE",
                        help="prototxt to write")
    parser.add_argument("--out-weights", required=True, type=Path, metavar="FILE",
                        help="caffemodel to write")
    parser.add_argument("--tolerance", type=gflags.tolerance, metavar="N", default=1e-4,
                        help="difference allowed, as a part of a blob's largest value (default: "
                             "%(default)s)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(merge, make_parser(), arguments)


def merge(options: argparse.Namespace) -> None:
    """Write both files."""
    from framework.export.surgery import merge_batch_norm  # lazy: --help does without it

    changed = merge_batch_norm(options.model, options.weights, options.tolerance)
    changed.write(options.out_model, options.out_weights)
    print(f"{options.out_model}, {options.out_weights}: "
          f"{counted(len(changed.done), 'layer')} merged, {len(changed.net.layers)} remain")
