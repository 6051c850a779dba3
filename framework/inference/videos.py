"""Video input and output by OpenCV: frames of files, cameras and RTSP streams; annotated files."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.data.records.image_size import TooLarge, check_pixels
from framework.errors import DataError
from framework.inference.draw_boxes import Image

LOG_LEVEL = "OPENCV_FFMPEG_LOGLEVEL"
QUIET = "-8"                    # FFmpeg's AV_LOG_QUIET
MOST_FAILURES = 64
"""Frames in a row that cannot be decoded before a file is given up."""
DEFAULT_RATE = 25.0             # frames per second of a file or a camera that does not say
HIGHEST_RATE = 1000.0
CODEC = "mp4v"                  # MPEG-4 part 2, which every build of FFmpeg can write


@dataclass(frozen=True)
class VideoFrame:
    """number from 0, and seconds from the first frame; rate in frames per second."""

    number: int
    seconds: float
    rate: float
    pixels: NDArray[Any]        # Any: what OpenCV gives is uint8 (height, width, 3)


def num_frames(path: str | Path) -> int:
    """How many frames a file says that it has, 0 if it does not or cannot be opened."""
    with contextlib.suppress(DataError), _opened(str(path), str(path), 0) as capture:
        return _count(capture)
    return 0


def file_frames(path: Path) -> Generator[VideoFrame | DataError]:
    """The frames of a video file; DataErrors for what is missing. DataError if it cannot be read.

    A frame that cannot be decoded is left out and counted.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise DataError(f"{path}: cannot be read: it is not a regular file")
        with open(path, "rb"):
            pass
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    with _opened(str(path), str(path), 0) as capture:
        rate, count = _rate(capture), _count(capture)
        number, num_read, failures = 0, 0, 0
        while failures < MOST_FAILURES:
            is_read, pixels = capture.read()
            if is_read:
                seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                yield VideoFrame(number, max(seconds, 0.0) or number / rate, rate, pixels)
                num_read += 1
                failures = 0
            elif number + 1 >= count:
                break
            else:
                failures += 1
            number += 1
        if num_read == 0:
            raise DataError(f"{path}: not one frame of the video can be decoded")
        is_damaged = number - failures > num_read or count - num_read > max(2, count // 100)
        if is_damaged:
            yield DataError(f"{path}: {num_read} of {max(count, num_read)} frames could be "
                            "decoded: the video is damaged or cut short")


def live_frames(source: int | str, name: str, timeout: float) -> Generator[VideoFrame]:
    """The frames of a camera, by number, or of a stream, by URL, until it gives no more.

    Then, and if it cannot be opened within `timeout` seconds, DataError.
    """
    with _opened(source, name, timeout) as capture:
        rate = _rate(capture)
        number = 0
        start = time.monotonic()
        while True:
            is_read, pixels = capture.read()
            if not is_read:
                raise DataError(f"{name}: has given no image any more, after {number} frames")
            yield VideoFrame(number, time.monotonic() - start if number else 0.0, rate, pixels)
            number += 1


@contextlib.contextmanager
def _opened(source: int | str, name: str, timeout: float) -> Iterator[Any]:
    """An opened cv2.VideoCapture. DataError if it cannot be opened, or has too many pixels.

    Any: OpenCV has no types.
    """
    start = time.monotonic()
    with _quiet():
        capture = _capture(source, timeout)
    try:
        if not capture.isOpened():
            raise DataError(f"{name}: {_refusal(source, timeout, time.monotonic() - start)}")
        size = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
        try:
            check_pixels(*(int(capture.get(side)) for side in size))
        except TooLarge as error:
            raise DataError(f"{name}: {error}") from None
        yield capture
    finally:
        capture.release()


def _capture(source: int | str, timeout: float) -> Any:        # Any: as above
    if isinstance(source, int):
        return cv2.VideoCapture(source)
    # FFmpeg alone where it is: OpenCV's other readers take numbers in a name for a series of files
    backends = cv2.videoio_registry.getBackends()
    backend = cv2.CAP_FFMPEG if cv2.CAP_FFMPEG in backends else cv2.CAP_ANY
    milliseconds = round(timeout * 1000)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds,
              cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds] if timeout else []
    return cv2.VideoCapture(source, backend, limits)


def _refusal(source: int | str, timeout: float, seconds: float) -> str:
    if isinstance(source, int):
        return "there is no such camera, or another program uses it"
    if not timeout:
        return "cannot be opened as a video: it is damaged, cut short or of an unknown format"
    if seconds >= 0.9 * timeout:
        return f"did not answer within {timeout:g} seconds (--timeout)"
    return "cannot be opened: the connection was refused, or it is not a stream"


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep FFmpeg and OpenCV from writing about a source on stderr: errors say it in a line."""
    before = os.environ.get(LOG_LEVEL)
    level = cv2.utils.logging.getLogLevel()
    os.environ.setdefault(LOG_LEVEL, QUIET)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
        if before is None:
            os.environ.pop(LOG_LEVEL, None)


def _rate(capture: Any) -> float:       # Any: as above
    rate = capture.get(cv2.CAP_PROP_FPS)
    return float(rate) if 0 < rate <= HIGHEST_RATE else DEFAULT_RATE


def _count(capture: Any) -> int:        # Any: as above
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if 0 < count < 1 << 40 else 0


class VideoOutput:
    """An MP4 file that frames are written to.

    Frames of another size than the first are resized. DataError if no such file can be written.
    """

    def __init__(self, path: Path, rate: float, first: Image):
        self.path = path
        self.rate = rate
        self.size = (first.shape[1], first.shape[0])
        self.num_written = 0
        if os.path.lexists(path) and not os.path.isfile(path):
            raise DataError(f"{path}: is not a regular file and is not replaced")
        with _quiet():
            self.writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG,
                                          cv2.VideoWriter.fourcc(*CODEC), rate, self.size)
        if not self.writer.isOpened():
            raise DataError(f"{path}: OpenCV cannot write a video of {self.size[0]} x "
                            f"{self.size[1]} pixels here: it has no {CODEC} codec, or the folder "
                            "takes no file")

    def write(self, image: Image, seconds: float | None = None) -> None:
        """Append a frame; again and again up to this time, where frames were left out."""
        if (image.shape[1], image.shape[0]) != self.size:
            image = np.asarray(cv2.resize(image, self.size), np.uint8)
        due = self.num_written + 1 if seconds is None else round(seconds * self.rate) + 1
        for _ in range(max(1, due - self.num_written)):
            self.writer.write(image)
            self.num_written += 1

    def close(self) -> None:
        """Complete the file. DataError if it is not complete: the disk is full, say."""
        self.writer.release()
        found = num_frames(self.path)
        if found < self.num_written:
            raise DataError(f"{self.path}: has {found} of {self.num_written} frames: the disk may "
                            "be full")
