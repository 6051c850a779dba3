import io
import json
import socket

import cv2
import numpy as np
import pytest

from framework.cli import detect_output
from framework.cli.detect import main
from framework.inference import sources, videos
from framework.inference.detector import Detector
from tests.quadrants import bright_quarter, write_net


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, weights = write_net(tmp_path)
    writer = cv2.VideoWriter("clip.avi", cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10,
                             (160, 120))
    if not writer.isOpened():
        pytest.skip("OpenCV has no FFmpeg here, which writes the video")
    for frame in range(12):
        writer.write(bright_quarter(120, 160, frame // 6, frame // 3 % 2))
    writer.release()
    cv2.imwrite("a.png", bright_quarter(40, 60, 1, 0))
    return tmp_path, ["--model", str(model), "--weights", str(weights), "--out", "out"]


def lines(path):
    return [json.loads(line) for line in (path / "out/detections.jsonl").read_text().splitlines()]


def test_each_frame_of_a_video_has_its_line_its_drawing_and_its_crops(place, capsys):
    path, flags = place
    assert main([*flags, "--track", "--crops", "--batch", "5", "clip.avi"]) == 0
    entries = lines(path)
    assert [entry["frame"] for entry in entries] == list(range(12))
    assert [entry["time"] for entry in entries] == [number / 10 for number in range(12)]
    assert {(entry["file"], entry["drawn"]) for entry in entries} == {("clip.avi", "clip.mp4")}
    first = entries[4]["detections"][0]
    np.testing.assert_allclose(first["box"], [80, 0, 160, 60], atol=0.1)
    assert [entry["detections"][0]["track"] for entry in entries] \
        == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    crop = cv2.imread(str(path / "out" / first["crop"]))
    assert crop.shape == (60, 80, 3) and crop.min() > 180
    assert videos.num_frames(path / "out/clip.mp4") == 12
    whole = json.loads((path / "out/detections.json").read_text())
    assert whole["images"] == entries
    assert "12 frames, 12 boxes" in capsys.readouterr().out


def test_what_is_done_of_a_damaged_video_is_kept(place, capsys):
    path, flags = place
    content = (path / "clip.avi").read_bytes()
    (path / "cut.avi").write_bytes(content[:len(content) * 2 // 3])
    assert main([*flags, "cut.avi"]) == 1
    number = len(lines(path))
    assert 0 < number < 12 and videos.num_frames(path / "out/cut.mp4") == number
    assert f"cut.avi: {number} of 12 frames could be decoded" in capsys.readouterr().err


def test_an_interrupted_video_can_be_played(place, monkeypatch):
    path, flags = place
    detect, calls = Detector.detect, []

    def interrupted(detector, images, threshold):
        if len(calls) == 2:
            raise KeyboardInterrupt
        calls.append(images)
        return detect(detector, images, threshold)

    monkeypatch.setattr(Detector, "detect", interrupted)
    assert main([*flags, "--batch", "2", "clip.avi"]) == 130
    assert len(lines(path)) == videos.num_frames(path / "out/clip.mp4") == 4


@pytest.mark.parametrize("word, message", [
    ("junk.mp4", "junk.mp4: cannot be opened as a video: it is damaged, cut short or"),
    ("none.mp4", "none.mp4: cannot be read: No such file"),
    ("77", "camera 77: there is no such camera, or another program uses it"),
    ("rtsp://me:secret@127.0.0.1:9/x", "rtsp://127.0.0.1:9/x: cannot be opened"),
    ("http://example.org/a.jpg", "is a URL, and only those of cameras are read: rtsp://"),
    ("nothing*.png", "nothing*.png: no file has such a name"),
    ("empty", "empty: the folder has no image"),
])
def test_a_source_that_gives_nothing_is_one_line(place, capsys, word, message):
    path, flags = place
    (path / "empty").mkdir()
    (path / "junk.mp4").write_bytes(b"junk" * 999)
    assert main([*flags, word]) == 1
    output = capsys.readouterr().err
    assert message in output and output.count("\n") == 1 and "secret" not in output


def test_a_stream_that_does_not_answer_ends_after_the_timeout(place, capsys):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        url = f"rtsp://127.0.0.1:{server.getsockname()[1]}/x"
        assert main([*place[1], "--timeout", "0.5", url]) == 1
    output = capsys.readouterr().err
    assert "did not answer within 0.5 seconds (--timeout)" in output and output.count("\n") == 1


def test_an_image_of_too_many_pixels_is_named_and_the_others_are_done(place, capsys):
    path, flags = place
    (path / "huge.pgm").write_bytes(b"P5 30000 30000 255\n" + b"\0" * 99)
    assert main([*flags, "huge.pgm", "a.png"]) == 1
    assert "huge.pgm: the image has 30000 x 30000 pixels" in capsys.readouterr().err
    assert [entry["file"] for entry in lines(path)] == ["a.png"]


class Input:
    def __init__(self, content):
        self.buffer = io.BufferedReader(io.BytesIO(content))


def test_standard_input_is_an_image_or_paths(place, monkeypatch, capsys):
    path, flags = place
    monkeypatch.setattr(sources.sys, "stdin", Input((path / "a.png").read_bytes()))
    assert main([*flags, "-"]) == 0
    (entry,) = lines(path)
    assert (entry["file"], entry["drawn"]) == ("-", "stdin.jpg")
    for content in (b"a.png\nnone.png\nclip.avi", b"a.png\0none.png\0clip.avi\0"):
        monkeypatch.setattr(sources.sys, "stdin", Input(content))
        assert main([*flags, "-"]) == 1
        assert [one["file"] for one in lines(path)] == ["a.png"] + ["clip.avi"] * 12
        assert "none.png: cannot be read" in capsys.readouterr().err
    monkeypatch.setattr(sources.sys, "stdin", Input(b""))
    assert main([*flags, "-"]) == 1
    assert "standard input is empty" in capsys.readouterr().err
    monkeypatch.setattr(sources.sys, "stdin", Input((path / "clip.avi").read_bytes()))
    assert main([*flags, "-"]) == 1
    assert "standard input is a video, which cannot be read from a pipe" in capsys.readouterr().err


def test_without_a_codec_the_numbers_are_kept(place, monkeypatch, capsys):
    path, flags = place
    monkeypatch.setattr(videos, "CODEC", "\0\0\0\1")
    assert main([*flags, "clip.avi"]) == 1
    output = capsys.readouterr()
    assert output.err.count("not drawn: out/clip.mp4: OpenCV cannot write a video") == 1
    assert [entry["drawn"] for entry in lines(path)] == [None] * 12


def test_a_window_without_a_display_is_one_line(place, monkeypatch, capsys):
    monkeypatch.setattr(detect_output.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main([*place[1], "--show", "a.png"]) == 1
    assert "--show: there is no display here" in capsys.readouterr().err


@pytest.mark.parametrize("program, line", [
    ("class error(Exception): pass\ndef namedWindow(name): raise error", "the OpenCV here has no "
     "windows; `pip uninstall opencv-python-headless` and `pip install opencv-python` bring one "
     "that has"),
    # as Qt does where the display does not answer
    ("import os, sys\ndef namedWindow(name):\n    sys.stderr.write('could not connect to :9\\n')\n"
     "    sys.stderr.flush()\n    os.abort()", "could not connect to :9; the drawings are in --out "
     "without it"),
    ("import os\ndef namedWindow(name): os._exit(1)",
     "no window can be opened; the drawings are in --out without it")])
def test_a_window_that_cannot_be_opened_is_one_line(program, line, place, monkeypatch, capsys):
    path, flags = place
    monkeypatch.setenv("DISPLAY", ":9")
    (path / "modules").mkdir()
    (path / "modules/cv2.py").write_text(program)
    (path / "cv2.py").write_text("raise SystemExit('of the working directory')")
    monkeypatch.setenv("PYTHONPATH", str(path / "modules"))
    assert main([*flags, "--show", "a.png"]) == 1
    assert capsys.readouterr().err == f"error: --show: {line}\n"


def test_in_a_window_images_wait_for_a_key_frames_do_not_and_q_ends_the_run(place, monkeypatch):
    """cv2.waitKey(0) waits for a key without end, waitKey(1) a millisecond."""
    path, flags = place
    waits = []
    keys = [ord("n"), -1, -1, ord("q")]

    def wait(milliseconds):
        waits.append(milliseconds)
        return keys[len(waits) - 1]

    shown = []
    monkeypatch.setattr(detect_output, "check_display", lambda: None)
    for name, stand_in in (("imshow", lambda name, canvas: shown.append(name)),
                           ("waitKey", wait), ("getWindowProperty", lambda name, which: 1.0),
                           ("destroyAllWindows", lambda: None)):
        monkeypatch.setattr(detect_output.cv2, name, stand_in)
    main([*flags, "--show", "a.png", "clip.avi", "b.png"])
    assert waits == [0, 1, 1, 1] and len(shown) == 4
    assert [one["file"] for one in lines(path)] == ["a.png"] + ["clip.avi"] * 3


def test_one_tile_gives_the_untiled_result(place):
    path, flags = place
    assert main([*flags, "a.png"]) == 0
    expected = (path / "out/detections.jsonl").read_text()
    assert main([*flags, "--tiles", "1", "a.png"]) == 0
    assert (path / "out/detections.jsonl").read_text() == expected


def test_of_a_camera_the_newest_frame_is_taken_and_the_video_keeps_its_time(place, monkeypatch,
                                                                            capsys):
    path, flags = place

    def frames(source, name, timeout):
        for number in (0, 4, 9):
            yield videos.VideoFrame(number, number / 10, 10.0, bright_quarter(120, 160, 0, 0))
        raise videos.DataError(f"{name}: has given no image any more")

    monkeypatch.setattr(sources, "live_frames", frames)
    monkeypatch.setattr(sources.Source, "is_live", property(lambda source: True))
    monkeypatch.setattr("framework.inference.stream._may_drop", lambda item: False)
    assert main([*flags, "0"]) == 1
    assert [entry["frame"] for entry in lines(path)] == [0, 4, 9]
    assert videos.num_frames(path / "out/camera 0.mp4") == 10
    assert "7 left out" in capsys.readouterr().out
