"""Verification's part of tools/test: features of all images, and scores of pairs of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framework.errors import CaffeError, DataError
from framework.system.atomic import write_file
from framework.system.wording import counted

if TYPE_CHECKING:
    # they would import torch before the flags are read
    from framework.data.datasets.pairs import Pair
    from framework.logs.log import Log
    from framework.net.net import Net
    from framework.system.arrays import Array

METRIC = "pairs"
FARS = (0.1, 0.01, 0.001)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of --metric pairs."""
    parser.add_argument("--pairs", default="", metavar="FILE",
                        help="of --metric pairs: LFW's pairs.txt, or lines of two images and 1 "
                             "(the same) or 0")
    parser.add_argument("--features", default="", metavar="BLOB",
                        help="of --metric pairs: the blob that holds the features of each image "
                             "(default: the net's first output)")
    parser.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine",
                        help="of --metric pairs: how features are compared (default: %(default)s)")
    parser.add_argument("--roc", default="", metavar="FILE",
                        help="of --metric pairs: write the ROC there as CSV")


def check_flags(options: argparse.Namespace) -> None:
    """CaffeError for flags that exclude or need each other."""
    if options.metric != METRIC:
        for name in ("pairs", "features", "roc"):
            if getattr(options, name):
                raise CaffeError(f"--{name} is given without --metric pairs: nothing would read it")
        return
    if not options.pairs:
        raise CaffeError("--pairs is missing: --metric pairs needs a list of pairs")
    if options.solver or options.detections:
        raise CaffeError("--metric pairs takes a net, by --model; --solver and --detections cannot "
                         "be given")


def score(options: argparse.Namespace, net: Net, batches: int, log: Log) -> None:
    """Log the scores of the pairs of a file by the features of a net over its data."""
    # lazy: --help does without it
    import numpy as np

    from framework.data.datasets.pairs import read_pairs
    from framework.evaluation import verification
    from framework.logs.log import number

    pairs = read_pairs(options.pairs)
    features = collect(net, options.features, batches, log)
    kept = present(options.pairs, pairs, features, log)
    first = np.stack([features[pair.first] for pair in kept])
    second = np.stack([features[pair.second] for pair in kept])
    same = np.array([pair.is_same for pair in kept])
    folds = np.array([pair.fold for pair in kept])
    if same.all() or not same.any():
        raise DataError(f"{options.pairs}: pairs of one kind only; both are needed")
    scores = verification.similarities(first, second, options.distance)
    curve = verification.roc(scores, same)
    log.info(f"{options.pairs}: {counted(len(kept), 'pair')}, {int(same.sum())} of them of one "
             f"identity; {counted(len(features), 'image')}")
    if len(set(folds.tolist())) > 1:
        values, thresholds = verification.accuracies(scores, same, folds)
        log.info(f"accuracy = {number(values.mean())} +- {number(values.std())} "
                 f"({len(values)} folds, {options.distance} threshold {number(thresholds.mean())})")
    log.info(f"area under the ROC = {number(curve.area())}")
    for far in FARS:
        if far * (~same).sum() >= 1:
            log.info(f"TAR at FAR {far:g} = {number(curve.tar_at(far))}")
    if options.roc:
        rows = zip(curve.threshold, curve.far, curve.tar, strict=True)
        lines = [f"{threshold:.9g},{far:.9g},{tar:.9g}\n" for threshold, far, tar in rows]
        write_file(Path(options.roc), "threshold,far,tar\n" + "".join(lines))


def collect(net: Net, blob: str, batches: int, log: Log) -> dict[str, Array]:
    """The features of each image, by the image's name."""
    # lazy: --help does without it
    import torch

    from framework.data.datasets.pairs import image_name

    sources = [source for source, _ in net.sources if source.keys(0)]
    if not sources:
        raise CaffeError(f"{net.spec.path}: no data layer whose images have names, which --metric "
                         "pairs compares with the list")
    name = blob or (net.outputs[0] if net.outputs else "")
    if name not in net.shapes:
        raise CaffeError(f"--features: the net has no blob '{name}'")
    found: dict[str, Array] = {}
    with log.progress(batches, "test"), torch.no_grad():
        for index in range(batches):
            with net.naming_records():
                net()
            rows = net.blobs[name].float().flatten(1).cpu().numpy()
            for key, row in zip(sources[0].keys(index), rows, strict=True):
                found[image_name(key)] = row
            log.advance()
    return found


def present(path: str, pairs: list[Pair], features: dict[str, Any], log: Log) -> list[Pair]:
    """The pairs whose images the data have; a warning counts the others and names the first.

    DataError if there is none. Any: an array.
    """
    kept = [pair for pair in pairs if pair.first in features and pair.second in features]
    if len(kept) < len(pairs):
        lost = next(pair for pair in pairs
                    if pair.first not in features or pair.second not in features)
        missing = lost.second if lost.first in features else lost.first
        text = (f"{path}: {counted(len(pairs) - len(kept), 'pair')} of {len(pairs)} left out: "
                f"their images are not in the net's data; the first is line {lost.line}, with "
                f"'{missing}'")
        if not kept:
            raise DataError(text)
        log.warning(text)
    return kept
