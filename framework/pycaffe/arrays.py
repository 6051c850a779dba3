"""Conversion between numpy arrays and Caffe's BlobProto and Datum.

Source: the behaviour of python/caffe/io.py in BVLC/caffe.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

import framework.proto as proto
from framework.layers.python.blob import Array
from framework.system.wording import shortened
from framework.weights.blob import read_any_blob


def blobproto_to_array(blob: proto.BlobProto, return_diff: bool = False) -> Array:
    """The values, or the gradients, of a BlobProto as float64 of its shape.

    The shape is num, channels, height, width if any of them is set. Values stored in double or as
    raw data are found as well. Raises ValueError if their number does not fit the shape.
    """
    _check("blob", blob, "SerializeToString", "a BlobProto")
    if not return_diff:
        read = read_any_blob(memoryview(blob.SerializeToString()))
        return read.values.astype(np.float64).reshape(read.shape)
    values = blob.diff or blob.double_diff
    shape = tuple(blob.shape.dim)
    if any(proto.has_field(blob, name) for name in ("num", "channels", "height", "width")):
        shape = (blob.num, blob.channels, blob.height, blob.width)
    return np.array(values, np.float64).reshape(shape)


def array_to_blobproto(arr: Array, diff: Array | None = None) -> proto.BlobProto:
    """A BlobProto of an array of any shape; `diff`, if given, has the same shape."""
    _check("arr", arr, "shape", "a numpy array")
    blob = proto.BlobProto()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(arr.astype(float).ravel())
    if diff is not None:
        blob.diff.extend(diff.astype(float).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[Array]) -> bytes:
    """A BlobProtoVector of the arrays, serialized."""
    vector = proto.BlobProtoVector(blobs=[array_to_blobproto(array) for array in arraylist])
    data: bytes = vector.SerializeToString()
    return data


def blobprotovector_str_to_arraylist(str: bytes) -> list[Array]:
    """The arrays of a serialized BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in proto.BlobProtoVector.FromString(str).blobs]


def array_to_datum(arr: Array, label: int | None = None) -> proto.Datum:
    """A Datum of an array (channels, height, width): bytes if it is uint8, else floats.

    Raises ValueError unless the array has three axes.
    """
    _check("arr", arr, "shape", "a numpy array")
    if arr.ndim != 3:
        raise ValueError(f"the array's shape is {arr.shape}; it must be (channels, height, width)")
    channels, height, width = arr.shape
    datum = proto.Datum(channels=channels, height=height, width=width)
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).ravel())
    if label is not None:
        try:
            datum.label = label
        except (TypeError, ValueError) as error:
            raise type(error)(f"label is {shortened(repr(label))}; it must be a whole number of "
                              "32 bits") from None
    return datum


def datum_to_array(datum: proto.Datum) -> Array:
    """The array (channels, height, width) of a Datum: uint8 of its bytes, else float64.

    Raises ValueError if their number does not fit, as for an encoded image.
    """
    _check("datum", datum, "channels", "a Datum")
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape).copy()
    return np.array(datum.float_data, np.float64).reshape(shape)


def _check(name: str, value: object, attribute: str, words: str) -> None:
    """TypeError for what has no such attribute, as `words` has."""
    if not hasattr(value, attribute):
        raise TypeError(f"{name} is {shortened(repr(value))}; it must be {words}")
