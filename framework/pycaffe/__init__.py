"""The face that scripts written for `import caffe` know.

`Python` layers of a net import it under the name `caffe` (see `standing_in`); a script of one's
own can say `import framework.pycaffe as caffe`. Here so far: what a layer written in Python needs.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

from framework.pycaffe.blob import Blob, BlobVector
from framework.pycaffe.layer import TEST, TRAIN, Layer, Phase

__all__ = ["TEST", "TRAIN", "Blob", "BlobVector", "Layer", "Phase", "set_device", "set_mode_cpu",
           "set_mode_gpu", "standing_in"]


def set_mode_cpu() -> None:
    """Nothing: the net stands on the device it was made for."""


def set_mode_gpu() -> None:
    """Nothing: the net stands on the device it was made for."""


def set_device(device: int) -> None:
    """Nothing: the net stands on the device it was made for."""


@contextmanager
def standing_in() -> Iterator[None]:
    """Within it `import caffe` gives this module, even if an original pycaffe is installed.

    The original's `caffe.Layer` is a C++ class that only its own net can make.
    """
    names = [name for name in sys.modules if name == "caffe" or name.startswith("caffe.")]
    before = {name: sys.modules.pop(name) for name in names}
    caffe = types.ModuleType("caffe", __doc__)
    caffe.__dict__.update({name: globals()[name] for name in __all__})
    sys.modules["caffe"] = caffe
    try:
        yield
    finally:
        del sys.modules["caffe"]
        sys.modules.update(before)
