"""Forward and backward over any stretch of a net's layers, blob by blob.

Each layer that trains is run with a small autograd graph of its own, from its bottoms to its tops,
so that a backward can begin and end anywhere, and takes the gradients that stand in the blobs.
Source: ForwardFromTo, BackwardFromTo, and the marks of layers that need a backward in Init, in
BVLC's net.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from framework.execution.chains import Step, tops_of
from framework.layers.base import is_input
from framework.layers.python.python_layer import Python
from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import NetBlob

Callback = Callable[[int], object]


class Node(NamedTuple):
    """A layer in the order of the file; `step` is None for layers that give data."""

    name: str
    type: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    step: Step | None

    @property
    def stopped(self) -> frozenset[int]:
        """The numbers of the bottoms that no gradient passes."""
        return self.step.stopped if self.step else frozenset()


class Record(NamedTuple):
    """A layer's forward, to be gone backward.

    leaves, tops   what it was called with and what it gave, joined by autograd
    versions       of its blobs then
    """

    leaves: list[Tensor]
    tops: list[Tensor]
    versions: list[int]


class Passes:
    """Runs a net's layers over its blobs.

    What is recorded for a backward stays until the layer runs again: the memory of a training.
    """

    def __init__(self, net: TorchNet, nodes: Sequence[Node], blobs: dict[str, NetBlob]):
        self.net, self.nodes, self.blobs = net, nodes, blobs
        self.wanted, self.active = _need_backward(net, nodes)
        # number of the first layer that computes
        self.first = next((index for index, node in enumerate(nodes) if node.step), len(nodes))
        self.records: dict[int, Record] = {}
        self.unrecorded = False         # the last forward of the whole net was not recorded
        self.callbacks: dict[str, list[Callback]] = {
            f"{when}_{what}": [] for when in ("before", "after")
            for what in ("forward", "backward")}

    def _call(self, when: str, index: int) -> None:
        for callback in self.callbacks[when]:
            callback(index)

    @property
    def watched(self) -> bool:
        """Whether somebody asked to be called between the layers of a forward."""
        return bool(self.callbacks["before_forward"] or self.callbacks["after_forward"])

    def take_batches(self, indices: Iterable[int]) -> dict[str, Tensor]:
        """The next batch of those of the layers that are data layers, but not inputs."""
        names = {self.nodes[index].name for index in indices
                 if self.nodes[index].step is None and not is_input(self.nodes[index].type)}
        return self.net.next_batch(names) if names else {}

    def store(self, values: dict[str, Tensor]) -> None:
        """Let the blobs have new values."""
        for name, tensor in values.items():
            self.blobs[name].take(tensor)

    def whole(self, values: dict[str, Tensor]) -> None:
        """Run the whole net the fast way, without gradients. values: of the data layers."""
        given = {name: values[name] if name in values else self.blobs[name].values.value()
                 for name in self.net.given_names}
        with torch.no_grad():
            self.store({**values, **self.net.run(given)})
        self.records.clear()
        self.unrecorded = True

    def forward(self, start: int, end: int, record: bool) -> None:
        """Run the layers from number `start` to `end`, this one too."""
        self.net.renew_views()
        values = self.take_batches(range(start, end + 1))
        self._walk(start, end, record, values, store=True)
        self.unrecorded = self.unrecorded and start > 0

    def _walk(self, start: int, end: int, record: bool, values: dict[str, Tensor],
              store: bool) -> None:
        """Run layers, keeping what they give in `values`, and behind the last one in the blobs.

        Not before: a layer in place must not write over what the one before it has recorded.
        """
        made: dict[int, tuple[list[Tensor], list[Tensor]]] = {}
        for index in range(start, end + 1):
            self._call("before_forward", index)
            step = self.nodes[index].step
            self.records.pop(index, None)
            if step is not None and (store or not self._gives_data(index)):
                made[index] = self._run(index, step, values, record and self.active[index])
                values.update(zip(step.tops, (top.detach() for top in made[index][1]),
                                  strict=True))
            if self.watched and store:
                self.store({name: values[name] for name in self.nodes[index].tops
                            if name in values})
            self._call("after_forward", index)
        if store and not self.watched:
            self.store(values)
        for index, (leaves, tops) in made.items():
            if record and self.active[index]:
                self.records[index] = Record(leaves, tops, self._versions(index))

    def _run(self, index: int, step: Step, values: dict[str, Tensor],
             record: bool) -> tuple[list[Tensor], list[Tensor]]:
        """Run one layer on `values`, or on the blobs where those lack one."""
        leaves = []
        for name, wanted in zip(step.bottoms, self.wanted[index], strict=True):
            value = values[name] if name in values else self.blobs[name].values.value()
            if record and name in step.tops and name not in values:
                value = value.clone()       # it will be written over
            leaf = value.detach()
            leaves.append(leaf.requires_grad_(record and wanted and leaf.is_floating_point()))
        with torch.set_grad_enabled(record):
            return leaves, list(tops_of(step, leaves))

    def _gives_data(self, index: int) -> bool:
        """Whether the layer begins the net: a data layer, one that the user wrote among them."""
        node = self.nodes[index]
        return node.step is None or isinstance(node.step.layer, Python) and not node.bottoms

    def _versions(self, index: int) -> list[int]:
        node = self.nodes[index]
        return [self.blobs[name].version for name in (*node.bottoms, *node.tops)]

    def backward(self, start: int, end: int) -> None:
        """Go back from layer number `start` to `end`, this one too: diffs of blobs are replaced,
        those of parameters added to."""
        self.net.renew_views()
        if self.unrecorded:     # the same values again, this time for a backward
            given = [name for index, node in enumerate(self.nodes) if self._gives_data(index)
                     for name in node.tops]
            self._walk(self.first, len(self.nodes) - 1, True,
                       {name: self.blobs[name].values.value() for name in given}, False)
            self.unrecorded = False
        begun: set[str] = set()
        for index in range(start, end - 1, -1):
            self._call("before_backward", index)
            step = self.nodes[index].step
            if step is not None and self.active[index]:
                self._back(index, step, begun)
            self._call("after_backward", index)

    def _recorded(self, index: int, step: Step) -> Record:
        """The layer's forward; anew from the blobs, if they changed since or there was none."""
        record = self.records.get(index)
        if record is None or record.versions != self._versions(index):
            record = Record(*self._run(index, step, {}, True), self._versions(index))
            self.records[index] = record
        return record

    def _back(self, index: int, step: Step, begun: set[str]) -> None:
        """One layer's backward. begun: blobs to whose diff a layer behind this one gave a part."""
        record = self._recorded(index, step)
        outputs, given = [], []
        for name, top in zip(step.tops, record.tops, strict=True):
            if top.requires_grad:
                outputs.append(top)
                given.append(self._diff(name, top))
        begun.difference_update(set(step.tops) - set(step.bottoms))
        parameters = _parameters(step)
        inputs = [leaf for leaf in record.leaves if leaf.requires_grad]
        if not outputs or not inputs and not parameters:
            return
        found = list(torch.autograd.grad(outputs, [*inputs, *parameters], given,
                                         retain_graph=True, allow_unused=True))
        with torch.no_grad():
            for name, leaf in zip(step.bottoms, record.leaves, strict=True):
                if leaf.requires_grad:
                    self._add_diff(name, leaf, found.pop(0), name in begun
                                   and name not in step.tops)
                    begun.add(name)
            for parameter, gradient in zip(parameters, found, strict=True):
                if gradient is None:
                    continue
                if parameter.grad is None:
                    parameter.grad = gradient.clone(memory_format=torch.contiguous_format)
                else:
                    parameter.grad.add_(gradient)

    def _diff(self, name: str, top: Tensor) -> Tensor:
        gradients = self.blobs[name].gradients
        gradients.reshape(tuple(top.shape))
        return gradients.value().to(top.dtype)

    def _add_diff(self, name: str, leaf: Tensor, gradient: Tensor | None, more: bool) -> None:
        if gradient is None:
            gradient = torch.zeros_like(leaf, requires_grad=False)
        memory = self.blobs[name].gradients
        memory.take(memory.value() + gradient if more else gradient)


def _parameters(step: Step) -> list[Tensor]:
    """The parameters that the layer computes with and someone wants to learn."""
    owners = [blob._base if not blob.is_leaf and blob._base is not None else blob
              for blob in step.layer.blobs]
    return [blob for blob in dict.fromkeys(owners) if blob.requires_grad and blob.is_leaf]


def _need_backward(net: TorchNet, nodes: Sequence[Node]) -> tuple[list[list[bool]], list[bool]]:
    """For each layer, which bottoms want a gradient, and whether its backward is run.

    As in the original: what leads from a parameter that learns to a loss. In a net without any
    loss, and with `force_backward`, every bottom that can have a gradient gets one; the original
    does nothing then without `force_backward`.
    """
    force = net.spec.force_backward or not net.loss_weights
    needed: set[str] = set()
    wanted: list[list[bool]] = []
    for node in nodes:
        mine = [index not in node.stopped and (force or name in needed)
                for index, name in enumerate(node.bottoms)]
        wanted.append(mine)
        if any(mine) or force or (node.step and _parameters(node.step)):
            needed.update(node.tops)
        else:
            needed.difference_update(node.tops)
    under_loss = set(net.loss_weights)
    active = [False] * len(nodes)
    for index in range(len(nodes) - 1, -1, -1):
        node = nodes[index]
        leads = force or not under_loss.isdisjoint(node.tops)
        active[index] = leads and node.step is not None and (
            any(wanted[index]) or bool(_parameters(node.step)))
        if leads:
            under_loss.update(name for place, name in enumerate(node.bottoms)
                              if place not in node.stopped)
    return wanted, active
