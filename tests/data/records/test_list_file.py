"""Lists of images and labels."""

import pytest

from framework.data.records.list_file import Entry, read
from framework.errors import DataError


def test_the_last_word_is_the_label_but_for_images_with_spaces(tmp_path):
    (tmp_path / "b c.jpg").write_bytes(b"")
    (tmp_path / "list").write_text("a.jpg 1\n\n  b c.jpg d e.xml\nf g.jpg 2\n")
    assert read(tmp_path / "list", tmp_path) == [
        Entry("a.jpg", "1"), Entry("b c.jpg", "d e.xml"), Entry("f g.jpg", "2")]


@pytest.mark.parametrize("text, message", [
    (None, "list: no such list file; a line must be: image label"),
    ("", "list: is empty"), ("a.jpg 1\nb.jpg\n", "list:2: 'b.jpg'; a line must be")])
def test_a_list_without_labels_is_refused(tmp_path, text, message):
    if text is not None:
        (tmp_path / "list").write_text(text)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "list", tmp_path)
