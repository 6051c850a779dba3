"""The notebooks of docs/ run from the first cell to the last, and are stored with their outputs."""

from __future__ import annotations

import json

import pytest

from docs.generator.notebook import DOCS, run
from framework import Detector


def read(name):
    return json.loads((DOCS / name).read_text(encoding="utf-8"))


def test_the_first_detector_is_trained_and_finds_boxes_in_two_engines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    notebook = read("first_detector.ipynb")

    names = run(notebook, {"ITERATIONS = 300": "ITERATIONS = 2", "threshold=0.5": "threshold=0.02"})

    assert names["training"].solver.iter == 2
    assert isinstance(names["detector"], Detector) and names["faster"].engine.name == "onnxruntime"
    assert len(names["found"]) > 0 and names["found"] == names["detector"](
        "images/59.png", threshold=0.02)
    assert list((tmp_path / "cache").rglob("onnxruntime-*"))


@pytest.mark.parametrize("name", sorted(path.name for path in DOCS.glob("*.ipynb")))
def test_a_notebook_is_stored_with_its_outputs(name):
    cells = [cell for cell in read(name)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {kind for cell in cells for output in cell["outputs"]
             for kind in output.get("data", {})}
    assert {"text/plain", "text/html", "image/png"} <= kinds
    assert "/tmp/" not in json.dumps(cells)
