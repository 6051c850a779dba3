"""The nets of the benchmarks as one would write them in plain PyTorch, without this framework.

`plain_net` turns a net's layers into nn.Conv2d, nn.BatchNorm2d, nn.ReLU(inplace=True) and so on,
and torch.fx writes the straight-line `forward` that calls them. Layers that come after the last
of the wanted blobs are left out, and so are PriorBox layers, which one computes once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from framework.net.net import Net, Step


class L2Norm(nn.Module):
    """Each cell's channels divided by their norm, times a learned factor a channel."""

    def __init__(self, scale: Tensor):
        super().__init__()
        self.scale = nn.Parameter(scale.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1) * self.scale.view(1, -1, 1, 1)


def plain_net(net: Net, wanted: Sequence[str]) -> fx.GraphModule:
    """A module from `data` to the wanted blobs, with copies of the net's parameters.

    Raises NotImplementedError for a layer that none of the benchmarks' nets has.
    """
    modules, graph = nn.ModuleDict(), fx.Graph()
    values: dict[str, fx.Node] = {"data": graph.placeholder("data")}
    steps = _needed(net, wanted)
    merged: set[int] = set()
    for index, step in enumerate(steps):
        if index in merged:
            continue
        layer, bottoms = step.layer, [values[name] for name in step.bottoms]
        kind, top = layer.spec.type, step.tops[0]
        function = FUNCTIONS.get(kind)
        if function is not None:
            values[top] = graph.call_function(function(layer), tuple(bottoms))
            continue
        scale = steps[index + 1].layer if kind == "BatchNorm" else None
        if scale is not None:                   # nn.BatchNorm2d is both
            merged.add(index + 1)
        name = f"layer{index}"
        modules[name] = MODULES[kind](layer, scale)
        values[top] = graph.call_module(name, tuple(bottoms))
    graph.output(tuple(values[name] for name in wanted))
    return fx.GraphModule(modules, graph)


def _needed(net: Net, wanted: Sequence[str]) -> list[Step]:
    """The steps behind the wanted blobs, from the end on."""
    names, steps = set(wanted), []
    for step in reversed(net.layers):
        if names & set(step.tops) and step.layer.spec.type != "PriorBox":
            names |= set(step.bottoms)
            steps.append(step)
    return steps[::-1]


def _convolution(layer: Any, _: Any) -> nn.Module:    # Any: layers, whose parts mypy does not know
    at = layer.geometry
    made = nn.Conv2d(at.channels, at.num_output, at.kernel, at.stride, at.pad, at.dilation,
                     at.group, layer.bias is not None)
    return _filled(made, weight=layer.weight, bias=layer.bias)


def _batch_norm(layer: Any, scale: Any) -> nn.Module:
    made = nn.BatchNorm2d(len(layer.mean), layer.eps, 1 - layer.fraction)
    made.train(layer.spec.phase == "TRAIN")
    return _filled(made, weight=scale.scale, bias=scale.bias, running_mean=layer.mean,
                   running_var=layer.variance)


def _pooling(layer: Any, _: Any) -> nn.Module:
    window = layer.window
    if layer.whole:
        return nn.AdaptiveAvgPool2d(1)
    if layer.method == "AVE":
        return nn.AvgPool2d(window.kernel, window.stride, window.pad, ceil_mode=True)
    return nn.MaxPool2d(window.kernel, window.stride, window.pad, window.dilation,
                        ceil_mode=not window.floor)


def _inner_product(layer: Any, _: Any) -> nn.Module:
    made = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
    return nn.Sequential(nn.Flatten(), _filled(made, weight=layer.weight, bias=layer.bias))


def _filled(module: nn.Module, **values: Tensor | None) -> nn.Module:
    state = module.state_dict()
    state.update({name: value for name, value in values.items() if value is not None})
    module.load_state_dict(state)
    return module


def _concat(layer: Any) -> Callable[..., Tensor]:
    axis = layer.axis
    return lambda *bottoms: torch.cat(bottoms, axis)


def _permute(layer: Any) -> Callable[[Tensor], Tensor]:
    order = tuple(layer.order)
    return lambda x: x.permute(order)


def _reshape(layer: Any) -> Callable[[Tensor], Tensor]:
    sizes = list(layer.spec.proto.reshape_param.shape.dim)
    return lambda x: x.view([x.shape[index] if size == 0 else size
                             for index, size in enumerate(sizes)])


def _softmax(layer: Any) -> Callable[[Tensor], Tensor]:
    axis = layer.axis
    return lambda x: x.softmax(axis)


MODULES: dict[str, Callable[[Any, Any], nn.Module]] = {
    "Convolution": _convolution, "BatchNorm": _batch_norm, "Pooling": _pooling,
    "InnerProduct": _inner_product,
    "ReLU": lambda layer, _: nn.ReLU(inplace=layer.spec.bottoms == layer.spec.tops),
    "Normalize": lambda layer, _: L2Norm(layer.scale),
}
FUNCTIONS: dict[str, Callable[[Any], Callable[..., Tensor]]] = {
    "Concat": _concat, "Permute": _permute, "Reshape": _reshape, "Softmax": _softmax,
    "Flatten": lambda layer: lambda x: x.flatten(1),
    "Eltwise": lambda layer: torch.add,
}
