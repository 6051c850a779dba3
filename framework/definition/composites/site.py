"""A composite layer in its file: what its expansion may read, and its errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import framework.proto as proto
from framework.definition.prototxt import Document, Lines
from framework.errors import SpecError
from framework.system.wording import nearest

Expanded = list[tuple["proto.LayerParameter", Lines]]
Load = Callable[[Path, Mapping[str, str]], Document]
LearnedBlobs = Callable[[Any], tuple[bool, ...]]


@dataclass
class Site:
    """A composite layer in its file.

    known    blobs made by the layers before it, in any phase
    load, learned_blobs     see `expand`
    parents  the files being read, outermost first
    """

    document: Document
    layer: proto.LayerParameter
    lines: Lines
    known: Sequence[str]
    load: Load
    learned_blobs: LearnedBlobs
    parents: tuple[Path, ...]

    def error(self, field: str, message: str) -> SpecError:
        """The error to raise: file:line of the composite's field, its name, the field."""
        place = self.document.place(self.lines.find(field), self.layer)
        return SpecError(f"{place}: {field} {message}")

    def refuse_fields_but(self, allowed: Iterable[str]) -> None:
        """Raise SpecError for a field that the composite does not look at."""
        for descriptor, _ in self.layer.ListFields():
            if descriptor.name not in allowed:
                raise self.error(descriptor.name, "has no meaning here; the fields of a "
                                 f"{self.layer.type} layer are {', '.join(allowed)}")

    def check_bottoms(self, blobs: Iterable[str], field: str) -> None:
        """Raise SpecError at `field` ("bottom[{}]") for a blob that no layer before it makes."""
        for index, blob in enumerate(blobs):
            if blob not in self.known:
                raise self.error(field.format(index), f"is '{blob}', which no layer before it "
                                 f"makes{nearest(blob, self.known)}")
