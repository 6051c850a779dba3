"""A small net and its Solver, with a log to look into."""

from __future__ import annotations

from typing import Any

from framework.definition.prototxt import parse
from framework.logs.log import Log
from framework.solver.solver import Solver

DATA = """
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
"""
NET = DATA + """
layer { name: "drop" type: "Dropout" bottom: "data" top: "drop" }
layer { name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
PARAMS = 'base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 snapshot_prefix: "s" random_seed: 3 '


class Lines(Log):
    """Collects the lines of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def _write(self, level: str, message: str) -> None:
        self.lines += message.splitlines()


def make(text: str, **options: Any) -> Solver:
    document = parse(PARAMS + text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    return Solver(document, log=Lines(), **options)


def values(solver: Solver) -> list[list[float]]:
    return [blob.flatten().tolist() for blobs in solver.net.params.values() for blob in blobs]


def log_of(solver: Solver) -> list[str]:
    return solver.log.lines     # type: ignore[attr-defined]


def losses(solver: Solver, after: int) -> list[str]:
    found = [line for line in log_of(solver) if line.startswith("Iteration") and "loss" in line]
    return [line for line in found if int(line.split()[1].rstrip(",")) >= after]
