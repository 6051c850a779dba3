import json

import cv2
import numpy as np
import pytest

from framework.cli.detect import main
from framework.report.draw_boxes import class_color
from tests.quadrants import bright_quarter, write_net


@pytest.fixture
def place(tmp_path):
    model, weights = write_net(tmp_path)
    (tmp_path / "pictures").mkdir()
    cv2.imwrite(str(tmp_path / "pictures/a.png"), bright_quarter(400, 600, 1, 0))
    cv2.imwrite(str(tmp_path / "pictures/b.jpg"), bright_quarter(330, 340, 0, 1))
    (tmp_path / "pictures/notes.txt").write_text("no picture")
    (tmp_path / "map").write_text('item { name: "light" label: 1 }')
    flags = ["--model", str(model), "--weights", str(weights), "--out", str(tmp_path / "out")]
    return tmp_path, flags


def test_pictures_of_a_folder_are_drawn_and_listed(place, capsys):
    path, flags = place
    assert main([*flags, "--labelmap", str(path / "map"), str(path / "pictures")]) == 0
    result = json.loads((path / "out/detections.json").read_text())
    first, second = result["images"]
    assert (first["width"], first["height"], first["drawn"]) == (600, 400, "a.jpg")
    (box,) = first["detections"]
    assert (box["label"], box["name"]) == (1, "light")
    assert box["score"] > 0.99
    assert box["box"] == [0, 200, 300, 400]
    np.testing.assert_allclose(second["detections"][0]["box"], [170, 0, 340, 165], atol=0.01)
    drawn = cv2.imread(str(path / "out/a.jpg")).astype(int)
    assert np.abs(drawn[300, 300] - class_color(1)).max() < 60
    assert "2 pictures, 2 boxes" in capsys.readouterr().out


def test_bad_pictures_are_named_and_skipped_and_none_at_all_is_an_error(place, capsys):
    path, flags = place
    bad = path / "cut.jpg"
    bad.write_bytes((path / "pictures/b.jpg").read_bytes()[:1000])
    assert main([*flags, str(bad), str(path / "pictures/a.png"), str(path / "none.jpg")]) == 0
    output = capsys.readouterr()
    assert "skipped: " in output.err and "cut.jpg: the JPEG is cut short" in output.err
    assert "none.jpg: cannot be read" in output.err
    assert "1 pictures, 1 boxes of at least 0.4, 2 skipped" in output.out
    assert main([*flags, str(bad)]) == 1
    assert "none of 1 pictures could be read" in capsys.readouterr().err


def test_pictures_of_one_name_do_not_overwrite_each_other_or_themselves(place):
    path, flags = place
    (path / "out").mkdir()
    sources = [path / "out/a.jpg", path / "pictures/a.png"]
    cv2.imwrite(str(sources[0]), bright_quarter(330, 340, 0, 0))
    before = sources[0].read_bytes()
    assert main([*flags, *map(str, sources)]) == 0
    assert sources[0].read_bytes() == before
    result = json.loads((path / "out/detections.json").read_text())
    assert [entry["drawn"] for entry in result["images"]] == ["a_2.jpg", "a_3.jpg"]


@pytest.mark.parametrize(
    "extra, message",
    [
        (["--mean", "a,b"], "--mean is 'a,b'; give numbers by commas, or a file"),
        (["--labelmap", "none"], "none: the label map cannot be read"),
        (["--batch", "0"], "--batch is 0; it must be at least 1"),
        (["--model", "none"], "none: No such file"),
        (["--weights", "none"], "none"),
        (["--gpu", "first"], "--gpu first"),
    ],
)
def test_mistakes_are_one_line(place, capsys, extra, message):
    path, flags = place
    assert main([*flags, *extra, str(path / "pictures")]) == 1
    output = capsys.readouterr().err
    assert message in output and output.count("\n") == 1
    assert not (path / "out").exists()


def test_a_net_that_says_nothing_of_the_mean_gets_a_note(place, capsys):
    path, flags = place
    model = path / "deploy.prototxt"
    text = model.read_text()
    model.write_text(text.replace("transform_param { mean_value: 100 scale: 0.01 }", ""))
    assert main([*flags, str(path / "pictures")]) == 0
    assert "says nothing of mean and scale" in capsys.readouterr().err
    assert main([*flags, "--mean", "100", "--scale", "0.01", str(path / "pictures")]) == 0
    assert "note" not in capsys.readouterr().err
