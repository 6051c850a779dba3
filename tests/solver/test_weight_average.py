"""`ema_decay`: the mean of the weights against numpy, in tests, snapshots and resumed runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import framework
from framework.errors import SpecError, WeightsError
from tests.solver_runs import NET, log_of, make, values

EVAL = 'layer { name: "value" type: "Scale" bottom: "ip" top: "value" ' \
       'param { lr_mult: 0 } scale_param { filler { value: 1 } } include { phase: TEST } }\n'
RUN = 'net: "net.prototxt" ema_decay: 0.5 max_iter: 6 '


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET + EVAL)
    return tmp_path


def weight(solver) -> np.ndarray:
    return solver.net.params["ip"][0].detach().numpy().copy()


def test_the_mean_forgets_by_the_decay_and_faster_in_the_first_iterations():
    solver = make(RUN)
    mean = weight(solver).astype(np.float64)
    for iteration in range(12):
        solver.step(1)
        keep = min(0.5, (1 + iteration) / (10 + iteration))     # 0.5 from iteration 8 on
        mean = keep * mean + (1 - keep) * weight(solver)
    raw = weight(solver)
    assert solver.average is not None
    with solver.average.in_place():
        np.testing.assert_allclose(weight(solver), mean, rtol=1e-5, atol=1e-6)
    assert np.array_equal(weight(solver), raw)
    assert np.abs(raw - mean).max() > 0.01


def test_the_file_of_weights_holds_the_mean_which_the_test_net_used():
    solver = make(RUN + "test_iter: 1 test_interval: 6 test_initialization: false")
    solver.solve()
    net = framework.Net("net.prototxt", "TEST", weights="s_iter_6.caffemodel")
    with solver.average.in_place():
        np.testing.assert_array_equal(net.params["ip"][0].detach(), weight(solver))
    assert not np.array_equal(net.params["ip"][0].detach(), weight(solver))


def test_a_resumed_run_goes_on_from_the_weights_and_their_mean():
    whole = make(RUN + "snapshot: 4")
    whole.solve()
    resumed = make(RUN, snapshot="s_iter_4.solverstate")
    resumed.solve()
    assert values(resumed) == values(whole)
    with whole.average.in_place(), resumed.average.in_place():
        assert values(resumed) == values(whole)


def test_a_state_without_the_weights_is_refused_where_the_mean_is_kept():
    make('net: "net.prototxt" max_iter: 2').solve()
    with pytest.raises(WeightsError, match="holds 2 history blobs; SGD on this net has 4: .*or of a"
                                           " solver with another ema_decay"):
        make(RUN, snapshot="s_iter_2.solverstate")


def test_the_mean_begins_at_the_weights_of_a_file():
    make('net: "net.prototxt" max_iter: 2').solve()
    solver = make(RUN, weights="s_iter_2.caffemodel")
    with solver.average.in_place():
        found = weight(solver)
    assert np.array_equal(found, weight(solver))


@pytest.mark.parametrize("decay", ["1", "-0.1"])
def test_a_decay_beyond_0_to_1_is_refused(decay):
    with pytest.raises(SpecError, match=f"solver.prototxt:1: ema_decay is {decay}; it must be"):
        make(f'net: "net.prototxt" ema_decay: {decay}')


def test_nothing_is_kept_without_it():
    solver = make('net: "net.prototxt" max_iter: 2')
    solver.solve()
    assert solver.average is None
    assert len(solver.state().history) == len(solver.optimizer.history)
    assert not any("ema" in line for line in log_of(solver))
    assert sorted(path.suffix for path in Path().glob("s_iter_2*")) == \
        [".caffemodel", ".json", ".solverstate"]
