"""The files of a report: what an interrupted one leaves, and the next one."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from framework.report import training_report
from framework.report.page import Chart, Section


class Killed(BaseException):
    """Ends the process, which then changes nothing more."""


def report(folder: Path, page: str, charts: str) -> None:
    training_report._write(folder, [Section("A", charts=[
        Chart(name, f"{page} {name}".encode(), "alt") for name in charts])], page)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()
            if not path.name.startswith(".partial-")}


def test_a_report_killed_before_any_change_leaves_whole_files_and_the_next_one_is_complete(
        tmp_path, monkeypatch):
    """The earlier report has the charts a and b, the later one b and c."""
    for name, page, charts in (("old", "old", "ab"), ("new", "new", "bc")):
        (tmp_path / name).mkdir()
        report(tmp_path / name, page, charts)
    old, new = content(tmp_path / "old"), content(tmp_path / "new")
    left = 0
    real_replace, real_unlink = os.replace, Path.unlink

    def count() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    def replace(*paths: Path) -> None:
        count()
        real_replace(*paths)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if not path.name.startswith(".partial-"):
            count()
        real_unlink(path, missing_ok)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    for kills in itertools.count():
        folder = tmp_path / f"killed_{kills}"
        folder.mkdir()
        left = 99
        report(folder, "old", "ab")
        left = kills
        try:
            report(folder, "new", "bc")
        except Killed:
            pass
        else:
            break
        found = content(folder)
        for name, text in found.items():
            assert text in (old.get(name), new.get(name)) or name == "files.txt"
        complete = old if found["index.html"] == "old" else new
        assert complete.keys() <= found.keys()
        left = 99
        report(folder, "new", "bc")
        assert content(folder) == new
    assert kills == 6       # two lists, two charts, the page, and the chart that is removed
