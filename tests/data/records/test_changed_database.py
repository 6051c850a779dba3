"""A database that is changed under a run ends it in one line, and never by a signal."""

import os
import shutil
import subprocess
import sys
import time

import lmdb
import pytest

from framework.data.records.database import open_database
from framework.errors import DataError
from tests.data.making import annotated_net, good_records, make_source, write_database


@pytest.fixture
def database(tmp_path):
    path = write_database(tmp_path / "lmdb", good_records(40))
    old = time.time() - 100
    os.utime(path / "data.mdb", (old, old))
    return path


def cut(path):
    os.truncate(path / "data.mdb", 9000)


def overwrite(path):
    other = write_database(path.with_name("other"), good_records(90))
    shutil.copyfile(other / "data.mdb", path / "data.mdb")


def write(path):
    # another process writes: this one may not open the file twice
    program = (f"import lmdb; e = lmdb.open({str(path)!r}, map_size=1 << 28)\n"
               "with e.begin(write=True) as t: t.put(b'zz', bytes(1 << 27))")
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("change", [cut, overwrite, write])
def test_a_database_changed_while_being_read_is_an_error(database, change):
    opened = open_database(database)
    before = opened.read(3)
    assert before == good_records(4)[3]
    change(database)
    with pytest.raises(DataError, match="was changed while being read; write a new one"):
        opened.read(4)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_over_a_database_that_is_cut_ends_in_words(database, workers):
    batches = make_source(annotated_net(database, 2), workers=workers).batches()
    next(batches)
    cut(database)
    with pytest.raises(DataError, match="was changed while being read"):
        for _ in range(20):
            next(batches)


def test_a_new_date_or_a_removed_folder_does_no_harm(database):
    opened = open_database(database)
    os.utime(database / "data.mdb")
    assert opened.read(5) == good_records(6)[5]
    shutil.rmtree(database)
    assert opened.read(6) == good_records(7)[6]


def test_a_database_is_closed_when_nobody_holds_it(database):
    opened = open_database(database)
    number = opened._number
    del opened
    with pytest.raises(OSError):
        os.fstat(number)
    with lmdb.open(str(database), readonly=True, lock=False) as environment:
        assert environment.stat()["entries"] == 40
