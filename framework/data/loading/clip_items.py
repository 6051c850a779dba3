"""Clips of a list: lines of a folder or a video file, a number and the classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from framework.data.augment.clip_transform import ClipTransformation, ClipTransformer
from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Array, Item
from framework.data.loading.frames import FrameReader
from framework.data.records.images import BadRecord, failing_as_bad
from framework.data.records.list_file import numbered_lines
from framework.errors import DataError


@dataclass(frozen=True)
class Clip:
    """A line of a list.

    number  the second column, 0 where there is none: what it means the FrameReader says
    labels  one class, or several where the list has `3,5,7`
    """

    path: str
    number: int
    labels: tuple[int, ...]


def read_clips(path: str, has_number: bool, num_classes: int = 0) -> list[Clip]:
    """The lines of a list: a path, which may hold blanks, a number and the label.

    has_number   False: lines of path and label only
    num_classes  0: one label; else labels below it, parted by commas
    DataError, with the line, for a list that is absent or empty, or a line that is none such.
    """
    return [_read_clip(line, f"{path}:{number}", has_number, num_classes)
            for number, line in numbered_lines(path)]


def _read_clip(line: str, place: str, has_number: bool, num_classes: int) -> Clip:
    form = ("path", "number", "label")[:: 1 if has_number else 2]
    words = line.rsplit(maxsplit=len(form) - 1)
    try:
        labels = tuple(int(label) for label in words[-1].split(",")) if num_classes \
            else (int(words[-1]),)
        number = int(words[-2]) if has_number else 0
        clip = Clip(words[-len(form)].strip(), number, labels)
    except (ValueError, IndexError):
        raise DataError(f"{place}: '{line.strip()}' is not `{' '.join(form)}`, all whole numbers "
                        "but the path") from None
    for label in labels if num_classes else ():
        if not 0 <= label < num_classes:
            raise DataError(f"{place}: label {label} is not one of the {num_classes} that "
                            "num_of_labels allows")
    return clip


@dataclass
class ClipItems:
    """Clips, each a plane of all its frames: see Layout.

    root      stands before the paths
    new_size  (width, height) to resize each frame to before anything else; None: as it is
    num_classes  with more than 0, the label is a row of that many, 1 for each of the clip's
    """

    clips: Sequence[Clip]
    root: str
    frames: FrameReader
    transformation: ClipTransformation
    new_size: tuple[int, int] | None = None
    num_classes: int = 0
    num_labels: int = 1
    _transformer: ClipTransformer | None = field(default=None, repr=False)
    _bad: dict[int, str] = field(default_factory=dict, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_transformer": None, "_bad": {}}

    def open(self) -> None:
        self._transformer = self.transformation.open()

    def size(self) -> int:
        return len(self.clips)

    def name(self, index: int) -> str:
        clip = self.clips[index]
        return f"{self.root}{clip.path} {clip.number}"

    def item(self, index: int, draws: Draws) -> Item:
        """Raises BadRecord for this draw: another may take other frames of the clip."""
        assert self._transformer is not None
        clip = self.clips[index]
        try:
            with failing_as_bad():
                frames = self.frames.read(self.root + clip.path, clip.number, draws)
                if self.new_size is not None:
                    frames = [resize_plain(frame, *self.new_size, cv2.INTER_LINEAR)
                              for frame in frames]
                planes = self.transformation.layout.stack(frames)
                pixels = self._transformer(planes, draws).transpose(1, 2, 0)
        except BadRecord as reason:
            self._bad.setdefault(index, str(reason))
            raise
        return Item((pixels,), None, index)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The classes (items,), or with num_classes rows of zeros and ones (items, num_classes)."""
        if not self.num_labels:
            return []
        labels = [self.clips[int(item.label)].labels for item in items]
        if not self.num_classes:
            return [np.array([label[0] for label in labels], np.float32)]
        rows = np.zeros((len(items), self.num_classes), np.float32)
        for row, label in zip(rows, labels, strict=True):
            row[list(label)] = 1
        return [rows]

    def found_bad(self) -> dict[int, str]:
        return self._bad
