"""`caffe report`: a page and its charts from a trained folder or net, or one line why not."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import signal
import sys
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.caffe import main
from framework.errors import DataError
from framework.logs.reader import read_log
from framework.report.history_section import read_logs
from tests.cli.test_new import write_images

pytest.importorskip("matplotlib", reason="reports are drawn with matplotlib")

ODD_NAME = "<b>disc & \"Ж\" \U000e0fff"       # no font has the last letter


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of `caffe new` after two iterations, beside it what the training printed; one class
    has an odd name."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_images(folder / "photos", 15)
        assert main(["new", "detector", "photos", "--out", "found", "--size", "96x128"]) == 0
        names = Path("found/data/labelmap.prototxt")
        odd = ODD_NAME.replace('"', '\\"')
        names.write_text(names.read_text().replace('display_name: "disc"',
                                                   f'display_name: "{odd}"'), encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            assert main(["train", "found", "--iterations", "2"]) == 0
        (folder / "printed").write_text(printed.getvalue(), encoding="utf-8")
    return folder / "found"


@pytest.fixture
def found(trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(trained, tmp_path / "found").name)


class Page(HTMLParser):
    """What of a page matters to those who do not see it, and what it would load."""

    def __init__(self, text: str):
        super().__init__()
        self.alts: list[str | None] = []
        self.loaded: list[str] = []
        self.headings: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.add(tag)
        if tag == "img":
            self.alts.append(given.get("alt"))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(tag)
        self.loaded += [value for name, value in attributes
                        if name in ("src", "href") and not value.startswith(("data:", "#"))]


def test_training_a_folder_ends_with_a_page_that_needs_nothing_else(trained):
    found = trained
    printed = (found.parent / "printed").read_text(encoding="utf-8")
    assert "No font of this machine has the letters \U000e0fff" in printed
    assert printed.endswith(f"report: {found}/report/index.html\n")
    text = (found / "report/index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not page.loaded and not page.tags & {"script", "link", "b"}
    assert all(page.alts) and page.headings[0] == "h1" and set(page.headings[1:]) == {"h2"}
    assert "2 &lt;b&gt;disc &amp; &quot;Ж&quot;" in text
    charts = {path.stem for path in (found / "report").glob("*.png")}
    assert {"loss", "rate", "confusion", "precision_recall_1", "calibration", "sizes",
            "errors", "gains", "classes", "labels", "batch", "worst_01"} <= charts
    assert len(charts) == len(page.alts)
    for title in ("Training", "Classes", "Errors by kind", "Speed", "What the net sees"):
        assert f">{title}</h2>" in text
    assert "One image at a time" in text


def test_images_that_count_several_times_are_told(found, capsys):
    assert main(["report", "found", "--iterations", "4"]) == 0
    assert re.search(r"note: 4 batches of \d+ are \d+ records, and layer '\S+' has 3, so that .* "
                     r"in the scores; \d+ batches take them all\n", capsys.readouterr().err)


def test_a_later_report_replaces_an_earlier_one_and_nothing_else(found):
    (found / "report/mine.png").touch()
    (found / "report/worst_99.png").touch()
    listing = found / "report/files.txt"
    listing.write_text(listing.read_text() + "worst_99.png\n../solver.prototxt\n")
    assert main(["report", "found", "--iterations", "1"]) == 0
    # an earlier report's image goes, what is not of a report stays
    assert not (found / "report/worst_99.png").exists()
    assert (found / "report/mine.png").exists() and (found / "solver.prototxt").exists()


def test_without_matplotlib_the_training_ends_well_and_says_so(found, monkeypatch, capsys):
    shutil.rmtree(found / "report")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["report", "found"]) == 1
    assert "error: reports need the package matplotlib: pip install" in capsys.readouterr().err
    assert main(["train", "found", "--iterations", "1"]) == 0
    assert "no report: reports need the package matplotlib" in capsys.readouterr().err
    assert main(["train", "found", "--iterations", "1", "--no-report"]) == 0
    assert "no report" not in capsys.readouterr().err
    assert not (found / "report").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_training_that_a_signal_stopped_ends_without_a_report(found, monkeypatch, capsys, number):
    shutil.rmtree(found / "report")
    monkeypatch.setattr("framework.cli.train.log_start", lambda solver: signal.raise_signal(number))
    assert main(["train", "found", "--iterations", "50"]) == 0
    errors = capsys.readouterr().err
    assert "Optimization stopped early." in errors
    assert errors.endswith("no report: the training was stopped; `caffe report found` writes one\n")
    assert not (found / "report").exists()


def test_what_cannot_be_reported_on_is_one_line(found, capsys):
    def error(*words: str) -> str:
        assert main(["report", *words]) == 1
        lines = capsys.readouterr().err.strip().split("\n")
        assert lines[-1].startswith("error: ") and "Traceback" not in "".join(lines)
        return lines[-1]

    weights = str(next(found.glob("snapshots/*.caffemodel")))
    assert "a net and --weights" in error("--model", str(found / "deploy.prototxt"))
    assert "has no data layer in the phase TEST" in error(
        str(found / "deploy.prototxt"), "--weights", weights)
    assert "other.log: there is no such file" in error("found", "--log", "other.log")
    log = ("I1122 13:27:44.123456  1234 solver.py:42] Iteration 10, Testing net (#0)\n"
           "I1122 13:27:44.123456  1234 solver.py:42]     Test net output #0: accuracy = 0.5\n")
    Path("other.log").write_text(log)
    assert "other.log: is the log of another net: it has tests with 'accuracy'" in error(
        "found", "--log", "other.log")
    Path("other.log").write_text(log.replace("    Test net output #0: accuracy =", "class7:"))
    assert "is the log of another net: it has tests with 'class7'" in error(
        "found", "--log", "other.log")
    shutil.rmtree(found / "data/test")
    assert "data/test" in error("found")
    shutil.rmtree(found / "snapshots")
    assert "found: has no trained weights yet" in error("found")
    Path("empty").mkdir()
    assert "empty: has no solver.prototxt" in error("empty")


CLASSIFIER = """name: "grey"
layer { name: "data" type: "ImageData" top: "data" top: "label"
  image_data_param { source: "list.txt" batch_size: 4 is_color: false } }
layer { name: "mean" type: "Pooling" bottom: "data" top: "mean"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "scores" type: "InnerProduct" bottom: "mean" top: "scores"
  inner_product_param { num_output: 3 } }
layer { name: "accuracy" type: "Accuracy" bottom: "scores" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "scores" bottom: "label" top: "loss" }
"""


def test_a_classifier_gets_its_accuracy_confusion_and_worst_images(tmp_path, monkeypatch, capsys):
    # lazy: only here
    import torch

    from framework.net.net import Net
    from framework.weights.weights import save_weights

    monkeypatch.chdir(tmp_path)
    # grey 50, 150, 250 are the classes 0, 1, 2; one image of the third has the label 0
    greys = [(50, 0), (150, 1), (250, 2), (50, 0), (150, 1), (250, 0)]
    for index, (grey, _) in enumerate(greys):
        cv2.imwrite(f"{index}.png", np.full((9, 12), grey, np.uint8))
    Path("list.txt").write_text("".join(f"{index}.png {label}\n"
                                        for index, (_, label) in enumerate(greys)))
    Path("net.prototxt").write_text(CLASSIFIER)
    net = Net("net.prototxt", "TEST")
    with torch.no_grad():       # -(grey - center)^2 / 1000 without the part that all have
        centers = torch.tensor([50.0, 150, 250])
        net.layer("scores").blobs[0].copy_(2 * centers[:, None] / 1000)
        net.layer("scores").blobs[1].copy_(-centers ** 2 / 1000)
    save_weights(net, "net.caffemodel")
    net.close()
    assert main(["report", "net.prototxt", "--weights", "net.caffemodel"]) == 0
    text = Path("report/index.html").read_text()
    assert "there is no log of the training" in capsys.readouterr().out
    assert "top 1 0.8333" in text           # 5 of 6, though the last batch begins anew
    assert "class 0 as class 2: 1" in text
    assert "Image 6 of the test data: class 0 with 0.000, found as class 2" in text


def line(text: str) -> str:
    return f"I1122 13:27:44.123456  1234 solver.py:42] {text}\n"


def test_logs_of_a_continued_training_make_one_history(tmp_path):
    for name, iterations in (("a.log.INFO.20260101-1.1", (0, 10, 20, 30)),
                             ("a.log.INFO.20260102-1.1", (20, 30, 40))):
        (tmp_path / name).write_text("".join(
            line(f"Iteration {number}, loss = {number + len(iterations)}")
            for number in iterations))
    (tmp_path / "a.log.INFO.20260103-1.1").write_text(line("no iteration at all"))
    rows = read_logs(tmp_path).train
    assert [(row["NumIters"], row["loss"]) for row in rows] == \
        [(0, 4), (10, 14), (20, 23), (30, 33), (40, 43)]
    assert read_log(tmp_path / "a.log.INFO.20260102-1.1").train == rows[2:]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: has no log of a training"):
        read_logs(tmp_path / "empty")
