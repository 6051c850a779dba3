"""The section of a report that comes from the training's log."""

import pytest

from framework.logs.reader import read_log

LOG = """\
I0101 10:00:00.000000 1 solver.py:1] Iteration 0, loss = 4
I0101 10:00:00.000000 1 solver.py:1]     Train net output #0: loss = 4 (* 1 = 4 loss)
I0101 10:00:01.000000 1 solver.py:1] Iteration 10, loss = 3
I0101 10:00:01.000000 1 solver.py:1]     Train net output #0: loss = 1.5 (* 1 = 1.5 loss)
I0101 10:00:02.000000 1 solver.py:1] Iteration 10, Testing net (#0)
I0101 10:00:02.000000 1 solver.py:1]     Test net output #0: accuracy = 0.5
I0101 10:00:02.000000 1 solver.py:1]     Test net output #1: loss = 2.5 (* 1 = 2.5 loss)
"""


def history_of(text, tmp_path, monkeypatch):
    """The section, and what was drawn: arguments of the charts by their titles."""
    pytest.importorskip("matplotlib")
    from framework.report import figures, history_section

    drawn = {}
    monkeypatch.setattr(figures, "loss_curves", lambda raw, smoothed: drawn.update(
        raw=raw, smoothed=smoothed) or b"")
    monkeypatch.setattr(figures, "curves", lambda title, across, up, lines, share=False:
                        drawn.update({title: (up, lines, share)}) or b"")
    (tmp_path / "log").write_text(text)
    return history_section.history(read_log(tmp_path / "log"), {}), drawn


def test_the_smoothed_loss_is_kept_beside_an_output_called_loss(tmp_path, monkeypatch):
    _, drawn = history_of(LOG, tmp_path, monkeypatch)
    assert drawn["smoothed"] == ([0, 10], [4, 3])
    assert drawn["raw"] == ([0, 10], [4, 1.5])


def test_the_loss_of_a_net_that_also_has_accuracies_is_not_an_accuracy(tmp_path, monkeypatch):
    output = "I0101 10:00:00.000000 1 solver.py:1]     Train net output #1: accuracy = 0.25\n"
    lines = [line for line in LOG.splitlines(keepends=True) if "Test" not in line]
    lines[2] = lines[2].replace("loss = 3", "loss = 1.5")     # smoothed over one iteration
    text = "".join([*lines[:2], output, *lines[2:], output])
    _, drawn = history_of(text, tmp_path, monkeypatch)
    assert drawn["smoothed"] == drawn["raw"] == ([0, 10], [4, 1.5])


def test_a_loss_that_is_not_a_number_is_not_counted_twice(tmp_path, monkeypatch):
    text = LOG.replace("Train net output #0: loss", "Train net output #0: box_loss") \
        .replace("Iteration 10, loss = 3", "Iteration 10, loss = nan")
    _, drawn = history_of(text, tmp_path, monkeypatch)
    assert drawn["raw"] == ([0, 10], [4, 1.5])


def test_a_loss_without_an_output_of_its_name_is_the_sum_of_outputs_that_are_losses(
        tmp_path, monkeypatch):
    text = LOG.replace("Train net output #0: loss = 1.5", "Train net output #0: box_loss = 1.5") \
        .replace("Train net output #0: loss = 4", "Train net output #0: box_loss = 4")
    _, drawn = history_of(text, tmp_path, monkeypatch)
    assert drawn["smoothed"] == ([0, 10], [4, 3]) and drawn["raw"] == ([0, 10], [4, 1.5])


def test_losses_of_tests_have_a_chart_of_their_own(tmp_path, monkeypatch):
    section, drawn = history_of(LOG, tmp_path, monkeypatch)
    assert [chart.name for chart in section.charts] == ["loss", "test", "test_loss"]
    assert drawn["Test: accuracy"] == ("score", {"accuracy": ([10], [0.5])}, True)
    assert drawn["Test: loss"] == ("loss", {"loss": ([10], [2.5])}, False)
