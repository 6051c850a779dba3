"""Weight initialisation: the fillers of FillerParameter.

Source: BVLC filler.hpp.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from framework.definition.values import nearest
from framework.proto import FillerParameter, enum_name


def fill_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Fill `blob` (any shape, CPU) in place as `filler` (FillerParameter) says.

    Raises ValueError for a filler type that is not known or does not fit the shape.
    """
    if filler.type not in FILLERS:
        raise ValueError(f"is of type '{filler.type}', which is not known"
                         f"{nearest(filler.type, FILLERS)}; known are {', '.join(FILLERS)}")
    if filler.sparse >= 0 and filler.type != "gaussian":
        raise ValueError(f"is sparse; only a gaussian filler can be, not '{filler.type}'")
    with torch.no_grad():
        FILLERS[filler.type](blob, filler, generator)


def constant_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Every value is `value`."""
    blob.fill_(filler.value)


def uniform_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Uniform from `min` to `max`."""
    blob.uniform_(filler.min, filler.max, generator=generator)


def gaussian_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Normal with `mean` and `std`; `sparse` keeps each value with probability sparse / outputs."""
    blob.normal_(filler.mean, filler.std, generator=generator)
    if filler.sparse >= 0:
        share = filler.sparse / blob.shape[0]
        blob.mul_(torch.rand(blob.shape, generator=generator) < share)


def positive_unitball_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Positive weights; those of each output sum to 1."""
    blob.uniform_(generator=generator)
    rows = blob.view(blob.shape[0], -1)
    rows.div_(rows.sum(1, keepdim=True))


def xavier_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """Xavier (Glorot) initialisation: uniform within sqrt(3 / fan).

    Source: Glorot and Bengio 2010.
    """
    bound = math.sqrt(3 / _fan(blob, filler))
    blob.uniform_(-bound, bound, generator=generator)


def msra_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """MSRA (Kaiming) initialisation: normal with standard deviation sqrt(2 / fan).

    Source: He et al. 2015.
    """
    blob.normal_(0, math.sqrt(2 / _fan(blob, filler)), generator=generator)


def bilinear_(blob: Tensor, filler: FillerParameter, generator: torch.Generator) -> None:
    """The kernel of bilinear upsampling, in every channel; ValueError unless it is square."""
    if blob.dim() != 4 or blob.shape[2] != blob.shape[3]:
        raise ValueError(f"is bilinear; the blob must have 4 axes and a square kernel, "
                         f"not the shape {tuple(blob.shape)}")
    size = blob.shape[3]
    factor = math.ceil(size / 2)
    centre = (2 * factor - 1 - factor % 2) / (2 * factor)
    slope = 1 - (torch.arange(size, dtype=torch.float64) / factor - centre).abs()
    blob.copy_(slope[:, None] * slope)


def _fan(blob: Tensor, filler: FillerParameter) -> float:
    """Fan-in, fan-out or their mean, as `variance_norm` says."""
    fan_in = blob.numel() / blob.shape[0]
    fan_out = blob.numel() / (blob.shape[1] if blob.dim() > 1 else 1)
    return {"FAN_IN": fan_in, "FAN_OUT": fan_out,
            "AVERAGE": (fan_in + fan_out) / 2}[enum_name(filler, "variance_norm")]


FILLERS: dict[str, Callable[[Tensor, FillerParameter, torch.Generator], None]] = {
    "constant": constant_, "uniform": uniform_, "gaussian": gaussian_,
    "positive_unitball": positive_unitball_, "xavier": xavier_, "msra": msra_,
    "bilinear": bilinear_,
}
