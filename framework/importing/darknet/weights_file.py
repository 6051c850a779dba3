"""Darknet's .weights files: a header, and float32 numbers in the order of the layers.

Source: load_weights_upto in parser.c of pjreddie/darknet.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np

from framework.errors import WeightsError
from framework.importing.darknet.config import Section
from framework.importing.draft import Floats

# major, minor: bytes of the number of images seen, which ends the header
VERSIONS = {(0, 0): 4, (0, 1): 4, (0, 2): 8}


FIRST = "biases"        # of the numbers of each layer


class WeightsFile:
    """The numbers of a file, which layers take one after the other.

    may_end  the file may hold the first layers alone, as `darknet partial` writes them
    ended    it does, and what is taken now is zeros
    """

    def __init__(self, path: Path, may_end: bool = False):
        content = path.read_bytes()
        if len(content) < 12:
            raise WeightsError(f"{path}: has {len(content)} bytes, less than a header's 16")
        major, minor, revision = struct.unpack("<3i", content[:12])
        if (major, minor) not in VERSIONS:
            raise WeightsError(
                f"{path}: its header says version {major}.{minor}.{revision}; Darknet has written "
                "0.1 and 0.2, else it is no .weights file")
        start = 12 + VERSIONS[major, minor]
        if len(content) < start or (len(content) - start) % 4:
            raise WeightsError(f"{path}: is cut off: {len(content)} bytes are no header of {start} "
                               "and numbers of 4")
        self.path = path
        self.numbers = np.frombuffer(content, "<f4", offset=start)
        self.start = 0
        self.may_end = may_end
        self.ended = False

    def take(self, section: Section, what: str, *shape: int) -> Floats:
        """The next numbers in that shape."""
        count = math.prod(shape)
        end = self.start + count
        if self.may_end and what == FIRST and self.start == len(self.numbers):
            self.ended = True
        if self.ended:
            return np.zeros(shape, np.float32)
        if end > len(self.numbers):
            raise WeightsError(
                f"{self.path}: ends after {len(self.numbers)} numbers; {section.path}:"
                f"{section.line}: the {what} of [{section.kind}] {section.number} are the numbers "
                f"{self.start} to {end}" + self._backbone(section, what))
        found = self.numbers[self.start:end].reshape(shape).astype(np.float32)
        self.start = end
        return found

    def _backbone(self, section: Section, what: str) -> str:
        """A hint where the file ends with a layer."""
        if what != FIRST or self.start != len(self.numbers):
            return ""
        return f": it seems to hold the first {section.number} layers alone"

    def finish(self, path: str) -> None:
        """WeightsError if numbers are left."""
        left = len(self.numbers) - self.start
        if left:
            raise WeightsError(f"{self.path}: has {left} numbers more than the {self.start} that "
                               f"the layers of {path} read")
