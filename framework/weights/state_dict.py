"""State dicts of PyTorch, of torch.save or safetensors, read without running code in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from framework.errors import CaffeError, first_line


def read_state_dict(path: str | Path) -> Mapping[str, Any]:
    """The tensors of a state dict by name. CaffeError for another file. Any: what it holds."""
    try:
        if str(path).endswith(".safetensors"):
            from safetensors.torch import load_file  # lazy: only for such a file

            state: Any = load_file(path)     # Any: also what torch.load gives
        else:
            with open(path, "rb"):
                pass            # a missing file is an OSError, with its name
            state = torch.load(path, map_location="cpu", weights_only=True)
    except ModuleNotFoundError:
        raise
    except Exception as error:      # of any kind: pickle and safetensors have several
        if isinstance(error, OSError) and error.filename:
            raise
        reason = first_line(error)
        raise CaffeError(f"{path}: is not a state dict, or is cut off: {reason}") from None
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise CaffeError(f"{path}: is not a state dict: it holds a {type(state).__name__}")
    return state


def load_state_dict(module: nn.Module, path: str | Path) -> None:
    """Load a file's state dict into a module, which must have exactly its names and shapes.

    Raises CaffeError for anything else than such a state dict.
    """
    state = read_state_dict(path)
    try:
        module.load_state_dict(state)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise CaffeError(f"{path}: does not fit the module: {reason[:300]}") from None
