"""Resuming from the state of another solver type: said, or refused where it makes no numbers."""

from __future__ import annotations

import pytest

from framework.definition.prototxt import parse
from framework.errors import WeightsError
from framework.solver.solver import Solver
from tests.solver_runs import NET, PARAMS, Lines, log_of, values

TEXT = 'net: "net.prototxt" snapshot: 2 max_iter: 4 '
FIELDS = {"AdaGrad": "", "RMSProp": "rms_decay: 0.9",
          "Adam": "momentum2: 0.999", "AdaDelta": "delta: 1e-6"}


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def solver(kind, **options):
    text = PARAMS + TEXT + FIELDS.get(kind, "") + f' type: "{kind}"'
    document = parse(text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    if kind in ("AdaGrad", "RMSProp"):
        document.message.momentum = 0
    return Solver(document, log=Lines(), **options)


def snapshot_of(kind):
    run = solver(kind)
    run.step(2)
    run.close()
    return "s_iter_2.solverstate"


@pytest.mark.parametrize("before, now, blob", [
    ("SGD", "AdaGrad", 0), ("Nesterov", "RMSProp", 0), ("Adam", "AdaDelta", 0)])
def test_a_history_that_is_negative_is_not_one_of_squares(before, now, blob):
    path = snapshot_of(before)
    run = solver(now)
    kept = values(run)
    with pytest.raises(WeightsError, match=(
            rf"^{path}: history blob {blob} has the value -\S+; {now} keeps squares there, 0 or "
            r"more: the state is of another solver type$")):
        run.restore(path)
    assert values(run) == kept


@pytest.mark.parametrize("before, now", [
    ("SGD", "Nesterov"), ("AdaGrad", "SGD"), ("AdaDelta", "Adam")])
def test_another_type_with_a_history_as_large_is_told(before, now):
    run = solver(now, snapshot=snapshot_of(before))
    assert f"The run had type {before}, now it has {now}: it goes on, but not to the same " \
           "numbers" in log_of(run)


@pytest.mark.parametrize("kind", ["SGD", "AdaGrad", "RMSProp", "AdaDelta", "Adam", "AdamW"])
def test_a_state_of_the_same_type_is_taken_in_silence(kind):
    run = solver(kind, snapshot=snapshot_of(kind))
    assert not [line for line in log_of(run) if "goes on, but" in line]
    run.solve()
