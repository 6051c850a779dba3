"""Batch assembly: choose the records of a batch, leave out bad ones, fill its arrays.

Nothing here knows of processes or of torch: a `BatchMaker` is sent to each worker as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np

from framework.data.augment.draws import Draws
from framework.data.augment.planes import write_planes
from framework.data.loading.class_order import ClassOrder
from framework.data.loading.order import Order
from framework.data.records.images import failing_as_bad
from framework.data.records.records import BadRecord, Pixels
from framework.errors import DataError
from framework.system.arrays import Array, Floats

NUM_COMPARED = 8        # items whose shapes decide which of two is odd
PlaneForm = tuple[tuple[int, ...], np.dtype[Any]]      # channels, height and width; kind of number
Allocate = Callable[[tuple[int, ...], np.dtype[Any]], Array]


class UnlikeError(Exception):
    """Two items of a batch differ in shape."""


@dataclass(frozen=True)
class Item:
    """One item of a batch.

    planes   (height, width, channels) each: the image, and its label map if it has one
    boxes    (n, 7) as in `Record`, or None
    label    the class of the whole image
    classes  all classes of a clip
    size     height and width that a segmentation layer reports for the image
    labels   all labels of an image of several
    masks    (channels or boxes, height, width): a top of their own after the labels
    scale    height after resizing over height before
    """

    planes: tuple[Pixels, ...]
    boxes: Floats | None = None
    label: float = 0
    classes: tuple[int, ...] = ()
    size: tuple[int, int] = (0, 0)
    labels: tuple[float, ...] = ()
    masks: Array | None = None
    scale: float = 1


class ItemSource(Protocol):
    """The source of the items of a batch; picklable, opened in the process that uses it."""

    def open(self) -> None:
        """Open files. DataError if they cannot be used."""

    def size(self) -> int:
        """The number of records."""

    def name(self, index: int) -> str:
        """The name of a record in messages."""

    def item(self, index: int, draws: Draws) -> Item:
        """Read and transform a record for the batch. Raises BadRecord."""

    def tops(self, items: Sequence[Item]) -> list[Array]:
        """The tops after the planes: labels."""

    def found_bad(self) -> dict[int, str]:
        """Records that `item` itself left out, and why; of sources that draw their own records."""


@runtime_checkable
class PaddedBatches(Protocol):
    """A source whose items may differ in size: what they lack in a batch is 0, right and below."""

    pads: bool


@runtime_checkable
class SizedBatches(Protocol):
    """A source whose items have something in common that changes from batch to batch."""

    def start_batch(self, seed: int, index: int) -> None:
        """Take what the items of batch number `index` of the run have in common."""


@dataclass(frozen=True)
class Bad:
    """A record that was left out."""

    index: int
    name: str
    reason: str


@dataclass
class Batch:
    """The arrays of all tops, and the bad records met for the first time."""

    arrays: list[Array]
    bad: list[Bad] = field(default_factory=list)


@dataclass(frozen=True)
class Share:
    """The part of each batch that this process has, of all ranks.

    batch_size  of this process; the batch of the run has batch_size * world_size records
    """

    batch_size: int
    rank: int = 0
    world_size: int = 1

    def position(self, batch_index: int, item_index: int) -> int:
        """The position in the run of an item of a batch."""
        return (batch_index * self.world_size + self.rank) * self.batch_size + item_index


@dataclass(frozen=True)
class Groups:
    """Batches of classes: the class of each record, and how many images of a class are in one."""

    labels: Sequence[float]
    per_class: int


class BatchMaker:
    """Makes batch `b` of a run from nothing but `b`, the seed and the records.

    A bad record is replaced by the next good one in the order, which is also used at its own
    position: so positions do not shift, whatever is found bad by other workers.
    item_seed  the seed of the choices within a record; None: `seed`, which also orders the records
    groups     draw classes and images of them, instead of records; None: do not
    """

    def __init__(self, source: ItemSource, share: Share, seed: int, shuffle: bool = False,
                 skip: int = 0, item_seed: int | None = None, groups: Groups | None = None):
        self.source = source
        self.share = share
        self.seed = seed
        self.shuffle = shuffle
        self.skip = skip
        self.groups = groups
        self.item_seed = seed if item_seed is None else item_seed
        self._order: Order | None = None
        self._bad: dict[int, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_order": None, "_bad": {}}

    def open(self) -> Order:
        """Open the records; done once in each process."""
        if self._order is None:
            self.source.open()
            if self.groups is None:
                self._order = Order(self.source.size(), self.seed, self.shuffle, self.skip)
            else:
                self._order = ClassOrder(self.groups.labels, self.groups.per_class,
                                         self.share.batch_size, self.seed)
        return self._order

    def make(self, index: int, allocate: Allocate = np.empty) -> Batch:
        """Batch number `index` of the run, its arrays taken from `allocate(shape, dtype)`.

        Raises DataError if no record is good.
        """
        self.open()
        if isinstance(self.source, SizedBatches):
            self.source.start_batch(self.item_seed, index)
        known = set(self._bad) | set(self.source.found_bad())
        items, planes = self._items(index, allocate)
        tops = [_copied(top, allocate) for top in self.source.tops(items)]
        return Batch([*planes, *tops], [bad for bad in self.bad() if bad.index not in known])

    def _items(self, index: int, allocate: Allocate) -> tuple[list[Item], list[Array]]:
        """The items of a batch without their pixels, and the pixels of all.

        If two items differ in shape, the most frequent shape from there on is the batch's: an odd
        first item would make all others bad.
        """
        draws = Draws(self.item_seed, 0)
        if isinstance(self.source, PaddedBatches) and self.source.pads:
            return self._padded(index, allocate, draws)
        try:
            return self._fill(index, allocate, draws, [])
        except UnlikeError:
            pass
        planes = [allocate((self.share.batch_size, *shape), kind)
                  for shape, kind in self._usual_form(index, draws)]
        return self._fill(index, allocate, draws, planes)

    def _fill(self, index: int, allocate: Allocate, draws: Draws, planes: list[Array]
              ) -> tuple[list[Item], list[Array]]:
        """As `_items`; `planes` empty: the first item decides, and UnlikeError if another differs.
        """
        is_decided = bool(planes)
        items: list[Item] = []
        for item_index in range(self.share.batch_size):
            position = self.share.position(index, item_index)
            item = self._good_item(position, planes if is_decided else [], draws)
            if not planes:
                planes = [allocate((self.share.batch_size, *shape), kind)
                          for shape, kind in map(_form, item.planes)]
            if not is_decided and _difference(item, planes):
                raise UnlikeError
            for plane, whole in zip(item.planes, planes, strict=True):
                write_planes(plane, whole[item_index])
            # Without its pixels: they may be in memory that the next item overwrites.
            items.append(replace(item, planes=()))
        return items, planes

    def _padded(self, index: int, allocate: Allocate, draws: Draws
                ) -> tuple[list[Item], list[Array]]:
        """As `_items`, for items of several sizes: the largest of each axis is the batch's."""
        items: list[Item] = []
        for item_index in range(self.share.batch_size):
            item = self._good_item(self.share.position(index, item_index), [], draws)
            # a copy: its pixels may be in memory that the next item overwrites
            items.append(replace(item, planes=tuple(plane.copy() for plane in item.planes)))
        planes: list[Array] = []
        for of_one_top in zip(*(item.planes for item in items), strict=True):
            shape = tuple(np.max([plane.shape for plane in of_one_top], axis=0).tolist())
            whole = allocate((len(items), shape[2], *shape[:2]), of_one_top[0].dtype)
            whole[:] = 0
            for plane, target in zip(of_one_top, whole, strict=True):
                write_planes(plane, target[:, :plane.shape[0], :plane.shape[1]])
            planes.append(whole)
        return [replace(item, planes=()) for item in items], planes

    def keys(self, index: int, left_out: Container[int]) -> list[str]:
        """The names of the records in batch `index`, as far as `left_out` is all that is bad."""
        order = self.open()
        keys = []
        for item_index in range(self.share.batch_size):
            position = self.share.position(index, item_index)
            records = map(order.record, range(position, position + order.size))
            keys.append(next(self.source.name(record) for record in records
                             if record not in left_out))
        return keys

    def bad(self) -> list[Bad]:
        """All bad records that were met in this process."""
        return [Bad(record, self.source.name(record), reason)
                for record, reason in {**self._bad, **self.source.found_bad()}.items()]

    def first_item(self) -> Item:
        """The first good item of the run of the shape that its first batch has."""
        draws = Draws(self.item_seed, 0)
        first = self._good_item(self.share.position(0, 0), [], draws)
        if self.takes_any_shape:
            return first
        form = tuple(map(_form, first.planes))
        second = self._good_item(self.share.position(0, 1), [], draws)
        if tuple(map(_form, second.planes)) == form:
            return self._good_item(self.share.position(0, 0), [], draws)
        usual = self._usual_form(0, draws)
        positions = (self.share.position(0, index) for index in range(self._num_compared()))
        items = (self._good_item(position, [], draws) for position in positions)
        return next(item for item in items if tuple(map(_form, item.planes)) == usual)

    @property
    def takes_any_shape(self) -> bool:
        """May the items of a batch differ in shape?"""
        pads = isinstance(self.source, PaddedBatches) and self.source.pads
        return pads or self.share.batch_size == 1

    def _num_compared(self) -> int:
        return max(self.share.batch_size, NUM_COMPARED)

    def _usual_form(self, index: int, draws: Draws) -> tuple[PlaneForm, ...]:
        """The most frequent shapes of the items of a batch, and of some after it."""
        found = [tuple(map(_form, self._good_item(self.share.position(index, item_index), [],
                                                  draws).planes))
                 for item_index in range(self._num_compared())]
        return max(found, key=found.count)

    def _good_item(self, position: int, planes: list[Array], draws: Draws) -> Item:
        order = self.open()
        for at in range(position, position + order.size):
            record = order.record(at)
            if record in self._bad and record not in self.source.found_bad():
                continue        # what the source itself found bad may be good with other draws
            try:
                with failing_as_bad():
                    item = self.source.item(record, draws.go_to(position))
                difference = _difference(item, planes)
                if difference:
                    raise BadRecord(difference)
                return item
            except BadRecord as reason:
                self._bad[record] = str(reason)
        record, reason_text = next(iter(self._bad.items()))
        raise DataError(f"none of the {order.size} records can be used; "
                        f"{self.source.name(record)}: {reason_text}{_on_root(self.source)}")


def _on_root(source: object) -> str:
    """What to do about a root_folder without a / at its end, which names are put after."""
    root = getattr(source, "root", "")
    is_cut = isinstance(root, str) and root and not root.endswith("/") and os.path.isdir(root)
    return f"; root_folder must end with /, since names follow it as they are: '{root}/'" \
        if is_cut else ""


def _form(plane: Pixels) -> PlaneForm:
    height, width, channels = plane.shape
    return (channels, height, width), plane.dtype


def _difference(item: Item, planes: list[Array]) -> str:
    """How an item differs from those of the batch; "" if it fits, or there are none."""
    for plane, whole in zip(item.planes, planes, strict=False):
        if _form(plane) != (whole.shape[1:], whole.dtype):
            return (f"it makes {plane.shape[1]} x {plane.shape[0]} pixels of "
                    f"{plane.shape[2]} channels, {plane.dtype}; the batch has "
                    f"{whole.shape[3]} x {whole.shape[2]} of {whole.shape[1]}, "
                    f"{whole.dtype}; resize_param or a batch_size of 1 would take both")
    return ""


def _copied(top: Array, allocate: Allocate) -> Array:
    copy = allocate(top.shape, top.dtype)
    np.copyto(copy, top)
    return copy
