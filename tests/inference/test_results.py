"""Results of detection: they stay lists, and show columns, JSON, tables and drawings."""

import json
import sys

import cv2
import numpy as np
import pytest

from framework.errors import CaffeError
from framework.evaluation.detection import Detection
from framework.inference.draw_boxes import draw_detections
from framework.inference.results import Results

FOUND = [Detection(3, 0.75, (1.0, 2.0, 31.0, 42.0)), Detection(1, 0.5, (0.0, 0.0, 9.5, 7.25))]
NAMES = {3: "<b>cell & co</b>"}


def image():
    return np.random.default_rng(1).integers(0, 256, (60, 50, 3), np.uint8)


def test_results_are_equal_to_the_plain_list():
    results = Results(FOUND, image(), NAMES)

    assert results == FOUND and results[0] is FOUND[0] and len(results) == 2


def test_columns_have_their_shapes_with_and_without_detections():
    results = Results(FOUND)

    np.testing.assert_array_equal(results.boxes, [[1, 2, 31, 42], [0, 0, 9.5, 7.25]])
    assert results.labels.tolist() == [3, 1] and results.scores.tolist() == [0.75, 0.5]
    assert Results().boxes.shape == (0, 4) and Results().labels.shape == (0,)


def test_json_has_names_and_corners():
    assert json.loads(Results(FOUND, names=NAMES).to_json())[0] == {
        "label": 3, "name": "<b>cell & co</b>", "score": 0.75, "x1": 1, "y1": 2, "x2": 31,
        "y2": 42}


def test_the_drawing_is_that_of_draw_detections():
    drawn = draw_detections(image(), FOUND, NAMES)
    results = Results(FOUND, image(), NAMES)

    np.testing.assert_array_equal(results.plot(), drawn)
    png = np.frombuffer(results._repr_png_(), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(png, cv2.IMREAD_COLOR), drawn)


def test_results_without_an_image_cannot_be_drawn():
    assert Results(FOUND)._repr_png_() is None
    with pytest.raises(CaffeError, match="have no image to draw on"):
        Results(FOUND).plot()


def test_names_are_escaped_in_html_and_long_lists_are_cut():
    text = Results(FOUND * 30, names=NAMES)._repr_html_()

    assert "&lt;b&gt;cell &amp; co&lt;/b&gt;" in text and "<b>cell" not in text
    assert text.count("<tr>") == 51 and "and 10 more" in text


def test_pandas_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(CaffeError, match="to_pandas needs the package pandas"):
        Results(FOUND).to_pandas()


def test_a_table_of_pandas_has_a_row_for_each_detection():
    pytest.importorskip("pandas", reason="pandas is not installed: it makes the table")

    table = Results(FOUND, names=NAMES).to_pandas()

    assert table["label"].tolist() == [3, 1] and table["x2"].tolist() == [31, 9.5]
