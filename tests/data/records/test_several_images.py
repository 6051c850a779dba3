"""Files with several images, as Pillow writes them."""

from __future__ import annotations

import io

import numpy as np
import pytest

from framework.data.records.several_images import has_several, notes_on_pages
from tests.data.making import image

Image = pytest.importorskip("PIL.Image", reason="Pillow writes the files")


def written(kind: str, num_images: int, **options) -> bytes:
    frames = [Image.fromarray(np.ascontiguousarray(image(seed))) for seed in range(num_images)]
    file = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if num_images > 1 else {}
    frames[0].save(file, kind, **more, **options)
    return file.getvalue()


CASES = [("TIFF", {}), ("TIFF", {"big_tiff": True}), ("GIF", {}), ("WEBP", {}), ("PNG", {}),
         ("AVIF", {})]


@pytest.mark.parametrize("kind, options", CASES)
def test_pages_and_frames_are_seen_and_a_single_image_has_none(kind, options):
    if kind == "AVIF" and kind not in Image.registered_extensions().values():
        pytest.skip("this Pillow does not write AVIF")
    assert has_several(written(kind, 3, **options))
    assert not has_several(written(kind, 1, **options))


@pytest.mark.parametrize("kind, options", CASES[:5])
def test_a_file_cut_anywhere_is_no_exception(kind, options):
    content = written(kind, 2, **options)
    for end in range(0, len(content), 7):
        has_several(content[:end])


def test_a_note_names_the_file():
    note, = notes_on_pages(written("GIF", 2), "a.gif")
    assert note.text() == ("a.gif: the file has several images (pages or frames); the first is "
                           "stored")
    assert not note.is_loss
