"""Flags that argparse takes without a word, though they cannot mean what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.cli import (
    classify,
    convert_imageset,
    parse_log,
    plot_log,
    report,
    test,
    train,
    upgrade_net,
    upgrade_solver,
)
from framework.cli.project_folder import flags_of
from tests.solver_runs import NET


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text('name: "small"\n' + NET)
    (tmp_path / "s.prototxt").write_text('net: "net.prototxt" max_iter: 1 base_lr: 0.1\n'
                                         'lr_policy: "fixed" snapshot_prefix: "s"\n')
    return tmp_path


def said(capsys, tool, *flags: str) -> str:
    assert tool.main(list(flags)) == 1
    output = capsys.readouterr().err
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("tool, flags, message", [
    (classify, ["--model", "n", "--weights", "w", "--scale", "nan", "a.png"],
     "--scale is nan; it must be a finite number"),
    (classify, ["--model", "n", "--weights", "w", "--scale=-inf", "a.png"], "--scale is -inf"),
])
def test_a_flag_that_cannot_mean_what_it_says_is_one_line(tool, flags, message, capsys):
    output = said(capsys, tool, *flags)
    assert output.startswith(f"error: {message}") and output.count("\n") == 1


@pytest.mark.parametrize("flags, message", [
    (["--shuffle", "--noshuffle"], "--shuffle is given 2 times; the last, 'false', counts"),
    (["--seed", "1", "--seed=2", "--seed=1"], "--seed is given 3 times; the last, '1', counts"),
])
def test_of_other_flags_the_last_value_counts_and_is_named(flags, message, capsys):
    output = said(capsys, convert_imageset, *flags, "absent", "b", "c")
    assert output.startswith(f"warning: {message}\nerror: absent: no such folder")


@pytest.mark.parametrize("flags, message", [
    (["--solver", "absent", "--solver=s.prototxt"],
     "--solver is given 2 times; the last, 's.prototxt', counts"),
    (["--weights", "a", "--weights="],
     "--weights is given 2 times; the last, '', counts; several files have commas between them\n"
     "warning: --weights is empty, which is as if it were not given"),
    (["--snapshot="], "--snapshot is empty, which is as if it were not given"),
])
def test_names_of_files_count_as_with_gflags_and_are_named(flags, message, capsys):
    if flags[0] != "--solver":
        flags = ["--solver", "s.prototxt", *flags]
    assert train.main(flags) == 0
    assert capsys.readouterr().err.startswith(f"warning: {message}\n")


def test_an_empty_name_of_a_file_that_must_be_given_is_missing(capsys):
    assert "--model" in said(capsys, test, "--model=", "--weights", "w")


def test_the_same_value_twice_is_no_mistake(capsys):
    assert train.main(["--solver", "s.prototxt", "--solver=s.prototxt"]) == 0


def test_an_unset_weights_is_none(capsys):
    assert train.main(["--solver", "s.prototxt"]) == 0


def test_another_kind_of_file_is_named_by_the_tools_that_upgrade(capsys):
    assert said(capsys, upgrade_net, "s.prototxt", "o") == \
        "error: s.prototxt: is a solver file, not a net; give the net that its field names\n"
    assert "net.prototxt: is a net, not a solver file" in \
        said(capsys, upgrade_solver, "net.prototxt", "o")


@pytest.mark.parametrize("tool, flags", [(parse_log, ["run"]),
                                         (plot_log, ["run", "--out", "x.png"])])
def test_the_log_in_a_folder_is_named(tool, flags, tmp_path, capsys):
    Path("run").mkdir()
    assert "run: is a folder, not the log of a training, and has no log in it (caffe.INFO)" in \
        said(capsys, tool, *flags)
    Path("run/caffe.host.me.log.INFO.20261129-1.7").write_text("")
    assert "run: is a folder, not the log of a training; the log in it is run/caffe.host.me.log" \
        in said(capsys, tool, *flags)
    Path("run/log").mkdir()
    Path("run/log/caffe.INFO").write_text("")
    assert "; the log in it is run/log/caffe.INFO\n" in said(capsys, tool, *flags)


def test_a_report_of_nothing_names_it(capsys):
    assert said(capsys, report, "nope") == "error: nope: there is no such folder or file\n"


def test_a_file_where_a_folder_must_be_is_called_so(tmp_path, capsys):
    Path("list").write_text("s.prototxt 1\n")
    assert said(capsys, convert_imageset, ".", "list", "s.prototxt/db") == \
        f"error: {tmp_path}/s.prototxt: is a file, not a folder\n"
    Path("t.prototxt").write_text(Path("s.prototxt").read_text().replace('"s"', '"s.prototxt/x"'))
    assert "snapshot_prefix is 's.prototxt/x'; nothing can be written there: s.prototxt is a " \
           "file, not a folder" in said(capsys, train, "--solver", "t.prototxt")


@pytest.mark.parametrize("command, flags, name", [
    ("train", ["--solver", "own.prototxt"], "--solver"),
    ("detect", ["--label_map_file=m", "--weights", "w"], "--label"),
    ("detect", ["--labelmap", "m", "--weights=w"], "--label"),
])
def test_a_flag_for_a_folder_is_given_in_place_of_its_own(command, flags, name, tmp_path):
    """Both would be one flag with two values."""
    folder = tmp_path / "cells"
    folder.mkdir()
    (folder / "deploy.prototxt").write_text("")
    (folder / "solver.prototxt").write_text('eval_type: "detection"')
    with flags_of(command, [str(folder), *flags]) as found:
        given = [word for word in found if word.startswith(name)]
    assert len(given) == 1
    assert command != "train" or str(tmp_path / "own.prototxt") in found
