"""All layer types: importing this package fills the table `LAYERS`."""

import importlib
import pkgutil

from framework.layer import LAYERS

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["LAYERS"]
