"""Detect diverged training (NaN, infinite or constantly 0 losses) and say where it began."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from framework.errors import CaffeError
from framework.layers.index_check import raise_noted
from framework.net.net import Net

CHECK_EVERY = 50          # iterations between looks at the losses where a look waits for a GPU
ZEROS_ALLOWED = 1000      # losses of exactly 0 in a row that end the run

KEYS_SHOWN = 64           # names of records in a message

CAUSE = ("The usual cause is a base_lr too high for the batch size and the normalization of the "
         "loss: try a tenth of it, or clip_gradients")
IN_DATA = "first in the data"
OF_DATA = "The data hold these values: mend the records, or their mean and scale"


def is_bad(blob: Tensor) -> bool:
    """Whether a value is NaN or infinite."""
    return blob.is_floating_point() and not bool(torch.isfinite(blob).all())


def describe(blob: Tensor) -> str:
    """`4 of 600 values are nan, 2 infinite`."""
    nan = int(torch.isnan(blob).sum())
    infinite = int(torch.isinf(blob).sum())
    return f"{nan} of {blob.numel()} values are nan, {infinite} infinite"


@torch.no_grad()
def first_bad(net: Net) -> str:
    """The first blob or parameter, in the order of the forward, with a NaN or infinite value.

    Runs the last batch again, layer by layer: a layer in place leaves no trace of the blob before
    it, and a compiled net keeps its outputs alone.
    """
    blobs = {name: net.blobs[name] for name in net.given_names if name in net.blobs}
    for source, tops in net.sources:
        for top in tops:
            if is_bad(blobs[top]):
                return (f"first in the data: blob '{top}' of layer '{source.spec.name}' "
                        f"({describe(blobs[top])})")
    for step, _, _ in net.walk(blobs):
        layer = step.layer
        where = f"layer '{layer.spec.name}' ({layer.spec.type})"
        for index, blob in enumerate(layer.blobs):
            if is_bad(blob):
                return f"first in parameter {index} of {where} ({describe(blob)})"
        for top in step.tops:
            if is_bad(blobs[top]):
                return f"first in blob '{top}' of {where} ({describe(blobs[top])})"
    return ("no blob of the last forward is: those of an earlier one were, or the loss went over "
            "the largest float")


def gradient_norms(net: Net, count: int = 5) -> str:
    """The largest gradients, by layer: `conv1[0] 1.2e+20, ...`."""
    norms = [(float(blob.parameter.grad.norm()), f"{blob.layer}[{blob.index}]")
             for blob in net.learned if blob.parameter.grad is not None]
    norms.sort(key=lambda entry: -entry[0] if entry[0] == entry[0] else float("-inf"))
    return ", ".join(f"{name} {norm:g}" for norm, name in norms[:count]) or "none"


def batch_keys(net: Net, batches: range) -> str:
    """The names of the records in the given batches of the run, by data layer."""
    texts = []
    for source, _ in net.sources:
        keys = [key for batch in batches for key in source.keys(batch)]
        more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
        if keys:
            texts.append(f"; records of layer '{source.spec.name}': "
                         f"{', '.join(keys[:KEYS_SHOWN])}{more}")
    return "".join(texts)


def explain(net: Net, iteration: int, batches: range, loss: float) -> str:
    """The text of the error for a loss that is nan or infinite."""
    place = first_bad(net)
    cause = OF_DATA if place.startswith(IN_DATA) else CAUSE
    which = f"Batch {batches[0]}" if len(batches) == 1 else f"Batches {batches[0]} to {batches[-1]}"
    return (f"iteration {iteration}: the loss is {loss:g}; {place}. {which} of the run"
            f"{batch_keys(net, batches)}; largest gradients: {gradient_norms(net)}. {cause}")


class LossWatch:
    """Keeps the losses of a run on the device until they are looked at.

    Raises CaffeError at the look after a loss turned nan or infinite, or stayed 0 for long.
    """

    def __init__(self) -> None:
        self.unseen: list[Tensor] = []
        self.zeros = 0

    def add(self, loss: Tensor, shown: bool) -> bool:
        """Note the loss of an iteration. True if it is time to look."""
        self.unseen.append(loss)
        return shown or loss.device.type == "cpu" or len(self.unseen) >= CHECK_EVERY

    def look(self, net: Net, iteration: int, batches: int) -> None:
        """Check all losses up to that of `iteration`; each took `batches` batches.

        DataError for a label outside of its range, which a GPU's step goes on from.
        """
        raise_noted(net)
        losses = torch.stack(self.unseen).tolist() if self.unseen else []
        first = iteration - len(losses) + 1
        self.unseen = []
        for index, loss in enumerate(losses, first):
            if not math.isfinite(loss):
                taken = range(index * batches, (index + 1) * batches)
                raise CaffeError(explain(net, index, taken, loss))
            self.zeros = self.zeros + 1 if loss == 0 else 0
        if self.zeros >= ZEROS_ALLOWED:
            raise CaffeError(f"iteration {iteration}: the loss has been exactly 0 for {self.zeros} "
                             "iterations: nothing is learned; largest gradients: "
                             f"{gradient_norms(net)}. The usual causes are labels that match "
                             "nothing and a loss_weight of 0")
