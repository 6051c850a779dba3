"""Detection in a stream of frames: read ahead, batch, tile, follow the objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from framework.errors import DataError
from framework.inference.ahead import ReadAhead
from framework.inference.results import Results
from framework.inference.sources import TIMEOUT, Frame, Source, frames
from framework.inference.tiles import Tiles, detect_in_tiles
from framework.inference.tracking import Tracker

Detect = Callable[[Sequence[NDArray[Any]], float], list[Results]]       # Any: of uint8


@dataclass(frozen=True)
class Options:
    """How frames are worked through, as `Detector.stream` says."""

    threshold: float = 0.0
    batch: int = 1
    track: bool = False
    tiles: Tiles | None = None
    timeout: float = TIMEOUT


def stream(
    detect: Detect, nms_threshold: float, sources: Sequence[Source], options: Options,
    on_error: Callable[[DataError], None] | None = None
) -> Generator[Results]:
    """The Results of each frame of the sources, as `Detector.stream`.

    detect         images and a threshold to Results: `Detector.detect`
    nms_threshold  for boxes of different tiles
    DataError for what cannot be read, unless `on_error` takes it.
    """
    is_patient = not any(source.is_live or source.kind == "stdin" for source in sources)
    following: dict[Source | None, Following] = {}
    read = frames(sources, options.timeout)
    with ReadAhead(read, max(2, options.batch), _may_drop) as ahead:
        for batch in ahead.batches(options.batch, is_patient):
            chosen: list[Frame] = []
            for item in batch:
                if isinstance(item, Frame):
                    chosen.append(item)
                elif on_error is None:
                    raise item
                else:
                    on_error(item)
            results = _detect(detect, nms_threshold, chosen, options)
            for frame, found in zip(chosen, results, strict=True):
                found.origin = frame.origin
                if options.track:
                    # images alone are the frames of one sequence
                    key = frame.source if frame.origin.frame is not None else None
                    if key not in following:
                        following = {key: Following()}      # the one before is over
                    following[key].number(found)
                yield found


class Following:
    """A tracker, and the number of the frame that it saw last."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self.last: int | None = None

    def number(self, found: Results) -> None:
        """Set the `track` of each detection."""
        frame = found.origin.frame if found.origin else None
        step = 1
        if frame is not None and self.last is not None:
            step = max(1, frame - self.last)
        self.last = frame
        tracks = self.tracker.update(found.boxes, found.labels, step)
        found[:] = [dataclasses.replace(one, track=track)
                    for one, track in zip(found, tracks.tolist(), strict=True)]


def _may_drop(item: Frame | DataError) -> bool:
    """Whether a newer item may take its turn: a camera's, where the net is slower."""
    return isinstance(item, Frame) and item.source.is_live


def _detect(detect: Detect, nms_threshold: float, chosen: Sequence[Frame],
            options: Options) -> list[Results]:
    if not chosen:
        return []
    if options.tiles is None:
        return detect([frame.pixels for frame in chosen], options.threshold)
    return [detect_in_tiles(lambda images: detect(images, options.threshold), frame.pixels,
                            options.tiles, nms_threshold, options.batch) for frame in chosen]
