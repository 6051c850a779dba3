"""Several processes that train as one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from framework import parse_net
from framework.caffemodel import read_caffemodel
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
