"""The types of the messages, as mypy and editors see them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from framework.proto.make_stubs import STUBS, stubs

ROOT = Path(__file__).resolve().parents[2]
MODULE = """
from framework.proto import TRAIN, LayerParameter, PoolingParameter

layer = LayerParameter(name="pool1", pooling_param={"kernel_size": 3})
layer.pooling_param.pool = PoolingParameter.AVE
layer.phase = TRAIN
layer.pooling_param.kernel_sise
layer.pooling_param.HasField("strid")
layer.pooling_param.stride = "2"
layer.pooling_param = PoolingParameter()
layer.bottom.append(2)
PoolingParameter(kernel=3)
"""
ERRORS = ["has no attribute", "HasField", "Incompatible types", "is read-only", "append",
          "Unexpected keyword argument"]


def test_the_stubs_are_those_of_the_schema():
    assert STUBS.read_text(encoding="utf-8") == stubs(), \
        "caffe.proto changed: run `python -m framework.proto.make_stubs`"


@pytest.mark.slow
def test_mypy_finds_misspelt_fields_and_values_of_other_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "module.py").write_text(MODULE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(ROOT / "setup.cfg"),
         "--cache-dir", str(tmp_path / "cache"), str(tmp_path / "module.py")],
        cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    first = MODULE.split("\n").index("layer.pooling_param.kernel_sise") + 1
    for number, (line, error) in enumerate(zip(lines, ERRORS, strict=True), first):
        assert f"module.py:{number}: " in line and error in line
