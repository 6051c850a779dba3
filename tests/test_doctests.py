"""The examples in docstrings give what they say."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import cv2
import pytest

from tests.quadrants import bright_quarter, write_net

ROOT = Path(__file__).resolve().parents[1]
WITH_EXAMPLES = [path for path in sorted((ROOT / "framework").rglob("*.py"))
                 if ">>> " in path.read_text(encoding="utf-8")]
SOLVER = """
net_param { name: "line"
  layer { name: "data" type: "DummyData" top: "x" top: "y" dummy_data_param {
    shape { dim: 4 dim: 1 } data_filler { value: 1 } data_filler { value: 3 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
    inner_product_param { num_output: 1 } }
  layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "y" top: "loss" } }
base_lr: 0.2 lr_policy: "fixed" max_iter: 100 display: 10 snapshot_prefix: "line"
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The working folder of the examples: a deploy net and its weights, an image, a solver."""
    model, weights = write_net(tmp_path)
    model.write_text('name: "quadrants"\n' + model.read_text())
    weights.rename(tmp_path / "ssd.caffemodel")
    cv2.imwrite(str(tmp_path / "image.png"), bright_quarter(40, 60, 1, 1))
    (tmp_path / "solver.prototxt").write_text(SOLVER)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_give_what_they_say(path, files, capsys):
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert tried and not failed, capsys.readouterr().out


def test_the_examples_of_the_python_api_give_what_they_say(files, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    page = ROOT / "docs" / "python_api.md"
    blocks = re.findall(r"^```pycon\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page.name, str(page), 0)
    found = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples)
    assert found.attempted > 10 and not found.failed, capsys.readouterr().out


def test_the_classes_that_users_meet_have_examples():
    named = {str(path.relative_to(ROOT / "framework")) for path in WITH_EXAMPLES}
    assert named >= {"inference/detector.py", "inference/results.py", "net/net.py",
                     "project/training.py"}
