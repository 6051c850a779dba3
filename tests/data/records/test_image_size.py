"""The pixels of an image are counted from its header, before any of them is decoded."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from framework.data.records.image_size import LIMIT, MAX_PIXELS, image_size
from framework.data.records.images import BadRecord, Decoding, decode
from tests.data.making import image

KINDS = (".png", ".jpg", ".bmp", ".gif", ".webp", ".tif", ".ppm", ".pgm", ".pbm", ".pam", ".jp2",
         ".avif", ".ras", ".hdr", ".pfm")


def stored(kind, height=37, width=53):
    pixels = image(4, height, width, 1 if kind in (".pgm", ".pbm") else 3)
    if kind in (".hdr", ".pfm"):
        pixels = pixels.astype(np.float32)
    return cv2.imencode(kind, pixels)[1].tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_the_header_tells_width_and_height_as_opencv_finds_them(kind):
    content = stored(kind)
    height, width = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED).shape[:2]
    assert image_size(content) == (width, height) == (53, 37)


@pytest.mark.parametrize("flags", [[cv2.IMWRITE_WEBP_QUALITY, 101], [cv2.IMWRITE_WEBP_QUALITY, 50]])
def test_lossy_and_lossless_webp_tell_their_size(flags):
    assert image_size(cv2.imencode(".webp", image(4, 37, 53), flags)[1].tobytes()) == (53, 37)


def test_webp_with_transparency_tells_its_size():
    pixels = image(4, 37, 53, 4)
    content = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, 50])[1].tobytes()
    assert content[12:16] == b"VP8X"
    assert image_size(content) == (53, 37)


@pytest.mark.parametrize("order", "<>")
def test_big_tiff_tells_its_size_in_both_byte_orders(order):
    mark = b"II" if order == "<" else b"MM"
    fields = struct.pack(f"{order}HHQIIHHQHHI", 256, 4, 1, 53, 0, 257, 3, 1, 37, 0, 0)
    content = mark + struct.pack(f"{order}HHHQQ", 43, 8, 0, 16, 2) + fields
    assert image_size(content) == (53, 37)


def test_a_jpeg_with_odd_bytes_between_its_segments_tells_its_size():
    content = stored(".jpg")
    assert image_size(content[:2] + b"\xff\x01" + content[2:]) == (53, 37)


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_cut_anywhere_is_no_exception(kind):
    content = stored(kind)
    for length in range(min(len(content), 400)):
        assert image_size(content[:length]) in ((0, 0), (53, 37)) or kind in (
            ".ppm", ".pgm", ".pbm", ".pam", ".hdr", ".pfm")    # a number may be cut


def bomb_png(width, height):
    """A valid PNG of black pixels, 1 bit each."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + \
            struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(1)
    row = bytes(1 + -(-width // 8))
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0,
                                                            0)) \
        + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def with_size(kind, width, height):
    """A stored image whose header announces another size."""
    content, sides = bytearray(stored(kind)), struct.pack(">HH", height, width)
    if kind == ".jpg":
        at = content.index(b"\xff\xc0") + 5
    elif kind == ".gif":
        at, sides = 6, struct.pack("<HH", width, height)
    else:
        at, sides = 18, struct.pack("<ii", width, -height)
    content[at:at + len(sides)] = sides
    return bytes(content)


@pytest.mark.parametrize("kind", [".png", ".jpg", ".gif", ".bmp"])
def test_an_image_of_too_many_pixels_is_a_bad_record_before_it_is_decoded(kind, monkeypatch):
    content = bomb_png(12000, 12000) if kind == ".png" else with_size(kind, 60000, 3000)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(BadRecord, match=rf"has \d+ x \d+ pixels, more than {MAX_PIXELS}"):
        decode(content, Decoding(True))


def test_the_environment_allows_more_pixels_or_fewer(monkeypatch):
    content = stored(".png")
    monkeypatch.setenv(LIMIT, str(37 * 53))
    assert decode(content, Decoding(True)).shape == (37, 53, 3)
    monkeypatch.setenv(LIMIT, str(37 * 53 - 1))
    with pytest.raises(BadRecord, match=rf"53 x 37 pixels, more than 1960; .*{LIMIT}"):
        decode(content, Decoding(True))


@pytest.mark.parametrize("length", [1 << 24, 0xE8000000])
@pytest.mark.parametrize("kind", [b"IDAT", b"IEND"])
def test_a_png_whose_chunk_is_longer_than_the_file_is_bad_before_memory_is_taken(length, kind):
    content = stored(".png")
    position = content.index(kind) - 4
    with pytest.raises(BadRecord, match=f"a chunk of the PNG has {length} bytes; the whole file"):
        decode(content[:position] + struct.pack(">I", length) + content[position + 4:],
               Decoding(True))
