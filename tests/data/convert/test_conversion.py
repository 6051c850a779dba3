import shutil
from dataclasses import replace

import lmdb
import numpy as np
import pytest

from framework.data.convert.conversion import convert, in_order, write_database
from framework.data.convert.datum import Converted
from framework.data.convert.journal import fingerprint
from framework.data.records import database_writer
from framework.data.records.account import Note
from framework.data.records.list_file import Entry, read
from framework.errors import DataError
from framework.proto import Datum
from framework.system.atomic import resumed_folder
from framework.system.own_folders import MARK


def read_all(path):
    with lmdb.open(str(path), readonly=True, lock=False) as environment:
        return list(environment.begin().cursor())


def made(entry):
    if entry.label == "bad":
        raise DataError(f"{entry.image}: is bad")
    return Converted(Datum(label=int(entry.label), data=b"x" * int(entry.label)), (3, 4))


def entries_of(*labels):
    return [Entry(f"p/{index}.jpg", label) for index, label in enumerate(labels)]


def test_keys_count_bad_records_too_and_the_bad_are_named(tmp_path, capsys):
    labels = ["1"] * 30 + ["bad"] + ["2"] * 9
    report = convert(entries_of(*labels), made, tmp_path / "db", jobs=3)
    stored = read_all(tmp_path / "db")
    assert [key.decode() for key, _ in stored] == [
        f"{index:08d}_p/{index}.jpg" for index in range(40) if index != 30
    ]
    assert [Datum.FromString(value).label for _, value in stored] == [1] * 30 + [2] * 9
    assert next(report.account.lines()).startswith("39 of 40 images")
    assert report.sizes[-1] == ("p/39.jpg", 3, 4)
    assert capsys.readouterr().err.count("left out: p/30.jpg: is bad") == 1


def test_ten_notes_are_shown_and_the_rest_is_counted(tmp_path, capsys):
    def noted(entry):
        notes = [Note("is odd", f"{entry.image} {number}", is_loss=False) for number in (1, 2, 3)]
        return replace(made(entry), notes=notes)

    report = convert(entries_of(*"12345"), noted, tmp_path / "db")
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note: ")]
    assert len(lines) == 11
    assert "p/3.jpg 1" in lines[9]
    assert lines[10] == "note: more like these are only counted"
    assert len(report.account.notes) == 15


def test_more_than_a_twentieth_of_bad_records_leaves_nothing_behind(tmp_path):
    with pytest.raises(DataError, match="3 of 40 records are bad, more than 5%.*p/0.jpg: is bad"):
        convert(entries_of(*["bad"] * 3, *["1"] * 37), made, tmp_path / "db")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_list_is_an_error(tmp_path):
    with pytest.raises(DataError, match="names no image"):
        convert([], made, tmp_path / "db")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_conversion_leaves_the_old_database(tmp_path):
    convert(entries_of("1"), made, tmp_path / "db")

    def interrupt(entry):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(entries_of("2"), interrupt, tmp_path / "db", redo=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".db.partial", "db"]
    assert len(read_all(tmp_path / "db")) == 1
    with pytest.raises(DataError, match="db: exists; .*--redo"):
        convert(entries_of("2"), made, tmp_path / "db")
    convert(entries_of("2", "3"), made, tmp_path / "db", redo=True)
    assert len(read_all(tmp_path / "db")) == 2


class Interrupted:
    """Makes records until that many are made, then is interrupted."""

    def __init__(self, count):
        self.count, self.seen = count, []

    def __call__(self, entry):
        if len(self.seen) == self.count:
            raise KeyboardInterrupt
        self.seen.append(entry.image)
        return made(entry)


def interrupted_conversion(database, entries, identity="same"):
    with pytest.raises(KeyboardInterrupt):
        convert(entries, Interrupted(25), database, jobs=1, identity=identity)


@pytest.fixture
def ten_a_commit(monkeypatch):
    monkeypatch.setattr("framework.data.convert.conversion.RECORDS_A_COMMIT", 10)


def test_an_interrupted_conversion_goes_on_where_it_was(tmp_path, ten_a_commit, capsys):
    entries = entries_of(*["1"] * 12, "bad", *["2"] * 27)
    interrupted_conversion(tmp_path / "db", entries)
    assert "same command goes on" in capsys.readouterr().err
    rest = Interrupted(100)
    report = convert(entries, rest, tmp_path / "db", jobs=1, identity="same")
    assert rest.seen[0] in ("p/10.jpg", "p/21.jpg")        # 10 or 20 records were committed
    whole = convert(entries, made, tmp_path / "other", jobs=1)
    assert report == whole and report.bad == ["p/12.jpg: is bad"]
    assert read_all(tmp_path / "db") == read_all(tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["db", "other"]
    assert sorted(path.name for path in (tmp_path / "db").iterdir()) == [MARK, "data.mdb"]


def test_an_interrupted_conversion_of_something_else_starts_anew(tmp_path, ten_a_commit, capsys):
    interrupted_conversion(tmp_path / "db", entries_of(*["1"] * 40))
    convert(entries_of(*["2"] * 30), made, tmp_path / "db", identity="other")
    assert "it starts anew" in capsys.readouterr().err
    assert {Datum.FromString(value).label for _, value in read_all(tmp_path / "db")} == {2}


def test_a_journal_line_cut_short_by_a_crash_counts_for_nothing(tmp_path, ten_a_commit):
    entries = entries_of(*["1"] * 40)
    interrupted_conversion(tmp_path / "db", entries)
    journal = tmp_path / ".db.partial" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-5])
    rest = Interrupted(100)
    report = convert(entries, rest, tmp_path / "db", jobs=1, identity="same")
    assert report.account.stored_images == 40 == len(read_all(tmp_path / "db"))
    assert len(rest.seen) in (30, 40)


def test_check_size_holds_over_an_interruption(tmp_path, ten_a_commit):
    entries = entries_of(*["1"] * 35, "2")
    interrupted_conversion(tmp_path / "db", entries)
    with pytest.raises(DataError, match="has 2 bytes of data, the first one has 1"):
        convert(entries, made, tmp_path / "db", check_size=True, identity="same")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_do_not_make_one_database(tmp_path):
    with resumed_folder(tmp_path / "db"), pytest.raises(DataError, match="another process"):
        convert(entries_of("1"), made, tmp_path / "db")


def test_a_changed_image_or_flag_is_another_conversion(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"1")
    (tmp_path / "t.json").write_bytes(b"1")
    entries = [Entry("a.jpg", "t.json#1"), Entry("b.jpg", "5")]
    first = fingerprint(tmp_path, entries, "flags")
    assert fingerprint(tmp_path, entries, "flags") == first
    found = {first, fingerprint(tmp_path, entries, "other"), fingerprint(tmp_path, entries[:1], "")}
    (tmp_path / "t.json").write_bytes(b"22")
    found.add(fingerprint(tmp_path, entries, "flags"))
    (tmp_path / "a.jpg").write_bytes(b"22")
    found.add(fingerprint(tmp_path, entries, "flags"))
    assert len(found) == 5


def test_a_full_disk_is_named_and_what_is_done_is_kept(tmp_path, ten_a_commit, monkeypatch):
    entries = entries_of(*["1"] * 40)
    whole = database_writer.DatabaseWriter.write

    def full(writer, batch):
        if writer._environment.stat()["entries"] == 20:
            raise lmdb.Error("mdb_txn_commit: Input/output error")
        return whole(writer, batch)

    usage = shutil.disk_usage(tmp_path)._replace(free=5000)
    with monkeypatch.context() as patch:
        patch.setattr(database_writer.DatabaseWriter, "write", full)
        patch.setattr(database_writer.shutil, "disk_usage", lambda path: usage)
        with pytest.raises(OSError, match=r"the disk is full \(4 KiB are free\)"):
            convert(entries, made, tmp_path / "db", identity="same")
    rest = Interrupted(100)
    report = convert(entries, rest, tmp_path / "db", identity="same", jobs=1)
    assert report.account.stored_images == 40
    assert len(rest.seen) == 20


def test_check_size_wants_records_of_one_size(tmp_path):
    convert(entries_of("2", "2"), made, tmp_path / "same", check_size=True)
    with pytest.raises(DataError, match="p/1.jpg: has 3 bytes of data, the first one has 2"):
        convert(entries_of("2", "3"), made, tmp_path / "other", check_size=True)


def test_a_database_grows_beyond_its_first_map_and_over_several_commits(tmp_path, monkeypatch):
    monkeypatch.setattr("framework.data.records.database_writer.FIRST_MAP_SIZE", 1 << 16)
    noise = np.random.default_rng(0).bytes(300)
    records = ((f"{index:08d}".encode(), Datum(data=noise, label=index)) for index in range(2500))
    assert write_database(tmp_path, records) == 2500
    stored = read_all(tmp_path)
    assert [Datum.FromString(value).label for _, value in stored] == list(range(2500))
    assert [path.name for path in tmp_path.iterdir()] == ["data.mdb"]


def test_results_keep_their_order_whatever_thread_is_first():
    generator = np.random.default_rng(0)
    delays = generator.uniform(0, 0.003, size=60)

    def slow(index):
        import time
        time.sleep(delays[index])
        return index * index

    assert list(in_order(slow, range(60), jobs=4)) == [index * index for index in range(60)]


def test_a_list_file_takes_spaces_where_the_image_exists(tmp_path):
    (tmp_path / "a b.jpg").write_bytes(b"")
    (tmp_path / "list").write_text("x.jpg  x.xml\n\na b.jpg c d.xml\n")
    assert read(tmp_path / "list", tmp_path) == [
        Entry("x.jpg", "x.xml"), Entry("a b.jpg", "c d.xml"),
    ]  # fmt: skip
    (tmp_path / "list").write_text("x.jpg x.xml\ny.jpg\n")
    with pytest.raises(DataError, match="list:2: 'y.jpg'; a line must be: image label"):
        read(tmp_path / "list", tmp_path)


def test_a_changed_file_is_seen_whose_accents_are_spelled_otherwise(tmp_path):
    entries = [Entry("caf\xe9.jpg", "0")]
    path = tmp_path / "cafe\u0301.jpg"
    path.write_bytes(b"1")
    before = fingerprint(tmp_path, entries, ())
    path.write_bytes(b"22")
    assert fingerprint(tmp_path, entries, ()) != before
