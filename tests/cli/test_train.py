"""tools/train as a program: flags, errors of one line, signals, being killed."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from framework.cli.train import main
from framework.errors import SpecError
from framework.weights.caffemodel import read_caffemodel
from tests.logs.event_files import events

ROOT = Path(__file__).resolve().parents[2]
TRAIN = ROOT / "tools" / "train"
NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { type: "gaussian" std: 1 } data_filler { type: "uniform" } } }
layer { name: "drop" type: "Dropout" bottom: "data" top: "drop" }
layer { name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = """net: "net.prototxt" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9
display: 10 random_seed: 1 snapshot_prefix: "s" max_iter: {max_iter} snapshot: {snapshot}
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    write_solver(tmp_path, 20, 10)
    return tmp_path


def write_solver(folder: Path, max_iter: int, snapshot: int, more: str = "") -> None:
    (folder / "solver.prototxt").write_text(
        SOLVER.format(max_iter=max_iter, snapshot=snapshot) + more)


def start(folder: Path, *flags: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, TRAIN, *flags], cwd=folder, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "OMP_NUM_THREADS": "1"})


def train(folder: Path, *flags: str) -> tuple[int, str]:
    process = start(folder, *flags)
    output, errors = process.communicate(timeout=600)
    assert output == ""
    return process.returncode, errors


def weights(folder: Path, iteration: int) -> list[np.ndarray]:
    layers = read_caffemodel(folder / f"s_iter_{iteration}.caffemodel")
    return [blob.values for layer in layers for blob in layer.blobs]


def test_help_does_not_wait_for_torch():
    command = [sys.executable, "-X", "importtime", TRAIN, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--solver" in done.stdout
    modules = re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)
    assert "framework.cli.train" in modules
    assert not {"torch", "numpy", "cv2", "google", "numba"} & set(modules)
    assert len(modules) < 300       # 110 and what Python itself loads


def test_a_run_logs_to_stderr_and_leaves_its_snapshots(folder):
    code, errors = train(folder, "--solver", "solver.prototxt")
    assert code == 0
    # With OPENCV_CPU_DISABLE, OpenCV itself names features that this processor lacks.
    lines = [line for line in errors.splitlines() if not line.startswith("OPENCV: ")]
    assert [line for line in lines
            if not re.match(r"[IW]\d{4} \d\d:\d\d:\d\d\.\d{6} +\d+ \w+\.py:\d+\] ", line)] == []
    assert "Iteration 10, loss = " in errors and "Optimization Done." in errors
    assert sorted(path.name for path in folder.glob("s_iter_*")) == [
        f"s_iter_{n}.{suffix}" for n in (10, 20) for suffix in
        ("caffemodel", "run.json", "solverstate")]


def test_gflags_spellings_and_iterations(folder):
    code, errors = train(folder, "-solver=solver.prototxt", "--sigint_effect", "none",
                         "-iterations", "3")
    assert code == 0 and (folder / "s_iter_3.caffemodel").exists(), errors


def test_a_resumed_run_ends_with_the_same_weights(folder):
    train(folder, "--solver", "solver.prototxt")
    expected = weights(folder, 20)
    (folder / "s_iter_20.caffemodel").unlink()
    code, errors = train(folder, "--solver", "solver.prototxt", "--snapshot",
                         "s_iter_10.solverstate")
    assert code == 0 and "Restoring previous solver status from s_iter_10.solverstate" in errors
    for found, wanted in zip(weights(folder, 20), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("flags, text, message", [
    (["--solver", "none.prototxt"], "", r"error: none.prototxt: No such file or directory"),
    (["--solver", "solver.prototxt"], "base_lrr: 1",
     r"error: solver.prototxt:3: base_lrr is not a field of SolverParameter; did you mean "
     r"'base_lr'\?"),
    (["--solver", "solver.prototxt", "--weights", "none.caffemodel"], "",
     r"error: none.caffemodel: cannot be read: No such file"),
    (["--solver", "solver.prototxt", "--snapshot", "none.solverstate"], "",
     r"error: none.solverstate: no such solver state"),
    (["--solver", "solver.prototxt", "--gpu", "0"], "", r"error: --gpu 0: .*no CUDA device"),
])
def test_a_mistake_is_one_line_and_exit_code_1(folder, flags, text, message, capsys, monkeypatch):
    write_solver(folder, 20, 10, text)
    monkeypatch.chdir(folder)
    assert main(flags) == 1
    errors = capsys.readouterr().err.splitlines()
    lines = [line for line in errors if not re.match(r"I\d{4} ", line)]
    assert len(lines) == 1 and re.match(message, lines[0])
    assert not list(folder.glob("s_iter_*"))


def test_the_log_is_written_as_json_and_for_tensorboard_too(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)

    assert main(["--solver", "solver.prototxt", "--log-json", "log.json", "--tensorboard", "board",
                 "--tensorboard-every", "10"]) == 0

    lines = [json.loads(line) for line in Path("log.json").read_text().splitlines()]
    texts = [line["text"] for line in lines if line["event"] == "message"]
    errors = capsys.readouterr().err
    assert texts == [re.sub(r"^\w\d{4} \S+ +\d+ \S+\] ", "", line) for line in errors.splitlines()]
    scalars = [line for line in lines if line["event"] == "scalars"]
    assert [(line["iteration"], *line["values"]) for line in scalars] == [
        (0, "train/smoothed_loss", "train/loss"), (0, "lr"),
        (10, "train/smoothed_loss", "train/loss"), (10, "lr")]
    assert f"loss = {scalars[2]['values']['train/smoothed_loss']:g}" in errors
    [board] = Path("board").iterdir()
    kinds = [next(name for name in ("graph_def", "summary", "file_version") if event.HasField(name))
             for event in events(board)]
    assert kinds[:2] == ["file_version", "graph_def"] and set(kinds[2:]) == {"summary"}


@pytest.mark.parametrize("flag", ["--tensorboard", "--log-json"])
def test_a_file_for_dashboards_that_cannot_be_begun_is_one_line(flag, folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)

    assert main(["--solver", "solver.prototxt", flag, "net.prototxt/log"]) == 1

    message = "error: net.prototxt/log: cannot be written: (Not a directory|File exists)\n"
    assert re.fullmatch(message, capsys.readouterr().err)


def test_the_report_of_the_weights_says_what_was_copied(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    main(["--solver", "solver.prototxt", "--iterations", "1"])
    assert main(["--solver", "solver.prototxt", "--weights", "s_iter_1.caffemodel"]) == 0
    errors = capsys.readouterr().err
    assert "] Finetuning from s_iter_1.caffemodel\n" in errors and "] 1 layer copied" in errors


def test_debug_keeps_the_traceback():
    with pytest.raises(SpecError, match="none.prototxt"):
        main(["--solver", "none.prototxt", "--debug"])


def test_a_missing_flag_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2 and "--solver" in capsys.readouterr().err


def test_log_dir_has_the_lines_of_stderr_in_a_file_of_glogs_name(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    assert main(["-solver", "solver.prototxt", "-alsologtostderr", "--log_dir=logs"]) == 0
    assert Path("logs/caffe.INFO").read_text() == capsys.readouterr().err
    [file] = [path for path in Path("logs").iterdir() if not path.is_symlink()]
    assert re.fullmatch(r"caffe\.\S+\.log\.INFO\.\d{8}-\d{6}\." + str(os.getpid()), file.name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_with_a_snapshot_that_resumes(folder, number):
    write_solver(folder, 100_000_000, 0)
    process = start(folder, "--solver", "solver.prototxt")
    while "Iteration 10, loss" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(number)
    errors = process.communicate(timeout=240)[1]
    assert process.returncode == 0 and "Optimization stopped early." in errors
    [state] = folder.glob("*.solverstate")
    reached = int(state.name.split("_")[-1].split(".")[0])
    code, _ = train(folder, "--solver", "solver.prototxt", "--snapshot", "auto", "--iterations",
                    str(reached + 5))
    assert code == 0 and (folder / f"s_iter_{reached + 5}.caffemodel").exists()


def test_sighup_makes_a_snapshot_and_goes_on(folder):
    write_solver(folder, 100_000_000, 0)
    process = start(folder, "--solver", "solver.prototxt")
    while "Iteration 10, loss" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    while "Snapshotting solver state" not in process.stderr.readline():
        assert process.poll() is None
    assert "Iteration" in process.stderr.readline()
    process.kill()
    process.communicate()


@pytest.mark.slow
def test_a_run_killed_20_times_ends_with_the_same_weights(folder):
    write_solver(folder, 6000, 20)
    assert train(folder, "--solver", "solver.prototxt", "--keep", "2")[0] == 0
    expected = weights(folder, 6000)
    for path in folder.glob("s_iter_*"):
        path.unlink()
    moments = random.Random(4)
    for _ in range(20):
        process = start(folder, "--solver", "solver.prototxt", "--snapshot", "auto", "--keep", "2")
        while "Iteration" not in process.stderr.readline():
            assert process.poll() is None, "it ended before it was killed 20 times"
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        process.communicate()
    code, errors = train(folder, "--solver", "solver.prototxt", "--snapshot", "auto")
    assert code == 0, errors
    for found, wanted in zip(weights(folder, 6000), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
