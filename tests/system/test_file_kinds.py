"""Kinds of files by their first bytes."""

import pytest

from framework.system.file_kinds import foreign_kind, is_text


@pytest.mark.parametrize("head", [
    b'layer { name: "data" }\r\n\t', "# Straße".encode()[:-2], "# 数据层".encode()[:-1],
    "# 数据层".encode()[:-2], b"\xef\xbb\xbflayer {"])
def test_a_text_may_end_within_a_letter_and_begin_with_a_mark(head):
    assert is_text(head)


@pytest.mark.parametrize("head", [b"", b"\x0a\x05LeNet", b"caf\xe9 au lait", b"layer\0"])
def test_other_bytes_are_no_text(head):
    assert not is_text(head)


def test_an_image_is_named_by_its_first_bytes():
    assert foreign_kind(b"\xff\xd8\xff\xe0") == "an image (JPEG)"
    assert foreign_kind(b"layer {") == ""
