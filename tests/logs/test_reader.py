"""Reading logs back: the original's lines, and the tables made of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from framework.cli import parse_log, plot_log
from framework.errors import DataError
from framework.logs.reader import read_log
from framework.report.log_plot import span

LOG = """Log file created at: 2017/01/01 00:00:00
I0101 23:59:58.500000  4242 solver.cpp:75] Solving VGG_VOC0712_SSD_300x300_train
I0101 23:59:59.000000  4242 solver.cpp:433] Iteration 0, Testing net (#0)
I0101 23:59:59.250000  4242 solver.cpp:540] class1: 0.5
I0101 23:59:59.250000  4242 solver.cpp:546]     Test net output #0: detection_eval = 0.25
I0102 00:00:00.500000  4242 solver.cpp:243] Iteration 0, loss = 24.5
I0102 00:00:00.500000  4242 solver.cpp:259]     Train net output #0: mbox_loss = 23 (* 1 = 23 loss)
I0102 00:00:00.500000  4242 sgd_solver.cpp:138] Iteration 0, lr = 0.001
I0102 00:00:01.500000  4242 solver.cpp:218] Iteration 10 (2.5 iter/s, 4s/10 iters), loss = 1e-05
I0102 00:00:01.500000  4242 solver.cpp:259]     Train net output #0: a = 3
I0102 00:00:01.500000  4242 solver.cpp:259]     Train net output #1: a = nan
I0102 00:00:02.500000  4242 solver.cpp:433] Iteration 10, Testing net (#1)
I0102 00:00:02.500000  4242 solver.cpp:400] Test loss: 0.75
"""


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "train.log"
    path.write_text(LOG)
    return path


def test_rows_have_iterations_seconds_rates_losses_and_outputs(log):
    readings = read_log(log)
    assert readings.test == [
        {"NumIters": 0, "Seconds": 1.0, "class1": 0.5, "detection_eval": 0.25},
        {"NumIters": 10, "Seconds": 4.5, "net": 1, "test_loss": 0.75}]
    assert readings.train[0] == {"NumIters": 0, "Seconds": 2.5, "loss": 24.5, "mbox_loss": 23,
                                 "LearningRate": 0.001}
    assert readings.train[1]["loss"] == 1e-5 and readings.train[1]["a"] == 3
    assert np.isnan(readings.train[1]["a_1"])


def test_the_values_of_one_output_are_columns_with_running_numbers(tmp_path):
    path = tmp_path / "train.log"
    path.write_text(LOG + "".join(
        f"I0102 00:00:03.500000  4242 solver.cpp:411]     Test net output #{number}: "
        f"accuracy = {number / 4}\n" for number in range(4)))
    row = read_log(path).test[-1]
    values = {name: value for name, value in row.items() if name.startswith("accuracy")}
    assert values == {"accuracy": 0, "accuracy_1": 0.25, "accuracy_2": 0.5, "accuracy_3": 0.75}


def test_tables_are_written_beside_each_other(log, capsys):
    assert parse_log.main([str(log), str(log.parent / "out"), "--delimiter", ";"]) == 0
    with open(log.parent / "out" / "train.log.train") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == ["NumIters", "Seconds", "loss", "mbox_loss", "LearningRate", "a", "a_1"]
    assert rows[2] == ["10", "3.5", "1e-05", "", "", "3", "nan"]
    assert (log.parent / "out" / "train.log.test").exists()


@pytest.mark.parametrize("name", ["=cmd|x", "+1", "-2", "@sum"])
def test_a_name_that_begins_like_a_formula_gets_an_apostrophe(tmp_path, name):
    (tmp_path / "log").write_text(
        "I0102 03:04:05.678901 12 solver.cpp:1] Iteration 10, loss = 1.5\n"
        f"I0102 03:04:05.678901 12 solver.cpp:1]     Train net output #0: {name} = -3\n")
    assert parse_log.main([str(tmp_path / "log"), str(tmp_path)]) == 0
    header, values = csv.reader((tmp_path / "log.train").read_text().splitlines())
    assert header[-1] == f"'{name}" and values[-1] == "-3"


def test_a_image_is_drawn(log, capsys):
    out = log.parent / "p.png"
    assert plot_log.main([str(log), "--out", str(out), "--fields", "loss,detection_eval"]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "2 lines" in capsys.readouterr().out


@pytest.mark.parametrize("delimiter", ["", ";;", "\n", '"'])
def test_a_delimiter_is_one_sign(log, capsys, delimiter):
    with pytest.raises(SystemExit, match="2"):
        parse_log.main([str(log), str(log.parent / "out"), "--delimiter", delimiter])
    assert "is not one sign, as ; is" in capsys.readouterr().err


@pytest.mark.parametrize("main", [plot_log.main, parse_log.main])
def test_a_device_is_no_log(capsys, main):
    """/dev/zero would fill the memory."""
    assert main(["/dev/null"]) == 1
    assert "/dev/null: it is a device, not a regular file" in capsys.readouterr().err


def test_a_field_that_is_not_there_is_named(log, capsys):
    assert plot_log.main([str(log), "--fields", "detection_evil"]) == 1
    assert "did you mean 'detection_eval'?" in capsys.readouterr().err


def test_a_file_that_is_no_log_is_refused(tmp_path):
    (tmp_path / "a.log").write_text("nothing\n")
    with pytest.raises(DataError, match="no line of an iteration"):
        read_log(tmp_path / "a.log")


@pytest.mark.parametrize("values, ticks", [
    ([0.0, 12.0], (0, 2, 4, 6, 8, 10, 12)), ([0.31, 0.52], (0.3, 0.35, 0.4, 0.45, 0.5, 0.55)),
    ([float("nan"), 7.0], (6.4, 6.6, 6.8, 7.0, 7.2, 7.4, 7.6))])
def test_ticks_are_round_and_span_the_finite_values(values, ticks):
    assert span(values).ticks == pytest.approx(ticks)


@pytest.mark.parametrize("name", ["p", "p.xyz"])
def test_a_drawing_of_no_known_kind_is_one_line(log, capsys, name):
    out = log.parent / name
    assert plot_log.main([str(log), "--out", str(out)]) == 1
    assert capsys.readouterr().err == f"error: {out}: the name must end in .png or .jpg\n"
