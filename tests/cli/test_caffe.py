"""The program `caffe` and its command `time`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from framework import __version__
from framework.cli.caffe import main

ROOT = Path(__file__).resolve().parents[2]
NET = """name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label"
  dummy_data_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 }
    data_filler { } data_filler { value: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
  inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text('net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" '
                                       'max_iter: 2 snapshot_prefix: "s"')


def test_time_prints_each_layers_times_as_the_original(capsys):
    assert main(["time", "-model", "net.prototxt", "--iterations=2"]) == 0
    lines = [re.sub(r"^\w\d{4} \S+ +\d+ \S+\] ", "", line)
             for line in capsys.readouterr().err.splitlines()]
    # 8 differences of 3, squared, over 2 * 4 items: 9
    assert lines[:5] == ["Performing Forward", "Initial loss: 9", "Performing Backward",
                         "*** Benchmark begins ***", "Testing for 2 iterations."]
    report = lines[lines.index("Average time per layer: ") + 1:]
    for index, name in enumerate(("data", "ip", "loss")):
        assert re.fullmatch(rf" +{name}\tforward: \S+ ms\.", report[2 * index])
        assert re.fullmatch(rf" +{name}\tbackward: \S+ ms\.", report[2 * index + 1])
    assert report[1].endswith("backward: 0 ms.") and not report[3].endswith("backward: 0 ms.")
    assert [line.split(":")[0] for line in report[6:]] == [
        "Average Forward pass", "Average Backward pass", "Average Forward-Backward",
        "Total Time", "*** Benchmark ends ***"]


def test_train_takes_its_flags_before_or_behind(capsys):
    assert main(["-solver=solver.prototxt", "train"]) == 0
    assert Path("s_iter_2.solverstate").exists()


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_help_whose_reader_went_away_is_not_a_traceback(words):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([sys.executable, "-m", "framework", *words], cwd=ROOT, stdout=writing,
                           stderr=subprocess.PIPE)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_an_unknown_command_tells_the_commands(capsys):
    assert main(["trian"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("error: 'trian' is not a command") and "device_query" in errors


def test_an_empty_word_is_named_as_no_command(capsys):
    assert main([""]) == 1
    assert capsys.readouterr().err.startswith("error: '' is not a command\nusage: ")


@pytest.mark.parametrize("flag", ["--nosuchflag", "-gpu=0", "--versoin"])
def test_a_flag_without_a_command_is_an_error(capsys, flag):
    assert main([flag]) == 1
    assert capsys.readouterr().err.startswith(f"error: {flag} is without a command\nusage: ")
    for word in ("--help", "-h"):
        assert main([word]) == 0


@pytest.mark.parametrize("flag", ["--version", "-version"])
def test_the_version_is_told_as_the_original_does(capsys, flag):
    assert main([flag]) == 0
    assert capsys.readouterr().out == f"caffe version {__version__}\n"


def test_device_query_without_a_device_is_an_error(capsys, monkeypatch):
    import torch
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["device_query"]) == 1
    assert capsys.readouterr().err == (f"error: torch {torch.__version__} sees no CUDA device "
                                       "here\n")
