"""Resuming from damaged snapshots: the one before, or an error; never other numbers in silence."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from framework.errors import WeightsError
from framework.solver import solverstate as files
from framework.solver.solver import Solver
from tests.solver_runs import NET, log_of, make

TEXT = 'net: "net.prototxt" average_loss: 3 snapshot: 2 snapshot_format: '
FORMATS = [("BINARYPROTO", ""), ("HDF5", ".h5")]


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    return tmp_path


def numbers(solver: Solver) -> list[np.ndarray]:
    blobs = [blob for group in solver.net.params.values() for blob in group]
    return [blob.detach().numpy().copy() for blob in [*blobs, *solver.optimizer.history]]


def run(form: str) -> dict[int, list[np.ndarray]]:
    """A run of 4 iterations, and its numbers at its snapshots."""
    solver, found = make(TEXT + form), {}
    for iteration in (2, 4):
        solver.step(2)
        found[iteration] = numbers(solver)
    solver.close()
    return found


def forget_runs() -> None:
    """As the original's snapshots are, and those of which only its files were copied."""
    for path in Path().glob("*.run.json"):
        path.unlink()


def damage(content: bytearray, chance: random.Random) -> None:
    """One byte, one bit, an end, a few bytes less or more, or many bytes."""
    index = chance.randrange(len(content))
    kind = chance.randrange(6)
    if kind == 0:
        content[index] = chance.randrange(256)
    elif kind == 1:
        content[index] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del content[index:]
    elif kind == 3:
        del content[index:index + chance.randrange(1, 9)]
    elif kind == 4:
        content[index:index] = chance.randbytes(chance.randrange(1, 9))
    else:
        for _ in range(20):
            content[chance.randrange(len(content))] = chance.randrange(256)


@pytest.mark.parametrize("form, suffix", FORMATS)
@pytest.mark.parametrize("which", ["solverstate", "caffemodel", "run.json"])
def test_any_damage_to_any_file_falls_back_to_the_snapshot_before(form, suffix, which):
    expected, chance = run(form), random.Random(7)
    path = Path(f"s_iter_4.{which}" + (suffix if which != "run.json" else ""))
    whole = path.read_bytes()
    for _ in range(12):
        content = bytearray(whole)
        damage(content, chance)
        path.write_bytes(content)
        solver = make(TEXT + form, snapshot="auto")
        if content != whole and solver.iter != 4:       # 4: a blank in run.json
            state = f"s_iter_4.solverstate{suffix}"
            assert any(line.startswith(f"{state} is not usable: ") for line in log_of(solver))
        for found, wanted in zip(numbers(solver), expected[solver.iter], strict=True):
            np.testing.assert_array_equal(found, wanted)


def set_json(**values: Any) -> Callable[[Path], object]:
    def change(path: Path) -> None:
        content = json.loads(path.read_text())
        del content["checksum"]     # as earlier versions wrote it
        path.write_text(json.dumps({**content, "version": 1, **values}))
    return change


@pytest.mark.parametrize("fault", [
    set_json(losses=["a"]), set_json(batches=None), set_json(losses=None), set_json(seed="3"),
    set_json(test_batches={}), set_json(test_batches=[-1]), set_json(flags=[]), set_json(iter=5),
    set_json(loss_scale={"scale": 1}), set_json(losses=[float("nan")]), set_json(other=1),
    set_json(checksums={"a": []}), lambda path: path.write_text("[" * 100_000),
    lambda path: path.write_text("[]"), lambda path: path.write_bytes(b"\xff\xfe"),
    lambda path: path.write_text("")])
def test_a_run_file_of_any_wrong_form_falls_back(fault):
    run("BINARYPROTO")
    fault(Path("s_iter_4.run.json"))
    assert make(TEXT + "BINARYPROTO", snapshot="auto").iter == 2
    with pytest.raises(WeightsError, match=r"s_iter_4\.run\.json"):
        make(TEXT + "BINARYPROTO", snapshot="s_iter_4.solverstate")


def test_a_run_file_called_one_of_version_1_is_still_held_to_its_checksum():
    run("BINARYPROTO")
    path = Path("s_iter_4.run.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "version": 1, "seed": content["seed"] + 1}))
    assert make(TEXT + "BINARYPROTO", snapshot="auto").iter == 2
    with pytest.raises(WeightsError, match=r"s_iter_4\.run\.json: .* its checksum differs"):
        make(TEXT + "BINARYPROTO", snapshot="s_iter_4.solverstate")


def test_a_newest_state_whose_run_file_was_lost_is_named_when_it_is_passed_over():
    run("BINARYPROTO")
    path = Path("s_iter_4.solverstate")
    path.write_bytes(path.read_bytes().replace(b"\x12\x13s_iter", b"\x7a\x13s_iter"))
    Path("s_iter_4.run.json").unlink()
    solver = make(TEXT + "BINARYPROTO", snapshot="auto")
    assert solver.iter == 2
    warnings = [line for line in log_of(solver) if "is passed over" in line]
    assert len(warnings) == 1 and warnings[0].startswith("s_iter_4.solverstate: without")


def test_an_earlier_versions_run_file_still_resumes_exactly():
    run("BINARYPROTO")
    expected = make(TEXT + "BINARYPROTO max_iter: 4", snapshot="s_iter_2.solverstate")
    for number in (2, 4):
        path = Path(f"s_iter_{number}.run.json")
        content = json.loads(path.read_text())
        for name in ("checksum", "checksums", "run"):
            del content[name]
        path.write_text(json.dumps({**content, "version": 1}))
    solver = make(TEXT + "BINARYPROTO max_iter: 4", snapshot="s_iter_2.solverstate")
    for found, wanted in zip(numbers(solver), numbers(expected), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert list(solver.losses) == list(expected.losses) and len(solver.losses) == 2


@pytest.mark.parametrize("form, suffix", FORMATS)
def test_a_state_that_names_no_weights_is_not_resumed_with_random_ones(form, suffix):
    run(form)
    forget_runs()
    path = f"s_iter_4.solverstate{suffix}"
    state = files.read_state(path)
    state.learned_net = ""
    files.write_state(path, state)
    with pytest.raises(WeightsError, match=re.escape(f"{path}: does not name its weights")):
        make(TEXT + form, snapshot=path)
    assert make(TEXT + form, snapshot="auto").iter == 2


def test_weights_that_are_missing_are_named():
    run("BINARYPROTO")
    Path("s_iter_4.caffemodel").unlink()
    with pytest.raises(WeightsError, match="s_iter_4.solverstate: its weights are missing: there "
                                           "is no s_iter_4.caffemodel"):
        make(TEXT + "BINARYPROTO", snapshot="s_iter_4.solverstate")


@pytest.mark.parametrize("content, message", [
    ("<!DOCTYPE html>", "is a web page"), ("version https://git-lfs.github.com/spec/v1\n",
                                           "is a Git LFS pointer"), ("net: 1", "is a text"),
    (b"\x0a\x05LeNet\xa2\x06\x00", "is a file of weights, not a solver state"),
    (b"", "it has no field iter")])
def test_what_came_in_place_of_a_solver_state_is_named(content, message):
    run("BINARYPROTO")
    Path("x.solverstate").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(WeightsError, match=f"^x.solverstate: .*{message}"):
        make(TEXT + "BINARYPROTO", snapshot="x.solverstate")


def test_an_hdf5_state_is_one_whatever_its_name():
    found = run("HDF5")
    forget_runs()
    Path("s_iter_4.solverstate.h5").rename("x.solverstate")
    solver = make(TEXT + "HDF5", snapshot="x.solverstate")
    assert solver.iter == 4
    for ours, theirs in zip(numbers(solver), found[4], strict=True):
        np.testing.assert_array_equal(ours, theirs)
    solver.close()


def test_weights_without_a_layer_of_the_net_are_refused():
    run("BINARYPROTO")
    forget_runs()
    path = Path("s_iter_4.caffemodel")
    content = path.read_bytes()
    assert content.count(b"\x02ip") > 0
    path.write_bytes(content.replace(b"\x02ip", b"\x02iq"))
    before = make(TEXT + "BINARYPROTO")
    values = numbers(before)
    with pytest.raises(WeightsError, match="s_iter_4.caffemodel: has no .*layer"):
        before.restore("s_iter_4.solverstate")
    for found, wanted in zip(numbers(before), values, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("form, suffix", FORMATS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_history_that_is_not_finite_is_refused(form, suffix, bad):
    run(form)
    forget_runs()
    path = f"s_iter_4.solverstate{suffix}"
    state = files.read_state(path)
    state.history[0] = state.history[0].copy()
    state.history[0][1, 2] = bad
    files.write_state(path, state)
    with pytest.raises(WeightsError, match="1 of 6 values of history blob 0 are nan or infinite"):
        make(TEXT + form, snapshot=path)


def test_a_state_of_another_iteration_than_its_name_says_is_not_taken_by_auto():
    run("BINARYPROTO")
    forget_runs()
    shutil.copy("s_iter_2.solverstate", "s_iter_9.solverstate")
    assert make(TEXT + "BINARYPROTO", snapshot="auto").iter == 4
    assert make(TEXT + "BINARYPROTO", snapshot="s_iter_9.solverstate").iter == 2


def test_auto_with_no_usable_state_is_an_error_that_names_each():
    run("BINARYPROTO")
    Path("net.prototxt").write_text(NET.replace("num_output: 2", "num_output: 3")
                                    .replace("dim: 4 dim: 2", "dim: 4 dim: 3"))
    with pytest.raises(WeightsError) as caught:
        make(TEXT + "BINARYPROTO", snapshot="auto")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("--snapshot auto: there are snapshots, but none to go on from")
    assert [line.split(":")[0] for line in lines[1:]] == [
        f"s_iter_{number}.solverstate is not usable" for number in (4, 2)]
    assert "history blob 0 is (2, 3)" in lines[1]


def test_hdf5_states_read_no_other_file(in_folder):
    (in_folder / "secret").write_bytes(bytes(24))
    for name, fault in (
            ("external", lambda group: group.create_dataset(
                "0", (6,), np.float32, external=[("secret", 0, h5py.h5f.UNLIMITED)])),
            ("link", lambda group: group.__setitem__("0", h5py.ExternalLink("b.h5", "/0"))),
            ("unwritten", lambda group: group.create_dataset("0", (10**12,), np.float32))):
        with h5py.File(f"{name}.solverstate.h5", "w") as file:
            file["iter"], file["learned_net"] = [2], "a.caffemodel.h5"
            fault(file.create_group("history"))
        with pytest.raises(WeightsError, match="not a complete|cannot be read: Unable"):
            files.read_state(f"{name}.solverstate.h5")


def test_another_seed_than_the_runs_is_said():
    run("BINARYPROTO")
    solver = make(TEXT + "BINARYPROTO", snapshot="auto", seed=8)
    assert "The run had seed 3, now it has 8: it goes on, but not to the same numbers" in \
        log_of(solver)


def test_a_snapshot_moved_beside_weights_of_its_old_name_takes_its_own():
    expected = run("BINARYPROTO")[4]
    Path("moved").mkdir()
    for path in list(Path().glob("s_iter_4.*")):
        shutil.copy(path, "moved")
    make(TEXT + "BINARYPROTO max_iter: 4", seed=9).solve()       # overwrites s_iter_4.caffemodel
    solver = make(TEXT + "BINARYPROTO", snapshot="moved/s_iter_4.solverstate")
    for found, wanted in zip(numbers(solver), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
