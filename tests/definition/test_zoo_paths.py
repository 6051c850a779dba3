"""`zoo:NAME/FILE` as a path, wherever a prototxt is read."""

from __future__ import annotations

from pathlib import Path

import pytest

import framework
from framework.cli.caffe import main
from framework.errors import CaffeError
from framework.pycaffe import TEST
from framework.pycaffe.net import Net as PycaffeNet
from framework.solver.solver import Solver

LENET = "zoo:lenet/deploy.prototxt"
TRAINED = """layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
    shape { dim: [2, 1, 28, 28] } shape { dim: [2] } } }
layer { name: "net" type: "NetFile" bottom: "data" top: "ip2" net_file_param { file: "FILE" } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip2" bottom: "label" top: "loss" }
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(TRAINED.replace("FILE", LENET))


def test_every_reader_of_nets_takes_a_path_of_the_zoo(capsys):
    count = 431_080         # weights of LeNet as Caffe's example has it
    assert sum(blob.numel() for blob in framework.Net(LENET).parameters()) == count
    composed = framework.Net("net.prototxt", "TRAIN")
    assert sum(blob.numel() for blob in composed.parameters()) == count
    assert list(PycaffeNet(LENET, TEST).blobs)[0] == "data"
    assert framework.read_net(LENET).message.name == "LeNet"
    for command in ("inspect", "expand"):
        assert main([command, LENET]) == 0
    assert "9 layers, 431 k parameters" in capsys.readouterr().out
    assert main(["time", "--model", LENET, "--iterations", "1"]) == 0


def test_the_net_of_a_solver_may_be_of_the_zoo():
    # its data layers read from a database that is not there
    Path("solver.prototxt").write_text('net: "zoo:lenet/train_test.prototxt" base_lr: 0.1')
    with pytest.raises(CaffeError, match=r"/zoo/lenet/train_test.prototxt:\d+: .*\(Data\)"):
        Solver("solver.prototxt")


def test_a_detector_is_made_of_the_zoos_net():
    path = "zoo:ssd_bccd/deploy.prototxt"
    framework.save_weights(framework.Net(path), "cells.caffemodel")
    detector = framework.Detector(path, "cells.caffemodel")
    assert detector.net.shapes["detection_out"][-1] == 7


@pytest.mark.parametrize("path, message", [
    ("zoo:ssd300_vg16/deploy.prototxt",
     r"^zoo:ssd300_vg16/.*: the zoo has no .ssd300_vg16.; did you mean .ssd300_vgg16."),
    ("zoo:xyz/deploy.prototxt", "the zoo has no 'xyz'; `caffe zoo` lists what it has"),
    ("zoo:lenet/solver.prototxt",
     "has no 'solver.prototxt'; its files are deploy.prototxt, train_test.prototxt"),
    ("zoo:lenet", "zoo:lenet is a folder; its files are deploy.prototxt"),
    ("zoo:../zoo/lenet/deploy.prototxt", r"the zoo has no '\.\.'"),
    ("zoo:lenet/../vgg16/deploy.prototxt", "has no '../vgg16/deploy.prototxt'"),
])
def test_a_name_that_the_zoo_has_not_is_an_error_with_the_nearest(path, message):
    with pytest.raises(CaffeError, match=message):
        framework.read_net(path)


def test_a_wrong_name_of_the_zoo_is_an_error_with_the_line_of_its_field():
    Path("net.prototxt").write_text(TRAINED.replace("FILE", "zoo:lenett/deploy.prototxt"))
    with pytest.raises(CaffeError, match=r"net.prototxt:3: layer 'net' \(NetFile\): "
                       r"net_file_param.file is zoo:.*did you mean 'lenet'"):
        framework.read_net("net.prototxt")
    Path("solver.prototxt").write_text('base_lr: 0.1\nnet: "zoo:lenett/deploy.prototxt"')
    with pytest.raises(CaffeError, match=r"solver.prototxt:2: net is zoo:.*did you mean 'lenet'"):
        Solver("solver.prototxt")
