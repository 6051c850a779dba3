"""Flags of gflags and glog, which the original's programs take beside their own."""

from __future__ import annotations

import os
import re

import pytest

from framework.cli import caffe, create_label_map, train
from tests.solver_runs import NET


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "s.prototxt").write_text('net: "net.prototxt" max_iter: 1 base_lr: 0.1\n'
                                         'lr_policy: "fixed" snapshot_prefix: "s" display: 1\n')
    return tmp_path


def lines(capsys, *flags: str, code: int = 0) -> list[str]:
    assert caffe.main(["train", "--solver=s.prototxt", *flags]) == code
    return capsys.readouterr().err.splitlines()


def test_flags_without_a_meaning_here_are_one_warning(capsys):
    flags = ("-v=1", "-stderrthreshold", "2", "--nolog_prefix", "-logbufsecs=0", "-vmodule=net=1")
    found = lines(capsys, *flags)
    assert [line for line in found if line.startswith("warning")] == [
        "warning: -v, -stderrthreshold, -nolog_prefix, -logbufsecs, -vmodule: taken, as the "
        "original's programs do, but without effect here"]
    assert any("Optimization Done." in line for line in found)


def test_minloglevel_leaves_out_the_lines_of_lower_levels(capsys):
    assert lines(capsys, "-minloglevel=1") == []
    assert "GLOG_minloglevel" not in os.environ
    assert any(line.startswith("I") for line in lines(capsys, "-minloglevel", "0"))


def test_the_variable_of_glog_counts_as_its_flag(capsys, monkeypatch):
    monkeypatch.setenv("GLOG_minloglevel", "2")
    assert lines(capsys) == []


def test_a_flagfile_holds_flags(in_folder, capsys):
    (in_folder / "flags").write_text("# of this project\n-iterations=2\n\nother*\n-nonsense=1\n"
                                     "caffe\n--minloglevel=0\n")
    found = lines(capsys, "-flagfile=flags")
    assert any(re.search(r"Iteration 2, loss", line) for line in found)


def test_a_flagfile_that_names_itself_ends(in_folder, capsys):
    (in_folder / "flags").write_text("-flagfile=flags\n")
    assert lines(capsys, "-flagfile=flags", code=1) == [
        "error: -flagfile flags: 20 such files name one another"]


def test_flags_from_the_environment(capsys, monkeypatch):
    assert lines(capsys, "-fromenv=iterations", code=1) == [
        "error: -fromenv: 'iterations' has no variable FLAGS_iterations in the environment"]
    assert any("Iteration 1, loss" in line for line in lines(capsys, "-tryfromenv=iterations"))
    monkeypatch.setenv("FLAGS_iterations", "3")
    assert any("Iteration 3, loss" in line for line in lines(capsys, "-fromenv=iterations"))


@pytest.mark.parametrize("flags, message", [
    (("-minloglevel=4",), "-minloglevel is '4'; it must be from 0, for all lines, over 1, for "
                          "warnings, to 3"),
    (("-minloglevel",), "-minloglevel is given without its value"),
    (("-flagfile=none",), "-flagfile none: cannot be read: No such file or directory"),
])
def test_a_flag_that_cannot_be_taken_is_one_line(flags, message, capsys):
    assert lines(capsys, *flags, code=1) == [f"error: {message}"]


def test_undefok_allows_an_unknown_flag(capsys):
    assert any("Optimization Done." in line for line in lines(capsys, "-undefok=mine", "-mine=3"))


def test_a_near_name_of_an_unknown_flag_is_said(capsys):
    with pytest.raises(SystemExit) as ended:
        train.main(["-solvr", "s.prototxt"])
    assert ended.value.code == 2
    assert "unrecognized arguments: -solvr; did you mean '--solver'?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        train.main(["--solver=s.prototxt", "--nonsense"])
    assert "unrecognized arguments: --nonsense\n" in capsys.readouterr().err


def test_other_programs_of_the_original_take_them_too(in_folder, capsys):
    (in_folder / "names").write_text("car\ncar\n")
    assert create_label_map.main(["-logtostderr", "-v=1", "names", "out"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "warning: -logtostderr, -v: taken, as the original's programs do, but without effect "
        "here", "error: names:2: 'car' is there twice"]
