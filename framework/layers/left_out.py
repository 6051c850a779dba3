"""Count of items that a loss leaves out, which the log names: they are of the data, no error."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec


class LeftOut(nn.Module):
    """Counter of items without a part in a loss.

    spec    the layer's
    reason  what is said of the items: "sequences do not fit into their time steps"

    The number stays on the device until `left_out_lines` reads it.
    """

    count: Tensor

    def __init__(self, spec: LayerSpec, reason: str):
        super().__init__()
        self.spec = spec
        self.reason = reason
        self.register_buffer("count", torch.zeros((), dtype=torch.int64), persistent=False)

    @torch.no_grad()
    def note(self, left_out: Tensor) -> None:
        """Count the items of a batch that are left out (bool)."""
        if not (left_out.is_meta or torch.jit.is_tracing() or torch.compiler.is_exporting()):
            self.count.add_(left_out.sum())


def left_out_lines(net: nn.Module) -> list[str]:
    """A line for each layer of `net` that left items out since the last call.

    Waits for the device.
    """
    counters = [module for module in net.modules() if isinstance(module, LeftOut)]
    if not counters:
        return []
    lines = []
    counts = torch.stack([one.count for one in counters]).tolist()
    for one, count in zip(counters, counts, strict=True):
        if count:
            lines.append(f"{one.spec.place()}: {int(count)} {one.reason}; they add nothing to the "
                         "loss")
            one.count.zero_()
    return lines
