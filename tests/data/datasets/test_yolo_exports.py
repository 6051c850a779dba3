"""Folders of YOLO as programs export them: paths of elsewhere, files beside the images."""

from __future__ import annotations

from pathlib import Path

import pytest

from framework.cli import convert_dataset
from framework.data.datasets import description
from framework.data.datasets.recognition import recognise
from framework.data.datasets.yolo import num_boxes, read_labels_of
from framework.data.records.account import BadEntry
from framework.errors import DataError
from tests.data.datasets.forms import put
from tests.data.images import write_jpeg

LINE = "0 0.5 0.5 0.2 0.4\n"


def images(root: Path, *names: str, labels: str = "labels") -> None:
    for index, name in enumerate(names):
        write_jpeg(root / name, 40, 56, seed=index)
        put(root, {str(Path(name.replace("images", labels)).with_suffix(".txt")): LINE})


def test_exports_of_cvat_are_read_without_the_folder_data(tmp_path):
    images(tmp_path, "obj_train_data/a.jpg", "obj_test_data/b.jpg")
    put(tmp_path, {"obj.data": "classes = 1\ntrain = data/train.txt\ntest = data/test.txt\n"
                               "names = data/obj.names\nbackup = backup/\n",
                   "obj.names": "cat\n", "train.txt": "data/obj_train_data/a.jpg\n",
                   "test.txt": "data/obj_test_data/b.jpg\n"})
    data = recognise(tmp_path).data
    assert {split: [entry.image for entry in own] for split, own in data.splits.items()} == {
        "train": ["obj_train_data/a.jpg"], "test": ["obj_test_data/b.jpg"]}
    assert len(data.labels(data.splits["train"][0]).boxes) == 1


def test_a_test_split_of_a_data_file_that_is_not_there_is_told(tmp_path):
    images(tmp_path, "a.jpg")
    put(tmp_path, {"x.data": "classes = 1\ntrain = train.txt\ntest = test.txt\n",
                   "train.txt": "a.jpg\n"})
    data = description.load(tmp_path / "x.data")
    assert list(data.splits) == ["train"]
    assert [note.text() for note in data.losses["train"]] == [
        f"{tmp_path}/x.data, test: test.txt: a split that is not there was left out"]


@pytest.mark.parametrize("train", ["/content/set/images/train", "C:\\set\\images\\train"])
def test_folders_of_another_machine_are_found_by_their_ends(tmp_path, train):
    images(tmp_path, "images/train/a.jpg")
    put(tmp_path, {"data.yaml": f"train: '{train}'\nval: images/train\nnames: [cat]\n"})
    data = description.load(tmp_path / "data.yaml")
    assert [entry.image for entry in data.splits["train"]] == ["images/train/a.jpg"]


def test_a_folder_of_a_list_that_is_not_there_does_not_mean_another_image(tmp_path):
    images(tmp_path, "a.jpg")
    put(tmp_path, {"data.yaml": "train: train.txt\nval: train.txt\nnames: [cat]\n",
                   "train.txt": "other/a.jpg\na.jpg\n"})
    data = description.load(tmp_path / "data.yaml")
    assert [entry.image for entry in data.splits["train"]] == ["other/a.jpg", "a.jpg"]


def test_hidden_files_of_macos_are_no_images(tmp_path):
    images(tmp_path, "images/train/a.jpg")
    put(tmp_path, {"data.yaml": "train: images/train\nval: images/train\nnames: [cat]\n",
                   "images/train/._a.jpg": "\x05\x16", "labels/train/._a.txt": "\x05\x16"})
    data = description.load(tmp_path)
    assert [entry.image for entry in data.splits["train"]] == ["images/train/a.jpg"]
    assert data.losses["train"] == []


@pytest.mark.parametrize("name", ["b.heic", "b", "b.dat"])
def test_a_file_with_labels_and_another_ending_is_an_image_left_out(tmp_path, capsys, name):
    root = tmp_path / "set"
    images(root, *(f"images/train/{index}.jpg" for index in range(3)))
    put(root, {"data.yaml": "train: images/train\nval: images/train\nnames: [cat]\n",
                   f"images/train/{name}": "x", "labels/train/b.txt": LINE * 2})
    flags = [str(root), str(tmp_path / "out"), "--split", "train"]
    assert convert_dataset.main(flags) == 0
    assert ("3 of 4 images and 3 of 5 boxes are stored\n  boxes by class: cat 3\n"
            "  left out: 1 image with 2 boxes: not known as the ending of an image "
            f"(images/train/{name})") in capsys.readouterr().out


def test_an_image_of_a_kind_that_is_not_read_is_left_out_without_labels_too(tmp_path):
    images(tmp_path, "images/train/a.jpg")
    put(tmp_path, {"data.yaml": "train: images/train\nval: images/train\nnames: [cat]\n",
                   "images/train/b.HEIC": "x", "images/train/a.svg": "x"})
    notes = description.load(tmp_path).losses["train"]
    assert [(note.where, note.images, note.boxes) for note in notes] == [
        ("images/train/a.svg", 1, 0), ("images/train/b.HEIC", 1, 0)]


def test_a_line_of_kittis_tracks_is_not_one_of_yolo(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("0 2 Car 0 0 -1.5 5 6 25 36 1 1 1 1 1 1 1\n")
    assert num_boxes(path) == 0
    path.write_text(LINE)
    assert num_boxes(path) == 1


def test_comments_in_label_files_are_no_boxes(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("# made by hand\n" + LINE + "  # 0 0.5 0.5 0.2 0.4\n0 0.5 0.5 2 2\n")
    assert num_boxes(path) == 2
    with pytest.raises(BadEntry, match="a.txt:4: its values must be parts of the image") as found:
        read_labels_of(path, ["cat"])
    assert found.value.num_boxes == 2


def test_blanks_around_names_do_not_make_other_classes(tmp_path):
    images(tmp_path, "images/train/a.jpg")
    put(tmp_path, {"data.yaml": "train: images/train\nval: images/train\nnames: [' cat', dog]\n"})
    assert description.load(tmp_path).names == ["cat", "dog"]
    put(tmp_path, {"data.yaml": "train: images/train\nval: images/train\nnames: [cat, ' cat ']\n"})
    with pytest.raises(DataError, match="names has 'cat' twice"):
        description.load(tmp_path)


def yolo_set(root, folder, lines):
    put(root, {"data.yaml": "train: images\nval: images\nnames: [cat]\n", "images/a.jpg": "",
               f"{folder}/a.txt": "\n".join(lines) + "\n"})
    data = recognise(root).data
    return data.labels(data.splits["train"][0])


POSES = [f"0 0.{x} 0.5 0.2 0.4 0.{x - 1}1 0.31 0.{x} 0.5 0.{x}8 0.65 0 0" for x in range(3, 8)]


def test_poses_of_two_values_a_point_are_told_from_polygons(tmp_path):
    """Polygons of as many corners, small ones and one around the middle, stay polygons."""
    labels = yolo_set(tmp_path / "a", "labels", POSES)
    assert [box.corners for box in labels.boxes] == [
        pytest.approx((x / 10 - .1, .3, x / 10 + .1, .7)) for x in range(3, 8)]
    assert [note.reason for note in labels.notes] == ["keypoints are not stored"]
    few = yolo_set(tmp_path / "b", "labels", POSES[:4])
    assert [note.reason for note in few.notes] == ["polygons became the boxes around them"]
    small = ["0 .40 .40 .42 .40 .43 .42 .42 .44 .40 .44 .39 .42"] * 6
    large = ["0 .35 .3 .6 .3 .75 .5 .6 .7 .35 .7 .2 .5"] * 6
    for name, lines in (("c", small), ("d", large), ("e", [*POSES, small[0]])):
        labels = yolo_set(tmp_path / name, "labels", lines)
        assert [note.reason for note in labels.notes] == ["polygons became the boxes around them"]


@pytest.mark.parametrize("folder", ["Labels", "LABELS"])
def test_a_folder_labels_may_have_capitals(folder, tmp_path):
    labels = yolo_set(tmp_path, folder, ["0 .5 .5 .2 .4"])
    assert [box.corners for box in labels.boxes] == [pytest.approx((.4, .3, .6, .7))]
