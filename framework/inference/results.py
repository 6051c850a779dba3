"""The detections of an image as an object: columns, JSON, tables, drawings."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framework.errors import CaffeError
from framework.evaluation.detection import Detection
from framework.inference.draw_boxes import Image, draw_detections
from framework.system.arrays import Floats
from framework.system.wording import counted

Json = dict[str, Any]           # Any: what JSON holds
COLUMNS = ("label", "name", "score", "x1", "y1", "x2", "y2")
MOST_ROWS = 50
"""Rows of the table that a notebook shows."""
MOST_NAMES = 8
"""Detections that a prompt names."""


@dataclass(frozen=True)
class Origin:
    """What an image is of: its file or camera, and of a video the frame and its time.

    file         a path, "camera 0", the URL of a stream without its password, "-"
    frame        number from 0; None for an image alone
    seconds      from the first frame on; None for an image alone
    rate         frames per second of the video; 0 for an image alone
    orientation  EXIF's, 1 to 8: how viewers turn the image; the boxes are of the stored pixels
    has_more     the file has several images, pages or frames, of which this is the first
    """

    file: str
    frame: int | None = None
    seconds: float | None = None
    rate: float = 0.0
    orientation: int = 1
    has_more: bool = False


def detection_json(found: Detection, names: Mapping[int, str]) -> Json:
    """What detections.json and a server's answer say of a detection."""
    entry: Json = {
        "label": found.label,
        "name": names.get(found.label, str(found.label)),
        "score": round(found.score, 6),
        "box": [round(value, 2) for value in found.corners],
    }
    if found.track:
        entry["track"] = found.track
    return entry


class Results(list[Detection]):
    """The list of an image's detections, best first, with more ways to look at it.

    image   that they were found in, uint8 (height, width, 3 or 1) or (height, width) in BGR; None
            if it was not kept: then nothing can be drawn. To set it to None frees its memory.
    names   of the classes by label
    origin  file, frame and time of the image, where `Detector.stream` read it; else None

    A notebook shows them as a drawing, or as a table.

        >>> import framework
        >>> found = framework.Detector("deploy.prototxt", "ssd.caffemodel")("image.png", 0.5)
        >>> found
        Results of 1 detection: class 1 1.00
        >>> found[0].label, [round(value) for value in found[0].corners]
        (1, [30, 20, 60, 40])
        >>> found.boxes.shape, found.labels, found.scores.round(3)
        ((1, 4), array([1]), array([1.], dtype=float32))
        >>> found.to_json()
        '[{"label": 1, "name": "class 1", "score": 1.0, "x1": 30.0, ..., "y2": 40.0}]'
        >>> found.plot().shape          # enlarged, so that the letters can be read
        (240, 360, 3)
    """

    def __init__(self, found: Iterable[Detection] = (), image: NDArray[Any] | None = None,
                 names: Mapping[int, str] | None = None, origin: Origin | None = None):
        super().__init__(found)
        self.image = image
        self.names = dict(names or {})
        self.origin = origin

    @property
    def boxes(self) -> Floats:
        """(K, 4) corners x1 y1 x2 y2 in pixels."""
        return np.array([found.corners for found in self], np.float32).reshape(-1, 4)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(K,) class numbers."""
        return np.array([found.label for found in self], np.int64)

    @property
    def scores(self) -> Floats:
        """(K,) from 0 to 1."""
        return np.array([found.score for found in self], np.float32)

    @property
    def tracks(self) -> NDArray[np.int64]:
        """(K,) numbers of the objects over the frames of a video; 0 where none is followed."""
        return np.array([found.track for found in self], np.int64)

    def rows(self) -> list[dict[str, int | str | float]]:
        """The columns label, name, score, x1, y1, x2, y2 of each detection, and its track."""
        rows: list[dict[str, int | str | float]] = []
        for found in self:
            values = (found.label, self._name(found), found.score, *found.corners)
            row: dict[str, int | str | float] = dict(zip(COLUMNS, values, strict=True))
            if found.track:
                row["track"] = found.track
            rows.append(row)
        return rows

    def to_json(self) -> str:
        """A JSON list of `rows`."""
        return json.dumps(self.rows(), ensure_ascii=False)

    def to_pandas(self) -> Any:
        """A DataFrame of `rows`. CaffeError where pandas is not installed.

        Any: the type of a package that need not be there.
        """
        try:
            # lazy: a package that need not be there
            import pandas
        except ImportError:
            raise CaffeError("to_pandas needs the package pandas: pip install pandas") from None
        return pandas.DataFrame(self.rows(), columns=list(self._columns()))

    def plot(self) -> Image:
        """A copy of the image, in BGR, with boxes, names and scores. CaffeError without it."""
        if self.image is None:
            raise CaffeError("these results have no image to draw on: it was not kept")
        return draw_detections(self.image, self, self.names)

    def __repr__(self) -> str:
        """The number of detections, and names and scores of the best."""
        best = [f"{self._name(found)} {found.score:.2f}" for found in self[:MOST_NAMES]]
        more = ["..."] if len(self) > MOST_NAMES else []
        number = counted(len(self), "detection")
        return f"Results of {number}" + (": " if best else "") + ", ".join([*best, *more])

    def _columns(self) -> tuple[str, ...]:
        return (*COLUMNS, "track") if any(found.track for found in self) else COLUMNS

    def _name(self, found: Detection) -> str:
        return self.names.get(found.label, f"class {found.label}")

    def _repr_png_(self) -> bytes | None:
        """The drawing, for notebooks."""
        if self.image is None:
            return None
        return bytes(cv2.imencode(".png", self.plot())[1].tobytes())

    def _repr_html_(self) -> str:
        """A table, for notebooks."""
        lines = ["<table><tr>" + "".join(f"<th>{name}</th>" for name in self._columns()) + "</tr>"]
        for row in self.rows()[:MOST_ROWS]:
            cells = (f"{cell:.4g}" if isinstance(cell, float) else html.escape(str(cell))
                     for cell in row.values())
            lines.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        more = len(self) - MOST_ROWS
        return "\n".join(lines) + "</table>" + (f"<p>and {more} more</p>" if more > 0 else "")
