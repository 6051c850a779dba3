"""The files that train a Darknet net here."""

import importlib
import re

import numpy as np
import pytest

from framework.cli.convert_dataset import main as convert
from framework.cli.make_shapes import main as make_shapes
from framework.net.reading import read_net, read_solver
from framework.solver.solver import Solver
from tests.importing.darknet import Darknet
from tests.importing.darknet_nets import CLASSIFIER, V1, V2, V3

main = importlib.import_module("framework.cli.import").main
SETTINGS = """batch=8
subdivisions=2
learning_rate=0.002
momentum=0.8
decay=0.0005
burn_in=4
max_batches=20
policy=steps
steps=12,16
scales=.1,.1
hue=.1
saturation=1.5
exposure=2
"""
FOUR = V3.replace("batch=64        # of training\n", SETTINGS).replace("classes=3", "classes=4") \
    .replace("filters=16", "filters=18").replace(
        "jitter=.3", "jitter=.3\nignore_thresh=.7\ntruth_thresh=1\nlabel_smooth_eps=0.1")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """Databases of drawn shapes: 16 and 6 images of four classes."""
    folder = tmp_path_factory.mktemp("shapes")
    assert make_shapes([str(folder / "voc"), "--train", "16", "--test", "6"]) == 0
    assert convert([str(folder / "voc"), str(folder / "lmdb")]) == 0
    return folder / "lmdb"


def flags(shapes, test=True):
    given = ["--train", str(shapes / "trainval"), "--labelmap", str(shapes / "labelmap.prototxt")]
    return [*given, *(["--test", str(shapes / "test")] if test else [])]


def made(folder, text, *more):
    (folder / "net.cfg").write_text(text)
    (folder / "net.weights").write_bytes(Darknet(text).content())
    return main([str(folder / "net.cfg"), "--weights", str(folder / "net.weights"),
                 "--out", str(folder / "net"), *more])


def test_the_settings_of_a_net_are_those_of_the_solver(shapes, tmp_path, capsys):
    assert made(tmp_path, FOUR, *flags(shapes)) == 0
    assert f"tools/train --solver {tmp_path}/net.solver.prototxt" in capsys.readouterr().out
    solver = read_solver(tmp_path / "net.solver.prototxt").message
    assert (solver.iter_size, solver.max_iter, solver.warmup_iter) == (2, 20, 4)
    assert (solver.base_lr, solver.momentum, solver.weight_decay) == pytest.approx(
        (0.002, 0.8, 0.0005))
    assert (solver.lr_policy, list(solver.stepvalue)) == ("multistep", [12, 16])
    assert solver.gamma == pytest.approx(0.1) and list(solver.test_iter) == [1]


def test_the_losses_have_the_settings_of_their_sections(shapes, tmp_path):
    made(tmp_path, FOUR, *flags(shapes))
    layers = read_net(tmp_path / "net.train_test.prototxt").message.layer
    data, first, second = layers[0], layers[-4], layers[-3]
    assert (data.data_param.batch_size, data.annotated_data_param.yolo_data_type) == (4, 1)
    assert data.transform_param.scale == pytest.approx(1 / 255)
    assert data.transform_param.resize_param.width == 96
    distort = data.transform_param.distort_param
    assert (distort.hue_delta, distort.saturation_upper, distort.contrast_lower) == pytest.approx(
        (18, 1.5, 0.5))
    assert (first.type, list(first.bottom)) == ("Yolov3", ["conv_10", "label"])
    param = first.yolov3_param
    assert (param.thresh, param.iou_thresh, param.label_smooth_eps, param.scale_x_y) == \
        pytest.approx((0.7, 1, 0.1, 1.1))
    assert (list(param.mask), param.anchors_scale, param.coord_scale) == ([2, 3], 8, 1)
    assert (list(second.yolov3_param.mask), second.yolov3_param.thresh) == ([0, 1], 0.5)
    rates = {layer.name: [one.decay_mult for one in layer.param] for layer in layers}
    assert rates["scale_0"] == [0, 0] and rates["conv_10"] == [1, 0] and rates["conv_0"] == []


def losses(folder, steps=20):
    solver = Solver(str(folder / "net.solver.prototxt"), weights=str(folder / "net.caffemodel"))
    found = []
    for _ in range(steps):
        solver.step(1)
        found.append(sum(float(blob.detach()) for name, blob in solver.net.blobs.items()
                         if name.endswith("_loss")))
    return found, solver


def test_a_net_of_yolo_v3_trains_from_its_weights_and_is_scored(shapes, tmp_path):
    assert made(tmp_path, FOUR, *flags(shapes)) == 0
    found, solver = losses(tmp_path)
    assert np.mean(found[-3:]) < 0.5 * found[0]
    assert solver.test_nets[0].outputs == ["detection_eval"]


def test_weights_of_the_first_layers_alone_begin_a_training(shapes, tmp_path, capsys):
    """darknet53.conv.74 and the like: `darknet partial` writes the layers before a number."""
    (tmp_path / "net.cfg").write_text(FOUR)
    whole = Darknet(FOUR)
    first = 8 * (3 * 9 + 4) + 12 * (4 * 9 + 4)      # numbers of the layers 0 and 2
    (tmp_path / "net.weights").write_bytes(whole.content()[:20 + 4 * first])
    given = [str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
             "--out", str(tmp_path / "net")]
    assert main(given) == 1
    assert "it seems to hold the first 3 layers alone" in capsys.readouterr().err
    assert main([*given, *flags(shapes)]) == 0
    assert "filled when training begins: 5 layers" in capsys.readouterr().out
    found, solver = losses(tmp_path)
    assert np.mean(found[-3:]) < 0.5 * found[0]
    names = [layer.name for layer in read_net(tmp_path / "net.train_test.prototxt")
             .message.layer if layer.convolution_param.weight_filler.type == "msra"]
    assert names == ["conv_3", "conv_10", "conv_15"]
    fresh = Solver(str(tmp_path / "net.solver.prototxt"), weights=str(tmp_path / "net.caffemodel"))
    np.testing.assert_array_equal(fresh.net.params["conv_2"][0].detach().numpy(),
                                  whole.weights[2, "weights"])
    assert fresh.net.params["conv_10"][0].detach().std() > 0.05


def test_overlaps_as_losses_train_too(shapes, tmp_path):
    text = FOUR.replace("scale_x_y=1.1", "scale_x_y=1.1\niou_loss=ciou\niou_normalizer=0.07")
    assert made(tmp_path, text, *flags(shapes)) == 0
    param = read_net(tmp_path / "net.train_test.prototxt").message.layer[-4].yolov3_param
    assert (param.iou_loss, param.iou_normalizer) == (param.CIOU, pytest.approx(0.07))
    found, _ = losses(tmp_path)
    assert np.mean(found[-3:]) < 0.7 * found[0]


def test_a_net_of_yolo_v2_trains(shapes, tmp_path):
    text = V2.replace("width=64", "width=32")
    height = [line for line in text.splitlines() if line.startswith("height")][0]
    width = [line for line in text.splitlines() if line.startswith("width")][0]
    text = text.replace(width, height.replace("height", "width"))
    text = text.replace("[net]", "[net]\nlearning_rate=0.0005\nbatch=4\nmax_batches=20", 1)
    assert made(tmp_path, text, *flags(shapes, test=False)) == 0
    assert {layer.type for layer in read_net(tmp_path / "net.train_test.prototxt")
            .message.layer} >= {"RegionLoss", "AnnotatedData"}
    found, _ = losses(tmp_path)
    assert np.mean(found[-3:]) < 0.8 * found[0]


def test_a_loss_reads_a_map_whose_activation_is_computed_in_place(shapes, tmp_path):
    text = FOUR.replace("activation=linear", "activation=leaky")
    assert made(tmp_path, text, *flags(shapes)) == 0
    message = read_net(tmp_path / "net.train_test.prototxt").message
    found = [layer for layer in message.layer if layer.type == "Yolov3"]
    makers = {top: layer.type for layer in message.layer for top in layer.top}
    assert found and {makers[loss.bottom[0]] for loss in found} == {"ReLU"}


def test_without_the_flags_there_are_two_files(tmp_path):
    assert made(tmp_path, FOUR) == 0
    assert sorted(one.name for one in tmp_path.glob("net.*")) == [
        "net.caffemodel", "net.cfg", "net.prototxt", "net.weights"]


@pytest.mark.parametrize("old, new, message", [
    ("policy=steps", "policy=sgdr", r"net.cfg:\d+: \[net\]: the policy 'sgdr' has no counterpart"),
    ("scales=.1,.1", "scales=.1,.5", r"\[net\]: scales is '.1,.5'; a solver has one factor"),
    ("scales=.1,.1", "scales=.1", r"\[net\]: has 2 steps and 1 scales; it must have as many"),
    ("subdivisions=2", "subdivisions=3", r"\[net\]: batch is 8; it must be a multiple of the 3"),
    ("truth_thresh=1", "truth_thresh=.9", r"\[yolo\]: truth_thresh is .9; the loss here has 1"),
    ("truth_thresh=1", "obj_normalizer=2", r"\[yolo\]: obj_normalizer is 2; the loss here has 1"),
    ("truth_thresh=1", "iou_loss=l9", r"\[yolo\]: iou_loss is 'l9'; there are mse, iou, giou"),
])
def test_settings_without_a_counterpart_are_refused_with_their_line(old, new, message, shapes,
                                                                    tmp_path, capsys):
    assert made(tmp_path, FOUR.replace(old, new, 1), *flags(shapes)) == 1
    error = capsys.readouterr().err
    assert re.search(message, error), error
    assert error.count("\n") == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.cfg", "net.weights"]


@pytest.mark.parametrize("text, more, message", [
    (V3, True, r"[yolo]: classes is 3; "), (CLASSIFIER, True, "[net]: has no [yolo] or [region]"),
    (V1, True, "[net]: has no [yolo] or [region]"), (FOUR, False, "--train needs --labelmap")])
def test_what_does_not_train_so_is_refused(text, more, message, shapes, tmp_path, capsys):
    given = flags(shapes) if more else flags(shapes)[:2]
    assert made(tmp_path, text, *given) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.glob("net.*prototxt")) and not list(tmp_path.glob(".partial*"))


def test_a_database_that_is_not_there_leaves_no_file(shapes, tmp_path, capsys):
    given = flags(shapes)
    given[-1] = str(tmp_path / "none")
    assert made(tmp_path, FOUR, *given) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(one.name for one in tmp_path.iterdir()) == ["net.cfg", "net.weights"]


def test_other_sources_are_not_trained_so(tmp_path, capsys):
    assert main(["tests.importing.zoo:small", "--shape", "1,3,20,18", "--train", "lmdb",
                 "--out", str(tmp_path / "net")]) == 1
    assert "--train is for a .cfg file" in capsys.readouterr().err


def test_the_images_of_training_are_those_of_the_import(shapes, tmp_path):
    """The letterbox and the scale of both."""
    made(tmp_path, FOUR, *flags(shapes))
    image = read_net(tmp_path / "net.prototxt").message.layer[0].transform_param
    data = read_net(tmp_path / "net.train_test.prototxt").message.layer[1].transform_param
    assert data.resize_param == image.resize_param and data.scale == image.scale
