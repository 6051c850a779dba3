"""Sources of images: files, folders, patterns, videos, cameras, RTSP streams, standard input."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from framework.data.convert.datum import MAX_FILE_BYTES, decoded_image, read_image
from framework.data.datasets.dataset import IMAGE_SUFFIXES, is_undecoded
from framework.data.records.exif import orientation_of
from framework.data.records.several_images import has_several
from framework.errors import DataError
from framework.inference.results import Origin
from framework.inference.videos import VideoFrame, file_frames, live_frames

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv",
                  ".flv", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".mjpeg", ".mjpg", ".y4m",
                  ".asf")
STDIN = "-"
URL = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
STREAMS = ("rtsp", "rtsps")
DEVICE = re.compile(r"/dev/video(\d+)")
TIMEOUT = 10.0
_VIDEO_MARKS = re.compile(rb"....ftyp(?!avif|avis|heic|mif1)|RIFF....AVI |\x1aE\xdf\xa3|"
                          rb"\x00\x00\x01\xba|FLV\x01", re.DOTALL)
_IMAGE_MARKS = re.compile(rb"\xff\xd8\xff|\x89PNG|GIF8[79]a|II[*+]\0|MM\0[*+]|RIFF....WEBP|"
                          rb"BM.{4}\0\0\0\0|P[1-7]\s|....ftyp(avif|avis)|\0\0\0\x0cjP|"
                          rb"\xff\x4f\xff\x51|#\?RADIANCE", re.DOTALL)
_ENOUGH = 12                    # bytes that tell an image from a path

Word = str | Path | int
Kind = Literal["image", "video", "camera", "stream", "stdin"]


@dataclass(frozen=True)
class Source:
    """One thing to read.

    word    a path, the number of a camera, a URL, or "-"
    """

    kind: Kind
    word: Word

    @property
    def is_live(self) -> bool:
        """Whether frames come by the clock, and have no end."""
        return self.kind in ("camera", "stream")

    @property
    def name(self) -> str:
        """What results and messages call it: a URL without its password."""
        if self.kind == "camera":
            return f"camera {self.word}"
        return re.sub(r"(?<=://)[^/]*@", "", str(self.word))


@dataclass(frozen=True)
class Frame:
    """Pixels, BGR (height, width, 3), and what they are of."""

    source: Source
    origin: Origin
    pixels: NDArray[Any]        # Any: uint8


def find_sources(words: Iterable[Word]) -> list[Source]:
    """The sources that the words name; folders and patterns replaced by their files, sorted.

    DataError for a folder or a pattern without any, for URLs but those of RTSP, and for what
    follows a source that never ends.
    """
    found = [source for word in words for source in _of_word(word)]
    for before, source in zip(found, found[1:], strict=False):
        if before.is_live:
            raise DataError(f"{before.name}: has no end, so that {source.name}, which follows "
                            "it, would never be read; give it last")
    if sum(source.kind == "stdin" for source in found) > 1:
        raise DataError("-: standard input can be read only once")
    return found


def _of_word(word: Word) -> Iterator[Source]:
    if isinstance(word, int):
        yield Source("camera", word)
        return
    text = str(word)
    url = URL.match(text)
    device = DEVICE.fullmatch(text)
    if text == STDIN:
        yield Source("stdin", text)
    elif os.path.isdir(text):
        yield from _of_folder(Path(text))
    elif device:
        yield Source("camera", int(device[1]))
    elif os.path.lexists(text):
        yield _of_file(Path(text))
    elif url:
        if url[1].lower() not in STREAMS:
            raise DataError(f"{Source('stream', text).name[:200]}: is a URL, and only those of "
                            f"cameras are read: {', '.join(f'{name}://' for name in STREAMS)}")
        yield Source("stream", text)
    elif text.isascii() and text.isdecimal() and len(text) < 5:
        yield Source("camera", int(text))
    elif glob.has_magic(text):
        yield from _of_pattern(text)
    else:
        yield _of_file(Path(text))


def _of_folder(folder: Path) -> list[Source]:
    """The images and videos of a folder, also images of formats that are not read, which the
    reading then names; without hidden files, as macOS's ._1.jpg."""
    found = [_of_file(path) for path in sorted(folder.iterdir()) if path.name[0] != "." and (
             path.suffix.lower() in IMAGE_SUFFIXES + VIDEO_SUFFIXES or is_undecoded(path.name))]
    if not found:
        raise DataError(f"{folder}: the folder has no image ({', '.join(IMAGE_SUFFIXES)}) and no "
                        "video")
    return found


def _of_pattern(pattern: str) -> Iterator[Source]:
    """What the shell would have made of the pattern; `**` is any number of folders."""
    paths = [Path(path) for path in sorted(glob.glob(pattern, recursive=True))]
    if not paths:
        raise DataError(f"{pattern}: no file has such a name")
    is_deep = "**" in pattern       # then what is in a folder is found by itself
    for path in paths:
        if not path.is_dir():
            yield _of_file(path)
        elif not is_deep:
            yield from _of_folder(path)


def _of_file(path: Path) -> Source:
    """An image or a video, by its suffix, or else by its first bytes."""
    suffix = path.suffix.lower()
    is_video = suffix in VIDEO_SUFFIXES
    if not is_video and suffix not in IMAGE_SUFFIXES and os.path.isfile(path):
        try:
            with path.open("rb") as file:
                is_video = _VIDEO_MARKS.match(file.read(_ENOUGH)) is not None
        except OSError:             # the reading says it
            pass
    return Source("video" if is_video else "image", path)


def frames(sources: Sequence[Source], timeout: float = TIMEOUT,
           stdin: BinaryIO | None = None) -> Generator[Frame | DataError]:
    """The frames of all sources in their order, and a DataError for each thing that is bad.

    timeout  seconds that a stream may take to answer
    stdin    instead of the process's
    """
    for source in sources:
        try:
            yield from _frames(source, timeout, stdin)
        except DataError as error:
            yield error


def _frames(source: Source, timeout: float,
            stdin: BinaryIO | None) -> Iterator[Frame | DataError]:
    word = source.word
    if source.kind == "image":
        content, pixels = read_image(Path(str(word)))
        yield _still(source, content, pixels)
    elif source.kind == "video":
        yield from _of_video(source, file_frames(Path(str(word))))
    elif source.kind == "stdin":
        yield from _of_stdin(stdin or sys.stdin.buffer, timeout)
    else:
        address = word if isinstance(word, int) else str(word)
        yield from _of_video(source, live_frames(address, source.name, timeout))


def _still(source: Source, content: bytes, pixels: NDArray[np.uint8]) -> Frame:
    return Frame(source, Origin(source.name, orientation=orientation_of(content),
                                has_more=has_several(content)), pixels)


def _of_video(source: Source, found: Iterable[VideoFrame | DataError]
              ) -> Iterator[Frame | DataError]:
    for frame in found:
        if isinstance(frame, DataError):
            yield frame
        else:
            origin = Origin(source.name, frame.number, frame.seconds, frame.rate)
            yield Frame(source, origin, frame.pixels)


def _of_stdin(stream: BinaryIO, timeout: float) -> Iterator[Frame | DataError]:
    """An image, if the first bytes are one's; else paths, one in each line, as they come."""
    if stream.isatty():
        raise DataError("-: standard input is a terminal; pipe an image or a list of paths into it")
    head = b""
    while len(head) < _ENOUGH and b"\n" not in head and (more := _some(stream)):
        head += more
    if _IMAGE_MARKS.match(head):
        content = head + stream.read(MAX_FILE_BYTES + 1 - len(head))
        yield _still(Source("stdin", STDIN), content, decoded_image(STDIN, content))
        return
    if _VIDEO_MARKS.match(head):
        raise DataError("-: standard input is a video, which cannot be read from a pipe; give the "
                        "file's path")
    num_paths = 0
    for line in _lines(stream, head):
        num_paths += 1
        path = os.fsdecode(line)
        if os.path.isdir(path) or "\0" in path:
            yield DataError(f"{path!r}: a line of standard input must be the path of an image or "
                            "a video")
        else:
            yield from frames([_of_file(Path(path))], timeout)
    if num_paths == 0:
        raise DataError("-: standard input is empty; pipe an image or a list of paths into it")


def _some(stream: BinaryIO) -> bytes:
    """What has come, without waiting for more; b"" at the end."""
    read = getattr(stream, "read1", stream.read)
    return bytes(read(1 << 16))


def _lines(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    """Paths that end with a line or, as `find -print0` and `git ls-files -z` write, with a NUL."""
    left = head
    while True:
        *lines, left = re.split(rb"[\n\0]", left)
        yield from (line.removesuffix(b"\r") for line in lines if line.strip())
        if not (more := _some(stream)):
            break
        left += more
    if left.strip():
        yield left.removesuffix(b"\r")
