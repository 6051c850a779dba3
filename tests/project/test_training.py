"""framework.train, from a solver file and from a folder of `caffe new`, and what it gives."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

import framework
from framework.cli.caffe import main
from framework.errors import CaffeError
from tests.cli.test_new import write_images
from tests.solver_runs import NET, PARAMS


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def solver():
    """A solver file of 6 iterations that tests and shows losses."""
    Path("net.prototxt").write_text(NET)
    Path("solver.prototxt").write_text(
        PARAMS + 'net: "net.prototxt" max_iter: 6 display: 2 test_iter: 2 test_interval: 3')
    return "solver.prototxt"


def test_a_training_gives_weights_scores_and_history(solver, capsys):
    done = framework.train(solver)

    assert "Iteration 4, loss = " in capsys.readouterr().err
    assert done.weights == Path("s_iter_6.caffemodel").resolve() and done.weights.is_file()
    assert [iteration for iteration, _ in done.history["train/loss"]] == [0, 2, 4]
    assert [iteration for iteration, _ in done.history["test0/loss"]] == [0, 3, 6]
    assert done.scores == {"test0/loss": done.history["test0/loss"][-1][1]}
    assert f"test0/loss = {done.scores['test0/loss']:.6g}"[:16] in repr(done)
    assert repr(done).startswith("Training: 6 iterations, loss ")
    assert "weights s_iter_6.caffemodel\n" in repr(done)


def test_the_numbers_are_those_of_the_program(solver):
    assert main(["train", "-solver", solver]) == 0
    expected = Path("s_iter_6.caffemodel").read_bytes()
    Path("s_iter_6.caffemodel").unlink()

    done = framework.train(solver, quiet=True)

    assert done.weights.read_bytes() == expected
    for name, blobs in framework.Net("net.prototxt", "TRAIN", weights=done.weights).params.items():
        for blob, trained in zip(blobs, done.net.params[name], strict=True):
            torch.testing.assert_close(blob, trained, rtol=0, atol=0)


def test_quiet_logs_nothing_and_iterations_replace_those_of_the_solver(solver, capsys):
    done = framework.train(solver, iterations=2, quiet=True)

    assert done.solver.iter == 2 and done.weights.name == "s_iter_2.caffemodel"
    assert capsys.readouterr() == ("", "")
    assert repr(done.solver) == "Solver solver.prototxt: SGD, net '', iteration 2 of 2, cpu"
    resumed = framework.train(solver, snapshot="auto", iterations=4, quiet=True)
    assert [iteration for iteration, _ in resumed.history["train/loss"]] == [2]


def test_a_solver_that_writes_no_snapshot_has_no_weights_to_name(solver):
    with open(solver, "a") as file:
        file.write(" snapshot_after_train: false")
    done = framework.train(solver, quiet=True)
    assert done.weights is None and "weights not written" in repr(done)


def test_a_folder_that_caffe_new_did_not_make_is_refused(tmp_path):
    with pytest.raises(CaffeError, match="so it is not a folder that `caffe new` made"):
        framework.train(tmp_path)


def test_a_folder_of_new_is_trained_and_is_a_detector_then(tmp_path):
    write_images(Path("photos"), 15)
    assert main(["new", "detector", "photos", "--out", "found", "--size", "96x128"]) == 0
    with pytest.raises(CaffeError, match="found: has no trained weights yet"):
        framework.Detector("found")

    done = framework.train("found", iterations=2, quiet=True)

    assert Path.cwd() == tmp_path
    assert done.weights == tmp_path / "found/snapshots/detector_iter_2.caffemodel"
    assert done.scores == {}        # 2 iterations are before the first test
    detector = framework.Detector("found")
    assert detector.names == {0: "background", 1: "bar", 2: "disc"}
    assert "images of 96 x 128, 2 classes" in repr(detector)
    os.chdir("found")           # the weights are found from anywhere
    image = cv2.imread(str(tmp_path / "photos/3.png"))
    expected = framework.Detector("deploy.prototxt", done.weights)(image)
    assert detector(image) == framework.Detector(tmp_path / "found")(image) == expected
    assert np.isfinite(expected.boxes).all() and len(expected) > 0
