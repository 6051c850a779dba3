"""Forward and backward passes over any range of a net's layers, blob by blob.

Source: ForwardFromTo and BackwardFromTo in BVLC's net.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from framework.layers.base import is_input
from framework.net.net import Net as TorchNet
from framework.pycaffe.engine.blobs import NetBlob
from framework.pycaffe.engine.nodes import Node, need_backward
from framework.pycaffe.engine.tape import Run, Tape

Callback = Callable[[int], object]


class Passes:
    """Runs a net's layers over its blobs, forward and, by the tape, backward.

    first       index of the first layer that computes
    unrecorded  the last forward of the whole net was not recorded for a backward
    """

    def __init__(self, net: TorchNet, nodes: Sequence[Node], blobs: dict[str, NetBlob]):
        self.net = net
        self.nodes = nodes
        self.blobs = blobs
        self.needs = need_backward(net, nodes)
        self.tape = Tape(nodes, self.needs, blobs)
        self.first = next((index for index, node in enumerate(nodes) if node.step), len(nodes))
        self.unrecorded = False
        self.callbacks: dict[str, list[Callback]] = {
            "before_forward": [], "after_forward": [], "before_backward": [], "after_backward": []}

    def _call(self, when: str, index: int) -> None:
        for callback in self.callbacks[when]:
            callback(index)

    @property
    def watched(self) -> bool:
        """Whether a script asked to be called between the layers of a forward."""
        return bool(self.callbacks["before_forward"] or self.callbacks["after_forward"])

    def take_batches(self, indices: Iterable[int]) -> dict[str, Tensor]:
        """The next batch of those of the layers that are data layers, but not inputs."""
        nodes = [self.nodes[index] for index in indices]
        names = {node.name for node in nodes if node.step is None and not is_input(node.type)}
        return self.net.next_batch(names) if names else {}

    def store(self, values: dict[str, Tensor]) -> None:
        """Give the blobs new values."""
        for name, tensor in values.items():
            self.blobs[name].take(tensor)

    def whole(self, values: dict[str, Tensor]) -> None:
        """Run the whole net by its own `run`, without gradients. values: of the data layers."""
        given = {name: values[name] if name in values else self.blobs[name].values.value()
                 for name in self.net.given_names}
        with torch.no_grad():
            self.store({**values, **self.net.run(given)})
        self.tape.clear()
        self.unrecorded = True

    def forward(self, start: int, end: int, record: bool) -> None:
        """Run the layers from index `start` to `end`, both included."""
        self.net.renew_views()
        values = self.take_batches(range(start, end + 1))
        self._walk(start, end, record, values)
        self.unrecorded = self.unrecorded and start > 0

    def _walk(self, start: int, end: int, record: bool, values: dict[str, Tensor]) -> None:
        """Run layers, keep what they give in `values`, and put it into the blobs at the end.

        Not earlier, unless callbacks look: a layer in place must not write over what the layer
        before it has recorded.
        """
        made: dict[int, Run] = {}
        for index in range(start, end + 1):
            self._call("before_forward", index)
            self._run(index, record, values, made)
            if self.watched:
                tops = self.nodes[index].tops
                self.store({name: values[name] for name in tops if name in values})
            self._call("after_forward", index)
        if not self.watched:
            self.store(values)
        self._keep(made, record)

    def _record_whole(self) -> None:
        """Run the net again on the same data, for a backward: the blobs have its values."""
        values = {name: self.blobs[name].values.value()
                  for node in self.nodes if node.gives_data for name in node.tops}
        made: dict[int, Run] = {}
        for index in range(self.first, len(self.nodes)):
            self._call("before_forward", index)
            if self.nodes[index].gives_data:
                self.tape.forget(index)         # its next values are those of another batch
            else:
                self._run(index, True, values, made)
            self._call("after_forward", index)
        self._keep(made, True)
        self.unrecorded = False

    def _run(self, index: int, record: bool, values: dict[str, Tensor],
             made: dict[int, Run]) -> None:
        """Run one layer, if it computes; its tops go into `values`, the run into `made`."""
        self.tape.forget(index)
        step = self.nodes[index].step
        if step is None:
            return
        run = self.tape.run(index, step, values, record and self.needs.backward[index])
        made[index] = run
        values.update(zip(step.tops, (top.detach() for top in run.tops), strict=True))

    def _keep(self, made: dict[int, Run], record: bool) -> None:
        """Record what ran, now that the blobs have their values and versions."""
        for index, run in made.items():
            if record and self.needs.backward[index]:
                self.tape.keep(index, run)

    def backward(self, start: int, end: int) -> None:
        """Run the layers backward from index `start` down to `end`, both included.

        Diffs of blobs are replaced, those of parameters added to.
        """
        self.net.renew_views()
        if self.unrecorded:
            self._record_whole()
        begun: set[str] = set()
        for index in range(start, end - 1, -1):
            self._call("before_backward", index)
            step = self.nodes[index].step
            if step is not None and self.needs.backward[index]:
                self.tape.back(index, step, begun)
            self._call("after_backward", index)
