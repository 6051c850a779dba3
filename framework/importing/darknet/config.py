"""Darknet's .cfg files: sections of keys and values, with their lines.

Source: read_cfg and strip in parser.c and utils.c of pjreddie/darknet: white space has no meaning,
lines that begin with # or ; are comments, of a key that is given twice the first counts.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from framework.errors import CaffeError

KINDS = {"network": "net", "conv": "convolutional", "conn": "connected", "max": "maxpool",
         "avg": "avgpool", "soft": "softmax", "lrn": "normalization"}
# of every section, about training, loading and saving alone
OF_ALL = frozenset(("truth", "onlyforward", "stopbackward", "dontsave", "learning_rate", "smooth",
                    "train_only_bn", "dont_update", "burnin_update", "keep_delta_gpu"))
LARGEST = 2**24         # a size or number beyond it is a mistake
MAX_BYTES = 16 << 20


@dataclass
class Section:
    """One section. `number` counts as Darknet does, from 0 for the first after [net]."""

    kind: str
    number: int
    path: str
    line: int
    entries: dict[str, tuple[str, int]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def error(self, message: str, key: str = "") -> CaffeError:
        """The error about a key, or about the section, with its line."""
        line = self.entries[key][1] if key in self.entries else self.line
        return CaffeError(f"{self.path}:{line}: [{self.kind}]: {message}")

    def word(self, key: str, default: str) -> str:
        self.used.add(key)
        return self.entries[key][0] if key in self.entries else default

    def integer(self, key: str, default: int, least: int = 0) -> int:
        """A whole number from `least` on."""
        text = self.word(key, str(default))
        try:
            number = int(text)
        except ValueError:
            raise self.error(f"{key} is '{text}'; it must be a whole number", key) from None
        if not least <= number <= LARGEST:
            raise self.error(f"{key} is {number}; it must be from {least} to {LARGEST}", key)
        return number

    def number_of(self, key: str, default: float) -> float:
        return self._numbers(key, self.word(key, str(default)))[0]

    def integers(self, key: str) -> list[int]:
        """Whole numbers by commas; [] if the key is missing."""
        found = self.numbers(key)
        if any(number != int(number) for number in found):
            raise self.error(f"{key} is '{self.entries[key][0]}'; it must be whole numbers", key)
        return [int(number) for number in found]

    def numbers(self, key: str) -> list[float]:
        """Numbers by commas; [] if the key is missing."""
        text = self.word(key, "")
        return self._numbers(key, text) if text else []

    def _numbers(self, key: str, text: str) -> list[float]:
        try:
            found = [float(word) for word in text.strip(",").split(",")]
        except ValueError:
            raise self.error(f"{key} is '{text}'; it must be numbers by commas", key) from None
        if not all(abs(number) <= LARGEST for number in found):
            raise self.error(f"{key} is '{text}'; its numbers must be up to {LARGEST}", key)
        return found

    def must_be(self, key: str, only: int, reason: str) -> None:
        """Refuse a key with another value than `only`, which is its default."""
        if key in self.entries and self.number_of(key, only) != only:
            raise self.error(f"{key} is {self.entries[key][0]}; {reason}", key)

    def finish(self, of_training: Collection[str] = ()) -> None:
        """Refuse keys that nobody has read, but those that matter in training alone."""
        for key in self.entries:
            if key not in self.used and key not in of_training and key not in OF_ALL:
                known = ", ".join(sorted(self.used))
                raise self.error(f"the key '{key}' has no counterpart here"
                                 + (f"; there are {known}" if known else ""), key)


def read_config(path: Path) -> tuple[Section, list[Section]]:
    """[net] and the sections of layers. CaffeError with the line for what is no .cfg file."""
    sections: list[Section] = []
    for line, text in enumerate(_read_text(path).splitlines(), 1):
        text = "".join(text.partition("#")[0].split())
        if not text or text[0] == ";":
            continue
        if text[0] == "[":
            if text[-1] != "]" or len(text) < 3:
                raise CaffeError(f"{path}:{line}: '{text}' must be [section]")
            kind = KINDS.get(text[1:-1], text[1:-1])
            sections.append(Section(kind, len(sections) - 1, str(path), line))
            continue
        key, equals, value = text.partition("=")
        if not equals or not key or not sections:
            raise CaffeError(f"{path}:{line}: '{text[:40]}' must be key=value, after a [section]")
        sections[-1].entries.setdefault(key, (value, line))
    if not sections or sections[0].kind != "net":
        where = f"{path}:{sections[0].line}" if sections else f"{path}:1"
        raise CaffeError(f"{where}: the first section must be [net]")
    if len(sections) == 1:
        raise CaffeError(f"{path}:{sections[0].line}: there is no layer after [net]")
    return sections[0], sections[1:]


def _read_text(path: Path) -> str:
    if os.stat(path).st_size > MAX_BYTES:
        raise CaffeError(f"{path}: has more than {MAX_BYTES >> 20} MB; it is no .cfg file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CaffeError(f"{path}: is not a text; a Darknet net is a .cfg file, and its .weights "
                         "file goes to --weights") from None
