"""A whole training run of the original on photographs, followed by tools/train."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden import PHOTOGRAPHS, SHARED, needs_photographs

ROOT = Path(__file__).resolve().parents[1]
PLAIN = PHOTOGRAPHS / "training" / "plain"
pytestmark = [pytest.mark.slow, needs_photographs]


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> str:
    """What the program logs, run in a copy of the folder at the same depth."""
    root = tmp_path_factory.mktemp("training")
    (root / "data").symlink_to(SHARED / "data")
    folder = root / "golden" / "training" / "plain"
    shutil.copytree(PLAIN, folder, copy_function=shutil.copyfile)
    command = [sys.executable, ROOT / "tools" / "train", "--solver", "solver.prototxt",
               "--weights", "init.caffemodel"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stderr


def test_every_loss_follows_the_originals(log):
    with open(PLAIN / "loss.csv") as file:
        expected = {int(row["iteration"]): float(row["loss"]) for row in csv.DictReader(file)}
    found = {int(match[1]): float(match[2])
             for match in re.finditer(r"Iteration (\d+), loss = (\S+)", log)}
    for iteration, loss in expected.items():
        limit = 1e-3 if iteration < 20 else 2e-2
        assert found[iteration] == pytest.approx(loss, rel=limit), f"iteration {iteration}"


def test_average_precision_follows_the_originals(log):
    with open(PLAIN / "map.csv") as file:
        expected = {int(row["iteration"]): row for row in csv.DictReader(file)}
    parts = re.split(r"Iteration (\d+), Testing net \(#0\)", log)
    tests = dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))
    assert set(tests) == set(expected)
    for iteration, row in expected.items():
        for name in ("class1", "class2", "class3"):
            value = re.search(rf"{name}: (\S+)", tests[iteration])[1]
            assert float(value) == pytest.approx(float(row[name]), abs=0.02)
        value = re.search(r"Test net output #0: detection_eval = (\S+)", tests[iteration])[1]
        assert float(value) == pytest.approx(float(row["mAP"]), abs=0.02)
