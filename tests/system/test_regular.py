"""Only regular files are read: nothing waits for a pipe, or reads a device for ever."""

import os

import pytest

from framework import read_net
from framework.data.loading.window_items import read_windows
from framework.data.records.list_file import numbered_lines
from framework.data.records.mean_file import read_mean_image
from framework.errors import CaffeError, DataError, SpecError
from framework.logs.reader import read_log
from framework.solver.solverstate import read_state
from framework.system.atomic import replacing
from framework.system.regular import read_regular


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_net_file_that_is_a_pipe_or_a_device_is_refused(pipe):
    with pytest.raises(SpecError, match="pipe: it is a named pipe, not a regular file"):
        read_net(pipe)
    with pytest.raises(SpecError, match="/dev/zero: it is a device, not a regular file"):
        read_net("/dev/zero")


def test_a_list_that_is_a_pipe_or_no_text_is_refused(pipe, tmp_path):
    with pytest.raises(DataError, match="pipe: cannot be read: it is a named pipe"):
        numbered_lines(str(pipe))
    (tmp_path / "list").write_bytes(b"a.jpg 1\n\xe9.jpg 2\n")
    with pytest.raises(DataError, match="list:2: is not text in UTF-8"):
        numbered_lines(str(tmp_path / "list"))


def test_a_file_is_read_to_its_limit(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_regular(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OSError, match="it has 5 bytes, more than 4"):
        read_regular(tmp_path / "file", 4)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)


@pytest.mark.parametrize("read", [
    read_state, read_log, read_mean_image, lambda path: read_windows(path, "", 0.5, 0.5)])
def test_a_device_where_a_file_is_meant_is_one_error(read):
    """/dev/zero would fill the memory."""
    with pytest.raises(CaffeError, match="it is a device, not a regular file"):
        read("/dev/null")


def test_a_window_file_may_have_names_in_any_encoding(tmp_path):
    path = tmp_path / "windows.txt"
    path.write_bytes(b"# 0\nb\xe4r.jpg\n3\n40\n50\n2\n1 0.9 1 2 30 20\n0 0.1 1 2 9 8\n")
    assert read_windows(str(path), "", 0.5, 0.5).images


def test_a_pipe_is_not_replaced_by_a_file(pipe):
    """As root, /dev/null as the name of what is written became a plain file."""
    with pytest.raises(CaffeError, match="it is a device or a pipe"), replacing(pipe):
        pass
    assert pipe.is_fifo()


def test_a_folder_is_named_by_its_path(tmp_path):
    with pytest.raises(IsADirectoryError) as raised:
        read_regular(tmp_path)
    assert raised.value.filename == str(tmp_path)
