"""Images from the bodies of requests, and the answers that are made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from framework.data.records.exif import orientation_of, pixels_as_shown
from framework.data.records.image_size import TooLarge, check_pixels, image_size
from framework.data.records.images import BadRecord, Decoding, decode, failing_as_bad
from framework.evaluation.detection import Detection
from framework.inference.draw_boxes import draw_detections
from framework.inference.results import Json
from framework.serve.settings import Refusal
from framework.system.arrays import Floats, Levels

MOST_CLASSES = 5
_SIGNATURES = ((b"\xff\xd8\xff", 0, "JPEG"), (b"\x89PNG\r\n\x1a\n", 0, "PNG"), (b"BM", 0, "BMP"),
               (b"WEBP", 8, "WebP"))


def size_of(content: bytes) -> tuple[int, int]:
    """Width and height that an image announces, before anything of it is decoded.

    Refusal: 415 for what is not a JPEG, PNG, WebP or BMP, 413 for too many pixels.
    """
    if not any(content.startswith(mark, at) for mark, at, _ in _SIGNATURES):
        names = [name for _, _, name in _SIGNATURES]
        raise Refusal(415, f"the body is not an image; it must be a {', '.join(names[:-1])} or "
                           f"{names[-1]} file, as the body itself or as a file of a form"
                      if content else "the body is empty; it must be an image")
    width, height = image_size(content)
    try:
        check_pixels(width, height)
    except TooLarge as error:
        raise Refusal(413, str(error).partition(";")[0]) from None
    if width < 1 or height < 1:
        raise Refusal(400, "the image is cut short within its header")
    return width, height


def decoded(content: bytes) -> Levels:
    """(height, width, 3) in BGR, turned as viewers show it. Refusal (400) for a broken image."""
    try:
        with failing_as_bad():
            pixels = decode(content, Decoding(True))
    except BadRecord as error:
        raise Refusal(400, f"the image cannot be used: {error}") from None
    return pixels_as_shown(pixels, orientation_of(content))


def classes_json(scores: Floats, names: Mapping[int, str]) -> list[Json]:
    """The best classes, best first."""
    best = np.argsort(-scores, kind="stable")[:MOST_CLASSES].tolist()
    return [{"label": label, "name": names.get(label, str(label)),
             "score": round(float(scores[label]), 6)} for label in best]


def drawn(image: Levels, found: Sequence[Detection], names: Mapping[int, str], kind: str
          ) -> bytes:
    """The image with its boxes as a file; `kind` is ".jpg" or ".png"."""
    done, content = cv2.imencode(kind, draw_detections(image, found, names))
    if not done:
        raise Refusal(400, "an image of this size cannot be written in this format")
    return bytes(content.tobytes())
