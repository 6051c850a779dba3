"""The layouts of Darknet and Ultralytics, and lines that are not boxes of an image."""

import contextlib

import lmdb
import pytest

from framework.cli import convert_dataset
from framework.data.datasets.description import load
from framework.data.datasets.label_files import Box
from framework.data.datasets.yolo import read_labels_of
from framework.errors import DataError
from framework.proto import AnnotatedDatum
from tests.data.images import write_jpeg

LINE = "1 .5 .5 .4 .2\n"
OURS = "format: yolo\nsplits: {{train: {}}}\nnames: [cat, dog]\n"
# image, its label file, what the split names, and a list in a file of that name
LAYOUTS = {
    "images and labels": ("images/p.jpg", "labels/p.txt", "images"),
    "images/train and labels/train": ("images/train/p.jpg", "labels/train/p.txt", "images/train"),
    "train/images and train/labels": ("train/images/p.jpg", "train/labels/p.txt", "train/images"),
    "beside the images": ("obj_train_data/p.jpg", "obj_train_data/p.txt", "obj_train_data"),
    "beside, in a folder images": ("images/p.jpg", "images/p.txt", "images"),
    "darknet's VOC": ("VOC2007/JPEGImages/p.jpg", "VOC2007/labels/p.txt", "VOC2007/JPEGImages"),
    "the last images": ("images/a/images/p.jpg", "images/a/labels/p.txt", "images"),
    "an earlier images": ("images/a/images/p.jpg", "labels/a/images/p.txt", "images"),
    "labels below the folder": ("train/p.jpg", "train/labels/p.txt", "train"),
    "labels/train for train": ("train/p.jpg", "labels/train/p.txt", "train"),
    "capitals": ("train/Images/p.JPG", "train/labels/p.txt", "train/Images"),
    "a list": ("data/images/p.jpg", "data/labels/p.txt", "train.txt"),
    "a list of its own folder": ("sub/images/p.jpg", "sub/labels/p.txt", "sub/list.txt"),
    "dots in the name": ("images/a.b.jpg", "labels/a.b.txt", "images"),
}
LISTS = {"train.txt": "./data/images/p.jpg\n", "sub/list.txt": "./images/p.jpg\n"}


def laid_out(tmp_path, image, label, text=LINE):
    write_jpeg(tmp_path / image)
    (tmp_path / label).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / label).write_text(text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_labels_are_found_in_every_layout(tmp_path, layout):
    image, label, part = LAYOUTS[layout]
    laid_out(tmp_path, image, label)
    if part in LISTS:
        (tmp_path / part).write_text(LISTS[part])
    (tmp_path / "d.yaml").write_text(OURS.format(part))
    data = load(tmp_path / "d.yaml")
    (entry,) = data.splits["train"]
    assert (entry.image, entry.label) == (image, label)
    assert data.labels(entry).boxes == (Box("dog", (.3, .4, .7, .6)),)


def test_paths_of_windows_and_absolute_ones_are_taken_in_lists(tmp_path):
    laid_out(tmp_path, "images/a/p.jpg", "labels/a/p.txt")
    laid_out(tmp_path, "images/q.jpg", "labels/q.txt")
    (tmp_path / "list").write_text(f"images\\a\\p.jpg\r\n{tmp_path}/images/q.jpg\r\n")
    (tmp_path / "d.yaml").write_text(OURS.format("list"))
    data = load(tmp_path / "d.yaml")
    assert [len(data.labels(entry).boxes) for entry in data.splits["train"]] == [1, 1]


@pytest.mark.parametrize("text, root", [
    ("train: images/train\nval: images/val\nnames: {0: cat, 1: dog}\nnc: 2\n", "."),
    ("path: .\ntrain: [images/train, more]\nval: images/val\ntest:\nnames: [cat, dog]\n", "."),
    ("path: ../datasets/mine\ntrain: images/train\nval: images/val\nnames:\n  - cat\n  - dog\n",
     "."),
    ("path: mine\ntrain: ./images/train\nval: ../images/val\nnames: ['cat', 'dog']\nnc: 2\n"
     "roboflow: {workspace: x, version: 1}\ndownload: https://x\n", "mine"),
    ("train: ../images/train\nval: ../images/val\nnames: [cat, dog]\n", "."),
])
def test_the_data_yaml_of_ultralytics_is_read(tmp_path, text, root):
    for image in ("images/train/p", "images/val/q", "more/images/r"):
        name = f"{root}/{image.replace('images', 'labels')}.txt"
        laid_out(tmp_path, f"{root}/{image}.jpg", name)
    (tmp_path / "data.yaml").write_text(text)
    data = load(tmp_path / "data.yaml")
    assert (list(data.splits), data.names) == (["train", "val"], ["cat", "dog"])
    assert len(data.splits["train"]) == (2 if "more" in text else 1)
    for split in data.splits.values():
        assert all(len(data.labels(entry).boxes) == 1 for entry in split)
    assert load(tmp_path).names == data.names
    assert list(load(tmp_path / "data.yaml", chosen=["val"]).splits) == ["val"]
    with pytest.raises(DataError, match="no split test; it has train, val"):
        load(tmp_path / "data.yaml", chosen=["test"])


def test_a_number_of_classes_that_the_names_do_not_have_is_an_error(tmp_path):
    laid_out(tmp_path, "images/p.jpg", "labels/p.txt")
    (tmp_path / "data.yaml").write_text("train: images\nnames: [cat, dog]\nnc: 3\n")
    with pytest.raises(DataError, match="nc is '3', but names has 2"):
        load(tmp_path / "data.yaml")
    (tmp_path / "data.yaml").write_text("train: images\nnc: 2\n")
    assert load(tmp_path / "data.yaml").names == ["class_0", "class_1"]


@pytest.mark.parametrize("value", ["{a: b}", "[[a]]", '"a\\0b"', "n" * 5000, "[]", "!!int 3"])
@pytest.mark.parametrize("key", ["path", "train", "names", "nc", "kpt_shape", "others"])
def test_a_wild_value_in_a_data_yaml_is_an_error_of_the_data(tmp_path, key, value):
    laid_out(tmp_path, "images/p.jpg", "labels/p.txt")
    keys = {"train": "images", "names": "[cat, dog]", key: value}
    (tmp_path / "data.yaml").write_text("".join(f"{k}: {v}\n" for k, v in keys.items()))
    with contextlib.suppress(DataError):
        data = load(tmp_path / "data.yaml")
        assert [len(data.labels(entry).boxes) for entry in data.splits["train"]] == [1]


def test_the_data_file_of_darknet_is_read(tmp_path):
    laid_out(tmp_path, "data/obj/p.jpg", "data/obj/p.txt")
    (tmp_path / "data/train.txt").write_text("data/obj/p.jpg\n")
    (tmp_path / "data/obj.names").write_text("cat\ndog\n")
    (tmp_path / "data/obj.data").write_text("classes= 2\ntrain  = data/train.txt\n"
                                            "valid = data/train.txt # the same\n"
                                            "names = data/obj.names\nbackup = backup/\n")
    data = load(tmp_path / "data/obj.data")
    assert (list(data.splits), data.names) == (["train", "valid"], ["cat", "dog"])
    assert data.labels(data.splits["valid"][0]).boxes[0].name == "dog"


@pytest.mark.parametrize("names", [["no", "on", "off", "yes", "~", "null", "true"],
                                   ["1e3", "0x10", "010", "1_000", "1:30", ".5", "+1", "0o7"],
                                   ["2020-01-01", "=", "1.0", "NaN", ".inf"]])
@pytest.mark.parametrize("form", ["list", "block", "map"])
def test_names_are_the_words_of_the_file(tmp_path, names, form):
    text = {"list": f"[{', '.join(names)}]", "block": "".join(f"\n- {name}" for name in names),
            "map": "".join(f"\n  {index}: {name}" for index, name in enumerate(names))}[form]
    laid_out(tmp_path, "images/p.jpg", "labels/p.txt")
    (tmp_path / "d.yaml").write_text(f"format: yolo\nsplits: {{no: images}}\nnames: {text}\n")
    data = load(tmp_path / "d.yaml")
    assert (data.names, list(data.splits)) == (names, ["no"])


@pytest.mark.parametrize("line, reason", [
    ("0 320 240 100 50", "its values must be parts of the image, from 0 to 1"),
    ("0 .5 .5 1.2 .1", "its values must be parts of the image, from 0 to 1"),
    ("0 -.5 .5 .1 .1", "its values must be parts of the image, from 0 to 1"),
    ("0 .5 .5 -.1 .1", "its values must be parts of the image, from 0 to 1"),
    ("0 .5 .5 nan .1", "its values must be parts of the image, from 0 to 1"),
    ("0 .1 .1 .2 .2 3 3", "its values must be parts of the image, from 0 to 1"),
    ("2 .5 .5 .1 .1", "class 2; names has 2, from 0 on"),
    ("-1 .5 .5 .1 .1", "class -1; names has 2, from 0 on"),
    ("0 .5 .5 .1", "a line must be: class x y width height"),
    ("0 .5 .5 .1 .1 .9", "a line must be: class x y width height"),
    ("0,.5,.5,.1,.1", "a line must be: class x y width height"),
    ("cat .5 .5 .1 .1", "a line must be: class x y width height"),
    ("0.5 .5 .5 .1 .1", "a line must be: class x y width height"),
])
def test_a_line_that_is_not_a_box_of_an_image_is_named(tmp_path, line, reason):
    (tmp_path / "p.txt").write_text(f"{LINE}\n{line}\n{LINE}")
    with pytest.raises(DataError) as error:
        read_labels_of(tmp_path / "p.txt", ["cat", "dog"])
    assert str(error.value).startswith(f"{tmp_path}/p.txt:3: {reason}")
    assert error.value.num_boxes == 3


def test_polygons_become_boxes_and_poses_are_left(tmp_path):
    (tmp_path / "p.txt").write_text("0.0 .1 .2 .5 .3 .4 .9 .3 .25\n")
    labels = read_labels_of(tmp_path / "p.txt", ["cat"])
    assert labels.boxes == (Box("cat", (.1, .2, .5, .9)),)
    assert "polygons became the boxes around them" in labels.notes[0].text()
    (tmp_path / "p.txt").write_text("0 .5 .5 .4 .2 90 80 2\n")
    labels = read_labels_of(tmp_path / "p.txt", ["cat"], num_extra=3)
    assert labels.boxes == (Box("cat", (.3, .4, .7, .6)),)


def test_what_has_no_image_or_no_label_is_in_the_account(tmp_path, capsys):
    for name in ("p", "q", "r"):
        laid_out(tmp_path, f"images/{name}.jpg", f"labels/{name}.txt", LINE + LINE)
    (tmp_path / "labels/q.txt").unlink()
    (tmp_path / "labels/lost.txt").write_text(LINE * 3)
    (tmp_path / "labels/classes.txt").write_text("cat\ndog\n")
    (tmp_path / "d.yaml").write_text(OURS.format("images"))
    assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "out/train: 3 of 3 images and 4 of 7 boxes are stored" in told
    assert "boxes by class: dog 4" in told
    assert "left out: 3 boxes: a label file without an image (labels/lost.txt)" in told
    assert "noted: once: no label file, so it has no boxes (images/q.jpg)" in told
    flags = [str(tmp_path / "d.yaml"), str(tmp_path / "strict"), "--strict"]
    assert convert_dataset.main(flags) == 1
    assert "--strict: 3 boxes would be left out; nothing was written" in capsys.readouterr().err
    assert not (tmp_path / "strict").exists() and not (tmp_path / ".strict.partial").exists()


def test_labels_with_a_capital_ending_and_classes_with_a_point_are_read(tmp_path, capsys):
    laid_out(tmp_path, "images/p.jpg", "labels/p.TXT", LINE)
    (tmp_path / "labels/lost.TXT").write_text(LINE * 2)
    (tmp_path / "labels/gone.txt").write_text("1.0 .5 .5 .2 .2\n")
    (tmp_path / "d.yaml").write_text(OURS.format("images"))
    assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "out/train: 1 of 1 image and 1 of 4 boxes are stored" in told
    assert "left out: 3 boxes: a label file without an image (labels/gone.txt, labels/lost.TXT" \
        in told


def test_a_test_split_that_is_not_there_is_left_out_and_told(tmp_path, capsys):
    laid_out(tmp_path, "train/images/p.jpg", "train/labels/p.txt", LINE)
    laid_out(tmp_path, "valid/images/q.jpg", "valid/labels/q.txt", LINE)
    text = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [cat, dog]\n"
    (tmp_path / "data.yaml").write_text(text)
    assert convert_dataset.main([str(tmp_path), str(tmp_path / "out"), "--strict"]) == 0
    told = capsys.readouterr().out
    assert "noted: once: a split that is not there was left out" in told
    assert "data.yaml, test: ../test/images)" in told
    (tmp_path / "data.yaml").write_text(text.replace("../valid", "../nowhere"))
    assert convert_dataset.main([str(tmp_path), str(tmp_path / "other")]) == 1
    assert "nowhere/images: no such folder or list" in capsys.readouterr().err


def test_a_set_without_any_label_file_is_an_error(tmp_path, capsys):
    laid_out(tmp_path, "a/p.jpg", "elsewhere/p.txt")
    (tmp_path / "d.yaml").write_text(OURS.format("a"))
    assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / "out")]) == 1
    assert "none of the 1 images has a label file; for a/p.jpg it would be a/p.txt" \
        in capsys.readouterr().err


@pytest.mark.parametrize("flags, order", [
    ([], "shuffled"), (["--no-shuffle"], "kept"), (["--noshuffle"], "kept"),
    (["--shuffle", "val"], "kept"), (["--seed", "7"], "shuffled"),
])
def test_training_splits_are_shuffled_by_default_and_others_keep_their_order(
        tmp_path, capsys, flags, order):
    for index in range(20):
        laid_out(tmp_path, f"images/{index:02d}.jpg", f"labels/{index:02d}.txt")
    text = OURS.format("images").replace("}", ", val: images}")
    (tmp_path / "d.yaml").write_text(text)
    keys = {}
    for out in ("one", "two"):
        assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / out), *flags]) == 0
        for split in ("train", "val"):
            with lmdb.open(str(tmp_path / out / split), readonly=True, lock=False) as environment:
                keys[out, split] = [key[9:] for key, _ in environment.begin().cursor()]
    told = capsys.readouterr().out
    assert keys["one", "train"] == keys["two", "train"]
    assert (keys["one", "train"] != sorted(keys["one", "train"])) == (order == "shuffled")
    assert (keys["one", "val"] != sorted(keys["one", "val"])) == ("val" in flags)
    is_any_shuffled = order == "shuffled" or "val" in flags
    assert ("--no-shuffle keeps that of the list" in told) == is_any_shuffled


def test_a_photograph_in_a_format_beside_jpeg_is_stored_as_it_is(tmp_path):
    laid_out(tmp_path, "images/p.jpg", "labels/p.txt")
    (tmp_path / "images/p.jpg").rename(tmp_path / "images/p.Jpe")
    (tmp_path / "d.yaml").write_text(OURS.format("images"))
    assert convert_dataset.main([str(tmp_path / "d.yaml"), str(tmp_path / "out")]) == 0
    with lmdb.open(str(tmp_path / "out/train"), readonly=True, lock=False) as environment:
        ((key, value),) = environment.begin().cursor()
    assert key == b"00000000_images/p.Jpe"
    record = AnnotatedDatum.FromString(value)
    assert record.datum.data == (tmp_path / "images/p.Jpe").read_bytes()
