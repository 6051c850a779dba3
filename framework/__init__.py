"""Caffe on Torch: nets and solvers declared in Caffe's prototxt, run and trained on PyTorch.

The public names load what they need at first use; importing the package opens nothing.
"""

import importlib
from typing import Any

from framework import moved

__version__ = "0.1.0"

_HOMES = {
    "Net": "framework.net.net",
    "Solver": "framework.solver.solver",
    "DataOptions": "framework.layers.base",
    "read_net": "framework.net.reading",
    "parse_net": "framework.net.reading",
    "read_solver": "framework.net.reading",
    "NetSpec": "framework.definition.spec",
    "Detector": "framework.inference.detector",
    "Results": "framework.inference.results",
    "train": "framework.project.training",
    "Layer": "framework.layers.base",
    "LAYERS": "framework.layers",
    "choose_dialect": "framework.layers.dialects",
    "allow_module": "framework.layers.python.torch_modules",
    "stub_layer": "framework.layers.stub",
    "enable_python2": "framework.layers.python.python2",
    "load_weights": "framework.weights.weights",
    "save_weights": "framework.weights.weights",
    "CaffeError": "framework.errors",
    "SpecError": "framework.errors",
    "DataError": "framework.errors",
    "WeightsError": "framework.errors",
    "WriteError": "framework.errors",
}
__all__ = sorted(_HOMES)
moved.install()


def __dir__() -> list[str]:
    return sorted({*_HOMES, *(name for name in globals() if name.startswith("__"))})


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'framework' has no attribute '{name}'")
