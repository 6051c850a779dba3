"""Only regular files are read: nothing waits for a pipe, or reads a device for ever."""

import os

import pytest

from framework import read_net
from framework.data.records.list_file import numbered_lines
from framework.errors import DataError, SpecError
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
