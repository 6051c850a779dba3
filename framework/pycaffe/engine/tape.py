"""The tape of a net: each layer's forward as an autograd graph of its own, and its backward.

One graph a layer, from its bottoms to its tops, lets a backward begin and end at any layer, and
lets it take the gradients that scripts wrote into the blobs.
Source: ForwardFromTo and BackwardFromTo in BVLC's net.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from framework.execution.chains import Step, tops_of
from framework.pycaffe.engine.blobs import NetBlob
from framework.pycaffe.engine.nodes import Needs, Node, learned_parameters


class Run(NamedTuple):
    """One forward of a layer: what it was called with and what it gave, joined by autograd."""

    leaves: list[Tensor]
    tops: list[Tensor]


class Record(NamedTuple):
    """A forward kept for the backward, and the versions that the layer's blobs had then."""

    run: Run
    versions: list[int]


class Tape:
    """Records the layers' forwards and runs them backward.

    A record is kept until its layer runs again: this is the memory of a training.
    """

    def __init__(self, nodes: Sequence[Node], needs: Needs, blobs: Mapping[str, NetBlob]):
        self.nodes = nodes
        self.needs = needs
        self.blobs = blobs
        self.records: dict[int, Record] = {}

    def run(self, index: int, step: Step, values: Mapping[str, Tensor], record: bool) -> Run:
        """Run one layer on `values`, or on the blobs where those lack one."""
        leaves = []
        for name, wanted in zip(step.bottoms, self.needs.gradients[index], strict=True):
            value = values[name] if name in values else self.blobs[name].values.value()
            if record and name in step.tops and name not in values:
                value = value.clone()       # the layer works in place: it would change the blob
            leaf = value.detach()
            leaf.requires_grad_(record and wanted and leaf.is_floating_point())
            leaves.append(leaf)
        with torch.set_grad_enabled(record):
            return Run(leaves, list(tops_of(step, leaves)))

    def keep(self, index: int, run: Run) -> None:
        """Record a forward; its blobs have their new values by now."""
        self.records[index] = Record(run, self._versions(index))

    def forget(self, index: int) -> None:
        self.records.pop(index, None)

    def clear(self) -> None:
        self.records.clear()

    def _versions(self, index: int) -> list[int]:
        node = self.nodes[index]
        return [self.blobs[name].version for name in (*node.bottoms, *node.tops)]

    def _recorded(self, index: int, step: Step) -> Run:
        """The layer's forward; run again if its blobs changed since, or if there was none."""
        record = self.records.get(index)
        if record is None or record.versions != self._versions(index):
            self.keep(index, self.run(index, step, {}, record=True))
        return self.records[index].run

    def back(self, index: int, step: Step, begun: set[str]) -> None:
        """Run one layer backward.

        begun  blobs whose diff already has a part from a later layer: others are added to it
        Diffs of blobs are replaced, those of parameters added to.
        """
        leaves, tops = self._recorded(index, step)
        outputs: list[Tensor] = []
        given: list[Tensor] = []
        for name, top in zip(step.tops, tops, strict=True):
            if top.requires_grad:
                outputs.append(top)
                given.append(self._diff(name, top))
        # What this layer makes has its whole gradient; the same name may be another blob before.
        begun.difference_update(set(step.tops) - set(step.bottoms))
        parameters = learned_parameters(step)
        inputs = [leaf for leaf in leaves if leaf.requires_grad]
        if not outputs or not (inputs or parameters):
            return
        found = torch.autograd.grad(outputs, [*inputs, *parameters], given, retain_graph=True,
                                    allow_unused=True)
        with torch.no_grad():
            self._put_bottom_diffs(step, leaves, found[:len(inputs)], begun)
            for parameter, gradient in zip(parameters, found[len(inputs):], strict=True):
                _add_gradient(parameter, gradient)

    def _diff(self, name: str, top: Tensor) -> Tensor:
        """The gradient of a top: what is in its blob's diff, in its shape and type."""
        gradients = self.blobs[name].gradients
        gradients.reshape(tuple(top.shape))
        return gradients.value().to(top.dtype)

    def _put_bottom_diffs(self, step: Step, leaves: Sequence[Tensor],
                          found: Sequence[Tensor | None], begun: set[str]) -> None:
        """Put gradients into the diffs of the bottoms. found: of the leaves that need one."""
        gradients = iter(found)
        for name, leaf in zip(step.bottoms, leaves, strict=True):
            if not leaf.requires_grad:
                continue
            gradient = next(gradients)
            if gradient is None:
                gradient = torch.zeros_like(leaf, requires_grad=False)
            memory = self.blobs[name].gradients
            # Of a layer in place, the diff there is that of its top: the bottom's replaces it.
            if name in begun and name not in step.tops:
                gradient = memory.value() + gradient
            memory.take(gradient)
            begun.add(name)


def _add_gradient(parameter: Tensor, gradient: Tensor | None) -> None:
    if gradient is None:
        return
    if parameter.grad is None:
        parameter.grad = gradient.clone(memory_format=torch.contiguous_format)
    else:
        parameter.grad.add_(gradient)
