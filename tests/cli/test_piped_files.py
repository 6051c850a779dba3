"""Nets and solvers that come through a pipe, as the original reads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from framework.definition.prototxt import read
from framework.errors import SpecError
from framework.system import regular
from tests.solver_runs import NET

ROOT = Path(__file__).resolve().parents[2]
SOLVER = 'net: "{net}" max_iter: 1 base_lr: 0.1 lr_policy: "fixed" snapshot_prefix: "s"\n'


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)


def bash(command: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], input=text, capture_output=True, text=True,
                          check=False, timeout=240)


def test_a_net_through_a_substitution_of_the_shell_is_read():
    done = bash(f"{sys.executable} {ROOT}/tools/inspect --summary <(cat net.prototxt)")
    assert done.returncode == 0 and "/dev/fd/" in done.stdout, done.stderr


@pytest.mark.parametrize("solver, text", [("/dev/stdin", SOLVER.format(net="net.prototxt")),
                                          ("s.prototxt", NET)])
def test_a_solver_or_its_net_through_stdin_trains(solver, text):
    Path("s.prototxt").write_text(SOLVER.format(net="/dev/stdin"))
    done = bash(f"{sys.executable} {ROOT}/tools/caffe train --solver {solver}", text)
    assert done.returncode == 0 and "Optimization Done." in done.stderr, done.stderr


def test_a_pipe_with_more_than_a_file_may_have_is_an_error(monkeypatch):
    monkeypatch.setattr(regular, "MAX_PIPED", 10)
    Path("long").write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="it has more than 10 bytes"):
        regular.read_piped("long")


def test_a_pipe_that_nobody_may_write_to_is_not_waited_for():
    os.mkfifo("pipe")
    with pytest.raises(SpecError, match="pipe: it is a named pipe, not a regular file"):
        read("pipe", "NetParameter")
