"""The worst images of a test: those that a net errs in most, out of any number."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

NUM_WORST = 24
Item = TypeVar("Item")


class Worst(Generic[Item]):
    """The NUM_WORST items of the largest badness."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []      # numbers differ: no item is compared

    def takes(self, badness: float) -> bool:
        """Whether an item of this badness would be among them, so that it is worth being made."""
        return len(self._heap) < NUM_WORST or badness > self._heap[0][0]

    def add(self, badness: float, number: int, item: Item) -> None:
        """Keep an item that `takes` wants, by the number of its image; the least bad one goes."""
        entry = (badness, number, item)
        if len(self._heap) < NUM_WORST:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heapreplace(self._heap, entry)

    def ranked(self) -> list[Item]:
        """The items, the worst first."""
        return [item for _, _, item in sorted(self._heap, reverse=True)]
