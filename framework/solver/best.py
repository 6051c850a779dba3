"""Watch a test output (`monitor`): keep the best weights, stop when they get no better."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from framework.definition.prototxt import Document
from framework.net.net import Net
from framework.solver.testing import Scores
from framework.system.wording import nearest


@dataclass
class Best:
    """The best test so far, which a snapshot's run file keeps.

    value  of the monitor; None until there was a test
    iter   the iteration of that test
    tests  how many tests came after it without a better value
    """

    value: float | None = None
    iter: int = 0
    tests: int = 0


class Monitor:
    """Says of each test whether it is the best, and when to stop.

    Raises SpecError if a solver file asks for it without naming an output, or an output that the
    first test net does not have.
    """

    def __init__(self, document: Document, test_nets: list[Net]):
        param = document.message
        self.name: str = param.monitor
        self.patience: int = param.patience
        self.best = Best()
        _check(document)
        if self.name and test_nets:     # the first of several ranks alone has them
            net = test_nets[0]
            if self.name not in net.outputs:
                raise document.error("monitor", f"is '{self.name}', which is not an output of test "
                                     f"net #0{nearest(self.name, net.outputs)}; its outputs are "
                                     f"{', '.join(net.outputs)}")
            self.smaller_is_better = self.name in net.loss_weights

    def note(self, iteration: int, scores: Scores) -> bool:
        """Take the scores of a test; True if it is the best so far. A loss is to be small."""
        values = [value for name, value, _ in scores.outputs if name == self.name]
        value = sum(values) / max(len(values), 1)
        best = self.best.value
        if best is None or (value < best if self.smaller_is_better else value > best):
            self.best = Best(value, iteration)
            return True
        if iteration != self.best.iter:     # a resumed run tests again where it was saved
            self.best.tests += 1
        return False

    @property
    def is_over(self) -> bool:
        """Whether the last `patience` tests were all worse than the best."""
        return 0 < self.patience <= self.best.tests

    def state(self) -> dict[str, Any]:
        """What a run file holds of it: {} without a monitor."""
        return asdict(self.best) if self.name else {}

    def set_state(self, values: dict[str, Any]) -> None:
        """Take what `state` gave, if anything."""
        if self.name and values:
            self.best = Best(**values)


def _check(document: Document) -> None:
    param = document.message
    if param.patience < 0:
        raise document.error("patience", f"is {param.patience}; it must be at least 0")
    for name in ("patience", "keep_best"):
        if getattr(param, name) and not param.monitor:
            raise document.error(name, "is given without monitor, the test output that says which "
                                 "weights are the best")
    for name in ("patience", "keep_best", "monitor"):
        if getattr(param, name) and not param.test_iter:
            raise document.error(name, "is given, but test_iter is missing: nothing is tested")
