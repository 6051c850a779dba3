"""Solver states on disk: the original's files, cut-off files, and writing that fails."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch

from framework.definition.prototxt import parse
from framework.errors import SpecError, WeightsError, WriteError
from framework.proto import SolverState
from framework.solver import solverstate
from framework.solver.run_file import RunState, read_run, run_path, write_run
from framework.solver.solver import Solver
from framework.system import atomic
from tests.golden import load_case


def state() -> solverstate.State:
    arrays = [np.random.default_rng(3).normal(size=shape).astype(np.float32)
              for shape in ((2, 3, 4), (5,), ())]
    return solverstate.State(300, "snap_iter_300.caffemodel", arrays, 2, 0.125, 41)


def original(case: str, name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(load_case(f"solver/{case}")[f"file/{name}"].tobytes())
    return path


def test_a_state_of_the_original_is_written_again_byte_for_byte(tmp_path):
    path = original("snapshot_adam_binaryproto", "snap_iter_10.solverstate", tmp_path)
    read = solverstate.read_state(path)
    solverstate.write_state(tmp_path / "ours.solverstate", read)
    assert (tmp_path / "ours.solverstate").read_bytes() == path.read_bytes()
    assert (read.iter, read.learned_net) == (10, "snap_iter_10.caffemodel")
    assert [array.shape for array in read.history] == [(3, 2, 3, 3), (3,), (4, 36), (4,)] * 2


def test_weights_without_a_state_are_the_newest_if_they_are_later_than_all_states(tmp_path):
    for second, name in enumerate(["s_iter_9.caffemodel", "s_iter_4.caffemodel",
                                   "s_iter_4.solverstate", "s_iter_6.caffemodel",
                                   "s_iter_5.caffemodel", "s_best.caffemodel",
                                   "other_iter_7.caffemodel", "s_iter_3.caffemodel.h5"]):
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (second, second))
    found = solverstate.find_lone_weights(str(tmp_path / "s"))
    assert [path.name for path in found] == ["s_iter_6.caffemodel", "s_iter_5.caffemodel",
                                             "s_iter_3.caffemodel.h5"]


def test_an_hdf5_state_has_the_originals_names_types_and_string(tmp_path):
    theirs = h5py.File(original("snapshot_sgd_hdf5", "snap_iter_10.solverstate.h5", tmp_path))
    state = solverstate.read_state(theirs.filename)
    solverstate.write_state(tmp_path / "ours.solverstate.h5", state)
    ours = h5py.File(tmp_path / "ours.solverstate.h5")
    found = {}
    theirs.visititems(lambda name, item: found.setdefault(name, item))
    for name, item in found.items():
        if isinstance(item, h5py.Dataset):
            assert ours[name].id.get_type() == item.id.get_type()
            assert ours[name].shape == item.shape
            np.testing.assert_array_equal(ours[name][()], item[()])
    assert len(ours) == len(theirs) and len(ours["history"]) == len(theirs["history"])


@pytest.mark.parametrize("suffix", [".solverstate", ".solverstate.h5"])
def test_a_state_comes_back_as_it_was(tmp_path, suffix):
    path, before = tmp_path / f"a{suffix}", state()
    solverstate.write_state(path, before)
    after = solverstate.read_state(path)
    for left, right in zip(before.history, after.history, strict=True):
        assert left.shape == right.shape
        np.testing.assert_array_equal(left, right)
    before.history = after.history = []
    assert before == after


def test_protobuf_reads_what_is_written(tmp_path):
    solverstate.write_state(tmp_path / "a.solverstate", state())
    message = SolverState()
    message.ParseFromString((tmp_path / "a.solverstate").read_bytes())
    assert (message.iter, message.current_step, message.iter_last_event) == (300, 2, 41)
    assert message.minimum_loss == 0.125 and list(message.history[0].shape.dim) == [2, 3, 4]
    np.testing.assert_array_equal(message.history[0].data, state().history[0].ravel())


def test_unpacked_double_and_legacy_shapes_are_read(tmp_path):
    message = SolverState(iter=7)
    blob = message.history.add(num=1, channels=1, height=2, width=3)
    blob.double_data.extend([0.5, 1, 1.5, 2, 2.5, 3])
    (tmp_path / "a.solverstate").write_bytes(message.SerializeToString())
    read = solverstate.read_state(tmp_path / "a.solverstate")
    np.testing.assert_array_equal(read.history[0], [[[[0.5, 1, 1.5], [2, 2.5, 3]]]])


@pytest.mark.parametrize("suffix", [".solverstate", ".solverstate.h5"])
def test_a_state_cut_off_anywhere_is_an_error_of_one_line(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    solverstate.write_state(path, state())
    whole = path.read_bytes()
    for share in (0.0, 0.2, 0.5, 0.9):
        path.write_bytes(whole[:int(len(whole) * share)])
        with pytest.raises(WeightsError, match=r"a\.solverstate.* is not a complete solver state"):
            solverstate.read_state(path)


@pytest.mark.parametrize("content, kind", [
    (b'net: "net.prototxt"\n', "a text"), (b"\xff\xd8\xff\xe0\0\x10JFIF", r"an image \(JPEG\)"),
    (b"\x1f\x8b\x08\0", r"compressed \(gzip\), and must be unpacked")])
def test_a_file_of_another_kind_is_named_where_a_state_belongs(tmp_path, content, kind):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(WeightsError, match=f"x: is {kind}; it is not a solver state"):
        solverstate.read_state(tmp_path / "x")


def test_a_missing_state_is_named(tmp_path):
    with pytest.raises(WeightsError, match="none.solverstate: no such solver state"):
        solverstate.read_state(tmp_path / "none.solverstate")


def test_writing_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.solverstate"
    path.write_bytes(b"old")
    with pytest.raises(WriteError, match="cannot be written: No space left"), \
            atomic.replacing(path) as partial:
        partial.write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.solverstate"]


def test_states_are_found_newest_first_by_number(tmp_path):
    for name in ("s_iter_9.solverstate", "s_iter_10.solverstate.h5", "s_iter_x.solverstate",
                 "other_iter_99.solverstate", "s_iter_100.caffemodel"):
        (tmp_path / name).touch()
    found = [path.name for path in solverstate.find_states(str(tmp_path / "s"))]
    assert found == ["s_iter_10.solverstate.h5", "s_iter_9.solverstate"]


def test_a_run_file_comes_back_as_it_was(tmp_path):
    run = RunState(5, 3, 2, [4], [0.1, 0.7])
    write_run(tmp_path / "s_iter_5.run.json", run)
    assert read_run(tmp_path / "s_iter_5.solverstate") == run
    assert run_path(tmp_path / "s_iter_5.solverstate.h5") == tmp_path / "s_iter_5.run.json"


def test_what_a_killed_process_left_is_removed_and_that_of_a_living_one_is_not(tmp_path):
    process = subprocess.Popen(["true"])
    process.wait()
    for number in (process.pid, os.getpid()):
        (tmp_path / f".partial-{number}-s_iter_7.caffemodel").touch()
    (tmp_path / f".partial-{process.pid}-other_iter_7.caffemodel").touch()
    solverstate.remove_partials(str(tmp_path / "s"))
    assert sorted(os.listdir(tmp_path)) == sorted([
        f".partial-{os.getpid()}-s_iter_7.caffemodel",
        f".partial-{process.pid}-other_iter_7.caffemodel"])


NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


def solver_of(folder: Path, text: str, prefix: str = "s", **options: Any) -> Solver:
    (folder / "net.prototxt").write_text(NET)
    document = parse(f'net: "{folder}/net.prototxt" base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 '
                     f'snapshot_prefix: "{folder}/{prefix}" random_seed: 3 {text}',
                     "SolverParameter", "solver.prototxt")
    return Solver(document, **options)


@pytest.fixture
def full_from(monkeypatch):
    """A disk that takes no solver state from the given iterations on, until `room` is set."""
    class Disk:
        first, last = 10**9, 10**9

    def sync(path: Path) -> None:
        found = re.search(r"_iter_(\d+)\.solverstate", path.name)
        if found and Disk.first <= int(found[1]) <= Disk.last:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic, "sync", sync)
    return Disk


def test_a_disk_that_is_full_for_a_while_does_not_end_the_run(tmp_path, full_from, capsys):
    full_from.first, full_from.last = 4, 6
    solver_of(tmp_path, "max_iter: 8 snapshot: 2").solve()
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("W")]
    assert [re.search(r"\] (.*)", line)[1] for line in warnings] == [
        f"{tmp_path}/s_iter_{number}.solverstate: cannot be written: No space left on device; the "
        f"newest whole snapshot is {tmp_path}/s_iter_2.solverstate; the run goes on without this "
        f"one and tries again at iteration {number + 2}" for number in (4, 6)
        ] + ["A snapshot could be written again, after 2 tries that failed"]
    assert [path.name for path in solverstate.find_states(str(tmp_path / "s"))] == [
        "s_iter_8.solverstate", "s_iter_2.solverstate"]
    assert not list(tmp_path.glob("s_iter_[46]*"))


def test_a_disk_that_is_full_at_the_end_is_an_error_that_names_the_last_snapshot(tmp_path,
                                                                                full_from):
    full_from.first = 7
    with pytest.raises(WeightsError, match="No space left on device; the newest whole snapshot is "
                       r".*s_iter_6.solverstate$"):
        solver_of(tmp_path, "max_iter: 8 snapshot: 3").solve()
    assert solver_of(tmp_path, "", snapshot="auto").iter == 6


def test_the_last_snapshot_waits_for_the_disk_and_is_written_then(tmp_path, full_from, capsys):
    full_from.first, waited = 8, list[float]()

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if sum(waited) == 35:
            full_from.first = 10**9

    solver_of(tmp_path, "max_iter: 8", wait=wait).solve()
    assert solver_of(tmp_path, "", snapshot="auto").iter == 8 and sum(waited) == 10 + 30
    said = capsys.readouterr().err
    assert "it is tried again in 10 s" in said and "it is tried again in 30 s" in said
    assert "A snapshot could be written again, after 2 tries that failed" in said


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_a_disk_that_stays_full_ends_the_run_after_five_more_tries(tmp_path, full_from, form):
    full_from.first, waited = 8, list[float]()
    with pytest.raises(WeightsError, match="No space left on device; the newest whole snapshot"):
        solver_of(tmp_path, f"max_iter: 8 snapshot_format: {form}", wait=waited.append).solve()
    assert sum(waited) == 10 + 30 + 60 + 120 + 300
    assert not list(tmp_path.glob("s_iter_8*"))


def test_hdf5_snapshots_survive_a_disk_that_takes_a_part_of_them_and_keep_no_file_open(tmp_path):
    solver = solver_of(tmp_path, "max_iter: 4 snapshot: 2 snapshot_format: HDF5",
                       wait=lambda seconds: resource.setrlimit(resource.RLIMIT_FSIZE, before))
    before, opened = resource.getrlimit(resource.RLIMIT_FSIZE), os.listdir("/proc/self/fd")
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        solver.solve()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir("/proc/self/fd") == opened
    assert solver_of(tmp_path, "", snapshot="auto").iter == 4


@pytest.mark.parametrize("action", ["stop", "terminate"])
def test_a_signal_gives_up_the_last_snapshot_after_one_more_try(tmp_path, full_from, action):
    full_from.first = 8
    asked, waited = iter([None] * (8 + 11) + [action]), list[float]()
    with pytest.raises(WeightsError, match="No space left on device"):
        solver_of(tmp_path, "max_iter: 8", wait=waited.append,
                  actions=lambda: next(asked)).solve()
    assert len(waited) == 12


@pytest.mark.parametrize("name", ["s_iter_4.solverstate", "s_iter_4.caffemodel",
                                  "s_iter_4.run.json"])
def test_a_folder_where_a_snapshot_should_be_does_not_end_the_run(tmp_path, name, capsys):
    (tmp_path / name).mkdir()
    (tmp_path / name / "kept").touch()
    solver_of(tmp_path, "max_iter: 8 snapshot: 2").solve()
    states = solverstate.find_states(str(tmp_path / "s"))
    assert [path.name for path in states if path.is_file()] == [
        f"s_iter_{number}.solverstate" for number in (8, 6, 2)]
    assert (tmp_path / name / "kept").exists()
    assert "cannot be written: Is a directory; the newest" in capsys.readouterr().err


def test_a_file_that_cannot_be_removed_does_not_end_the_run(tmp_path, monkeypatch, capsys):
    unlink = Path.unlink

    def read_only(path: Path, missing_ok: bool = False) -> None:
        if "_iter_4" in path.name:
            raise OSError(30, "Read-only file system")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", read_only)
    solver_of(tmp_path, "max_iter: 6 snapshot: 2").solve()
    assert "cannot be written: Read-only file system; the newest" in capsys.readouterr().err
    assert (tmp_path / "s_iter_6.solverstate").exists()


@pytest.mark.parametrize("length, good", [(200, True), (225, False)])
def test_a_prefix_too_long_for_the_files_of_a_snapshot_is_an_error_at_once(tmp_path, length, good):
    solver = solver_of(tmp_path, "max_iter: 2", prefix="s" * length)
    if good:
        solver.solve()
        assert Path(f"{solver.prefix}_iter_2.solverstate").exists()
        return
    with pytest.raises(SpecError, match="snapshot_prefix is .*File name too long"):
        solver.solve()


def test_a_solver_that_takes_the_state_of_another_goes_on_to_the_same_numbers(tmp_path):
    first = solver_of(tmp_path, "max_iter: 6 average_loss: 2")
    first.step(3)
    second = solver_of(tmp_path, "max_iter: 6 average_loss: 2")
    second.net.load_state_dict(first.net.state_dict())
    second.set_state(first.state())
    first.resumed = True        # its average goes on too
    first.step(1)
    second.step(1)
    assert second.iter == 4 and second.smoothed_loss == first.smoothed_loss
    for mine, other in zip(first.net.learned, second.net.learned, strict=True):
        assert torch.equal(mine.parameter, other.parameter)


def test_the_state_of_another_run_does_not_stand_by_new_weights(tmp_path, full_from):
    solver_of(tmp_path, "max_iter: 4 snapshot: 2").solve()
    full_from.first = 4
    with pytest.raises(WeightsError):
        solver_of(tmp_path, "max_iter: 4", seed=8).solve()
    assert [path.name for path in solverstate.find_states(str(tmp_path / "s"))] == [
        "s_iter_2.solverstate"]


def test_a_run_that_was_resumed_at_its_end_leaves_its_snapshot_alone(tmp_path):
    solver_of(tmp_path, "max_iter: 4").solve()
    path = tmp_path / "s_iter_4.solverstate"
    before = path.stat().st_ino
    solver_of(tmp_path, "max_iter: 4", snapshot="auto").solve()
    assert path.stat().st_ino == before


def test_history_of_another_file_or_kind_is_never_read(tmp_path):
    path = tmp_path / "a.solverstate.h5"
    (tmp_path / "secret").write_bytes(bytes(20))
    for data, message in ((h5py.ExternalLink("/etc/passwd", "x"), "'1' is a link"),
                          (np.full(5, b"x"), "holds text"), (None, "in another file")):
        solverstate.write_state(path, state())
        with h5py.File(path, "r+") as file:
            del file["history/1"]
            if data is None:
                file["history"].create_dataset("1", (5,), "f4",
                                               external=[(str(tmp_path / "secret"), 0, 20)])
            else:
                file["history/1"] = data
        with pytest.raises(WeightsError, match=f"is not a complete solver state: .*{message}"):
            solverstate.read_state(path)


def test_history_in_halves_is_read(tmp_path):
    """NVIDIA's branch writes raw data: 0.5, 1 and 1.5 in two bytes each."""
    message = SolverState(iter=7)
    blob = message.history.add(raw_data_type=2, raw_data=np.array([0.5, 1, 1.5], "<f2").tobytes())
    blob.shape.dim.append(3)
    (tmp_path / "a.solverstate").write_bytes(message.SerializeToString())
    (history,) = solverstate.read_state(tmp_path / "a.solverstate").history
    np.testing.assert_array_equal(np.asarray(history), [0.5, 1, 1.5])


@pytest.mark.parametrize("name", ["t_iter_4.caffemodel", "t_iter_4.caffemodel.h5"])
def test_weights_in_the_place_of_a_solver_state_are_told_apart(tmp_path, name):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(WeightsError, match=f"{name}: is a file of weights, not a solver state"):
        solverstate.read_state(tmp_path / name)
