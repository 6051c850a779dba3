"""POST /detect and /classify: images in, boxes and classes out."""

import math

import cv2
import numpy as np
import pytest

from framework.serve.settings import Settings
from tests.quadrants import bright_quarter
from tests.serve.serving import BRIGHT, ask, classifier, png, quadrants, run, yolo

BOX = [30, 20, 60, 40]          # the lower right quarter of 60 x 40
SCORE = 1 / (1 + math.exp(-20 * (220 - 100) * 0.01))


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    return {"quads": quadrants(tmp_path_factory.mktemp("quads")),
            "colours": classifier(tmp_path_factory.mktemp("colours"))}


@pytest.mark.parametrize("request_form", [{"content": BRIGHT},
                                          {"files": {"image": ("a.png", BRIGHT, "image/png")}}])
def test_an_image_as_body_or_in_a_form_gives_boxes_in_its_pixels(nets, request_form):
    answer = ask(nets, "POST", "/detect", **request_form)
    assert answer.status_code == 200, answer.text
    content = answer.json()
    assert (content["model"], content["width"], content["height"]) == ("quads", 60, 40)
    (found,) = content["detections"]
    assert (found["label"], found["name"], found["box"]) == (1, "<b>bright", BOX)
    assert found["score"] == pytest.approx(SCORE, abs=1e-6)


@pytest.mark.parametrize("query, number", [("", 1), ("?threshold=0", 4), ("?threshold=0.5", 1)])
def test_the_threshold_of_a_request_counts(nets, query, number):
    assert len(ask(nets, "POST", f"/detect{query}", content=BRIGHT).json()["detections"]) == number


@pytest.mark.parametrize("query, accept, kind", [
    ("?output=image", "*/*", "image/jpeg"), ("", "image/png", "image/png"),
    ("?output=image", "image/png;q=0.9", "image/png"), ("", "image/*", "image/jpeg"),
    ("?output=json", "image/png", "application/json"),
    ("", "application/json, image/png", "application/json")])
def test_an_annotated_image_is_given_where_it_is_asked_for(nets, query, accept, kind):
    answer = ask(nets, "POST", f"/detect{query}", content=BRIGHT, headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    if kind != "application/json":
        drawn = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
        # a small image is enlarged; its plain corner stays dark, and a coloured frame is drawn
        assert min(drawn.shape[:2]) >= 40 and np.ptp(drawn.astype(int), axis=2).max() > 100


def test_a_net_with_boxes_of_yolo_is_a_detector(tmp_path):
    content = ask({"cells": yolo(tmp_path)}, "POST", "/detect", content=BRIGHT).json()
    assert [(one["label"], one["box"]) for one in content["detections"]] == [(1, [30, 20, 60, 40])]


def test_a_photograph_is_turned_as_viewers_show_it(nets):
    """Orientation 6: the first row of the file is the right side of the image."""
    stored = bright_quarter(40, 60, 0, 0)
    exif = (b"Exif\0\0MM\0*\0\0\0\x08" + (1).to_bytes(2) + (274).to_bytes(2) + (3).to_bytes(2)
            + (1).to_bytes(4) + (6).to_bytes(2) + bytes(6))
    jpeg = png(stored, ".jpg")
    photo = jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + jpeg[2:]
    content = ask(nets, "POST", "/detect", content=photo).json()
    assert (content["width"], content["height"]) == (40, 60)
    assert content["detections"][0]["box"] == [20, 0, 40, 30]


def test_a_classifier_gives_its_best_classes_by_name(nets):
    image = np.full((20, 30, 3), (60, 110, 90), np.uint8)
    content = ask(nets, "POST", "/classify", content=png(image)).json()
    values = np.exp(np.array([-0.4, 0.1, -0.1]))
    assert [one["name"] for one in content["classes"]] == ["green", "red", "blue"]
    np.testing.assert_allclose([one["score"] for one in content["classes"]],
                               (values / values.sum())[[1, 2, 0]], atol=1e-6)


@pytest.mark.parametrize("method, path, content, status, text", [
    ("POST", "/detect", b"", 415, "the body is empty; it must be an image"),
    ("POST", "/detect", b"hello", 415, "it must be a JPEG, PNG, BMP or WebP file"),
    ("POST", "/detect", b"II*\0" + bytes(90), 415, "is not an image"),
    ("POST", "/detect", BRIGHT[:60], 400, "the image cannot be used"),
    ("POST", "/detect", BRIGHT[:14], 400, "cut short within its header"),
    ("POST", "/detect?threshold=2", BRIGHT, 400, "threshold is '2'; it must be a number from 0"),
    ("POST", "/detect?threshold=nan", BRIGHT, 400, "threshold is 'nan'"),
    ("POST", "/detect?output=xml", BRIGHT, 400, "output is 'xml'; it must be json or image"),
    ("POST", "/detect?thresh=1", BRIGHT, 400, "'thresh' is not a parameter"),
    ("POST", "/detect?threshold=0.1&threshold=1", BRIGHT, 400, "a parameter is given twice"),
    ("POST", "/detect?model=../q", BRIGHT, 404, "there is no model '../q'; there are quads, col"),
    ("POST", "/detect?model=colours", BRIGHT, 400, "is called by POST /classify"),
    ("POST", "/classify?threshold=0.5", BRIGHT, 400, "'threshold' is not a parameter of a class"),
    ("POST", "/classify?output=image", BRIGHT, 400, "of a classifier; it has model"),
    ("POST", "/classify?model=quads", BRIGHT, 400, "is called by POST /detect"),
    ("GET", "/detect", None, 405, "GET is not a method of this path"),
    ("GET", "/etc/passwd", None, 404, "there is nothing at this path"),
])
def test_what_cannot_be_answered_is_a_status_and_one_line_of_json(nets, method, path, content,
                                                                 status, text):
    answer = ask(nets, method, path, content=content)
    assert answer.status_code == status
    assert text in answer.json()["error"] and answer.text.count("\n") == 1


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded(nets):
    """30,000 x 30,000 pixels in a few bytes: only the header is sound."""
    huge = bytearray(BRIGHT)
    huge[16:24] = (30_000).to_bytes(4) * 2
    answer = ask(nets, "POST", "/detect", content=bytes(huge))
    assert answer.status_code == 413
    assert "has 30000 x 30000 pixels, more than 134217728" in answer.json()["error"]


@pytest.mark.parametrize("body, text", [
    (b"", "the form cannot be read|must have one file"),
    (b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n",
     "the form must have one file, the image"),
    (b"--x\r\nnonsense", "the form cannot be read|must have one file")])
def test_a_broken_form_is_refused(nets, body, text):
    answer = ask(nets, "POST", "/detect", content=body,
                 headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 400
    assert any(part in answer.json()["error"] for part in text.split("|"))


def test_a_body_beyond_the_limit_is_refused_by_its_length_or_while_it_comes(nets):
    async def scenario(server):
        async def pieces():
            for _ in range(5):
                yield bytes(100)

        known = await server.client.post("/detect", content=bytes(301))
        unknown = await server.client.post("/detect", content=pieces())
        return known, unknown

    for answer in run(nets, scenario, Settings(max_bytes=300)):
        assert (answer.status_code, answer.json()) == (
            413, {"error": "the body has more than 300 bytes"})


def test_a_compressed_body_is_refused(nets):
    answer = ask(nets, "POST", "/detect", content=BRIGHT, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415 and "must not be compressed" in answer.json()["error"]
