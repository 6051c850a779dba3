"""Which messages of a layer's text its type reads."""

from __future__ import annotations

from framework.layers.base import LAYERS

# Messages that are called like a type and are another project's.
_NOT_ITS_OWN = {"LSTM": "lstm_param", "Split": "split_param"}


def reads_message(kind: str, name: str) -> bool:
    """Whether layers of a type read the field `name` of LayerParameter: the one that is called
    like the type, `PriorBox` and `prior_box_param`, and those that its class names."""
    is_own = name.replace("_", "") == f"{kind.lower()}param" and _NOT_ITS_OWN.get(kind) != name
    return is_own or name in LAYERS[kind].reads
