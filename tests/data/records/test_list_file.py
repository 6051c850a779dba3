"""Lists of images and labels."""

from pathlib import Path

import pytest

from framework.data.records.list_file import Entry, check_numbers, read
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


@pytest.mark.parametrize("label, way_out", [
    ("a.xml", "convert_annoset --anno_type=detection"),
    ("0.5", "a database stores whole numbers of 32 bits; other labels go into an HDF5 file"),
    ("1 0 1", "several labels for an image go into an HDF5 file")])
def test_labels_that_are_no_class_numbers_are_told_what_takes_them(label, way_out):
    with pytest.raises(DataError, match=f"label '{label}' of a.jpg is not a class number; .*"
                                        f"{way_out}"):
        check_numbers([Entry("a.jpg", label)], Path("list"))
