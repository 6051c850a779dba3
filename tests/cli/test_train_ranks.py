"""Several processes that train one net together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from framework import parse_net
from framework.net.net import Net
from framework.weights.caffemodel import read_caffemodel
from framework.weights.weights import save_weights
from tests.golden import assert_close, load_case, part

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_two_ranks_of_half_the_batch_follow_the_original_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    case = load_case("solver/sgd_clip")
    for path, content in part(case, "file").items():
        Path(path).write_bytes(content.tobytes())
    halved = str(case["prototxt"]).replace("batch_size: 4", "batch_size: 2")
    Path("net.prototxt").write_text(halved)
    Path("solver.prototxt").write_text(
        str(case["solver"]).replace("snapshot_after_train: false", 'snapshot_prefix: "s"'))
    net = Net(parse_net(halved), "TRAIN")
    for key, value in part(case, "param0").items():
        layer, index = key.split("/")
        net.params[layer][int(index)].detach().numpy()[...] = value
    save_weights(net, "start.caffemodel")

    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
               "2", ROOT / "tools" / "train", "--solver", "solver.prototxt", "--weights",
               "start.caffemodel"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("Solving small") == 1      # only the first rank logs
    found = {layer.name: [np.asarray(blob.values).reshape(blob.shape) for blob in layer.blobs]
             for layer in read_caffemodel("s_iter_20.caffemodel")}
    for key, value in part(case, "param/20").items():
        layer, index = key.split("/")
        assert_close(found[layer][int(index)], value, 1e-5, key)


SUM = """net_param {
  layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 2 } } }
  layer { name: "one" type: "Power" bottom: "p" top: "one" power_param { shift: 1 } }
  layer { name: "r" type: "Reduction" bottom: "one" top: "r" loss_weight: 1
    reduction_param { operation: SUMSQ } } }
base_lr: 0.0001 lr_policy: "fixed" max_iter: 100000000 display: 10"""
AS_WITH_TWO_GPUS = """
import sys
from framework.cli import devices, train
devices.several, devices.gpus = lambda options: True, lambda text: [0, 1]
if __name__ == "__main__":
    sys.exit(train.main(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "solver.prototxt").write_text(SUM)
    (tmp_path / "program.py").write_text(AS_WITH_TWO_GPUS)
    return tmp_path


@pytest.fixture
def start_two(folder: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a program with two ranks in a session of its own, which ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*flags: str) -> subprocess.Popen[str]:
        started.append(subprocess.Popen(
            [sys.executable, "program.py", "-solver=solver.prototxt", *flags], cwd=folder,
            text=True, stderr=subprocess.PIPE, start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.slow
def test_gpu_0_1_starts_ranks_with_its_own_flags(folder, start_two):
    process = start_two("-iterations", "20")
    errors = process.communicate(timeout=120)[1]
    assert process.returncode == 0 and errors.count("Iteration 10, lr = 0.0001") == 1
    assert json.loads((folder / "solver_iter_20.run.json").read_text())["flags"]["world_size"] == 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_starter_stops_all_ranks_with_one_snapshot(folder, start_two, number):
    process = start_two()
    while "Iteration 20, lr" not in process.stderr.readline():
        assert process.poll() is None
    os.killpg(process.pid, number)
    errors = process.communicate(timeout=240)[1]
    assert process.returncode == 0, errors
    assert errors.count("Optimization stopped early.") == 1
    assert len(list(folder.glob("solver_iter_*.solverstate"))) == 1


@pytest.mark.slow
def test_ranks_end_with_their_starter(start_two):
    process = start_two()
    while "Iteration 20, lr" not in process.stderr.readline():
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=240)     # to the end of the pipe that the ranks hold too


@pytest.mark.slow
def test_a_mistake_is_exit_code_1_of_the_starter(start_two):
    process = start_two("-weights", "none.caffemodel")
    errors = process.communicate(timeout=240)[1]
    assert process.returncode == 1 and "error: none.caffemodel: cannot be read" in errors
    assert "Traceback" not in errors
