"""A number of a loss that changes with the forwards (ParamParameter of L-GM's project)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from framework.definition.spec import LayerSpec
from framework.layers.params import plain
from framework.proto import ChangingNumberParameter, enum_name


class ChangingNumber(nn.Module):
    """`value`, at each `step` forwards times gamma (STEPUP) or plus gamma (ADDUP), cut to min and
    max once it has changed; a call gives it as a float32 () and counts a forward.

    A forward without gradients is not counted. Raises SpecError for a step below 1.
    Source: filler.hpp, class Param, of WeitaoVan/L-GM-loss.
    """

    iteration: Tensor

    def __init__(self, spec: LayerSpec, field: str, param: ChangingNumberParameter):
        super().__init__()
        self.param = plain(param)
        self.policy = enum_name(param, "policy")
        if param.step < 1:
            raise spec.error(f"{field}.step", f"is {param.step}; it must be at least 1")
        self.register_buffer("iteration", torch.tensor(float(param.iter)), persistent=False)

    def forward(self) -> Tensor:
        param = self.param
        now = torch.full_like(self.iteration, param.value)
        if self.policy == "CONSTANT":
            return now
        changes = torch.div(self.iteration, param.step, rounding_mode="floor")
        grown = param.value * param.gamma ** changes if self.policy == "STEPUP" \
            else param.value + param.gamma * changes
        now = torch.where(changes > 0, grown.clamp(param.min, param.max), now)
        if torch.is_grad_enabled() and not self.iteration.is_meta:
            with torch.no_grad():
                self.iteration.add_(1)
        return now
