"""Registry of all layer types, loaded lazily: the first use of `LAYERS` imports every module here.

A single module, such as those that scripts for pycaffe need, is imported without the others and
without torch.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framework.layers.base import LAYERS

__all__ = ["LAYERS"]


def __getattr__(name: str) -> Any:      # Any: an attribute of any type
    if name != "LAYERS":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return globals().setdefault(name, importlib.import_module(f"{__name__}.base").LAYERS)
