"""The part of a net that is deployed: what does not read labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from framework.execution.chains import Step, bottoms_of, tops_of
from framework.layers.base import LAYERS, Source
from framework.net.net import Net


@dataclass(frozen=True)
class Deployed:
    """The deployed part of a net.

    steps     the layers that need no labels
    inputs    the blobs that they are given
    outputs   what nobody in that part reads
    training  the other layers: losses, accuracies, evaluations
    """

    steps: list[Step]
    inputs: list[str]
    outputs: list[str]
    training: list[Step]

    @property
    def tops(self) -> list[str]:
        """The blobs that its layers make, in the order of the net."""
        return list(dict.fromkeys(top for step in self.steps for top in step.tops))

    @cached_property
    def detections(self) -> set[str]:
        """The blobs of rows (1, 1, K, 7), whose number rounding changes."""
        return {step.tops[0] for step in self.steps if step.layer.gives_detections}

    def run(self, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All its blobs."""
        blobs = {name: given[name] for name in self.inputs}
        return run_steps(self.steps, blobs)


def run_steps(steps: list[Step], given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The blobs given and those of the steps."""
    blobs = dict(given)
    for step in steps:
        blobs.update(zip(step.tops, tops_of(step, bottoms_of(step, blobs)), strict=True))
    return blobs


def deployed(net: Net) -> Deployed:
    """Without the layers that read labels, the tops of data layers but the first; or all."""
    labels: set[str] = set()
    for spec in net.spec.layers:
        kind = LAYERS[spec.type]
        if issubclass(kind, Source) and kind.gives_batches:
            labels.update(spec.tops[1:])
    steps: list[Step] = []
    training = []
    reached = set(labels)
    for step in net.layers:
        if reached.intersection(step.bottoms):
            reached.update(step.tops)
            training.append(step)
        else:
            steps.append(step)
    if not training:
        return Deployed(steps, list(net.given_names), list(net.outputs), [])
    read = {name for step in steps for name in step.bottoms}
    made = dict.fromkeys(top for step in steps for top in step.tops)
    outputs = [name for name in made if name not in read and name not in reached]
    return Deployed(steps, [name for name in net.given_names if name not in labels], outputs,
                    training)
