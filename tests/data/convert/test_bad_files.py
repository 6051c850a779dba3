"""One bad file among good ones is left out and named; it never ends a conversion."""

import json
import os
import time

import lmdb
import pytest

from framework.cli import convert_annoset, convert_dataset, convert_imageset, make_shapes
from framework.data.datasets.description import load
from framework.data.datasets.label_files import Box, read_xml
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from framework.system.text import open_text, read_lines
from tests.data.images import make_voc

NUM = 21            # one bad one of them is under 5 %
NAMES = [f"p{index:02d}" for index in range(NUM)]
BAD = "20 of 21 images"


@pytest.fixture
def voc(tmp_path):
    return make_voc(tmp_path / "voc", {name: [Box("cat", (1, 2, 30, 20))] for name in NAMES})


def converted(tmp_path, capsys, data, expected=BAD):
    """Convert into an own folder; returns what is said of the bad record."""
    assert convert_dataset.main([str(data), str(tmp_path / "out")]) == 0
    output = capsys.readouterr()
    assert expected in output.out
    return output.err


ENCODINGS = {"gb2312": "猫", "GBK": "貓", "gb18030": "猫", "Shift_JIS": "猫①", "EUC-JP": "猫",
             "big5": "貓", "euc-kr": "고양이", "utf8": "猫", "windows-1252": "é", "utf-16": "猫"}
WRITTEN = {"gb2312": "gb18030", "Shift_JIS": "cp932"}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_annotations_are_read_in_the_encoding_that_they_declare(voc, encoding):
    path = voc / "Annotations/p03.xml"
    text = path.read_text().replace("cat", ENCODINGS[encoding])
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n{text}'
    path.write_bytes(text.encode(WRITTEN.get(encoding, encoding)))
    assert read_xml(path).boxes == (Box(ENCODINGS[encoding], (1, 2, 30, 20)),)


@pytest.mark.parametrize("head, change, reason", [
    ('<?xml version="1.0" encoding="nonsense"?>', ("", ""), "is not XML: unknown encoding"),
    ('<?xml version="1.0" encoding="zip"?>', ("", ""), "is not XML: 'zip' is not a text encoding"),
    ('<?xml version="1.0" encoding="gbk"?>', ("cat", "\xff"), "is not XML: 'gb18030' codec"),
    ("", ("cat", "\xe9"), "is not XML: not well-formed"),
    ("", (">30<", ">1e39<"), "<bndbox> has xmax '1e39'; it must be a number"),
    ("", (">30<", ">inf<"), "<bndbox> has xmax 'inf'; it must be a number"),
    ("", ("<width>40", "<width>1e300"), "<size> has width '1e300'"),
])
def test_a_bad_annotation_is_left_out(voc, tmp_path, capsys, head, change, reason):
    path = voc / "Annotations/p03.xml"
    path.write_bytes((head + path.read_text().replace(*change)).encode("latin-1"))
    assert f"left out: {path}: {reason}" in converted(tmp_path, capsys, voc)


@pytest.mark.parametrize("place", ["JPEGImages/p03.jpg", "Annotations/p03.xml"])
@pytest.mark.parametrize("kind, reason", [("pipe", "it is a named pipe, not a regular file"),
                                          ("folder", "Is a dir"),
                                          ("device", "it is a device, not a regular file")])
def test_only_regular_files_are_read(voc, tmp_path, capsys, place, kind, reason):
    (voc / place).unlink()
    {"pipe": os.mkfifo, "folder": os.mkdir,
     "device": lambda path: path.symlink_to("/dev/zero")}[kind](voc / place)
    assert f"{place}: cannot be read: {reason}" in converted(tmp_path, capsys, voc)


@pytest.mark.parametrize("line, reason", [
    (b"a\0b", "embedded null"),
    (b"n" * 300, "cannot be read: File name too long"),
    (b"/".join([b"k" * 100] * 6), "its key has 629 bytes; LMDB takes 511"),
])
def test_a_name_that_cannot_be_one_is_a_bad_record(voc, tmp_path, capsys, line, reason):
    path = voc / "ImageSets/Main/trainval.txt"
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert reason in converted(tmp_path, capsys, voc, "21 of 22 images")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_text_is_read_in_utf_8_and_by_its_mark_in_utf_16(tmp_path, encoding):
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    (tmp_path / "list").write_bytes(f"{mark}é\r\nb\u2028c\n".encode(encoding))
    assert read_lines(tmp_path / "list") == ["é", "b\u2028c", ""]
    with open_text(tmp_path / "list") as file:
        assert file.read() == "é\r\nb\u2028c\n"


def test_text_in_another_encoding_is_an_error_with_its_line(tmp_path):
    (tmp_path / "list").write_bytes("a\nb\né\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"list:3: is not text in UTF-8 \(bytes e9\)"):
        read_lines(tmp_path / "list")
    with pytest.raises(DataError, match="list:3: is"), open_text(tmp_path / "list") as file:
        file.read()


INFINITE, NAN = float("inf"), float("nan")


@pytest.mark.parametrize("key, change, reason", [
    ("images", {"width": INFINITE}, "inf is not a finite number"),
    ("images", {"width": 10**30}, "says that the image is 1e+30 x 30"),
    ("images", {"file_name": "a\0b.jpg"}, "embedded null"),
    ("images", {"file_name": "\ud800.jpg"}, "the name is not text"),
    ("annotations", {"bbox": [NAN, 1, 2, 3]}, "nan is not a finite number"),
    ("annotations", {"bbox": [0, 1, 1e39, 3]}, "1e+39 is not a finite number"),
    ("annotations", {"bbox": [0, 1, 10**400, 3]}, "it has a number that is too large"),
    ("annotations", {"bbox": [0, 1, 2]}, "a bbox is [0, 1, 2]; it must be four numbers"),
])
def test_a_bad_item_of_coco_is_left_out(voc, tmp_path, capsys, key, change, reason):
    tree = {"images": [{"id": index, "file_name": f"{name}.jpg", "width": 40, "height": 30}
                       for index, name in enumerate(NAMES)],
            "annotations": [{"image_id": index, "category_id": 1, "bbox": [1, 2, 20, 10]}
                            for index in range(NUM)],
            "categories": [{"id": 1, "name": "cat"}]}
    tree[key][3].update(change)
    (tmp_path / "a.json").write_text(json.dumps(tree))
    (tmp_path / "d.yaml").write_text("format: coco\nsplits: {t: {images: voc/JPEGImages, "
                                     "annotations: a.json}}")
    assert reason in converted(tmp_path, capsys, tmp_path / "d.yaml")


@pytest.mark.parametrize("row, reason, good", [
    ("p03,cat,nan,0.5,0.1,0.5", "a.csv:23: its values must be parts of the image", 20),
    ("p03,cat,0,inf,0.1,0.5", "a.csv:23: its values must be parts of the image", 20),
    ("p03,cat,5,40,5,30", "a.csv:23: its values must be parts of the image, from 0 to 1", 20),
    ("p03,cat,x,0.5,0.1,0.5", "a.csv:23: is not the row of a box: 'p03,cat,x", 20),
    ("p03,cat", "a.csv:23: is not the row of a box: 'p03,cat'", 20),
    (f"p03,{'c' * 200_000},0,1,0,1", "a.csv:23: is not the row of a box", 21),
    ("p\0q,cat,0,1,0,1", "embedded null", 21),
])
def test_a_bad_row_of_open_images_is_left_out(voc, tmp_path, capsys, row, reason, good):
    rows = ["ImageID,LabelName,XMin,XMax,YMin,YMax", *(f"{n},cat,.1,.5,.1,.5" for n in NAMES), row]
    (tmp_path / "a.csv").write_text("\n".join(rows))
    (tmp_path / "d.yaml").write_text("format: openimages\nsplits: {t: {images: voc/JPEGImages, "
                                     "boxes: a.csv}}")
    expected = f"{good} of {21 if good == 20 else 22} images"
    assert reason in converted(tmp_path, capsys, tmp_path / "d.yaml", expected)


@pytest.mark.parametrize("label, line, reason", [
    (b"0 nan 1 1 1", "", "its values must be parts of the image, from 0 to 1: '0 nan"),
    (b"0 1e39 1 1 1", "", "its values must be parts of the image"),
    (b"0 \xe9", "", "p03.txt:1: is not text in UTF-8"),
    ("² 1 1 1 1".encode(), "", "a line must be: class x y width height"),
    (b"9" * 30 + b" 1 1 1 1", "", "class 99999999999999999999; names has 1"),
    (b"", ".", "cannot be read: Is a directory"),
    (b"", "/", "/: cannot be read: Is a directory"),
])
def test_a_bad_file_or_line_of_yolo_is_left_out(voc, tmp_path, capsys, label, line, reason):
    (tmp_path / "images").symlink_to(voc / "JPEGImages")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/p03.txt").write_bytes(label)
    lines = [f"images/{name}.jpg" for name in NAMES] + [line]
    (tmp_path / "list").write_text("\n".join(lines))
    (tmp_path / "d.yaml").write_text("format: yolo\nnames: [cat]\nsplits: {t: list}")
    expected = "21 of 22 images" if line else BAD
    assert reason in converted(tmp_path, capsys, tmp_path / "d.yaml", expected)


@pytest.mark.parametrize("tool", [convert_imageset, convert_annoset])
@pytest.mark.parametrize("label", ["²", "--1", "2147483648", "9" * 5000, "cat"])
def test_one_label_that_is_no_class_number_is_left_out(voc, tmp_path, capsys, tool, label):
    lines = [f"JPEGImages/{name}.jpg {label if name == 'p03' else 1}\n" for name in NAMES]
    (tmp_path / "list").write_text("".join(lines))
    assert tool.main([str(voc), str(tmp_path / "list"), str(tmp_path / "db")]) == 0
    output = capsys.readouterr()
    assert BAD in output.out
    assert f"JPEGImages/p03.jpg: the label is not a class number of 32 bits: '{label[:200]}" \
        in output.err
    assert "not a class number of 32 bits (JPEGImages/p03.jpg)" in output.out


@pytest.mark.parametrize("kind, content, reason", [
    ("txt", b"1 \xe9", "is not text in UTF-8"),
    ("txt", b"1 1 2 1e39 10", "its corners must be finite numbers"),
    ("txt", b"2147483648 1 2 3 4", "the label 2147483648 is not in the label map"),
    ("json", b'{"image": {"width": 1e999}, "annotation": []}', "inf is not a finite number"),
    ("json", b'{"annotation": [{"category_id": 1, "bbox": [1,2,3,4], "iscrowd": 1e999}]}',
     "inf is not a finite number"),
    ("json", b'{"annotation": [{"category_id": 1, "bbox": [NaN,2,3,4]}]}',
     "nan is not a finite number"),
    ("json", b"[" * 100_000, "it is nested too deeply"),
])
def test_a_bad_label_file_is_left_out(voc, tmp_path, capsys, kind, content, reason):
    good = {"txt": b"1 1 2 20 10", "json": b'{"annotation": []}'}[kind]
    (voc / "labels").mkdir()
    for name in NAMES:
        (voc / "labels" / name).write_bytes(content if name == "p03" else good)
    lines = [f"JPEGImages/{name}.jpg labels/{name}\n" for name in NAMES]
    (tmp_path / "list").write_text("".join(lines))
    (tmp_path / "map").write_text('item { name: "1" label: 1 }')
    flags = ["--anno_type=detection", f"--label_type={kind}",
             f"--label_map_file={tmp_path / 'map'}"]
    assert convert_annoset.main([*flags, str(voc), str(tmp_path / "list"),
                                 str(tmp_path / "db")]) == 0
    output = capsys.readouterr()
    assert BAD in output.out
    assert "labels/p03" in output.err and reason in output.err


def test_a_size_that_is_none_is_as_if_it_were_not_stated(voc, tmp_path, capsys):
    text = (voc / "Annotations/p03.xml").read_text().replace("<width>40", "<width>-40")
    (voc / "Annotations/p03.xml").write_text(text)
    converted(tmp_path, capsys, voc, "21 of 21 images")
    with lmdb.open(str(tmp_path / "out/trainval"), readonly=True, lock=False) as environment:
        value = next(value for key, value in environment.begin().cursor()
                     if key.endswith(b"p03.jpg"))
    box = AnnotatedDatum.FromString(value).annotation_group[0].annotation[0].bbox
    assert box.xmax == 0.75


BOMB = "[&b0 [x,x,x,x,x,x,x,x,x]" + "".join(
    f",&b{level} [{','.join([f'*b{level - 1}'] * 9)}]" for level in range(1, 9)) + "]"
MERGES = "names:\n a0: &a0 {x: 1, y: 2, z: 3}\n" + "".join(
    f" a{level}: &a{level} {{<<: [{','.join([f'*a{level - 1}'] * 10)}]}}\n"
    for level in range(1, 10))


@pytest.mark.parametrize("text, reason", [
    ("format: [voc]", "format is ['voc']; it must be one of"),
    ("names: {a: b, 1: c}", "names is {'1': 'c', 'a': 'b'}; it must be a name or a list"),
    ("names: [!!bool no, yes]", "names is [False, 'yes']; it must be a name or a list"),
    ("names: [\"a\\0\"]", "names has 'a\\x00', which is not text"),
    ("names: [\"\\ud800\"]", "names has '\\ud800', which is not text"),
    ("splits: {1: trainval, '1': trainval}", "a mapping has the key 1 twice"),
    ("root: [a]", "root is ['a']; it must be a folder"),
    ("root: ~nosuchuser", "root is ~nosuchuser: "),
    ("root: " + "a" * 5000, "...: no such folder"),
    ("splits: !!timestamp 2020-13-45", "is not YAML: month must be in 1..12"),
    ("splits: !!timestamp x", "is not YAML: "),
    ("[" * 5000, "is not YAML: it is nested more than 100 levels deep"),
    ("- " * 5000, "is not YAML: it is nested more than 100 levels deep"),
    ("9" * 5000, "must hold keys: format"),
    ("splits: &a [*a]", "splits is [[[...]]]; it must be"),
    (MERGES, "is not YAML: a mapping has more than 100000 keys"),
    *((f"{key}: {BOMB}", f"{key} is [['x', 'x'") for key in ("splits", "names", "root", "others",
                                                            "shuffle", "format")),
    (f"splits: {{t: {BOMB}}}", "splits is [['x', 'x'"),
])
def test_a_wrong_yaml_file_is_one_short_line_at_once(voc, tmp_path, text, reason):
    root = "" if text.startswith(("root", "[", "- ", "9")) else "root: voc\n"
    splits = "" if "splits" in text or not root else "splits: trainval\n"
    (tmp_path / "d.yaml").write_text(root + splits + text)
    begun = time.monotonic()
    with pytest.raises(DataError) as error:
        load(tmp_path / "d.yaml")
    assert reason in str(error.value)
    assert len(str(error.value)) < 1000
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("jobs", ["-1", "1000000", "99999999999999999999", "x"])
def test_a_wild_number_of_threads_is_a_wrong_flag(voc, tmp_path, capsys, jobs):
    for tool, places in ((convert_dataset, [voc, tmp_path / "out"]),
                         (make_shapes, [tmp_path / "s"]),
                         (convert_imageset, [voc, tmp_path / "list", tmp_path / "db"])):
        with pytest.raises(SystemExit, match="2"):
            tool.main([*map(str, places), f"--jobs={jobs}"])
        assert "argument --jobs: " in capsys.readouterr().err
