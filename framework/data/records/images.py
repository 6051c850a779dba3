"""Lazy image decoding: pixels are decoded when asked for, and only as far down as needed.

The same pixels as OpenCV's: both decode JPEGs with libjpeg-turbo, in its exact mode.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from framework.data.records.image_size import TooLarge, check_pixels, check_size
from framework.data.records.jpeg import BadJpeg, Frame, check_jpeg, with_height
from framework.system.wording import counted

Pixels = NDArray[Any]                     # (height, width, channels): uint8, or float32 data

MAX_FILE_BYTES = 1 << 30                  # a larger file is not taken for an image
_MOST_PIXELS = 1 << 26                    # of an image whose memory is worth keeping
# Written to the end of the memory before a part is decoded: if it is still there, the last row was
# not written. An image that has these very bytes there is decoded completely.
_MARK = bytes(range(3, 255, 36))


class BadRecord(Exception):
    """A record that cannot be used. Its text is the reason."""


@contextlib.contextmanager
def failing_as_bad() -> Iterator[None]:
    """Turn exceptions that numpy and OpenCV raise for a record's values into a BadRecord.

    The share of bad records that a run allows still ends one whose own settings are the cause.
    """
    try:
        yield
    except (ValueError, ArithmeticError, MemoryError, cv2.error) as error:
        reason = " ".join(str(error).split())
        name = type(error).__name__
        raise BadRecord(f"{name}: {reason}" if reason else name) from error


@dataclass(frozen=True)
class Decoding:
    """How to read pixels.

    color     True: three channels, False: one, None: as many as the image has
    channels  the number every image must then have; None: any
    """

    color: bool | None = None
    channels: int | None = None

    def check(self, channels: int) -> None:
        """Raise BadRecord if an image has another number of channels than all must have."""
        if self.channels is not None and channels != self.channels:
            kinds = {1: "grey", 3: "in colour", 4: "with transparency"}
            raise BadRecord(f"the image is {kinds.get(channels, 'odd')} "
                            f"({counted(channels, 'channel')}), the others have {self.channels}; "
                            "transform_param.force_color: true makes 3 of each image")


class Scratch:
    """Memory for the pixels of one image, reused for the next, so that it stays in the cache.

    Its content is valid until the next image is decoded into it.
    """

    def __init__(self) -> None:
        self._memory = np.empty(0, np.uint8)

    def take(self, size: int) -> NDArray[np.uint8]:
        """At least that many bytes, of any content."""
        if self._memory.size < size:
            self._memory = np.empty(size, np.uint8)
        return self._memory


class Image(ABC):
    """An image whose size is known and whose pixels can be had.

    height, width  in pixels
    channels       1 grey, 3 BGR, 4 BGR and transparency; raw data has any number
    """

    height: int
    width: int
    channels: int

    @abstractmethod
    def rows(self, bottom: int, scratch: Scratch | None = None) -> Pixels:
        """(bottom or more, width, channels): the rows from the top down to `bottom`.

        scratch  memory that may be used for them; None: they have their own
        Raises BadRecord if they cannot be decoded.
        """

    def whole(self) -> Pixels:
        """All rows, (height, width, channels). Raises BadRecord if they cannot be decoded."""
        return self.rows(self.height)


class DecodedImage(Image):
    """An image that is already decoded."""

    def __init__(self, pixels: Pixels):
        """pixels: (height, width, channels)"""
        self.height, self.width, self.channels = pixels.shape
        self._pixels = pixels

    def rows(self, bottom: int, scratch: Scratch | None = None) -> Pixels:
        return self._pixels


class JpegImage(Image):
    """A JPEG of one or three components, not decoded yet."""

    def __init__(self, content: bytes, frame: Frame, color: bool | None):
        """color: as in `Decoding`"""
        self.height = frame.height
        self.width = frame.width
        self.channels = {None: frame.components, True: 3, False: 1}[color]
        self._content = content
        self._frame = frame
        self._color = color

    def rows(self, bottom: int, scratch: Scratch | None = None) -> Pixels:
        """Rows below `bottom` are neither read nor decoded, if the file has its rows in order.

        A copy of the header that states a smaller height makes the decoder stop there. One row
        more than needed is decoded: the last one can differ from that of the complete image, where
        colours of a lower resolution are interpolated over rows.
        """
        scratch = scratch or Scratch()
        height = max(bottom, 1) + 1
        if self._frame.is_in_order and height < self.height:
            top = self._top(height, scratch)
            if top is not None:
                return top[:-1]
        try:
            memory = scratch.take(self._num_bytes(self.height))
            return self._decode(self._content, memory, is_strict=True)
        except ValueError:                      # broken, or unknown to it: OpenCV decides
            return decode_by_opencv(self._content, self._color)

    def _top(self, height: int, scratch: Scratch) -> Pixels | None:
        """The first rows, the last of them perhaps a little off; None if they are broken.

        The decoder warns of the data that it leaves unread, so warnings cannot be errors here, but
        then real errors pass too. Rows are written in order: if the last one was, all were.
        """
        size = self._num_bytes(height)
        memory = scratch.take(size)
        last = memory[size - self._num_bytes(1):size][:len(_MARK)]
        mark = np.frombuffer(_MARK, np.uint8)[:last.size]
        last[:] = mark
        try:
            pixels = self._decode(with_height(self._content, self._frame, height), memory,
                                  is_strict=False)
        except ValueError:
            return None
        return None if np.array_equal(last, mark) else pixels

    def _num_bytes(self, height: int) -> int:
        return height * self.width * self.channels

    def _decode(self, content: bytes, memory: Pixels, is_strict: bool) -> Pixels:
        """is_strict: warnings are errors too. ValueError says what is wrong."""
        space = "BGR" if self.channels == 3 else "GRAY"
        pixels: Pixels = simplejpeg.decode_jpeg(content, space, buffer=memory, strict=is_strict)
        return pixels


def open_image(content: bytes, decoding: Decoding) -> Image:
    """The image of an image file's bytes: BGR, 8 bits, not turned.

    Raises BadRecord if they are cut short, of four inks (CMYK), deeper than 8 bits, of another
    number of channels, of too many pixels, or not an image; errors within a JPEG are raised by its
    `rows`.
    """
    if not content:
        raise BadRecord("the image has no bytes")
    try:
        frame = check_jpeg(content)
        if frame is None:
            check_size(content)
        else:
            check_pixels(frame.width, frame.height)
    except (BadJpeg, TooLarge) as error:
        raise BadRecord(str(error)) from None
    if frame is not None and frame.is_usual and frame.components in (1, 3) \
            and 0 < frame.height * frame.width <= _MOST_PIXELS:
        image: Image = JpegImage(content, frame, decoding.color)
    else:
        image = DecodedImage(decode_by_opencv(content, decoding.color))
    decoding.check(image.channels)
    return image


def decode(content: bytes, decoding: Decoding) -> Pixels:
    """The pixels of an image file's bytes, (height, width, channels), as `open_image`'s."""
    return open_image(content, decoding).whole()


def decode_by_opencv(content: bytes, color: bool | None) -> Pixels:
    """The pixels of an image file's bytes, (height, width, channels) uint8, by OpenCV.

    color  as in `Decoding`
    """
    mode = {None: cv2.IMREAD_UNCHANGED, False: cv2.IMREAD_GRAYSCALE,
            True: cv2.IMREAD_COLOR}[color]
    if color is not None:
        mode |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), mode)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise BadRecord("the image cannot be decoded")
    if pixels.dtype != np.uint8:
        raise BadRecord(f"the image has {pixels.dtype} pixels; they must have 8 bits; "
                        "transform_param.force_color: true reads them so")
    return pixels[:, :, None] if pixels.ndim == 2 else pixels
