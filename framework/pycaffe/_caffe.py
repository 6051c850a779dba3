"""The names that scripts take from pycaffe's compiled module, `caffe._caffe`.

`RawBlobVec` holds the blobs of a layer, `BlobVec` is an older name of it: scripts that merge
BatchNorm into convolutions ask `type(net.params[name]) is caffe._caffe.BlobVec`.
Source: _caffe.cpp of BVLC/caffe.
"""

from __future__ import annotations

from typing import Any

from framework.layers.python.blob import BlobVector

BlobVec = RawBlobVec = BlobVector


def __getattr__(name: str) -> Any:      # Any: whatever has the name
    # lazy: the package imports what it needs at first use
    import framework.pycaffe as package

    if name.startswith("__"):       # what Python asks of every module is not the package's
        raise AttributeError(f"module 'caffe._caffe' has no attribute '{name}'")
    return getattr(package, name)
