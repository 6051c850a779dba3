"""Modules of a package that a user might allow."""

import torch
from torch import Tensor, nn


class Maps(nn.Module):
    """Two maps of a small backbone, as timm's features_only gives them."""

    def __init__(self, width: int = 4, as_dict: bool = False):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width))
        self.body = nn.Sequential(nn.Conv2d(width, width + 2, 3, 2, 1), nn.BatchNorm2d(width + 2))
        self.register_buffer("order", torch.arange(width).flip(0), persistent=False)
        self.as_dict = as_dict

    def forward(self, x: Tensor) -> list[Tensor] | dict[str, Tensor]:
        low = self.stem(x).relu()[:, self.order]
        high = self.body(low).tanh()
        return {"low": low, "high": high} if self.as_dict else [low, high]


class HalfFrozen(nn.Module):
    """A module that trains its last part only, as torchvision's backbones by trainable_layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3).requires_grad_(False)
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.first(x).relu())


class Sum(nn.Module):
    """Two arguments."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + 2 * y


def not_a_module() -> int:
    return 3


def broken() -> nn.Module:
    raise RuntimeError("no network here")
