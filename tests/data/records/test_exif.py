"""Boxes of images that EXIF turns; the turning itself is OpenCV's."""

import io
import struct
import zlib

import cv2
import lmdb
import numpy as np
import pytest

from framework.cli import convert_dataset
from framework.data.records.exif import are_for_shown, orientation_of, shown_size, turned, upright
from framework.proto import AnnotatedDatum

HEIGHT, WIDTH = 48, 80


def exif(orientation, order="<"):
    mark = b"II" if order == "<" else b"MM"
    fields = struct.pack(f"{order}HHHIHH", 2, 271, 2, 1, 0, 0)
    fields += struct.pack(f"{order}HHIHH", 274, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}HI", 42, 8) + fields + bytes(4)


def photograph(pixels, orientation, order="<"):
    """A JPEG with EXIF data, and a segment of another kind before them."""
    content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    data = b"Exif\0\0" + exif(orientation, order)
    segments = b"\xff\xfe" + struct.pack(">H", 6) + b"word"
    segments += b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data
    return content[:2] + segments + content[2:]


def shown(content):
    """As OpenCV shows it: turned by its EXIF orientation."""
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def drawn(orientation, order="<"):
    """A photograph with one white box, and the box where OpenCV shows it: x1 y1 x2 y2."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[8:24, 16:56] = 255
    content = photograph(pixels, orientation, order)
    rows, columns = np.nonzero(shown(content)[..., 0] > 128)
    return content, (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_on_the_shown_image_is_turned_into_the_stored_one(orientation, order):
    content, box = drawn(orientation, order)
    assert orientation_of(content) == orientation
    height, width = shown(content).shape[:2]
    assert shown_size(orientation, (WIDTH, HEIGHT)) == (width, height)
    assert turned(box, orientation, (width, height)) == (16, 8, 56, 24)
    neutral = upright(content)
    assert orientation_of(neutral) == 1 and len(neutral) == len(content)
    assert shown(neutral).shape[:2] == (HEIGHT, WIDTH)


@pytest.mark.parametrize("content", [
    b"", b"\xff\xd8", photograph(np.zeros((8, 8, 3), np.uint8), 9),
    photograph(np.zeros((8, 8, 3), np.uint8), 6)[:45], b"RIFF\0\0\0\0WEBPEXIF\xff\0\0\0II",
])
def test_a_file_without_a_sound_orientation_is_as_it_is_stored(content):
    assert orientation_of(content) == 1
    assert upright(content) == content


def test_the_orientation_of_webp_is_read():
    content = cv2.imencode(".webp", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    content += b"EXIF" + struct.pack("<I", len(exif(6))) + exif(6)
    assert orientation_of(content) == 6
    assert orientation_of(upright(content)) == 1


def png(pixels, orientation):
    """A PNG with EXIF data in its chunk eXIf, which is before the pixels."""
    content = cv2.imencode(".png", pixels)[1].tobytes()
    data = b"eXIf" + exif(orientation)
    chunk = struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))
    return content[:33] + chunk + content[33:]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_png_is_read_and_rewritten_with_its_checksum(orientation):
    content = png(np.zeros((HEIGHT, WIDTH, 3), np.uint8), orientation)
    assert orientation_of(content) == orientation
    neutral = upright(content)
    assert orientation_of(neutral) == 1 and len(neutral) == len(content)
    assert neutral == png(np.zeros((HEIGHT, WIDTH, 3), np.uint8), 1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_files_that_pillow_writes_are_turned_as_pillow_shows_them(kind, orientation):
    images = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    operations = pytest.importorskip("PIL.ImageOps")
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[8:24, 16:56] = 255
    fields = images.Exif()
    fields[274] = orientation
    file = io.BytesIO()
    images.fromarray(pixels).save(file, kind, exif=fields.tobytes())
    content = file.getvalue()

    def of_pillow(content):
        return np.asarray(operations.exif_transpose(images.open(io.BytesIO(content))))

    rows, columns = np.nonzero(of_pillow(content)[..., 0] > 128)
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    height, width = of_pillow(content).shape[:2]
    assert turned(box, orientation_of(content), (width, height)) == (16, 8, 56, 24)
    rows, columns = np.nonzero(of_pillow(upright(content))[..., 0] > 128)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (16, 8, 56, 24)


@pytest.mark.parametrize("content", [
    b"\0\0\0\x14ftypavif", b"\0\0\0\x0cftypavif\0\0\0\x0cmeta\0\0\0\0",
    b"\0\0\0\x0cftypavif\xff\xff\xff\xffmeta", b"\x89PNG\r\n\x1a\n\0\0\0\xffeXIfII",
])
def test_a_damaged_file_is_as_it_is_stored(content):
    assert orientation_of(content) == 1
    assert upright(content) == content


@pytest.mark.parametrize("orientation, stated, answer", [
    (1, (64, 48), False), (6, (64, 48), False), (6, (48, 64), True), (6, (0, 0), True),
    (6, (96, 128), True), (8, (128, 96), False), (3, (64, 48), True), (2, (0, 0), True),
])
def test_the_stated_size_tells_on_which_image_boxes_were_drawn(orientation, stated, answer):
    assert are_for_shown(orientation, (64, 48), stated) == answer


def write_set(folder, kind, content, box, size):
    """The photograph with one box in a format's files; returns what to convert."""
    (folder / "JPEGImages").mkdir(parents=True)
    (folder / "JPEGImages/p.jpg").write_bytes(content)
    x1, y1, x2, y2 = map(int, box)
    width, height = size
    if kind == "voc":
        (folder / "Annotations").mkdir()
        (folder / "ImageSets/Main").mkdir(parents=True)
        (folder / "ImageSets/Main/t.txt").write_text("p\n")
        (folder / "Annotations/p.xml").write_text(
            f"<annotation><size><width>{width}</width><height>{height}</height></size><object>"
            f"<name>box</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax>"
            f"<ymax>{y2}</ymax></bndbox></object></annotation>")
        return folder
    path = folder / "d.yaml"
    head = f"format: {kind}\nsplits: {{t: {{images: JPEGImages, "
    if kind == "coco":
        (folder / "a.json").write_text(
            f'{{"images": [{{"id": 1, "file_name": "p.jpg", "width": {width}, "height": {height}}}]'
            f', "annotations": [{{"image_id": 1, "category_id": 1, "bbox": [{x1}, {y1}, {x2 - x1},'
            f'{y2 - y1}]}}], "categories": [{{"id": 1, "name": "box"}}]}}')
        path.write_text(head + "annotations: a.json}}\n")
    elif kind == "openimages":
        (folder / "a.csv").write_text("ImageID,LabelName,XMin,XMax,YMin,YMax\n"
                                      f"p,box,{x1 / width},{x2 / width},{y1 / height},"
                                      f"{y2 / height}\n")
        path.write_text(head + "boxes: a.csv}}\n")
    else:
        (folder / "labels").mkdir()
        (folder / "labels/p.txt").write_text(
            f"0 {(x1 + x2) / 2 / width} {(y1 + y2) / 2 / height} {(x2 - x1) / width} "
            f"{(y2 - y1) / height}\n")
        path.write_text("format: yolo\nsplits: {t: JPEGImages}\nnames: [box]\n")
    return path


@pytest.mark.parametrize("kind", ["voc", "coco", "openimages", "yolo"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 7])
def test_boxes_fit_the_stored_pixels_in_every_format(tmp_path, capsys, kind, orientation):
    content, box = drawn(orientation)
    height, width = shown(content).shape[:2]
    path = write_set(tmp_path / "set", kind, content, box, (width, height))
    assert convert_dataset.main([str(path), str(tmp_path / "out")]) == 0
    with lmdb.open(str(tmp_path / "out/t"), readonly=True, lock=False) as environment:
        ((_, value),) = environment.begin().cursor()
    record = AnnotatedDatum.FromString(value)
    found = record.annotation_group[0].annotation[0].bbox
    np.testing.assert_allclose([found.xmin, found.ymin, found.xmax, found.ymax],
                               [16 / 80, 8 / 48, 56 / 80, 24 / 48], atol=1e-5)
    # a decoder that obeys EXIF, and one that does not, give the pixels that the boxes fit
    rows, columns = np.nonzero(shown(record.datum.data)[..., 0] > 128)
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (16, 8, 56, 24)
    assert (tmp_path / "out/t_name_size.txt").read_text() == f"p {HEIGHT} {WIDTH}\n"
    assert ("boxes were turned" in capsys.readouterr().out) == (orientation != 1)


@pytest.mark.parametrize("kind", ["voc", "coco"])
def test_boxes_on_the_stored_image_are_not_turned_where_the_size_says_so(tmp_path, capsys, kind):
    content, _ = drawn(6)
    path = write_set(tmp_path / "set", kind, content, (16, 8, 56, 24), (WIDTH, HEIGHT))
    assert convert_dataset.main([str(path), str(tmp_path / "out")]) == 0
    with lmdb.open(str(tmp_path / "out/t"), readonly=True, lock=False) as environment:
        ((_, value),) = environment.begin().cursor()
    found = AnnotatedDatum.FromString(value).annotation_group[0].annotation[0].bbox
    np.testing.assert_allclose([found.xmin, found.ymin], [16 / 80, 8 / 48], atol=1e-6)
