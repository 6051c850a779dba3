"""Video frames: every n-th frame of a video file or a camera, in order.

Source: video_data_layer.cpp of weiliu89/caffe, branch ssd.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2

from framework.data.records.images import Pixels
from framework.errors import DataError


class Video:
    """A video file or a camera.

    source       the path of a file, or the number of a camera
    skip_frames  frames that are left out before each one that is taken
    `place`      of the layer, for messages
    """

    def __init__(self, source: str | int, skip_frames: int, place: str):
        self.source = source
        self.place = place
        self.is_file = isinstance(source, str)
        self.name = f"the video {source}" if self.is_file else f"camera {source}"
        self._step = skip_frames + 1
        self._capture: Any = None           # Any: OpenCV has no types

    def frames(self, number: int) -> Iterator[Pixels]:
        """The frames that are taken, from that number on; a camera begins at its present frame.

        DataError if there is no frame: the original ends the program at the end of a file.
        """
        capture = self._open()
        count = number * self._step         # frames of the file that were read so far
        if self.is_file:
            for _ in range(count):
                capture.grab()
        while True:
            for _ in range(self._step):
                is_read = capture.grab()
                count += is_read
            frame = capture.retrieve()[1] if is_read else None
            if frame is None:
                raise DataError(f"{self.place}: {self._missing(count)}")
            yield frame

    def close(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _missing(self, count: int) -> str:
        """Why there is no next frame, after `count` frames."""
        if self.is_file and count:
            return f"{self.name} has ended after {count} frames"
        return f"{self.name} gives no image"

    def _open(self) -> Any:
        """Open the file at its start, or the camera, which may be opened only once."""
        if self._capture is None or self.is_file:
            self.close()
            self._capture = cv2.VideoCapture(self.source)
        if not self._capture.isOpened():
            raise DataError(f"{self.place}: {self.name} cannot be opened")
        return self._capture
