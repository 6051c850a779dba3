"""What a test net says over many batches: means of its outputs, and average precision.

Source: Solver::TestClassification and TestDetection in solver.cpp of weiliu89/caffe (branch ssd).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from framework.evaluation.average_precision import class_average_precisions
from framework.log import Log, number, output_lines
from framework.net import Net


@dataclass
class Scores:
    """The scores of one test.

    loss        mean of the sum of weighted losses over the batches
    outputs     name, mean value, loss weight, for every value of every output, in their order
    per_class   for an output of DetectionEvaluate, whose value is the mean of these: average
                precision by label
    """

    loss: float
    outputs: list[tuple[str, float, float]] = field(default_factory=list)
    per_class: dict[str, dict[int, float]] = field(default_factory=dict)

    def log(self, log: Log, with_loss: bool, with_classes: bool) -> None:
        """The original's lines."""
        if with_loss:
            log.info(f"Test loss: {number(self.loss)}")
        if with_classes:
            for precisions in self.per_class.values():
                for label, value in precisions.items():
                    log.info(f"class{label}: {number(value)}")
        for line in output_lines("Test", self.outputs):
            log.info(line)


@torch.no_grad()
def score(net: Net, batches: int, version: str,
          before_batch: Callable[[int], bool] = lambda index: True) -> Scores | None:
    """Run the net over its next `batches` batches.

    version       of average precision: 11point, MaxIntegral or Integral
    before_batch  asked with the number of each batch; False ends the test, and there are none
    """
    sums: dict[str, Tensor] = {}
    rows: dict[str, list[Tensor]] = {name: [] for name in evaluations(net)}
    loss = torch.zeros((), dtype=torch.float64, device=net.device)
    for index in range(batches):
        if not before_batch(index):
            return None
        for name, blob in net().items():
            if name in rows:
                rows[name].append(blob.reshape(-1, 5))
            else:
                value = blob.detach().double()
                sums[name] = sums[name] + value if name in sums else value
        if net.loss_weights:
            loss += net.objective(net.blobs)
    scores = Scores(loss.item() / max(batches, 1))
    for name in net.outputs:
        if rows.get(name):
            table = torch.cat(rows[name]).cpu().numpy()
            mean, found = class_average_precisions(table, version)
            labels = sorted(set(table[table[:, 0] == -1, 1].astype(int).tolist()))
            scores.per_class[name] = {label: found.get(label, 0.0) for label in labels}
            scores.outputs.append((name, mean, 0.0))
        elif name in sums:
            weight = net.loss_weights.get(name, 0.0)
            scores.outputs += [(name, value, weight)
                               for value in (sums[name] / batches).flatten().tolist()]
    return scores


def evaluations(net: Net) -> list[str]:
    """The outputs that a DetectionEvaluate layer makes."""
    made = {top for step in net.layers if step.layer.spec.type == "DetectionEvaluate"
            for top in step.tops}
    return [name for name in net.outputs if name in made]
