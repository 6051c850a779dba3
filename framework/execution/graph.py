"""Which steps of a net read and write each blob."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar


class Wired(Protocol):
    """What a graph knows of a step."""

    @property
    def bottoms(self) -> tuple[str, ...]:
        """The blobs that it reads."""
        ...

    @property
    def tops(self) -> tuple[str, ...]:
        """The blobs that it writes; one of its bottoms if it computes in place."""
        ...


AnyStep = TypeVar("AnyStep", bound=Wired)


class Graph(Generic[AnyStep]):
    """Steps in the order they run, with the readers and writers of each blob.

    A name can be written several times (layers in place, or a name that is used again), so that
    every question is about a range of the order, not about the name alone. Steps are given by
    their index.
    """

    def __init__(self, steps: Sequence[AnyStep]):
        self.steps = list(steps)
        self.readers: dict[str, list[int]] = {}
        self.writers: dict[str, list[int]] = {}
        for index, step in enumerate(self.steps):
            for name in dict.fromkeys(step.bottoms):
                self.readers.setdefault(name, []).append(index)
            for name in dict.fromkeys(step.tops):
                self.writers.setdefault(name, []).append(index)

    def users(self, name: str) -> list[int]:
        """The steps that read or write the blob, in order."""
        return sorted({*self.readers.get(name, []), *self.writers.get(name, [])})

    def next_user(self, name: str, after: int) -> int | None:
        """The first step after `after` that reads or writes the blob."""
        return next((index for index in self.users(name) if index > after), None)

    def is_written(self, name: str, start: int, end: int) -> bool:
        """Whether a step from `start` up to, and without, `end` writes the blob."""
        return any(start <= index < end for index in self.writers.get(name, []))

    def last_user(self, name: str) -> int:
        """The last step that reads or writes the blob."""
        return self.users(name)[-1]

    def names(self) -> list[str]:
        """All blobs, in the order in which the steps name them."""
        return list(dict.fromkeys(name for step in self.steps
                                  for name in (*step.bottoms, *step.tops)))
