"""Video clip items: the frames and classes that the lines of a list name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from framework.data.augment.clip_transform import ClipTransformation, ClipTransformer
from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Item
from framework.data.loading.frames import FrameReader
from framework.data.records.images import BadRecord, failing_as_bad
from framework.data.records.list_file import numbered_lines
from framework.errors import DataError
from framework.system.arrays import Array


@dataclass(frozen=True)
class Clip:
    """A line of a list.

    number  the second column, 0 where there is none; the FrameReader says what it means
    labels  one class, or several where the list has `3,5,7`
    """

    path: str
    number: int
    labels: tuple[int, ...]


def read_clips(path: str, has_number: bool, num_classes: int = 0) -> list[Clip]:
    """The lines of a list: a path, which may hold blanks, a number and the label.

    has_number   False: lines of path and label only
    num_classes  0: one label; else labels below it, parted by commas
    DataError, with the line, for a list that is absent or empty, or a line of another form.
    """
    return [_read_clip(line, f"{path}:{number}", has_number, num_classes)
            for number, line in numbered_lines(path)]


def _read_clip(line: str, place: str, has_number: bool, num_classes: int) -> Clip:
    form = ("path", "number", "label") if has_number else ("path", "label")
    words = line.rsplit(maxsplit=len(form) - 1)     # from the right: the path may have blanks
    try:
        labels_text = words[-1].split(",") if num_classes else [words[-1]]
        labels = tuple(int(label) for label in labels_text)
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
    """Clips, each one plane of all its frames: see Layout.

    root         prefix of the paths
    new_size     (width, height) to resize each frame to before anything else; None: as it is
    num_classes  above 0, the label is a row of that many values, 1 for each class of the clip
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
        return Item((pixels,), classes=clip.labels)

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The classes (items,), or with num_classes rows of zeros and ones (items, num_classes)."""
        if not self.num_labels:
            return []
        if not self.num_classes:
            return [np.array([item.classes[0] for item in items], np.float32)]
        rows = np.zeros((len(items), self.num_classes), np.float32)
        for row, item in zip(rows, items, strict=True):
            row[list(item.classes)] = 1
        return [rows]

    def found_bad(self) -> dict[int, str]:
        return self._bad
