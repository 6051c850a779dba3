"""Label images: values, palette entries and colours of PNGs."""

import io

import cv2
import numpy as np
import pytest

from framework.data.records.images import BadRecord
from framework.data.records.label_image import encode, read_values, voc_palette
from tests.data.making import encoded


def labels(highest: int) -> np.ndarray:
    return np.random.default_rng(4).integers(0, highest + 1, (13, 19), np.uint8)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_the_entries_of_a_palette_that_another_program_wrote_are_the_values(bits):
    images = pytest.importorskip("PIL.Image")
    expected = labels((1 << bits) - 1)
    image = images.new("P", expected.shape[::-1])
    image.putdata(expected.ravel().tolist())
    image.putpalette(np.array(voc_palette(), np.uint8).ravel().tolist())
    file = io.BytesIO()
    image.save(file, "PNG", bits=bits)
    np.testing.assert_array_equal(read_values(file.getvalue()), expected)
    np.testing.assert_array_equal(read_values(file.getvalue(), as_colours=True),
                                  np.array(voc_palette(), np.uint8)[expected])


def test_what_is_written_with_a_palette_is_seen_in_its_colours_by_opencv():
    expected = labels(20)
    content = encode(expected, voc_palette())
    seen = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(seen[..., ::-1], np.array(voc_palette(), np.uint8)[expected])
    np.testing.assert_array_equal(read_values(content), expected)


def test_the_colours_of_voc_are_those_of_its_development_kit():
    """As published: aeroplane, bicycle, person, tvmonitor, and the border of objects."""
    palette = voc_palette()
    assert [palette[index] for index in (0, 1, 2, 15, 20, 255)] == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (192, 128, 128), (0, 64, 128), (224, 224, 192)]
    assert len(set(palette)) == 256


@pytest.mark.parametrize("dtype, highest", [(np.uint8, 255), (np.uint16, 3000)])
def test_grey_levels_are_values_of_8_or_16_bits(dtype, highest):
    expected = np.random.default_rng(1).integers(0, highest + 1, (5, 8)).astype(dtype)
    np.testing.assert_array_equal(read_values(encoded(expected)), expected)
    np.testing.assert_array_equal(read_values(encoded(cv2.merge([expected] * 3))), expected)


def test_colours_are_red_green_and_blue():
    pixels = np.random.default_rng(2).integers(0, 256, (4, 6, 3), np.uint8)
    np.testing.assert_array_equal(read_values(encoded(pixels)), pixels[..., ::-1])


@pytest.mark.parametrize("content", [b"", b"text", encode(labels(9), voc_palette())[:40]])
def test_what_is_no_image_is_a_bad_record(content):
    with pytest.raises(BadRecord):
        read_values(content)
