"""Images are decoded only as far as they are seen, and are OpenCV's to the bit."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.data.records import images
from framework.data.records.images import BadRecord, Decoding, JpegImage, Scratch, open_image
from framework.data.records.jpeg import read_frame
from framework.definition.spec import NetSpec
from framework.layers import LAYERS
from framework.layers.base import DataOptions
from framework.net.reading import read_net
from tests.data.making import annotated, write_database

SAMPLINGS = {"4:2:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
             "4:2:2": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
             "4:4:0": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_440,
             "4:4:4": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
             "4:1:1": cv2.IMWRITE_JPEG_SAMPLING_FACTOR_411}
RECIPE = Path(__file__).resolve().parents[3] / "prototxt" / "ssd300_vgg16" / "train_test.prototxt"
MARKER_SOF, MARKER_SOS, END = b"\xff\xc0", b"\xff\xda", b"\xff\xd9"


def noisy(height: int, width: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Noise of single pixels: neighbouring rows and colours differ as much as they can."""
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def jpeg(pixels: np.ndarray, sampling: str = "4:2:0", **settings: int) -> bytes:
    """settings: names of OpenCV's IMWRITE_JPEG_..., in small letters"""
    options = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, SAMPLINGS[sampling]]
    for name, value in settings.items():
        options += [getattr(cv2, f"IMWRITE_JPEG_{name.upper()}"), value]
    return cv2.imencode(".jpg", pixels, options)[1].tobytes()


def by_opencv(content: bytes, color: bool | None = None) -> np.ndarray | None:
    mode = {None: cv2.IMREAD_UNCHANGED, False: cv2.IMREAD_GRAYSCALE, True: cv2.IMREAD_COLOR}[color]
    found = cv2.imdecode(np.frombuffer(content, np.uint8), mode | cv2.IMREAD_IGNORE_ORIENTATION
                         if color is not None else mode)
    return None if found is None else found.reshape(*found.shape[:2], -1)


def in_own_scans(planes: list[np.ndarray]) -> bytes:
    """A sequential JPEG with a scan for each component, put together from grey ones."""
    contents = [jpeg(plane) for plane in planes]
    frame, scan = contents[0].index(MARKER_SOF), contents[0].index(MARKER_SOS)
    numbers = range(1, len(planes) + 1)
    header = MARKER_SOF + bytes([0, 8 + 3 * len(planes)]) + contents[0][frame + 4:frame + 9]
    header += bytes([len(planes), *itertools.chain(*((number, 0x11, 0) for number in numbers))])
    scans = [MARKER_SOS + bytes([0, 8, 1, number, 0, 0, 63, 0])
             + content[content.index(MARKER_SOS) + 10:-2]
             for number, content in zip(numbers, contents, strict=True)]
    return contents[0][:frame] + header + contents[0][frame + 13:scan] + b"".join(scans) + END


def rgb_of_adobe(pixels: np.ndarray) -> bytes:
    """A JPEG whose components are red, green and blue, as its Adobe marker says."""
    content = jpeg(pixels, "4:4:4")
    behind = 4 + int.from_bytes(content[4:6], "big")
    marker = b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(5)
    return content[:2] + marker + content[behind:]


def with_byte(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + bytes([value]) + content[at + 1:]


KINDS = {
    **{sampling: jpeg(noisy(53, 37), sampling) for sampling in SAMPLINGS},
    "wide": jpeg(noisy(37, 53), "4:2:0", quality=100),
    "coarse": jpeg(noisy(50, 83), "4:2:0", quality=3),
    "of whole blocks": jpeg(noisy(48, 32), "4:2:0"),
    "thin": jpeg(noisy(70, 1), "4:2:0"),
    "grey": jpeg(noisy(53, 37, 1)),
    "restarts": jpeg(noisy(53, 37), "4:2:0", rst_interval=2),
    "progressive": jpeg(noisy(53, 37), "4:2:0", progressive=1),
    "progressive with restarts": jpeg(noisy(53, 37), "4:2:2", progressive=1, rst_interval=1),
    "RGB": rgb_of_adobe(noisy(53, 37)),
    "a scan for each component": in_own_scans([noisy(53, 37, 1, seed) for seed in range(3)]),
    "two components": in_own_scans([noisy(53, 37, 1, seed) for seed in range(2)]),
    "PNG": cv2.imencode(".png", noisy(53, 37))[1].tobytes(),
    "PNG with transparency": cv2.imencode(".png", noisy(53, 37, 4))[1].tobytes(),
}


@pytest.mark.parametrize("color", [None, True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_from_the_top_are_opencvs_to_the_bit(kind, color):
    content, scratch = KINDS[kind], Scratch()
    expected = by_opencv(content, color)
    if expected is None:
        with pytest.raises(BadRecord, match="cannot be decoded"):
            open_image(content, Decoding(color)).whole()
        return
    image = open_image(content, Decoding(color))
    assert (image.height, image.width, image.channels) == expected.shape
    np.testing.assert_array_equal(image.whole(), expected)
    for bottom in range(1, image.height + 1):
        found = image.rows(bottom, scratch)
        assert len(found) >= bottom
        np.testing.assert_array_equal(found, expected[:len(found)], err_msg=f"{bottom} rows")


@pytest.mark.parametrize("kind, count", [("4:2:0", 20), ("grey", 20), ("restarts", 20),
                                         ("progressive", 53), ("a scan for each component", 53)])
def test_rows_below_are_left_out_where_they_stand_in_order(kind, count):
    assert len(open_image(KINDS[kind], Decoding()).rows(20)) == count


def test_what_is_seen_of_nothing_is_a_row():
    assert len(open_image(KINDS["4:2:0"], Decoding()).rows(-5)) == 1


def test_only_scratch_memory_is_used_again():
    image, scratch = open_image(KINDS["4:2:0"], Decoding()), Scratch()
    assert np.shares_memory(image.rows(50, scratch), image.rows(9, scratch))
    assert not np.shares_memory(image.rows(9), image.rows(9))
    assert not np.shares_memory(image.whole(), image.rows(53, scratch))


def spoilt(generator: np.random.Generator) -> bytes:
    """A small JPEG of any kind with some bytes changed, or a piece missing."""
    height, width = (int(size) for size in generator.integers(1, 60, 2))
    content = bytearray(jpeg(noisy(height, width, int(generator.choice([1, 3])), height),
                             str(generator.choice(list(SAMPLINGS))),
                             progressive=int(generator.random() < 0.3),
                             rst_interval=int(generator.integers(0, 3))))
    scan = content.index(MARKER_SOS)
    kind = generator.integers(3)
    if kind == 2:
        at = int(generator.integers(2, len(content) - 2))
        del content[at:min(at + int(generator.integers(1, 400)), len(content) - 2)]
        return bytes(content)
    for at in generator.integers(*((2, scan) if kind else (scan, len(content))), 3):
        content[at] = generator.integers(256)
    return bytes(content)


def rows_or_reason(content: bytes, bottom: int) -> np.ndarray | str:
    try:
        return open_image(content, Decoding()).rows(bottom)
    except BadRecord as reason:
        return str(reason)


@pytest.mark.parametrize("bottom", [9, 100])
def test_spoilt_jpegs_are_what_they_are_to_opencv(bottom):
    generator, counts = np.random.default_rng(5), {True: 0, False: 0}
    for number in range(400):
        content = spoilt(generator)
        found, expected = rows_or_reason(content, bottom), by_opencv(content)
        if isinstance(found, str) and found != "the image cannot be decoded":
            assert "cut short" in found or "four inks" in found
            continue
        counts[expected is None] += 1
        assert isinstance(found, str) == (expected is None), number
        if expected is not None:
            assert len(found) >= min(bottom, len(expected))
            np.testing.assert_array_equal(found, expected[:len(found)], err_msg=f"{number}")
    assert min(counts.values()) > 60


def test_an_error_behind_a_warning_is_one():
    """The decoder tells only of the warning then, and has written nothing."""
    content = KINDS["4:2:0"]
    scan = content.index(MARKER_SOS)
    content = with_byte(with_byte(content, scan + 12, 9), scan + 6, 0x33)   # a spectrum, no table
    assert read_frame(content).is_in_order
    for bottom in (5, 53):
        with pytest.raises(BadRecord, match="cannot be decoded"):
            open_image(content, Decoding()).rows(bottom, Scratch())


def test_a_height_that_is_told_later_is_refused():
    at = read_frame(KINDS["4:2:0"]).height_at
    content = with_byte(KINDS["4:2:0"], at + 1, 0)
    assert by_opencv(content) is None
    with pytest.raises(BadRecord, match="cannot be decoded"):
        open_image(content, Decoding())


@pytest.mark.parametrize("channels, kind", [(1, "4:2:0"), (3, "grey")])
def test_another_number_of_channels_shows_before_decoding(channels, kind, monkeypatch):
    monkeypatch.setattr(JpegImage, "rows", None)
    with pytest.raises(BadRecord, match=f"the others have {channels}"):
        open_image(KINDS[kind], Decoding(None, channels))


def test_a_jpeg_that_only_opencv_decodes_is_decoded(monkeypatch):
    def refuse(*_arguments, **_named):
        raise ValueError("an odd kind")

    monkeypatch.setattr(images.simplejpeg, "decode_jpeg", refuse)
    for color in (None, True, False):
        found = open_image(KINDS["4:2:0"], Decoding(color)).rows(9, Scratch())
        np.testing.assert_array_equal(found, by_opencv(KINDS["4:2:0"], color))


def ssd_batches(path: Path, count: int) -> list[list[np.ndarray]]:
    """Of the published recipe."""
    spec = NetSpec(read_net(RECIPE), "TRAIN").layers[0]
    spec.proto.data_param.source = str(path)
    spec.proto.annotated_data_param.ClearField("label_map_file")
    maker = LAYERS[spec.type](spec, DataOptions()).maker
    return [maker.make(index).arrays for index in range(count)]


def test_batches_are_those_of_whole_images(tmp_path, monkeypatch):
    kinds = itertools.cycle(("4:2:0", "4:4:4", "4:2:2"))
    records = [annotated(jpeg(noisy(61 + 7 * index, 90 - 3 * index, seed=index), next(kinds),
                              progressive=int(index == 3)), [(1, 0.1, 0.05, 0.7, 0.4)])
               for index in range(7)]
    path = write_database(tmp_path / "lmdb", records)
    parts, rows = [], JpegImage.rows

    def noted(image, bottom, scratch=None):
        parts.append(bottom / image.height)
        return rows(image, bottom, scratch)

    monkeypatch.setattr(JpegImage, "rows", noted)
    found = ssd_batches(path, 2)
    assert sum(part < 0.7 for part in parts) > 5
    monkeypatch.setattr(JpegImage, "rows", lambda image, *_: rows(image, image.height))
    for batch, expected in zip(found, ssd_batches(path, 2), strict=True):
        for array, whole in zip(batch, expected, strict=True):
            np.testing.assert_array_equal(array, whole)
