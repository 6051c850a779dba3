"""Several processes that train as one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from framework import parse_net
from framework.caffemodel import read_caffemodel
from framework.cli import caffe, machine
from framework.net import Net
from framework.weights import save_weights
from tests.golden import ABSENT, assert_close, case_names, load_case, part

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not case_names("solver"), reason=ABSENT)
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


@pytest.mark.slow
def test_gpu_0_1_starts_ranks_with_its_own_flags_from_any_folder(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(machine, "several", lambda options: True)       # as two GPUs would
    monkeypatch.setattr(machine, "gpus", lambda text: [0, 1])
    Path("solver.prototxt").write_text("""
        net_param { layer { name: "p" type: "Parameter" top: "p" parameter_param {
          shape { dim: 2 } } } layer { name: "r" type: "Reduction" bottom: "p" top: "r"
          reduction_param { operation: SUMSQ } loss_weight: 1 } }
        base_lr: 0.1 lr_policy: "fixed" max_iter: 30 display: 10""")
    assert caffe.main(["train", "-solver=solver.prototxt", "-iterations", "20"]) == 0
    assert json.loads(Path("solver_iter_20.run.json").read_text())["flags"]["world_size"] == 2
    assert "Iteration 10, lr = 0.1" in capfd.readouterr().err
