"""LMDB page check: the search tree of a database file, verified before the C library walks it.

LMDB trusts its files: a wrong page number or offset makes it read outside the file (SIGBUS) or
abort. Only the pages of keys are read here, not those of large values.
Source: the structures MDB_meta, MDB_page and MDB_node of mdb.c, LMDB 0.9, on 64 bits.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
Words = NDArray[np.int64]

_MAGIC = 0xBEEFC0DE
_VERSION = 1
_META = 0x08                    # flags of pages
_BRANCH = 0x01
_LEAF = 0x02
_KINDS = 0x6F                   # the flags that make the kind of a page
_LARGE_VALUE = 0x01             # of a leaf's node: the value has pages of its own
_NO_PAGE = (1 << 64) - 1
_HEADER = 16                    # bytes, of a page
_NODE_HEADER = 8
_MAX_DEPTH = 32
_CHUNK = 1024                   # pages that are in memory at once
# magic, version, page size; of the main tree flags, records and root; last page, transaction
_META_FIELDS = struct.Struct("<16x II 16x I 48x H 26x QQ QQ")


class DamagedPages(Exception):
    """A file that LMDB cannot read safely. Its text is the reason."""


class CutShort(DamagedPages):
    """A file that ends before its last page."""


@dataclass(frozen=True)
class Head:
    """The newer of the two meta pages.

    page_size  in bytes;  root  the page of the main tree's top;  last  the number of the last page
    """

    page_size: int
    root: int
    entries: int
    last: int
    transaction: int

    @property
    def num_bytes(self) -> int:
        return (self.last + 1) * self.page_size


@dataclass(frozen=True)
class _Pages:
    """Pages of one kind: their numbers, content (pages, page size), and bounds of their nodes."""

    numbers: Numbers
    kind: int
    content: NDArray[np.uint8]
    lower: Words
    upper: Words


def check_pages(descriptor: int) -> Head:
    """Verify the meta pages and all pages of the main tree of an open file.

    Raises DamagedPages if the tree leads outside the file or a page is not what it must be.
    """
    head = read_head(descriptor)
    size = os.fstat(descriptor).st_size
    if size < head.num_bytes:
        raise CutShort(f"{size} of {head.num_bytes} bytes are there")
    level = np.array([] if head.root == _NO_PAGE else [head.root], np.uint64)
    num_pages = num_keys = depth = 0
    # Level by level, from the root down. A tree whose pages lead back to an earlier one would
    # never end; but no tree has more pages than the file.
    while len(level):
        num_pages += len(level)
        depth += 1
        if num_pages > head.last or depth > _MAX_DEPTH:
            raise DamagedPages("its tree of pages never ends")
        kinds = set()
        nodes = []
        for start in range(0, len(level), _CHUNK):
            part = _read_pages(descriptor, level[start:start + _CHUNK], head)
            kinds.add(part.kind)
            nodes.append(_check_nodes(part, head))
        if len(kinds) > 1:
            raise DamagedPages("its tree of pages is uneven")
        level = np.concatenate(nodes) if kinds == {_BRANCH} else level[:0]
        num_keys = sum(map(len, nodes))
    if num_keys != head.entries:
        raise DamagedPages(f"it has {num_keys} keys where {head.entries} are announced")
    return head


def read_head(descriptor: int) -> Head:
    """The newer meta page. Raises DamagedPages if one of the two is not a meta page."""
    first = _read_meta(descriptor, 0, 0)
    second = _read_meta(descriptor, 1, first.page_size)
    if second.page_size != first.page_size:
        raise DamagedPages("its two first pages differ in the page size")
    return first if first.transaction >= second.transaction else second


def _read_meta(descriptor: int, number: int, at: int) -> Head:
    content = os.pread(descriptor, _META_FIELDS.size, at)
    if number == 0 and struct.pack("<I", _MAGIC) != content[_HEADER:_HEADER + 4]:
        raise DamagedPages(f"page 0 is not a meta page of an LMDB of version {_VERSION}")
    if len(content) < _META_FIELDS.size:
        raise CutShort(f"page {number} is not complete")
    flags = struct.unpack_from("<H", content, 10)[0]
    magic, version, page_size, tree_flags, entries, root, last, transaction = \
        _META_FIELDS.unpack(content)
    if not flags & _META or magic != _MAGIC or version != _VERSION:
        raise DamagedPages(f"page {number} is not a meta page of an LMDB of version {_VERSION}")
    if page_size not in (256 << shift for shift in range(8)):
        raise DamagedPages(f"page {number} says that pages have {page_size} bytes")
    if tree_flags:
        raise DamagedPages(f"it has the flags {tree_flags:#x} (several values a key, say); "
                           "databases of Caffe have none")
    return Head(page_size, root, entries, last, transaction)


def _read_pages(descriptor: int, numbers: Numbers, head: Head) -> _Pages:
    """Read pages of one level of the tree. DamagedPages if they are not such, or of two kinds."""
    outside = (numbers < 2) | (numbers > head.last)
    if outside.any():
        raise DamagedPages(f"its tree names page {numbers[outside][0]} of {head.last}")
    size = head.page_size
    content = b"".join(os.pread(descriptor, size, number * size) for number in numbers.tolist())
    if len(content) < len(numbers) * size:
        raise CutShort("a page of its tree is not complete")
    pages = np.frombuffer(content, np.uint8).reshape(-1, size)
    own_numbers = pages[:, :8].copy().view("<u8")[:, 0]
    _, flags, lower, upper = pages[:, 8:_HEADER].copy().view("<u2").astype(np.int64).T
    kinds = flags & _KINDS
    kind = int(kinds[0])
    _require((own_numbers == numbers) & np.isin(kinds, (_BRANCH, _LEAF)), numbers,
             "is not a page of its tree")
    _require(kinds == kind, numbers, "is of another kind than the others of its level")
    least = _HEADER + 2 * (1 if kind == _LEAF else 2)
    _require((lower >= least) & (lower % 2 == 0) & (lower <= upper) & (upper <= size), numbers,
             "has wrong bounds")
    return _Pages(numbers, kind, pages, lower, upper)


def _check_nodes(part: _Pages, head: Head) -> Numbers:
    """The page that each node of these pages refers to, 0 if it refers to none.

    All nodes of all pages are checked at once: `page` is the page of each node (its index in
    `part`), `index` its number within the page, `starts` its offset in `flat`.
    """
    size = head.page_size
    flat = part.content.reshape(-1)
    counts = (part.lower - _HEADER) // 2
    page = np.repeat(np.arange(len(counts)), counts)
    index = np.arange(len(page)) - np.repeat(np.cumsum(counts) - counts, counts)
    words = flat.view("<u2")
    offsets = words[(page * size + _HEADER) // 2 + index].astype(np.int64)
    owners = part.numbers[page]
    _require((offsets % 2 == 0) & (offsets >= part.upper[page])
             & (offsets <= size - _NODE_HEADER), owners, "has a node outside its bounds")
    starts = page * size + offsets
    # A node: size of the value (4 bytes, low half first), flags (2), size of the key (2), key,
    # value. In a branch the first six bytes are the number of the page below.
    low, high, flags, key_size = (words[starts // 2 + field].astype(np.int64)
                                  for field in range(4))
    value_size = low | high << 16
    ends = offsets + _NODE_HEADER + key_size
    if part.kind == _BRANCH:
        _require(ends <= size, owners, "has a key beyond its end")
        return (value_size | flags << 32).astype(np.uint64)
    is_large = flags == _LARGE_VALUE
    _require(flags & ~_LARGE_VALUE == 0, owners, "has a node of a kind that Caffe does not write")
    _require(ends + np.where(is_large, 8, value_size) <= size, owners, "has a node beyond its end")
    number_at = (page * size + ends)[is_large]
    named = flat[number_at[:, None] + np.arange(8)].view("<u8").reshape(-1)
    num_pages = -(-(_HEADER + value_size[is_large]) // size)        # rounded up
    _require((named >= 2) & (named <= head.last)
             & (named.clip(0, head.last).astype(np.int64) + num_pages <= head.last + 1),
             owners[is_large], "names a value outside the file")
    found = np.zeros(len(flags), np.uint64)
    found[is_large] = named
    return found


def _require(is_sound: Any, numbers: Numbers, fault: str) -> None:
    """DamagedPages with the first page that is not sound. Any: booleans, one for each number."""
    if not is_sound.all():
        raise DamagedPages(f"page {numbers[~is_sound][0]} {fault}")
