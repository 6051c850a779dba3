"""Darknet's nets as Caffe nets: numbers of Darknet's formulae, of OpenCV 4, and what is refused."""

import importlib
import json
import re

import cv2
import numpy as np
import pytest
import torch

from framework.cli.detect import main as detect
from framework.net.net import Net
from tests.importing.darknet import Darknet
from tests.importing.darknet_nets import CLASSIFIER, V1, V2, V3

main = importlib.import_module("framework.cli.import").main
NETS = {"v3": V3, "v2": V2, "classifier": CLASSIFIER}


def imported(tmp_path, text, weights=None):
    """The net that the program writes."""
    (tmp_path / "net.cfg").write_text(text)
    (tmp_path / "net.weights").write_bytes(weights or Darknet(text).content())
    code = main([str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
                 "--out", str(tmp_path / "net")])
    assert code == 0
    return Net(tmp_path / "net.prototxt", "TEST", weights=tmp_path / "net.caffemodel")


def forward(net, image):
    """The blobs for an image (3, h, w) in RGB."""
    with torch.no_grad():
        return net.run({"data": torch.from_numpy(image[None, ::-1].astype(np.float32))})


def noise(text, seed=1):
    darknet = Darknet(text)
    size = (int(darknet.net["height"]), int(darknet.net["width"]))
    return np.random.default_rng(seed).random((3, *size))


@pytest.mark.parametrize("name", NETS)
def test_a_net_computes_darknets_formulae(name, tmp_path):
    image, darknet = noise(NETS[name]), Darknet(NETS[name])
    blobs = forward(imported(tmp_path, NETS[name]), image)
    outputs = darknet.forward(image)
    compared = 0
    for number, (kind, _) in enumerate(darknet.sections):
        mine = [blob for blob in blobs if blob.endswith(f"_{number}")]
        if not mine or kind in ("yolo", "region"):
            continue
        compared += 1
        np.testing.assert_allclose(blobs[mine[-1]][0].numpy().reshape(outputs[number].shape),
                                   outputs[number], rtol=1e-4, atol=1e-5, err_msg=str(mine))
    assert compared >= 6
    if name == "classifier":
        np.testing.assert_allclose(blobs["softmax_6"].reshape(-1), outputs[-1], rtol=1e-5)


def test_the_grid_of_yolo_v1_is_read_as_its_section_says(tmp_path):
    image, darknet = noise(V1), Darknet(V1)
    net = imported(tmp_path, V1)
    blobs = forward(net, image)
    last = net.layers[-1].layer.spec
    assert last.type == "YoloGridOutput" and last.tops == ("detection_out",)
    np.testing.assert_allclose(blobs[last.bottoms[0]][0].numpy(), darknet.forward(image)[-1],
                               rtol=1e-4, atol=1e-5)
    param = last.proto.yolo_grid_output_param
    assert (param.side, param.num_class, param.num_box, param.sqrt) == (3, 4, 2, True)
    assert blobs["detection_out"].shape[3] == 7
    # as `darknet yolo test`, the image is stretched to the net's size
    assert "resize_param" not in (tmp_path / "net.prototxt").read_text()


def test_a_grid_of_another_size_is_an_error_with_its_line(tmp_path, capsys):
    (tmp_path / "net.cfg").write_text(V1.replace("side=3", "side=4"))
    (tmp_path / "net.weights").write_bytes(Darknet(V1).content())
    assert main([str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
                 "--out", str(tmp_path / "net")]) == 1
    assert re.search(r"net.cfg:\d+: .*reads 126 numbers; 4 x 4 cells of 4 classes and 2 boxes need "
                     "224", capsys.readouterr().err)


def assert_same_boxes(rows, wanted):
    """Rows (label, score, corners); scores that are nearly equal come in any order."""
    assert len(rows) == len(wanted)
    assert (np.diff(rows[:, 1]) <= 0).all()
    for label in np.unique(wanted[:, 0]):
        mine, theirs = (part[part[:, 0] == label] for part in (rows, wanted))
        far = np.abs(mine[:, None] - theirs[None]).max(2)
        assert len(mine) == len(theirs) and max(far.min(0).max(), far.min(1).max()) < 1e-4


@pytest.mark.parametrize("name", ["v3", "v2"])
def test_boxes_are_those_of_darknet_class_by_class(name, tmp_path):
    image, darknet = noise(NETS[name]), Darknet(NETS[name])
    rows = forward(imported(tmp_path, NETS[name]), image)["detection_out"][0, 0].numpy()
    wanted = darknet.boxes(darknet.forward(image))
    assert len(wanted) > 20
    assert len({tuple(row[2:]) for row in wanted.round(6)}) < len(wanted)   # one box, two classes
    assert_same_boxes(rows[:, 1:], wanted)


@pytest.mark.skipif(not hasattr(cv2.dnn, "readNetFromDarknet"),
                    reason="OpenCV 5 has no reader for Darknet's files; OpenCV 4 has")
@pytest.mark.parametrize("name", ["v3", "v2"])
def test_the_maps_are_those_of_opencv(name, tmp_path):
    image = noise(NETS[name])
    blobs = forward(imported(tmp_path, NETS[name]), image)
    net = cv2.dnn.readNetFromDarknet(str(tmp_path / "net.cfg"), str(tmp_path / "net.weights"))
    net.setInput(image[None].astype(np.float32))
    for blob in ("conv_10", "conv_15") if name == "v3" else ("conv_6",):
        theirs = net.forward(blob)
        np.testing.assert_allclose(blobs[blob].numpy(), theirs, rtol=1e-3, atol=1e-4)


def maxpool_net(size, stride, padding=""):
    return (f"[net]\nwidth=13\nheight=10\nchannels=3\n[maxpool]\nsize={size}\nstride={stride}\n"
            + (f"padding={padding}\n" if padding != "" else "")
            + "[convolutional]\nfilters=2\nactivation=linear\n")


@pytest.mark.parametrize("size, stride, padding", [
    (2, 2, ""), (2, 1, ""), (3, 2, ""), (3, 1, ""), (4, 2, ""), (5, 1, ""), (4, 3, ""), (2, 2, 0),
    (3, 2, 1), (3, 3, 1), (4, 1, 3), (2, 3, 1), (9, 1, ""),
])
def test_max_pooling_has_darknets_windows(size, stride, padding, tmp_path):
    text = maxpool_net(size, stride, padding)
    image = noise(text) - 2         # below 0, so that a padding of zeros would win
    blobs = forward(imported(tmp_path, text), image)
    wanted = Darknet(text).forward(image)[0]
    assert blobs["maxpool_0"].shape[1:] == wanted.shape
    np.testing.assert_allclose(blobs["maxpool_0"][0].numpy(), wanted, rtol=1e-6)


def test_a_shortcut_of_other_sizes_adds_what_both_have(tmp_path):
    text = """
[net]
width=8
height=12
channels=3
[convolutional]
filters=5
activation=linear
[convolutional]
filters=7
size=3
stride=2
pad=1
activation=leaky
[shortcut]
from=-2
activation=relu
"""
    image = noise(text)
    blobs = forward(imported(tmp_path, text), image)
    np.testing.assert_allclose(blobs["shortcut_2"][0].numpy(), Darknet(text).forward(image)[2],
                               rtol=1e-5, atol=1e-6)


def refused(capsys, tmp_path, text, message, weights=None, more=()):
    (tmp_path / "net.cfg").write_text(text)
    (tmp_path / "net.weights").write_bytes(Darknet(V3).content() if weights is None else weights)
    assert main([str(tmp_path / "net.cfg"), "--weights", str(tmp_path / "net.weights"),
                 "--out", str(tmp_path / "made"), *more]) == 1
    out, error = capsys.readouterr()
    assert re.search(message, error), error
    assert error.count("\n") == 1 and out == ""
    assert not list(tmp_path.glob("*made*"))


@pytest.mark.parametrize("old, new, message", [
    ("[shortcut]\nfrom=-2", "[shortcut]\nfrom=-9", r"net.cfg:33: .*from names the layer -5"),
    ("[shortcut]", "[gru]", r"net.cfg:32: \[gru\]: this section has no counterpart here; there"),
    ("activation=mish", "activation=ramp", r"net.cfg:31: .*activation 'ramp' has no counterpart"),
    ("size=5\n", "size=5\nspeed=1\n", r"net.cfg:44: \[maxpool\]: the key 'speed' has no counter"),
    ("groups=2\ngroup_id=1", "groups=5\ngroup_id=1", r"net.cfg:37: .*groups is 5; it must divide"),
    ("mask=2,3", "mask=2,4", r"net.cfg:\d+: \[yolo\]: mask is 2,4; there are the anchors 0 to 3"),
    ("num=4", "num=5", r"net.cfg:\d+: \[yolo\]: has 8 numbers in anchors; num 5 needs 10"),
    ("classes=3", "classes=4", r"net.cfg:\d+: .*reads 16 channels; 2 boxes of 5 numbers and 4 cl"),
    ("stride=1\npad=1", "stride=x\npad=1", r"net.cfg:11: .*stride is 'x'; it must be a whole"),
    ("filters=8", "filters=-8", r"net.cfg:9: .*filters is -8; it must be from 1 to"),
    ("layers=-1,-3,2", "layers=-1,0", r"net.cfg:46: .*joins maps of several sizes: 6x16x24, 8x6"),
    ("groups=2\nact", "groups=3\nact", r"net.cfg:23: .*groups is 3; it must divide 8 channels"),
    ("[net]", "", r"net.cfg:3: 'width=96' must be key=value, after a \[section\]"),
    ("[net]", "[local]", r"net.cfg:2: the first section must be \[net\]"),
    ("[maxpool]\nsize=5", "[maxpool\nsize=5", r"net.cfg:42: '\[maxpool' must be \[section\]"),
    ("anchors=5,7,", "anchors=5,seven,", r"net.cfg:\d+: .*anchors is .*must be numbers by commas"),
    ("scale_x_y=1.1", "new_coords=1", r"net.cfg:\d+: \[yolo\]: new_coords is 1; boxes without"),
    ("size=5\nstride=1", "size=2\nstride=1\npadding=4", r"net.cfg:42: .*windows without a cell"),
])
def test_what_darknet_has_and_caffe_has_not_is_refused_with_its_line(old, new, message, tmp_path,
                                                                     capsys):
    assert old in V3
    refused(capsys, tmp_path, V3.replace(old, new, 1), message)


@pytest.mark.parametrize("change, message", [
    (lambda content: content[:-40], r"net.weights: ends after \d+ numbers; .*net.cfg:\d+: the we"),
    (lambda content: content + bytes(8), r"net.weights: has 2 numbers more than the \d+ that the"),
    (lambda content: content[:-2], r"net.weights: is cut off: \d+ bytes are no header of 20"),
    (lambda content: content[:7], r"net.weights: has 7 bytes, less than a header's 16"),
    (lambda content: np.array([0, 7, 1], "<i4").tobytes() + content[12:],
     r"net.weights: its header says version 0\.7\.1; Darknet has written 0\.1 and 0\.2"),
    (lambda content: content[:20 + 4 * 248], "it seems to hold the first 2 layers alone"),
])
def test_weights_that_do_not_fit_are_refused(change, message, tmp_path, capsys):
    refused(capsys, tmp_path, V3, message, change(Darknet(V3).content()))


def test_a_cfg_file_needs_its_weights_and_takes_no_shape(tmp_path, capsys):
    refused(capsys, tmp_path, V3, "--shape does not go with a .cfg file",
            more=["--shape", "1,3,4,4"])
    assert main([str(tmp_path / "net.cfg"), "--out", str(tmp_path / "made")]) == 1
    assert "give its .weights file: --weights FILE" in capsys.readouterr().err


def test_the_older_header_is_shorter(tmp_path):
    darknet, image = Darknet(V2), noise(V2)
    old = forward(imported(tmp_path, V2, darknet.content((0, 1, 0, 5))), image)
    new = forward(imported(tmp_path, V2), image)
    assert torch.equal(old["conv_6"], new["conv_6"])


def test_the_program_detect_runs_a_net_of_darknet(tmp_path):
    imported(tmp_path, V3)
    image = (np.random.default_rng(2).random((64, 96, 3)) * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "image.png"), image)
    (tmp_path / "coco.names").write_text("person\nbicycle\ncar\n")
    assert detect([str(tmp_path / "image.png"), "--model", str(tmp_path / "net.prototxt"),
                   "--weights", str(tmp_path / "net.caffemodel"), "--out", str(tmp_path / "found"),
                   "--labelmap", str(tmp_path / "coco.names"), "--threshold", "0.2"]) == 0
    found = json.loads((tmp_path / "found" / "detections.json").read_text())["images"][0]
    darknet = Darknet(V3)
    rows = darknet.boxes(darknet.forward(image[:, :, ::-1].transpose(2, 0, 1) / 255))
    rows = rows[rows[:, 1] > 0.2]
    assert len(rows) > 3
    names = ["", "person", "bicycle", "car"]
    assert {entry["name"] for entry in found["detections"]} == {names[int(r[0])] for r in rows}
    np.testing.assert_allclose([entry["score"] for entry in found["detections"]], rows[:, 1],
                               rtol=1e-3)
