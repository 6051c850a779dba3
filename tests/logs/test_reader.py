"""Reading logs back: the original's lines, and the tables made of them."""

from __future__ import annotations

import csv
import re
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


ORIGINAL = """Log file created at: 2017/01/01 00:00:00
I0101 00:00:01.000000  42 solver.cpp:243] Iteration 0, loss = 24.5
I0101 00:00:02.000000  42 solver.cpp:259]     Train net output #0: loss = 23 (* 1 = 23 loss)
I0101 00:00:03.000000  42 sgd_solver.cpp:138] Iteration 0, lr = 0.001
I0101 00:00:05.000000  42 solver.cpp:218] Iteration 10 (2.5 iter/s, 4s/10 iters), loss = 1.5
"""


def changed(pattern, replacement):
    return re.sub(pattern, replacement, ORIGINAL, flags=re.MULTILINE)


@pytest.mark.parametrize("text", [
    changed("^I", "[1,0]<stderr>:I"), changed("^I", "[0] I"),
    changed("^I", "2017-01-01T00:00:01.123456789Z I"),
    changed("^(I.*)$", "\x1b[32m\\1\x1b[0m"),
    changed("^I0101", "I20170101"),
    changed("iters\\), ", "iter), 12.5/99.1ep, ")], ids=[
    "mpirun", "ranks", "docker", "colours", "glog 0.5", "epochs"])
def test_logs_of_other_programs_give_the_same_rows(tmp_path, text):
    (tmp_path / "a.log").write_text(text)
    assert text != ORIGINAL
    readings = read_log(tmp_path / "a.log")
    assert readings.train == [
        {"NumIters": 0, "Seconds": 0, "loss": 23, "LearningRate": 0.001},
        {"NumIters": 10, "Seconds": 4, "loss": 1.5}]
    assert readings.smoothed == [(0, 24.5), (10, 1.5)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_logs_with_a_byte_order_mark_are_read(tmp_path, encoding):
    (tmp_path / "a.log").write_text(ORIGINAL, encoding=encoding)
    assert len(read_log(tmp_path / "a.log").train) == 2


@pytest.mark.parametrize("text, value", [
    ("1.#QNAN", np.nan), ("-1.#IND", np.nan), ("1.#INF", np.inf), ("-1.#INF00", -np.inf),
    ("-nan(ind)", np.nan), ("-nan", np.nan), ("1.25e+03", 1250)])
def test_numbers_that_c_writes_are_read(tmp_path, text, value):
    (tmp_path / "a.log").write_text(
        ORIGINAL.replace("loss = 24.5", f"loss = {text}").replace("= 23 ", f"= {text} "))
    readings = read_log(tmp_path / "a.log")
    np.testing.assert_equal([readings.train[0]["loss"], readings.smoothed[0][1]], [value, value])


def test_names_of_outputs_may_have_spaces_and_signs(tmp_path):
    (tmp_path / "a.log").write_text(ORIGINAL.replace("#0: loss", "#0: top 5, all = x"))
    assert read_log(tmp_path / "a.log").train[0]["top 5, all = x"] == 23


@pytest.mark.parametrize("created, first, second, seconds", [
    (2017, "1231 23:59:58", "0101 00:00:01", 3), (2015, "1231 23:59:58", "0229 00:00:00", 5097602),
    (2017, "0228 23:59:58", "0301 00:00:01", 3), (2016, "0228 23:59:58", "0301 00:00:01", 86403),
    (None, "0229 00:00:00", "0301 00:00:00", 86400)])
def test_seconds_go_on_over_new_year_and_leap_days(tmp_path, created, first, second, seconds):
    head = f"Log file created at: {created}/12/31 23:59:58\n" if created else ""
    (tmp_path / "a.log").write_text(
        f"{head}I{first}.000000 1 a:1] x\nI{second}.000000 1 a:1] Iteration 1, loss = 1\n")
    assert read_log(tmp_path / "a.log").train[0]["Seconds"] == seconds


def test_a_time_that_is_not_one_names_its_line(tmp_path):
    (tmp_path / "a.log").write_text(ORIGINAL.replace("00:00:03", "25:00:03"))
    with pytest.raises(DataError, match=r"a.log:4: has a time that is not one: hour must be in"):
        read_log(tmp_path / "a.log")


def test_logs_of_one_name_in_several_folders_are_lines_of_their_own(tmp_path, capsys):
    for run in ("a", "b"):
        (tmp_path / run).mkdir()
        (tmp_path / run / "caffe.INFO").write_text(LOG)
    paths = [tmp_path / run / "caffe.INFO" for run in ("a", "b")]
    assert plot_log.main([*map(str, paths), "--out", str(tmp_path / "p.png")]) == 0
    assert "p.png: 2 lines" in capsys.readouterr().out
    assert plot_log.names_apart(paths) == {paths[0]: "a/caffe.INFO", paths[1]: "b/caffe.INFO"}
    assert plot_log.names_apart([tmp_path / "x.log", paths[0]])[paths[0]] == "caffe.INFO"


def test_values_without_a_finite_one_are_not_drawn(tmp_path, capsys):
    (tmp_path / "a.log").write_text(re.sub("loss = [0-9.]+", "loss = nan", ORIGINAL))
    assert plot_log.main([str(tmp_path / "a.log"), "--out", str(tmp_path / "p.png")]) == 1
    assert "a.log: not one value of 'loss' is finite" in capsys.readouterr().err
    assert not (tmp_path / "p.png").exists()


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
