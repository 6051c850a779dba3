"""Names that look alike: an accent as a letter of its own, or joined to its letter."""

import unicodedata

import pytest

from framework.system.letters import ByName, as_on_disk
from framework.system.regular import read_regular
from framework.system.text import is_there, open_text

JOINED = "caf\xe9"
APART = "cafe\u0301"


@pytest.mark.parametrize("there, asked", [(JOINED, APART), (APART, JOINED), (JOINED, JOINED)])
def test_a_file_is_found_in_any_spelling(there, asked, tmp_path):
    folder = tmp_path / unicodedata.normalize("NFD", "\xfcber")       # and its folder is of another
    folder.mkdir()
    (folder / there).write_text("x\n")
    path = tmp_path / "\xfcber" / asked
    assert as_on_disk(path) == folder / there
    assert read_regular(path) == b"x\n" and is_there(path)
    with open_text(path) as file:
        assert file.read() == "x\n"


def test_of_two_files_that_look_alike_the_very_name_counts(tmp_path):
    for name in (JOINED, APART):
        (tmp_path / name).write_text(name)
    for name in (JOINED, APART):
        assert read_regular(tmp_path / name).decode() == name
    table = ByName({JOINED: 1, APART: 2})
    assert (table.get(JOINED), table.get(APART), table.get("x")) == (1, 2, None)
    assert ByName({JOINED: 1}).get(APART) == 1


def test_a_file_that_is_nowhere_is_not_there(tmp_path):
    assert as_on_disk(tmp_path / JOINED / "a") == tmp_path / JOINED / "a"
    assert not is_there(tmp_path / JOINED)
