"""Folders of frames, lists of them, and a video file, made for the tests."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.data.making import image


def write_frames(folder: Path, count: int, pattern: str = "%06d.jpg", first: int = 1,
                 height: int = 40, width: int = 56, seed: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(first, first + count):
        cv2.imwrite(str(folder / (pattern % index)), image(seed + index, height, width))


def write_flow(folder: Path, count: int, pattern: str = "flow_%c_%05d.jpg", seed: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(1, count + 1):
        for part, letter in enumerate("xy"):
            pixels = image(seed + 1000 * part + index, 40, 56, 1)
            cv2.imwrite(str(folder / (pattern % (letter, index))), pixels)


def write_list(path: Path, lines) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def write_video(path: Path, count: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (56, 40))
    assert writer.isOpened()
    for index in range(count):
        writer.write(image(index))
    writer.release()
    return path


def frames_of(path: Path) -> list[np.ndarray]:
    """All frames of a video file, one after the other."""
    capture, frames = cv2.VideoCapture(str(path)), []
    while True:
        is_read, frame = capture.read()
        if not is_read:
            return frames
        frames.append(frame)


def volume(frames, size=None) -> np.ndarray:
    """(channels, frames, height, width) float32, the frames resized to (width, height)."""
    resized = [frame if size is None else cv2.resize(frame, size) for frame in frames]
    return np.stack(resized).transpose(3, 0, 1, 2).astype(np.float32)


def read(path: Path, color: bool = True) -> np.ndarray:
    """A frame's pixels, (height, width, 3), or (height, width) in grey."""
    return cv2.imread(str(path), cv2.IMREAD_COLOR if color else cv2.IMREAD_GRAYSCALE)


def clip_net(source, more="use_image: true", transform="", batch=2):
    return (f'layer {{ name: "d" type: "VideoData" top: "data" top: "label" transform_param '
            f'{{ {transform} }} video_data_param {{ source: "{source}" batch_size: {batch} '
            f'new_length: 4 new_width: 44 new_height: 30 {more} }} }}')
