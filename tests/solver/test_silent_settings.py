"""Settings that train nothing, or something else than they seem to, are named."""

from __future__ import annotations

import re

import lmdb
import numpy as np
import pytest

from framework.definition.prototxt import parse
from framework.errors import SpecError
from framework.proto import Datum
from framework.solver.lr_policy import LearningRate, RateState
from tests.solver_runs import NET, log_of, make

GOOD = 'net: "net.prototxt" max_iter: 9 momentum: 0.9 '


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def warnings_of(text: str) -> list[str]:
    from framework.logs.log import Log
    from framework.solver.solver import Solver

    document = parse('snapshot_prefix: "s"\n' + text, "SolverParameter", "solver.prototxt")
    assert not document.problems
    found: list[str] = []

    class Warnings(Log):
        def warning(self, message: str) -> None:
            found.append(message)

    Solver(document, log=Warnings(enabled=False)).close()
    return found


@pytest.mark.parametrize("text, message", [
    ('base_lr: 0.1 lr_policy: "step" stepsize: 7',
     r'gamma is missing, and lr_policy "step" .* the rate is 0 from iteration 7 on'),
    ('base_lr: 0.1 lr_policy: "fixed" type: "Adam" delta: -1', "delta is -1: a negative one makes"),
    ('base_lr: 0.1 lr_policy: "exp"', r"gamma is missing.* is 0 from iteration 1 on"),
    ('base_lr: 0.1 lr_policy: "multistep" stepvalue: 5 gamma: 0',
     r"gamma is 0, .* is 0 from iteration 5 on"),
    ('base_lr: 0.1 lr_policy: "multistep" gamma: 0.1',
     r"stepvalue is missing.*the rate stays at base_lr, 0.1"),
    ('base_lr: 0.1 lr_policy: "plateau" gamma: 0.1', r"plateau_winsize is missing"),
    ('base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 5 stepvalue: 3',
     r"stepvalue is not in ascending order"),
    ('base_lr: 0.1 lr_policy: "step" gamma: 0.1 stepsize: 3 stepvalue: 3',
     r"stepvalue is given, but lr_policy \"step\" does not read it"),
    ('base_lr: 0.1 lr_policy: "poly"', r'power is missing.*"poly" never changes the rate'),
    ('base_lr: 0.1 lr_policy: "inv" gamma: 1', r'power is missing.*"inv" never changes'),
    ('base_lr: 0.1 lr_policy: "sigmoid" stepsize: 5', r'gamma is missing.*"sigmoid" never'),
    ('base_lr: 0.1 lr_policy: "fixed" test_iter: 1 test_iter: 1 test_interval: 1 '
     'test_state { } test_state { phase: TRAIN }',
     r"test_state\[1\].phase is TRAIN: the layers of that phase are tested, on the data to"),
    ('base_lr: -0.1 lr_policy: "fixed"', r"base_lr is -0.1: updates with a negative rate"),
    ('base_lr: 0 lr_policy: "fixed"', r"base_lr is 0: no weight changes"),
    ('base_lr: 0.1 lr_policy: "fixed" clip_gradients: 0', r"clip_gradients is 0"),
    ('base_lr: 0.1 lr_policy: "fixed" clip_gradients: -5', r"clip_gradients is -5: below 0 noth"),
    ('base_lr: 0.1 lr_policy: "fixed" stepvalue: 5', r"stepvalue is given, but .*fixed.* not read"),
    ('base_lr: 0.1 lr_policy: "poly" power: 1 plateau_winsize: 5', r"plateau_winsize is given, "),
    ('base_lr: 0.1 lr_policy: "fixed" train_state { phase: TEST }',
     r"train_state.phase is TEST: the layers of that phase are trained"),
    ('base_lr: 0.1 lr_policy: "poly" power: -1', r"power is -1, so that .*poly.* makes the rat"),
    ('base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: -1',
     r"stepvalue is -1: a negative number of iterations is reached at once"),
    ('base_lr: 0.1 lr_policy: "fixed" warmup_iter: -3', r"warmup_iter is -3: a negative number of"),
    ('base_lr: 0.1 lr_policy: "fixed" weight_decay: -1', r"weight_decay is -1"),
    ('base_lr: 0.1 lr_policy: "fixed" test_interval: 5', r"test_iter is missing: nothing is te"),
    ('base_lr: 0.1 lr_policy: "fixed" test_iter: 0 test_interval: 1', "test_iter is 0: nothing is"),
    ('base_lr: 0.1 lr_policy: "fixed" snapshot_after_train: false', r"weights are not written"),
])
def test_a_setting_that_is_probably_a_mistake_is_one_warning_with_its_line(text, message):
    found = warnings_of(GOOD + text)
    assert len(found) == 1
    assert re.search(r"solver\.prototxt:[12]: .*" + message, found[0])


@pytest.mark.parametrize("text", [
    'base_lr: 0.1 lr_policy: "fixed"',
    'base_lr: 0.1 lr_policy: "step" gamma: 0.1 stepsize: 3',
    'base_lr: 0.1 lr_policy: "multistep" gamma: 0.1 stepvalue: 3 stepvalue: 3 stepvalue: 5',
    'base_lr: 0.1 lr_policy: "inv" gamma: 0.1 power: 0.75',
    'base_lr: 0.1 lr_policy: "poly" power: 1',
    'base_lr: 0.1 lr_policy: "fixed" clip_gradients: -1',
    'base_lr: 0.1 lr_policy: "fixed" train_state { level: 1 }',
])
def test_a_sound_policy_is_no_warning(text):
    assert warnings_of(GOOD + text) == []


def test_a_negative_momentum_is_named():
    text = GOOD.replace("0.9", "-0.5") + 'base_lr: 0.1 lr_policy: "fixed"'
    (said,) = warnings_of(text)
    assert "momentum is -0.5: a negative one takes back a part of each update" in said


def test_a_missing_max_iter_is_named():
    solver = make('net: "net.prototxt"')
    solver.solve()
    assert any("solver.prototxt:1: max_iter is missing, so that there are 0 iter" in line
               for line in log_of(solver))


def test_a_net_without_a_blob_that_learns_is_named(in_folder):
    text = NET.replace("inner_product_param", "param { lr_mult: 0 } param { lr_mult: 0 } "
                       "inner_product_param")
    (in_folder / "net.prototxt").write_text(text)
    solver = make('net: "net.prototxt" max_iter: 2')
    solver.solve()
    assert "net.prototxt: no blob has an lr_mult other than 0: nothing is learned" in log_of(solver)


def test_a_negative_test_iter_is_an_error():
    with pytest.raises(SpecError, match="solver.prototxt:1: test_iter is -1; it must be at le"):
        make('net: "net.prototxt" max_iter: 2 test_iter: 1 test_iter: -1 test_interval: 1')


def test_a_negative_rate_is_used_as_in_the_original():
    text = 'base_lr: -0.1 lr_policy: "fixed"'
    policy = LearningRate(parse(text, "SolverParameter", "solver.prototxt"))
    assert policy.at(3, RateState(), float) == pytest.approx(-0.1)


def test_a_state_at_max_iter_is_told_apart_from_a_run():
    make('net: "net.prototxt" max_iter: 2').solve()
    solver = make('net: "net.prototxt" max_iter: 2', snapshot="s_iter_2.solverstate")
    solver.solve()
    assert any("max_iter is 2, and the run is at iteration 2 already" in line
               for line in log_of(solver))


@pytest.mark.parametrize("num_records, test_iter, words", [
    (6, 50, "50 batches of 2 are 100 records, and layer 'data' has 6, so that 4 of them count 17 "
            "times in the scores, the others 16; 3 batches take them all"),
    (5, 5, "5 batches of 2 are 10 records, and layer 'data' has 5, so that each counts 2 times in "
           "the scores; 3"),
    (6, 3, ""),
    (7, 3, ""),
])
def test_test_iter_beyond_the_data_names_how_often_records_count(in_folder, num_records,
                                                                 test_iter, words):
    with lmdb.open(str(in_folder / "db"), map_size=1 << 20) as database, \
            database.begin(write=True) as transaction:
        for index in range(num_records):
            datum = Datum(channels=1, height=2, width=3, label=1,
                          data=np.arange(6, dtype=np.uint8).tobytes())
            transaction.put(f"{index:08}".encode(), datum.SerializeToString())
    (in_folder / "test.prototxt").write_text("""
        layer { name: "data" type: "Data" top: "data" top: "label"
                data_param { source: "db" batch_size: 2 backend: LMDB } }
        layer { name: "ip2" type: "InnerProduct" bottom: "data" top: "ip2"
                inner_product_param { num_output: 2 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" }""")
    found = warnings_of('train_net: "net.prototxt" test_net: "test.prototxt" max_iter: 1 '
                        f'test_interval: 1 base_lr: 0.1 lr_policy: "fixed" test_iter: {test_iter}')
    assert bool(found) == bool(words)
    assert not words or words in found[0]
