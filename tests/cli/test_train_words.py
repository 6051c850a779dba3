"""What tools/train and tools/test say of a run, beside the original's lines."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import lmdb
import numpy as np
import pytest
import torch

from framework import Net, parse_net
from framework.cli import test as test_program
from framework.cli import train as train_program
from framework.logs.log import Log
from framework.proto import Datum
from framework.solver.testing import Scores, score
from framework.weights.weights import save_weights
from tests.solver_runs import log_of, make

DATA = """
layer { name: "data" type: "Data" top: "data" top: "label"
  data_param { source: "db" batch_size: 3 backend: LMDB } }
"""
NET = DATA + """
layer { name: "bn" type: "BatchNorm" bottom: "data" top: "bn" }
layer { name: "ip" type: "InnerProduct" bottom: "bn" top: "ip"
  inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }
"""
SOLVER = 'net: "net.prototxt" max_iter: 4 display: 1 test_iter: 2 test_interval: 4 snapshot: 4 '


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pixels = np.random.default_rng(5).integers(0, 256, (7, 2 * 5 * 6), np.uint8)
    with lmdb.open("db", map_size=1 << 20) as database, database.begin(write=True) as transaction:
        for index, image in enumerate(pixels):
            datum = Datum(channels=2, height=5, width=6, label=index % 2, data=image.tobytes())
            transaction.put(f"{index:08}".encode(), datum.SerializeToString())
    Path("net.prototxt").write_text(NET)
    return tmp_path


def test_the_last_test_of_a_run_is_of_the_net_that_was_saved():
    solver = make(SOLVER)
    solver.solve()
    logged = [line for line in log_of(solver) if "Test net output #0: loss" in line][-1]
    saved = Net("net.prototxt", "TEST", "s_iter_4.caffemodel")
    saved.seek(2)               # the batches after those of the test at iteration 0
    scores = score(saved, 2, "11point")
    assert scores is not None
    assert float(logged.split(" = ")[1].split()[0]) == pytest.approx(scores.loss, rel=1e-5)
    for name, blobs in saved.params.items():
        for mine, read in zip(solver.net.params[name], blobs, strict=True):
            assert torch.equal(mine, read)


def test_a_run_begins_with_its_device_parameters_and_data(capsys):
    Path("solver.prototxt").write_text(SOLVER + 'base_lr: 0.1 lr_policy: "fixed" '
                                       'snapshot_prefix: "s"')
    assert train_program.main(["solver.prototxt", "--iterations", "1"]) == 0
    text = capsys.readouterr().err
    num_parameters = 2 * 2 * 5 * 6 + 2
    assert re.search(rf"Training on the CPU with \d+ threads?: 3 layers, {num_parameters} param"
                     r"eters to learn in 2 blobs", text)
    assert "Training data: layer 'data' has 7 records, 3 batches of 3" in text
    assert "Test data (#0): layer 'data' has 7 records, 3 batches of 3; a test takes 2 bat" in text


@pytest.mark.parametrize("flags", [[], ["solver.prototxt", "--solver", "solver.prototxt"]])
def test_the_solver_file_is_given_once(flags, capsys):
    with pytest.raises(SystemExit) as ended:
        train_program.main(flags)
    assert ended.value.code == 2
    assert "the solver file must be given once" in capsys.readouterr().err


@pytest.mark.parametrize("program, batches, words", [
    ("tools/test", 3, "2 of them count 2 times in the scores, the others 1"),
    ("caffe test", 50, "3 of them count 22 times in the scores, the others 21"),
])
def test_a_test_without_a_number_takes_all_data_once_and_in_caffe_50_batches(
        program, batches, words, capsys):
    save_weights(Net("net.prototxt"), "w.caffemodel")
    assert test_program.main(["--model", "net.prototxt", "--weights", "w.caffemodel"],
                             program) == 0
    text = capsys.readouterr().err
    assert f"Running for {batches} iterations." in text and words in text


def test_a_net_without_a_loss_has_no_line_of_one(capsys):
    text = DATA + ('layer { name: "q" type: "Silence" bottom: "label" } layer { name: "r" '
                   'type: "Reduction" bottom: "data" top: "sum" }')
    Path("net.prototxt").write_text(text)
    save_weights(Net(parse_net(NET)), "w.caffemodel")
    Path("net.prototxt").write_text(text + 'layer { name: "ip" type: "InnerProduct" bottom: "data" '
                                    'top: "y" inner_product_param { num_output: 2 } }')
    assert test_program.main(["--model", "net.prototxt", "--weights", "w.caffemodel",
                              "--iterations", "1"]) == 0
    assert "Loss" not in capsys.readouterr().err


def test_classes_have_their_names_beside_the_originals_lines():
    lines: list[str] = []

    class Lines(Log):
        def info(self, message: str) -> None:
            lines.append(message)

    scores = Scores(0.0, [("ev", 0.5, 0.0)], {"ev": {1: 0.25, 2: 0.75}},
                    names={1: "box", 2: "disc"})
    scores.log(Lines(), with_loss=False, with_classes=True)
    assert lines[:4] == ["class1: 0.25", "    average precision of box: 0.25", "class2: 0.75",
                         "    average precision of disc: 0.75"]
    assert scores.values("test0") == {"test0/ev": 0.5, "test0/box": 0.25, "test0/disc": 0.75}


def test_a_log_that_is_no_terminal_has_the_time_left_now_and_then(capsys):
    log = Log()
    with log.progress(200, "train"):
        assert log.bar is not None
        log.advance(10)
        log.bar.shown -= 61         # as if a minute had passed
        log.bar.started -= 61
        log.advance(10)
    [line] = capsys.readouterr().err.splitlines()
    assert re.match(r"I\d{4} \S+ +\d+ \S+\] train 20/200  10%  0\.\d/s  9:\d\d left$", line)


def test_warnings_of_modules_go_through_the_log_while_a_bar_is_shown(capsys):
    log = Log()
    with log.progress(2, "train"):
        logging.getLogger("framework.data").warning("record %d is bad", 3)
    logging.getLogger("framework.data").handlers.clear()
    [line] = capsys.readouterr().err.splitlines()
    assert re.match(r"W\d{4} .*\] record 3 is bad$", line)
    assert not logging.getLogger("framework").handlers


def test_weights_that_are_not_there_are_told_before_the_nets_are_built(capsys):
    Path("solver.prototxt").write_text(SOLVER)
    Path("have.caffemodel").touch()
    for word, name in (("none.caffemodel", "none.caffemodel"),
                       ("have.caffemodel, gone.caffemodel", "gone.caffemodel")):
        assert train_program.main(["solver.prototxt", "--weights", word]) == 1
        assert capsys.readouterr().err == \
            f"error: {name}: cannot be read: No such file or directory\n"
