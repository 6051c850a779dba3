"""Account of a conversion: the images and boxes that were read, stored, and left out, and why."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from framework.errors import DataError
from framework.system.wording import counted, shortened

COLOUR = "in colour"
NAMED_BEFORE = "an image that was named before; it is stored again with these boxes"
OTHER_CLASS = "an image that was named before with another class; it is stored with both"
SAME_CLASS = "an image that was named before with this class; it is stored again"
MOST_NAMES = 3          # given for each reason
MOST_REASONS = 20       # shown; the others are counted
_MESSAGE = re.compile(r"(.*?): (.*)", re.DOTALL)


class BadEntry(DataError):
    """An image and its labels that are left out, with the number of boxes that the labels have."""

    def __init__(self, text: str, num_boxes: int = 0):
        super().__init__(text)
        self.num_boxes = num_boxes


@dataclass(frozen=True)
class Note:
    """Something left out, or stored though it is odd.

    reason         words that other notes of the kind have too
    where          the file, or file:line
    images, boxes  how many are left out; 0 and 0: all is stored
    is_loss        something of the input is not in the output
    """

    reason: str
    where: str
    images: int = 0
    boxes: int = 0
    is_loss: bool = True

    def text(self) -> str:
        """`where: reason`."""
        return f"{self.where}: {self.reason}"


def note_of(error: DataError) -> Note:
    """The note of an image that is left out; messages are `where: reason: 'what was found'`."""
    found = _MESSAGE.fullmatch(str(error))
    where, text = found.groups() if found else ("", str(error))
    reason = text.partition(": '")[0]
    return Note(reason, where, images=1, boxes=getattr(error, "num_boxes", 0))


@dataclass
class Account:
    """The counts of one database or export.

    images, boxes                what the input has
    stored_images, stored_boxes  what the output has
    empty_images                 those stored that have neither a box nor a class
    classes                      boxes stored by class, or images where there are no boxes
    kinds                        stored image files by `kind_of`, and the first image of each kind
    """

    images: int = 0
    boxes: int = 0
    stored_images: int = 0
    stored_boxes: int = 0
    empty_images: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    first_of_kind: dict[str, str] = field(default_factory=dict)

    def add_kind(self, kind: str, image: str) -> None:
        """Count a stored image file; "": plain pixels, which are all of one kind."""
        if kind:
            self.kinds[kind] += 1
            self.first_of_kind.setdefault(kind, image)

    def add_losses(self, notes: Iterable[Note]) -> None:
        """Count what was left out before there was a record of it."""
        for note in notes:
            self.images += note.images
            self.boxes += note.boxes
            self.notes.append(note)

    @property
    def losses(self) -> list[Note]:
        """The notes of what is not in the output."""
        return [note for note in self.notes if note.is_loss]

    def lines(self, shown: Mapping[str, str] | None = None, is_written: bool = True,
              is_forced: bool = False) -> Iterator[str]:
        """The account in sentences.

        shown      names of classes, where they are not their own
        is_forced  the net for these images has force_color: true
        """
        shown = shown or {}
        stored = "are stored" if is_written else "can be stored"
        if self.boxes or self.empty_images:
            yield (f"{self.stored_images} of {counted(self.images, 'image')} and "
                   f"{self.stored_boxes} of {counted(self.boxes, 'box')} {stored}")
        else:
            if self.images == 1:
                stored = stored.replace("are", "is")
            yield f"{self.stored_images} of {counted(self.images, 'image')} {stored}"
        if self.classes:
            unit = "boxes" if self.stored_boxes else "images"
            yield f"{unit} by class: " + ", ".join(
                f"{shortened(shown.get(name, name))} {count}"
                for name, count in sorted(self.classes.items()))
        if self.empty_images:
            yield f"images without a box, which are background: {self.empty_images}"
        yield from self._forced_lines() if is_forced else self._kind_lines()
        yield from _grouped(self.losses, "left out")
        yield from _grouped((note for note in self.notes if not note.is_loss), "noted")

    def _kind_lines(self) -> Iterator[str]:
        """What a net must be told if not all images are in colour."""
        if set(self.kinds) <= {COLOUR}:
            return
        if len(self.kinds) == 1:
            yield (f"all images are {next(iter(self.kinds))}; transform_param.force_color: true in "
                   "the net makes 3 channels of each")
            return
        (usual, count), *others = self.kinds.most_common()
        listed = ", ".join(f"{number} {kind} (the first is "
                           f"{shortened(self.first_of_kind[kind])})" for kind, number in others)
        yield (f"the images are of different kinds: {count} {usual}, {listed}; a net takes them "
               "together only with transform_param.force_color: true (3 channels of each) or "
               "force_gray: true (1 channel), else the fewer ones are left out")

    def _forced_lines(self) -> Iterator[str]:
        """How many images get the three channels of a net with force_color: true."""
        num_others = self.kinds.total() - self.kinds[COLOUR]
        if num_others:
            yield f"images not in colour, which get three channels (force_color): {num_others}"

    def show(self, title: str, shown: Mapping[str, str] | None = None, is_written: bool = True
             ) -> None:
        """Print the account; on stderr where nothing is written."""
        stream = sys.stdout if is_written else sys.stderr
        first, *others = self.lines(shown, is_written)
        print(f"{title}: {first}", *(f"  {line}" for line in others), sep="\n", file=stream)

    def check_strict(self, is_strict: bool, title: str, shown: Mapping[str, str] | None = None
                     ) -> None:
        """DataError, after the account, if anything was left out and nothing may be."""
        losses = self.losses
        if is_strict and losses:
            self.show(title, shown, is_written=False)
            images = sum(note.images for note in losses)
            boxes = sum(note.boxes for note in losses)
            what = _amount(images, boxes, 0) if images or boxes else counted(len(losses), "label")
            raise DataError(f"--strict: {what} would be left out; nothing was written. The first: "
                            f"{losses[0].text()}")


def _grouped(notes: Iterable[Note], start: str) -> Iterator[str]:
    """A line for each reason: how many, why, and the first names."""
    groups: dict[str, list[Note]] = {}
    for note in notes:
        groups.setdefault(note.reason, []).append(note)
    for reason, group in list(groups.items())[:MOST_REASONS]:
        what = _amount(sum(note.images for note in group), sum(note.boxes for note in group),
                       len(group))
        names = [shortened(name) for name in dict.fromkeys(note.where for note in group)]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        yield f"{start}: {what}: {reason} ({', '.join(names[:MOST_NAMES])}{more})"
    if len(groups) > MOST_REASONS:
        yield f"{start}: {len(groups) - MOST_REASONS} more reasons are not shown"


def _amount(images: int, boxes: int, entries: int) -> str:
    if images and boxes:
        return f"{counted(images, 'image')} with {counted(boxes, 'box')}"
    if images or boxes:
        return counted(images, "image") if images else counted(boxes, "box")
    return f"{entries} times" if entries > 1 else "once"
