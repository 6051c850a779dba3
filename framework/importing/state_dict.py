"""State dicts of PyTorch, of torch.save or safetensors, read without running code in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from framework.errors import CaffeError


def read_state(path: Path) -> Mapping[str, Any]:
    """The tensors of a state dict by name. Any: whatever the file has; CaffeError if it is none."""
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file  # lazy: only for such a file

            state: Any = load_file(path)     # Any: also what torch.load gives
        else:
            with open(path, "rb"):
                pass            # a missing file is an OSError, with its name
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ModuleNotFoundError):
        raise
    except Exception as error:      # of any kind: pickle and safetensors have several
        reason = str(error).splitlines()[0]
        raise CaffeError(f"{path}: is not a state dict: {reason}") from None
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise CaffeError(f"{path}: is not a state dict: it holds a {type(state).__name__}")
    return state
