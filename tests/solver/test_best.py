"""`monitor`, `patience` and `keep_best`: the best weights are kept, a run ends when none follow."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import framework
from framework.errors import SpecError
from framework.solver.testing import Scores
from tests.solver_runs import NET, log_of, make

TESTED = 'net: "net.prototxt" max_iter: 40 test_iter: 2 test_interval: 2 monitor: "loss" '


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def with_scores(monkeypatch, values: list[float], name: str = "loss") -> None:
    """Let the tests of a run give these values, one after the other."""
    left = iter(values)
    monkeypatch.setattr("framework.solver.tester.score",
                        lambda *others: Scores(0.0, [(name, next(left), 1.0)]))


def test_a_run_ends_after_patience_tests_without_a_smaller_loss(monkeypatch):
    with_scores(monkeypatch, [5, 4, 4.5, 3, 3, 7])
    solver = make(TESTED + "patience: 2")
    solver.solve()
    assert solver.iter == 10 and Path("s_iter_10.caffemodel").exists()
    assert "loss was best at iteration 6; 2 tests since then brought nothing better (patience): " \
           "the training ends" in log_of(solver)


def test_an_output_that_is_no_loss_is_to_be_large(monkeypatch, tmp_path):
    (tmp_path / "net.prototxt").write_text(NET + 'layer { name: "a" type: "Reduction" bottom: "ip" '
                                           'top: "accuracy" include { phase: TEST } }')
    with_scores(monkeypatch, [0.5, 0.6, 0.4, 0.3, 0.7], "accuracy")
    solver = make(TESTED.replace("loss", "accuracy") + "patience: 3")
    solver.step(9)
    assert solver.tester.monitor.best.iter == 8 and not solver.stopped


def test_the_best_weights_are_kept(monkeypatch):
    with_scores(monkeypatch, [5, 3, 4, 4, 4])
    solver = make(TESTED + "keep_best: true")
    solver.step(2)
    best = solver.net.params["ip"][0].detach().numpy().copy()
    solver.step(6)
    net = framework.Net("net.prototxt", weights="s_best.caffemodel")
    np.testing.assert_array_equal(net.params["ip"][0].detach(), best)
    assert [line for line in log_of(solver) if "Best weights" in line] == \
        ["Best weights so far are in s_best.caffemodel"] * 2


def test_a_resumed_run_remembers_the_best_test(monkeypatch):
    with_scores(monkeypatch, [5, 2, 3])
    make(TESTED + "patience: 2 snapshot: 4").step(5)
    with_scores(monkeypatch, [3, 3, 3])
    resumed = make(TESTED + "patience: 2", snapshot="s_iter_4.solverstate")
    assert (resumed.tester.monitor.best.value, resumed.tester.monitor.best.iter) == (2, 2)
    resumed.solve()
    assert resumed.iter == 6


def test_a_disk_that_is_full_does_not_end_the_run(monkeypatch):
    with_scores(monkeypatch, [5, 4])
    Path("s_best.caffemodel").mkdir()
    solver = make(TESTED + "keep_best: true")
    solver.step(2)
    assert solver.iter == 2
    assert any("the run goes on without the best weights" in line for line in log_of(solver))


@pytest.mark.parametrize(("text", "message"), [
    ('monitor: "los"', "monitor is 'los', which is not an output of test net #0; did you mean "
                       "'loss'?; its outputs are loss"),
    ("patience: 2", "patience is given without monitor"),
    ("keep_best: true", "keep_best is given without monitor"),
    ('monitor: "loss" patience: -1', "patience is -1; it must be at least 0"),
])
def test_settings_that_judge_nothing_are_refused(text, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        make(f'net: "net.prototxt" test_iter: 2 test_interval: 2 {text}')


def test_patience_without_tests_is_refused():
    with pytest.raises(SpecError, match="patience is given, but test_iter is missing"):
        make('net: "net.prototxt" monitor: "loss" patience: 3')


@pytest.mark.parametrize("field", ["patience: 3", "keep_best: true", ""])
def test_a_monitor_without_tests_is_an_error(field):
    with pytest.raises(SpecError, match=r"solver\.prototxt:1: (monitor|patience|keep_best) is "
                                        "given, but test_iter is missing: nothing is tested"):
        make(f'net: "net.prototxt" max_iter: 4 monitor: "loss" {field}')
