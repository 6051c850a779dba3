"""The converters as programs: their flags, what they write, what they say of mistakes."""

import cv2
import lmdb
import numpy as np
import pytest

from framework.cli import (
    compute_image_mean,
    convert_annoset,
    convert_dataset,
    convert_imageset,
    create_label_map,
    get_image_size,
    make_shapes,
)
from framework.data.datasets.label_files import Box, read_xml
from framework.data.records import label_map
from framework.data.records.mean_file import read_mean_image
from framework.proto import AnnotatedDatum, Datum
from framework.system.own_folders import MARK
from tests.data.images import make_voc, write_jpeg
from tests.golden import PHOTOGRAPHS, load_case, needs_photographs, part

MAP = 'item { name: "cat" label: 2 display_name: "Cat" }'


def read_all(path):
    with lmdb.open(str(path), readonly=True, lock=False) as environment:
        return list(environment.begin().cursor())


def voc_with_list(tmp_path, num_images=3):
    boxes = {f"p{index}": [Box("cat", (1, 2, 30, 20))] for index in range(num_images)}
    root = make_voc(tmp_path / "voc", boxes)
    lines = (f"JPEGImages/{name}.jpg Annotations/{name}.xml\n" for name in boxes)
    (tmp_path / "list").write_text("".join(lines))
    (tmp_path / "map").write_text(MAP)
    return [str(root), str(tmp_path / "list"), str(tmp_path / "db")]


DETECTION = ["--anno_type=detection", "--encode_type=jpg"]


def test_convert_annoset_stores_detection_records(tmp_path, capsys):
    places = voc_with_list(tmp_path)
    flags = [*DETECTION, f"--label_map_file={tmp_path / 'map'}"]
    assert convert_annoset.main([*flags, *places]) == 0
    stored = read_all(tmp_path / "db")
    assert [key for key, _ in stored] == [f"{i:08d}_JPEGImages/p{i}.jpg".encode() for i in range(3)]
    record = AnnotatedDatum.FromString(stored[1][1])
    assert record.datum.data == (tmp_path / "voc/JPEGImages/p1.jpg").read_bytes()
    assert record.annotation_group[0].group_label == 2
    assert "3 of 3 images and 3 of 3 boxes are stored" in capsys.readouterr().out


def test_a_list_none_of_whose_label_files_exists_is_an_error_with_the_first_path(tmp_path, capsys):
    places = voc_with_list(tmp_path)
    flags = ["--anno_type=detection", f"--label_map_file={tmp_path / 'map'}"]
    (tmp_path / "voc/Annotations/p0.xml").unlink()
    assert convert_annoset.main([*flags, *places]) == 0     # background, as in the original
    for path in (tmp_path / "voc/Annotations").iterdir():
        path.unlink()
    assert convert_annoset.main([*flags, "--redo", *places]) == 1
    assert "none of its 3 label files exists; the first is " \
        f"{tmp_path}/voc/Annotations/p0.xml; the paths are relative" in capsys.readouterr().err


def test_convert_annoset_stores_classes_and_takes_the_originals_spellings(tmp_path):
    for index in range(3):
        write_jpeg(tmp_path / f"{index}.jpg", seed=index)
    (tmp_path / "list").write_text("".join(f"{index}.jpg {index + 4}\n" for index in range(3)))
    places = [str(tmp_path), str(tmp_path / "list"), str(tmp_path / "db")]
    flags = ["-gray", "--resize-height=6", "-resize_width", "8", "--noshuffle", "--check_size"]
    assert convert_annoset.main([*flags, *places]) == 0
    records = [AnnotatedDatum.FromString(value) for _, value in read_all(tmp_path / "db")]
    assert [record.datum.label for record in records] == [4, 5, 6]
    assert {len(record.datum.data) for record in records} == {6 * 8}
    assert not records[0].HasField("type")


def test_a_converter_says_the_order_and_that_one_side_alone_resizes_nothing(tmp_path, capsys):
    flags = [*DETECTION, f"--label_map_file={tmp_path / 'map'}", "--resize_width=8", "--strict"]
    places = voc_with_list(tmp_path)
    assert convert_annoset.main([*flags, *places]) == 0
    told = capsys.readouterr()
    assert "the order is that of the list; --shuffle changes it" in told.out
    assert "warning: --resize_width and --resize_height resize only together" in told.err
    (tmp_path / "voc/Annotations/p1.xml").unlink()
    assert convert_annoset.main([*flags, *places, "--redo"]) == 1
    assert "--strict: 1 label would be left out; nothing was written" in capsys.readouterr().err


def test_shuffle_mixes_the_order_but_not_the_numbers(tmp_path):
    places = voc_with_list(tmp_path, 12)
    flags = [*DETECTION, f"--label_map_file={tmp_path / 'map'}", "--shuffle", "--seed=3"]
    assert convert_annoset.main([*flags, *places]) == 0
    keys = [key.decode() for key, _ in read_all(tmp_path / "db")]
    assert [key[:8] for key in keys] == [f"{index:08d}" for index in range(12)]
    names = [key[9:] for key in keys]
    assert names != sorted(names)
    assert sorted(names) == sorted(f"JPEGImages/p{index}.jpg" for index in range(12))


@pytest.mark.parametrize(
    "flags, message",
    [
        ([*DETECTION], "--anno_type=detection needs --label_map_file"),
        ([*DETECTION, "--label_map_file=none"], "none: the label map cannot be read"),
        (["--backend=leveldb"], "--backend is leveldb; only lmdb is written"),
        ([], "the label 'Annotations/p0.xml' of JPEGImages/p0.jpg is not a class number"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(tmp_path, capsys, flags, message):
    places = voc_with_list(tmp_path)
    assert convert_annoset.main([*flags, *places]) == 1
    output = capsys.readouterr().err
    assert message in output and output.startswith("error: ") and output.count("\n") == 1
    assert not (tmp_path / "db").exists()


def test_a_class_outside_the_map_is_an_error_and_one_broken_image_in_many_is_not(
    tmp_path, capsys
):
    places = voc_with_list(tmp_path, 25)
    flags = [*DETECTION, f"--label_map_file={tmp_path / 'map'}"]
    broken = tmp_path / "voc/JPEGImages/p7.jpg"
    broken.write_bytes(broken.read_bytes()[:300])
    assert convert_annoset.main([*flags, *places]) == 0
    output = capsys.readouterr()
    assert "left out: " in output.err and "p7.jpg" in output.err
    assert "24 of 25 images and 24 of 25 boxes are stored" in output.out
    (tmp_path / "map").write_text(MAP.replace("cat", "dog"))
    assert convert_annoset.main([*flags, *places[:2], str(tmp_path / "other")]) == 1
    assert "'cat' is not in the label map (dog)" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


@needs_photographs
def test_convert_imageset_and_compute_image_mean_make_the_originals_values(
    tmp_path, monkeypatch, capsys
):
    case = load_case("io/datum_db")
    for path, content in part(case, "file").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content.tobytes())
    monkeypatch.chdir(tmp_path)
    assert convert_imageset.main([f"{tmp_path}/", "images.txt", "db"]) == 0
    assert read_all(tmp_path / "db") == read_all(PHOTOGRAPHS / "io/datum_lmdb")
    assert Datum.FromString(read_all(tmp_path / "db")[2][1]).label == 4
    assert compute_image_mean.main(["db", "mean.binaryproto"]) == 0
    mean = read_mean_image(tmp_path / "mean.binaryproto")
    np.testing.assert_allclose(mean, case["mean"], rtol=1e-6)
    values = case["mean"].mean(axis=(1, 2))
    assert f"mean_value channel [2]: {values[2]:.4g}" in capsys.readouterr().out


def test_create_label_map_numbers_names_behind_the_background(tmp_path):
    (tmp_path / "names").write_text("cat\nbig dog\n")
    places = [str(tmp_path / "names"), str(tmp_path / "map")]
    assert create_label_map.main(["--delimiter=:", "--include_background", *places]) == 0
    items = label_map.read(tmp_path / "map").item
    assert [(item.name, item.label, item.display_name) for item in items] == [
        ("none_of_the_above", 0, "background"), ("cat", 1, "cat"), ("big dog", 2, "big dog"),
    ]  # fmt: skip


def test_create_label_map_takes_labels_and_display_names_and_names_a_wrong_line(tmp_path, capsys):
    (tmp_path / "names").write_text("n01;7;Cat\nn02;9;Big dog\n")
    places = [str(tmp_path / "names"), str(tmp_path / "map")]
    assert create_label_map.main(["--delimiter=;", *places]) == 0
    items = label_map.read(tmp_path / "map").item
    assert [(item.name, item.label, item.display_name) for item in items] == [
        ("n01", 7, "Cat"), ("n02", 9, "Big dog"),
    ]  # fmt: skip
    (tmp_path / "names").write_text("n01;7\nn02\n")
    assert create_label_map.main(["--delimiter=;", places[0], str(tmp_path / "new")]) == 1
    assert "names:2: " in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_get_image_size_lists_names_or_ids(tmp_path):
    write_jpeg(tmp_path / "a/one.jpg", 20, 33)
    write_jpeg(tmp_path / "b/two.jpg", 21, 9)
    (tmp_path / "list").write_text("a/one.jpg x\nb/two.jpg y\n")
    places = [str(tmp_path), str(tmp_path / "list"), str(tmp_path / "sizes")]
    assert get_image_size.main(places) == 0
    assert (tmp_path / "sizes").read_text() == "one 20 33\ntwo 21 9\n"
    (tmp_path / "ids").write_text("two 5\none 17\n")
    assert get_image_size.main([f"--name_id_file={tmp_path / 'ids'}", *places]) == 0
    assert (tmp_path / "sizes").read_text() == "17 20 33\n5 21 9\n"


def test_get_image_size_writes_nothing_if_a_image_is_missing(tmp_path, capsys):
    (tmp_path / "list").write_text("one.jpg x\n")
    assert get_image_size.main([str(tmp_path), str(tmp_path / "list"), str(tmp_path / "out")]) == 1
    assert "one.jpg: cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_shapes_are_drawn_and_converted_into_all_that_training_needs(tmp_path, capsys):
    drawn, out = str(tmp_path / "shapes"), str(tmp_path / "lmdb")
    assert make_shapes.main([drawn, "--train", "6", "--test", "3", "--seed", "4"]) == 0
    assert convert_dataset.main([drawn, out]) == 0
    assert sorted(path.name for path in (tmp_path / "lmdb").iterdir()) == [
        MARK, "labelmap.prototxt", "test", "test_name_size.txt", "trainval",
        "trainval_name_size.txt",
    ]  # fmt: skip
    assert [len(read_all(tmp_path / "lmdb" / split)) for split in ("trainval", "test")] == [6, 3]
    labels = label_map.labels_by_name(label_map.read(tmp_path / "lmdb/labelmap.prototxt"))
    assert labels == {name: index for index, name in enumerate(
        ["none_of_the_above", "circle", "square", "star", "triangle"])}  # fmt: skip
    for line, (key, _) in zip(
        (tmp_path / "lmdb/test_name_size.txt").read_text().splitlines(),
        read_all(tmp_path / "lmdb/test"), strict=True,
    ):  # fmt: skip
        name, height, width = line.split()
        assert name in key.decode()
        labels_of = read_xml(tmp_path / "shapes/Annotations" / f"{name}.xml")
        assert (labels_of.height, labels_of.width) == (int(height), int(width))
    capsys.readouterr()
    assert convert_dataset.main([drawn, out]) == 1
    assert "lmdb: exists" in capsys.readouterr().err


def test_a_split_that_fails_leaves_no_folder_at_all(tmp_path, capsys):
    root = make_voc(tmp_path / "voc", {"one": [Box("cat", (1, 2, 3, 4))]})
    (root / "ImageSets/Main/test.txt").write_text("nothere\n")
    assert convert_dataset.main([str(root), str(tmp_path / "out")]) == 1
    assert "nothere.jpg: cannot be read" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["voc"]


def yolo_folder(root):
    """Images with text files beside them, as Label Studio and CVAT export them."""
    for folder in ("images", "labels"):
        (root / folder).mkdir(parents=True)
    (root / "classes.txt").write_text("cat\ndog\n")
    for index in range(6):
        pixels = np.full((20, 24, 3), 9 * index, np.uint8)
        cv2.imwrite(str(root / "images" / f"p{index}.jpg"), pixels)
        (root / "labels" / f"p{index}.txt").write_text(f"{index % 2} 0.5 0.5 0.4 0.4\n")
    return root


def test_a_folder_of_another_format_is_converted_by_looking_into_it(tmp_path, capsys):
    folder = yolo_folder(tmp_path / "yolo")
    assert convert_dataset.main([str(folder), str(tmp_path / "out")]) == 1
    assert "yolo: the images are in no splits; --split trainval=0.8 divides" \
        in capsys.readouterr().err
    flags = [str(folder), str(tmp_path / "out"), "--split", "trainval=0.5"]
    assert convert_dataset.main(flags) == 0
    shown = capsys.readouterr().out
    assert "yolo: YOLO: labels/p0.txt has lines of `class x y width height`" in shown
    assert "trainval: 3 of 3 images and 3 of 3 boxes are stored" in shown
    assert "test: 3 of 3 images and 3 of 3 boxes are stored" in shown


def test_names_with_one_label_become_one_class_of_convert_annoset_and_it_is_said(tmp_path, capsys):
    places = voc_with_list(tmp_path)
    (tmp_path / "map").write_text(MAP + 'item { name: "kitten" label: 2 }')
    assert convert_annoset.main([*DETECTION, f"--label_map_file={tmp_path / 'map'}", *places]) == 0
    assert "map: cat, kitten have the label 2 and become one class" in capsys.readouterr().err
    (tmp_path / "map").write_text(MAP + 'item { name: "cat" label: 3 }')
    assert convert_annoset.main([*DETECTION, f"--label_map_file={tmp_path / 'map'}", *places]) == 1
    assert "item[1].name is 'cat', which has the label 2 before" in capsys.readouterr().err


def test_create_label_map_refuses_a_name_twice_and_names_labels_twice(tmp_path, capsys):
    (tmp_path / "names").write_text("car 1\nvan 1\nbus 2\n")
    places = [str(tmp_path / "names"), str(tmp_path / "map")]
    assert create_label_map.main(places) == 0
    assert "map: car, van have the label 1 and become one class" in capsys.readouterr().err
    (tmp_path / "names").write_text("car 1\nvan 2\ncar 3\n")
    assert create_label_map.main(places) == 1
    assert "names:3: 'car' is there twice" in capsys.readouterr().err
