"""Whole runs of the original, followed by the Solver over all their iterations."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framework import parse_net
from framework.definition.prototxt import parse
from framework.logs.log import Log
from framework.solver.solver import Solver
from tests.golden import assert_close, case_names, load_case, part

CASES = case_names("solver")


class Lines(Log):
    """Collects the lines of a log."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def _write(self, level: str, message: str) -> None:
        self.lines += message.splitlines()


def prepare(case: dict[str, Any], folder: Path) -> None:
    for path, content in part(case, "file").items():
        (folder / path).write_bytes(content.tobytes())
    (folder / "net.prototxt").write_text(str(case["prototxt"]))


def make(case: dict[str, Any], **options: Any) -> Solver:
    document = parse(str(case["solver"]), "SolverParameter", "solver.prototxt")
    assert not document.problems
    solver = Solver(document, log=Lines(), **options)
    with torch.no_grad():
        for key, value in part(case, "param0").items() if solver.iter == 0 else ():
            layer, index = key.split("/")
            solver.net.params[layer][int(index)].copy_(torch.from_numpy(value))
    return solver


def check_params(solver: Solver, expected: dict[str, np.ndarray], limit: float) -> None:
    for key, value in expected.items():
        layer, index = key.split("/")
        assert_close(solver.net.params[layer][int(index)], value, limit, key)


def logged(solver: Solver, pattern: str) -> list[float]:
    found = (re.search(pattern, line) for line in solver.log.lines)
    return [float(match[1]) for match in found if match]


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_the_run_of_the_original_is_followed(name, in_folder):
    case = load_case(name)
    prepare(case, in_folder)
    solver = make(case)
    for iteration in range(20):
        solver.step(0)
        solver.resumed = True       # one run of 20 iterations, looked at after each
        solver.step(1)
        loss = solver.net.blobs["loss"]
        assert_close(loss, case[f"loss/{iteration}"], 1e-5, f"loss {iteration}")
        if iteration + 1 in (1, 2, 5, 20):
            check_params(solver, part(case, f"param/{iteration + 1}"),
                         1e-6 if iteration == 0 and "adam_" not in name else 1e-5)
    for index, value in part(case, "history/20").items():
        assert_close(solver.optimizer.history[int(index)], value, 1e-5, f"history {index}")


@pytest.mark.parametrize("name", CASES)
def test_the_log_has_the_rates_and_losses_of_the_original(name, in_folder):
    case = load_case(name)
    prepare(case, in_folder)
    solver = make(case)
    solver.param.snapshot_after_train = False
    solver.solve()
    losses = [float(case[f"smoothed_loss/{k}"]) for k in range(20)]
    rates = [float(case[f"lr/{k}"]) for k in range(20)]
    np.testing.assert_allclose(logged(solver, r"^Iteration \d+, loss = (.*)")[:20], losses, 1e-5)
    np.testing.assert_allclose(logged(solver, r"^Iteration \d+, lr = (.*)"), rates, 1e-5)
    if "smoothed_loss/20" in case:
        np.testing.assert_allclose(logged(solver, r"^Iteration 20, loss = (.*)"),
                                   case["smoothed_loss/20"], 1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if "/test_" in name])
def test_the_log_has_the_test_scores_of_the_original(name, in_folder):
    case = load_case(name)
    prepare(case, in_folder)
    solver = make(case)
    solver.solve()
    for key in part(case, "test/0"):
        iterations = sorted(int(k.split("/")[1]) for k in case if k.startswith("test/")
                            and k.endswith(f"/{key}"))
        expected = [float(case[f"test/{k}/{key}"]) for k in iterations]
        pattern = {"Test_loss": r"^Test loss: (.*)"}.get(
            key, rf"^{key}: (.*)" if key.startswith("class") else
            rf"^    Test net output #\d+: {key} = ([^ ]*)")
        np.testing.assert_allclose(logged(solver, pattern), expected, 1e-5, err_msg=key)


@pytest.mark.parametrize("name", [name for name in CASES if "/snapshot_" in name])
def test_a_snapshot_of_the_original_is_resumed_and_ours_equals_it(name, in_folder):
    case = load_case(name)
    prepare(case, in_folder)
    state = next(path for path in part(case, "file") if ".solverstate" in path)
    solver = make(case)
    solver.restore(state)
    assert solver.iter == 10
    check_params(solver, part(case, "resumed/10"), 0)
    solver.step(10)
    check_params(solver, part(case, "resumed/20"), 1e-5)

    for path in in_folder.glob("snap_iter_*"):
        path.unlink()
    ours = make(case)
    ours.step(10)
    assert (in_folder / state).exists()
    again = make(case, snapshot=state)
    again.step(10)
    check_params(again, part(case, "resumed/20"), 1e-5)


def test_the_net_texts_of_the_cases_are_whole():
    for name in CASES:
        assert parse_net(str(load_case(name)["prototxt"])).message.layer
