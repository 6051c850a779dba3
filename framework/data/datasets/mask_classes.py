"""Classes of label images: which value or colour of a pixel is which class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from framework.data.records.account import BadEntry
from framework.data.records.label_image import Colour
from framework.system.arrays import Array, Levels
from framework.system.wording import shortened

IGNORED = 255
MOST_CLASSES = IGNORED


@dataclass(frozen=True)
class MaskClasses:
    """The classes of a data set of label images, numbered from 0 on.

    names    of the classes
    values   the class of each value of a pixel, IGNORED for none
    colours  the class of each colour, where the label images are in colour; {}: they are not
    """

    names: Sequence[str]
    values: Mapping[int, int] = field(default_factory=dict)
    colours: Mapping[Colour, int] = field(default_factory=dict)

    def labels(self, pixels: Array, place: str) -> Levels:
        """The classes (height, width) uint8 of a label image's values or colours.

        BadEntry, with the first pixel's position, for a value or a colour that belongs to no class.
        """
        if pixels.ndim == 2:
            found, inverse = np.unique(pixels, return_inverse=True)
            labels = [self.values.get(int(value), -1) for value in found]
        else:
            parts = pixels.astype(np.uint32)
            codes = parts[..., 0] << 16 | parts[..., 1] << 8 | parts[..., 2]
            found, inverse = np.unique(codes, return_inverse=True)
            labels = [self.colours.get(_colour(int(code)), -1) for code in found]
        inverse = inverse.reshape(pixels.shape[:2])
        for index, label in enumerate(labels):
            if label < 0:
                y, x = np.argwhere(inverse == index)[0]
                raise BadEntry(f"{place}: {self._unknown(int(found[index]), pixels.ndim)} at x "
                               f"{x}, y {y}'")
        return np.array(labels, np.uint8)[inverse]

    def _unknown(self, found: int, num_axes: int) -> str:
        """What is wrong with a value or a colour, up to the quote that its position ends."""
        if num_axes == 3:
            known = "; ".join(f"{name} {' '.join(map(str, colour))}"
                              for colour, name in self._named_colours())
            allowed = f"the palette has {shortened(known)}" if known else \
                "nothing says which colour is which class"
            red, green, blue = _colour(found)
            return f"a colour that is in no palette ({allowed}): '{red} {green} {blue}"
        return (f"a label beyond the classes (they are {_ranges(self.values)}): '{found}")

    def _named_colours(self) -> list[tuple[Colour, str]]:
        return [(colour, self.names[label]) for colour, label in self.colours.items()
                if label != IGNORED]


def by_number(names: Sequence[str], first: int = 0) -> MaskClasses:
    """Classes whose values are their numbers from `first` on; those before it, and 255, none."""
    values = dict.fromkeys([*range(first), IGNORED], IGNORED)
    return MaskClasses(names, values | {first + label: label for label in range(len(names))})


def by_colour(names: Sequence[str], colours: Sequence[Colour], ignored: Sequence[Colour] = ()
              ) -> MaskClasses:
    """Classes of these colours; grey values count as colours of equal parts."""
    known = dict.fromkeys(ignored, IGNORED)
    return MaskClasses(names, colours=known | {colour: label
                                               for label, colour in enumerate(colours)})


def by_values(found: Sequence[int]) -> MaskClasses:
    """Classes of the values that label images without names have: 0 and 255 alone are a mask."""
    if set(found) <= {0, IGNORED}:
        return MaskClasses(("background", "foreground"), {0: 0, IGNORED: 1})
    highest = max(value for value in found if value != IGNORED)
    names = ["background", *(f"class{number}" for number in range(1, highest + 1))]
    return by_number(names)


def _colour(code: int) -> Colour:
    return code >> 16, code >> 8 & 255, code & 255


def _ranges(values: Mapping[int, int]) -> str:
    """`0 to 20, 255 is ignored`."""
    used = [value for value, label in values.items() if label != IGNORED]
    ignored = [value for value, label in values.items() if label == IGNORED]
    shown = ", ".join(map(str, ignored[:5]))
    text = f"{min(used)} to {max(used)}" if used else "none"
    return f"{text}; ignored {shown}" if ignored else text
