"""Mean file reader: the BlobProto that transform_param's mean_file names, or a NumPy array."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from framework.errors import DataError
from framework.system.arrays import Floats
from framework.system.file_kinds import other_kind
from framework.system.regular import read_regular
from framework.weights.blob import Blob, blob_in, describe

NPY = b"\x93NUMPY"      # how a file of numpy.save begins


def read_mean_blob(path: str | Path) -> Blob:
    """The blob of a mean file of any project. DataError if it is absent or cannot be used.

    An .npy file, which classify.py takes, is (channels, height, width) or (channels,).
    """
    try:
        content = read_regular(path)
    except OSError as error:
        raise DataError(f"{path}: the mean_file cannot be read: {error.strerror}; "
                        "tools/compute_image_mean makes one") from None
    try:
        blob = _array_in(content) if content.startswith(NPY) else blob_in(content)
    except ValueError as error:
        kind = "" if content.startswith(NPY) else other_kind(content[:4096])
        reason = f"it is {kind}" if kind else str(error)
        raise DataError(f"{path}: the mean_file is not a BlobProto: {reason}; "
                        "tools/compute_image_mean makes one") from None
    if not blob.size:
        raise DataError(f"{path}: the mean_file holds 0 values")
    with np.errstate(over="ignore"):
        if not np.isfinite(blob.values.astype(np.float32)).all():
            raise DataError(f"{path}: the mean_file holds NaN, or values beyond float32")
    return blob


def _array_in(content: bytes) -> Blob:
    """The array of an .npy file. ValueError if it is damaged."""
    try:
        values = np.load(io.BytesIO(content), allow_pickle=False)
    except (EOFError, ValueError) as error:
        raise ValueError(f"its NumPy array cannot be read: {error}") from None
    if values.ndim == 1:
        values = values[:, None, None]
    return Blob(values.shape, values.dtype, values.ravel)


def read_mean_image(path: str | Path) -> Floats:
    """The mean of a mean file as (channels, height, width). DataError if it is not one image.

    Both forms of its shape are taken: `shape`, and the older num, channels, height, width.
    """
    blob = read_mean_blob(path)
    shape = (1,) * (3 - len(blob.shape)) + blob.shape
    if any(size != 1 for size in shape[:-3]):
        raise DataError(f"{path}: the mean_file has the shape {describe(blob.shape)}; it must be "
                        "one image: 1 x channels x height x width")
    return blob.values.astype(np.float32).reshape(shape[-3:])
