"""pycaffe's API, for scripts written for `import caffe`.

Three ways to run a script unchanged:

    python -m framework.pycaffe script.py arguments     (or `pycaffe script.py arguments`)
    import framework.pycaffe; framework.pycaffe.install()       before the first `import caffe`
    import framework.pycaffe as caffe

`Python` layers of a net import it under the name `caffe` without any of them. Names and submodules
load what they need at first use.
Source: python/caffe of BVLC/caffe and of weiliu89/caffe (branch ssd).
"""

from __future__ import annotations

import importlib
from typing import Any

from framework.layers.python.blob import Blob, BlobVector
from framework.layers.python.importing import install, standing_in
from framework.layers.python.protocol import TEST, TRAIN, Layer, Phase

__version__ = "1.0.0"       # of the pycaffe whose interface this is

_MACHINE = ("set_mode_cpu set_mode_gpu set_device set_random_seed init_log log solver_count "
            "set_solver_count solver_rank set_solver_rank set_multiprocess has_nccl NCCL Timer "
            "layer_type_list")
_SOLVERS = ("SGDSolver NesterovSolver AdaGradSolver RMSPropSolver AdaDeltaSolver AdamSolver "
            "get_solver")
_HOMES = {
    "Net": "net", "Classifier": "classifier", "Detector": "detector",
    **dict.fromkeys(_MACHINE.split(), "settings"), **dict.fromkeys(_SOLVERS.split(), "solver"),
    **dict.fromkeys(("layers", "params", "NetSpec", "to_proto"), "net_spec"),
}
_OF_2014 = dict.fromkeys(("set_phase_test", "set_phase_train"), "; since 2015 a net is given its "
                         "phase: caffe.Net(file, weights, caffe.TEST)")
# Submodules that a script may use after `import caffe` alone.
_SUBMODULES = ("_caffe", "io", "proto", "net_spec", "coord_map", "draw", "classifier", "detector")
__all__ = ["TEST", "TRAIN", "Blob", "BlobVector", "Layer", "Phase", "install", "standing_in",
           *_HOMES]


def __getattr__(name: str) -> Any:      # Any: whatever has the name
    if name in _HOMES:
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module 'caffe' ({__name__}) has no attribute '{name}'"
                         f"{_OF_2014.get(name, '')}")
