"""The mean of all pictures of a database, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from framework.data.database import open_database
from framework.data.mean_file import Mean
from framework.data.records import BadRecord, Decoding, Pixels, datum_picture
from framework.errors import DataError
from framework.progress import Progress
from framework.proto import AnnotatedDatum, BlobProto, Datum


def mean_picture(database: Path) -> Mean:
    """The mean (channels, height, width) of an LMDB's pictures, BGR.

    DataError if the database is absent or empty, a picture cannot be decoded, or two differ in
    size. Source: compute_image_mean.cpp; sums are in float64 here, so they do not saturate.
    """
    records = open_database(database)
    total = np.zeros(0)
    for index in Progress(len(records), "mean").over(range(len(records))):
        picture = _planes(records.name(index), records.read(index))
        if index == 0:
            total = np.zeros(picture.shape)
        if picture.shape != total.shape:
            raise DataError(
                f"{database}: {records.name(index)} is {picture.shape}, the first one "
                f"{total.shape}; a mean needs one size: convert with --resize_height and "
                "--resize_width"
            )
        total += picture
    return (total / len(records)).astype(np.float32)


def _planes(name: str, content: bytes) -> Pixels:
    """Pixels (channels, height, width) of a stored Datum or AnnotatedDatum."""
    is_annotated = content[:1] == b"\x0a"  # field 1 is a message there, a number in a Datum
    try:
        datum = (AnnotatedDatum.FromString(content).datum if is_annotated
                 else Datum.FromString(content))  # fmt: skip
        return datum_picture(datum, Decoding()).whole().transpose(2, 0, 1)
    except (BadRecord, DecodeError) as error:
        raise DataError(f"record {name}: {error}") from None


def to_blob(mean: Mean) -> Any:
    """A BlobProto with the old dimensions num (1), channels, height, width, as the original's.

    Any: messages are made at run time.
    """
    channels, height, width = mean.shape
    blob = BlobProto(num=1, channels=channels, height=height, width=width)
    blob.data.extend(mean.ravel().tolist())
    return blob
