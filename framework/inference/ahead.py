"""Read ahead in a thread: decoding goes on while the net computes."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")


class ReadAhead(Generic[Item]):
    """A bounded queue that a thread fills from `items`; used as a context manager.

    depth       items that are kept at most; then the thread waits
    may_drop    whether an item may give way to the next one that is read: frames of a camera, of
                which the newest counts when the net is slower than it

    An exception of `items` is raised by `take`, after the items before it.
    """

    def __init__(self, items: Generator[Item], depth: int, may_drop: Callable[[Item], bool]):
        self.items = items
        self.depth = depth
        self.may_drop = may_drop
        self.queue: deque[Item] = deque()
        self.change = threading.Condition()
        self.is_over = False
        self.is_stopped = False
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._fill, daemon=True, name="read ahead")

    def __enter__(self) -> ReadAhead[Item]:
        self.thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        with self.change:
            self.is_stopped = True
            self.change.notify_all()
        self.thread.join(timeout=1)     # a camera may take its time to answer

    def batches(self, size: int, is_patient: bool) -> Iterator[list[Item]]:
        """Lists of up to `size` items; without patience of those that are there, at least one."""
        while batch := self.take(size, is_patient):
            yield batch

    def take(self, most: int, is_patient: bool) -> list[Item]:
        """The next items, in their order; [] at the end."""
        taken: list[Item] = []
        with self.change:
            while len(taken) < most:
                if self.queue:
                    taken.append(self.queue.popleft())
                    self.change.notify_all()
                elif self.is_over or (taken and not is_patient):
                    break
                else:
                    self.change.wait()
            if not taken and self.error is not None:
                raise self.error
        return taken

    def _fill(self) -> None:
        try:
            with contextlib.closing(self.items) as items:
                for item in items:
                    if not self._put(item):
                        break
        except BaseException as error:
            self.error = error          # for the thread that takes
        with self.change:
            self.is_over = True
            self.change.notify_all()

    def _put(self, item: Item) -> bool:
        """Append an item as soon as there is room; False if nobody takes any more."""
        with self.change:
            if self.queue and self.may_drop(self.queue[-1]) and self.may_drop(item):
                self.queue.pop()
            while len(self.queue) >= self.depth and not self.is_stopped:
                self.change.wait()
            self.queue.append(item)
            self.change.notify_all()
            return not self.is_stopped
