"""Several runs under one snapshot_prefix: what each may remove, and that one writes at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from framework.errors import WeightsError
from framework.solver.claim import Claim, LockedError
from framework.solver.solverstate import find_states
from tests.solver_runs import NET, Lines, log_of, make

ROOT = Path(__file__).resolve().parents[2]
LONG = 'net: "net.prototxt" max_iter: 30 snapshot: 10 '
TEXT = 'net: "net.prototxt" snapshot: 2 '


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def iterations(prefix: str = "s") -> list[int]:
    return sorted(int(path.name.split("_")[-1].split(".")[0]) for path in find_states(prefix))


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_keep_removes_snapshots_of_its_own_run_alone(form):
    more = f"snapshot_format: {form} "
    make(LONG + more).solve()
    make(TEXT + more + "max_iter: 5", keep=1).solve()
    assert iterations() == [5, 10, 20, 30]
    assert len(list(Path().glob("s_iter_*"))) == 12


def test_keep_goes_on_counting_after_a_resume():
    make(TEXT + "max_iter: 6").solve()
    make(TEXT + "max_iter: 8", keep=2, snapshot="auto").solve()
    assert iterations() == [6, 8]


def test_keep_removes_nothing_of_the_other_format():
    make(TEXT + "max_iter: 2").solve()
    make(TEXT + "max_iter: 4 snapshot_format: HDF5", keep=1).solve()
    assert sorted(os.listdir()) == [
        "net.prototxt", "s_iter_2.caffemodel", "s_iter_2.solverstate", "s_iter_4.caffemodel.h5",
        "s_iter_4.run.json", "s_iter_4.solverstate.h5"]


def test_beginning_anew_where_a_longer_run_wrote_is_said():
    make(LONG).solve()
    solver = make(TEXT + "max_iter: 4")
    solver.solve()
    [line] = [line for line in log_of(solver) if "there already" in line]
    assert line == (
        "s_iter_30.solverstate and 2 more are there already: this run begins at iteration 0, "
        "overwrites those whose iterations it reaches and leaves the others. To go on from the "
        "newest, give --snapshot auto; to keep both, another snapshot_prefix")


def test_auto_goes_on_with_the_run_that_began_last():
    make(LONG).solve()
    make(TEXT + "max_iter: 4").solve()
    solver = make(TEXT + "max_iter: 6", snapshot="auto")
    assert solver.iter == 4
    solver.solve()
    assert not [line for line in log_of(solver) if "there already" in line]
    assert make(TEXT, snapshot="auto").iter == 6


def test_auto_goes_on_with_a_run_that_went_back_to_an_older_state():
    make(TEXT + "max_iter: 6").solve()
    solver = make(TEXT + "max_iter: 3", snapshot="s_iter_2.solverstate")
    solver.solve()
    assert any("s_iter_6.solverstate and 1 more are there already: this run begins at iteration 2"
               in line for line in log_of(solver))
    assert make(TEXT, snapshot="auto").iter == 3


def test_a_damaged_state_that_auto_passed_over_is_no_other_runs():
    make(TEXT + "max_iter: 4").solve()
    Path("s_iter_4.solverstate").write_bytes(b"")
    solver = make(TEXT + "max_iter: 3", snapshot="auto", keep=2)
    solver.solve()
    assert not [line for line in log_of(solver) if "there already" in line]
    assert iterations() == [2, 3, 4]


def test_auto_does_not_fall_back_to_an_earlier_run():
    make(LONG).solve()
    make(TEXT + "max_iter: 2").solve()
    Path("s_iter_2.solverstate").write_bytes(b"")
    with pytest.raises(WeightsError, match="s_iter_2.solverstate is not usable: .*"
                                           "\ns_iter_30.solverstate is of an earlier run"):
        make(TEXT, snapshot="auto")


HOLD = """
import sys
from framework.logs.log import Log
from framework.solver.claim import Claim
claim = Claim("s", Log())
claim.take(0)
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_training():
    process = subprocess.Popen([sys.executable, "-c", HOLD], text=True, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert process.stdout.readline() == "locked\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_training_of_the_prefix_is_refused_until_the_first_is_dead(other_training):
    solver = make(TEXT + "max_iter: 2")
    with pytest.raises(LockedError, match="^s.lock: another training writes snapshots of this "
                                          f"prefix now: process {other_training.pid} on "):
        solver.solve()
    assert solver.iter == 0 and not iterations()
    other_training.kill()
    other_training.wait()
    assert Path("s.lock").exists()
    solver.solve()
    assert iterations() == [2] and not Path("s.lock").exists()


def test_step_and_snapshot_of_a_script_are_refused_too(other_training):
    solver = make(TEXT)
    for what in (lambda: solver.step(1), solver.snapshot):
        with pytest.raises(LockedError):
            what()


def test_a_training_without_snapshots_is_not_refused(other_training):
    make('net: "net.prototxt" max_iter: 2 snapshot_after_train: false').solve()


def test_another_thread_is_refused_and_the_same_one_is_not():
    first, errors = Claim("s", Lines()), []

    def take() -> None:
        try:
            Claim("s", Lines()).take(0)
        except LockedError as error:
            errors.append(str(error))

    first.take(0)
    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    assert f"process {os.getpid()} on" in errors[0]
    take()
    assert len(errors) == 1
    first.release()
    assert not Path("s.lock").exists()


def make_file(path: Path) -> None:
    path.write_text("mine")


@pytest.mark.parametrize("prepare, reason", [
    (make_file, "it is not the lock of a training, but a file of yours"),
    (Path.mkdir, "Is a directory"), (os.mkfifo, "it is not a regular file")])
def test_a_prefix_that_cannot_be_locked_is_said_once(prepare, reason):
    prepare(Path("s.lock"))
    solver = make(TEXT + "max_iter: 4")
    solver.solve()
    assert [line for line in log_of(solver) if "lock" in line] == [
        f"s.lock: cannot be locked: {reason}; another training with this snapshot_prefix would "
        "not be noticed"]
    assert iterations() == [2, 4] and Path("s.lock").exists()


def test_a_file_system_without_locks_is_said(monkeypatch):
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(37, os.strerror(37))

    monkeypatch.setattr("fcntl.flock", flock)
    solver = make(TEXT + "max_iter: 2")
    solver.solve()
    assert any("s.lock: cannot be locked: No locks available" in line for line in log_of(solver))


def test_only_the_first_rank_locks(other_training):
    make(TEXT, rank=1, world_size=2).snapshot()     # which writes nothing
    assert json.loads(Path("s.lock").read_text())["pid"] == other_training.pid
