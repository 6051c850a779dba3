"""Find the PyTorch module that a user names."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
import warnings
from typing import Any

from torch import nn

from framework.errors import CaffeError, failure


def find_module(source: str, has_weights: bool = False) -> nn.Module:
    """The module that `package.module:callable` gives, called without arguments, in eval mode.

    has_weights  a state dict follows: torchvision's builders that would download the weights of a
                 backbone, which it replaces, are called with `weights_backbone=None`
    Only that module is imported, found as Python finds modules and in the working directory.
    """
    name, _, attribute = source.partition(":")
    sys.path.append(os.getcwd())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = importlib.import_module(name)      # Any: whatever the module has
            for part in attribute.split("."):
                found = getattr(found, part)
            none = {"weights_backbone": None} if has_weights and _takes_backbone(found) else {}
            made = found if isinstance(found, nn.Module) else found(**none)
    except KeyboardInterrupt:
        raise
    except BaseException as error:      # SystemExit too: it would end the program unsaid
        raise CaffeError(f"{source}: {failure(error)}") from error
    finally:
        sys.path.pop()
    if not isinstance(made, nn.Module):
        raise CaffeError(f"{source}: gives a {type(made).__name__}, not a torch.nn.Module")
    return made.eval()


def _takes_backbone(made_by: Any) -> bool:      # Any: whatever the module has
    """Whether a callable has torchvision's parameter for the weights of its backbone."""
    try:
        return "weights_backbone" in inspect.signature(made_by).parameters
    except (TypeError, ValueError):     # it tells no signature
        return False
