"""A log never ends the run whose lines it writes."""

from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from framework.cli import app
from framework.definition.prototxt import parse
from framework.logs import outlet
from framework.logs.log import Log
from framework.solver.solver import Solver
from framework.system.progress import Progress
from tests.solver_runs import NET, PARAMS


def test_the_bar_goes_on_by_one_or_by_what_is_said():
    log, steps = Log(), []
    log.advance()                   # there is no bar
    log.bar = SimpleNamespace(advance=lambda *step: steps.append(step))
    log.advance()
    log.advance(3, "so far")
    assert steps == [(1, None), (3, "so far")]


class Torn:
    """A terminal that was lost after `left` lines."""

    def __init__(self, left: int):
        self.left, self.lines = left, list[str]()
        self.closed = False

    def write(self, text: str) -> None:
        if self.left == 0:
            raise OSError(errno.EIO, "Input/output error")
        self.left -= 1
        self.lines.append(text)

    def flush(self) -> None:
        if self.left == 0:
            raise OSError(errno.EIO, "Input/output error")

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise outlet.io.UnsupportedOperation


def test_a_run_outlives_the_terminal_of_its_log_and_of_its_bar(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stderr", Torn(9))
    document = parse(PARAMS + f"max_iter: 40 display: 1 net_param {{ {NET} }}", "SolverParameter",
                     "solver.prototxt")
    Solver(document, log=Log()).solve()
    assert (tmp_path / "s_iter_40.solverstate").exists()


def test_lines_that_a_full_disk_does_not_take_are_counted_on_stderr_and_in_the_file(
        tmp_path, monkeypatch, capsys):
    log, append = Log(folder=str(tmp_path)), outlet._write_whole

    def full(number: int, line: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    log.info("one")
    monkeypatch.setattr(outlet, "_write_whole", full)
    for _ in range(3):
        log.info("lost in the file")
    monkeypatch.setattr(outlet, "_write_whole", append)
    log.info("two")
    [path] = [path for path in tmp_path.iterdir() if not path.is_symlink()]
    assert [line.split("] ")[1] for line in path.read_text().split("\n") if line] == [
        "one", "two", f"3 lines of the log could not be written to {path}"]
    said = [line.split("] ")[1] for line in capsys.readouterr().err.splitlines() if "W" in line[:1]]
    assert said == [f"The log cannot be written to {path}: No space left on device; the run goes "
                    "on", f"3 lines of the log could not be written to {path}"]


def test_what_is_lost_to_the_end_is_said_when_the_log_is_closed(tmp_path, monkeypatch, capsys):
    log = Log(folder=str(tmp_path / "logs"))
    monkeypatch.setattr(outlet, "open", lambda *args, **kwargs: os.open("/none/at/all", 0),
                        raising=False)
    log.info("one")
    log.close()
    assert "1 line of the log could not be written to" in capsys.readouterr().err


@pytest.mark.parametrize("stream", ["closed", "none"])
def test_a_log_without_stderr_raises_nothing(stream, monkeypatch, tmp_path):
    with open(tmp_path / "a", "w") as file:
        pass
    monkeypatch.setattr(sys, "stderr", None if stream == "none" else file)
    log = Log()
    log.info("one")
    with log.progress(3, "train"):
        log.advance()
    log.close()


def test_a_display_that_is_lost_does_not_end_the_work():
    with Progress(3, "read", Torn(1), clock=iter(range(100)).__next__) as progress:
        progress.advance()
        progress.write("note: something")
        progress.advance()
    assert progress.done == 2


def test_output_that_nobody_reads_ends_a_program_quietly(monkeypatch, capfd):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        assert app.run(lambda options: print("x" * 10), argparse.ArgumentParser(), []) == 1
    assert capfd.readouterr().err == ""


def test_a_standard_stream_that_was_closed_lends_its_number_to_no_other_file(tmp_path):
    code = ("import os, sys; from framework.cli import app; import argparse\n"
            "def f(options):\n    print('x', file=sys.stderr)\n"
            "    number = os.open('a', os.O_CREAT)\n"
            "    open('b', 'w').write(str(number))\n"
            "sys.exit(app.run(f, argparse.ArgumentParser(), []))")
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(["sh", "-c", 'exec "$0" -c "$1" 2>&- 1>&-', sys.executable, code],
                          cwd=tmp_path, env={**os.environ, "PYTHONPATH": root}, timeout=60)
    assert done.returncode == 0 and int((tmp_path / "b").read_text()) > 2
