"""HDF5Data with files and lists of no use: one line that names the file."""

import os
import resource

import h5py
import numpy as np
import pytest

from framework.errors import CaffeError, DataError
from tests.data.making import finished, make_source

NET = """layer {{ name: "d" type: "HDF5Data" top: "data" top: "label"
  hdf5_data_param {{ source: "{}" batch_size: 2 }} }}"""
ROWS = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.txt").write_text("a.h5\n")


def write(data, name="a.h5", **options) -> None:
    with h5py.File(name, "w") as file:
        file["label"] = np.arange(4.0)
        if isinstance(data, np.ndarray):
            file.create_dataset("data", data=data, **options)
        elif data is not None:
            data(file)


def as_group(file) -> None:
    file["data/inside"] = ROWS


def as_text(file) -> None:
    file["data"] = np.array([b"cat"] * 4)


def as_ragged(file) -> None:
    rows = file.create_dataset("data", (4,), h5py.vlen_dtype(np.float32))
    for index in range(4):
        rows[index] = np.zeros(index + 1)


def as_many_rows(file) -> None:
    del file["label"]
    file.create_dataset("data", (10**12, 3), "f4", chunks=(1000, 3))
    file.create_dataset("label", (10**12,), "f4", chunks=(1000,))


def as_link(file) -> None:
    write(ROWS, "other.h5")
    file["data"] = h5py.ExternalLink("other.h5", "data")


def as_storage(file) -> None:
    ROWS.tofile("secret")
    file.create_dataset("data", ROWS.shape, "f4", external=[("secret", 0, ROWS.nbytes)])


def as_virtual(file) -> None:
    write(ROWS, "other.h5")
    layout = h5py.VirtualLayout(ROWS.shape, "f4")
    layout[:] = h5py.VirtualSource("other.h5", "data", ROWS.shape)
    file.create_virtual_dataset("data", layout)


def as_empty(file) -> None:
    file["data"] = h5py.Empty("f4")


@pytest.mark.parametrize("data, message", [
    (None, r"there is no dataset 'data', which layer 'd' has as a top; it has \['label'\]"),
    (as_group, "there is a group, not a dataset, 'data'"),
    (as_text, "'/data' holds text, or rows"),
    (as_ragged, "'/data' holds text, or rows of different lengths"),
    (as_many_rows, r"a.h5: its rows take 1.49e\+04 GiB, more than the memory here"),
    (as_link, "'data' is a link to somewhere else"),
    (as_storage, "'/data' has its values in another file"),
    (as_virtual, "'/data' is put together from other datasets"),
    (as_empty, "'/data' is empty, without a shape"),
    (np.zeros(4, np.complex64), "holds values of the type complex64; it must be real numbers"),
    (np.array(1, np.float32), "the dataset 'data' is a single value, without rows"),
    (np.zeros((5, 2), np.float32), "the datasets differ in their number of rows"),
])
def test_a_dataset_of_no_use_is_named(data, message):
    write(data)
    with pytest.raises(DataError, match=f"a.h5: .*(?:{message})|{message}"):
        make_source(NET.format("list.txt"), "TEST")


def test_the_file_itself_as_source_is_told_from_a_list():
    write(ROWS)
    with pytest.raises(CaffeError, match="source '?.*'a.h5' is an HDF5 file; it must be a text file"
                       " that names HDF5 files, one a line"):
        make_source(NET.format("a.h5"), "TEST")


@pytest.mark.parametrize("name", ["café.h5".encode("latin-1"), "café.h5".encode()])
def test_a_list_names_files_by_their_bytes(tmp_path, name):
    write(ROWS)
    os.rename("a.h5", os.fsdecode(name))
    (tmp_path / "list.txt").write_bytes(b"\xef\xbb\xbf" + name + b"\r\n")
    data, labels = finished(make_source(NET.format("list.txt"), "TEST"))
    np.testing.assert_array_equal(data, ROWS[:2])
    assert labels.tolist() == [0, 1]


@pytest.mark.parametrize("content", ["a.h5\n".encode("utf-16"), b"none.h5", b"b\xe9.h5", b"a\0.h5"])
def test_a_list_with_names_of_no_file_is_one_line(tmp_path, content):
    (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(DataError, match="there is no such file"):
        make_source(NET.format("list.txt"), "TEST")


def test_packed_rows_are_read_and_a_bomb_among_them_is_not(tmp_path):
    import zlib
    write(ROWS, compression="gzip", chunks=ROWS.shape)
    np.testing.assert_array_equal(finished(make_source(NET.format("list.txt"), "TEST"))[0],
                                  ROWS[:2])
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(10**6)) for _ in range(400)) + packer.flush()
    with h5py.File("a.h5", "r+") as file:
        file["data"].id.write_direct_chunk((0, 0, 0), packed)
    source = make_source(NET.format("list.txt"), "TEST")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match="'/data' has a chunk that holds more than its 96 bytes"):
        next(source.batches())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_pipe_is_no_hdf5_file(tmp_path):
    os.mkfifo("a.h5")
    with pytest.raises(DataError, match="a.h5: there is no such file, or it is not a regular file"):
        make_source(NET.format("list.txt"), "TEST")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_list_is_read_by_the_mark_of_its_encoding(encoding, tmp_path):
    write(ROWS, "\u732b.h5")
    (tmp_path / "list.txt").write_text("\u732b.h5\n", encoding=encoding)
    np.testing.assert_array_equal(finished(make_source(NET.format("list.txt"), "TEST"))[0],
                                  ROWS[:2])
