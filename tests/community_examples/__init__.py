"""Examples of the layer types that community projects added, by the folders of framework/layers."""

from importlib import import_module
from pkgutil import iter_modules

EXAMPLES = tuple(example for room in iter_modules(__path__)
                 for example in import_module(f"{__name__}.{room.name}").EXAMPLES)
