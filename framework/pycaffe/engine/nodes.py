"""The layers of a net in the order of the file, and which of them need a backward.

Source: need_backward, and the layers under a loss, in Net::Init of BVLC's net.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from framework.execution.chains import Step
from framework.net.net import Net as TorchNet


class Node(NamedTuple):
    """A layer in the order of the file; `step` is None for layers that give data."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    step: Step | None

    @property
    def stopped(self) -> frozenset[int]:
        """The indices of the bottoms that no gradient passes."""
        return self.step.stopped if self.step else frozenset()

    @property
    def gives_data(self) -> bool:
        """Whether the layer begins the net: a data layer, one that the user wrote among them."""
        return self.step is None or (self.type == "Python" and not self.bottoms)


class Needs(NamedTuple):
    """What a backward computes.

    gradients  for each layer, whether each of its bottoms gets a gradient
    backward   for each layer, whether its backward is run
    """

    gradients: list[list[bool]]
    backward: list[bool]


def learned_parameters(step: Step) -> list[Tensor]:
    """The parameters of a layer that learn; of a blob shared in another shape, its owner."""
    owners = [blob._base if not blob.is_leaf and blob._base is not None else blob
              for blob in step.layer.blobs]
    return [blob for blob in dict.fromkeys(owners) if blob.requires_grad and blob.is_leaf]


def need_backward(net: TorchNet, nodes: Sequence[Node]) -> Needs:
    """Which layers have to run backward.

    As in the original: those from a parameter that learns to a loss. In a net without any loss,
    and with `force_backward`, every bottom that can have a gradient gets one; the original does
    nothing then without `force_backward`.
    """
    force = net.spec.force_backward or not net.loss_weights
    gradients = _wanted_gradients(nodes, force)
    return Needs(gradients, _active_layers(nodes, gradients, force, set(net.loss_weights)))


def _wanted_gradients(nodes: Sequence[Node], force: bool) -> list[list[bool]]:
    """From the first layer to the last: a bottom needs a gradient if a parameter is before it."""
    needed: set[str] = set()
    wanted: list[list[bool]] = []
    for node in nodes:
        own = [index not in node.stopped and (force or name in needed)
               for index, name in enumerate(node.bottoms)]
        wanted.append(own)
        learns = node.step is not None and bool(learned_parameters(node.step))
        if any(own) or force or learns:
            needed.update(node.tops)
        else:
            needed.difference_update(node.tops)     # a later layer may give a blob a new value
    return wanted


def _active_layers(nodes: Sequence[Node], wanted: Sequence[Sequence[bool]], force: bool,
                   under_loss: set[str]) -> list[bool]:
    """From the last layer to the first: a layer runs backward if its tops lead to a loss."""
    active = [False] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        if not force and under_loss.isdisjoint(node.tops):
            continue
        if node.step is not None:
            active[index] = any(wanted[index]) or bool(learned_parameters(node.step))
        under_loss.update(name for position, name in enumerate(node.bottoms)
                          if position not in node.stopped)
    return active
