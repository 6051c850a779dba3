"""A damaged database is an error of one line, or a bad record; it never ends the process."""

import os
import random
import struct
import subprocess
import sys

import lmdb
import pytest

from framework.data.records import lmdb_pages
from framework.data.records.database import open_database
from framework.data.records.images import BadRecord
from framework.data.records.lmdb_pages import check_pages
from framework.errors import DataError
from tests.data.making import write_database

PAGE = 4096
NUM_RECORDS = 150                # enough for a tree of two levels


@pytest.fixture
def file(tmp_path):
    records = [bytes([index % 251]) * (2500 if index % 3 else 90) for index in range(NUM_RECORDS)]
    return write_database(tmp_path / "lmdb", records) / "data.mdb"


def tree_page(content, kind):
    """The number of the first page of the tree of a kind: 1 branch, 2 leaf."""
    return next(page for page in range(2, len(content) // PAGE)
                if struct.unpack_from("<QHH", content, page * PAGE) == (page, 0, kind))


def newer_meta(content):
    first, second = (struct.unpack_from("<Q", content, page * PAGE + 144)[0] for page in (0, 1))
    return 0 if first >= second else PAGE


def test_the_tree_of_a_sound_database_is_found_whole(file):
    descriptor = os.open(file, os.O_RDONLY)
    head = check_pages(descriptor)
    os.close(descriptor)
    with lmdb.open(str(file.parent), readonly=True, lock=False) as environment:
        assert head.entries == environment.stat()["entries"] == NUM_RECORDS
        assert head.last == environment.info()["last_pgno"]
        assert environment.stat()["depth"] == 2


DAMAGE = {
    "a leaf that says it is a branch": (2, 10, b"\1\0", "than the others of its level"),
    "wrong bounds of a leaf": (2, 12, b"\xff\xff", "has wrong bounds"),
    "a leaf without nodes": (2, 12, b"\x10\0", "has wrong bounds"),
    "a leaf with another number": (2, 0, b"\xee", "is not a page of its tree"),
    "a node outside its page": (2, 16, b"\xff\x0f", "has a node outside its bounds"),
    "a branch of another kind": (1, 10, b"\4\0", "is not a page of its tree"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_page_is_named_when_the_database_is_opened(file, kind):
    page_kind, at, value, message = DAMAGE[kind]
    content = bytearray(file.read_bytes())
    start = tree_page(content, page_kind) * PAGE + at
    content[start:start + len(value)] = value
    file.write_bytes(content)
    with pytest.raises(DataError, match=rf"cannot be read as an LMDB \(page \d+ .*{message}"):
        open_database(file)


@pytest.mark.parametrize("at, value, message", [
    (40, 0, "pages have 0 bytes"), (92, 4, "has the flags 0x4"), (120, 7, "keys where 7 are"),
    (128, 1 << 40, f"names page {1 << 40}"), (136, 1 << 40, "the file is cut short"),
    (136, 3, "names page"), (16, 5, "is not a meta page of an LMDB"),
])
def test_a_damaged_first_page_is_named(file, at, value, message):
    content = bytearray(file.read_bytes())
    width = 4 if at in (16, 40) else 2 if at == 92 else 8
    start = newer_meta(content) + at
    content[start:start + width] = value.to_bytes(width, "little")
    file.write_bytes(content)
    with pytest.raises(DataError, match=message):
        open_database(file)


def test_a_value_beyond_the_file_is_found_without_reading_it(file, monkeypatch):
    content = bytearray(file.read_bytes())
    leaf = tree_page(content, 2) * PAGE
    for pointer in range(8, 30):
        node = leaf + struct.unpack_from("<H", content, leaf + 2 * pointer)[0]
        low, high, flags, key_size = struct.unpack_from("<HHHH", content, node)
        if flags == 1:
            content[node + 2:node + 4] = b"\xff\x7f"
            break
    file.write_bytes(content)
    with pytest.raises(DataError, match="names a value outside the file"):
        open_database(file)


def test_a_tree_that_leads_back_to_itself_ends(file):
    content = bytearray(file.read_bytes())
    branch = tree_page(content, 1)
    node = branch * PAGE + struct.unpack_from("<H", content, branch * PAGE + 16)[0]
    content[node:node + 6] = branch.to_bytes(6, "little")
    file.write_bytes(content)
    with pytest.raises(DataError, match="than the others of its level|tree of pages"):
        open_database(file)


def test_a_key_that_is_not_found_any_more_is_a_bad_record(file):
    content = bytearray(file.read_bytes())
    leaf = tree_page(content, 2) * PAGE
    node = leaf + struct.unpack_from("<H", content, leaf + 16 + 2 * 5)[0]
    content[node + 8] = ord("9")                # out of order: 00000005... becomes 90000005...
    file.write_bytes(content)
    database = open_database(file)
    outcomes = []
    for index in range(len(database)):
        try:
            outcomes.append(len(database.read(index)))
        except BadRecord as reason:
            assert "the database is damaged there" in str(reason)
    assert NUM_RECORDS - 10 < len(outcomes) < NUM_RECORDS


def test_chunks_of_pages_make_no_difference(file, monkeypatch):
    monkeypatch.setattr(lmdb_pages, "_CHUNK", 2)
    assert len(open_database(file)) == NUM_RECORDS


def test_a_pipe_in_the_place_of_a_database_is_refused(tmp_path):
    os.mkfifo(tmp_path / "data.mdb")
    with pytest.raises(DataError, match=r"data\.mdb: is not a regular file"):
        open_database(tmp_path)


READ_ALL = """
import sys
from pathlib import Path
from framework.data.records.database import open_database
from framework.data.records.images import BadRecord
from framework.errors import DataError
for file in sorted(Path(sys.argv[1]).iterdir()):
    print(file.name, flush=True)
    try:
        database = open_database(file)
    except DataError:
        continue
    for index in range(len(database)):
        try:
            database.read(index)
        except BadRecord:
            pass
"""


def test_no_mutation_of_the_pages_ends_the_process(file, tmp_path):
    rng = random.Random(20)
    content = file.read_bytes()
    pages = [0, 1, *(page for page in range(2, len(content) // PAGE)
                     if struct.unpack_from("<QHH", content, page * PAGE)[::2] in (
                         (page, 1), (page, 2)))]
    (tmp_path / "mutated").mkdir()
    for number in range(300):
        mutated = bytearray(content)
        for _ in range(rng.choice((1, 1, 2))):
            at = rng.choice(pages) * PAGE + rng.randrange(rng.choice((16, 160, PAGE)))
            width = rng.choice((1, 1, 2, 8))
            mutated[at:at + width] = rng.choice((0, 1, 255, rng.getrandbits(8 * width))) \
                .to_bytes(width, "little")
        (tmp_path / "mutated" / f"{number:03d}.mdb").write_bytes(mutated)
    done = subprocess.run([sys.executable, "-c", READ_ALL, str(tmp_path / "mutated")],
                          capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-20:]} {done.returncode} {done.stderr[-500:]}"


def test_a_file_of_another_kind_is_not_called_a_database_that_is_cut_short(tmp_path):
    (tmp_path / "list.txt").write_text("a.jpg 1\n")
    with pytest.raises(DataError, match="list.txt: it cannot be read as an LMDB: it is a text"):
        open_database(tmp_path / "list.txt")
