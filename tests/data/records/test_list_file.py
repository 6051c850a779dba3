"""Lists of images and labels."""


import pytest

from framework.data.records.list_file import Entry, check_numbers, read, repeats
from framework.errors import DataError


def test_the_last_word_is_the_label_but_for_images_with_spaces(tmp_path):
    (tmp_path / "b c.jpg").write_bytes(b"")
    (tmp_path / "list").write_text("a.jpg 1\n\n  b c.jpg d e.xml\nf g.jpg 2\n")
    assert read(tmp_path / "list", tmp_path) == [
        Entry("a.jpg", "1"), Entry("b c.jpg", "d e.xml"), Entry("f g.jpg", "2")]


def test_comments_are_no_images_and_a_name_may_begin_with_their_sign(tmp_path):
    (tmp_path / "list").write_text("# image label\n#\na.jpg 1\n  # 2 more\n#b.jpg 2\n")
    assert read(tmp_path / "list", tmp_path) == [Entry("a.jpg", "1"), Entry("#b.jpg", "2")]


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
def test_labels_that_are_no_class_numbers_are_told_what_takes_them(label, way_out, tmp_path):
    (tmp_path / "list").write_text(f"\nb.jpg 1\n\na.jpg {label}\n")
    with pytest.raises(DataError, match=f"list:4: the label '{label}' of a.jpg is not a class "
                                        f"number; .*{way_out}"):
        check_numbers([Entry("b.jpg", "1"), Entry("a.jpg", label)], tmp_path / "list")


def test_paths_of_windows_and_of_the_originals_concatenation_are_found(tmp_path):
    (tmp_path / "a").mkdir()
    for name in ("a/1.jpg", "a/2.jpg", "b\\3.jpg"):
        (tmp_path / name).touch()
    (tmp_path / "list").write_text("a\\1.jpg 0\n/a/2.jpg 1\nb\\3.jpg 2\n/a/4.jpg 3\n")
    assert [entry.image for entry in read(tmp_path / "list", tmp_path)] == [
        "a/1.jpg", "a/2.jpg", "b\\3.jpg", "/a/4.jpg"]


def test_an_image_that_is_there_twice_is_told_with_its_classes():
    """`with these boxes` was said of images with a class too."""
    notes = repeats([Entry("a.jpg", "0"), Entry("a.jpg", "0"), Entry("a.jpg", "1")])
    assert [note.reason for note in notes] == [
        "an image that was named before with this class; it is stored again",
        "an image that was named before with another class; it is stored with both"]
