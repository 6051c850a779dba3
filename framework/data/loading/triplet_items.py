"""Items of three images each, from files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from framework.data.augment.draws import Draws
from framework.data.augment.resizing import resize_plain
from framework.data.loading.batches import Item
from framework.data.loading.items import ListedItems, read_image
from framework.data.records.records import BadRecord, Decoding, Pixels
from framework.system.arrays import Array


@dataclass
class TripletItems(ListedItems):
    """Files of images, three to an item, which are changed by draws of their own.

    files     the path of the first, and those of the others
    new_size  (width, height) to resize to before anything else; None: as it is
    """

    files: Sequence[tuple[str, tuple[str, ...]]]
    decoding: Decoding
    new_size: tuple[int, int] | None = None

    def item(self, index: int, draws: Draws) -> Item:
        """The images of a line, resized and augmented. Raises BadRecord."""
        first, others = self.files[index]
        return Item(tuple(self._image(path, draws) for path in (first, *others)))

    def _image(self, path: str, draws: Draws) -> Pixels:
        assert self._transformer is not None
        try:
            pixels = read_image(self.root + path, self.decoding)
        except BadRecord as error:      # whose message names the first file of the line
            raise BadRecord(f"{self.root + path} of its line: {error}") from None
        if self.new_size is not None:
            pixels = resize_plain(pixels, *self.new_size, cv2.INTER_LINEAR)
        # a copy: the next image may take its memory
        return self._transformer.without_boxes(pixels, draws).copy()

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """No labels: the order of the images says what they are."""
        return []
