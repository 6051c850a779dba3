"""`caffe new`: from a folder of annotated images to a folder that trains, tests and detects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from framework.cli.caffe import COMMANDS, OTHERS, main
from framework.definition import prototxt
from framework.layers.ssd.prior_box import PriorBox
from framework.net.net import Net

ROOT = Path(__file__).resolve().parents[2]
XML = ("<annotation><size><width>{w}</width><height>{h}</height></size>{objects}</annotation>")
OBJECT = ("<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax>"
          "<ymax>{}</ymax></bndbox></object>")


def write_images(folder: Path, count: int, classes=("disc", "bar"), size=(96, 128)) -> Path:
    """Images with one rectangle of each class: discs about square, bars three times as wide."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(3)
    for index in range(count):
        image = np.full((*size, 3), (200, 150, 100), np.uint8)
        objects = ""
        for name in classes:
            height = int(random.integers(20, 30))
            width = 3 * height if name == "bar" else height
            x = int(random.integers(0, size[1] - width))
            y = int(random.integers(0, size[0] - height))
            image[y:y + height, x:x + width] = 30 if name == "bar" else 250
            objects += OBJECT.format(name, x, y, x + width, y + height)
        cv2.imwrite(str(folder / f"{index}.png"), image)
        (folder / f"{index}.xml").write_text(XML.format(w=size[1], h=size[0], objects=objects))
    return folder


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_folder_of_images_becomes_one_that_trains_tests_detects_and_exports(capsys):
    write_images(Path("photos"), 15)
    assert main(["new", "detector", "photos", "--out", "found", "--size", "96x128"]) == 0
    shown = capsys.readouterr().out
    assert "VOC annotations: 0.xml is one of 15 XML files" in shown
    assert "divided at random with seed 0: 80%" in shown
    assert {path.name for path in Path("found").iterdir() if path.suffix} == {
        "README.md", "backbone.prototxt", "deploy.prototxt", "solver.prototxt",
        "train_test.prototxt"}
    readme = Path("found/README.md").read_text()
    assert "caffe train found" in readme and "| base_lr |" in readme

    assert main(["test", "found"]) == 1
    assert "found: has no trained weights yet" in capsys.readouterr().err
    assert main(["train", "found", "--iterations", "2"]) == 0
    assert main(["test", "found"]) == 0
    assert "detection_eval" in capsys.readouterr().err
    assert main(["detect", "found", "photos/3.png", "--threshold", "0"]) == 0
    assert Path("found/detections/3.jpg").is_file()
    assert main(["check_data", "found"]) == 0
    assert Path.cwd().name != "found"


def test_the_settings_follow_from_the_data():
    write_images(Path("photos"), 20)
    assert main(["new", "detector", "photos"]) == 0
    read = prototxt.read("photos_detector/train_test.prototxt", "NetParameter").message
    train, test, _, head = read.layer
    resize = train.transform_param.resize_param
    assert (resize.height, resize.width) == (240, 320)      # 128 x 96 pixels: 4 : 3
    assert (train.data_param.batch_size, test.data_param.batch_size) == (2, 4)  # of 16 and 4
    # by hand: at most 30 x 30 of 250 and 90 x 30 of 30 in 128 x 96 pixels of 200, 150, 100
    blue, green, red = train.transform_param.mean_value
    assert blue > green > red and abs(blue - 200) < 40
    assert head.multi_box_head_param.num_classes == 3
    solver = prototxt.read("photos_detector/solver.prototxt", "SolverParameter").message
    assert list(solver.test_iter) == [1] and solver.max_iter == 600


def test_grey_images_among_coloured_ones_are_counted_and_need_nothing_of_the_user(capsys):
    write_images(Path("photos"), 20)
    for index in range(20):
        grey = cv2.imread(f"photos/{index}.png", cv2.IMREAD_GRAYSCALE)
        if index % 2:
            cv2.imwrite(f"photos/{index}.png", grey)
    assert main(["new", "detector", "photos"]) == 0
    shown = capsys.readouterr().out
    counts = re.findall(r"images not in colour, which get three channels \(force_color\): (\d+)",
                        shown)
    assert sum(map(int, counts)) == 10 and "else the fewer ones are left out" not in shown


def test_the_proposed_priors_match_the_boxes_by_the_definition_of_overlap():
    write_images(Path("photos"), 30)
    assert main(["new", "detector", "photos", "--out", "found"]) == 0
    net = Net("found/deploy.prototxt", "TEST")
    made = [step.layer(*(torch.empty(net.shapes[name]) for name in step.bottoms))
            for step in net.layers if isinstance(step.layer, PriorBox)]
    priors = np.concatenate([top[0, 0].reshape(-1, 4).numpy() for top in made])
    text = "".join(path.read_text() for path in Path("photos").glob("*.xml"))
    pixels = np.array(re.findall(r">(\d+)</[xy]m", text), float).reshape(-1, 4)
    boxes = pixels / (128, 96, 128, 96)
    overlaps = []
    for box in boxes:
        low = np.maximum(priors[:, :2], box[:2])
        high = np.minimum(priors[:, 2:], box[2:])
        shared = np.clip(high - low, 0, None).prod(1)
        union = (priors[:, 2:] - priors[:, :2]).prod(1) + (box[2:] - box[:2]).prod() - shared
        overlaps.append((shared / union).max())
    assert len(boxes) == 60 and (np.array(overlaps) >= 0.5).mean() >= 0.98


# published means: of MobileNet's authors, of VGG's, and of torchvision's weights (0.485, 0.456 and
# 0.406 of 255); the extras of squeezenet are in two files
@pytest.mark.parametrize("name, mean", [("mobilenet_v2", [103.94, 116.78, 123.68]),
                                        ("squeezenet", [104, 117, 123]),
                                        ("mobilenet_v3", [103.53, 116.28, 123.675]),
                                        ("efficientnet_b0", [103.53, 116.28, 123.675])])
def test_a_backbone_of_the_zoo_keeps_its_input_and_the_mean_of_its_weights(name, mean):
    write_images(Path("photos"), 12)
    assert main(["new", "detector", "photos", "--out", "found", "--backbone", name]) == 0
    read = prototxt.read("found/train_test.prototxt", "NetParameter").message
    transform = read.layer[0].transform_param
    assert (transform.resize_param.height, transform.resize_param.width) == (300, 300)
    np.testing.assert_allclose(transform.mean_value, mean, rtol=1e-6)
    assert "--weights FILE.caffemodel" in Path("found/README.md").read_text()
    net = Net("found/train_test.prototxt", "TEST", skip_data=True)
    assert net.outputs == ["detection_eval"]


@pytest.mark.parametrize("count, flags, message", [
    (1, [], "photos: has 1 image with boxes; a detector needs 10 at least"),
    (2, [], "photos: has 2 images with boxes; a detector needs 10 at least"),
    (3, [], "photos: has 3 images with boxes; a detector needs 10 at least"),
    (12, ["--leave-out", "ring"], "--leave-out ring: is not a class; the classes are bar, disc"),
    (12, ["--backbone", "vgg"], "--backbone vgg: is not one of ssd_small, vgg16"),
])
def test_data_that_no_detector_learns_from_are_one_line_and_no_folder(count, flags, message,
                                                                      capsys):
    write_images(Path("photos"), count)
    assert main(["new", "detector", "photos", "--out", "found", *flags]) == 1
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1
    assert [path.name for path in Path().iterdir()] == ["photos"]


def test_the_command_that_follows_may_be_pasted(capsys):
    write_images(Path("my photos"), 12)
    assert main(["new", "detector", "my photos"]) == 0
    assert capsys.readouterr().out.endswith("next: caffe train 'my photos_detector'\n")


def _no_ids(boxes):
    return [{**box, "image_id": 100 + box["image_id"]} for box in boxes]


def _no_category(boxes):
    return [{**box, "category_id": 7} for box in boxes]


@pytest.mark.parametrize("change, message", [
    (_no_ids, "has 0 images with boxes; a detector needs 10 at least, and some hundred to be of "
              "use; not all can be used: c.json: image_id 100: the image_id is not the id of an"),
    (_no_category, "not all can be used: photos/c.json#0: '7' is not one of the classes"),
    (lambda boxes: [{"id": 0, "image_id": 0, "category_id": 1}],
     "this cannot be read: photos/c.json: has images, annotations, categories, but neither a bbox "
     "nor a segmentation"),
    (lambda boxes: [], "has 0 images with boxes; a detector needs 10 at least"),
])
def test_boxes_of_coco_that_belong_to_nothing_are_named(change, message, capsys):
    write_images(Path("photos"), 12)
    images = []
    for path in list(Path("photos").glob("*.xml")):
        path.unlink()
        images.append({"id": len(images), "file_name": f"{path.stem}.png", "width": 128,
                       "height": 96})
    boxes = [{"id": image["id"], "image_id": image["id"], "category_id": 1,
              "bbox": [1, 2, 30, 40]} for image in images]
    Path("photos/c.json").write_text(json.dumps({
        "images": images, "annotations": change(boxes), "categories": [{"id": 1, "name": "a"}]}))
    assert main(["new", "detector", "photos"]) == 1
    errors = capsys.readouterr().err
    assert message in errors and len(errors.splitlines()) == 1


@pytest.mark.parametrize("change, message", [
    (lambda text: text[:60], "is not XML: "),
    (lambda text: re.sub(r"<xmin>\d+", "<xmin>nan", text), "nan"),
    (lambda text: re.sub(r"(<xm..>)(\d+)", r"\g<1>90\2", text),
     "no box of the images to train on can be used; the first reason: photos/")])
def test_annotations_that_are_all_wrong_are_named_by_the_first(change, message, capsys):
    write_images(Path("photos"), 12)
    for path in Path("photos").glob("*.xml"):
        path.write_text(change(path.read_text()))
    assert main(["new", "detector", "photos"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: photos") and message in last
    assert [path.name for path in Path().iterdir()] == ["photos"]


def test_a_json_file_that_is_cut_is_named(capsys):
    write_images(Path("photos"), 12)
    for path in Path("photos").glob("*.xml"):
        path.unlink()
    Path("photos/c.json").write_text('{"images": [')
    assert main(["new", "detector", "photos"]) == 1
    message = "this cannot be read: photos/c.json: is not JSON: Expecting value"
    assert message in capsys.readouterr().err


def test_a_class_that_one_split_lacks_is_an_error_and_can_be_left_out(capsys):
    write_images(Path("photos/train"), 10)
    write_images(Path("photos/test"), 4, classes=("disc",))
    assert main(["new", "detector", "photos", "--out", "found"]) == 1
    errors = capsys.readouterr().err
    assert "the class 'bar' has no image to test on, and 10 to train on" in errors
    assert not Path("found").exists()
    assert main(["new", "detector", "photos", "--out", "found", "--leave-out", "bar"]) == 0
    assert "num_classes: 2 " in Path("found/train_test.prototxt").read_text()


def test_a_folder_that_is_not_one_of_new_is_an_error_where_no_other_form_takes_it(capsys):
    Path("empty").mkdir()
    assert main(["train", "empty"]) == 1
    assert "empty: has no solver.prototxt and deploy.prototxt" in capsys.readouterr().err
    assert main(["export", "empty"]) == 1
    assert "empty: has no solver.prototxt and deploy.prototxt" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["test", "report", "detect", "classify", "export"])
def test_a_folder_that_is_not_there_is_one_line_that_says_so(command, capsys):
    assert main([command, "birdz", *(["a.jpg"] if command in ("detect", "classify") else [])]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("error: birdz: there is no such folder; `caffe new` makes one")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("words", [["--weights", ""], ["--weights="]])
def test_an_empty_path_beside_a_folder_is_an_error_that_names_its_flag(words, capsys):
    made = Path("made")
    made.mkdir()
    for name in ("solver.prototxt", "train_test.prototxt", "deploy.prototxt"):
        (made / name).touch()

    assert main(["train", "made", *words]) == 1

    assert capsys.readouterr().err == "error: --weights is empty; it wants a path, or is left out\n"


def test_every_program_of_tools_is_a_command(capsys):
    names = {path.name for path in (ROOT / "tools").iterdir() if path.is_file()}
    assert {*COMMANDS, *OTHERS} == names - {"caffe"} | {"device_query"}
    with pytest.raises(SystemExit):
        main(["inspect", "--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: caffe inspect") and "tools/inspect" not in shown
