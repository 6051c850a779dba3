"""Mean image of a database (compute_image_mean), and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from framework.data.loading.bad_records import Ledger
from framework.data.loading.batches import Bad
from framework.data.records.database import open_database
from framework.data.records.images import failing_as_bad
from framework.data.records.records import (
    BadRecord,
    Decoding,
    Pixels,
    datum_image,
    holds_annotated,
    parse,
)
from framework.errors import DataError
from framework.proto import AnnotatedDatum, BlobProto, Datum
from framework.system.arrays import Floats
from framework.system.progress import Progress


def mean_image(database: Path) -> Floats:
    """The mean (channels, height, width) of an LMDB's images, BGR.

    Bad records are left out, each named in the log. DataError if the database is absent or empty,
    too many records are bad, or two images differ in size.
    Source: compute_image_mean.cpp; sums are in float64 here, so they do not saturate.
    """
    records = open_database(database)
    is_annotated = holds_annotated(records) is not False
    ledger = Ledger(str(database), len(records))
    total = np.zeros(0)
    for index in Progress(len(records), "mean").over(range(len(records))):
        try:
            with failing_as_bad():
                image = _planes(records.read(index), is_annotated)
        except BadRecord as reason:
            ledger.note([Bad(index, records.name(index), str(reason))])
            continue
        if not total.size:
            total = np.zeros(image.shape)
        if image.shape != total.shape:
            cure = "one size: convert with --resize_height and --resize_width"
            if image.shape[1:] == total.shape[1:]:
                cure = "one number of channels: convert without --encoded, which keeps grey " \
                       "images and transparency as the files have them"
            raise DataError(f"{database}: {records.name(index)} is {image.shape}, the first one "
                            f"{total.shape}; a mean needs {cure}")
        total += image
    num_good = len(records) - len(ledger.bad)
    if not num_good:
        first = next(iter(ledger.bad.values()))
        raise DataError(f"{database}: no record has an image that can be used; "
                        f"record {first.name}: {first.reason}")
    return (total / num_good).astype(np.float32)


def _planes(content: bytes, is_annotated: bool) -> Pixels:
    """Pixels (channels, height, width) of a stored Datum or AnnotatedDatum."""
    datum = parse(AnnotatedDatum(), content).datum if is_annotated else parse(Datum(), content)
    return datum_image(datum, Decoding()).whole().transpose(2, 0, 1)


def to_blob(mean: Floats) -> Any:
    """The BlobProto of a mean, with the old fields num (1), channels, height, width.

    Any: messages are made at run time.
    """
    channels, height, width = mean.shape
    blob = BlobProto(num=1, channels=channels, height=height, width=width)
    blob.data.extend(mean.ravel().tolist())
    return blob
