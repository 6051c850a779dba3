"""`caffe new segmenter`: from images with label images to a folder that trains, tests, segments."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.caffe import main
from framework.data.records.label_image import read_values
from framework.definition import prototxt
from framework.proto import NetParameter

SIZE = (48, 64)


def write_masks(folder: Path, count: int) -> Path:
    """Images of one dark bar on a light ground, and masks in which it is 255."""
    random = np.random.default_rng(3)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for index in range(count):
        mask = np.zeros(SIZE, np.uint8)
        y = int(random.integers(0, 24))
        x = int(random.integers(0, 32))
        mask[y:y + 20, x:x + 28] = 255
        image = np.where(mask[..., None] > 0, 40, 200) + random.integers(-20, 20, (*SIZE, 3))
        cv2.imwrite(str(folder / "images" / f"{index}.png"), image.astype(np.uint8))
        cv2.imwrite(str(folder / "masks" / f"{index}.png"), mask)
    return folder


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shorten(folder: Path, iterations: int) -> None:
    """Let a folder's training end after some iterations."""
    path = folder / "solver.prototxt"
    text = re.sub(r"max_iter: \d+", f"max_iter: {iterations}", path.read_text())
    path.write_text(re.sub(r"(test_interval|snapshot): \d+", rf"\1: {iterations}", text))


@pytest.mark.parametrize("backbone", ["unet", "deeplab_small"])
def test_a_folder_of_masks_becomes_one_that_trains_tests_segments_and_exports(backbone, capsys):
    write_masks(Path("bars"), 15)
    assert main(["new", "segmenter", "bars", "--out", "found", "--size", "32x48",
                 "--backbone", backbone]) == 0
    shown = capsys.readouterr().out
    assert "images and masks: it has 15 images and 15 label images of their names" in shown
    assert "divided at random with seed 0: 80%" in shown
    readme = Path("found/README.md").read_text()
    assert "caffe segment found IMAGE..." in readme and "| base_lr |" in readme
    assert "A segmenter of background, foreground" in readme

    assert main(["segment", "found", "bars/images/0.png"]) == 1
    assert "has no trained weights yet; `caffe train found`" in capsys.readouterr().err
    shorten(Path("found"), 200)
    assert main(["train", "found", "--no-report"]) == 0
    capsys.readouterr()
    assert main(["test", "found"]) == 0
    log = capsys.readouterr().err
    assert "intersection over union of foreground: " in log
    assert float(re.findall(r"miou = (\S+)", log)[-1]) > 0.8

    assert main(["segment", "found", "bars/images/0.png"]) == 0
    assert re.match(r"bars/images/0.png: background \d+.\d%, foreground \d+.\d%",
                    capsys.readouterr().out)
    label = read_values(Path("found/segmentations/0.png").read_bytes())
    mask = cv2.imread("bars/masks/0.png", cv2.IMREAD_GRAYSCALE) > 0
    assert ((label == 1) & mask).sum() / ((label == 1) | mask).sum() > 0.7
    assert cv2.imread("found/segmentations/0_overlay.jpg").shape == (*SIZE, 3)
    assert main(["export", "found", "--to", "onnx"]) == 0
    assert Path("found/segmenter.onnx").is_file()
    assert main(["detect", "found", "bars/images/0.png"]) == 1
    assert "is a segmenter's folder; `caffe segment found` is for it" in capsys.readouterr().err


def test_the_report_has_scores_by_class_confusion_and_overlays(capsys):
    pytest.importorskip("matplotlib")
    write_masks(Path("bars"), 12)
    assert main(["new", "segmenter", "bars", "--out", "found", "--size", "32"]) == 0
    shorten(Path("found"), 4)
    assert main(["train", "found"]) == 0
    page = Path("found/report/index.html").read_text()
    for text in ("Scores by class", "foreground", "boundary F measure", "Confusion",
                 "The worst images", "What the net sees"):
        assert text in page
    assert "Boxes" not in page and "with their boxes" not in page
    assert len(list(Path("found/report").glob("worst_*.png"))) == 2     # of the two test images


def test_the_size_of_the_input_and_the_numbers_come_from_the_images():
    write_masks(Path("bars"), 20)
    assert main(["new", "segmenter", "bars", "--out", "found"]) == 0
    layers = prototxt.read(Path("found/train_test.prototxt"), "NetParameter").message.layer
    param = layers[0].image_data_param
    assert (param.new_height, param.new_width, param.batch_size) == (64, 64, 4)
    images = [cv2.imread(f"found/data/{line.split()[0]}") for line in
              Path("found/data/train.txt").read_text().splitlines()]
    mean = np.mean([image.reshape(-1, 3).mean(0) for image in images], 0)
    np.testing.assert_allclose(layers[0].transform_param.mean_value, mean, atol=0.51)


@pytest.mark.parametrize("flags, message", [
    (["--backbone", "vgg16"], "--backbone vgg16: is not one of unet, deeplab_small"),
    (["--size", "40"], "--size 40x40: both must be multiples of 16, and 32 at least"),
    (["--leave-out", "car"], "--leave-out: a segmenter tells all classes")])
def test_flags_that_do_not_fit_are_one_line(flags, message, capsys):
    write_masks(Path("bars"), 12)
    assert main(["new", "segmenter", "bars", "--out", "found", *flags]) == 1
    assert message in capsys.readouterr().err
    assert not Path("found").exists()


def test_data_that_no_segmenter_can_learn_from_are_one_line(capsys):
    write_masks(Path("few"), 4)
    assert main(["new", "segmenter", "few"]) == 1
    assert "few: has 4 images; a segmenter needs 10 at least" in capsys.readouterr().err
    write_masks(Path("plain"), 12)
    for path in Path("plain/masks").iterdir():
        cv2.imwrite(str(path), np.zeros(SIZE, np.uint8))
    assert main(["new", "segmenter", "plain"]) == 1
    assert "have one class alone, so there is nothing to tell apart" in capsys.readouterr().err
    assert not list(Path().glob("*_segmenter"))


def test_nets_of_another_kind_are_not_segmenters(capsys):
    Path("net.prototxt").write_text(
        'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 8, 8] } }'
        ' } layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: AVE '
        'global_pooling: true } }')
    weights = NetParameter()
    weights.layer.add(name="other", type="ReLU")
    Path("empty.caffemodel").write_bytes(weights.SerializeToString())
    cv2.imwrite("a.png", np.zeros((8, 8, 3), np.uint8))
    assert main(["segment", "--model", "net.prototxt", "--weights", "empty.caffemodel",
                 "a.png"]) == 1
    assert "net.prototxt: is not a segmenter" in capsys.readouterr().err
