"""`caffe new classifier`: from folders of images to one that trains, tests and classifies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from framework.cli.caffe import main
from framework.data.records.database import open_database
from framework.definition import prototxt
from framework.net.net import Net
from framework.proto import Datum


def write_images(folder: Path, count: int = 10, classes=("dark", "light"), side: int = 40) -> Path:
    """Grey squares of noise: of a class each about 60 or 190."""
    random = np.random.default_rng(5)
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            image = random.normal(60 + 130 * number, 12, (side, side + 8, 3)).clip(0, 255)
            cv2.imwrite(str(folder / name / f"{index}.png"), image.astype(np.uint8))
    return folder


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_folders_by_class_become_one_that_trains_tests_classifies_and_exports(capsys):
    write_images(Path("photos"))
    (Path("photos") / "dark" / "bad.png").write_bytes(b"no image")
    (Path("photos") / "light" / "empty.png").touch()
    for index in range(10, 40):         # so that two bad ones are less than 5 %
        Path(f"photos/dark/{index}.png").write_bytes(Path("photos/dark/0.png").read_bytes())
    assert main(["new", "classifier", "photos"]) == 0
    shown = capsys.readouterr().out
    assert "folders by class: 2 folders with images" in shown
    assert "divided at random with seed 0, each class by itself: 80%" in shown
    assert shown.count("left out: 1 image") == 2 and "bad.png" in shown and "empty.png" in shown
    folder = Path("photos_classifier")
    assert main(["classify", str(folder), "photos/dark/0.png"]) == 1
    assert "has no trained weights yet" in capsys.readouterr().err

    assert main(["train", str(folder), "--iterations", "12", "--no-report"]) == 0
    assert main(["test", str(folder)]) == 0
    assert "accuracy = 1" in capsys.readouterr().err
    images = ["photos/dark/1.png", "photos/light/2.png", "photos/dark/bad.png"]
    assert main(["classify", str(folder), *images, "--json"]) == 1      # one cannot be read
    lines = capsys.readouterr().out.splitlines()
    found = [json.loads(line)["classes"] for line in lines]
    assert [classes[0]["name"] for classes in found] == ["dark", "light"]
    assert all(abs(sum(one["score"] for one in classes) - 1) < 1e-4 for classes in found)
    capsys.readouterr()
    assert main(["check_data", str(folder)]) == 0
    assert re.search(r"0 dark: \d+ images\n +1 light: ", capsys.readouterr().out)
    assert main(["detect", str(folder), images[0]]) == 1
    assert "is a classifier's folder; `caffe classify photos_classifier`" in capsys.readouterr().err


def test_images_are_stored_as_the_deploy_net_will_see_them():
    """What is stored is OpenCV's area resize of the file, 8/7 of the input; the middle is used."""
    write_images(Path("photos"), side=150)
    assert main(["new", "classifier", "photos", "--out", "found"]) == 0
    net = prototxt.read("found/deploy.prototxt", "NetParameter").message
    resize = net.layer[0].transform_param.resize_param
    assert list(net.layer[0].input_param.shape[0].dim) == [1, 3, 128, 128]
    assert (resize.height, resize.width) == (146, 146)      # 128 * 8 / 7 = 146.3
    database = open_database("found/data/test")
    for index in range(len(database)):
        datum = Datum.FromString(database.read(index))
        image = cv2.imread(f"photos/{database.name(index).partition('_')[2]}")
        pixels = cv2.imdecode(np.frombuffer(datum.data, np.uint8), cv2.IMREAD_COLOR)
        expected = cv2.resize(image, (146, 146), interpolation=cv2.INTER_AREA)
        assert np.abs(expected.astype(int) - pixels).mean() < 6     # of a JPEG of noise


def test_the_settings_follow_from_the_data():
    write_images(Path("photos"), 30, classes=("3", "5", "8"), side=30)
    assert main(["new", "classifier", "photos", "--out", "found"]) == 0
    read = prototxt.read("found/train_test.prototxt", "NetParameter").message
    train = read.layer[0]
    assert train.transform_param.crop_size == 32            # the images have 30
    assert not train.transform_param.mirror                 # figures
    assert train.data_param.batch_size == 72 // 8           # 24 of each of 3 classes
    [mean] = set(train.transform_param.mean_value)
    assert abs(mean - 190) < 70                             # 60, 190 and 255 (320, clipped)
    classes = next(layer for layer in read.layer if layer.name == "classes")
    assert classes.inner_product_param.num_output == 3
    solver = prototxt.read("found/solver.prototxt", "SolverParameter").message
    assert solver.max_iter == 300 and list(solver.test_iter) == [2]     # 18 images, 9 at once
    assert solver.base_lr == pytest.approx(0.003 * 9 / 32) and solver.warmup_iter == 50


@pytest.mark.parametrize("name, mean, size", [
    ("resnet18", [104, 117, 123], 224), ("mobilenet_v2", [103.94, 116.78, 123.68], 224),
    ("efficientnet_b0", [103.53, 116.28, 123.675], 224)])
def test_a_backbone_of_the_zoo_keeps_its_input_and_the_mean_of_its_weights(name, mean, size):
    write_images(Path("photos"), 8)
    assert main(["new", "classifier", "photos", "--out", "found", "--backbone", name]) == 0
    read = prototxt.read("found/train_test.prototxt", "NetParameter").message
    np.testing.assert_allclose(read.layer[0].transform_param.mean_value, mean, rtol=1e-6)
    assert read.layer[0].transform_param.crop_size == size
    assert "--weights FILE.caffemodel" in Path("found/README.md").read_text()
    net = Net("found/deploy.prototxt", "TEST")
    assert net.outputs == ["prob"] and tuple(net.shapes["prob"]) == (1, 2)
    published = Net(f"zoo:{name}/deploy.prototxt", "TEST")
    own = set(net.params) - {"classes"}
    assert own <= set(published.params) and len(set(published.params) - own) == 1
    test = Net("found/train_test.prototxt", "TEST", skip_data=True)
    assert {"accuracy", "loss"} == set(test.outputs)


@pytest.mark.parametrize("flags, message", [
    (["--size", "64x32"], "--size 64x32: the input of a classifier is square"),
    (["--backbone", "resnet19"], "--backbone resnet19: is not one of small, resnet18"),
    (["--leave-out", "blue"], "--leave-out blue: is not a class; the classes are dark, light"),
])
def test_wrong_flags_are_one_line_and_no_folder(flags, message, capsys):
    write_images(Path("photos"), 6)
    assert main(["new", "classifier", "photos", "--out", "found", *flags]) == 1
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == ["photos"]


def test_a_class_whose_images_cannot_be_read_is_an_error(capsys):
    write_images(Path("photos"), 60, side=20)
    (Path("photos/train_no")).mkdir()
    for index in range(2):
        Path(f"photos/train_no/{index}.png").write_bytes(b"no image")
    assert main(["new", "classifier", "photos", "--out", "found"]) == 1
    assert "no image of the class 'train_no' to train on can be used" in capsys.readouterr().err
    assert not Path("found").exists()
