"""Frame sampling: which frames of a folder or a video file make a clip, and their pixels.

Source: video_data_layer.cpp and image_io.cpp of facebook/C3D, video_data_layer.cpp and io.cpp of
yjxiong/caffe, branch action_recog (temporal segment networks).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2

from framework.data.augment.draws import Draws
from framework.data.loading.items import read_image
from framework.data.records.images import BadRecord, Decoding, Pixels

FIRST_IN_FOLDER = 1                 # 000001.jpg; a video file's first frame has the number 0


class FrameReader(Protocol):
    """How a line of a list becomes frames; it holds settings only, and is sent to workers."""

    def read(self, path: str, number: int, draws: Draws) -> list[Pixels]:
        """The frames of a clip, (height, width, channels) each. Raises BadRecord.

        number  the second column of the list: a frame, or the number of frames, by reader
        """


@dataclass(frozen=True)
class Sampling:
    """The frames of a clip as C3D samples them: `length` of them, `rate` apart.

    has_jitter  the clip begins at a random frame
    max_rate    above 0, the rate of each clip is drawn from 1 to this
    """

    length: int
    rate: int = 1
    has_jitter: bool = False
    max_rate: int = 0

    def draw_rate(self, draws: Draws) -> int:
        return draws.below(self.max_rate) + 1 if self.max_rate else self.rate

    def spare(self, num_frames: int, rate: int) -> int:
        """How many more frames there are than the clip needs. BadRecord if there are too few."""
        if num_frames < self.length * rate:
            raise BadRecord(f"it has {num_frames} frames; a clip of {self.length}, each {rate} "
                            f"after the one before, takes {self.length * rate}")
        return num_frames - self.length * rate


@dataclass(frozen=True)
class FolderFrames:
    """Frames in files 000001.jpg, 000002.jpg, ... of a folder.

    The list's number is the first frame's; with jitter how many there are, and the clip begins
    anywhere in TRAIN, at the first frame in TEST (where the original looks for 000000.jpg).
    """

    sampling: Sampling
    is_train: bool

    def read(self, path: str, number: int, draws: Draws) -> list[Pixels]:
        rate = self.sampling.draw_rate(draws)
        start = number
        if self.sampling.has_jitter:
            start = FIRST_IN_FOLDER
            num_spare = self.sampling.spare(number, rate)
            if self.is_train:
                start += draws.below(num_spare + 1)
        return [read_frame(f"{path}/{start + rate * index:06d}.jpg", True)
                for index in range(self.sampling.length)]


@dataclass(frozen=True)
class FileFrames:
    """Frames of a video file. The list's number is the first frame's, counted from 0.

    With jitter the clip begins anywhere, in TEST too, as in the original.
    """

    sampling: Sampling

    def read(self, path: str, number: int, draws: Draws) -> list[Pixels]:
        rate = self.sampling.draw_rate(draws)
        capture = _open(path)
        try:
            num_frames = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            num_spare = self.sampling.spare(num_frames, rate)
            start = draws.below(num_spare + 1) if self.sampling.has_jitter else number
            if not 0 <= start <= num_spare:
                raise BadRecord(f"its {num_frames} frames end before a clip of "
                                f"{self.sampling.length * rate} from frame {start} on")
            _skip(capture, path, start)
            return _read_every(capture, rate, self.sampling.length, start)
        finally:
            capture.release()


@dataclass(frozen=True)
class SegmentFrames:
    """`length` consecutive frames out of each of `num_segments` equal parts of a folder.

    The list's number is how many frames there are, in files of which `pattern` is the name. In
    TRAIN they begin anywhere in their part, in TEST they are in its middle; where a part is
    shorter than `length`, all begin at the folder's first frame.

    pattern  as C prints it: of a number, or with `is_flow` of a letter and a number
    is_flow  each frame is two images in grey, x and y, whose names have these letters
    """

    length: int
    num_segments: int
    pattern: str
    is_flow: bool
    is_color: bool
    is_train: bool

    def read(self, path: str, number: int, draws: Draws) -> list[Pixels]:
        names: list[str] = []
        for start in self.starts(number, draws):
            for index in range(start, start + self.length):
                names += self.names(FIRST_IN_FOLDER + index)
        is_color = self.is_color and not self.is_flow
        return [read_frame(f"{path}/{name}", is_color) for name in names]

    def starts(self, num_frames: int, draws: Draws) -> list[int]:
        """How many frames are left out before those of each part."""
        part = num_frames // self.num_segments
        if part < self.length:
            return [0] * self.num_segments
        num_choices = part - self.length + 1
        starts = []
        for index in range(self.num_segments):
            offset = draws.below(num_choices) if self.is_train else num_choices // 2
            starts.append(part * index + offset)
        return starts

    def names(self, index: int) -> list[str]:
        """The names of the files of a frame. TypeError or ValueError for an unusable pattern."""
        if self.is_flow:
            return [self.pattern % (letter, index) for letter in "xy"]
        return [self.pattern % index]


def read_frame(path: str, is_color: bool) -> Pixels:
    """The pixels of a frame's file. BadRecord, with its name, if it cannot be used."""
    try:
        return read_image(path, Decoding(is_color))
    except BadRecord as reason:
        raise BadRecord(f"{Path(path).name}: {reason}") from None


def _open(path: str) -> Any:        # Any: OpenCV has no types
    if not os.path.isfile(path):
        raise BadRecord("there is no such file")
    capture = cv2.VideoCapture(path)
    if not capture.isOpened():
        raise BadRecord("the file cannot be opened as a video")
    return capture


def _skip(capture: Any, path: str, count: int) -> None:
    """Skip the first frames: by seeking, or one by one where the file cannot be sought in."""
    if count == 0:
        return
    if not capture.set(cv2.CAP_PROP_POS_FRAMES, count) \
            or round(capture.get(cv2.CAP_PROP_POS_FRAMES)) != count:
        capture.open(path)
        for _ in range(count):
            capture.grab()


def _read_every(capture: Any, rate: int, count: int, start: int) -> list[Pixels]:
    frames = []
    for index in range(start, start + rate * (count - 1) + 1):
        if not capture.grab():
            raise BadRecord(f"frame {index} cannot be read")
        if (index - start) % rate == 0:
            frame = capture.retrieve()[1]
            if frame is None:
                raise BadRecord(f"frame {index} cannot be decoded")
            frames.append(frame)
    return frames
