"""Residual fusion: a convolution adds the other bottom of an Eltwise sum to its own top."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from framework.execution.packed import must_run_singly
from framework.layers.activation.neuron import ReLU
from framework.layers.utility.joining import Eltwise


class Added:
    """y = convolution(x) + other, followed by a ReLU if `total` has one.

    The sum of a shortcut is computed in the memory of the convolution's top, which is therefore
    never seen by itself. With gradients, hooks, or anything but float32 on a CPU the layers run
    one by one.
    chain   the convolution, with no ReLU
    total   Eltwise, or the chain that it and a ReLU make
    first   whether the convolution is the first of the two
    """

    def __init__(self, chain: Any, total: Any, first: bool):    # Any: Chain, which knows this
        self.chain = chain
        self.total = total
        self.first = first
        self.relu = getattr(total, "relu", False)
        self.layers = [*chain.layers, *getattr(total, "layers", [total])]

    def __repr__(self) -> str:
        return " + ".join(layer.spec.name for layer in self.layers)

    def __call__(self, x: Tensor, other: Tensor) -> Tensor:
        if must_run_singly(self.layers, x, other):
            y = self.chain(x)
            made: Tensor = self.total(y, other) if self.first else self.total(other, y)
            return made
        y = self.chain.packed().added(x, other)
        return y.relu_() if self.relu else y


def is_sum(layer: Any) -> bool:         # Any: a layer or Chain
    """Whether it is an Eltwise sum of two bottoms without coefficients, with or without a ReLU."""
    layers = getattr(layer, "layers", [layer])
    head = layers[0]
    return (isinstance(head, Eltwise) and head.operation == "SUM"
            and not head.coeff and not head.by_blob and len(head.spec.bottoms) == 2
            and all(isinstance(one, ReLU) for one in layers[1:]))


def is_summand(layer: Any) -> bool:
    """Whether it is a convolution chain, without a ReLU of its own, that can add to its top."""
    return bool(getattr(layer, "folds", False)) and not layer.relu
