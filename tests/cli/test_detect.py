import json
import os

import cv2
import numpy as np
import pytest

from framework.cli.detect import main
from framework.inference.detector import Detector
from framework.inference.draw_boxes import class_color
from tests.data.records.test_exif import photograph
from tests.quadrants import bright_quarter, write_net


@pytest.fixture
def place(tmp_path):
    model, weights = write_net(tmp_path)
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/a.png"), bright_quarter(400, 600, 1, 0))
    cv2.imwrite(str(tmp_path / "images/b.jpg"), bright_quarter(330, 340, 0, 1))
    (tmp_path / "images/notes.txt").write_text("no image")
    (tmp_path / "map").write_text('item { name: "light" label: 1 }')
    flags = ["--model", str(model), "--weights", str(weights), "--out", str(tmp_path / "out")]
    return tmp_path, flags


def test_images_of_a_folder_are_drawn_and_listed(place, capsys):
    path, flags = place
    assert main([*flags, "--labelmap", str(path / "map"), str(path / "images")]) == 0
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
    assert "2 images, 2 boxes" in capsys.readouterr().out


def test_all_images_of_a_folder_are_detected_or_named(place, capsys):
    path, flags = place
    jpeg = (path / "images/b.jpg").read_bytes()
    (path / "images/c.jfif").write_bytes(jpeg)
    (path / "images/d.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (path / "images/._b.jpg").write_bytes(b"\0\5\x16\7")
    done, frames = cv2.imencodemulti(".tiff", [bright_quarter(40, 60, 1, 0)] * 2)
    assert done
    (path / "images/e.tif").write_bytes(frames.tobytes())
    (path / "images/f.gif").write_bytes(cv2.imencode(".gif", bright_quarter(40, 60, 1, 0))[1])
    assert main([*flags, str(path / "images")]) == 1
    images = json.loads((path / "out/detections.json").read_text())["images"]
    assert [os.path.basename(one["file"]) for one in images] == ["a.png", "b.jpg", "c.jfif",
                                                                 "e.tif", "f.gif"]
    told = capsys.readouterr()
    assert "5 images, " in told.out and "1 skipped" in told.out
    assert "d.heic: the image cannot be decoded" in told.err and "._b" not in told.err
    assert told.err.count("has several images (pages or frames); the first is detected") == 1
    assert "e.tif: has several images" in told.err


def test_boxes_of_a_turned_photograph_are_those_of_the_stored_pixels(place, capsys):
    path, flags = place
    pixels = cv2.imread(str(path / "images/b.jpg"))
    (path / "turned.jpg").write_bytes(photograph(pixels, 6))
    assert main([*flags, str(path / "turned.jpg"), str(path / "images/b.jpg")]) == 0
    turned, plain = json.loads((path / "out/detections.json").read_text())["images"]
    assert (turned["width"], turned["height"]) == (340, 330)
    np.testing.assert_allclose(turned["detections"][0]["box"], plain["detections"][0]["box"])
    assert cv2.imread(str(path / "out/turned.jpg")).shape == (330, 340, 3)
    told = capsys.readouterr().err
    assert "turned.jpg: its EXIF orientation is 6; it is detected as it is stored" in told
    assert "b.jpg: its" not in told


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_is_drawn_as_viewers_show_it_if_asked(place, orientation):
    path, flags = place
    pixels = cv2.imread(str(path / "images/b.jpg"))
    (path / "turned.jpg").write_bytes(photograph(pixels, orientation))
    shown = cv2.imread(str(path / "turned.jpg"))        # OpenCV turns it
    assert main([*flags, "--upright", str(path / "turned.jpg")]) == 0
    (turned,) = json.loads((path / "out/detections.json").read_text())["images"]
    np.testing.assert_allclose(turned["detections"][0]["box"], [170, 0, 340, 165], atol=0.01)
    drawn = cv2.imread(str(path / "out/turned.jpg"))
    assert drawn.shape == shown.shape
    changed = np.abs(drawn.astype(int) - shown).max(2) > 90      # the frame of the bright quarter
    rows, columns = np.nonzero(shown.min(2) > 128)
    middle = [int(rows.mean()), int(columns.mean())]
    assert changed[rows.min():rows.max(), columns.min() + 1].mean() > 0.5
    assert changed[rows.min() + 1, columns.min():columns.max()].mean() > 0.5
    assert not changed[middle[0], middle[1]]


def test_bad_images_are_named_and_skipped_and_none_at_all_is_an_error(place, capsys):
    path, flags = place
    bad = path / "cut.jpg"
    bad.write_bytes((path / "images/b.jpg").read_bytes()[:1000])
    assert main([*flags, str(bad), str(path / "images/a.png"), str(path / "none.jpg")]) == 1
    output = capsys.readouterr()
    assert "skipped: " in output.err and "cut.jpg: the JPEG is cut short" in output.err
    assert "none.jpg: cannot be read" in output.err
    assert "1 image, 1 box of at least 0.4, 2 skipped" in output.out
    assert main([*flags, str(bad)]) == 1
    assert "none of 1 images could be read" in capsys.readouterr().err


def test_max_pixels_is_named_where_an_image_is_too_large_and_allows_it(place, capsys):
    path, flags = place
    image = str(path / "images/a.png")
    assert main([*flags, image, "--size", "1000000x1000000"]) == 1
    assert "--size is 1000000x1000000: more than 134217728 pixels" in capsys.readouterr().err
    assert main([*flags, image, "--max-pixels", "239999"]) == 1
    assert ("the image has 600 x 400 pixels, more than 239999; --max-pixels"
            in capsys.readouterr().err)
    assert main([*flags, image, "--max-pixels", "240000"]) == 0
    assert main([*flags, image, "--size", "600x500", "--max-pixels", "240000"]) == 1
    assert ("--size is 600x500: more than 240000 pixels, which --max-pixels allows"
            in capsys.readouterr().err)


def test_images_of_one_name_do_not_overwrite_each_other_or_themselves(place):
    path, flags = place
    (path / "out").mkdir()
    sources = [path / "out/a.jpg", path / "images/a.png"]
    cv2.imwrite(str(sources[0]), bright_quarter(330, 340, 0, 0))
    before = sources[0].read_bytes()
    assert main([*flags, *map(str, sources)]) == 0
    assert sources[0].read_bytes() == before
    result = json.loads((path / "out/detections.json").read_text())
    assert [entry["drawn"] for entry in result["images"]] == ["a_2.jpg", "a_3.jpg"]


def test_a_name_that_is_not_utf8_or_too_long_is_drawn_and_listed(place):
    path, flags = place
    content = (path / "images/b.jpg").read_bytes()
    odd = [os.fsdecode(b"bad\xff\xfe.jpg"), "x" * 251 + ".jpg"]
    for name in odd:
        (path / name).write_bytes(content)
    assert main([*flags, *(str(path / name) for name in odd)]) == 0
    result = json.loads((path / "out/detections.json").read_text())
    assert [entry["drawn"] for entry in result["images"]] == [odd[0], "x" * 200 + ".jpg"]
    assert [entry["file"] for entry in result["images"]] == [str(path / name) for name in odd]
    assert (path / "out" / odd[0]).stat().st_size > 1000


def test_a_image_that_cannot_be_drawn_is_named_and_its_numbers_are_kept(place, capsys):
    path, flags = place
    (path / "out/a.jpg").mkdir(parents=True)
    assert main([*flags, str(path / "images")]) == 1
    output = capsys.readouterr()
    assert "not drawn: " in output.err and "a.jpg: is not a regular file" in output.err
    assert "2 images, 2 boxes of at least 0.4, 1 not drawn" in output.out
    result = json.loads((path / "out/detections.json").read_text())
    assert [entry["drawn"] for entry in result["images"]] == [None, "b.jpg"]
    assert len(result["images"][0]["detections"]) == 1


def test_each_image_has_its_line_when_the_run_is_interrupted(place, monkeypatch):
    path, flags = place
    detect, calls = Detector.detect, []

    def interrupted(detector, images, threshold):
        if calls:
            raise KeyboardInterrupt
        calls.append(images)
        return detect(detector, images, threshold)

    monkeypatch.setattr(Detector, "detect", interrupted)
    assert main([*flags, "--batch", "1", str(path / "images")]) == 130
    (line,) = (path / "out/detections.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["drawn"], len(entry["detections"])) == ("a.jpg", 1)
    assert not (path / "out/detections.json").exists()


def test_pipes_and_devices_among_the_images_are_named_and_skipped(place, capsys):
    path, flags = place
    os.mkfifo(path / "images/pipe.jpg")
    assert main([*flags, str(path / "images"), "/dev/zero"]) == 1
    output = capsys.readouterr()
    assert "pipe.jpg: cannot be read: it is a named pipe, not a regular file" in output.err
    assert "/dev/zero: cannot be read: it is a device" in output.err
    assert "2 images, 2 boxes of at least 0.4, 2 skipped" in output.out


def test_results_that_have_no_place_are_an_error_before_the_first_image(place, capsys):
    path, flags = place
    for name in ("detections.json", "detections.jsonl"):
        (path / "out" / name).mkdir(parents=True)
        assert main([*flags, str(path / "images")]) == 1
        assert f"{name}: " in capsys.readouterr().err
        (path / "out" / name).rmdir()
    assert not list((path / "out").glob("*.jpg"))


@pytest.mark.parametrize("size", ["0", "300x-1", "²", "1x2x3", ""])
def test_a_wild_size_is_refused(place, capsys, size):
    path, flags = place
    with pytest.raises(SystemExit):
        main([*flags, "--size", size, str(path / "images")])
    assert "--size" in capsys.readouterr().err


@pytest.mark.parametrize(
    "extra, message",
    [
        (["--mean", "a,b"], "--mean is 'a,b', which is neither a file that is there nor numbers"),
        (["--labelmap", "none"], "none: the label map cannot be read"),
        (["--batch", "0"], "--batch is 0; it must be at least 1"),
        (["--model", "none"], "none: No such file"),
        (["--weights", "none"], "none"),
        (["--gpu", "first"], "--gpu first"),
    ],
)
def test_mistakes_are_one_line(place, capsys, extra, message):
    path, flags = place
    if extra[0] in flags:
        flags[flags.index(extra[0]) + 1] = extra[1]
        extra = []
    assert main([*flags, *extra, str(path / "images")]) == 1
    output = capsys.readouterr().err
    assert message in output and output.count("\n") == 1
    assert not (path / "out").exists()


def test_a_net_that_says_nothing_of_the_mean_gets_a_note(place, capsys):
    path, flags = place
    model = path / "deploy.prototxt"
    text = model.read_text()
    model.write_text(text.replace("transform_param { mean_value: 100 scale: 0.01 }", ""))
    assert main([*flags, str(path / "images")]) == 0
    assert "says nothing of mean and scale" in capsys.readouterr().err
    assert main([*flags, "--mean", "100", "--scale", "0.01", str(path / "images")]) == 0
    assert "note" not in capsys.readouterr().err


def test_a_run_without_a_result_leaves_what_an_earlier_one_listed(place, capsys):
    path, flags = place
    (path / "bad.jpg").write_text("not an image")
    assert main([*flags, str(path / "bad.jpg")]) == 1
    assert list((path / "out").iterdir()) == []
    assert main([*flags, str(path / "images")]) == 0
    lines = (path / "out/detections.jsonl").read_text()
    assert main([*flags, str(path / "bad.jpg")]) == 1
    assert lines and (path / "out/detections.jsonl").read_text() == lines
    assert main([*flags, str(path / "images")]) == 0        # not added to what was there
    assert (path / "out/detections.jsonl").read_text() == lines
