"""Extract features: write blobs of a net, image by image, to LMDBs of Datums.

The net runs in phase TEST with the weights W on BATCHES batches of its data layer. Keys are
0000000000, 0000000001, ...; a Datum has its blob's channels, height and width, and the values in
float_data.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framework.cli import app, gflags
from framework.data.records.database_writer import DatabaseWriter, database_writer
from framework.errors import CaffeError
from framework.proto import Datum
from framework.system.atomic import new_folder
from framework.system.progress import Progress
from framework.system.wording import nearest

if TYPE_CHECKING:
    from torch import Tensor

    from framework.net.net import Net


def make_parser() -> argparse.ArgumentParser:
    """The original's arguments."""
    parser = argparse.ArgumentParser(prog="tools/extract_features", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="example: tools/extract_features net.caffemodel "
                                            "net.prototxt fc7,pool5 features_fc7,features_pool5 "
                                            "10 lmdb GPU 0")
    parser.add_argument("weights", metavar="W", help="weights, by layer name")
    parser.add_argument("model", metavar="NET", help="the net's prototxt, with a data layer")
    parser.add_argument("blobs", metavar="BLOB,...", help="names of the blobs")
    parser.add_argument("databases", metavar="LMDB,...", help="folders to make, one a blob")
    parser.add_argument("num_batches", metavar="BATCHES", type=int, help="batches to run")
    parser.add_argument("db_type", choices=("lmdb", "leveldb"), help="only lmdb is written")
    parser.add_argument("mode", nargs="?", choices=("CPU", "GPU"), default="CPU",
                        help="where to run (default: %(default)s)")
    parser.add_argument("device", nargs="?", type=int, default=0, help="number of the GPU")
    parser.add_argument("--redo", action="store_true", help="replace databases that exist")
    app.add_net_flags(parser)
    app.add_image_flags(parser)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; returns its exit code."""
    return app.run(extract, make_parser(), arguments)


def extract(options: argparse.Namespace) -> int:
    """Write the databases atomically: all of them, or after an error not one."""
    names = options.blobs.split(",")
    folders = options.databases.split(",")
    if len(names) != len(folders):
        raise CaffeError(f"{len(names)} blobs are named, but {len(folders)} databases; each blob "
                         "needs its own")
    paths = [os.path.realpath(folder) for folder in folders]
    if len(set(paths)) < len(paths):
        raise CaffeError(f"{max(folders, key=folders.count)}: is given for several blobs; each "
                         "needs a database of its own")
    gflags.check_count("the number of batches", options.num_batches)
    if options.db_type == "leveldb":
        raise CaffeError("features are written as lmdb only: LevelDB is not supported")
    net = _open_net(options, names)
    # lazy: torch comes with it, and --help does without it
    from framework.solver.silent_settings import records_repeated

    if repeated := records_repeated(net, options.num_batches, "the features"):
        app.complain(f"note: {repeated}")
    with contextlib.ExitStack() as stack:
        stack.callback(net.close)
        writers = []
        for folder in folders:
            partial = stack.enter_context(new_folder(Path(folder), options.redo))
            writers.append(stack.enter_context(database_writer(partial)))
        num_items = _write(net, names, writers, options.num_batches)
    for name, folder, count in zip(names, folders, num_items, strict=True):
        print(f"{folder}: {count} features of blob {name}")
    return 0


def _open_net(options: argparse.Namespace, names: Sequence[str]) -> Net:
    # lazy: --help does without them
    import torch

    from framework.net.net import Net

    device = "cpu" if options.mode == "CPU" else f"cuda:{options.device}"
    if options.mode != "CPU" and not torch.cuda.is_available():
        raise CaffeError(f"GPU {options.device}: torch {torch.__version__} sees no CUDA device "
                         "here; give CPU instead")
    net = Net(options.model, "TEST", options.weights, device=device,
              ignore_unknown_fields=options.ignore_unknown_fields)
    known = sorted({top for step in net.layers for top in step.tops}
                   | {top for _, tops in net.sources for top in tops})
    for name in names:
        if name not in known:
            raise CaffeError(f"{options.model}: no blob is named '{name}'{nearest(name, known)}")
    if not net.sources:
        raise CaffeError(f"{options.model}: has no data layer to take images from")
    return net.optimize_for_inference()


def _write(net: Net, names: Sequence[str], writers: Sequence[DatabaseWriter],
           num_batches: int) -> list[int]:
    """Run the batches; returns the number of records of each database."""
    # lazy: --help does without it
    import torch

    from framework.layers.index_check import raise_noted

    counts = [0] * len(names)
    with torch.inference_mode(), Progress(num_batches, "extract") as progress:
        for _ in range(num_batches):
            blobs = net.run(net.next_batch(), set(names))
            for index, (name, writer) in enumerate(zip(names, writers, strict=True)):
                counts[index] += writer.write(list(_records(name, blobs[name], counts[index])))
            raise_noted(net)
            progress.advance()
    return counts


def _records(name: str, blob: Tensor, first: int) -> Iterator[tuple[bytes, Datum]]:
    """Key and Datum of each item of a blob; those of fewer than four axes have sides of 1."""
    if blob.ndim > 4:
        raise CaffeError(f"blob '{name}' has {blob.ndim} axes; a Datum holds 4 at most")
    blob = blob.reshape(blob.shape or 1)        # a loss is one item, as Blob::num of the original
    channels, height, width = (*blob.shape[1:], 1, 1, 1)[:3]
    for index, values in enumerate(blob.float().reshape(len(blob), -1).cpu().numpy(), first):
        yield b"%010d" % index, Datum(channels=channels, height=height, width=width,
                                      float_data=values)


if __name__ == "__main__":
    sys.exit(main())
