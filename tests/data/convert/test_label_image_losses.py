"""What a conversion of label images tells, and photographs that are shown turned."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli import convert_dataset
from framework.data.records.images import Decoding, decode
from tests.data.images import write_jpeg
from tests.data.making import image

NUM_IMAGES = 24


def make(root: Path) -> np.ndarray:
    """Images and masks in two splits; returns the mask of all."""
    labels = np.zeros((40, 56), np.uint8)
    labels[5:20, 7:30] = 1
    for index in range(NUM_IMAGES):
        split = "train" if index < 20 else "val"
        write_jpeg(root / f"{split}/images/{index}.jpg", 40, 56, seed=index)
        path = root / f"{split}/masks/{index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), labels)
    (root / "classes.txt").write_text("background\ncat\n")
    return labels


def convert(root: Path, *flags: str) -> int:
    return convert_dataset.main([str(root), str(root.with_name("out")), "--no-shuffle", *flags])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_masks_of_turned_photographs_fit_the_pixels_that_are_stored(tmp_path, capsys, orientation):
    pillow = pytest.importorskip("PIL.Image", reason="Pillow writes and turns the photographs")
    from PIL import ImageOps

    root = tmp_path / "set"
    make(root)
    exif = pillow.Exif()
    exif[274] = orientation
    stored = pillow.fromarray(np.ascontiguousarray(image(3)[:, :, ::-1]))
    stored.save(root / "train/images/0.jpg", quality=95, exif=exif)
    shown = ImageOps.exif_transpose(pillow.open(root / "train/images/0.jpg"))
    # what is dark as the annotator sees it is class 1
    dark = (np.asarray(shown.convert("L")) < 100).astype(np.uint8)
    assert 0 < dark.mean() < 1
    cv2.imwrite(str(root / "train/masks/0.png"), dark)

    assert convert(root, "--strict") == 0
    written = (tmp_path / "out/train/images/0.jpg").read_bytes()
    mask = cv2.imread(str(tmp_path / "out/train/labels/0.png"), cv2.IMREAD_UNCHANGED)
    expected = (np.asarray(pillow.open(io.BytesIO(written)).convert("L")) < 100)
    np.testing.assert_array_equal(mask, expected)
    assert decode(written, Decoding(True)).shape[:2] == mask.shape
    assert dict(pillow.open(io.BytesIO(written)).getexif()).get(274, 1) == 1
    is_said = f"EXIF orientation ({orientation}) shows in another direction" in \
        capsys.readouterr().out
    assert is_said == (orientation != 1)


def test_copies_and_images_that_are_not_read_are_told(tmp_path, capsys):
    root = tmp_path / "set"
    make(root)
    shutil.copy(root / "train/images/0.jpg", root / "val/images/23.jpg")
    (root / "train/images/extra.heic").write_text("x")
    assert convert(root) == 0
    printed = capsys.readouterr().out
    assert ("left out: 1 image: an image of a format that is not read; convert it "
            "(train/images/extra.heic)") in printed
    assert ("an image to test on that is in the split train too, under another name "
            "(val/images/23.jpg, as train/images/0.jpg)") in printed


def test_a_failed_conversion_accounts_for_masks_without_an_image(tmp_path, capsys):
    root = tmp_path / "set"
    make(root)
    for index in range(3):
        (root / f"train/images/{index}.jpg").write_text("no image")
    (root / "train/images/3.jpg").unlink()
    assert convert(root) == 1
    printed = capsys.readouterr().err
    assert "train: 16 of 20 images can be stored" in printed
    assert "left out: 1 image: a label image without an image (train/masks/3.png)" in printed
    assert "error: train: 3 of 19 images are left out" in printed


def test_hidden_lists_of_macos_are_no_splits(tmp_path):
    root = tmp_path / "set"
    labels = make(root)
    for part in ("JPEGImages", "SegmentationClass"):
        (root / part).mkdir()
    shutil.copy(root / "train/images/0.jpg", root / "JPEGImages/a.jpg")
    cv2.imwrite(str(root / "SegmentationClass/a.png"), labels)
    lists = root / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\n")
    (lists / "._train.txt").write_bytes(b"\0\5\x16\7\xff")
    assert convert(root, "--segmentation") == 0
    assert (tmp_path / "out/train.txt").exists()
