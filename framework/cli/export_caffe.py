"""tools/export --to caffe: a net for another reader of Caffe files, with a report."""

from __future__ import annotations

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from framework.errors import CaffeError
from framework.system.wording import counted

if TYPE_CHECKING:
    from framework.export.caffe.dialect_net import DialectNet

READERS = ("plain", "sophgo", "nnie", "ascend", "rknn", "rknn1", "acuity", "horizon", "sigmastar",
           "nncase", "ncnn", "mnn", "opencv4", "mindspore", "common")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flag that --to caffe alone has."""
    parser.add_argument("--for", dest="reader", choices=READERS,
                        help="with --to caffe: whose compiler or program reads the files; common: "
                             "a chip without a public list (plain)")


def export_caffe(options: argparse.Namespace) -> int:
    """Write PREFIX.prototxt, PREFIX.caffemodel and PREFIX.report.txt."""
    # lazy: --help does without it
    from framework.export.caffe.dialect_net import to_dialect
    from framework.export.caffe.dialects import DIALECTS
    from framework.export.caffe.write import TOLERANCE, write_dialect
    from framework.export.source import load

    reader = options.reader or "plain"
    if options.batch == "dynamic":
        raise CaffeError("--batch dynamic: a prototxt says how many items a batch has")
    net = load(options.model, options.weights, options.batch, options.ignore_unknown_fields)
    dialect = DIALECTS[reader]
    made = to_dialect(net, dialect, options.keep_batch_norm)
    refuse(made, reader)
    tolerance = TOLERANCE if options.tolerance is None else options.tolerance
    out = options.out.with_suffix("") if options.out.suffix in (".prototxt", ".caffemodel") \
        else options.out
    largest = write_dialect(net, made, out, tolerance)
    counts = Counter(verdict.word for verdict in made.verdicts)
    print(", ".join(f"{number} {word}" for word, number in counts.items()))
    print(f"{out}.prototxt, {out}.caffemodel, {out}.report.txt: for {reader}, "
          f"{counted(len(made.message.layer), 'layer')}; largest difference "
          f"{largest:.1e} of an output's largest value")
    if not dialect.known:
        print("unknown: common denominator only; this reader publishes no list of layers")
    return 0


def refuse(made: DialectNet, reader: str) -> None:
    """CaffeError that names the layers which the reader does not take."""
    if made.refused:
        lines = [f"layer '{one.layer}' ({one.kind}): {one.rule}" for one in made.refused]
        raise CaffeError(f"--for {reader} does not take {counted(len(lines), 'layer')}, and no "
                         "exact rewrite is known: " + "; ".join(lines[:8])
                         + (f"; and {len(lines) - 8} more" if len(lines) > 8 else ""))
