"""Logs for dashboards: lines of JSON, and recorders that fail."""

from __future__ import annotations

import errno
import json

import pytest

from framework.logs import recorder
from framework.logs.log import Log
from framework.logs.recorder import JsonLines


def lines_of(path):
    """Each line, read as strict JSON."""
    def wrong(text):
        raise AssertionError(f"{text} is not JSON")
    return [json.loads(line, parse_constant=wrong) for line in path.read_text().splitlines()]


def test_every_event_is_a_line_of_strict_json(tmp_path):
    log = Log(recorders=[JsonLines(tmp_path / "new/log.json")])

    log.info("Solving net\nwith two lines")
    log.values(10, {"lr": 0.5, "loss": float("nan"), "up": float("inf"), "down": float("-inf")})
    log.warning('quote " and \udcff')
    log.close()

    found = lines_of(tmp_path / "new/log.json")
    assert [entry["event"] for entry in found] == ["message", "message", "scalars", "message"]
    assert [(entry["level"], entry["text"]) for entry in found if "text" in entry] == [
        ("I", "Solving net"), ("I", "with two lines"), ("W", 'quote " and \udcff')]
    assert found[0]["source"].startswith("test_recorder.py:")
    assert found[2]["iteration"] == 10
    assert found[2]["values"] == {"lr": 0.5, "loss": "NaN", "up": "Infinity", "down": "-Infinity"}


def test_a_second_run_appends(tmp_path):
    for text in ("first", "second"):
        Log(recorders=[JsonLines(tmp_path / "log.json")]).info(text)

    assert [entry["text"] for entry in lines_of(tmp_path / "log.json")] == ["first", "second"]


def test_events_that_the_disk_does_not_take_are_counted_and_the_run_goes_on(
        tmp_path, monkeypatch, capsys):
    log = Log(recorders=[JsonLines(tmp_path / "log.json")])
    append = recorder.append_to_file

    def full(path, line):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recorder, "append_to_file", full)
    log.values(1, {"loss": 1})          # lost, and so is the warning that says it
    log.values(2, {"loss": 1})
    monkeypatch.setattr(recorder, "append_to_file", append)
    log.values(3, {"loss": 1})
    log.close()

    errors = capsys.readouterr().err
    assert errors.count("log.json: nothing can be written: No space left on device; the run goes "
                        "on") == 1
    assert "3 events could not be written to" in errors
    written = [line for line in (tmp_path / "log.json").read_text().splitlines() if line]
    assert json.loads(written[0])["iteration"] == 3


def test_ranks_without_a_log_record_nothing(tmp_path):
    log = Log(enabled=False, recorders=[JsonLines(tmp_path / "log.json")])

    log.values(1, {"loss": 1})

    assert (tmp_path / "log.json").read_text() == ""


@pytest.mark.parametrize("value", [0.1, 1e-45, 3, -2.5e300])
def test_numbers_are_read_back_as_they_were(value, tmp_path):
    JsonLines(tmp_path / "log.json").values(0, {"x": value})

    assert lines_of(tmp_path / "log.json")[0]["values"]["x"] == value
