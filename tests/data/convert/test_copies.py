"""Images that are there under several names."""

from __future__ import annotations

import shutil

from framework.cli import convert_dataset, convert_imageset
from tests.data.datasets.forms import XML, put
from tests.data.images import write_jpeg


def make(root):
    """25 images to train on, 3 to test on, each with a box."""
    for index in range(28):
        split = "train" if index < 25 else "test"
        write_jpeg(root / f"{split}/{index}.jpg", 40, 56, seed=index)
        put(root, {f"{split}/{index}.xml": XML.format("cat")})


def test_the_content_of_an_image_to_train_on_is_told_in_tests(tmp_path, capsys):
    root = tmp_path / "set"
    make(root)
    shutil.copy(root / "train/3.jpg", root / "test/25.jpg")
    shutil.copy(root / "train/3.jpg", root / "train/4.jpg")
    assert convert_dataset.main([str(root), str(tmp_path / "out"), "--no-shuffle"]) == 0
    printed = capsys.readouterr().out
    assert ("noted: once: the same image as another one, under another name (train/4.jpg, as "
            "train/3.jpg)") in printed
    assert ("noted: once: an image to test on that is in the split train too, under another name "
            "(test/25.jpg, as train/4.jpg)") in printed


def test_images_that_differ_are_no_copies(tmp_path, capsys):
    root = tmp_path / "set"
    make(root)
    assert convert_dataset.main([str(root), str(tmp_path / "out")]) == 0
    assert "noted" not in capsys.readouterr().out


def test_copies_in_a_list_are_told_and_a_name_that_is_there_twice_is_no_copy(tmp_path, capsys):
    for index in range(2):
        write_jpeg(tmp_path / f"{index}.jpg", 40, 56, seed=index)
    shutil.copy(tmp_path / "0.jpg", tmp_path / "copy.jpg")
    put(tmp_path, {"list.txt": "0.jpg 0\n1.jpg 1\ncopy.jpg 1\n0.jpg 0\n"})
    flags = [str(tmp_path), str(tmp_path / "list.txt"), str(tmp_path / "db"), "--encoded"]
    assert convert_imageset.main(flags) == 0
    printed = capsys.readouterr().out
    assert ("noted: once: the same image as another one, under another name (copy.jpg, as 0.jpg)"
            ) in printed


def test_a_conversion_that_fails_accounts_for_what_had_no_record(tmp_path, capsys):
    root = tmp_path / "set"
    make(root)
    put(root, {"train/0.jpg": "no image", "train/1.jpg": "no image"})
    write_jpeg(root / "train/extra.jpg", 40, 56, seed=99)
    assert convert_dataset.main([str(root), str(tmp_path / "out")]) == 1
    printed = capsys.readouterr().err
    assert "train: 23 of 26 images and 23 of 25 boxes can be stored" in printed
    assert "left out: 1 image: no annotation of its name (train/extra.jpg)" in printed
